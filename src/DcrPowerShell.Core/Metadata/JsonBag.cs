using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Metadata;

/// <summary>
/// The members of one JSON object, immutable. Keeps what a server sent as it sent it: unknown members, their
/// order, and the text of numbers. Of members with the same name the last one counts, as in most parsers.
/// </summary>
internal sealed class JsonBag : IReadOnlyCollection<KeyValuePair<string, JsonElement>>
{
    /// <summary>How deep an answer may nest. What is kept of it nests deeper by the levels around it.</summary>
    public const int DeepestAnswer = 64;

    private static readonly JsonReaderOptions Deep = new() { MaxDepth = DeepestAnswer };
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What has not been read yet is read when somebody wants more than a member of it.
    private readonly ReadOnlyMemory<byte> _unread;
    private List<KeyValuePair<string, JsonElement>>? _members;

    private JsonBag(List<KeyValuePair<string, JsonElement>> members) => _members = members;

    private JsonBag(ReadOnlyMemory<byte> unread) => _unread = unread;

    public static JsonBag Empty { get; } = new([]);

    public int Count => Members.Count;

    private List<KeyValuePair<string, JsonElement>> Members => _members ??= Read(_unread);

    /// <summary>Reads the text of one JSON object.</summary>
    /// <exception cref="JsonException">
    /// The text is not JSON, nests too deeply, is not an object, or has text that is no Unicode (a lone surrogate).
    /// </exception>
    public static JsonBag Parse(string json, int deepest = DeepestAnswer)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = deepest });
        return From(document.RootElement);
    }

    /// <summary>Takes the text of an object that a bag has written, and reads of it what is asked for.</summary>
    /// <param name="json">Bytes that nobody changes any more.</param>
    public static JsonBag Deferred(ReadOnlyMemory<byte> json) => new(json);

    /// <exception cref="JsonException">The element is not an object.</exception>
    public static JsonBag From(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"A JSON object was expected, not {element.ValueKind}.");
        }

        var own = element.Clone();
        RequireUnicode(own);
        return Of(own.EnumerateObject().Select(static member => new KeyValuePair<string, JsonElement>(member.Name, member.Value)));
    }

    /// <summary>
    /// Each name once: in its first place, with its last value. In one pass, which setting one member after another is not.
    /// </summary>
    public static JsonBag Of(IEnumerable<KeyValuePair<string, JsonElement>> members) => new(Union(members));

    public bool TryGet(string name, out JsonElement value)
    {
        if (_members is null)
        {
            var reader = new Utf8JsonReader(_unread.Span, Deep);
            var isThere = TryFind(ref reader, name);
            value = isThere ? JsonElement.ParseValue(ref reader) : default;
            return isThere;
        }

        var index = IndexOf(name);
        value = index < 0 ? default : Members[index].Value;
        return index >= 0;
    }

    public bool Has(string name) => TryGet(name, out _);

    /// <summary>Sets a member, in its old place or else at the end.</summary>
    public JsonBag With(string name, JsonElement value)
    {
        var members = new List<KeyValuePair<string, JsonElement>>(Members);
        var member = new KeyValuePair<string, JsonElement>(name, value);
        var index = IndexOf(name);
        if (index < 0)
        {
            members.Add(member);
        }
        else
        {
            members[index] = member;
        }

        return new(members);
    }

    public JsonBag With(string name, string? value) => With(name, JsonSerializer.SerializeToElement(value));

    public JsonBag With(string name, IEnumerable<string> values) => With(name, JsonSerializer.SerializeToElement(values));

    /// <summary>Sets every member of <paramref name="other"/>.</summary>
    public JsonBag With(JsonBag other) => Of(Members.Concat(other.Members));

    public JsonBag Where(Func<string, JsonElement, bool> keep) =>
        new(Members.Where(member => keep(member.Key, member.Value)).ToList());

    public JsonBag Without(params string[] names) => Where((name, _) => !names.Contains(name));

    /// <summary>Drops what servers send for absent members: <c>null</c>, <c>""</c> and <c>{}</c> (Okta, Hydra).</summary>
    public JsonBag WithoutAbsent() => Where(static (_, value) => !IsAbsent(value));

    /// <summary>Text of a member; a number or truth value as written; the one item of an array; else null.</summary>
    public string? Text(string name)
    {
        if (_members is null)
        {
            var reader = new Utf8JsonReader(_unread.Span, Deep);
            if (TryFind(ref reader, name) && reader.TokenType == JsonTokenType.String)
            {
                return reader.GetString() is { Length: > 0 } text ? text : null;
            }
        }

        return TryGet(name, out var value) ? TextOf(value) : null;
    }

    /// <summary>Items of an array of texts; one item where the server sent a plain string; else none.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!TryGet(name, out var value))
        {
            return [];
        }

        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(TextOf) : [TextOf(value)];
        return items.OfType<string>().ToList();
    }

    /// <summary>Space-separated words, as <c>scope</c> has them; some servers send an array instead.</summary>
    public IReadOnlyList<string> Words(string name) => Texts(name).SelectMany(SplitWords).ToList();

    /// <summary>A whole number, also where the server wrote it as a string or with a fraction of zero.</summary>
    public long? Integer(string name) =>
        Text(name) is { } text
        && decimal.TryParse(
            text,
            System.Globalization.NumberStyles.Float,
            System.Globalization.CultureInfo.InvariantCulture,
            out var number
        )
        && number >= long.MinValue
        && number <= long.MaxValue
        && number == decimal.Truncate(number)
            ? (long)number
            : null;

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var member in Members)
        {
            writer.WritePropertyName(member.Key);
            member.Value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    public byte[] ToUtf8()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            Write(writer);
        }

        return buffer.ToArray();
    }

    public JsonElement ToElement()
    {
        using var document = JsonDocument.Parse(ToUtf8());
        return document.RootElement.Clone();
    }

    public override string ToString() => System.Text.Encoding.UTF8.GetString(ToUtf8());

    public IEnumerator<KeyValuePair<string, JsonElement>> GetEnumerator() => Members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static bool IsAbsent(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    internal static IEnumerable<string> SplitWords(string text) => text.Split([' '], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Each name once: in its first place, with its last value.</summary>
    private static List<KeyValuePair<string, JsonElement>> Union(IEnumerable<KeyValuePair<string, JsonElement>> all)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var members = new List<KeyValuePair<string, JsonElement>>();
        foreach (var member in all)
        {
            if (places.TryGetValue(member.Key, out var place))
            {
                members[place] = member;
                continue;
            }

            places.Add(member.Key, members.Count);
            members.Add(member);
        }

        return members;
    }

    private static List<KeyValuePair<string, JsonElement>> Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DeepestAnswer });
        return From(document.RootElement).Members;
    }

    /// <summary>Goes to the value of a member in what has not been read yet.</summary>
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private static bool TryFind(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
            {
                return reader.Read();
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>An escaped lone surrogate passes the parser, and then no member can be read or written.</summary>
    public static void RequireUnicode(JsonElement value)
    {
        try
        {
            ReadTexts(value);
        }
        catch (InvalidOperationException failure)
        {
            throw new JsonException("It has text that is not Unicode.", failure);
        }
    }

    private static void ReadTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = member.Name;
                    ReadTexts(member.Value);
                }

                break;
        }
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when value.GetString() is { Length: > 0 } text => text,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array when value.GetArrayLength() == 1 => TextOf(value[0]),
        _ => null,
    };

    private int IndexOf(string name) => Members.FindIndex(member => member.Key == name);
}
