using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Credentials;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers;

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

    /// <summary>The name that <c>-Connection</c> takes.</summary>
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

    /// <summary>
    /// What the connection can do, as far as is known: its dialect's abilities, without what the server's answers showed to be missing.
    /// </summary>
    public DcrCapabilities Capabilities => Service.Capabilities & ~(DcrCapabilities)_lacks;

    /// <summary>
    /// What the connection proves itself with, by the parameter's name: None, InitialAccessToken, ApiToken, ManagementToken, Credential,
    /// ClientCredential, PrivateKey, Certificate, TlsCertificate. Never the token itself.
    /// </summary>
    public string Credential => _credential.Kind;

    /// <summary>What proves that a client may be read, changed and deleted.</summary>
    public DcrManagement ManageBy => Service.ManageBy;

    /// <summary>The name of the SecretManagement vault that keeps tokens and secrets; null for the local store.</summary>
    public string? Vault { get; }

    /// <summary>The full path of the local store's folder. The store keeps registrations itself, or until the vault has them.</summary>
    public string Store => Ledger.Path;

    /// <summary>The full path of the audit log; null where none can be written.</summary>
    public string? AuditPath => Audit?.Path;

    /// <summary>What the server demands of clients that register by UDAP, and who we are there; null at other servers.</summary>
    public DcrUdap? Udap { get; init; }

    internal IDcrProvider Service { get; }

    /// <summary>Where registration access tokens may go, beside the origin of the registration endpoint.</summary>
    internal IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// The protected resource that the server was found by (RFC 9728), as its metadata writes it; null where none was named.
    /// </summary>
    public string? Resource { get; init; }

    /// <summary>
    /// Scopes that the resource offers (RFC 9728, section 2), or else that the server says it supports (RFC 8414, section 2); empty where
    /// neither says.
    /// </summary>
    public IReadOnlyList<string> ScopesSupported { get; init; } = [];

    /// <summary>
    /// Grant types that the server says it supports (<c>grant_types_supported</c>, RFC 8414, section 2); empty where it does not say.
    /// </summary>
    public IReadOnlyList<string> GrantTypesSupported => new ReadableList<string>(Server.GrantTypes);

    /// <summary>
    /// Response types that the server says it supports (<c>response_types_supported</c>, RFC 8414, section 2); empty where it does not say.
    /// </summary>
    public IReadOnlyList<string> ResponseTypesSupported => new ReadableList<string>(Server.ResponseTypes);

    /// <summary>
    /// How a client may prove who it is, as the server says (<c>token_endpoint_auth_methods_supported</c>, RFC 8414, section 2); empty
    /// where it does not say.
    /// </summary>
    public IReadOnlyList<string> TokenEndpointAuthMethodsSupported => new ReadableList<string>(Server.TokenEndpointAuthMethods);

    /// <summary>
    /// Algorithms for a client's JWTs, as the server says (<c>token_endpoint_auth_signing_alg_values_supported</c>, RFC 8414, section 2);
    /// empty where it does not say.
    /// </summary>
    public IReadOnlyList<string> TokenEndpointAuthSigningAlgorithmsSupported =>
        new ReadableList<string>(Server.TokenEndpointAuthSigningAlgorithms);

    /// <summary>
    /// Whether the server says that it takes client ID metadata documents, where a client's id is the URL of its metadata
    /// (<c>client_id_metadata_document_supported</c>, draft-ietf-oauth-client-id-metadata-document).
    /// </summary>
    public bool TakesClientDocuments => Server.TakesClientDocuments;

    /// <summary>What the server says of itself; empty where that was not asked for.</summary>
    internal ServerMetadata Server { get; init; } = new(JsonBag.Empty);

    /// <summary>How the server gives tokens to clients; null where it is not asked anything.</summary>
    internal TokenRules? TokenRules { get; init; }

    /// <summary>Null where there is no audit log.</summary>
    internal AuditLog? Audit { get; init; }

    internal HttpSender Sender => _sender;

    /// <inheritdoc cref="ICredential.IsTimed"/>
    internal bool IsTimed => _credential.IsTimed;

    /// <summary>
    /// Finds the server's endpoints again, as when the connection was made; null where the registration endpoint was given.
    /// </summary>
    internal Func<IReporter, CancellationToken, Task<DialectContext>>? Rediscover { get; init; }

    /// <summary>The ledger, which remembers what was asked and what came back.</summary>
    internal RegistrationLedger Ledger { get; }

    /// <summary>The id in the vault, by which it is known whatever its name; null for the local store.</summary>
    internal string? VaultId { get; }

    /// <summary>The ledger's number for the place where this connection keeps registrations; 0 for the local store.</summary>
    internal ulong Place => Ledger.Vaults.PlaceOf(VaultId);

    /// <summary>When the vault last gave back what was written to it.</summary>
    internal DateTimeOffset VaultProvedAt
    {
        get => new(Interlocked.Read(ref _vaultProvedAt), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _vaultProvedAt, value.UtcTicks);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Notes that the server's answer showed these capabilities to be missing.</summary>
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
