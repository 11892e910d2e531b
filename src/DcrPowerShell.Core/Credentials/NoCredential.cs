using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>Open registration (RFC 7591, section 3), and requests that need no credential.</summary>
internal sealed class NoCredential : ICredential, IAuthorizer
{
    public string Kind => "None";

    public string? ClientId => null;

    public bool IsTimed => false;

    public IAuthorizer For(string? scope) => this;

    public Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop) => Task.FromResult(TokenFacts.Unknown);

    public Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop) =>
        Task.FromResult(Authorization.None);

    public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response) => false;
}
