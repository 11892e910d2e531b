using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>
    /// The initial access token that registering needs; null together with a null <see cref="TokenClient"/> makes registration open.
    /// </summary>
    /// <remarks>RFC 7591, section 3</remarks>
    public string? InitialToken { get; init; }

    /// <summary>How many clients the initial token may register before it is used up; null for no end.</summary>
    /// <remarks>Keycloak counts uses; Curity and Spring Authorization Server allow one.</remarks>
    public int? InitialTokenUses { get; init; }

    /// <summary>Refuses the initial token as expired.</summary>
    public bool InitialTokenExpired { get; init; }

    /// <summary>
    /// The client whose access tokens may register clients; null for none. Those of clients that are registered may do nothing.
    /// </summary>
    /// <remarks>Okta, with private_key_jwt; Curity, with the scope dcr; authentik</remarks>
    public TokenClient? TokenClient { get; init; }

    /// <summary>
    /// The administrator whose HTTP Basic opens registration, and with <c>managementToken: accessToken</c> management. Null for none.
    /// </summary>
    /// <remarks>RFC 7617; WSO2 Identity Server, oauth-dcr.yaml</remarks>
    public BasicUser? BasicUser { get; init; }

    /// <summary>How many clients one access token may register before it counts as expired; null for no end.</summary>
    /// <remarks>For a token that expires within a pipeline</remarks>
    public int? AccessTokenUses { get; init; }

    /// <summary>Lifetime of an access token in seconds, told as <c>expires_in</c> and kept to; null for an hour, at Auth0 a day.</summary>
    /// <remarks>RFC 6749, section 5.1. Okta: one hour; Auth0: a day</remarks>
    public int? AccessTokenSeconds { get; init; }

    /// <summary>Takes pushed authorization requests (RFC 9126). The standard's dialect only.</summary>
    public bool PushedAuthorization { get; init; }

    /// <summary>Takes client assertions for the issuer and no other audience, as FAPI 2.0 allows. The standard's dialect only.</summary>
    public bool AssertionsForIssuerOnly { get; init; }

    /// <summary>Whether access tokens must be bound to a DPoP key.</summary>
    /// <remarks>RFC 9449; Okta docs, guides/dpop</remarks>
    public DpopMode Dpop { get; init; }
}

/// <summary>A client of the token endpoint for <c>grant_type=client_credentials</c>.</summary>
public sealed record TokenClient
{
    /// <summary>Its identifier.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its secret, taken in the Authorization header or in the form.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Its public keys as a JWK set, for <c>private_key_jwt</c>.</summary>
    public JsonObject? Jwks { get; init; }

    /// <summary>Thumbprint of the TLS certificate that proves it, its id in the form.</summary>
    /// <remarks>RFC 8705, section 2</remarks>
    public string? TlsCertificate { get; init; }

    /// <summary>
    /// The scopes that it was granted; null for whatever its dialect knows. The standard's dialect doesn't look at scopes.
    /// </summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}

/// <summary>A user name and a password.</summary>
public sealed record BasicUser
{
    /// <summary>The user name.</summary>
    public required string UserName { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }
}

/// <summary>What the server asks of DPoP.</summary>
public enum DpopMode
{
    /// <summary>Bearer tokens.</summary>
    Off,

    /// <summary>A proof at the token endpoint and at every call.</summary>
    Required,

    /// <summary>As <see cref="Required"/>, and the token endpoint first answers <c>use_dpop_nonce</c>, as Okta does.</summary>
    Nonce,

    /// <summary>As <see cref="Nonce"/>, and calls with the token need a nonce too (RFC 9449 section 9).</summary>
    NonceEverywhere,
}
