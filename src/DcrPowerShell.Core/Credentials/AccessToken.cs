using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>An access token (RFC 6749, section 5.1).</summary>
/// <param name="IsDpopBound">Its type is DPoP (RFC 9449, section 5).</param>
/// <param name="RenewAt">Some time before it expires; null where the server did not say when.</param>
/// <param name="Facts">What the answer says of it.</param>
internal sealed record AccessToken(string Value, bool IsDpopBound, DateTimeOffset? RenewAt, TokenFacts Facts)
{
    // Clocks differ, and a request takes a while. A short-lived token is used for most of its life.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(60);

    /// <param name="askedAt">When it was asked for.</param>
    /// <param name="scope">What was asked for, for the error.</param>
    /// <param name="explain">What a refusal means at this server; null where it means what it does elsewhere.</param>
    /// <exception cref="DcrException">The server gave none.</exception>
    public static AccessToken Read(
        ProtocolRequest request,
        ProtocolResponse response,
        DateTimeOffset askedAt,
        string scope,
        Func<ServerError, DcrException?> explain
    )
    {
        if (!response.IsSuccess)
        {
            var server = ServerErrorReader.Read(response);
            throw explain(server) ?? CredentialErrors.TokenRefused(request.Uri, server, scope);
        }

        if (!response.TryReadJson(out var answer, out var why))
        {
            throw ProtocolErrors.NotConformant(request.Uri, $"asked for an access token, {why}");
        }

        // Some servers refuse with 200.
        if (answer.Text("access_token") is null && ServerErrorReader.Read(response) is { Code: not null } refusal)
        {
            throw explain(refusal) ?? CredentialErrors.TokenRefused(request.Uri, refusal, scope);
        }

        var token = answer.Text("access_token") ?? throw ProtocolErrors.NotConformant(request.Uri, "its answer has no access_token");
        if (!HeaderText.IsToken(token))
        {
            throw CredentialErrors.UnusableAccessToken(request.Uri);
        }

        var life = LifeOf(answer);
        return new AccessToken(
            token,
            "DPoP".Equals(answer.Text("token_type"), StringComparison.OrdinalIgnoreCase),
            life is { } span ? askedAt + RenewAfter(span) : null,
            new TokenFacts(ScopesOf(answer, token, scope), life is { } rest ? askedAt + rest : TokenFacts.Read(token).ExpiresAt));
    }

    private static TimeSpan? LifeOf(JsonBag answer) =>
        answer.Integer("expires_in") is { } seconds and >= 0 and <= int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    private static TimeSpan RenewAfter(TimeSpan life) =>
        life > RenewBefore + RenewBefore ? life - RenewBefore : TimeSpan.FromTicks(life.Ticks / 2);

    /// <summary>A server that does not say granted what was asked for (RFC 6749, section 5.1).</summary>
    private static IReadOnlyList<string>? ScopesOf(JsonBag answer, string token, string asked) =>
        answer.Has("scope") ? answer.Words("scope")
        : TokenFacts.Read(token).Scopes ?? (asked.Length > 0 ? JsonBag.SplitWords(asked).ToList() : null);
}
