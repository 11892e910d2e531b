using System;
using System.Collections.Generic;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Credentials;

/// <summary>What can be known of an access token without asking the API that it is for.</summary>
/// <param name="Scopes">What it was granted; null where that is not known.</param>
/// <param name="ExpiresAt">Null where that is not known.</param>
internal sealed record TokenFacts(IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt)
{
    public static TokenFacts Unknown { get; } = new(null, null);

    /// <summary>Reads the claims of a token that is a JWT (RFC 9068, section 2.2; Auth0's are, Okta's too).</summary>
    public static TokenFacts Read(string token) =>
        Jws.Claims(token) is { } claims
            ? new(
                claims.Has("scope") ? claims.Words("scope")
                : claims.Has("scp") ? claims.Words("scp")
                : null,
                Jws.Time(claims, "exp")
            )
            : Unknown;
}
