using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>A compact JWS as its receiver sees it. Shares no code with what makes them.</summary>
internal sealed class SignedJwt
{
    private readonly byte[] _payload;

    public SignedJwt(string compact)
    {
        var parts = compact.Split('.');
        Header = JsonBag.Parse(Encoding.UTF8.GetString(Decode(parts[0])));
        _payload = Decode(parts[1]);
        Signature = Decode(parts[2]);
        Input = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
    }

    public JsonBag Header { get; }

    public JsonBag Claims => JsonBag.Parse(Encoding.UTF8.GetString(_payload));

    /// <summary>What is signed.</summary>
    public byte[] Input { get; }

    public byte[] Signature { get; }

    public bool IsSignedBy(JsonBag publicJwk) => IsSignature(publicJwk, Header.Text("alg")!, Input, Signature);

    public static bool IsSignature(JsonBag publicJwk, string algorithm, byte[] input, byte[] signature)
    {
        var hash = new HashAlgorithmName(algorithm.Remove(0, 2).Insert(0, "SHA"));
        if (algorithm.StartsWith("ES", StringComparison.Ordinal))
        {
            using var ec = ECDsa.Create(new ECParameters
            {
                Curve = publicJwk.Text("crv") switch
                {
                    "P-256" => ECCurve.NamedCurves.nistP256,
                    "P-384" => ECCurve.NamedCurves.nistP384,
                    "P-521" => ECCurve.NamedCurves.nistP521,
                    _ => throw new ArgumentException("The key has no curve.", nameof(publicJwk)),
                },
                Q = new ECPoint { X = Decode(publicJwk.Text("x")!), Y = Decode(publicJwk.Text("y")!) },
            });
            return ec.VerifyData(input, signature, hash);
        }

        using var rsa = RSA.Create(new RSAParameters { Modulus = Decode(publicJwk.Text("n")!), Exponent = Decode(publicJwk.Text("e")!) });
        return rsa.VerifyData(
            input,
            signature,
            hash,
            algorithm.StartsWith("PS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
        );
    }

    /// <summary>Names of members, in the order of the alphabet.</summary>
    public static string Names(JsonBag json) =>
        string.Join(" ", json.Select(static member => member.Key).OrderBy(static name => name, StringComparer.Ordinal));

    private static byte[] Decode(string text)
    {
        if (text.IndexOfAny(['=', '+', '/', ' ']) >= 0)
        {
            throw new FormatException("It is not base64url without padding.");
        }

        var padding = (text.Length % 4) switch { 2 => "==", 3 => "=", _ => "" };
        return Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + padding);
    }
}
