using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// The client information response (RFC 7591, section 3.2.1; RFC 7592, section 3). Only <c>client_id</c> is sure to be there
/// after a registration; servers leave out, null or misspell the rest (protocol notes, 5.2).
/// </summary>
/// <param name="Members">Everything the server sent, secrets too.</param>
/// <param name="Status">HTTP status code.</param>
internal sealed record RegistrationAnswer(JsonBag Members, int Status)
{
    private static readonly string[] Errors = ["error", "errorCode", "errors", "fault"];
    private static readonly string[] Successes = ["success", "succeeded", "ok"];

    /// <summary>The server refused, whatever its status says: it names an error, and no client.</summary>
    public bool IsRefusal => ClientId is null && NamesError(Members);

    /// <summary>It has a secret or a token, which may be the only one that holds.</summary>
    public bool HasCredential => ClientSecret is not null || RegistrationAccessToken is not null;

    /// <summary>It has a secret or a token that cannot be one.</summary>
    public IEnumerable<string> Unusable => new[] { ClientMember.ClientSecret, ClientMember.RegistrationAccessToken }
        .Where(member => Members.TryGet(member, out var value) && !JsonBag.IsAbsent(value) && SecretMember.Usable(value) is null);

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

    public string? RegistrationAccessToken => UsableAt(ClientMember.RegistrationAccessToken);

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

    private string? UsableAt(string member) => Members.TryGet(member, out var value) ? SecretMember.Usable(value) : null;

    // "error": false and "errors": [] say that there is none.
    private static bool IsNamed(JsonBag members, string member) =>
        members.TryGet(member, out var value)
        && !JsonBag.IsAbsent(value)
        && value.ValueKind is not JsonValueKind.False and not JsonValueKind.Number
        && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
}
