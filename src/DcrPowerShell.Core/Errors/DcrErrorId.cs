namespace DcrPowerShell.Errors;

/// <summary>Stable ids of everything that can go wrong. Scripts may rely on them: an id is never renamed.</summary>
public enum DcrErrorId
{
    /// <summary>A redirection URI is not acceptable (RFC 7591, section 3.2.2).</summary>
    InvalidRedirectUri,

    /// <summary>A member of the client metadata is not acceptable (RFC 7591, section 3.2.2).</summary>
    InvalidClientMetadata,

    /// <summary>The software statement is invalid (RFC 7591, section 3.2.2).</summary>
    InvalidSoftwareStatement,

    /// <summary>The server does not approve the software statement (RFC 7591, section 3.2.2).</summary>
    UnapprovedSoftwareStatement,

    /// <summary>HTTP 401: the token is missing, wrong, expired, or replaced.</summary>
    AccessTokenRejected,

    /// <summary>The credential may not do this at all.</summary>
    UnauthorizedClient,

    /// <summary>The token lacks a scope (RFC 6750, section 3.1).</summary>
    InsufficientScope,

    /// <summary>HTTP 403 for another reason, such as a policy of the server.</summary>
    RegistrationForbidden,

    /// <summary>The client is unknown: here, or at the server.</summary>
    ClientNotFound,

    /// <summary>A tenant has several clients, and the command is for one.</summary>
    TenantNotUnique,

    /// <summary>A command that asks before it acts found nobody who could answer.</summary>
    ConfirmationNotPossible,

    /// <summary>HTTP 429 for longer than we wait.</summary>
    RateLimited,

    /// <summary>HTTP 5xx to a request that changed nothing.</summary>
    ServerUnavailable,

    /// <summary>No connection: name resolution, network, or proxy.</summary>
    ConnectionFailed,

    /// <summary>The server's certificate is not trusted, or TLS failed.</summary>
    TlsFailed,

    /// <summary>No answer in time to a request that can be repeated.</summary>
    RequestTimedOut,

    /// <summary>The server's answer breaks the protocol.</summary>
    ResponseNotConformant,

    /// <summary>A registration or change was sent and its fate is unknown.</summary>
    OutcomeUnknown,

    /// <summary>A change was made, and the registration access token that came with its answer never arrived.</summary>
    TokenLost,

    /// <summary>The local store is locked: its passphrase was not given in this process, or the vault with its key is locked.</summary>
    StoreLocked,

    /// <summary>The key of the local store is not there.</summary>
    StoreKeyMissing,

    /// <summary>The local store, or a registration in it, cannot be read.</summary>
    StoreDamaged,

    /// <summary>The local store cannot be written.</summary>
    StoreReadOnly,

    /// <summary>The audit log cannot be written.</summary>
    AuditWriteFailed,

    /// <summary>The audit log is not there, or cannot be read.</summary>
    AuditReadFailed,

    /// <summary>A file of clients cannot be written.</summary>
    InventoryWriteFailed,

    /// <summary>A file of clients cannot be read, or has none.</summary>
    InventoryReadFailed,

    /// <summary>The vault is locked.</summary>
    VaultLocked,

    /// <summary>No such vault, or none registered.</summary>
    VaultNotFound,

    /// <summary>The vault did not keep what was written.</summary>
    VaultWriteFailed,

    /// <summary>A secret or file of that name is there already, and would be lost.</summary>
    SecretExists,

    /// <summary>The vault did not give back what it holds.</summary>
    VaultReadFailed,

    /// <summary>The module Microsoft.PowerShell.SecretManagement is missing.</summary>
    SecretManagementNotFound,

    /// <summary>The server cannot do it.</summary>
    OperationNotSupported,

    /// <summary>
    /// A second client secret cannot be added, or the old one cannot be deleted, because of the secrets that the client has.
    /// </summary>
    OverlapRefused,

    /// <summary>As many failures as -MaxFailures allows.</summary>
    TooManyFailures,

    /// <summary>There is no connection to a server.</summary>
    NotConnected,

    /// <summary>Discovery found no usable server metadata.</summary>
    DiscoveryFailed,

    /// <summary>The server metadata names another issuer (RFC 8414, section 3.3).</summary>
    IssuerMismatch,

    /// <summary>A private key cannot be read, or not be used as asked.</summary>
    InvalidPrivateKey,

    /// <summary>A token would go somewhere it was not issued for.</summary>
    RegistrationUriRefused,

    /// <summary>A setting cannot be as it was asked for: of the server, the connection or the store.</summary>
    InvalidSetup,

    /// <summary>The server has another rule about where registrations may come from.</summary>
    NetworkRuleExists,

    /// <summary>The server has a client for the software statement already, and allows one.</summary>
    AlreadyRegistered,

    /// <summary>A change was made, and the server does not have it: another one came after it.</summary>
    ChangeNotKept,

    /// <summary>A client was to be registered again, and the server still has it.</summary>
    ClientNotGone,

    /// <summary>More clients are extra than -MaxPrune lets a run remove.</summary>
    TooManyExtra,

    /// <summary>More clients are gone from the server than -MaxRepair lets a run repair.</summary>
    TooManyGone,

    /// <summary>What vouches for the server's metadata is not valid, or not trusted (HL7 UDAP Security, section 2.3).</summary>
    UntrustedMetadata,

    /// <summary>A certificate cannot be read, or not be used as asked.</summary>
    InvalidCertificate,
}
