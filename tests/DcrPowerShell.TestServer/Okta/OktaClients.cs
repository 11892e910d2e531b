using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// The Dynamic Client Registration API, its list apart (oauth: createClient, getClient, replaceClient, deleteClient,
/// generateNewClientSecret).
/// </summary>
internal static class OktaClients
{
    /// <summary>What a PUT must not contain, and a POST neither: they are read-only.</summary>
    private static readonly string[] Issued = ["client_secret_expires_at", "client_id_issued_at"];

    public static Answer Register(ServerState state, IncomingRequest request)
    {
        string? token = OktaAccess.Require(state, request);
        JsonObject asked = Body(request);
        if (Issued.Append("client_id").Append("client_secret").FirstOrDefault(asked.ContainsKey) is { } issued)
        {
            throw OktaMetadataRules.Wrong(issued, "The field can't be specified.");
        }

        JsonObject granted = OktaMetadataRules.Grant(asked, state.Switches.Okta.UnknownMembers);
        CheckName(state, granted, null);
        RegisteredClient client = state.Clients.Add(state.Switches.FixedClientId ?? "0oa" + RandomText.Make(17), state.Now);
        client.Metadata = granted;
        state.Org.AlignSecrets(client);
        if (state.Switches.Okta.RegistrationToken)
        {
            state.Clients.SetToken(client, RandomText.RegistrationToken());
        }

        if (token is not null)
        {
            state.Tokens.CountUse(token);
        }

        return Answer.Json(201, OktaClientAnswer.Body(state, client, Operation.Register));
    }

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        return Answer.Json(200, OktaClientAnswer.Body(state, Find(state, request), Operation.Read));
    }

    public static Answer Replace(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        RegisteredClient client = Find(state, request);
        JsonObject asked = Body(request);
        CheckIssued(client, asked);
        asked.Remove("client_id");
        asked.Remove("client_secret");
        if (state.Switches.Okta.StrictPut)
        {
            CheckCompleteness(client, asked);
        }

        JsonObject granted = OktaMetadataRules.Grant(asked, state.Switches.Okta.UnknownMembers);
        CheckName(state, granted, client);
        client.Metadata = granted;
        state.Org.AlignSecrets(client);
        return Answer.Json(200, OktaClientAnswer.Body(state, client, Operation.Update));
    }

    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        RegisteredClient client = Find(state, request);
        state.Org.RemoveSecrets(client);
        state.Clients.Remove(client.ClientId);
        return Answer.Empty(204);
    }

    /// <summary>The old secrets are gone at once (terraform-provider-okta#1915).</summary>
    public static Answer NewSecret(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        RegisteredClient client = Find(state, request);
        if ((string)client.Metadata["token_endpoint_auth_method"]! is not ("client_secret_basic" or "client_secret_post"))
        {
            // That it only goes with these two is Okta's word; how it refuses isn't known.
            throw OktaErrors.Validation(
                "token_endpoint_auth_method",
                "token_endpoint_auth_method: A client secret can't be generated for this 'token_endpoint_auth_method'."
            );
        }

        state.Org.RemoveSecrets(client);
        state.Org.AddSecret(client, null);
        return Answer.Json(200, OktaClientAnswer.Body(state, client, Operation.NewSecret));
    }

    /// <summary>
    /// The named client. The older page (reference/api/oauth-clients) answered 401 for an unknown one, except to newSecret.
    /// </summary>
    private static RegisteredClient Find(ServerState state, IncomingRequest request)
    {
        string id = request.Route.ClientId!;
        bool isOldWay =
            state.Switches.Okta.UnknownClient == OktaUnknownClient.InvalidClient && request.Route.Operation != Operation.NewSecret;
        return state.Clients.Find(id)
            ?? throw (
                isOldWay
                    ? new Refused(401, "invalid_client", null)
                    {
                        Body = new JsonObject
                        {
                            ["error"] = "invalid_client",
                            ["error_description"] = "Invalid value for 'client_id' parameter.",
                        },
                    }
                    : OktaErrors.NotFound(id, "PublicClientApp")
            );
    }

    private static JsonObject Body(IncomingRequest request) =>
        request.SaysItIsJson ? request.Json() ?? throw OktaErrors.Malformed() : throw OktaErrors.WrongMediaType();

    /// <summary>
    /// oauth: replaceClient, "The exceptions are that you can't include … and you can omit the client_secret"; it can't be chosen either.
    /// </summary>
    private static void CheckIssued(RegisteredClient client, JsonObject asked)
    {
        if (Issued.FirstOrDefault(asked.ContainsKey) is { } issued)
        {
            throw OktaMetadataRules.Wrong(issued, "The field can't be specified.");
        }

        if (asked["client_id"].Text() != client.ClientId)
        {
            throw OktaMetadataRules.Wrong("client_id", "The field must be the client's own.");
        }

        if (asked["client_secret"] is { } secret && secret.Text() != client.Secret)
        {
            throw OktaMetadataRules.Wrong("client_secret", "The field can't be specified.");
        }
    }

    /// <summary>
    /// oauth: replaceClient, "If any settings are missing when you update a client app, the update fails". What is null or empty isn't
    /// missed.
    /// </summary>
    private static void CheckCompleteness(RegisteredClient client, JsonObject asked)
    {
        IEnumerable<string> missing = client.Metadata
            .Where(member => member.Value is not JsonArray { Count: 0 } && asked[member.Key] is null)
            .Select(member => $"`{member.Key}`");
        if (missing.Any())
        {
            throw Refused.Metadata($"{string.Join(", ", missing)}: All settings must be specified when a client app is updated.");
        }
    }

    /// <summary>The older page's "Duplicate client name", word for word.</summary>
    private static void CheckName(ServerState state, JsonObject granted, RegisteredClient? self)
    {
        string name = (string)granted["client_name"]!;
        if (
            state.Switches.Okta.UniqueClientNames
            && state.Clients.All.Any(other =>
                other != self && string.Equals((string)other.Metadata["client_name"]!, name, StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            throw Refused.Metadata("client_name: An object with this field already exists in the current organization");
        }
    }
}
