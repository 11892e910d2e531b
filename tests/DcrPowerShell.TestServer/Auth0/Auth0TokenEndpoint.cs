using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>
/// Management API tokens for a machine-to-machine application (docs, get-management-api-access-tokens-for-production), by secret or
/// private_key_jwt.
/// The refusals are OAuth's in form; their words are those seen in the field.
/// </summary>
internal static class Auth0TokenEndpoint
{
    private const int Day = 24 * 60 * 60;

    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Dictionary<string, StringValues> form = Form(request);
        string grant = form.GetValueOrDefault("grant_type").ToString();
        TokenClient client = Authenticate(state, request, form);
        if (grant != "client_credentials")
        {
            throw new Refused(403, "unauthorized_client", $"Grant type '{grant}' not allowed for the client.");
        }

        CheckAudience(state, form.GetValueOrDefault("audience").ToString());
        IReadOnlyList<string> scopes = Grant(client, form.GetValueOrDefault("scope").ToString());
        int lifetime = state.Switches.AccessTokenSeconds ?? Day;
        DateTimeOffset end = state.Now.AddSeconds(lifetime);
        JsonObject payload = Auth0Access.Payload(state, client.ClientId, scopes, state.Now, end);
        // Two tokens of the same second must not be one.
        payload["jti"] = RandomText.Make(22);
        string token = ShownJwt.Make(payload);
        state.Tokens.Add(token, new IssuedToken(end, null, scopes));
        return Hosting.Answer.Json(200, new JsonObject
        {
            ["access_token"] = token,
            ["scope"] = string.Join(' ', scopes),
            ["expires_in"] = lifetime,
            ["token_type"] = "Bearer",
        }).WithHeader("Cache-Control", "no-store");
    }

    /// <summary>Auth0 takes JSON as well as a form.</summary>
    private static Dictionary<string, StringValues> Form(IncomingRequest request) => request.SaysItIsJson
        ? (request.Json() ?? []).ToDictionary(member => member.Key, member => new StringValues(member.Value?.ToString()))
        : QueryHelpers.ParseQuery(request.Body);

    private static TokenClient Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form)
    {
        TokenClient client = state.Switches.TokenClient ?? throw Denied(401, "Unauthorized");
        if (form.TryGetValue("client_assertion", out StringValues assertion))
        {
            // docs, authenticate-with-private-key-jwt: the issuer with its slash, five minutes at most, an id that is used once.
            AssertionFault fault = ClientAssertion.Check(
                state,
                client,
                assertion.ToString(),
                [state.Origin + "/"],
                maxSeconds: 300,
                needsId: true
            );
            return fault == AssertionFault.None && form.GetValueOrDefault("client_assertion_type") == ClientAssertion.Type
                ? client
                : throw new Refused(401, "invalid_client", $"The client assertion is not valid: {fault}.");
        }

        (string id, string secret) = TokenEndpoint.SecretOf(request, form);
        return client.ClientSecret is not null && id == client.ClientId && secret == client.ClientSecret
            ? client
            : throw Denied(401, "Unauthorized");
    }

    private static void CheckAudience(ServerState state, string audience)
    {
        if (audience.Length == 0)
        {
            throw Denied(403, "No audience parameter was provided, and no default audience has been configured");
        }

        if (audience != Auth0Access.Audience(state))
        {
            throw state.Tenant.ResourceServers.Any(api => api["identifier"].Text() == audience)
                ? Denied(
                    403,
                    $"Client is not authorized to access \"{audience}\". You might probably want to create a \"client-grant\" associated "
                        + "to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants"
                )
                : Denied(403, "Service not enabled within domain: " + audience);
        }
    }

    /// <summary>All that the client was granted, or what it names of that.</summary>
    private static IReadOnlyList<string> Grant(TokenClient client, string scope)
    {
        IReadOnlyList<string> granted = client.Scopes ?? Auth0Scopes.All;
        string[] asked = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] missing = [.. asked.Except(granted)];
        return missing.Length > 0 ? throw Denied(403, "Client has not been granted scopes: " + string.Join(", ", missing))
            : asked.Length > 0 ? asked
            : granted;
    }

    private static Refused Denied(int status, string description) => new(status, "access_denied", description)
    {
        Body = new JsonObject { ["error"] = "access_denied", ["error_description"] = description },
    };
}
