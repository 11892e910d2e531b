using System;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>An administrator's user name and password (RFC 7617), in UTF-8.</summary>
internal sealed class BasicCredential : ICredential, IAuthorizer
{
    private readonly Authorization _authorization;

    /// <exception cref="DcrException">AccessTokenRejected: HTTP Basic cannot carry it.</exception>
    public BasicCredential(string userName, string password)
    {
        // RFC 7617, section 2: the first colon ends the user-id, and neither has control characters.
        if (userName.Length == 0 || userName.Contains(':') || (userName + password).Any(char.IsControl))
        {
            throw CredentialErrors.BadUserName();
        }

        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userName}:{password}"));
        _authorization = new([new("Authorization", $"Basic {encoded}")], [encoded, password]);
    }

    public string Kind => "Credential";

    public string? ClientId => null;

    public bool IsTimed => false;

    public IAuthorizer For(string? scope) => this;

    public Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop) => Task.FromResult(TokenFacts.Unknown);

    public Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop) =>
        Task.FromResult(_authorization);

    public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response) => false;
}
