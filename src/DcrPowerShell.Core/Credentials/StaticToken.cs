using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Credentials;

/// <summary>A token that was got elsewhere and cannot be renewed here.</summary>
internal sealed class StaticToken(string kind, string scheme, string token) : ICredential, IAuthorizer
{
    private readonly Authorization _authorization = Authorization.Of(scheme, token);

    public string Kind => kind;

    public string? ClientId => null;

    public bool IsTimed => false;

    /// <summary>An initial access token (RFC 7591, section 1.2), as the administrator gave it.</summary>
    /// <exception cref="DcrException">It is no bearer token: it has a line break, say.</exception>
    public static StaticToken Initial(string token) => Given("InitialAccessToken", "Bearer", token);

    /// <summary>Okta's own kind of API token, as the administrator gave it.</summary>
    /// <exception cref="DcrException">It is no token: it has a line break, say.</exception>
    public static StaticToken Ssws(string token) => Given("ApiToken", "SSWS", token);

    /// <summary>A token for Auth0's Management API, as the administrator gave it.</summary>
    /// <exception cref="DcrException">It is no bearer token: it has a line break, say.</exception>
    public static StaticToken Management(string token) => Given("ManagementToken", "Bearer", token);

    /// <summary>A registration access token (RFC 7592, section 1.3), as the server gave it.</summary>
    /// <exception cref="DcrException">No header can hold it.</exception>
    public static StaticToken Registration(string token) =>
        HeaderText.IsToken(token) ? new("RegistrationAccessToken", "Bearer", token) : throw CredentialErrors.UnusableRegistrationToken();

    public IAuthorizer For(string? scope) => this;

    public Task<TokenFacts> InspectAsync(string? scope, IReporter reporter, CancellationToken stop) =>
        Task.FromResult(TokenFacts.Read(token));

    public Task<Authorization> AuthorizeAsync(ProtocolRequest request, IReporter reporter, CancellationToken stop) =>
        Task.FromResult(_authorization);

    public bool Learn(Authorization used, ProtocolRequest request, ProtocolResponse response) => false;

    // No token has quotation marks (RFC 6750, section 2.1); a server's own may, but these were copied along.
    private static StaticToken Given(string kind, string scheme, string token) =>
        HeaderText.IsToken(token) && token[0] is not ('"' or '\'') ? new(kind, scheme, token) : throw CredentialErrors.BadToken(kind);
}
