using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// Server metadata as in oauth's examples OrgASOidcMetadata, CustomASOidcMetadata and CustomASOAuthMetadata: a custom authorization server
/// advertises the org's registration endpoint.
/// </summary>
internal static class OktaDiscovery
{
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        string origin = state.Origin;
        string? server = request.Route.ResourceId;
        string issuer = server is null ? state.Issuer : $"{origin}/oauth2/{server}";
        string endpoints = server is null ? origin + "/oauth2/v1" : issuer + "/v1";
        string registration = server is not null && state.Switches.Okta.CustomServerRegistration
            ? $"{issuer}/v1/clients"
            : origin + OktaRoutes.ClientsPath;
        JsonArray methods() => new("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none");
        JsonObject document = new()
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = endpoints + "/authorize",
            ["token_endpoint"] = endpoints + "/token",
            ["userinfo_endpoint"] = endpoints + "/userinfo",
            ["registration_endpoint"] = registration,
            ["jwks_uri"] = endpoints + "/keys",
            ["response_types_supported"] =
                new JsonArray("code", "id_token", "code id_token", "code token", "id_token token", "code id_token token"),
            ["response_modes_supported"] = new JsonArray("query", "fragment", "form_post", "okta_post_message"),
            ["grant_types_supported"] = new JsonArray(
                "authorization_code",
                "implicit",
                "refresh_token",
                "password",
                "urn:ietf:params:oauth:grant-type:device_code"
            ),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["scopes_supported"] = new JsonArray("openid", "email", "profile", "address", "phone", "offline_access", "groups"),
            ["token_endpoint_auth_methods_supported"] = methods(),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["introspection_endpoint"] = endpoints + "/introspect",
            ["introspection_endpoint_auth_methods_supported"] = methods(),
            ["revocation_endpoint"] = endpoints + "/revoke",
            ["revocation_endpoint_auth_methods_supported"] = methods(),
            ["end_session_endpoint"] = endpoints + "/logout",
            ["request_parameter_supported"] = true,
            ["request_object_signing_alg_values_supported"] =
                new JsonArray("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"),
            ["device_authorization_endpoint"] = endpoints + "/device/authorize",
            ["dpop_signing_alg_values_supported"] = new JsonArray([
                .. Jws.Algorithms.Where(name => name[0] != 'P').Select(name => JsonValue.Create(name)),
            ]),
        };
        return Discovery.Finish(state, document);
    }
}
