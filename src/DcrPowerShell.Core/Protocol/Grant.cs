using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// The members whose value at the server differs from the wanted one. A server may replace or drop any (RFC 7591, section 3.2.1).
/// </summary>
internal static class Grant
{
    private const string Mail = "mailto:";

    private static readonly Regex Moving = new(
        "(_at|At|_time|_date|updated|modified|etag|revision|version)$",
        RegexOptions.CultureInvariant
    );

    /// <summary>The members that differ, in the order they were asked for. What was not asked for is no difference.</summary>
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static IReadOnlyList<DcrChange> Compare(JsonBag asked, JsonBag granted, Redaction known) => asked
        .Where(member => !Covers(member.Key, member.Value, granted))
        .Select(member => new DcrChange(member.Key, Plain(asked, member.Key, known), Plain(granted, member.Key, known)))
        .ToList();

    /// <summary>What is kept of wishes that were granted otherwise: those of before that were not asked again, and those of now.</summary>
    /// <param name="before">As it was kept before.</param>
    /// <param name="otherwise">Members that were granted otherwise.</param>
    public static JsonBag Remember(JsonBag before, JsonBag asked, IEnumerable<string> otherwise) =>
        otherwise.Aggregate(
            before.Where((name, _) => !asked.Has(name)),
            (kept, name) => asked.Has(name) ? kept.With(name, Hash(name, asked)) : kept
        );

    /// <summary>
    /// The members that are asked for otherwise than before: neither as they were granted nor as they were asked. Secrets are kept masked,
    /// so of these nobody can tell.
    /// </summary>
    /// <param name="remembered">What <see cref="Remember"/> gave.</param>
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static IReadOnlyList<DcrChange> Compare(JsonBag asked, JsonBag granted, JsonBag remembered, Redaction known) =>
        Compare(asked, granted, known)
            .Where(change =>
                !IsSecret(change.Name, asked) && !(asked.Has(change.Name) && remembered.Text(change.Name) == Hash(change.Name, asked))
            )
            .ToList();

    /// <summary>What the server changed although nobody named it, between two of its answers: a reset grant type, say.</summary>
    /// <param name="named">What the command named, to set or to remove.</param>
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static IReadOnlyList<DcrChange> CompareUnnamed(JsonBag before, JsonBag after, JsonBag named, Redaction known) =>
        before
            .Concat(after)
            .Select(static member => member.Key)
            .Distinct()
            .Where(name =>
                !named.Has(name) && IsLasting(name, before, after) && !IsAlike(name, before, after)
            )
            .Select(name => new DcrChange(name, Plain(before, name, known), Plain(after, name, known), wasNamed: false))
            .ToList();

    /// <summary>
    /// The members that a client has otherwise than they are wanted. What the server granted otherwise when it was last asked for the same,
    /// and still has, is no difference: asking again would bring the same.
    /// </summary>
    /// <param name="server">What the server has.</param>
    /// <param name="granted">What it had as it was last granted.</param>
    /// <param name="remembered">What <see cref="Remember"/> gave.</param>
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static IReadOnlyList<DcrDifference> Differences(
        JsonBag wanted,
        JsonBag server,
        JsonBag granted,
        JsonBag remembered,
        Redaction known
    ) =>
    [
        .. from change in Compare(wanted, server, known)
           let name = change.Name
           let hasDrifted = !IsAlike(name, server, granted)
           where !IsSecret(name, wanted) && (hasDrifted || remembered.Text(name) != Hash(name, wanted))
           select new DcrDifference(name, change.Asked, change.Granted, Plain(granted, name, known), hasDrifted),
    ];

    /// <summary>Members that somebody else changed, as they were last granted.</summary>
    /// <param name="drifted">As it was kept before.</param>
    /// <param name="before">As the client was kept before.</param>
    /// <param name="now">As the server has it.</param>
    public static JsonBag Drift(JsonBag drifted, JsonBag before, JsonBag now)
    {
        var granted = LastGranted(before, drifted);
        return CompareUnnamed(granted, now, JsonBag.Empty, Redaction.Nothing)
            .Aggregate(
                JsonBag.Empty,
                (kept, change) =>
                    granted.TryGet(change.Name, out var value) ? kept.With(change.Name, value) : kept.With(change.Name, (string?)null)
            );
    }

    /// <summary>A client as it was last granted.</summary>
    /// <param name="drifted">What <see cref="Drift"/> gave.</param>
    public static JsonBag LastGranted(JsonBag now, JsonBag drifted) => now.With(drifted).WithoutAbsent();

    /// <summary>Whether two answers have the same of a member.</summary>
    public static bool IsAlike(string name, JsonBag one, JsonBag other) => Covers(name, one, other) && Covers(name, other, one);

    private static bool Covers(string name, JsonBag asked, JsonBag granted) =>
        !asked.TryGet(name, out var value) || Covers(name, value, granted);

    // What a server issues changes with each answer, and so do the times and versions that some add.
    private static bool IsLasting(string name, JsonBag before, JsonBag after) =>
        name is not (ClientMember.ClientId or ClientMember.ClientSecret) && !ClientMember.ForbiddenInUpdate.Contains(name)
        && (ClientMember.IsRegistered(name) || IsPlainIn(before, name) && IsPlainIn(after, name) && !Moving.IsMatch(name))
        && !IsSecret(name, before) && !IsSecret(name, after);

    // A server may rearrange objects of its own with each change.
    private static bool IsPlainIn(JsonBag bag, string name) => bag.TryGet(name, out var value) && value.ValueKind != JsonValueKind.Object;

    private static bool IsSecret(string name, JsonBag bag) => bag.TryGet(name, out var value) && SecretMember.Is(name, value);

    /// <summary>The order of scopes says nothing (RFC 6749, section 3.3), nor that of redirect URIs, grant types and the like.</summary>
    private static string Hash(string name, JsonBag bag)
    {
        using var sha = SHA256.Create();
        var text =
            name == ClientMember.Scope ? JsonSerializer.SerializeToUtf8Bytes(string.Join(" ", InOrder(bag.Words(name))))
            : !bag.TryGet(name, out var value) ? []
            : IsSet(value) ? JsonSerializer.SerializeToUtf8Bytes(InOrder(bag.Texts(name)))
            : JsonSerializer.SerializeToUtf8Bytes(value);
        return Convert.ToBase64String(sha.ComputeHash(text), 0, 12);
    }

    private static IEnumerable<string> InOrder(IEnumerable<string> texts) =>
        texts.Distinct().OrderBy(static text => text, StringComparer.Ordinal);

    private static bool IsSet(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String);

    private static object? Plain(JsonBag bag, string name, Redaction known) =>
        bag.TryGet(name, out var value) ? PlainValue.From(name, value, known) : null;

    private static bool Covers(string name, JsonElement asked, JsonBag granted)
    {
        if (!granted.TryGet(name, out var value) || JsonBag.IsAbsent(value))
        {
            return JsonBag.IsAbsent(asked) || (asked.ValueKind == JsonValueKind.Array && asked.GetArrayLength() == 0);
        }

        return name switch
        {
            ClientMember.Scope => SameSet(Bag(name, asked).Words(name), granted.Words(name)),
            ClientMember.Contacts => SameSet(Bare(Bag(name, asked).Texts(name)), Bare(granted.Texts(name))),
            _ => Same(asked, value),
        };
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

    // An e-mail address, and the URI of one.
    private static List<string> Bare(IEnumerable<string> contacts) =>
        [
            .. contacts.Select(static contact =>
                contact.StartsWith(Mail, StringComparison.OrdinalIgnoreCase) ? contact.Substring(Mail.Length) : contact
            ),
        ];

    private static bool SameSet(IReadOnlyList<string> left, IReadOnlyList<string> right) => new HashSet<string>(left).SetEquals(right);

    private static JsonBag Bag(string name, JsonElement value) => JsonBag.Empty.With(name, value);

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
