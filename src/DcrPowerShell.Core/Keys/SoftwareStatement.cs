using System;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>A software statement (RFC 7591, section 2.3): a signed JWT with client metadata.</summary>
internal static class SoftwareStatement
{
    /// <summary>
    /// How long a statement that names no end is good for: Open Finance Brasil, Dynamic Client Registration 1.0, section 7.1, item 3.
    /// </summary>
    private static readonly TimeSpan UsualAge = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongestOfUdap = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Backdate = TimeSpan.FromSeconds(5);

    /// <param name="claims">Client metadata, and what else the statement says.</param>
    /// <exception cref="KeyException">The key does not sign.</exception>
    public static string Create(SigningKey key, string issuer, JsonBag claims, DateTimeOffset now, TimeSpan lifetime) => Jws.Sign(
        key,
        JsonBag.Empty.With("typ", "JWT").With("kid", key.KeyId),
        claims
            .With("iss", issuer)
            .With("iat", Jws.Time(now))
            .With("exp", Jws.Time(now + lifetime))
            .With("jti", Guid.NewGuid().ToString()));

    /// <summary>One that a UDAP client signs about itself (HL7 UDAP Security STU 2, section 3.1), for one request.</summary>
    /// <param name="uri">Of the certificate's subject alternative name.</param>
    /// <param name="endpoint">The registration endpoint, to the letter.</param>
    /// <inheritdoc cref="Create(SigningKey, string, JsonBag, DateTimeOffset, TimeSpan)"/>
    public static string Create(SigningCertificate certificate, string uri, Uri endpoint, JsonBag claims, DateTimeOffset now)
    {
        // Servers refuse what was issued in the future, be it by a second.
        var issued = now - Backdate;
        return Jws.Sign(
            certificate.Key,
            JsonBag.Empty.With("x5c", certificate.X5c),
            claims
                .With("iss", uri)
                .With("sub", uri)
                .With("aud", endpoint.OriginalString)
                .With("iat", Jws.Time(issued))
                .With("exp", Jws.Time(issued + LongestOfUdap))
                .With("jti", Guid.NewGuid().ToString()));
    }

    /// <summary>When it expires, by its <c>exp</c>. Its signature is not judged. Null where that cannot be read.</summary>
    public static DateTimeOffset? ExpiresAt(string statement) => Jws.Claims(statement) is { } claims ? Jws.Time(claims, "exp") : null;

    /// <summary>When a fresh one is better: at its end, else some time after it was issued. Null where neither can be read.</summary>
    public static DateTimeOffset? BestBefore(string statement) =>
        Jws.Claims(statement) is { } claims ? Jws.Time(claims, "exp") ?? Jws.Time(claims, "iat") + UsualAge : null;
}
