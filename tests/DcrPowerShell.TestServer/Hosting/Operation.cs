namespace DcrPowerShell.TestServer.Hosting;

/// <summary>What a request wants. The names, in camelCase, stand in recorded requests and are what a fault's <c>on</c> can name.</summary>
internal enum Operation
{
    NotFound,
    MethodNotAllowed,
    Discovery,
    Token,

    /// <summary>POST of a pushed authorization request.</summary>
    Push,

    /// <summary>POST at the registration endpoint.</summary>
    Register,

    /// <summary>GET of one client.</summary>
    Read,

    /// <summary>PUT, at Auth0 PATCH, of one client.</summary>
    Update,

    /// <summary>DELETE of one client.</summary>
    Delete,

    /// <summary>GET of all clients (Okta, Auth0).</summary>
    List,

    /// <summary>GET of a certificate revocation list (UDAP).</summary>
    RevocationList,

    // Okta from here on.
    NewSecret,
    ListSecrets,
    CreateSecret,
    ReadSecret,
    ActivateSecret,
    DeactivateSecret,
    DeleteSecret,
    ListGrants,
    ListRoles,

    // Auth0 from here on; the Management API's, and nothing but they (FaultTarget.ManagementApi counts on it).
    RotateSecret,
    ListCredentials,
    CreateCredential,
    DeleteCredential,
    PreviewDocument,
    RegisterDocument,
    ReadSettings,
    UpdateSettings,
    ListClientGrants,
    CreateClientGrant,
    ReadClientGrant,
    UpdateClientGrant,
    DeleteClientGrant,
    ListConnections,
    ReadConnection,
    UpdateConnection,
    ListNetworkAcls,
    CreateNetworkAcl,
    ReadNetworkAcl,
    UpdateNetworkAcl,
    ReplaceNetworkAcl,
    DeleteNetworkAcl,
    ListResourceServers,
}
