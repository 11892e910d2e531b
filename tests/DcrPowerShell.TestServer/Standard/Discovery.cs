using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Server metadata (RFC 8414 section 2).</summary>
internal static class Discovery
{
    public static Answer Answer(ServerState state)
    {
        Switches switches = state.Switches;
        string url = state.BaseUrl;
        JsonObject document = new()
        {
            ["issuer"] = state.Issuer,
            ["authorization_endpoint"] = url + "/authorize",
            ["token_endpoint"] = url + StandardRoutes.TokenPath,
            ["jwks_uri"] = url + "/jwks",
            ["registration_endpoint"] = url + StandardRoutes.RegistrationPath,
            ["scopes_supported"] = new JsonArray(
                "openid",
                "profile",
                "email",
                "offline_access",
                "read",
                "write",
                "admin",
                "fhirUser",
                "launch",
                "patient/*.rs",
                "system/*.rs",
                "system/Patient.rs"
            ),
            ["response_types_supported"] = new JsonArray("code"),
            ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token", "client_credentials"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray([
                .. MetadataRules.AuthMethods.Select(method => JsonValue.Create(method)),
            ]),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256", "ES256"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
        };
        if (switches.PushedAuthorization)
        {
            document["pushed_authorization_request_endpoint"] = url + StandardRoutes.PushPath;
        }

        if (switches.Dpop != DpopMode.Off)
        {
            document["dpop_signing_alg_values_supported"] = new JsonArray([
                .. Jws.Algorithms.Select(algorithm => JsonValue.Create(algorithm)),
            ]);
        }

        return Finish(state, document);
    }

    /// <summary>Does to a discovery document what the switches ask for, whatever the dialect.</summary>
    public static Answer Finish(ServerState state, JsonObject document)
    {
        Switches switches = state.Switches;
        string path = ((string)document["registration_endpoint"]!)[state.Origin.Length..];
        document["registration_endpoint"] = switches.RegistrationEndpoint switch
        {
            AdvertisedEndpoint.Foreign => switches.ForeignOrigin + path,
            AdvertisedEndpoint.PlainHttp => "http://dcr.example.net" + path,
            AdvertisedEndpoint.Relative => path,
            _ => state.Origin + path,
        };
        if (switches.RegistrationEndpoint == AdvertisedEndpoint.Missing)
        {
            document.Remove("registration_endpoint");
        }

        foreach ((string name, JsonNode? value) in switches.DiscoveryOverrides ?? [])
        {
            document[name] = value?.DeepClone();
        }

        return Hosting.Answer.Json(200, document);
    }
}
