using System.Collections.Generic;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>The scopes that open an operation, any one of them (docs, api/management/v2, the Scopes of each page).</summary>
internal static class Auth0Scopes
{
    /// <summary>All that this server knows.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "read:clients",
        "create:clients",
        "update:clients",
        "delete:clients",
        "read:client_keys",
        "update:client_keys",
        "read:client_credentials",
        "create:client_credentials",
        "update:client_credentials",
        "delete:client_credentials",
        "read:tenant_settings",
        "update:tenant_settings",
        "read:client_grants",
        "create:client_grants",
        "update:client_grants",
        "delete:client_grants",
        "read:connections",
        "update:connections",
        "read:network_acls",
        "create:network_acls",
        "update:network_acls",
        "delete:network_acls",
        "read:resource_servers",
    ];

    public static string[] For(Operation operation) =>
        operation switch
        {
            Operation.List or Operation.Read => ["read:clients", "read:client_keys", "read:client_credentials", "read:client_summary"],
            Operation.Update =>
            [
                "update:clients",
                "update:client_keys",
                "update:client_credentials",
                "update:client_token_vault_privileged_access",
            ],
            Operation.Delete => ["delete:clients"],
            Operation.RotateSecret => ["update:client_keys"],
            Operation.ListCredentials => ["read:client_credentials"],
            Operation.CreateCredential => ["create:client_credentials"],
            Operation.DeleteCredential => ["delete:client_credentials"],
            Operation.PreviewDocument => ["read:clients"],
            Operation.RegisterDocument => ["create:clients", "update:clients"],
            Operation.ReadSettings => ["read:tenant_settings"],
            Operation.UpdateSettings => ["update:tenant_settings"],
            Operation.ListClientGrants or Operation.ReadClientGrant => ["read:client_grants"],
            Operation.CreateClientGrant => ["create:client_grants"],
            Operation.UpdateClientGrant => ["update:client_grants"],
            Operation.DeleteClientGrant => ["delete:client_grants"],
            Operation.ListConnections or Operation.ReadConnection => ["read:connections"],
            Operation.UpdateConnection => ["update:connections"],
            Operation.ListNetworkAcls or Operation.ReadNetworkAcl => ["read:network_acls"],
            Operation.CreateNetworkAcl => ["create:network_acls"],
            Operation.UpdateNetworkAcl or Operation.ReplaceNetworkAcl => ["update:network_acls"],
            Operation.DeleteNetworkAcl => ["delete:network_acls"],
            _ => ["read:resource_servers"],
        };
}
