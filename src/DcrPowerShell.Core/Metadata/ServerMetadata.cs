using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace DcrPowerShell.Metadata;

/// <summary>What an authorization server says of itself (RFC 8414, section 2; OpenID Connect Discovery 1.0, section 3).</summary>
internal sealed class ServerMetadata(JsonBag members)
{
    public string? Issuer => members.Text("issuer");

    public string? RegistrationEndpoint => members.Text("registration_endpoint");

    public string? TokenEndpoint => members.Text("token_endpoint");

    /// <summary>RFC 9126, section 5.</summary>
    public string? PushedAuthorizationRequestEndpoint => members.Text("pushed_authorization_request_endpoint");

    /// <summary>By PKCE; none where the server does not say, which is to mean that it has no PKCE (RFC 8414, section 2).</summary>
    public IReadOnlyList<string> CodeChallengeMethods => members.Texts("code_challenge_methods_supported");

    /// <summary>Whether tokens can be bound to a client's key (RFC 9449, section 5.1).</summary>
    public bool TakesDpop => members.Texts("dpop_signing_alg_values_supported").Count > 0;

    /// <summary>Whether tokens can be bound to a client's certificate (RFC 8705, section 3.3).</summary>
    public bool BindsToCertificates => IsTrue("tls_client_certificate_bound_access_tokens");

    /// <summary>Nothing was discovered.</summary>
    public bool IsEmpty => members.Count == 0;

    /// <summary>None where the server does not say.</summary>
    public IReadOnlyList<string> Scopes => members.Texts("scopes_supported");

    /// <summary>Only Auth0 has one.</summary>
    public string? MfaChallengeEndpoint => members.Text("mfa_challenge_endpoint");

    /// <summary>None where the server does not say; then <c>client_secret_basic</c> is the default (RFC 8414, section 2).</summary>
    public IReadOnlyList<string> TokenEndpointAuthMethods => members.Texts("token_endpoint_auth_methods_supported");

    /// <summary>
    /// None where the server does not say; then <c>authorization_code</c> and <c>implicit</c> are the default (RFC 8414, section 2).
    /// </summary>
    public IReadOnlyList<string> GrantTypes => members.Texts("grant_types_supported");

    public IReadOnlyList<string> ResponseTypes => members.Texts("response_types_supported");

    /// <summary>Of JWTs by which clients prove who they are.</summary>
    public IReadOnlyList<string> TokenEndpointAuthSigningAlgorithms => members.Texts("token_endpoint_auth_signing_alg_values_supported");

    /// <summary>Whether the server takes client ID metadata documents (draft-ietf-oauth-client-id-metadata-document, section 5).</summary>
    public bool TakesClientDocuments => IsTrue("client_id_metadata_document_supported");

    /// <summary>
    /// The values of a client that the server's lists lack: the member, the values, and the list's name. None for a list that the server
    /// does not give.
    /// </summary>
    /// <param name="offered">Scopes that are listed elsewhere: by the protected resource.</param>
    public IEnumerable<(string Member, IReadOnlyList<string> Values, string List)> NotListed(JsonBag client, IEnumerable<string> offered) =>
        from judged in new (string Member, IReadOnlyList<string> Asked, IReadOnlyList<string> Listed, string List)[]
        {
            (ClientMember.TokenEndpointAuthMethod, client.Texts(ClientMember.TokenEndpointAuthMethod), TokenEndpointAuthMethods,
                "token_endpoint_auth_methods_supported"),
            (ClientMember.GrantTypes, client.Texts(ClientMember.GrantTypes), GrantTypes, "grant_types_supported"),
            (ClientMember.ResponseTypes, client.Texts(ClientMember.ResponseTypes), ResponseTypes, "response_types_supported"),
            (ClientMember.Scope, [.. client.Words(ClientMember.Scope).Except(offered)], Scopes, "scopes_supported"),
            ("token_endpoint_auth_signing_alg", client.Texts("token_endpoint_auth_signing_alg"), TokenEndpointAuthSigningAlgorithms,
                "token_endpoint_auth_signing_alg_values_supported"),
        }
        let missing = judged.Asked.Where(asked => !judged.Listed.Any(listed => Covers(listed, asked))).ToList()
        where judged.Listed.Count > 0 && missing.Count > 0
        select (judged.Member, (IReadOnlyList<string>)missing, judged.List);

    /// <summary>SMART servers list scopes with a star: <c>system/*.rs</c> is <c>system/Patient.rs</c> too.</summary>
    private static bool Covers(string listed, string asked)
    {
        var star = listed.IndexOf('*');
        return listed == asked
            || (
                star >= 0
                && asked.Length >= listed.Length - 1
                && asked.StartsWith(listed.Substring(0, star), StringComparison.Ordinal)
                && asked.EndsWith(listed.Substring(star + 1), StringComparison.Ordinal)
            );
    }

    /// <summary>Where to go with a client certificate instead (RFC 8705, section 5); null where there is no other place.</summary>
    public string? MtlsAlias(string endpoint) =>
        members.TryGet("mtls_endpoint_aliases", out var aliases) && aliases.ValueKind == JsonValueKind.Object
            ? JsonBag.From(aliases).Text(endpoint)
            : null;

    private bool IsTrue(string member) => members.TryGet(member, out var value) && value.ValueKind == JsonValueKind.True;
}
