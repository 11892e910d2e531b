using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Client grants, default permissions of third-party applications among them (docs, api/management/v2/client-grants; recordings,
/// TestAccClientGrant_DefaultFor).
/// </summary>
internal static class Auth0ClientGrants
{
    /// <summary>types: CreateClientGrantRequestContent.</summary>
    private static readonly string[] Creatable =
    [
        "client_id",
        "audience",
        "default_for",
        "organization_usage",
        "allow_any_organization",
        "scope",
        "subject_type",
        "authorization_details_types",
        "allow_all_scopes",
    ];

    /// <summary>types: UpdateClientGrantRequestContent. Neither the audience nor the subject type can be changed.</summary>
    private static readonly string[] Patchable =
    [
        "scope",
        "organization_usage",
        "allow_any_organization",
        "authorization_details_types",
        "allow_all_scopes",
    ];

    private static readonly string[] Filters = ["audience", "client_id", "subject_type", "default_for"];

    public static Answer List(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        return Auth0Paging.Answer(
            request,
            state.Tenant.ClientGrants.Where(grant => Filters.All(name =>
                request.Query.GetValueOrDefault(name) is not { } wanted || grant[name].Text() == wanted)),
            "client_grants");
    }

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        return Answer.Json(200, Find(state, request).DeepClone());
    }

    public static Answer Create(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject body = Auth0Payload.Read(request, Creatable);
        Auth0Payload.RequireMembers(body, "audience");
        Auth0ClientRules.CheckOneOf(body["default_for"], "default_for", "third_party_clients");
        Auth0ClientRules.CheckOneOf(body["subject_type"], "subject_type", "client", "user");
        if (body["client_id"] is null == body["default_for"] is null)
        {
            throw Auth0Errors.InvalidBody("Exactly one of client_id and default_for must be given.");
        }

        JsonObject api = ApiOf(state, body);
        CheckScopes(api, body);

        // Set even if the body says nothing: a default for third-party applications then is one that registered ones can't use
        // (terraform-provider-auth0, recording TestAccClientGrant_DefaultFor).
        JsonObject grant = new() { ["id"] = "cgr_" + RandomText.Make(16) };
        foreach (string name in new[] { "client_id", "audience", "scope" })
        {
            if (body[name] is { } value)
            {
                grant[name] = value.DeepClone();
            }
        }

        grant["scope"] ??= new JsonArray();
        grant["subject_type"] = body["subject_type"].Text() ?? "client";
        Auth0Payload.Merge(grant, body);
        if (state.Tenant.ClientGrants.Any(other => Filters.All(name => other[name].Text() == grant[name].Text())))
        {
            // node-auth0 knows a 409 here; its words aren't known.
            throw Auth0Errors.Conflict("A client grant for this audience exists already.");
        }

        state.Tenant.ClientGrants.Add(grant);
        return Answer.Json(201, grant.DeepClone());
    }

    public static Answer Update(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject grant = Find(state, request);
        JsonObject patch = Auth0Payload.Read(request, Patchable);
        if (state.Tenant.ResourceServers.FirstOrDefault(api => Identifies(api, grant)) is { } audience)
        {
            CheckScopes(audience, patch);
        }

        Auth0Payload.Merge(grant, patch);
        return Answer.Json(200, grant.DeepClone());
    }

    /// <summary>An unknown one is as good as deleted: node-auth0's delete has no 404.</summary>
    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        state.Tenant.ClientGrants.RemoveAll(grant => grant["id"].Text() == request.Route.ResourceId);
        return Answer.Empty(204);
    }

    private static JsonObject Find(ServerState state, IncomingRequest request) =>
        state.Tenant.ClientGrants.FirstOrDefault(grant => grant["id"].Text() == request.Route.ResourceId)
        ?? throw Auth0Errors.NotFound("The client grant does not exist", "inexistent_client_grant");

    /// <summary>The API that the grant is for. Third-party applications get none of the system's (docs, security-controls).</summary>
    private static JsonObject ApiOf(ServerState state, JsonObject body)
    {
        // The words of recordings, TestAccDataSourceResourceServer.
        JsonObject api = state.Tenant.ResourceServers.FirstOrDefault(api => Identifies(api, body))
            ?? throw Auth0Errors.NotFound("The resource server does not exist", "inexistent_resource_server");
        return api["is_system"].IsTrue() && body["default_for"] is not null
            ? throw Auth0Errors.InvalidBody("Third-party clients can't be granted access to system APIs.")
            : api;
    }

    private static void CheckScopes(JsonObject api, JsonObject body)
    {
        IEnumerable<string?> known = (api["scopes"] as JsonArray ?? []).Select(scope => scope!["value"].Text());
        if (body["scope"].Texts().FirstOrDefault(scope => !known.Contains(scope)) is { } unknown)
        {
            throw Auth0Errors.InvalidBody($"The scope {unknown} is not defined by the API.");
        }
    }

    private static bool Identifies(JsonObject api, JsonObject grant) => api["identifier"].Text() == grant["audience"].Text();
}
