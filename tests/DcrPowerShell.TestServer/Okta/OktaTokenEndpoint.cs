using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// The org's token endpoint for service apps (okta-developer-docs, guides/implement-oauth-for-okta-serviceapp): client credentials with
/// private_key_jwt only, DPoP as in guides/dpop. The words are those of data/oauth2-error-codes.json.
/// </summary>
internal static class OktaTokenEndpoint
{
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        if (form.GetValueOrDefault("grant_type") != "client_credentials")
        {
            throw new Refused(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server. Configured grant types: [client_credentials]."
            );
        }

        TokenClient client = Authenticate(state, request, form);
        string? thumbprint = KeyOfProof(state, request, client, form.GetValueOrDefault("client_assertion").ToString());
        string[] scopes = Grant(request, client, form.GetValueOrDefault("scope").ToString());

        int lifetime = state.Switches.AccessTokenSeconds ?? 3600;
        string token = ShownJwt.Make(Payload(state, client, scopes, lifetime, thumbprint));
        state.Tokens.Add(token, new IssuedToken(state.Now.AddSeconds(lifetime), thumbprint, scopes));
        return Hosting.Answer.Json(200, new JsonObject
        {
            ["token_type"] = thumbprint is null ? "Bearer" : "DPoP",
            ["expires_in"] = lifetime,
            ["access_token"] = token,
            ["scope"] = string.Join(' ', scopes),
        });
    }

    private static TokenClient Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form)
    {
        TokenClient? client = state.Switches.TokenClient;
        if (form.TryGetValue("client_assertion", out StringValues assertion))
        {
            if (form.GetValueOrDefault("client_assertion_type") != ClientAssertion.Type)
            {
                throw new Refused(400, "invalid_request", "The client_assertion_type is invalid.");
            }

            CheckAssertion(
                state,
                client ?? throw Invalid("The issuer claim for client_assertion is not a valid client_id."),
                assertion.ToString(),
                request
            );
            return client;
        }

        (string id, string secret) = TokenEndpoint.SecretOf(request, form);
        throw Invalid(
            secret.Length == 0 ? "No client credentials found."
            : id != client?.ClientId ? "Invalid value for 'client_id' parameter."
            : "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.");
    }

    /// <summary>The audience is the endpoint that was called; at most an hour ahead; good for once.</summary>
    private static void CheckAssertion(ServerState state, TokenClient client, string assertion, IncomingRequest request)
    {
        string? wrong = ClientAssertion.Check(state, client, assertion, [state.Origin + request.Path], maxSeconds: 3600) switch
        {
            AssertionFault.None => null,
            AssertionFault.NotAJwt => "The parsing of the client_assertion failed.",
            AssertionFault.Signature when client.Jwks is null =>
                "The client does not have a JWKSet configured, but the client_assertion requires one.",
            AssertionFault.Signature => "The client_assertion signature is invalid.",
            AssertionFault.Issuer => "The issuer claim for client_assertion is not a valid client_id.",
            AssertionFault.Subject => "The subject claim for client_assertion is not a valid client_id.",
            AssertionFault.Audience => "The audience claim for client_assertion must be the endpoint invoked for the request.",
            AssertionFault.NoExpiry => "The client_assertion must contain the 'exp' claim as seconds since epoch.",
            AssertionFault.Expired => "The client_assertion token is expired.",
            AssertionFault.TooLong => "The client_assertion token has an expiration too far into the future.",
            _ => "The client_assertion token has already been used.",
        };
        if (wrong is not null)
        {
            throw Invalid(wrong);
        }
    }

    /// <summary>
    /// The DPoP key that the token is to be bound to; a proof that comes unasked is taken too. It must not be the key that signs the
    /// assertion.
    /// </summary>
    private static string? KeyOfProof(ServerState state, IncomingRequest request, TokenClient client, string assertion)
    {
        if (state.Switches.Dpop == DpopMode.Off && request.Header("DPoP") is null)
        {
            return null;
        }

        string thumbprint = DpopProof.CheckAtTokenEndpoint(state, request);
        return thumbprint != Jws.Thumbprint(ClientAssertion.KeyOf(client, Jws.Parse(assertion)!)!)
            ? thumbprint
            : throw new Refused(400, "invalid_dpop_proof", "The DPoP proof JWT is invalid.");
    }

    /// <summary>
    /// The scopes asked for as far as they were granted to the app; a token with fewer is given out without a word (okta-sdk-golang#145).
    /// </summary>
    private static string[] Grant(IncomingRequest request, TokenClient client, string scope)
    {
        string[] asked = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (asked.Length == 0)
        {
            throw new Refused(400, "invalid_scope", "No scopes were requested.");
        }

        if (request.Route.ResourceId is not null)
        {
            // okta.* scopes are the org's alone: management, OAuth2ScopeConsentGrant.issuer.
            throw new Refused(400, "invalid_scope", "One or more scopes are not configured for the authorization server resource.");
        }

        string[] granted = [.. asked.Where(name => client.Scopes?.Contains(name) != false)];
        return granted.Length > 0
            ? granted
            : throw new Refused(400, "consent_required", "You are not allowed any of the requested scopes.");
    }

    /// <summary>As in the guide's example: <c>cid</c>, <c>scp</c>, and <c>cnf</c> when bound.</summary>
    private static JsonObject Payload(ServerState state, TokenClient client, string[] scopes, int lifetime, string? thumbprint)
    {
        long now = state.Now.ToUnixTimeSeconds();
        JsonObject payload = new()
        {
            ["ver"] = 1,
            ["jti"] = "AT." + RandomText.Make(43),
            ["iss"] = state.Origin,
            ["aud"] = state.Origin,
            ["sub"] = client.ClientId,
            ["iat"] = now,
            ["exp"] = now + lifetime,
            ["cid"] = client.ClientId,
            ["scp"] = new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]),
        };
        if (thumbprint is not null)
        {
            payload["cnf"] = new JsonObject { ["jkt"] = thumbprint };
        }

        return payload;
    }

    private static Refused Invalid(string description) => new(401, "invalid_client", description) { Scheme = "Basic" };
}
