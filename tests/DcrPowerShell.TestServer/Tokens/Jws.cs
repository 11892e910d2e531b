using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>A signed JWT in compact form (RFC 7515, RFC 7519).</summary>
internal sealed class Jws
{
    private readonly byte[] _signed;
    private readonly byte[] _signature;

    private Jws(JsonObject header, JsonObject payload, byte[] signed, byte[] signature)
    {
        Header = header;
        Payload = payload;
        _signed = signed;
        _signature = signature;
    }

    /// <summary>The algorithms that can be verified.</summary>
    public static IReadOnlyList<string> Algorithms { get; } =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public JsonObject Header { get; }

    public JsonObject Payload { get; }

    /// <summary>Takes a compact JWS apart; null if it isn't one.</summary>
    public static Jws? Parse(string compact)
    {
        string[] parts = compact.Split('.');
        try
        {
            return parts.Length == 3 && Object(parts[0]) is { } header && Object(parts[1]) is { } payload
                ? new Jws(header, payload, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), WebEncoders.Base64UrlDecode(parts[2]))
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }

        static JsonObject? Object(string part) => JsonNode.Parse(WebEncoders.Base64UrlDecode(part)) as JsonObject;
    }

    /// <summary>Whether this key, a public JWK (RFC 7517), made the signature.</summary>
    public bool IsSignedBy(JsonObject jwk)
    {
        string algorithm = Member(Header, "alg");
        bool isCurve = algorithm.StartsWith("ES", StringComparison.Ordinal);
        if (!Algorithms.Contains(algorithm) || Member(jwk, "kty") != (isCurve ? "EC" : "RSA"))
        {
            return false;
        }

        try
        {
            if (isCurve)
            {
                using ECDsa curve = ECDsa.Create(new ECParameters
                {
                    Curve = CurveOf(Member(jwk, "crv")),
                    Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") },
                });
                return IsSignedBy(curve, algorithm);
            }

            using RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") });
            return IsSignedBy(rsa, algorithm);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Whether this certificate's key made the signature; a curve must be that of the algorithm (RFC 7518 section 3.4).</summary>
    public bool IsSignedBy(X509Certificate2 certificate)
    {
        string algorithm = Member(Header, "alg");
        if (!Algorithms.Contains(algorithm))
        {
            return false;
        }

        using RSA? rsa = certificate.GetRSAPublicKey();
        using ECDsa? curve = certificate.GetECDsaPublicKey();
        return algorithm.StartsWith("ES", StringComparison.Ordinal)
            ? curve?.KeySize == (algorithm == "ES512" ? 521 : int.Parse(algorithm[2..], CultureInfo.InvariantCulture))
                && IsSignedBy(curve, algorithm)
            : rsa is not null && IsSignedBy(rsa, algorithm);
    }

    /// <summary>The thumbprint of a public JWK (RFC 7638).</summary>
    public static string Thumbprint(JsonObject jwk)
    {
        string canonical = Member(jwk, "kty") == "EC"
            ? $$"""{"crv":"{{Member(jwk, "crv")}}","kty":"EC","x":"{{Member(jwk, "x")}}","y":"{{Member(jwk, "y")}}"}"""
            : $$"""{"e":"{{Member(jwk, "e")}}","kty":"RSA","n":"{{Member(jwk, "n")}}"}""";
        return WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
    }

    private static HashAlgorithmName HashOf(string algorithm) => new("SHA" + algorithm[2..]);

    private bool IsSignedBy(ECDsa key, string algorithm) =>
        key.VerifyData(_signed, _signature, HashOf(algorithm), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private bool IsSignedBy(RSA key, string algorithm) => key.VerifyData(
        _signed,
        _signature,
        HashOf(algorithm),
        algorithm.StartsWith("PS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
    );

    private static ECCurve CurveOf(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => throw new CryptographicException($"The curve '{name}' isn't known."),
    };

    private static string Member(JsonObject json, string name) =>
        json[name]?.GetValueKind() == JsonValueKind.String ? (string)json[name]! : "";

    private static byte[] Bytes(JsonObject jwk, string name) => WebEncoders.Base64UrlDecode(Member(jwk, name));
}
