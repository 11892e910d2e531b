using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>Masks secrets that were sent and that the server repeats in its answer: they are not the client's, and are not kept.</summary>
internal static class Echo
{
    // Here a client's own secrets come back, and a software statement is none (RFC 7591, section 3.2.1).
    private static readonly string[] Own =
    [
        ClientMember.ClientId, ClientMember.ClientSecret, ClientMember.RegistrationAccessToken, ClientMember.RegistrationClientUri,
        ClientMember.SoftwareStatement,
    ];

    /// <summary>The answer with masks in the place of what was sent.</summary>
    public static JsonBag Hide(JsonBag answer, Redaction sent) => !IsIn(answer, sent)
        ? answer
        : JsonBag.Of(answer.Select(member => new KeyValuePair<string, JsonElement>(
            sent.Hide(member.Key),
            Own.Contains(member.Key) ? member.Value : Hide(member.Value, sent))));

    private static JsonElement Hide(JsonElement value, Redaction sent) => value.ValueKind switch
    {
        JsonValueKind.String => JsonSerializer.SerializeToElement(sent.Hide(value.GetString()!)),
        JsonValueKind.Array => JsonSerializer.SerializeToElement(value.EnumerateArray().Select(item => Hide(item, sent))),
        JsonValueKind.Object => Hide(JsonBag.From(value), sent).ToElement(),
        _ => value,
    };

    private static bool IsIn(JsonBag bag, Redaction sent) =>
        bag.Any(member => sent.Finds(member.Key) || (!Own.Contains(member.Key) && IsIn(member.Value, sent)));

    private static bool IsIn(JsonElement value, Redaction sent) => value.ValueKind switch
    {
        JsonValueKind.String => sent.Finds(value.GetString()!),
        JsonValueKind.Array => value.EnumerateArray().Any(item => IsIn(item, sent)),
        JsonValueKind.Object => IsIn(JsonBag.From(value), sent),
        _ => false,
    };
}
