using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>A token endpoint for the client credentials grant (RFC 6749 section 4.4), with secrets or private_key_jwt (RFC 7523).</summary>
internal static class TokenEndpoint
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        Authenticate(state, request, form);
        if (form.GetValueOrDefault("grant_type") != "client_credentials")
        {
            throw new Refused(400, "unsupported_grant_type", "only client_credentials is supported");
        }

        string? thumbprint = switches.Dpop == DpopMode.Off ? null : DpopProof.CheckAtTokenEndpoint(state, request);
        JsonObject body = new()
        {
            ["access_token"] = state.Tokens.Issue(state.Now.AddSeconds(switches.AccessTokenSeconds), thumbprint),
            ["token_type"] = thumbprint is null ? "Bearer" : "DPoP",
            ["expires_in"] = switches.AccessTokenSeconds,
        };
        if (form.TryGetValue("scope", out StringValues scope))
        {
            body["scope"] = scope.ToString();
        }

        return Hosting.Answer.Json(200, body).WithHeader("Cache-Control", "no-store");
    }

    private static void Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form)
    {
        TokenClient client = state.Switches.TokenClient ?? throw Invalid("there is no such client");
        if (form.GetValueOrDefault("client_assertion_type") == JwtBearer)
        {
            CheckAssertion(state, client, form.GetValueOrDefault("client_assertion").ToString());
            return;
        }

        (string id, string secret) = request.Token("Basic") is { } basic
            ? Split(basic)
            : (form.GetValueOrDefault("client_id").ToString(), form.GetValueOrDefault("client_secret").ToString());
        if (client.ClientSecret is null || id != client.ClientId || secret != client.ClientSecret)
        {
            throw Invalid("client authentication failed");
        }
    }

    /// <summary>RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.</summary>
    private static (string Id, string Secret) Split(string basic)
    {
        try
        {
            string[] parts = Encoding.UTF8.GetString(Convert.FromBase64String(basic)).Split(':', 2);
            return (Decode(parts[0]), Decode(parts.ElementAtOrDefault(1) ?? ""));
        }
        catch (FormatException)
        {
            throw Invalid("the Authorization header is malformed");
        }

        static string Decode(string part) => Uri.UnescapeDataString(part.Replace('+', ' '));
    }

    /// <summary>RFC 7523 section 3, with Okta's bounds: at most an hour ahead, and good for once.</summary>
    private static void CheckAssertion(ServerState state, TokenClient client, string assertion)
    {
        Jws jws = Jws.Parse(assertion) ?? throw Invalid("the client assertion is not a JWT");
        JsonObject claims = jws.Payload;
        string tokenEndpoint = state.BaseUrl + Route.TokenPath;
        IEnumerable<string?> audience = claims["aud"] is JsonArray several ? several.Select(Text) : [Text(claims["aud"])];
        long now = state.Now.ToUnixTimeSeconds();

        if (client.Jwks?["keys"] is not JsonArray keys || !keys.OfType<JsonObject>().Any(jws.IsSignedBy))
        {
            throw Invalid("the client assertion's signature is not valid");
        }

        if (Text(claims["iss"]) != client.ClientId || Text(claims["sub"]) != client.ClientId)
        {
            throw Invalid("iss and sub of the client assertion must be the client_id");
        }

        if (!audience.Any(value => value == tokenEndpoint || value == state.Issuer))
        {
            throw Invalid("the audience of the client assertion must be the token endpoint or the issuer");
        }

        if (claims["exp"] is not JsonValue value || !value.TryGetValue(out long expires) || expires <= now || expires > now + 3600)
        {
            throw Invalid("exp of the client assertion must lie within the next hour");
        }

        if (Text(claims["jti"]) is { } id && !state.SeenJwts.Add(id))
        {
            throw Invalid("the client assertion has already been used");
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static Refused Invalid(string description) => new(401, "invalid_client", description) { Scheme = "Basic" };
}
