using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>What a FHIR server says of its authorization server (HL7 SMART App Launch 2.2, conformance page).</summary>
internal static class SmartConfiguration
{
    public static Answer Answer(ServerState state)
    {
        string url = state.BaseUrl;
        JsonObject document = new()
        {
            ["issuer"] = state.Issuer,
            ["jwks_uri"] = url + "/jwks",
            ["authorization_endpoint"] = url + "/authorize",
            ["token_endpoint"] = url + StandardRoutes.TokenPath,
            ["registration_endpoint"] = url + StandardRoutes.RegistrationPath,
            ["grant_types_supported"] = new JsonArray("authorization_code", "client_credentials"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "private_key_jwt"),
            ["scopes_supported"] = new JsonArray("openid", "fhirUser", "launch", "patient/*.rs", "system/*.rs"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["capabilities"] = new JsonArray("launch-standalone", "client-public", "client-confidential-asymmetric", "permission-v2"),
        };
        foreach ((string name, JsonNode? value) in state.Switches.SmartOverrides ?? [])
        {
            if (value is null)
            {
                document.Remove(name);
            }
            else
            {
                document[name] = value.DeepClone();
            }
        }

        return Hosting.Answer.Json(200, document);
    }
}
