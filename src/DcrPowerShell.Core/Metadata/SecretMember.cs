using System;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Metadata;

/// <summary>Knows which members of a server's answer are secret, so that no public object shows them.</summary>
internal static class SecretMember
{
    private static readonly Regex Name = new(
        "(secret|token|password|passphrase|credential|(api|access|private|signing|encryption|shared)[_-]?key)s?([_-]?(value|hash))?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // RFC 7518, sections 6.2.2, 6.3.2 and 6.4.
    private static readonly string[] PrivateKeyMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>
    /// True for a text, or an array of texts, whose name ends like a secret: <c>client_secret</c>, <c>masterApiToken</c>; and for a
    /// private key as PEM, whatever its name.
    /// </summary>
    public static bool Is(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Name.IsMatch(name) || value.GetString()!.Contains("PRIVATE KEY-----"),
        JsonValueKind.Array => value.GetArrayLength() > 0 && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && Is(name, item)),
        _ => false,
    };

    /// <summary>True for a member of a JWK that is part of its private half.</summary>
    public static bool IsOfPrivateKey(JsonBag bag, string name) => PrivateKeyMembers.Contains(name) && bag.Has("kty");

    /// <summary>The name that tells what a member is: within <c>client_secret</c>, a mere <c>value</c> is that.</summary>
    public static string Within(string owner, string name) => name.Equals("value", StringComparison.OrdinalIgnoreCase) ? owner : name;
}
