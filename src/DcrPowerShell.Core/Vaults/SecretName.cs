using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace DcrPowerShell.Vaults;

/// <summary>
/// Names of secrets: <c>dcr-&lt;issuer host&gt;-&lt;client id&gt;-&lt;10 characters of base32 SHA-256 over issuer and client id&gt;</c>,
/// of <c>[0-9a-z-]</c> only and at most 120 characters, which every vault accepts (Azure Key Vault is the strictest).
/// </summary>
internal static class SecretName
{
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";
    private const int LongestHost = 50;
    private const int LongestClientId = 50;
    private const int HashLength = 10;
    private const string StoreKey = Own + "store-key-";

    /// <summary>
    /// What all names of the module's own begin with: registrations, the probe, the keys of the store and of the audit log.
    /// </summary>
    public const string Own = "dcr-";

    /// <summary>In the local store, what the audit log of a ledger is sealed with.</summary>
    public static string OfAuditKey(string ledgerId) => $"{Own}audit-key-{ledgerId}";

    /// <summary>Whether a name is kept for the module: nothing of the application's may have it, whatever its case.</summary>
    public static bool IsOwn(string name) => name.Trim().StartsWith(Own, StringComparison.OrdinalIgnoreCase);

    /// <summary>Why an application may not have a secret of this name, to go on from the name; null where it may.</summary>
    public static string? WhyRefused(string name) =>
        IsOwn(name) ? $"begins with {Own}, as the names of DcrPowerShell's own secrets do: another client's registration could be there"
        : name.IndexOfAny(['*', '?', '[', ']']) >= 0 ? "has a wildcard character"
        : null;

    public static string For(string issuer, string clientId) =>
        $"{PrefixFor(issuer)}{Slug(clientId, LongestClientId)}-{Hash(issuer + "\n" + clientId)}";

    /// <summary>The name of a key of the local store.</summary>
    /// <param name="ledgerId">32 hex digits.</param>
    public static string ForStoreKey(string ledgerId, ulong keyId) => FormattableString.Invariant($"{StoreKey}{ledgerId}-{keyId:x16}");

    /// <summary>Whether a name is that of a local store's key, and not a registration's: those end with ten characters.</summary>
    public static bool IsStoreKey(string name) =>
        name.StartsWith(StoreKey, StringComparison.OrdinalIgnoreCase) && name.Length - name.LastIndexOf('-') == 17;

    /// <summary>What the names of all registrations at an issuer's host begin with. Issuers of one host share it.</summary>
    public static string PrefixFor(string issuer) => $"{Own}{HostOf(issuer)}-";

    private static string HostOf(string issuer) => Slug(new Uri(issuer).IdnHost, LongestHost);

    private static string Slug(string text, int longest)
    {
        var slug = new StringBuilder();
        foreach (var character in text.ToLowerInvariant())
        {
            if (character is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                slug.Append(character);
            }
            else if (slug.Length > 0 && slug[slug.Length - 1] != '-')
            {
                slug.Append('-');
            }
        }

        var cut = slug.ToString(0, Math.Min(slug.Length, longest)).TrimEnd('-');
        return cut.Length == 0 ? "x" : cut;
    }

    private static string Hash(string text)
    {
        using var sha = SHA256.Create();
        var bits = sha.ComputeHash(Encoding.UTF8.GetBytes(text));

        // RFC 4648, section 6: five bits a character.
        return string.Concat(Enumerable.Range(0, HashLength).Select(index =>
        {
            var at = index * 5;
            var pair = (bits[at / 8] << 8) | bits[(at / 8) + 1];
            return Base32[(pair >> (11 - (at % 8))) & 31];
        }));
    }
}
