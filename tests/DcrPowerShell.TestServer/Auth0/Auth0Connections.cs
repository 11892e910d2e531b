using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Connections, which third-party applications can use once they are of the domain (docs, promote-connections-to-domain-level).
/// </summary>
internal static class Auth0Connections
{
    /// <summary>types: UpdateConnectionContent; name and strategy stay.</summary>
    private static readonly string[] Patchable =
    [
        "display_name", "options", "enabled_clients", "is_domain_connection", "show_as_button", "realms", "metadata", "authentication",
        "connected_accounts", "cross_app_access_requesting_app", "cross_app_access_resource_app",
    ];

    /// <summary>The database connection that every tenant begins with, as in recordings, TestAccDataSourceConnection.</summary>
    public static JsonObject OfNewTenant() => new()
    {
        ["id"] = null,
        ["options"] = new JsonObject { ["passwordPolicy"] = "good", ["brute_force_protection"] = true },
        ["strategy"] = "auth0",
        ["name"] = "Username-Password-Authentication",
        ["is_domain_connection"] = false,
        ["authentication"] = new JsonObject { ["active"] = true },
        ["connected_accounts"] = new JsonObject { ["active"] = false },
        ["enabled_clients"] = new JsonArray(),
        ["realms"] = new JsonArray("Username-Password-Authentication"),
    };

    public static Answer List(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        string? name = request.Query.GetValueOrDefault("name");
        string? strategy = request.Query.GetValueOrDefault("strategy");
        return Auth0Paging.Answer(
            request,
            state.Tenant.Connections
                .Where(connection => name is null || connection["name"].Text() == name)
                .Where(connection => strategy is null || connection["strategy"].Text() == strategy),
            "connections");
    }

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        return Answer.Json(200, Auth0Paging.Select(request, Find(state, request)).DeepClone());
    }

    /// <summary>Merged, but for <c>options</c>, which is replaced as a whole.</summary>
    public static Answer Update(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject connection = Find(state, request);
        JsonObject patch = Auth0Payload.Read(request, Patchable);
        if (patch["is_domain_connection"]?.GetValueKind() is not (null or JsonValueKind.True or JsonValueKind.False))
        {
            throw Auth0Errors.Payload("Expected type boolean", "is_domain_connection");
        }

        Auth0Payload.Merge(connection, patch);
        return Answer.Json(200, connection.DeepClone());
    }

    private static JsonObject Find(ServerState state, IncomingRequest request) =>
        state.Tenant.Connections.FirstOrDefault(connection => connection["id"].Text() == request.Route.ResourceId)
        ?? throw Auth0Errors.NotFound("The connection does not exist", "inexistent_connection");
}
