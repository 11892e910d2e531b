using System;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Audit;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using DcrPowerShell.Session;
using Runspace = System.Management.Automation.Runspaces.Runspace;

namespace DcrPowerShell.Commands;

/// <summary>Connects to an authorization server.</summary>
[Cmdlet(VerbsCommunications.Connect, "DcrServer", DefaultParameterSetName = IssuerSet,
    HelpUri = HelpPages.Address + "Connect-DcrServer.md")]
[OutputType(typeof(DcrConnection))]
public sealed class ConnectDcrServerCommand : DcrCmdlet
{
    private const string IssuerSet = "Issuer";
    private const string EndpointSet = "RegistrationEndpoint";
    private const string ResourceSet = "Resource";

    private bool _isConnected;

    /// <summary>The server's issuer, from which its registration endpoint is discovered (RFC 8414, section 3).</summary>
    /// <remarks>With <see cref="Resource"/>, the one to take of several authorization servers.</remarks>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IssuerSet)]
    [Parameter(ParameterSetName = ResourceSet)]
    [NoCompletion]
    [UrlTransformation]
    public Uri? Issuer { get; set; }

    /// <summary>
    /// How the registration endpoint is discovered. With Smart and Udap, <see cref="Issuer"/> is a FHIR base URL; with Resource, the URL of
    /// a protected resource.
    /// </summary>
    [Parameter(ParameterSetName = IssuerSet)]
    [Parameter(ParameterSetName = ResourceSet)]
    public DcrDiscovery Discovery { get; set; }

    /// <summary>The URL of a protected resource, such as an MCP server, whose authorization server is meant (RFC 9728).</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ResourceSet)]
    [NoCompletion]
    [UrlTransformation]
    public Uri? Resource { get; set; }

    /// <summary>The URL of the registration endpoint (RFC 7591, section 3); nothing is discovered then.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EndpointSet)]
    [NoCompletion]
    [UrlTransformation]
    public Uri RegistrationEndpoint { get; set; } = null!;

    /// <summary>The connection's name, for <c>-Connection</c>; by default the URL's host and path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? Name { get; set; }

    /// <summary>The token that the server wants for a registration (RFC 7591, section 1.2).</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? InitialAccessToken { get; set; }

    /// <summary>An Okta API token (Okta docs: sent as <c>Authorization: SSWS</c>).</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? ApiToken { get; set; }

    /// <summary>An access token for Auth0's Management API (Auth0 docs, management-api-access-tokens).</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? ManagementToken { get; set; }

    /// <summary>An administrator's user name and password, for servers that want HTTP Basic (RFC 7617).</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public PSCredential? Credential { get; set; }

    /// <summary>Id, as the user name, and secret of a client that gets access tokens for itself (RFC 6749, section 4.4).</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public PSCredential? ClientCredential { get; set; }

    /// <summary>Id of a client that gets access tokens for itself, with a private key or a TLS certificate.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? ClientId { get; set; }

    /// <summary>The client's private key (RFC 7523): PEM or a JWK, such as a vault's secret holds it.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? PrivateKey { get; set; }

    /// <summary>A file with the client's private key: PEM, PFX or JWK.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PrivateKeyPath { get; set; }

    /// <summary>The password of an encrypted private key.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? PrivateKeyPassword { get; set; }

    /// <summary>A certificate with the client's private key, for signing.</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>
    /// A file with the certificate of a UDAP client and those of its issuers: PEM, DER or PFX. Its private key may be in the file, in
    /// <see cref="PrivateKeyPath"/>, or in the local store.
    /// </summary>
    [Parameter(ParameterSetName = IssuerSet)]
    [ValidateNotNullOrEmpty]
    public string? CertificatePath { get; set; }

    /// <summary>The certificates that vouch for a UDAP server's own (its trust anchors), or files with them: PEM or DER.</summary>
    [Parameter(ParameterSetName = IssuerSet)]
    [ValidateNotNullOrEmpty]
    [CertificateTransformation]
    public X509Certificate2[] TrustAnchor { get; set; } = [];

    /// <summary>The trust community's URI (HL7 UDAP Security, section 2.4).</summary>
    [Parameter(ParameterSetName = IssuerSet)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? Community { get; set; }

    /// <summary>Which URI of the certificate's subject alternative name a UDAP client is known by, where there are several.</summary>
    [Parameter(ParameterSetName = IssuerSet)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? SubjectUri { get; set; }

    /// <summary>The <c>kid</c> that the server knows the key by; by default the JWK's own, or its thumbprint (RFC 7638).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? KeyId { get; set; }

    /// <summary>How to sign (RFC 7518, section 3.1); by default RS256, or the ES algorithm of the key's curve.</summary>
    [Parameter]
    [ValidateSet("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")]
    public string? Algorithm { get; set; }

    /// <summary>Scopes to ask for with every access token; by default what each operation needs.</summary>
    [Parameter]
    [SplitText]
    [NoCompletion]
    public string[]? Scope { get; set; }

    /// <summary>The identifier of the API that access tokens are for, where the server wants to be told.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? Audience { get; set; }

    /// <summary>When access tokens are bound to a key (RFC 9449).</summary>
    [Parameter]
    public DcrDPoP DPoP { get; set; }

    /// <summary>A client certificate for TLS, with its private key (RFC 8705).</summary>
    [Parameter]
    [ValidateNotNull]
    [NoCompletion]
    public X509Certificate2? TlsCertificate { get; set; }

    /// <summary>What proves that clients may be read, changed and deleted. At servers that keep to the standards only.</summary>
    [Parameter]
    public DcrManagement ManageBy { get; set; }

    /// <summary>The dialect; by default found from the server's metadata.</summary>
    [Parameter]
    public DcrProvider Provider { get; set; }

    /// <summary>
    /// The SecretManagement vault that keeps tokens and secrets; by default the one of <c>Set-DcrStore -DefaultVault</c>, else the local
    /// store.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VaultNameCompleter))]
    public string? Vault { get; set; }

    /// <summary>Keeps tokens and secrets in the local store, whatever the default is.</summary>
    [Parameter]
    public SwitchParameter LocalStore { get; set; }

    /// <summary>Asks nobody: what is known of the server's clients can be listed, but nothing can be sent.</summary>
    [Parameter(ParameterSetName = IssuerSet)]
    public SwitchParameter Offline { get; set; }

    /// <summary>
    /// How many requests to send in which time, such as 50/min. By default what the server says, or what is known of its kind.
    /// </summary>
    [Parameter]
    [NoCompletion]
    public DcrRateLimit? RateLimit { get; set; }

    /// <summary>Further origins where registration access tokens may go, such as https://manage.example.com.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public Uri[] AllowedOrigin { get; set; } = [];

    /// <summary>The file of the audit log; by default one in this account's local data.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditPath { get; set; }

    /// <summary>How long to wait for an answer, in seconds: 60 by default.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    [NoCompletion]
    public int TimeoutSec { get; set; } = 60;

    /// <summary>The HTTP proxy: http://host:port, or with user:password@; by default the system's.</summary>
    [Parameter]
    [NoCompletion]
    [UrlTransformation]
    public Uri? Proxy { get; set; }

    private protected override bool IsTerminating(DcrErrorId id) => true;

    /// <inheritdoc/>
    protected override object? Target => Redaction.Address(Resource ?? Issuer ?? RegistrationEndpoint);

    /// <summary>What comes after a failure, also after one of PowerShell's binding, must not go to the server before.</summary>
    private protected override void Release()
    {
        if (!_isConnected && Runspace.DefaultRunspace is not null)
        {
            RunspaceState.Current.ForgetDefault();
        }
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (LocalStore && Vault is not null)
        {
            throw ConnectParameterErrors.VaultAndLocal();
        }

        if (Resource is not null && MyInvocation.BoundParameters.ContainsKey(nameof(Discovery)) && Discovery != DcrDiscovery.Resource)
        {
            throw ConnectParameterErrors.ResourceAndDiscovery(Discovery.ToString());
        }

        CheckUdap();

        // Alone, the first position is the resource; beside it, -Issuer chooses.
        var resource = Resource ?? (Discovery == DcrDiscovery.Resource ? Issuer : null);
        var issuer = Resource is null && Discovery == DcrDiscovery.Resource ? null : Issuer;
        var vault = ProcessState.Vaults.Registry.Choose(LocalStore ? null : Vault ?? ProcessState.Stores.Current.Settings.DefaultVault);
        var request = new ConnectRequest
        {
            Issuer = issuer,
            Discovery = Discovery,
            Resource = resource,
            RegistrationEndpoint = RegistrationEndpoint,
            Name = Name,
            Provider = Provider,
            Credential = IsUdap ? null : Proof(),
            ManageBy = ManageBy,
            ClientKey = ManageBy == DcrManagement.ClientToken && ClientId is null ? Key() : null,
            Scope = Scope is null ? null : string.Join(" ", Scope),
            Audience = Audience,
            DPoP = DPoP,
            TlsCertificate = TlsCertificate,
            RateLimit = RateLimit,
            AllowedOrigins = AllowedOrigin,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            Proxy = Proxy,
        };
        var auditPath = AuditPath is null ? null : FilePath.Of(this, AuditPath, nameof(AuditPath), DcrErrorId.AuditWriteFailed);
        var ledger = Ledger(mayBeInMemory: vault is not null);
        if (IsUdap && !Offline)
        {
            request = request with { Udap = UdapInput(ledger) };
        }

        if (!Offline)
        {
            // Before the audit log, which is in the same folder, is looked for.
            ledger.RequireWritable();
        }

        var connection = Offline
            ? ConnectOperation.Offline(request, ledger, vault, SubjectUri, Community)
            : Run(
                async (pump, stop) =>
                {
                    var (id, key) = await ledger.Secrets.AuditKeyAsync().ConfigureAwait(false);
                    var audit = AuditFile.LogAt(auditPath, new AuditKey(id, key), pump);
                    return await ConnectOperation
                        .RunAsync(request, ledger, vault is null ? null : VaultOf(vault), pump, new SystemClock(), stop, audit: audit)
                        .ConfigureAwait(false);
                }
            );
        RunspaceState.Current.Add(connection);
        _isConnected = true;
        WriteObject(connection);
    }

    private bool IsUdap => Discovery == DcrDiscovery.Udap;

    /// <exception cref="DcrException">
    /// InvalidCertificate: what goes with UDAP alone is there without it, or the other way round.
    /// </exception>
    private void CheckUdap()
    {
        string[] ofUdap =
        [
            nameof(CertificatePath),
            nameof(TrustAnchor),
            .. Offline ? [] : new[] { nameof(Community), nameof(SubjectUri) },
        ];
        string[] ofOthers =
        [
            nameof(InitialAccessToken),
            nameof(ApiToken),
            nameof(ManagementToken),
            nameof(Credential),
            nameof(ClientCredential),
            nameof(ClientId),
            nameof(ManageBy),
            nameof(Scope),
            nameof(Audience),
            nameof(KeyId),
        ];
        if ((IsUdap ? ofOthers : ofUdap).FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } stray)
        {
            throw ConnectParameterErrors.NotWithUdap(stray, IsUdap);
        }

        if (!IsUdap && Provider == DcrProvider.Udap)
        {
            throw ProviderErrors.ProviderWithoutUdap();
        }

        if (IsUdap && Provider is not (DcrProvider.Auto or DcrProvider.Udap))
        {
            throw ConnectParameterErrors.NotWithUdap(nameof(Provider), IsUdap);
        }
    }

    /// <exception cref="DcrException">InvalidCertificate, InvalidPrivateKey.</exception>
    private UdapRequest UdapInput(RegistrationLedger ledger)
    {
        if (TrustAnchor.Length == 0)
        {
            throw ConnectParameterErrors.NoTrustAnchor();
        }

        var input = new CertificateInput
        {
            KeyText = PrivateKey,
            KeyPath = FilePath.OfKey(this, PrivateKeyPath, nameof(PrivateKeyPath)),
            Certificate = Certificate,
            CertificatePath =
                CertificatePath is null ? null : FilePath.Of(this, CertificatePath, nameof(CertificatePath), DcrErrorId.InvalidCertificate),
            Password = PrivateKeyPassword,
            Algorithm = Algorithm,
        };
        return new UdapRequest(
            input.Read(TrustAnchor, new HeldKeys(ledger).Read) ?? throw ConnectErrors.NoCertificateForUdap(),
            SubjectUri,
            Community,
            TrustAnchor
        );
    }

    /// <summary>The one credential that was given; null for none.</summary>
    private CredentialInput? Proof()
    {
        string[] credentials =
        [
            nameof(InitialAccessToken),
            nameof(ApiToken),
            nameof(ManagementToken),
            nameof(Credential),
            nameof(ClientCredential),
            nameof(ClientId),
        ];
        var given = credentials.Where(MyInvocation.BoundParameters.ContainsKey).ToList();
        if (given.Count > 1)
        {
            throw ConnectParameterErrors.SeveralCredentials(given);
        }

        return given.FirstOrDefault() switch
        {
            nameof(InitialAccessToken) => new CredentialInput.Token(StaticToken.Initial(SecureText.Reveal(InitialAccessToken!))),
            nameof(ApiToken) => new CredentialInput.Token(StaticToken.Ssws(SecureText.Reveal(ApiToken!))),
            nameof(ManagementToken) => new CredentialInput.Token(StaticToken.Management(SecureText.Reveal(ManagementToken!))),
            nameof(Credential) => new CredentialInput.Basic(
                new BasicCredential(Credential!.UserName, SecureText.Reveal(Credential.Password))
            ),
            nameof(ClientCredential) => new CredentialInput.Secret(
                ClientCredential!.UserName,
                SecureText.Reveal(ClientCredential.Password)
            ),
            nameof(ClientId) => ClientProof(ClientId!),
            _ => ManageBy == DcrManagement.ClientToken || (PrivateKey is null && PrivateKeyPath is null && Certificate is null)
                ? null
                : throw ConnectParameterErrors.KeyWithoutClient(),
        };
    }

    /// <summary>The private key that was given; null for none.</summary>
    private SigningKey? Key()
    {
        var path = FilePath.OfKey(this, PrivateKeyPath, nameof(PrivateKeyPath));
        return new PrivateKeyInput(PrivateKeyPassword, Algorithm, KeyId).From(PrivateKey, path, Certificate);
    }

    private CredentialInput ClientProof(string clientId)
    {
        var key = Key();
        return key is not null ? new CredentialInput.Key(clientId, key)
            : TlsCertificate is not null ? new CredentialInput.Certificate(clientId)
            : throw ConnectParameterErrors.ClientWithoutProof();
    }
}
