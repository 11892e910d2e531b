using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>Where and how to get access tokens.</summary>
/// <param name="Scope">Asked for whatever the operation; null for what each operation needs.</param>
/// <param name="Audience">Which API the token is for, where the server wants to be told (Auth0); else null.</param>
/// <param name="Explain">What a refusal means at this server; null where it means what it does elsewhere.</param>
internal sealed record TokenSource(
    Uri Endpoint,
    IClientAuthentication Authentication,
    string? Scope,
    string? Audience,
    Func<ServerError, DcrException?> Explain
);

/// <summary>
/// Access tokens by the client credentials grant (RFC 6749, section 4.4): fetched when first needed, renewed before they expire
/// and once on 401, shared by all that use the connection, kept in memory only. Disposes the keys, and not the sender.
/// </summary>
internal sealed class ClientCredentials(TokenSource source, DpopBinding dpop, HttpSender sender, IClock clock) : ICredential, IDisposable
{
    private readonly ConcurrentDictionary<string, AccessToken> _tokens = new();
    private readonly SemaphoreSlim _fetching = new(1, 1);

    public string Kind => source.Authentication.Kind;

    public string? ClientId => source.Authentication.ClientId;

    public bool IsTimed => dpop.IsOn || source.Authentication is PrivateKeyJwt;

    private DpopBinding Dpop => dpop;

    private IClock Clock => clock;

    public IAuthorizer For(string? scope) => new Authorizer(this, ScopeOf(scope));

    public async Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop) =>
        (await TokenAsync(ScopeOf(scope), reporter, stop).ConfigureAwait(false)).Facts;

    private string ScopeOf(string? wanted) => source.Scope ?? wanted ?? "";

    // The semaphore is not disposed: without its wait handle it holds nothing, and workers may still be in it.
    public void Dispose()
    {
        (source.Authentication as IDisposable)?.Dispose();
        dpop.Dispose();
        _tokens.Clear();
    }

    private async Task<AccessToken> TokenAsync(string scope, IReporter reporter, CancellationToken stop)
    {
        if (Fresh(scope) is { } token)
        {
            return token;
        }

        await _fetching.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            return Fresh(scope) ?? (_tokens[scope] = await FetchAsync(scope, reporter, stop).ConfigureAwait(false));
        }
        finally
        {
            _fetching.Release();
        }
    }

    private AccessToken? Fresh(string scope) =>
        _tokens.TryGetValue(scope, out var token) && (token.RenewAt is not { } renewAt || clock.UtcNow < renewAt) ? token : null;

    private async Task<AccessToken> FetchAsync(string scope, IReporter reporter, CancellationToken stop)
    {
        var now = clock.UtcNow;
        var request = new ProtocolRequest(HttpMethod.Post, source.Endpoint, RequestEffect.FetchesToken) { Form = FormOf(scope) };
        var response = await sender
            .SendAsync(request, new ProvenClient(source.Authentication, dpop, clock), reporter, stop)
            .ConfigureAwait(false);
        return AccessToken.Read(request, response, now, scope, source.Explain);
    }

    private List<KeyValuePair<string, string>> FormOf(string scope)
    {
        var form = new List<KeyValuePair<string, string>> { new("grant_type", "client_credentials") };
        if (scope.Length > 0)
        {
            form.Add(new("scope", scope));
        }

        if (source.Audience is not null)
        {
            form.Add(new("audience", source.Audience));
        }

        return form;
    }

    /// <summary>True where another token than the one that was refused can be had.</summary>
    private bool Renew(string scope, Authorization refused)
    {
        if (_tokens.TryGetValue(scope, out var token) && refused.Secrets.Contains(token.Value))
        {
            ((ICollection<KeyValuePair<string, AccessToken>>)_tokens).Remove(new(scope, token));
        }

        return true;
    }

    /// <summary>The credential for one scope.</summary>
    private sealed class Authorizer(ClientCredentials owner, string scope) : IAuthorizer
    {
        public async Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop)
        {
            var token = await owner.TokenAsync(scope, reporter, stop).ConfigureAwait(false);
            return token.IsDpopBound
                ? owner.Dpop.Bind(Authorization.Of("DPoP", token.Value), request, token.Value, owner.Clock.UtcNow)
                : Authorization.Of("Bearer", token.Value);
        }

        public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response) =>
            owner.Dpop.Learn(request, response) || (response.Status == 401 && owner.Renew(scope, used));
    }
}
