using System;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Dynamic Client Registration (docs, get-started/applications/dynamic-client-registration): open, and with few members in its answer. With
/// <see cref="Switches.InitialToken"/> it needs that token, which Auth0's doesn't.
/// </summary>
internal static class Auth0Registration
{
    private static readonly string[] StrictGrants = ["authorization_code", "refresh_token"];
    private static readonly string[] AuthMethods = ["none", "client_secret_post", "client_secret_basic"];

    public static Answer Register(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        if (!state.Tenant.IsRegistrationOn)
        {
            throw Auth0Errors.ForStatus(switches.Auth0.RegisterOffStatus);
        }

        string? token = CheckToken(state, request);
        JsonObject asked = (request.SaysItIsJson ? request.Json() : null) ?? throw Auth0Errors.NotJson();
        Check(asked);
        if (state.Clients.All.Count(client => !Auth0Clients.IsFirstParty(client)) >= switches.Auth0.ClientLimit)
        {
            throw Auth0Errors.TooManyEntities();
        }

        bool isStrict = state.Tenant.IsStrict;
        string id = switches.FixedClientId ?? (isStrict ? "tpc_" + RandomText.Make(32) : RandomText.Make(32));
        RegisteredClient client = state.Clients.Add(id, state.Now);
        client.Metadata = Auth0Clients.ThirdParty(Application(asked, isStrict), isStrict);
        bool isPublic = (string)client.Metadata["token_endpoint_auth_method"]! == "none";
        // The application of a public client has a secret too; only, it isn't told.
        client.Secret = switches.IssueSecret == IssueSecret.Never ? null : RandomText.ClientSecret();
        if (token is not null)
        {
            state.Tokens.CountUse(token);
        }

        return Answer.Json(
            switches.RegisterStatus,
            Body(state, client, showsSecret: !isPublic || switches.IssueSecret == IssueSecret.Always)
        );
    }

    private static string? CheckToken(ServerState state, IncomingRequest request)
    {
        if (state.Switches.InitialToken is null)
        {
            return null;
        }

        string token = request.Token("Bearer") ?? throw Auth0Errors.NoToken();
        return AccessGuard.IsGoodInitialToken(state, token) ? token : throw Auth0Errors.InvalidToken();
    }

    /// <summary>The docs name the members and say that redirect_uris is required; the words are those of the Management API.</summary>
    private static void Check(JsonObject asked)
    {
        Auth0Payload.RequireMembers(asked, "redirect_uris");
        if (asked["redirect_uris"] is not JsonArray { Count: > 0 } uris || uris.Any(uri => uri?.GetValueKind() != JsonValueKind.String))
        {
            throw Auth0Errors.Payload("Expected type array of strings", "redirect_uris");
        }

        foreach (string name in new[] { "grant_types", "response_types" })
        {
            if (asked[name] is { } list && list.GetValueKind() != JsonValueKind.Array)
            {
                throw Auth0Errors.Payload($"Expected type array but found type {list.GetValueKind().ToString().ToLowerInvariant()}", name);
            }
        }

        Auth0ClientRules.CheckCallbacks(uris, "redirect_uris");
        Auth0ClientRules.CheckName(asked["client_name"], "client_name");
        Auth0ClientRules.CheckOneOf(asked["token_endpoint_auth_method"], "token_endpoint_auth_method", AuthMethods);
    }

    /// <summary>
    /// The application in the Management API's words. Without a name it is "My App" (auth0/docs#6025); grants are filtered down.
    /// </summary>
    private static JsonObject Application(JsonObject asked, bool isStrict)
    {
        string[] grants = asked["grant_types"] is null ? ["authorization_code"] : [.. asked["grant_types"].Texts()];
        JsonObject application = new()
        {
            ["name"] = asked["client_name"].Text() ?? "My App",
            ["callbacks"] = asked["redirect_uris"]!.DeepClone(),
            ["grant_types"] = new JsonArray([
                .. grants.Where(grant => !isStrict || StrictGrants.Contains(grant)).Select(grant => JsonValue.Create(grant)),
            ]),
            ["token_endpoint_auth_method"] = asked["token_endpoint_auth_method"].Text() ?? "client_secret_post",
        };
        foreach (string name in new[] { "logo_uri", "initiate_login_uri" })
        {
            if (asked[name].Text() is { } value)
            {
                application[name] = value;
            }
        }

        return application;
    }

    private static JsonObject Body(ServerState state, RegisteredClient client, bool showsSecret)
    {
        JsonObject body = new()
        {
            ["client_name"] = client.Metadata["name"]!.DeepClone(),
            ["client_id"] = client.ClientId,
        };
        if (showsSecret && client.Secret is not null)
        {
            body["client_secret"] = client.Secret;
        }

        body["redirect_uris"] = client.Metadata["callbacks"]!.DeepClone();
        body["client_secret_expires_at"] = 0;
        body["grant_types"] = client.Metadata["grant_types"]!.DeepClone();
        body["token_endpoint_auth_method"] = client.Metadata["token_endpoint_auth_method"]!.DeepClone();
        ClientAnswer.Override(body, state.Switches, Operation.Register);
        return body;
    }
}
