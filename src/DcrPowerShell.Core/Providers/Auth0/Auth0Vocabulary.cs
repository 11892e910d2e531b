using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// Client metadata in the words of RFC 7591 and in those of Auth0's Management API (Auth0 docs, api/management/v2/clients; protocol
/// notes 2.4). Members that have the same name in both, or a name in one only, go through as they are.
/// </summary>
internal static class Auth0Vocabulary
{
    private const string AppType = "app_type";
    private const string ClientMetadata = "client_metadata";
    private const string OidcLogout = "oidc_logout";
    private const string BackchannelLogoutUrls = "backchannel_logout_urls";
    private const string BackchannelLogoutUri = "backchannel_logout_uri";

    /// <summary>How the client authenticates where that is by a key; <c>token_endpoint_auth_method</c> is then absent.</summary>
    public const string AuthenticationMethods = "client_authentication_methods";

    public const string PrivateKeyJwt = "private_key_jwt";

    private static readonly (string Rfc, string Auth0)[] Renamed =
    [
        (ClientMember.ClientName, "name"),
        (ClientMember.RedirectUris, "callbacks"),
        (ClientMember.PostLogoutRedirectUris, "allowed_logout_urls"),
        ("dpop_bound_access_tokens", "require_proof_of_possession"),
    ];

    // OpenID Connect knows these two types; Auth0's others, spa and non_interactive, keep their own name.
    private static readonly (string Rfc, string Auth0)[] Types = [("web", "regular_web"), ("native", "native")];

    // What Auth0 has no place for stands in client_metadata, whose values are texts.
    private static readonly string[] Noted =
    [
        ClientMember.ClientUri,
        ClientMember.Contacts,
        ClientMember.TosUri,
        ClientMember.PolicyUri,
        ClientMember.SoftwareId,
        ClientMember.SoftwareVersion,
    ];

    // The tenant's certificates, alike for each of its clients, and longer than all the rest.
    private const string SigningKeys = "signing_keys";

    // What Auth0 made of a client ID metadata document, where it has just registered that.
    private const string MappedFields = "mapped_fields";

    /// <summary>An application as the Management API shows it, in the words of RFC 7591.</summary>
    public static JsonBag ToRfc(JsonBag application)
    {
        if (application.Has(MappedFields))
        {
            application = Object(application, MappedFields).With(ClientMember.ClientId, application.Text(ClientMember.ClientId));
        }

        var client = JsonBag.Of(
            application
                .Where(static member => member.Key != SigningKeys)
                .Select(static member => new KeyValuePair<string, JsonElement>(
                    Renamed.FirstOrDefault(pair => pair.Auth0 == member.Key).Rfc ?? member.Key,
                    member.Value
                ))
        );

        if (Types.FirstOrDefault(pair => pair.Auth0 == application.Text(AppType)).Rfc is { } type)
        {
            client = client.Without(AppType).With(ClientMember.ApplicationType, type);
        }

        if (Object(application, OidcLogout).Texts(BackchannelLogoutUrls) is { Count: 1 } logout)
        {
            client = client.With(BackchannelLogoutUri, logout[0]);
        }

        var notes = Object(application, ClientMetadata);
        foreach (var name in Noted.Where(name => notes.Text(name) is not null))
        {
            client =
                name == ClientMember.Contacts
                    ? client.With(name, JsonBag.SplitWords(notes.Text(name)!))
                    : client.With(name, notes.Text(name));
        }

        if (Object(application, AuthenticationMethods).Has(PrivateKeyJwt))
        {
            client = client.With(ClientMember.TokenEndpointAuthMethod, PrivateKeyJwt);
        }

        // Auth0's secrets do not expire: its registrations say so each time.
        return application.Text(ClientMember.ClientSecret) is null
            ? client
            : client.With(ClientMember.ClientSecretExpiresAt, JsonSerializer.SerializeToElement(0));
    }

    /// <summary>
    /// Changes as a PATCH wants them: what is not named stays. To remove a text is to send null; to remove a list, an empty one.
    /// </summary>
    /// <remarks>Leaves out the keys of private_key_jwt, and with them that method: <see cref="WithCredentials"/> sets both.</remarks>
    /// <param name="read">The application as <see cref="ToRfc"/> gave it: what is changed in part goes back whole.</param>
    public static JsonBag ToPatch(JsonBag changes, JsonBag read)
    {
        var patch = JsonBag.Empty;
        var notes = Object(changes, ClientMetadata);
        foreach (
            var member in changes.Where(static member => member.Key is not (ClientMetadata or ClientMember.Jwks or ClientMember.JwksUri))
        )
        {
            if (Noted.Contains(member.Key))
            {
                notes = notes.With(member.Key, Note(changes, member.Key));
            }
            else if (member.Key == ClientMember.TokenEndpointAuthMethod)
            {
                patch = WithMethod(patch, member.Value, read);
            }
            else if (member.Key == ClientMember.ApplicationType)
            {
                patch = patch.With(
                    AppType,
                    Types.FirstOrDefault(pair => pair.Rfc == changes.Text(member.Key)).Auth0 ?? changes.Text(member.Key)
                );
            }
            else if (member.Key == BackchannelLogoutUri)
            {
                patch = patch.With(OidcLogout, Object(read, OidcLogout).With(BackchannelLogoutUrls, changes.Texts(member.Key)).ToElement());
            }
            else
            {
                var isEmptyList = JsonBag.IsAbsent(member.Value) && ClientMember.Lists.Contains(member.Key);
                patch = patch.With(
                    Renamed.FirstOrDefault(pair => pair.Rfc == member.Key).Auth0 ?? member.Key,
                    isEmptyList ? JsonSerializer.SerializeToElement(new List<string>()) : member.Value
                );
            }
        }

        return notes.Count == 0 ? patch : patch.With(ClientMetadata, notes.ToElement());
    }

    /// <summary>Has the client authenticate by private_key_jwt with these credentials (Auth0 docs, configure-private-key-jwt).</summary>
    public static JsonBag WithCredentials(JsonBag patch, IEnumerable<string> ids) =>
        patch
            .With(
                AuthenticationMethods,
                JsonSerializer.SerializeToElement(
                    new Dictionary<string, object> { [PrivateKeyJwt] = new { credentials = ids.Select(static id => new { id }) } }
                )
            )
            .With(ClientMember.TokenEndpointAuthMethod, value: null);

    /// <summary>The ids of the credentials that the client authenticates with.</summary>
    public static IReadOnlyList<string> Credentials(JsonBag read) =>
        Object(Object(read, AuthenticationMethods), PrivateKeyJwt).TryGet("credentials", out var list)
        && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(static item => JsonBag.From(item).Text("id")).OfType<string>().ToList()
            : [];

    /// <summary>The standard's word for the member that an error names; its own where it has no other.</summary>
    public static string NameOf(string auth0) => auth0 == AppType ? ClientMember.ApplicationType
        : auth0 == "pem" || auth0.StartsWith(AuthenticationMethods, StringComparison.Ordinal) ? ClientMember.Jwks
        : auth0.StartsWith(ClientMetadata + ".", StringComparison.Ordinal) ? auth0.Substring(ClientMetadata.Length + 1)
        : auth0.StartsWith(OidcLogout + "." + BackchannelLogoutUrls, StringComparison.Ordinal) ? BackchannelLogoutUri
        : Renamed.FirstOrDefault(pair => pair.Auth0 == auth0).Rfc ?? auth0;

    /// <summary>Another method takes the place of the keys, which must be said (Auth0 docs, configure-private-key-jwt).</summary>
    private static JsonBag WithMethod(JsonBag patch, JsonElement method, JsonBag read)
    {
        if (method.ValueKind == JsonValueKind.String && method.GetString() == PrivateKeyJwt)
        {
            return patch;
        }

        var changed = patch.With(ClientMember.TokenEndpointAuthMethod, method);
        return read.Has(AuthenticationMethods) ? changed.With(AuthenticationMethods, value: null) : changed;
    }

    /// <summary>A member that is an object; an empty one where it is not.</summary>
    public static JsonBag Object(JsonBag bag, string name) =>
        bag.TryGet(name, out var value) && value.ValueKind == JsonValueKind.Object ? JsonBag.From(value) : JsonBag.Empty;

    private static string? Note(JsonBag changes, string name) => name == ClientMember.Contacts
        ? changes.Texts(name) is { Count: > 0 } contacts ? string.Join(" ", contacts) : null
        : changes.Text(name);
}
