using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers.Standard;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>What to connect to.</summary>
internal sealed record ConnectRequest
{
    /// <summary>As the user wrote it. Either this or the endpoint.</summary>
    public Uri? Issuer { get; init; }

    /// <summary>Skips discovery.</summary>
    public Uri? RegistrationEndpoint { get; init; }

    /// <summary>Null for the URL's host and path.</summary>
    public string? Name { get; init; }

    public string? InitialAccessToken { get; init; }

    /// <summary>Origins beside the registration endpoint's where registration access tokens may go.</summary>
    public IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Null for the system's proxy.</summary>
    public Uri? Proxy { get; init; }
}

/// <summary>Finds a server's registration endpoint and makes a connection to it. Sends no registration.</summary>
internal static class ConnectOperation
{
    /// <param name="store">Proved to keep what is written before anything is sent; null with <c>-NoVault</c>.</param>
    /// <param name="handler">Sends the requests; null for the platform's own.</param>
    /// <exception cref="DcrException">A bad URL or token; DiscoveryFailed, IssuerMismatch; no connection.</exception>
    public static async Task<DcrConnection> RunAsync(ConnectRequest request, RegistrationStore? store, IReporter reporter, IClock clock, CancellationToken stop, HttpMessageHandler? handler = null)
    {
        RequireSafe(nameof(request.Issuer), request.Issuer);
        RequireSafe(nameof(request.RegistrationEndpoint), request.RegistrationEndpoint);
        foreach (var origin in request.AllowedOrigins)
        {
            RequireSafe("AllowedOrigin", origin);
        }

        var credential = CredentialOf(request);
        if (store is not null)
        {
            await store.CheckOpenAsync().ConfigureAwait(false);
            await store.CheckWritableAsync().ConfigureAwait(false);
        }

        var sender = new HttpSender(new HttpTransport(handler ?? HandlerFactory.Create(request.Proxy), request.Timeout, clock), clock);
        try
        {
            var found = request.RegistrationEndpoint is { } endpoint
                ? new DiscoveryFinding(endpoint, "given") { Issuer = endpoint.AbsoluteUri, RegistrationEndpoint = endpoint }
                : await DiscoverAsync(request.Issuer!, sender, reporter, stop).ConfigureAwait(false);
            var service = new StandardProvider(found.RegistrationEndpoint!, request.AllowedOrigins, credential, sender);
            return new DcrConnection(request.Name ?? NameOf(request.Issuer ?? request.RegistrationEndpoint!), found.Issuer!, found.RegistrationEndpoint!, credential.Kind, store?.VaultName, service, sender) { VaultProvedAt = clock.UtcNow };
        }
        catch
        {
            sender.Dispose();
            throw;
        }
    }

    private static async Task<DiscoveryFinding> DiscoverAsync(Uri issuer, HttpSender sender, IReporter reporter, CancellationToken stop)
    {
        var asked = issuer.OriginalString;
        var tried = new List<DiscoveryFinding>();
        foreach (var candidate in Discovery.Candidates(issuer))
        {
            var response = await sender.SendAsync(Discovery.Request(candidate), authorization: null, reporter, stop).ConfigureAwait(false);
            var finding = Discovery.Judge(asked, candidate, response);
            tried.Add(finding);
            if (finding.Issuer is null)
            {
                continue;
            }

            if (finding.Issuer != asked)
            {
                reporter.Verbose($"The server writes its issuer {finding.Issuer}; the difference of the trailing slash is accepted.");
            }

            return finding;
        }

        var places = tried.Select(finding => finding.ToString());
        var stranger = tried.Select(finding => finding.OtherIssuer).FirstOrDefault(other => other is not null);
        throw stranger is null ? DcrErrors.DiscoveryFailed(asked, places) : DcrErrors.IssuerMismatch(asked, stranger, places);
    }

    private static ICredential CredentialOf(ConnectRequest request)
    {
        if (request.InitialAccessToken is not { } token)
        {
            return new NoCredential();
        }

        // RFC 6750, section 2.1: visible ASCII without spaces.
        return token.Length > 0 && token.All(character => character is > ' ' and < '\x7f')
            ? new InitialAccessToken(token)
            : throw DcrErrors.BadToken(nameof(request.InitialAccessToken));
    }

    // The path belongs to it: Keycloak and others serve many issuers at one host.
    private static string NameOf(Uri url) => url.Authority + url.AbsolutePath.TrimEnd('/');

    private static void RequireSafe(string parameter, Uri? uri)
    {
        if (uri is not null && !SafeUrl.IsSafe(uri))
        {
            throw DcrErrors.UrlRefused(parameter, uri);
        }
    }
}
