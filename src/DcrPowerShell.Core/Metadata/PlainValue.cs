using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>
/// JSON as the plain values a PowerShell user expects, with secrets masked, and without what steers a terminal: people look at them
/// in tables and lists. The record in the vault has them as they came.
/// </summary>
internal static class PlainValue
{
    private static readonly Redaction NothingKnown = new([]);

    /// <param name="known">Secrets to mask wherever they stand.</param>
    /// <inheritdoc cref="From(string, JsonElement, Redaction)"/>
    public static IDictionary From(JsonBag bag, Redaction? known = null) => Object("", bag, known ?? NothingKnown);

    /// <summary>
    /// A text, a truth value, an array, an ordered read-only dictionary, or a number: a <see cref="long"/> or
    /// <see cref="double"/> where that is exactly what the server wrote, else its text.
    /// </summary>
    /// <param name="path">The member's name and those around it, which may say that it is secret.</param>
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static object? From(string path, JsonElement value, Redaction known) => value.ValueKind switch
    {
        _ when SecretMember.Is(path, value) => Redaction.Mask,
        JsonValueKind.String => known.Show(value.GetString()!),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => Number(value),
        JsonValueKind.Array => value.EnumerateArray().Select(item => From(path, item, known)).ToArray(),
        JsonValueKind.Object => Object(path, JsonBag.From(value), known),
        _ => null,
    };

    private static ReadableMap Object(string owner, JsonBag bag, Redaction known)
    {
        var members = new OrderedDictionary();
        foreach (var member in bag)
        {
            members[known.Show(member.Key)] = SecretMember.IsOfPrivateKey(bag, member.Key)
                ? Redaction.Mask
                : From(SecretMember.Path(owner, bag, member.Key), member.Value, known);
        }

        return new ReadableMap(members);
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
