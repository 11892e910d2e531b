using System;
using System.Linq;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Providers.Udap;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Opens the store, finds the server, and makes a connection to it. Sends no registration.</summary>
internal static class ConnectOperation
{
    private const int EnoughToLearn = 20;

    // RFC 6749, section 3.3.
    private static readonly Regex ScopeToken = new(@"^[\x21\x23-\x5B\x5D-\x7E]+\z", RegexOptions.CultureInvariant);

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
        request = request.Checked(reporter);
        var identity = request.Udap is { } udap ? UdapOperation.IdentityOf(udap, clock) : null;
        var scope = new AuditScope(audit, new DcrAuditRecord { Server = request.Address.OriginalString }, reporter, clock);
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
                request.Name ?? NameOf(request.Address),
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
                ? DiscoveryOperation.RunAsync(request, sender, telling, until)
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

    /// <summary>With a client certificate, endpoints may be elsewhere (RFC 8705, section 5).</summary>
    private static DialectContext ContextOf(ConnectRequest request, DiscoveryFinding found, HttpSender sender)
    {
        var alias = request.TlsCertificate is null ? null : found.Server!.MtlsAlias("registration_endpoint");
        var endpoint = Discovery.SafeUri(alias) ?? found.RegistrationEndpoint!;

        // The server names both, so clients may be managed at the origin of either.
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
}
