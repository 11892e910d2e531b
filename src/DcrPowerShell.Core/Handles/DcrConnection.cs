using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Credentials;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers;
using DcrPowerShell.Ledger;

namespace DcrPowerShell;

/// <summary>A server to register clients at, with what registrations are authorised by and where their secrets are kept.</summary>
public sealed class DcrConnection
{
    private readonly ICredential _credential;
    private readonly HttpSender _sender;

    // Capabilities that the server's answers showed to be missing.
    private volatile int _lacks;

    // Ticks: all workers of the connection read and write it.
    private long _vaultProvedAt;

    internal DcrConnection(
        string name,
        string issuer,
        Uri registrationEndpoint,
        ICredential credential,
        RegistrationLedger ledger,
        string? vault,
        string? vaultId,
        IDcrProvider service,
        HttpSender sender
    )
    {
        Name = name;
        Issuer = issuer;
        RegistrationEndpoint = registrationEndpoint;
        Vault = vault;
        VaultId = vaultId;
        Ledger = ledger;
        Service = service;
        _credential = credential;
        _sender = sender;
    }

    /// <summary>What <c>-Connection</c> knows it by.</summary>
    public string Name { get; }

    /// <summary>
    /// The issuer, as the server writes it (RFC 8414, section 2). Registrations are kept under it. Where discovery was skipped,
    /// the URL of the registration endpoint; where a SMART configuration names none, the FHIR base URL.
    /// </summary>
    public string Issuer { get; }

    /// <summary>Where clients are registered (RFC 7591, section 3).</summary>
    public Uri RegistrationEndpoint { get; }

    /// <summary>The dialect that is spoken.</summary>
    public string Provider => Service.Kind.ToString();

    /// <summary>What the connection can do, as far as the server's answers told.</summary>
    public DcrCapabilities Capabilities => Service.Capabilities & ~(DcrCapabilities)_lacks;

    /// <summary>
    /// What the connection proves itself with, by its parameter: None, InitialAccessToken, ApiToken, ManagementToken, Credential,
    /// ClientCredential, PrivateKey, TlsCertificate. Never the token itself.
    /// </summary>
    public string Credential => _credential.Kind;

    /// <summary>What proves that a client may be read, changed and deleted.</summary>
    public DcrManagement ManageBy => Service.ManageBy;

    /// <summary>The SecretManagement vault that keeps tokens and secrets; null for the local store.</summary>
    public string? Vault { get; }

    /// <summary>The folder of the local store, which keeps registrations itself, or until the vault has them.</summary>
    public string Store => Ledger.Path;

    /// <summary>The audit log; null where none can be written.</summary>
    public string? AuditPath => Audit?.Path;

    /// <summary>What the server demands of clients that register by UDAP, and who we are there; null at other servers.</summary>
    public DcrUdap? Udap { get; init; }

    internal IDcrProvider Service { get; }

    /// <summary>Where registration access tokens may go, beside the origin of the registration endpoint.</summary>
    internal IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    /// <summary>The protected resource that the server was found by (RFC 9728), as its metadata writes it; null where none was.</summary>
    public string? Resource { get; init; }

    /// <summary>
    /// Scopes that the resource offers, or else that the server says it supports (RFC 8414, section 2); none where neither says.
    /// </summary>
    public IReadOnlyList<string> ScopesSupported { get; init; } = [];

    /// <summary>Grant types that the server says it supports; none where it does not say.</summary>
    public IReadOnlyList<string> GrantTypesSupported => new ReadableList<string>(Server.GrantTypes);

    /// <summary>Response types that the server says it supports; none where it does not say.</summary>
    public IReadOnlyList<string> ResponseTypesSupported => new ReadableList<string>(Server.ResponseTypes);

    /// <summary>Ways for a client to prove who it is that the server says it supports; none where it does not say.</summary>
    public IReadOnlyList<string> TokenEndpointAuthMethodsSupported => new ReadableList<string>(Server.TokenEndpointAuthMethods);

    /// <summary>Algorithms for a client's JWTs that the server says it supports; none where it does not say.</summary>
    public IReadOnlyList<string> TokenEndpointAuthSigningAlgorithmsSupported =>
        new ReadableList<string>(Server.TokenEndpointAuthSigningAlgorithms);

    /// <summary>
    /// Whether the server says that it takes client ID metadata documents, where a client's id is the URL of its metadata.
    /// </summary>
    public bool TakesClientDocuments => Server.TakesClientDocuments;

    /// <summary>What the server says of itself; empty where that was not asked for.</summary>
    internal ServerMetadata Server { get; init; } = new(JsonBag.Empty);

    /// <summary>How the server gives tokens to clients; null where it is not asked anything.</summary>
    internal TokenRules? TokenRules { get; init; }

    /// <summary>Null where nothing is put on record.</summary>
    internal AuditLog? Audit { get; init; }

    internal HttpSender Sender => _sender;

    /// <inheritdoc cref="ICredential.IsTimed"/>
    internal bool IsTimed => _credential.IsTimed;

    /// <summary>Finds the server's endpoints again, as when the connection was made; null where they were given.</summary>
    internal Func<IReporter, CancellationToken, Task<DialectContext>>? Rediscover { get; init; }

    /// <summary>What was asked over this connection, and what came back.</summary>
    internal RegistrationLedger Ledger { get; }

    /// <summary>What the vault is known by, whatever its name; null for the local store.</summary>
    internal string? VaultId { get; }

    /// <summary>Where the ledger has what is kept over this connection.</summary>
    internal ulong Place => Ledger.Vaults.PlaceOf(VaultId);

    /// <summary>When the vault last gave back what was written to it.</summary>
    internal DateTimeOffset VaultProvedAt
    {
        get => new(Interlocked.Read(ref _vaultProvedAt), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _vaultProvedAt, value.UtcTicks);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>An answer showed that the server cannot do it.</summary>
    internal void Lacks(DcrCapabilities missing) => _lacks |= (int)missing;

    internal bool IsClosed { get; private set; }

    /// <summary>
    /// Closes the pooled HTTP connections and disposes the keys. Nothing can be sent over this connection any more, in any runspace.
    /// </summary>
    internal void Close()
    {
        IsClosed = true;
        _sender.Dispose();
        (_credential as IDisposable)?.Dispose();
        (Service as IDisposable)?.Dispose();
    }
}
