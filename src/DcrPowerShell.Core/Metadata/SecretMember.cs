using System;
using System.Linq;
using System.Text.Json;

namespace DcrPowerShell.Metadata;

/// <summary>Knows which members of a server's answer are secret, so that no public object shows them.</summary>
internal static class SecretMember
{
    private static readonly string[] Endings = ["secret", "token", "password"];

    /// <summary>True for a text, or an array of texts, whose name ends like a secret: <c>client_secret</c>, <c>master_api_token</c>.</summary>
    public static bool Is(string name, JsonElement value) => IsText(value) && Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String
        || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String));
}
