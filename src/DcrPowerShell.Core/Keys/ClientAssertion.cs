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
    public static string Create(SigningKey key, string clientId, string audience, DateTimeOffset now) =>
        Create(key, JsonBag.Empty.With("typ", "JWT").With("kid", key.KeyId), JsonBag.Empty, clientId, audience, now);

    /// <summary>With the certificates in the place of a key's id, as UDAP wants it (HL7 UDAP Security STU 2, section 5.2.1).</summary>
    /// <param name="extensions">Authorization Extension Objects by their key names, such as <c>hl7-b2b</c>; none are left out.</param>
    /// <inheritdoc cref="Create(SigningKey, string, string, DateTimeOffset)"/>
    public static string Create(
        SigningCertificate certificate,
        string clientId,
        string audience,
        JsonBag extensions,
        DateTimeOffset now
    ) =>
        Create(
            certificate.Key,
            JsonBag.Empty.With("x5c", certificate.X5c),
            extensions.Count == 0 ? JsonBag.Empty : JsonBag.Empty.With("extensions", extensions.ToElement()),
            clientId,
            audience,
            now
        );

    private static string Create(
        SigningKey key,
        JsonBag header,
        JsonBag claims,
        string clientId,
        string audience,
        DateTimeOffset now
    ) => Jws.Sign(
        key,
        header,
        claims
            .With("iss", clientId)
            .With("sub", clientId)
            .With("aud", audience)
            .With("iat", Jws.Time(now))
            .With("exp", Jws.Time(now + Lifetime))
            .With("jti", Guid.NewGuid().ToString()));
}
