using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>The tenant's settings (docs, api/management/v2/tenants).</summary>
internal static class Auth0Settings
{
    /// <summary>types: UpdateTenantSettingsRequestContent.</summary>
    private static readonly HashSet<string> Patchable =
    [
        "change_password",
        "device_flow",
        "guardian_mfa_page",
        "default_audience",
        "default_directory",
        "error_page",
        "default_token_quota",
        "flags",
        "friendly_name",
        "picture_url",
        "support_email",
        "support_url",
        "allowed_logout_urls",
        "session_lifetime",
        "session_lifetime_in_minutes",
        "idle_session_lifetime",
        "idle_session_lifetime_in_minutes",
        "ephemeral_session_lifetime",
        "idle_ephemeral_session_lifetime",
        "ephemeral_session_lifetime_in_minutes",
        "idle_ephemeral_session_lifetime_in_minutes",
        "sandbox_version",
        "legacy_sandbox_version",
        "default_redirection_uri",
        "enabled_locales",
        "security_headers",
        "session_cookie",
        "sessions",
        "oidc_logout",
        "customize_mfa_in_postlogin_action",
        "allow_organization_name_in_authentication_api",
        "acr_values_supported",
        "mtls",
        "pushed_authorization_requests_supported",
        "authorization_response_iss_parameter_supported",
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        "resource_parameter_profile",
        "client_id_metadata_document_supported",
        "enable_ai_guide",
        "phone_consolidated_experience",
        "include_session_metadata_in_tenant_logs",
        Auth0Tenant.SecurityMode,
        "country_codes",
    ];

    /// <summary>
    /// Settings as recorded (TestAccTenant_DynamicClientRegistrationSecurityMode), without what a new tenant hasn't got: the flag and the
    /// mode.
    /// </summary>
    public static JsonObject OfNewTenant() => new()
    {
        ["change_password"] = new JsonObject { ["enabled"] = false },
        ["default_directory"] = "",
        ["enabled_locales"] = new JsonArray("en"),
        ["flags"] = new JsonObject
        {
            ["allow_changing_enable_sso"] = false,
            ["disable_impersonation"] = true,
            ["enable_sso"] = true,
            ["universal_login"] = true,
            ["revoke_refresh_token_grant"] = false,
            ["disable_clickjack_protection_headers"] = false,
        },
        ["friendly_name"] = "Test Tenant",
        ["guardian_mfa_page"] = new JsonObject { ["enabled"] = false },
        ["idle_session_lifetime"] = 72,
        ["sandbox_version"] = "22",
        ["session_lifetime"] = 168,
        ["oidc_logout"] = new JsonObject { ["rp_logout_end_session_endpoint_discovery"] = true },
        ["resource_parameter_profile"] = "audience",
        ["phone_consolidated_experience"] = false,
        ["client_id_metadata_document_supported"] = false,
    };

    /// <summary>With one member more than a PATCH answers (recordings).</summary>
    public static Answer Read(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject body = state.Tenant.Settings.DeepClone().AsObject();
        body["sandbox_versions_available"] = new JsonArray("22", "18");
        return Answer.Json(200, Auth0Paging.Select(request, body));
    }

    /// <summary>Merged, the flags too: what isn't named stays.</summary>
    public static Answer Update(ServerState state, IncomingRequest request)
    {
        Auth0Access.Require(state, request);
        JsonObject patch = Auth0Payload.Read(request, Patchable);
        Auth0ClientRules.CheckOneOf(patch[Auth0Tenant.SecurityMode], Auth0Tenant.SecurityMode, "strict", "permissive");
        Auth0ClientRules.CheckOneOf(patch["resource_parameter_profile"], "resource_parameter_profile", "audience", "compatibility");
        if (patch.ContainsKey(Auth0Tenant.SecurityMode) && !state.Tenant.Settings.ContainsKey(Auth0Tenant.SecurityMode))
        {
            // docs, permissive-mode: other customers "cannot use permissive mode". How they are told isn't known.
            throw Auth0Errors.InvalidBody($"{Auth0Tenant.SecurityMode} is not available for this tenant.");
        }

        foreach ((string name, JsonNode? flag) in patch["flags"] as JsonObject ?? [])
        {
            if (flag?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
            {
                throw Auth0Errors.Payload("Expected type boolean", "flags." + name);
            }
        }

        Auth0Payload.Merge(state.Tenant.Settings, patch, "flags");
        return Answer.Json(200, state.Tenant.Settings.DeepClone());
    }
}
