using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// What a service app may do, to be read only: the scopes granted to it (management: listScopeConsentGrants) and its admin roles
/// (listRolesForClient).
/// Besides the registered clients there is the one of <see cref="Switches.TokenClient"/>.
/// </summary>
internal static class OktaPermissions
{
    /// <summary>
    /// As in management's example ListAppGrantsEx. A token client without a list of scopes shows none, a registered one neither.
    /// </summary>
    public static Answer Grants(ServerState state, IncomingRequest request)
    {
        string id = Open(state, request, "AppInstance");
        TokenClient? client = state.Switches.TokenClient;
        IReadOnlyList<string> scopes = client?.ClientId == id ? client.Scopes ?? [] : [];
        return Answer.Json(200, new JsonArray([.. scopes.Select(scope => Grant(state, id, scope))]));
    }

    /// <summary>As in management's example StandardRolesListResponseClient.</summary>
    public static Answer Roles(ServerState state, IncomingRequest request)
    {
        string id = Open(state, request, "PublicClientApp");
        string time = OktaSecret.Time(state.Now);
        return Answer.Json(200, new JsonArray([.. state.Switches.Okta.Roles.Select(role => new JsonObject
        {
            ["id"] = RandomText.Make(24),
            ["label"] = role,
            ["type"] = role,
            ["status"] = "ACTIVE",
            ["created"] = time,
            ["lastUpdated"] = time,
            ["assignmentType"] = "CLIENT",
            ["_links"] = new JsonObject { ["assignee"] = new JsonObject { ["href"] = state.Dialect.ClientUri(state, id) + "/roles" } },
        })]));
    }

    private static JsonObject Grant(ServerState state, string id, string scope)
    {
        string time = OktaSecret.Time(state.Now);
        return new JsonObject
        {
            ["id"] = "oag" + RandomText.Make(17),
            ["status"] = "ACTIVE",
            ["created"] = time,
            ["createdBy"] = new JsonObject { ["id"] = "00u" + RandomText.Make(17), ["type"] = "User" },
            ["lastUpdated"] = time,
            ["issuer"] = state.Origin,
            ["clientId"] = id,
            ["scopeId"] = scope,
            ["source"] = "ADMIN",
            ["_embedded"] = new JsonObject { ["scope"] = new JsonObject { ["id"] = scope } },
            ["_links"] = new JsonObject
            {
                ["app"] = new JsonObject { ["href"] = $"{state.Origin}/api/v1/apps/{Uri.EscapeDataString(id)}" },
                ["client"] = new JsonObject { ["href"] = state.Dialect.ClientUri(state, id) },
            },
        };
    }

    private static string Open(ServerState state, IncomingRequest request, string kind)
    {
        OktaAccess.Require(state, request);
        string id = request.Route.ClientId!;
        return state.Switches.TokenClient?.ClientId == id || state.Clients.Find(id) is not null ? id : throw OktaErrors.NotFound(id, kind);
    }
}
