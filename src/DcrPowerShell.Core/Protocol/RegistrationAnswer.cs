using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// The client information response (RFC 7591, section 3.2.1; RFC 7592, section 3). Only <c>client_id</c> is sure to be there
/// after a registration; servers leave out, null or misspell the rest.
/// </summary>
/// <param name="Members">Everything the server sent, secrets too.</param>
/// <param name="Status">HTTP status code.</param>
internal sealed record RegistrationAnswer(JsonBag Members, int Status)
{
    // What some servers write in camel case: clientSecret.
    private static readonly Dictionary<string, string> Twins = ClientMember.All
        .Where(static name => CamelCase(name) != name)
        .ToDictionary(CamelCase);

    private static readonly string[] Errors = ["error", "errorCode", "errors", "fault"];
    private const string Scheme = "Bearer ";
    private static readonly string[] Successes = ["success", "succeeded", "ok"];

    public JsonBag Members { get; init; } = InStandardNames(Members);

    /// <summary>
    /// What was sent, at a server that lets nobody read a client. What the answer leaves out is kept as it was sent, because the next
    /// registration has to say it again. Empty at other servers.
    /// </summary>
    public JsonBag Sent { get; init; } = JsonBag.Empty;

    /// <summary>To be compared with what was asked: an answer that lacks certifications has not refused them.</summary>
    public JsonBag Granted => Members.With(Sent.Where(static (name, _) => name == ClientMember.Certifications));

    /// <summary>It has a secret or a token, which may be the only one that holds.</summary>
    public bool HasCredential => ClientSecret is not null || RegistrationAccessToken is not null;

    /// <summary>It has a secret or a token that cannot be one.</summary>
    public IEnumerable<string> Unusable => new[] { ClientMember.ClientSecret, ClientMember.RegistrationAccessToken }
        .Where(member => Members.TryGet(member, out var value) && !JsonBag.IsAbsent(value) && SecretMember.Usable(member, value) is null);

    /// <summary>By the look of an answer's text, before it is parsed.</summary>
    public static bool MayHave(string text, string member) =>
        text.Contains($"\"{member}\"") || text.Contains($"\"{CamelCase(member)}\"");

    /// <summary>The server refused, whatever the status of its answer says.</summary>
    public static bool NamesError(JsonBag members, ProtocolResponse? response = null) => Errors.Any(member => IsNamed(members, member))
        || Successes.Any(member => members.TryGet(member, out var value) && value.ValueKind == JsonValueKind.False)
        || members.Text("resourceType") == "OperationOutcome"
        || response?.Header("Content-Type")?.TrimStart().StartsWith("application/problem+", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Of an answer that is not the whole client, such as a secret's own resource: what is worth keeping.</summary>
    public RegistrationAnswer SecretsAlone =>
        this with
        {
            Members = Members.Where(
                static (name, _) =>
                    name
                        is ClientMember.ClientSecret
                            or ClientMember.ClientSecretExpiresAt
                            or ClientMember.RegistrationAccessToken
                            or ClientMember.RegistrationClientUri
            ),
        };

    /// <summary>As an answer that repeats the rest of what is known.</summary>
    public RegistrationAnswer Onto(JsonBag metadata) => this with { Members = metadata.With(Members) };

    public string? ClientId => Members.Text(ClientMember.ClientId);

    public string? ClientSecret => UsableAt(ClientMember.ClientSecret);

    /// <summary>Without the blanks and the scheme that some servers write around it: no bearer token has a blank.</summary>
    public string? RegistrationAccessToken => UsableAt(ClientMember.RegistrationAccessToken) is { } text ? Bare(text) : null;

    /// <summary>As the server wrote it; it may be relative. Null for what is no address, such as "n/a".</summary>
    public string? RegistrationClientUri =>
        Members.TryGet(ClientMember.RegistrationClientUri, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Array
        && Members.Text(ClientMember.RegistrationClientUri) is { } text && IsAddress(text) ? text : null;

    private bool IsAddress(string text) =>
        !text.Any(static character => char.IsControl(character) || char.IsWhiteSpace(character))
        && (
            UriText.Absolute(text) is not null
            || text[0] is '/' or '?' or '.'
            || (ClientId is { } id && text.Contains(Uri.EscapeDataString(id)))
        );

    private string? UsableAt(string member) => Members.TryGet(member, out var value) ? SecretMember.Usable(member, value) : null;

    private static string Bare(string token)
    {
        var text = token.Trim(' ', '\t', '\r', '\n');
        var bare = text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text.Substring(Scheme.Length).TrimStart(' ') : text;
        return bare.Any(char.IsWhiteSpace) ? token : bare;
    }

    private static JsonBag InStandardNames(JsonBag members) => members
        .Where(static (name, _) => Twins.ContainsKey(name))
        .Where(twin => !members.TryGet(Twins[twin.Key], out var own) || JsonBag.IsAbsent(own))
        .Aggregate(members, static (bag, twin) => bag.Without(twin.Key).With(Twins[twin.Key], twin.Value));

    private static string CamelCase(string name) =>
        string.Concat(
            name.Split('_').Select(static (word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word.Substring(1))
        );

    // "error": false and "errors": [] say that there is none.
    private static bool IsNamed(JsonBag members, string member) =>
        members.TryGet(member, out var value)
        && !JsonBag.IsAbsent(value)
        && value.ValueKind is not JsonValueKind.False and not JsonValueKind.Number
        && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
}
