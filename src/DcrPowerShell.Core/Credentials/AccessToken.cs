using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>An access token (RFC 6749, section 5.1).</summary>
/// <param name="IsDpopBound">Its type is DPoP (RFC 9449, section 5).</param>
/// <param name="RenewAt">Some time before it expires; null where the server did not say when.</param>
internal sealed record AccessToken(string Value, bool IsDpopBound, DateTimeOffset? RenewAt)
{
    // Clocks differ, and a request takes a while. A short-lived token is used for most of its life.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(60);

    /// <param name="askedAt">When it was asked for.</param>
    /// <param name="scope">What was asked for, for the error.</param>
    /// <exception cref="DcrException">The server gave none.</exception>
    public static AccessToken Read(ProtocolRequest request, ProtocolResponse response, DateTimeOffset askedAt, string scope)
    {
        if (!response.IsSuccess)
        {
            throw DcrErrors.TokenRefused(request.Uri, ServerErrorReader.Read(response), scope);
        }

        if (!response.TryReadJson(out var answer, out var why))
        {
            throw DcrErrors.NotConformant(request.Uri, $"asked for an access token, {why}");
        }

        var token = answer.Text("access_token") ?? throw DcrErrors.NotConformant(request.Uri, "its answer has no access_token");
        return new AccessToken(token, "DPoP".Equals(answer.Text("token_type"), StringComparison.OrdinalIgnoreCase), RenewalOf(answer, askedAt));
    }

    private static DateTimeOffset? RenewalOf(JsonBag answer, DateTimeOffset askedAt)
    {
        if (answer.Integer("expires_in") is not { } seconds || seconds is < 0 or > int.MaxValue)
        {
            return null;
        }

        var life = TimeSpan.FromSeconds(seconds);
        return askedAt + (life > RenewBefore + RenewBefore ? life - RenewBefore : TimeSpan.FromTicks(life.Ticks / 2));
    }
}
