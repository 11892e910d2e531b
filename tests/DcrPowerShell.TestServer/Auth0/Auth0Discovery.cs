using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Server metadata as in docs, get-started/applications/configure-applications-with-oidc-discovery. It doesn't tell whether registration is
/// on.
/// </summary>
internal static class Auth0Discovery
{
    public static Answer Answer(ServerState state)
    {
        string origin = state.Origin;
        JsonObject document = new()
        {
            ["issuer"] = state.Issuer,
            ["authorization_endpoint"] = origin + "/authorize",
            ["token_endpoint"] = origin + Auth0Routes.TokenPath,
            ["device_authorization_endpoint"] = origin + "/oauth/device/code",
            ["userinfo_endpoint"] = origin + "/userinfo",
            ["mfa_challenge_endpoint"] = origin + "/mfa/challenge",
            ["jwks_uri"] = origin + "/.well-known/jwks.json",
            ["registration_endpoint"] = origin + Auth0Routes.RegistrationPath,
            ["revocation_endpoint"] = origin + "/oauth/revoke",
            ["scopes_supported"] = new JsonArray("openid", "profile", "offline_access", "name", "email", "picture", "phone", "address"),
            ["response_types_supported"] =
                new JsonArray("code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token"),
            ["code_challenge_methods_supported"] = new JsonArray("S256", "plain"),
            ["response_modes_supported"] = new JsonArray("query", "fragment", "form_post"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("HS256", "RS256", "PS256"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "client_secret_post", "private_key_jwt"),
        };

        // docs, register-applications-with-cimd, Tenant configuration.
        if (state.Tenant.Settings["client_id_metadata_document_supported"].IsTrue())
        {
            document["client_id_metadata_document_supported"] = true;
        }

        return Discovery.Finish(state, document);
    }
}
