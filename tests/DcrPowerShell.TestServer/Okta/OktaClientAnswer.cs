using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>Writes a client as Okta does (oauth: examples ClientResponseWeb, ClientResponseServiceJwks, ListClientsResponse).</summary>
internal static class OktaClientAnswer
{
    /// <summary>The order of the examples.</summary>
    private static readonly string[] Order =
    [
        "client_name",
        "client_uri",
        "logo_uri",
        "redirect_uris",
        "response_types",
        "grant_types",
        "token_endpoint_auth_method",
        "application_type",
    ];

    /// <param name="state">The server.</param>
    /// <param name="client">The client as it now is.</param>
    /// <param name="operation">What was asked for. The secret is shown on creation and update only (oauth: schema Client).</param>
    public static JsonObject Body(ServerState state, RegisteredClient client, Operation operation)
    {
        OktaSwitches switches = state.Switches.Okta;
        JsonObject body = new() { ["client_id"] = client.ClientId };
        bool showsSecret =
            operation is Operation.Register or Operation.Update or Operation.NewSecret
            || (operation == Operation.Read && switches.SecretInRead);
        if (client.Secret is not null && showsSecret)
        {
            body["client_secret"] = client.Secret;
        }

        body["client_id_issued_at"] = client.IssuedAt.ToUnixTimeSeconds();
        if (client.Secret is not null)
        {
            body["client_secret_expires_at"] = 0;
        }

        // The two that stand as null in every example without them.
        foreach (string name in Order)
        {
            body[name] = client.Metadata[name]?.DeepClone();
        }

        foreach ((string name, JsonNode? value) in client.Metadata.Where(member => !Order.Contains(member.Key)))
        {
            body[name] = value?.DeepClone();
        }

        AddUse(body["jwks"]);
        if (client.RegistrationToken is not null)
        {
            body["registration_access_token"] = client.RegistrationToken;
            body["registration_client_uri"] = state.Dialect.ClientUri(state, client.ClientId);
        }

        ClientAnswer.Override(body, state.Switches, operation);
        return body;
    }

    /// <summary>A key without <c>use</c> comes back with a null (oauth: ClientResponseServiceJwks).</summary>
    private static void AddUse(JsonNode? jwks)
    {
        foreach (JsonObject key in (jwks?["keys"] as JsonArray ?? []).OfType<JsonObject>().Where(key => !key.ContainsKey("use")))
        {
            key["use"] = null;
        }
    }
}
