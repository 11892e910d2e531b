using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Credentials;

/// <summary>What can be known of an access token without asking the API that it is for.</summary>
/// <param name="Scopes">What it was granted; null where that is not known.</param>
/// <param name="ExpiresAt">Null where that is not known.</param>
internal sealed record TokenFacts(IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt)
{
    public static TokenFacts Unknown { get; } = new(null, null);

    /// <summary>
    /// Reads the claims of a token that is a JWT (RFC 9068, section 2.2; Auth0's are, Okta's too). Its signature is not looked at:
    /// what is found serves for advice, never for a decision to trust.
    /// </summary>
    public static TokenFacts Read(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return Unknown;
        }

        try
        {
            var claims = JsonBag.Parse(Encoding.UTF8.GetString(Base64Url.Decode(parts[1])));
            var scopes =
                claims.Has("scope") ? claims.Words("scope")
                : claims.Has("scp") ? claims.Words("scp")
                : null;
            var expiry =
                claims.Integer("exp") is { } seconds && seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                    ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                    : (DateTimeOffset?)null;
            return new(scopes, expiry);
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException)
        {
            return Unknown;
        }
    }
}
