using System;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>JSON Web Signature.</summary>
internal static class Jws
{
    /// <summary>Signs and writes the compact form (RFC 7515, section 7.1).</summary>
    /// <param name="header">All of it but <c>alg</c>, which is the key's.</param>
    /// <exception cref="KeyException">The key does not sign.</exception>
    public static string Sign(SigningKey key, JsonBag header, JsonBag payload)
    {
        var input = $"{Encode(header.With("alg", key.Algorithm))}.{Encode(payload)}";
        return $"{input}.{Base64Url.Encode(key.Sign(Encoding.ASCII.GetBytes(input)))}";
    }

    /// <summary>
    /// The claims of a JWT; null for any other text. Its signature is not looked at: what is found serves for advice, never for a decision
    /// to trust.
    /// </summary>
    public static JsonBag? Claims(string token) => Part(token, 1);

    /// <summary>The header of a JWS; null for any other text.</summary>
    public static JsonBag? Header(string token) => Part(token, 0);

    /// <summary>Whether the certificate's key made the signature, by the algorithm that the header names.</summary>
    /// <exception cref="KeyException">The algorithm is none with a key pair, or not for such a key.</exception>
    public static bool IsSignedBy(string token, X509Certificate2 certificate)
    {
        var parts = token.Split('.');
        var algorithm = SignatureAlgorithm.Named(Header(token)?.Text("alg") ?? "");
        var input = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        try
        {
            var signature = Base64Url.Decode(parts[2]);
            if (algorithm.Padding is { } padding)
            {
                using var rsa = certificate.GetRSAPublicKey();
                return rsa?.VerifyData(input, signature, algorithm.Hash, padding) == true;
            }

            using var ec = certificate.GetECDsaPublicKey();
            return ec is not null
                && EcCurve.Of(ec.ExportParameters(includePrivateParameters: false).Curve) == algorithm.Curve
                && ec.VerifyData(input, signature, algorithm.Hash);
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>A NumericDate (RFC 7519, section 2).</summary>
    public static JsonElement Time(DateTimeOffset time) => JsonSerializer.SerializeToElement(time.ToUnixTimeSeconds());

    /// <summary>
    /// A NumericDate (RFC 7519, section 2), which may have a fraction; null where there is none, or it is no time.
    /// </summary>
    public static DateTimeOffset? Time(JsonBag claims, string name) =>
        decimal.TryParse(claims.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
        && seconds >= 0
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    private static JsonBag? Part(string token, int index)
    {
        var parts = token.Split('.');
        try
        {
            return parts.Length == 3 ? JsonBag.Parse(Encoding.UTF8.GetString(Base64Url.Decode(parts[index]))) : null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string Encode(JsonBag json) => Base64Url.Encode(json.ToUtf8());
}
