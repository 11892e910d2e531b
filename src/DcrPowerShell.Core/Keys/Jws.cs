using System.Text;
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

    private static string Encode(JsonBag json) => Base64Url.Encode(json.ToUtf8());
}
