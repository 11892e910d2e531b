using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>Applications in the Management API (docs, api/management/v2/clients).</summary>
internal static class Auth0Clients
{
    /// <summary>types: UpdateClientRequestContent.</summary>
    private static readonly HashSet<string> Patchable =
    [
        "name",
        "description",
        "client_secret",
        "logo_uri",
        "callbacks",
        "oidc_logout",
        "oidc_backchannel_logout",
        "session_transfer",
        "allowed_origins",
        "web_origins",
        "grant_types",
        "client_aliases",
        "allowed_clients",
        "allowed_logout_urls",
        "jwt_configuration",
        "encryption_key",
        "sso",
        "cross_origin_authentication",
        "cross_origin_loc",
        "sso_disabled",
        "custom_login_page_on",
        "token_endpoint_auth_method",
        "is_token_endpoint_ip_header_trusted",
        "app_type",
        "is_first_party",
        "oidc_conformant",
        "custom_login_page",
        "custom_login_page_preview",
        "token_quota",
        "identity_assertion_authorization_grant",
        "form_template",
        "addons",
        "client_metadata",
        "mobile",
        "initiate_login_uri",
        "native_social_login",
        "fedcm_login",
        "refresh_token",
        "default_organization",
        "organization_usage",
        "organization_require_behavior",
        "organization_discovery_methods",
        "client_authentication_methods",
        "require_pushed_authorization_requests",
        "require_proof_of_possession",
        "signed_request_object",
        "token_vault_privileged_access",
        "compliance_level",
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        "token_exchange",
        "par_request_expiry",
        "express_configuration",
        "my_organization_configuration",
        "async_approval_notification_channels",
        "third_party_security_mode",
        "redirection_policy",
    ];

    private static readonly string[] ThirdPartyGrants = ["authorization_code", "refresh_token", "client_credentials"];

    public static bool IsFirstParty(RegisteredClient client) => client.Metadata["is_first_party"].IsTrue();

    public static Answer List(ServerState state, IncomingRequest request)
    {
        IReadOnlyList<string> scopes = Auth0Access.Require(state, request);
        string? firstParty = request.Query.GetValueOrDefault("is_first_party");
        string? type = request.Query.GetValueOrDefault("app_type");
        return Auth0Paging.Answer(
            request,
            state.Clients.All
                .Where(client => firstParty is null || IsFirstParty(client) == (firstParty == "true"))
                .Where(client => request.Query.GetValueOrDefault("external_client_id") is not { } document
                    || client.Metadata["external_client_id"].Text() == document)
                .Where(client => type is null || type.Split(',').Contains(client.Metadata["app_type"].Text()))
                .Select(client => Body(client, ShowsSecret(scopes))),
            "clients");
    }

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        IReadOnlyList<string> scopes = Auth0Access.Require(state, request);
        JsonObject body = Body(Find(state, request), ShowsSecret(scopes));
        ClientAnswer.Override(body, state.Switches, Operation.Read);
        return Answer.Json(200, Auth0Paging.Select(request, body));
    }

    public static Answer Update(ServerState state, IncomingRequest request)
    {
        IReadOnlyList<string> scopes = Auth0Access.Require(state, request);
        RegisteredClient client = Find(state, request);
        JsonObject patch = Auth0Payload.Read(request, Patchable);
        if (patch.ContainsKey("client_secret") && !scopes.Contains("update:client_keys"))
        {
            throw Auth0Errors.InsufficientScope("update:client_keys");
        }

        // docs, configure-private-key-jwt.
        if (patch.ContainsKey("client_authentication_methods") && !scopes.Contains("update:client_credentials"))
        {
            throw Auth0Errors.InsufficientScope("update:client_credentials");
        }

        if (patch.Any(member => member.Key != "client_secret") && !scopes.Contains("update:clients"))
        {
            throw Auth0Errors.InsufficientScope("update:clients");
        }

        Check(client, patch);
        Auth0Credentials.CheckUse(state, client, patch);
        if (patch["client_secret"].Text() is { } secret)
        {
            client.Secret = secret;
        }

        patch.Remove("client_secret");
        Auth0Payload.Merge(client.Metadata, patch, "client_metadata", "jwt_configuration", "refresh_token", "oidc_logout");
        JsonObject body = Body(client, ShowsSecret(scopes));
        ClientAnswer.Override(body, state.Switches, Operation.Update);
        return Answer.Json(200, body);
    }

    /// <summary>An unknown one is as good as deleted: node-auth0's delete has no 404.</summary>
    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        state.Clients.Remove(request.Route.ClientId!);
        state.Tenant.Credentials.RemoveAll(credential => credential["client_id"].Text() == request.Route.ClientId);
        return Answer.Empty(204);
    }

    /// <summary>
    /// The whole client with its new secret (types: RotateClientSecretResponseContent). A client of private_key_jwt has none to rotate.
    /// </summary>
    public static Answer RotateSecret(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        RegisteredClient client = Find(state, request);
        if (client.Metadata["client_authentication_methods"] is not null)
        {
            throw Auth0Errors.InvalidBody(
                "The client secret can't be rotated: the client authenticates with client_authentication_methods."
            );
        }

        client.Secret = RandomText.ClientSecret();
        return Answer.Json(200, Body(client, showsSecret: true));
    }

    /// <summary>
    /// The application as the Management API shows it; its secret only to those with <c>read:client_keys</c>, and not while it
    /// authenticates by keys (recordings, TestAccClientAuthenticationMethodsPrivateKeyJWT).
    /// </summary>
    public static JsonObject Body(RegisteredClient client, bool showsSecret)
    {
        JsonObject body = new() { ["name"] = client.Metadata["name"]?.DeepClone(), ["client_id"] = client.ClientId };
        if (showsSecret && client.Secret is not null && client.Metadata["client_authentication_methods"] is null)
        {
            body["client_secret"] = client.Secret;
        }

        foreach ((string name, JsonNode? value) in client.Metadata.Where(member => member.Key != "name"))
        {
            body[name] = value?.DeepClone();
        }

        return body;
    }

    /// <summary>Adds an application that was there before the server started.</summary>
    public static void Seed(ServerState state, JsonObject application)
    {
        JsonObject members = application.DeepClone().AsObject();
        bool isFirstParty = members["is_first_party"].IsTrue();
        bool isStrict = !isFirstParty && members["third_party_security_mode"].Text() != "permissive";
        string id = members["client_id"].Text() ?? (isStrict ? "tpc_" : "") + RandomText.Make(32);
        RegisteredClient client = state.Clients.Add(id, state.Now);
        client.Secret = members["client_secret"].Text() ?? RandomText.ClientSecret();
        members.Remove("client_id");
        members.Remove("client_secret");
        members["name"] ??= "My App";
        members["grant_types"] ??= new JsonArray("authorization_code");
        client.Metadata = isFirstParty ? members : ThirdParty(members, isStrict);
    }

    /// <summary>The members of a third-party application round those given (recordings, TestAccClient_ThirdPartySecurityMode).</summary>
    public static JsonObject ThirdParty(JsonObject given, bool isStrict)
    {
        JsonObject application = new()
        {
            ["name"] = null,
            ["is_first_party"] = false,
            ["is_token_endpoint_ip_header_trusted"] = false,
            ["oidc_conformant"] = true,
            ["callbacks"] = new JsonArray(),
            ["jwt_configuration"] = new JsonObject
            {
                ["secret_encoded"] = false,
                ["alg"] = "RS256",
                ["lifetime_in_seconds"] = isStrict ? 3600 : 36000,
            },
            ["sso_disabled"] = false,
            ["cross_origin_authentication"] = false,
            ["grant_types"] = null,
            ["custom_login_page_on"] = true,
            ["token_endpoint_auth_method"] = "client_secret_post",
            ["refresh_token"] = new JsonObject
            {
                ["rotation_type"] = "non-rotating",
                ["expiration_type"] = isStrict ? "expiring" : "non-expiring",
                ["leeway"] = 0,
                ["token_lifetime"] = 31557600,
                ["infinite_token_lifetime"] = true,
                ["infinite_idle_token_lifetime"] = !isStrict,
                ["idle_token_lifetime"] = 2592000,
            },
            ["third_party_security_mode"] = isStrict ? "strict" : "permissive",
        };
        if (isStrict)
        {
            application["redirection_policy"] = "open_redirect_protection";
        }

        Auth0Payload.Merge(application, given);
        return application;
    }

    private static bool ShowsSecret(IReadOnlyList<string> scopes) => scopes.Contains("read:client_keys");

    public static RegisteredClient Find(ServerState state, IncomingRequest request) =>
        state.Clients.Find(request.Route.ClientId!) ?? throw Auth0Errors.NotFound("The client does not exist", "inexistent_client");

    /// <summary>docs, security-controls: what is fixed at creation, and what a strict third-party application may be.</summary>
    private static void Check(RegisteredClient client, JsonObject patch)
    {
        foreach (string name in new[] { "is_first_party", "third_party_security_mode" })
        {
            if (patch[name] is { } value && !JsonNode.DeepEquals(value, client.Metadata[name]))
            {
                throw Auth0Errors.InvalidBody($"{name} can't be changed after the client was created.");
            }
        }

        Auth0ClientRules.CheckName(patch["name"], "name");
        Auth0ClientRules.CheckOneOf(
            patch["token_endpoint_auth_method"],
            "token_endpoint_auth_method",
            "none",
            "client_secret_post",
            "client_secret_basic"
        );
        Auth0ClientRules.CheckOneOf(patch["redirection_policy"], "redirection_policy", "open_redirect_protection", "allow_always");
        if (client.Metadata["third_party_security_mode"].Text() == "strict")
        {
            Auth0ClientRules.CheckCallbacks(patch["callbacks"], "callbacks");
            Auth0ClientRules.CheckOneOf(patch["app_type"], "app_type", "regular_web", "spa", "native", "non_interactive");
            if (patch["grant_types"].Texts().FirstOrDefault(grant => !ThirdPartyGrants.Contains(grant)) is { } wrong)
            {
                throw Auth0Errors.InvalidBody("Invalid grant types: " + wrong);
            }
        }
    }
}
