using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>
    /// The initial access token that registering needs; null together with a null <see cref="TokenClient"/> makes registration open.
    /// </summary>
    /// <remarks>§3.1</remarks>
    public string? InitialToken { get; init; }

    /// <summary>How many clients the initial token may register before it is used up; null for no end.</summary>
    /// <remarks>§5.1 Keycloak, Curity, Spring AS; F25</remarks>
    public int? InitialTokenUses { get; init; }

    /// <summary>Refuses the initial token as expired.</summary>
    /// <remarks>F24</remarks>
    public bool InitialTokenExpired { get; init; }

    /// <summary>
    /// The client whose access tokens may register clients; null for none. Those of clients that are registered may do nothing.
    /// </summary>
    /// <remarks>§1.3, §4.4, §5.1 Curity, authentik</remarks>
    public TokenClient? TokenClient { get; init; }

    /// <summary>
    /// The administrator whose HTTP Basic opens registration, and with <c>managementToken: accessToken</c> management. Null for none.
    /// </summary>
    /// <remarks>§5.1 WSO2; RFC 7617</remarks>
    public BasicUser? BasicUser { get; init; }

    /// <summary>How many clients one access token may register before it counts as expired; null for no end.</summary>
    /// <remarks>F24: the token expires at item k and a new one can be had</remarks>
    public int? AccessTokenUses { get; init; }

    /// <summary>Lifetime of an access token in seconds, told as <c>expires_in</c> and kept to; null for an hour, at Auth0 a day.</summary>
    /// <remarks>§1.3 item 2, §2.1</remarks>
    public int? AccessTokenSeconds { get; init; }

    /// <summary>Takes pushed authorization requests (RFC 9126). The standard's dialect only.</summary>
    public bool PushedAuthorization { get; init; }

    /// <summary>Takes client assertions for the issuer and no other audience, as FAPI 2.0 allows. The standard's dialect only.</summary>
    public bool AssertionsForIssuerOnly { get; init; }

    /// <summary>Whether access tokens must be bound to a DPoP key.</summary>
    /// <remarks>§1.3 item 3, §8; RFC 9449</remarks>
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
    /// <remarks>§4.4; RFC 8705 section 2</remarks>
    public string? TlsCertificate { get; init; }

    /// <summary>
    /// The scopes that it was granted; null for whatever its dialect knows. The standard's dialect doesn't look at scopes.
    /// </summary>
    /// <remarks>§1.3 item 1, §2.1</remarks>
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
