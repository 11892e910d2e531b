using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>JSON as the plain values a PowerShell user expects, with secrets masked.</summary>
internal static class PlainValue
{
    /// <summary>
    /// A text, a truth value, an array, an ordered read-only dictionary, or a number: a <see cref="long"/> or
    /// <see cref="double"/> where that is exactly what the server wrote, else its text.
    /// </summary>
    public static object? From(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => Number(value),
        JsonValueKind.Array => value.EnumerateArray().Select(From).ToArray(),
        JsonValueKind.Object => From(JsonBag.From(value)),
        _ => null,
    };

    /// <inheritdoc cref="From(JsonElement)"/>
    public static IDictionary From(JsonBag bag)
    {
        var members = new OrderedDictionary();
        foreach (var member in bag)
        {
            members.Add(member.Key, SecretMember.Is(member.Key, member.Value) ? Redaction.Mask : From(member.Value));
        }

        return members.AsReadOnly();
    }

    private static object Number(JsonElement value)
    {
        if (value.TryGetInt64(out var whole))
        {
            return whole;
        }

        var text = value.GetRawText();
        return value.TryGetDouble(out var real) && real.ToString("R", CultureInfo.InvariantCulture) == text ? real : text;
    }
}
