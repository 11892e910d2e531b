using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer;

/// <summary>The requests that a fault, or a rate limit, is for: one operation, or a group of them.</summary>
public enum FaultTarget
{
    /// <summary>All.</summary>
    Any = -1,

    /// <summary>Read, update and delete.</summary>
    Management = -2,

    /// <summary>Everything at Auth0's Management API, the clients included.</summary>
    ManagementApi = -3,

    /// <summary>Discovery documents.</summary>
    Discovery = (int)Operation.Discovery,

    /// <summary>The token endpoint.</summary>
    Token = (int)Operation.Token,

    /// <summary>A pushed authorization request.</summary>
    Push = (int)Operation.Push,

    /// <summary>POST at the registration endpoint.</summary>
    Register = (int)Operation.Register,

    /// <summary>GET of a client.</summary>
    Read = (int)Operation.Read,

    /// <summary>PUT (at Auth0 PATCH) of a client.</summary>
    Update = (int)Operation.Update,

    /// <summary>DELETE of a client.</summary>
    Delete = (int)Operation.Delete,

    /// <summary>GET of all clients, at Okta and Auth0.</summary>
    List = (int)Operation.List,

    /// <summary>UDAP: GET of a certificate revocation list.</summary>
    RevocationList = (int)Operation.RevocationList,

    /// <summary>Okta: POST of a client's lifecycle/newSecret.</summary>
    NewSecret = (int)Operation.NewSecret,

    /// <summary>Okta: GET of an application's secrets.</summary>
    ListSecrets = (int)Operation.ListSecrets,

    /// <summary>Okta: POST of a secret.</summary>
    CreateSecret = (int)Operation.CreateSecret,

    /// <summary>Okta: GET of one secret.</summary>
    ReadSecret = (int)Operation.ReadSecret,

    /// <summary>Okta: POST of a secret's lifecycle/activate.</summary>
    ActivateSecret = (int)Operation.ActivateSecret,

    /// <summary>Okta: POST of a secret's lifecycle/deactivate.</summary>
    DeactivateSecret = (int)Operation.DeactivateSecret,

    /// <summary>Okta: DELETE of a secret.</summary>
    DeleteSecret = (int)Operation.DeleteSecret,

    /// <summary>Okta: GET of an application's scope grants.</summary>
    ListGrants = (int)Operation.ListGrants,

    /// <summary>Okta: GET of a client's admin roles.</summary>
    ListRoles = (int)Operation.ListRoles,

    /// <summary>Auth0: POST of a client's rotate-secret.</summary>
    RotateSecret = (int)Operation.RotateSecret,

    /// <summary>Auth0: GET of a client's credentials.</summary>
    ListCredentials = (int)Operation.ListCredentials,

    /// <summary>Auth0: POST of a client's credential.</summary>
    CreateCredential = (int)Operation.CreateCredential,

    /// <summary>Auth0: DELETE of a client's credential.</summary>
    DeleteCredential = (int)Operation.DeleteCredential,

    /// <summary>Auth0: GET of the tenant's settings.</summary>
    ReadSettings = (int)Operation.ReadSettings,

    /// <summary>Auth0: PATCH of the tenant's settings.</summary>
    UpdateSettings = (int)Operation.UpdateSettings,

    /// <summary>Auth0: GET of all client grants.</summary>
    ListClientGrants = (int)Operation.ListClientGrants,

    /// <summary>Auth0: POST of a client grant.</summary>
    CreateClientGrant = (int)Operation.CreateClientGrant,

    /// <summary>Auth0: GET of one client grant.</summary>
    ReadClientGrant = (int)Operation.ReadClientGrant,

    /// <summary>Auth0: PATCH of a client grant.</summary>
    UpdateClientGrant = (int)Operation.UpdateClientGrant,

    /// <summary>Auth0: DELETE of a client grant.</summary>
    DeleteClientGrant = (int)Operation.DeleteClientGrant,

    /// <summary>Auth0: GET of all connections.</summary>
    ListConnections = (int)Operation.ListConnections,

    /// <summary>Auth0: GET of one connection.</summary>
    ReadConnection = (int)Operation.ReadConnection,

    /// <summary>Auth0: PATCH of a connection.</summary>
    UpdateConnection = (int)Operation.UpdateConnection,

    /// <summary>Auth0: GET of all access control lists.</summary>
    ListNetworkAcls = (int)Operation.ListNetworkAcls,

    /// <summary>Auth0: POST of an access control list.</summary>
    CreateNetworkAcl = (int)Operation.CreateNetworkAcl,

    /// <summary>Auth0: GET of one access control list.</summary>
    ReadNetworkAcl = (int)Operation.ReadNetworkAcl,

    /// <summary>Auth0: PATCH of an access control list.</summary>
    UpdateNetworkAcl = (int)Operation.UpdateNetworkAcl,

    /// <summary>Auth0: PUT of an access control list.</summary>
    ReplaceNetworkAcl = (int)Operation.ReplaceNetworkAcl,

    /// <summary>Auth0: DELETE of an access control list.</summary>
    DeleteNetworkAcl = (int)Operation.DeleteNetworkAcl,

    /// <summary>Auth0: GET of all APIs.</summary>
    ListResourceServers = (int)Operation.ListResourceServers,
}
