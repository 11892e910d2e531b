using System.Collections.Generic;
using System.Text.Json;

namespace DcrPowerShell.Metadata;

/// <summary>What an authorization server says of itself (RFC 8414, section 2; OpenID Connect Discovery 1.0, section 3).</summary>
internal sealed class ServerMetadata(JsonBag members)
{
    public string? Issuer => members.Text("issuer");

    public string? RegistrationEndpoint => members.Text("registration_endpoint");

    public string? TokenEndpoint => members.Text("token_endpoint");

    /// <summary>None where the server does not say.</summary>
    public IReadOnlyList<string> Scopes => members.Texts("scopes_supported");

    /// <summary>Only Auth0 has one.</summary>
    public string? MfaChallengeEndpoint => members.Text("mfa_challenge_endpoint");

    /// <summary>None where the server does not say; then <c>client_secret_basic</c> is the default (RFC 8414, section 2).</summary>
    public IReadOnlyList<string> TokenEndpointAuthMethods => members.Texts("token_endpoint_auth_methods_supported");

    /// <summary>Where to go with a client certificate instead (RFC 8705, section 5); null where there is no other place.</summary>
    public string? MtlsAlias(string endpoint) =>
        members.TryGet("mtls_endpoint_aliases", out var aliases) && aliases.ValueKind == JsonValueKind.Object
            ? JsonBag.From(aliases).Text(endpoint)
            : null;
}
