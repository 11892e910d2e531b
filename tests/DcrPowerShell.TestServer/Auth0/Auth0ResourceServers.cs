using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>APIs (docs, api/management/v2/resource-servers), to be listed only.</summary>
internal static class Auth0ResourceServers
{
    /// <summary>An API as in recordings, TestAccClientGrant_DefaultFor.</summary>
    public static JsonObject OfNewTenant() => new()
    {
        ["id"] = null,
        ["name"] = "Example API",
        ["identifier"] = "https://api.example.com",
        ["allow_offline_access"] = false,
        ["skip_consent_for_verifiable_first_party_clients"] = false,
        ["subject_type_authorization"] = new JsonObject
        {
            ["client"] = new JsonObject { ["policy"] = "require_client_grant" },
            ["user"] = new JsonObject { ["policy"] = "allow_all" },
        },
        ["token_lifetime"] = 86400,
        ["token_lifetime_for_web"] = 7200,
        ["signing_alg"] = "RS256",
        ["scopes"] = new JsonArray(Scope("read:items"), Scope("write:items")),
    };

    public static Answer List(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        string? identifier = request.Query.GetValueOrDefault("identifiers");
        return Auth0Paging.Answer(
            request,
            state.Tenant.ResourceServers.Where(api => identifier is null || identifier.Split(',').Contains(api["identifier"].Text())),
            "resource_servers");
    }

    private static JsonObject Scope(string name) => new() { ["value"] = name, ["description"] = name };
}
