using System;
using System.Collections.Generic;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>An access token that the token endpoint has given out.</summary>
/// <param name="ExpiresAt">Its end.</param>
/// <param name="KeyThumbprint">The DPoP key that it is bound to (RFC 9449 section 6).</param>
/// <param name="Scopes">What it may do; the standard's dialect doesn't look at it.</param>
internal sealed record IssuedToken(DateTimeOffset ExpiresAt, string? KeyThumbprint, IReadOnlyList<string> Scopes)
{
    /// <summary>The registered client that got it for itself; null for the token client.</summary>
    public string? ClientId { get; init; }
}

/// <summary>Access tokens, and how many clients each token has registered.</summary>
internal sealed class TokenLedger
{
    private readonly Dictionary<string, IssuedToken> _issued = [];
    private readonly Dictionary<string, int> _uses = [];

    public void Add(string token, IssuedToken issued) => _issued[token] = issued;

    public IssuedToken? Find(string token) => _issued.GetValueOrDefault(token);

    public int UsesOf(string token) => _uses.GetValueOrDefault(token);

    public void CountUse(string token) => _uses[token] = UsesOf(token) + 1;
}
