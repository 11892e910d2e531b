using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Providers.Udap;
using DcrPowerShell.Vaults;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Operations;

/// <summary>What to connect to.</summary>
internal sealed record ConnectRequest
{
    /// <summary>As the user wrote it; for SMART, the FHIR base URL. Either this or the endpoint.</summary>
    public Uri? Issuer { get; init; }

    /// <summary>How the endpoint is found from the issuer.</summary>
    public DcrDiscovery Discovery { get; init; }

    /// <summary>
    /// The protected resource whose authorization server is meant; then the issuer is the user's choice among several, or null.
    /// </summary>
    public Uri? Resource { get; init; }

    /// <summary>Skips discovery.</summary>
    public Uri? RegistrationEndpoint { get; init; }

    /// <summary>Null for the URL's host and path.</summary>
    public string? Name { get; init; }

    public DcrProvider Provider { get; init; }

    /// <summary>Null for open registration.</summary>
    public CredentialInput? Credential { get; init; }

    /// <summary>What clients are managed with, where the server keeps to the standards.</summary>
    public DcrManagement ManageBy { get; init; }

    /// <summary>What clients sign with that get tokens for themselves; null for none.</summary>
    public SigningKey? ClientKey { get; init; }

    /// <summary>Asked for with every access token; null for what each operation needs.</summary>
    public string? Scope { get; init; }

    /// <summary>Which API access tokens are for; null for the dialect's own.</summary>
    public string? Audience { get; init; }

    public DcrDPoP DPoP { get; init; }

    /// <summary>Shown to the server when TLS asks for it (RFC 8705).</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Null for what the dialect and the server say.</summary>
    public DcrRateLimit? RateLimit { get; init; }

    /// <summary>Origins beside the registration endpoint's where registration access tokens may go.</summary>
    public IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    /// <summary>Who the client is in a UDAP trust community; null for no such discovery.</summary>
    public UdapRequest? Udap { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Null for the system's proxy.</summary>
    public Uri? Proxy { get; init; }
}

/// <summary>Finds a server's registration endpoint and makes a connection to it. Sends no registration.</summary>
internal static class ConnectOperation
{
    private const int MostRedirects = 3;
    private const int EnoughToLearn = 20;

    // RFC 6749, section 3.3.
    private static readonly Regex ScopeToken = new(@"^[\x21\x23-\x5B\x5D-\x7E]+\z", RegexOptions.CultureInvariant);

    private static readonly Regex HostAndPort = new(@"^[A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5}/?$", RegexOptions.CultureInvariant);

    /// <param name="ledger">What this user's commands write to.</param>
    /// <param name="vault">Proved to keep what is written before anything is sent; null for the local store.</param>
    /// <param name="audit">Proved to be writable before anything is sent; null where nothing is put on record.</param>
    /// <param name="handler">Sends the requests; null for the platform's own.</param>
    /// <exception cref="DcrException">A bad URL or token; DiscoveryFailed, IssuerMismatch; no connection.</exception>
    public static async Task<DcrConnection> RunAsync(
        ConnectRequest request,
        RegistrationLedger ledger,
        ISecretVault? vault,
        IReporter reporter,
        IClock clock,
        CancellationToken stop,
        HttpMessageHandler? handler = null,
        AuditLog? audit = null
    )
    {
        request = Meant(request, reporter);
        RequireSafe(nameof(request.Issuer), request.Issuer);
        RequireSafe(nameof(request.RegistrationEndpoint), request.RegistrationEndpoint);
        RequireSafe(nameof(request.Resource), request.Resource);
        foreach (var origin in request.AllowedOrigins)
        {
            RequireSafe("AllowedOrigin", origin);
        }

        if (request is { ManageBy: DcrManagement.Connection, Credential: null, TlsCertificate: null })
        {
            throw ConnectErrors.NothingToManageBy();
        }

        if (request.Discovery == DcrDiscovery.Udap && request.Udap is null)
        {
            throw InputErrors.NoCertificateForUdap();
        }

        var identity = request.Udap is { } udap ? UdapOperation.IdentityOf(udap, clock) : null;
        request = request with { Proxy = ProxyOf(request.Proxy) };
        var scope = new AuditScope(
            audit,
            new DcrAuditRecord { Server = (request.Resource ?? request.Issuer ?? request.RegistrationEndpoint)!.OriginalString },
            reporter,
            clock
        );
        scope.Begin(DcrAuditOperation.Connect);
        try
        {
            var connection = await ConnectAsync(request, identity, ledger, vault, reporter, clock, handler, scope, stop)
                .ConfigureAwait(false);
            scope.End(connection);
            return connection;
        }
        catch (Exception failure)
        {
            identity?.Dispose();
            scope.End(failure);
            throw;
        }
    }

    /// <summary>A connection that sends nothing: what is known of the server's clients can be looked at.</summary>
    /// <param name="subjectUri">Which clients of a FHIR base with UDAP are meant; null for the only ones.</param>
    /// <param name="community">As <paramref name="subjectUri"/>.</param>
    /// <exception cref="DcrException">DiscoveryFailed: nothing is known of that server, or of several that may be meant.</exception>
    public static DcrConnection Offline(
        ConnectRequest request,
        RegistrationLedger ledger,
        string? vault,
        string? subjectUri = null,
        string? community = null
    )
    {
        var given = (request.Issuer ?? request.Resource)!;
        var (asked, how) = Discovery.Meant(given.OriginalString);
        community ??= how == DcrDiscovery.Udap ? UdapDiscovery.CommunityIn(given) : null;
        var all = ledger.Registrations.Issuers();
        var ofUdap = UdapOperation.IssuersOf(asked, subjectUri, community, all);
        var issuer =
            (subjectUri ?? community) is null && all.FirstOrDefault(known => known.TrimEnd('/') == asked.TrimEnd('/')) is { } named ? named
            : ofUdap.Count < 2 ? ofUdap.FirstOrDefault() ?? throw ConnectErrors.NothingKnownOffline(asked, subjectUri, community, all)
            : throw ConnectErrors.SeveralOffline(asked, ofUdap.Select(UdapOperation.Shown));
        var vaultId = vault is null
            ? null
            : ledger
                .Vaults.NamedVaults()
                .Where(known => known.Value.Equals(vault, StringComparison.OrdinalIgnoreCase))
                .Select(static known => known.Key)
                .FirstOrDefault();
        var sender = new HttpSender(
            new HttpTransport(HandlerFactory.Create(null, null), request.Timeout, new SystemClock()),
            new SystemClock()
        );
        return new DcrConnection(
            request.Name ?? NameOf((request.Issuer ?? request.Resource)!),
            issuer,
            new Uri(issuer),
            new NoCredential(),
            ledger,
            vault,
            vaultId,
            new OfflineProvider(),
            sender
        );
    }

    private static async Task<DcrConnection> ConnectAsync(
        ConnectRequest request,
        UdapIdentity? identity,
        RegistrationLedger ledger,
        ISecretVault? vault,
        IReporter reporter,
        IClock clock,
        HttpMessageHandler? handler,
        AuditScope audit,
        CancellationToken stop
    )
    {
        var store = await StoreOpening.RunAsync(ledger, vault, reporter, clock, audit, stop).ConfigureAwait(false);
        var sender = new HttpSender(
            new HttpTransport(handler ?? HandlerFactory.Create(request.Proxy, request.TlsCertificate), request.Timeout, clock),
            clock
        )
        {
            Proxy = request.Proxy,
        };
        try
        {
            var found = request.RegistrationEndpoint is { } given
                ? new DiscoveryFinding(given, "given")
                {
                    Issuer = given.AbsoluteUri,
                    RegistrationEndpoint = given,
                    Server = new ServerMetadata(JsonBag.Empty),
                }
                : await FindServerAsync(reporter, stop).ConfigureAwait(false);
            var context = ContextOf(request, found, sender) with
            {
                Udap = identity is null ? null : new UdapServer(identity, found.Udap!, request.Udap!.Anchors),
            };
            var dialect = Dialects.For(request.Provider, (request.Credential as CredentialInput.Token)?.Value.Kind, context);
            var rules = dialect.TokenRules(context);
            var credential = identity ?? CredentialFactory.Create(
                request.Credential,
                context.Server,
                rules,
                request.Scope,
                request.DPoP,
                sender,
                clock
            );
            var service = dialect.Create(
                request.ManageBy == DcrManagement.ClientToken
                    ? context with { Clients = ClientTokensOf(request, context, rules, sender, clock) }
                    : context,
                credential
            );
            Pace(sender, dialect, request.RateLimit, clock);
            StoreOpening.TellOfUnknown(ledger, context.Issuer, reporter);
            StoreOpening.CompareStores(store, context.Issuer, reporter);
            if (context.Udap is { } udap)
            {
                UdapOperation.TellOf(udap, request.Issuer!, reporter);
                UdapOperation.TellOfCommunities(udap.Identity, context.Issuer, ledger, reporter);
            }

            var connection = new DcrConnection(
                request.Name ?? NameOf(request.Resource ?? request.Issuer ?? request.RegistrationEndpoint!),
                context.Issuer,
                context.RegistrationEndpoint,
                credential,
                ledger,
                vault?.Name,
                store.VaultId,
                service,
                sender
            )
            {
                AllowedOrigins = context.AllowedOrigins,
                ScopesSupported = new ReadableList<string>(
                    [.. (found.Resource is { Scopes.Count: > 0 } offer ? offer.Scopes : context.Server.Scopes).Where(IsScope)]
                ),
                Server = context.Server,
                TokenRules = rules,
                Resource = found.Resource?.Resource,
                VaultProvedAt = clock.UtcNow,
                Audit = audit.Log,
                Rediscover = request.RegistrationEndpoint is not null ? null : async (again, until) =>
                    ContextOf(request, await FindServerAsync(again, until).ConfigureAwait(false), sender),
                Udap = context.Udap is { } server ? UdapOperation.FactsOf(server) : null,
            };
            LearnFromKept(connection);
            return connection;
        }
        catch
        {
            sender.Dispose();
            throw;
        }

        Task<DiscoveryFinding> FindServerAsync(IReporter telling, CancellationToken until) =>
            identity is null
                ? DiscoverAsync(request, sender, telling, until)
                : UdapOperation.DiscoverAsync(request.Issuer!, identity, request.Udap!.Anchors, sender, telling, clock, until);
    }

    private static bool IsScope(string text) => ScopeToken.IsMatch(text);

    /// <summary>A client's secret goes to no other origin than its registration did, unless the user knows better.</summary>
    private static ClientTokens ClientTokensOf(
        ConnectRequest request,
        DialectContext context,
        TokenRules rules,
        HttpSender sender,
        IClock clock
    )
    {
        var endpoint = rules.Endpoint ?? throw CredentialErrors.NoTokenEndpoint();
        return ClientConfiguration.IsAllowed(endpoint, context.RegistrationEndpoint, context.AllowedOrigins)
            ? new ClientTokens(rules, request.ClientKey, request.TlsCertificate is not null, request.Scope, request.DPoP, sender, clock)
            : throw ConnectErrors.ForeignTokenEndpoint(endpoint, context.RegistrationEndpoint);
    }

    /// <summary>With the issuer that is meant, where the address of its metadata was pasted.</summary>
    private static ConnectRequest Meant(ConnectRequest request, IReporter reporter)
    {
        if (request.Resource is { } resource && UriText.Absolute(ResourceDiscovery.Meant(resource.OriginalString)) is { } protectedResource)
        {
            request = request with { Resource = protectedResource };
        }

        if (request.Issuer is null)
        {
            return request;
        }

        var (issuer, how) = Discovery.Meant(request.Issuer.OriginalString);
        if (issuer == request.Issuer.OriginalString || UriText.Absolute(issuer) is not { } meant)
        {
            return request;
        }

        if (
            how == DcrDiscovery.Udap
            && UdapDiscovery.CommunityIn(request.Issuer) is { } community
            && request.Udap is { Community: null } udap
        )
        {
            request = request with { Udap = udap with { Community = community } };
        }

        reporter.Verbose($"Connecting to {issuer}{(how is null ? "" : ", a FHIR base")}: that is the issuer whose metadata was named.");
        return request with { Issuer = meant, Discovery = how ?? request.Discovery };
    }

    /// <summary>A server that gave none of the clients which are kept a token of its own has no RFC 7592.</summary>
    private static void LearnFromKept(DcrConnection connection)
    {
        var kept = connection
            .Ledger.Registrations.List(connection.Issuer)
            .Take(EnoughToLearn)
            .Select(found => connection.Service.WhyUnmanaged(found.Record));
        if (kept.DefaultIfEmpty().All(static why => why?.ErrorId == DcrErrorId.OperationNotSupported))
        {
            connection.Lacks(DcrCapabilities.Read | DcrCapabilities.Update | DcrCapabilities.Delete);
        }
    }

    private static void Pace(HttpSender sender, IDialect dialect, DcrRateLimit? wanted, IClock clock)
    {
        var usual = new RateGate(clock, wanted ?? dialect.UsualLimit, isFirm: wanted is not null);
        if (wanted is null && dialect.CountsRegistrationsApart)
        {
            sender.RegistrationGate = usual;
        }
        else
        {
            sender.Gate = usual;
        }
    }

    private static async Task<DiscoveryFinding> DiscoverAsync(
        ConnectRequest request,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        if (request.Resource is { } resource)
        {
            var (named, issuer) = await ResourceOperation
                .RunAsync(resource, request.Issuer?.OriginalString, sender, reporter, stop)
                .ConfigureAwait(false);
            var chosen = Discovery.SafeUri(issuer) ?? throw ConnectErrors.UnsafeAuthorizationServer(resource.OriginalString, issuer);
            reporter.Verbose($"The authorization server of {resource.OriginalString} is {issuer}.");
            try
            {
                return await DiscoverAsync(
                        request with
                        {
                            Resource = null,
                            Issuer = chosen,
                            Discovery = DcrDiscovery.OAuth,
                        },
                        sender,
                        reporter,
                        stop
                    )
                    .ConfigureAwait(false) with
                {
                    Resource = named,
                };
            }
            catch (DcrException failure) when (failure.ErrorId == DcrErrorId.DiscoveryFailed)
            {
                throw ConnectErrors.ResourcesServerNotFound(resource.OriginalString, failure);
            }
        }

        var tried = new List<DiscoveryFinding>();
        if (request.Discovery == DcrDiscovery.Smart)
        {
            return await SmartAsync(request.Issuer!, tried, sender, reporter, stop).ConfigureAwait(false)
                ?? throw ConnectErrors.SmartDiscoveryFailed(request.Issuer!.OriginalString, Places(tried));
        }

        var asked = request.Issuer!.OriginalString;
        if (await FindAsync(asked, tried, sender, reporter, stop).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        if (
            tried.Select(static finding => finding.Server).FirstOrDefault(static server => server is not null) is { } server
            && Dialects.UsualEndpoint(request.Provider, new Uri(server.Issuer!)) is { } endpoint
        )
        {
            reporter.Warning(
                $"The server's metadata has no registration_endpoint, so dynamic registration is off there. {request.Provider} has it at "
                    + $"{endpoint}; Enable-Auth0Dcr switches it on."
            );
            return new(endpoint, "usual")
            {
                Issuer = server.Issuer,
                RegistrationEndpoint = endpoint,
                Server = server,
            };
        }

        if (tried.Any(static finding => finding.Server?.TakesClientDocuments == true))
        {
            throw ConnectErrors.DocumentsOnly(asked);
        }

        var stranger = tried.Select(finding => finding.OtherIssuer).FirstOrDefault(other => other is not null);
        throw tried.All(static finding => finding.InFront is not null) ? tried[0].InFront!
            : stranger is null ? tried.All(static finding => finding.IsOutage)
                ? ConnectErrors.DiscoveryUnavailable(asked, Places(tried))
                : ConnectErrors.DiscoveryFailed(
                    asked,
                    Places(tried),
                    tried.Select(static finding => finding.EndpointMeant).FirstOrDefault(static meant => meant is not null)
                )
            : ConnectErrors.IssuerMismatch(
                asked,
                stranger,
                Discovery.SafeUri(stranger) is { } other && (!other.IsLoopback || request.Issuer.IsLoopback),
                Places(tried)
            );
    }

    /// <summary>Asks at one place, and where that leads to on the same server.</summary>
    public static async Task<(Uri Place, ProtocolResponse Response)> AskAsync(
        Uri place,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        for (var redirects = 0; ; redirects++)
        {
            var request = Discovery.Request(place);
            var response = await sender.SendAsync(request, new NoCredential(), reporter, stop).ConfigureAwait(false);
            if (response.Status == 429)
            {
                // It says nothing of this place: the next one would be asked of the same server, and wait as long.
                throw Refusals.Judge(request, response, ServerErrorReader.Read(response));
            }

            if (redirects == MostRedirects || Discovery.Redirect(place, response) is not { } next)
            {
                return (place, response);
            }

            place = next;
        }
    }

    /// <summary>Many FHIR servers leave the registration endpoint to their issuer's own metadata.</summary>
    private static async Task<DiscoveryFinding?> SmartAsync(
        Uri fhirBase,
        List<DiscoveryFinding> tried,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        var (place, response) = await AskAsync(SmartDiscovery.Place(fhirBase), sender, reporter, stop).ConfigureAwait(false);
        var finding = SmartDiscovery.Judge(fhirBase, place, response);
        tried.Add(finding);
        switch (finding)
        {
            case { Issuer: not null, OtherIssuer: { } claimed }:
                reporter.Verbose(
                    $"The SMART configuration names the issuer {claimed}, which is not at the origin of the registration endpoint: "
                        + $"registrations are kept under {finding.Issuer}."
                );
                return finding;
            case { Issuer: null, OtherIssuer: { } issuer }:
                reporter.Verbose(
                    $"The SMART configuration has no registration_endpoint: the metadata of its issuer {issuer} is looked for."
                );
                return await FindAsync(issuer, tried, sender, reporter, stop).ConfigureAwait(false);
            default:
                return finding.Issuer is null ? null : finding;
        }
    }

    private static async Task<DiscoveryFinding?> FindAsync(
        string asked,
        List<DiscoveryFinding> tried,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        foreach (var candidate in Discovery.Candidates(new Uri(asked)))
        {
            var (place, response) = await AskAsync(candidate, sender, reporter, stop).ConfigureAwait(false);
            var finding = Discovery.Judge(asked, place, response);
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

        return null;
    }

    private static IEnumerable<string> Places(List<DiscoveryFinding> tried) => tried
        .GroupBy(static finding => finding.What)
        .Select(static same => $"{string.Join(", ", same.Select(static finding => finding.Candidate))} ({same.Key})");

    /// <summary>With a client certificate, endpoints may be elsewhere (RFC 8705, section 5).</summary>
    private static DialectContext ContextOf(ConnectRequest request, DiscoveryFinding found, HttpSender sender)
    {
        var alias = request.TlsCertificate is null ? null : found.Server!.MtlsAlias("registration_endpoint");
        var endpoint = Discovery.SafeUri(alias) ?? found.RegistrationEndpoint!;

        // Clients may be managed beside either of the two, for the server names both.
        return new(
            found.Issuer!,
            endpoint,
            found.Server!,
            request.Audience,
            [.. request.AllowedOrigins, found.RegistrationEndpoint!],
            sender
        )
        {
            UsesCertificate = request.TlsCertificate is not null,
            ManageBy = request.ManageBy,
            WantsApplicationType = found.Resource is not null,
        };
    }

    // The path belongs to it: Keycloak and others serve many issuers at one host.
    private static string NameOf(Uri url) => url.Authority + url.AbsolutePath.TrimEnd('/');

    /// <summary>People write a proxy as host:port, too, which a URL's parser takes for a scheme.</summary>
    private static Uri? ProxyOf(Uri? given)
    {
        if (given is null || (given.IsAbsoluteUri && given.Host.Length > 0 && HandlerFactory.ProxySchemes.Contains(given.Scheme)))
        {
            return given;
        }

        return HostAndPort.IsMatch(given.OriginalString) && UriText.Absolute("http://" + given.OriginalString) is { } proxy
            ? proxy
            : throw ConnectErrors.BadProxy();
    }

    private static void RequireSafe(string parameter, Uri? uri)
    {
        if (uri is not null && !SafeUrl.IsSafe(uri))
        {
            throw ConnectErrors.UrlRefused(parameter, uri);
        }
    }
}
