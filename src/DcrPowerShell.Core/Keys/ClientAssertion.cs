using System;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>
/// The JWT that a client proves itself with by <c>private_key_jwt</c> (RFC 7523, sections 2.2 and 3; OpenID Connect Core 1.0, section 9).
/// </summary>
internal static class ClientAssertion
{
    /// <summary><c>client_assertion_type</c> of the token request.</summary>
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    // It is used at once. Servers allow an hour at most (Okta), and less is common.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Makes a fresh one for each request: servers take its <c>jti</c> once.</summary>
    /// <param name="audience">What this server wants: its token endpoint, or its issuer.</param>
    /// <param name="now">By the server's clock where that is known.</param>
    /// <exception cref="KeyException">The key does not sign.</exception>
    public static string Create(SigningKey key, string clientId, string audience, DateTimeOffset now) => Jws.Sign(
        key,
        JsonBag.Empty.With("typ", "JWT").With("kid", key.KeyId),
        JsonBag.Empty
            .With("iss", clientId)
            .With("sub", clientId)
            .With("aud", audience)
            .With("iat", Jws.Time(now))
            .With("exp", Jws.Time(now + Lifetime))
            .With("jti", Guid.NewGuid().ToString()));
}
