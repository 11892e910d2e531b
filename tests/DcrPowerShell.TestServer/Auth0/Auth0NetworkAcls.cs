using System;
using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Tenant access control lists (docs, secure/tenant-access-control-list; recordings, TestAccNetworkACL). They are kept, not enforced.
/// </summary>
internal static class Auth0NetworkAcls
{
    private const int IdLength = 22;

    private static readonly string[] Members = ["description", "active", "priority", "rule"];

    public static Answer List(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        return Auth0Paging.Answer(request, state.Tenant.NetworkAcls, "network_acls");
    }

    /// <summary>With two members more than the other answers have (recordings).</summary>
    public static Answer Read(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject body = new() { ["tenant_id"] = "test-tenant" };
        Auth0Payload.Merge(body, Find(state, request));
        body["deleted_at"] = null;
        return Answer.Json(200, body);
    }

    public static Answer Create(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject body = Whole(request);
        if (state.Tenant.NetworkAcls.Count >= state.Switches.Auth0.NetworkAclLimit)
        {
            throw Auth0Errors.NotEntitled(
                state.Switches.Auth0.NetworkAclLimit == 0 ? "Tenant Access Control List" : "more Tenant Access Control Lists"
            );
        }

        JsonObject acl = body.DeepClone().AsObject();
        acl["created_at"] = Time(state);
        acl["updated_at"] = Time(state);
        acl["id"] = "acl_" + RandomText.Make(IdLength);
        state.Tenant.NetworkAcls.Add(acl);
        return Answer.Json(201, acl.DeepClone());
    }

    /// <summary>PATCH: the members that it names; <c>rule</c> as a whole.</summary>
    public static Answer Update(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject acl = Find(state, request);
        JsonObject patch = Auth0Payload.Read(request, Members);
        Auth0NetworkAclRules.Check(patch);
        return Put(state, acl, patch);
    }

    /// <summary>PUT: all members.</summary>
    public static Answer Replace(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        return Put(state, Find(state, request), Whole(request));
    }

    /// <summary>Not a 204 but a 200 that speaks of one (recordings, TestAccNetworkACL).</summary>
    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        state.Tenant.NetworkAcls.Remove(Find(state, request));
        return Answer.Json(200, new JsonObject { ["code"] = 204, ["object"] = "" });
    }

    private static JsonObject Whole(IncomingRequest request)
    {
        JsonObject body = Auth0Payload.Read(request, Members);
        Auth0Payload.RequireMembers(body, Members);
        Auth0NetworkAclRules.Check(body);
        return body;
    }

    private static Answer Put(ServerState state, JsonObject acl, JsonObject members)
    {
        Auth0Payload.Merge(acl, members);
        acl["updated_at"] = Time(state);
        return Answer.Json(200, acl.DeepClone());
    }

    private static JsonObject Find(ServerState state, IncomingRequest request)
    {
        string id = request.Route.ResourceId!;
        if (!id.StartsWith("acl_", StringComparison.Ordinal) || id.Length != "acl_".Length + IdLength)
        {
            // recordings, TestAccNetworkACLDataSource.
            throw Auth0Errors.InvalidUri("Network ACL id is not a valid ACL ID in the form 'acl_XXXXXXXXXXXXXXXXXXXXXX'");
        }

        return state.Tenant.NetworkAcls.FirstOrDefault(acl => acl["id"].Text() == id)
            ?? throw Auth0Errors.NotFound("The Network ACL does not exist", "inexistent_network_acl");
    }

    private static string Time(ServerState state) =>
        state.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
