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

    /// <summary>The server refused, whatever its status says: it names an error, and no client.</summary>
    public bool IsRefusal => ClientId is null && (Errors.Any(IsNamed) || Members.Text("resourceType") == "OperationOutcome");

    /// <summary>Of an answer that is not the whole client, such as a secret's own resource: what is worth keeping.</summary>
    public RegistrationAnswer SecretsAlone => this with
    {
        Members = Members.Where(static (name, _) => name is ClientMember.ClientSecret or ClientMember.ClientSecretExpiresAt or ClientMember.RegistrationAccessToken or ClientMember.RegistrationClientUri),
    };

    /// <summary>As an answer that repeats the rest of what is known.</summary>
    public RegistrationAnswer Onto(JsonBag metadata) => this with { Members = metadata.With(Members) };

    public string? ClientId => Members.Text(ClientMember.ClientId);

    public string? ClientSecret => Members.Text(ClientMember.ClientSecret);

    public string? RegistrationAccessToken => Members.Text(ClientMember.RegistrationAccessToken);

    /// <summary>As the server wrote it; it may be relative.</summary>
    public string? RegistrationClientUri => Members.Text(ClientMember.RegistrationClientUri);

    // "error": false and "errors": [] say that there is none.
    private bool IsNamed(string member) => Members.TryGet(member, out var value) && !JsonBag.IsAbsent(value)
        && value.ValueKind is not JsonValueKind.False and not JsonValueKind.Number && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
}
