using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// What a tenant holds. Its applications are the server's clients: their metadata are the members of the Management API, identifier and
/// secret apart.
/// </summary>
internal sealed class Auth0Tenant
{
    /// <summary>The name of the setting that only older tenants have.</summary>
    public const string SecurityMode = "dynamic_client_registration_security_mode";

    private readonly ServerState _state;
    private readonly List<JsonObject> _resourceServers = [];

    public Auth0Tenant(ServerState state)
    {
        _state = state;
        StartedAt = state.Now;
        StartAnew();
    }

    public DateTimeOffset StartedAt { get; }

    public JsonObject Settings { get; private set; } = [];

    public List<JsonObject> Connections { get; } = [];

    public List<JsonObject> ClientGrants { get; } = [];

    public List<JsonObject> NetworkAcls { get; } = [];

    /// <summary>The applications' public keys, each with <c>client_id</c> and <c>thumbprint</c>, which Auth0 doesn't show.</summary>
    public List<JsonObject> Credentials { get; } = [];

    /// <summary>The APIs; the Management API, whose identifier has the server's address in it, comes first.</summary>
    public IReadOnlyList<JsonObject> ResourceServers =>
    [
        new JsonObject
        {
            ["id"] = "000000000000000000000000",
            ["name"] = "Auth0 Management API",
            ["identifier"] = Auth0Access.Audience(_state),
            ["is_system"] = true,
            ["scopes"] = new JsonArray([.. Auth0Scopes.All.Select(scope => new JsonObject { ["value"] = scope, ["description"] = scope })]),
        },
        .. _resourceServers,
    ];

    public bool IsRegistrationOn => (Settings["flags"] as JsonObject)?["enable_dynamic_client_registration"].IsTrue() == true;

    /// <summary>
    /// Whether the applications that register get the security controls; a tenant without the choice has them (docs, permissive-mode).
    /// </summary>
    public bool IsStrict => Settings[SecurityMode].Text() != "permissive";

    /// <summary>Takes the state that the switches say a tenant has at first.</summary>
    public void StartAnew()
    {
        if (_state.Switches.Dialect != Dialect.Auth0)
        {
            return;
        }

        Auth0InitialTenant initial = _state.Switches.Auth0.Tenant;
        Settings = Auth0Settings.OfNewTenant();
        Auth0Payload.Merge(Settings, initial.Settings ?? [], "flags");
        Fill(Connections, initial.Connections ?? [Auth0Connections.OfNewTenant()], "con_", 16);
        Fill(ClientGrants, initial.ClientGrants, "cgr_", 16);
        Fill(NetworkAcls, initial.NetworkAcls, "acl_", 22);
        Fill(_resourceServers, initial.ResourceServers ?? [Auth0ResourceServers.OfNewTenant()], "", 24);
        _state.Clients.Clear();
        Credentials.Clear();
        foreach (JsonObject client in initial.Clients)
        {
            Auth0Clients.Seed(_state, client);
        }
    }

    /// <summary>What there is now, for the control API.</summary>
    public JsonObject Describe() => new()
    {
        ["managementToken"] = Auth0Access.StaticToken(_state),
        ["settings"] = Settings.DeepClone(),
        ["applications"] = new JsonArray([.. _state.Clients.All.Select(client => Auth0Clients.Body(client, showsSecret: true))]),
        ["credentials"] = Copy(Credentials),
        ["clientGrants"] = Copy(ClientGrants),
        ["connections"] = Copy(Connections),
        ["networkAcls"] = Copy(NetworkAcls),
        ["resourceServers"] = Copy(ResourceServers),
    };

    private static void Fill(List<JsonObject> list, IEnumerable<JsonObject> items, string prefix, int length)
    {
        list.Clear();
        foreach (JsonObject item in items)
        {
            JsonObject copy = item.DeepClone().AsObject();
            copy["id"] ??= prefix + RandomText.Make(length);
            list.Add(copy);
        }
    }

    private static JsonArray Copy(IEnumerable<JsonObject> items) => [.. items.Select(item => item.DeepClone())];
}
