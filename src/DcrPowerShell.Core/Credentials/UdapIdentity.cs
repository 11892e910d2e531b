using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>Who a client is in a UDAP trust community: the URI that its certificate names. It proves that by what it signs.</summary>
/// <param name="certificate">Taken over: it is disposed with this.</param>
/// <param name="uri">One of its subject alternative name.</param>
/// <param name="community">The community's URI; null where none was named.</param>
internal sealed class UdapIdentity(SigningCertificate certificate, string uri, string? community, IClock clock) : ICredential, IDisposable
{
    public SigningCertificate Certificate => certificate;

    public string Uri => uri;

    public string? Community => community;

    public string Kind => "Certificate";

    public string? ClientId => null;

    public bool IsTimed => true;

    private DateTimeOffset Now => clock.UtcNow;

    /// <summary>Nothing but registrations and token requests is signed.</summary>
    public IAuthorizer For(string? scope) => new NoCredential();

    public Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop) => Task.FromResult(TokenFacts.Unknown);

    /// <summary>Puts a fresh software statement on each try of a registration: a server takes each once.</summary>
    /// <param name="claims">What it says of the client.</param>
    public IAuthorizer Statement(JsonBag claims) => new StatementAuthorizer(this, claims);

    /// <summary>How the client authenticates at a token endpoint.</summary>
    /// <param name="audience">The token endpoint.</param>
    /// <param name="extensions">As for <see cref="ClientAssertion"/>.</param>
    public IClientAuthentication Authentication(string clientId, string audience, JsonBag extensions) =>
        new UdapAssertion(this, clientId, audience, extensions);

    public void Dispose() => certificate.Dispose();

    private sealed class StatementAuthorizer(UdapIdentity identity, JsonBag claims) : IAuthorizer
    {
        public Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop) =>
            Task.FromResult(
                Authorization.None with
                {
                    Members = JsonBag.Empty.With(
                        ClientMember.SoftwareStatement,
                        Signing.Of(() =>
                            SoftwareStatement.Create(identity.Certificate, identity.Uri, request.Uri, claims, identity.Now)
                        )
                    ),
                }
            );

        public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response) => false;
    }

    private sealed class UdapAssertion(UdapIdentity identity, string clientId, string audience, JsonBag extensions)
        : IClientAuthentication
    {
        public string Kind => identity.Kind;

        public string ClientId => clientId;

        public Authorization Prove(DateTimeOffset now) =>
            Authorization.None with
            {
                Fields =
                [
                    new("client_assertion_type", ClientAssertion.Type),
                    new(
                        "client_assertion",
                        Signing.Of(() => ClientAssertion.Create(identity.Certificate, clientId, audience, extensions, now))
                    ),
                    new("udap", "1"),
                ],
            };
    }
}
