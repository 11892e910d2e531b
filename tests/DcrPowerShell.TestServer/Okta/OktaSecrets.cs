using System;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// The secrets of an application, two at most (management: listOAuth2ClientSecrets and its neighbours). The words are management's
/// examples.
/// </summary>
internal static class OktaSecrets
{
    private const int MaxSecrets = 2;
    private const int MinLength = 14;
    private const int MaxLength = 100;
    private const int MinLengthForJwt = 32;

    public static string CollectionUrl(ServerState state, string appId) =>
        $"{state.Origin}/api/v1/apps/{Uri.EscapeDataString(appId)}/credentials/secrets";

    public static Answer List(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request);
        return Answer.Json(200, new JsonArray([.. state.Org.SecretsOf(client).Select(secret => Body(state, client, secret))]));
    }

    public static Answer Read(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request);
        return Answer.Json(200, Body(state, client, Find(state, request, client)));
    }

    /// <summary>The body is required, if only <c>{}</c>.</summary>
    public static Answer Create(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request);
        JsonObject asked = request.SaysItIsJson ? request.Json() ?? throw OktaErrors.Malformed() : throw OktaErrors.WrongMediaType();
        string? value = asked["client_secret"].Text();
        CheckMethod(client);
        if (value is not null)
        {
            CheckValue(value, (string)client.Metadata["token_endpoint_auth_method"]! == "client_secret_jwt");
        }

        if (state.Org.SecretsOf(client).Count >= MaxSecrets)
        {
            throw OktaErrors.Validation("OAuth2ClientSecretMediated", "You've reached the maximum number of client secrets per client.");
        }

        OktaSecret secret = state.Org.AddSecret(client, value);
        if (asked["status"].Text() == "INACTIVE")
        {
            state.Org.SetActive(client, secret, isActive: false);
        }

        return Answer.Json(201, Body(state, client, secret));
    }

    public static Answer Activate(ServerState state, IncomingRequest request) => SetActive(state, request, isActive: true);

    public static Answer Deactivate(ServerState state, IncomingRequest request) => SetActive(state, request, isActive: false);

    public static Answer Delete(ServerState state, IncomingRequest request)
    {
        RegisteredClient client = Open(state, request);
        OktaSecret secret = Find(state, request, client);
        if (secret.IsActive)
        {
            throw OktaErrors.Validation(
                "OAuth2ClientSecretMediated", "You can't delete an active client secret. Deactivate the secret before deleting it.");
        }

        state.Org.RemoveSecret(client, secret);
        return Answer.Empty(204);
    }

    private static Answer SetActive(ServerState state, IncomingRequest request, bool isActive)
    {
        RegisteredClient client = Open(state, request);
        OktaSecret secret = Find(state, request, client);
        if (!isActive && !state.Org.SecretsOf(client).Any(other => other != secret && other.IsActive))
        {
            throw OktaErrors.Validation("OAuth2ClientSecretMediated", "You can't deactivate the only active client secret.");
        }

        state.Org.SetActive(client, secret, isActive);
        return Answer.Json(200, Body(state, client, secret));
    }

    /// <summary>A client registered here has the application's id (oauth: schema Client, client_id).</summary>
    private static RegisteredClient Open(ServerState state, IncomingRequest request)
    {
        OktaAccess.Require(state, request);
        return state.Clients.Find(request.Route.ClientId!) ?? throw OktaErrors.NotFound(request.Route.ClientId, "AppInstance");
    }

    private static OktaSecret Find(ServerState state, IncomingRequest request, RegisteredClient client) =>
        state.Org.SecretsOf(client).FirstOrDefault(secret => secret.Id == request.Route.ResourceId)
        ?? throw OktaErrors.NotFound(request.Route.ResourceId, "OAuth2ClientSecretMediated");

    private static JsonObject Body(ServerState state, RegisteredClient client, OktaSecret secret) =>
        secret.ToJson(CollectionUrl(state, client.ClientId));

    /// <summary>The words for private_key_jwt are Okta's; a public client is refused in the same ones.</summary>
    private static void CheckMethod(RegisteredClient client)
    {
        if (!OktaMetadataRules.NeedsSecret(client.Metadata))
        {
            string method = (string)client.Metadata["token_endpoint_auth_method"]!;
            throw OktaErrors.Validation("client_secret", $"'client_secret' can't be used when 'token_endpoint_auth_method' is '{method}'.");
        }
    }

    private static void CheckValue(string value, bool isForJwt)
    {
        string? wrong =
            value.Any(character => character is < ' ' or > '~')
                ? "client_secret: ''client_secret'' must only contain printable ASCII: [x20-x7E]+"
            : value.Length > MaxLength ? $"client_secret: 'client_secret' can't be more than '{MaxLength}' characters long."
            : value.Length < MinLength ? $"client_secret: 'client_secret' must be at least '{MinLength}' characters long."
            : isForJwt && value.Length < MinLengthForJwt
                ? $"client_secret: 'client_secret' must be at least '{MinLengthForJwt}' characters long when 'token_endpoint_auth_method' "
                    + "is 'client_secret_jwt'."
            : null;
        if (wrong is not null)
        {
            throw OktaErrors.Validation("client_secret", wrong);
        }
    }
}
