using System.Linq;
using System.Security.Cryptography;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>The name that a key has by itself (RFC 7638, section 3).</summary>
internal static class JwkThumbprint
{
    private static readonly string[] RsaMembers = ["e", "kty", "n"];
    private static readonly string[] EcMembers = ["crv", "kty", "x", "y"];

    /// <summary>Base64url of the SHA-256 over the members that make the key, in the order of their names, without white space.</summary>
    /// <param name="jwk">An RSA or EC key; further members don't count.</param>
    public static string Of(JsonBag jwk)
    {
        var members = jwk.Text("kty") == "EC" ? EcMembers : RsaMembers;
        var canonical = members.Aggregate(JsonBag.Empty, (bag, name) => bag.With(name, jwk.Text(name)));
        using var sha = SHA256.Create();
        return Base64Url.Encode(sha.ComputeHash(canonical.ToUtf8()));
    }
}
