#if NET // .NET Framework has no PEM.
using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Client;

namespace DcrPowerShell.Core.Tests.Doubles.Udap;

/// <summary>JWTs made and taken apart by hand, so that the module's code and the test server's do not vouch for each other.</summary>
internal static class HandMadeJwt
{
    /// <summary>Signs claims with a certificate's key.</summary>
    /// <param name="algorithm">RS256 or ES256, by the key, unless a test wants another.</param>
    /// <param name="editHeader">Changes the header, which holds <c>alg</c> and <c>x5c</c>, before it is signed.</param>
    public static string Sign(
        OrderedCertificate certificate, JsonObject claims, string? algorithm = null, Action<JsonObject>? editHeader = null)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(certificate.Certificate);
        algorithm ??= chain[0].GetRSAPublicKey() is null ? "ES256" : "RS256";
        var header = new JsonObject
        {
            ["alg"] = algorithm,
            ["x5c"] = new JsonArray([.. chain.Select(static shown => JsonValue.Create(Convert.ToBase64String(shown.RawData)))]),
        };
        editHeader?.Invoke(header);
        var signed = Encode(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        return signed + "." + Encode(Signature(certificate.Key, algorithm, Encoding.ASCII.GetBytes(signed)));
    }

    /// <summary>Whether the first certificate of its header made the signature (RS256).</summary>
    public static bool IsSigned(string jwt)
    {
        using var key = Chain(jwt)[0].GetRSAPublicKey()!;
        var signed = jwt[..jwt.LastIndexOf('.')];
        return key.VerifyData(
            Encoding.ASCII.GetBytes(signed), Decode(jwt.Split('.')[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    public static JsonObject Header(string jwt) => Part(jwt, 0);

    public static JsonObject Claims(string jwt) => Part(jwt, 1);

    /// <summary>The certificates of the header's <c>x5c</c>.</summary>
    public static X509Certificate2[] Chain(string jwt) =>
        [.. Header(jwt)["x5c"]!.AsArray().Select(static text => new X509Certificate2(Convert.FromBase64String((string)text!)))];

    private static JsonObject Part(string jwt, int index) => JsonNode.Parse(Decode(jwt.Split('.')[index]))!.AsObject();

    private static byte[] Signature(string keyPem, string algorithm, byte[] signed)
    {
        var hash = new HashAlgorithmName("SHA" + algorithm[2..]);
        if (algorithm[0] == 'E')
        {
            using var curve = ECDsa.Create();
            curve.ImportFromPem(keyPem);
            return curve.SignData(signed, hash);
        }

        using var rsa = RSA.Create();
        rsa.ImportFromPem(keyPem);
        return rsa.SignData(signed, hash, RSASignaturePadding.Pkcs1);
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[] Decode(string text) =>
        Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));
}
#endif
