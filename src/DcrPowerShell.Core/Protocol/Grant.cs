using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Compares what was asked for with what the server granted; it may replace or drop any value (RFC 7591, section 3.2.1).</summary>
internal static class Grant
{
    /// <summary>The members that differ, in the order they were asked for. What was not asked for is no difference.</summary>
    public static IReadOnlyList<DcrChange> Compare(JsonBag asked, JsonBag granted) => asked
        .Where(member => !Covers(member.Key, member.Value, granted))
        .Select(member => new DcrChange(member.Key, Plain(asked, member.Key), Plain(granted, member.Key)))
        .ToList();

    /// <summary>What is kept of wishes that were granted otherwise: those of before that were not asked again, and those of now.</summary>
    /// <param name="before">As it was kept before.</param>
    /// <param name="changes">What <see cref="Compare(JsonBag, JsonBag)"/> gives.</param>
    public static JsonBag Remember(JsonBag before, JsonBag asked, IEnumerable<DcrChange> changes) => changes
        .Select(static change => change.Name)
        .Aggregate(before.Where((name, _) => !asked.Has(name)), (kept, name) => asked.TryGet(name, out var value) ? kept.With(name, Hash(value)) : kept);

    /// <summary>The members that are asked for otherwise than before: neither as they were granted nor as they were asked.</summary>
    /// <param name="remembered">What <see cref="Remember"/> gave.</param>
    public static IReadOnlyList<DcrChange> Compare(JsonBag asked, JsonBag granted, JsonBag remembered) => Compare(asked, granted)
        .Where(change => !(asked.TryGet(change.Name, out var value) && remembered.Text(change.Name) == Hash(value)))
        .ToList();

    private static string Hash(JsonElement value)
    {
        using var sha = SHA256.Create();
        return Convert.ToBase64String(sha.ComputeHash(JsonSerializer.SerializeToUtf8Bytes(value)), 0, 12);
    }

    private static object? Plain(JsonBag bag, string name) =>
        bag.TryGet(name, out var value) ? PlainValue.From(name, value) : null;

    private static bool Covers(string name, JsonElement asked, JsonBag granted)
    {
        if (!granted.TryGet(name, out var value) || JsonBag.IsAbsent(value))
        {
            return JsonBag.IsAbsent(asked) || (asked.ValueKind == JsonValueKind.Array && asked.GetArrayLength() == 0);
        }

        return name == ClientMember.Scope
            ? SameSet(Bag(name, asked).Words(name), granted.Words(name))
            : Same(asked, value);
    }

    private static bool Same(JsonElement asked, JsonElement granted) => (asked.ValueKind, granted.ValueKind) switch
    {
        // Servers add members to objects (a key's "use": null); what was asked for has to be there.
        (JsonValueKind.Object, JsonValueKind.Object) => asked.EnumerateObject().All(member =>
            granted.TryGetProperty(member.Name, out var value) ? Same(member.Value, value) : JsonBag.IsAbsent(member.Value)),
        (JsonValueKind.Array, JsonValueKind.Array) => SameItems(asked, granted),
        (JsonValueKind.Array, _) => asked.GetArrayLength() == 1 && Same(asked[0], granted),
        (_, JsonValueKind.Array) => granted.GetArrayLength() == 1 && Same(asked, granted[0]),
        _ => JsonBag.IsAbsent(asked) ? JsonBag.IsAbsent(granted) : Scalar(asked) == Scalar(granted),
    };

    private static bool SameItems(JsonElement asked, JsonElement granted)
    {
        var rest = granted.EnumerateArray().ToList();
        return asked.GetArrayLength() == rest.Count && asked.EnumerateArray().All(item =>
        {
            var place = rest.FindIndex(other => Same(item, other));
            if (place >= 0)
            {
                rest.RemoveAt(place);
            }

            return place >= 0;
        });
    }

    private static bool SameSet(IReadOnlyList<string> left, IReadOnlyList<string> right) => new HashSet<string>(left).SetEquals(right);

    private static JsonBag Bag(string name, JsonElement value) => JsonBag.Empty.With(name, value);

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
