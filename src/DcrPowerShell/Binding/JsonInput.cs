using System;
using System.Collections;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Binding;

/// <summary>JSON from what a PowerShell user has at hand: hashtables, objects, JSON text.</summary>
internal static class JsonInput
{
    private const int DeepestLevel = 30;

    /// <summary>Reads a hashtable, an object, or the text of a JSON object.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata, naming <paramref name="member"/>.</exception>
    public static JsonBag Object(object value, string member)
    {
        try
        {
            return Plain(value) is string json ? JsonBag.Parse(json) : JsonBag.From(Element(value));
        }
        catch (JsonException failure)
        {
            throw InputErrors.BadInput(
                member,
                $"is not a hashtable, an object, or the text of a JSON object ({failure.Message})",
                "Write it as @{ name = 'value' } or '{ \"name\": \"value\" }'."
            );
        }
    }

    /// <exception cref="JsonException">The value nests too deeply, or is a SecureString.</exception>
    public static JsonElement Element(object? value) => JsonSerializer.SerializeToElement(Tree(value, 0));

    /// <summary>The value of a member that has no parameter.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata, naming it.</exception>
    public static JsonElement Member(string name, object? value)
    {
        try
        {
            return Element(value);
        }
        catch (JsonException failure)
        {
            throw InputErrors.BadInput(
                name,
                $"cannot be sent: {failure.Message}",
                "Give texts, numbers, truth values, arrays or objects."
            );
        }
    }

    /// <summary>The object or array that a text is; null where it is none.</summary>
    public static JsonElement? Parsed(string text)
    {
        if (text.TrimStart().FirstOrDefault() is not ('{' or '['))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The value as nulls, texts, truth values, numbers, arrays and dictionaries.</summary>
    private static object? Tree(object? value, int level)
    {
        if (level > DeepestLevel)
        {
            throw new JsonException("it nests too deeply");
        }

        return Plain(value) switch
        {
            null => null,
            SecureString => throw new JsonException("a SecureString cannot be sent as metadata"),
            double.NaN
            or double.PositiveInfinity
            or double.NegativeInfinity
            or float.NaN
            or float.PositiveInfinity
            or float.NegativeInfinity => throw new JsonException("JSON has no number for it"),
            string
            or bool
            or int
            or long
            or double
            or decimal
            or uint
            or ulong
            or short
            or ushort
            or byte
            or sbyte
            or float
            or JsonElement => Plain(value),
            Uri uri => uri.OriginalString,
            var date when Given.Date(date) is { } text => text,
            IDictionary members => members
                .Cast<DictionaryEntry>()
                .ToDictionary(entry => Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry => Tree(entry.Value, level + 1)),
            IEnumerable items => items.Cast<object?>().Select(item => Tree(item, level + 1)).ToArray(),
            PSCustomObject => ((PSObject)value!).Properties.ToDictionary(
                property => property.Name,
                property => Tree(property.Value, level + 1)
            ),
            var other => LanguagePrimitives.ConvertTo<string>(other),
        };
    }

    private static object? Plain(object? value) =>
        value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject
        : value is PSObject custom ? custom.BaseObject
        : value;
}
