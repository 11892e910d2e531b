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

/// <summary>
/// A token endpoint for the client credentials grant (RFC 6749 section 4.4), with secrets or private_key_jwt (RFC 7523). Of the
/// authorization code grant, every code is wrong.
/// </summary>
internal static class TokenEndpoint
{
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        RegisteredClient? client = Authenticate(state, request, form);
        bool managesItself = switches.ManagementToken == ManagementToken.ClientToken;
        CheckGrant(managesItself ? null : client, form);
        bool isBound = switches.Dpop != DpopMode.Off || client?.Metadata["dpop_bound_access_tokens"]?.GetValue<bool>() == true;
        string? thumbprint = isBound ? DpopProof.CheckAtTokenEndpoint(state, request) : null;
        int lifetime = switches.AccessTokenSeconds ?? 3600;
        string token = RandomText.AccessToken();
        if (client is null || managesItself)
        {
            state.Tokens.Add(token, new IssuedToken(state.Now.AddSeconds(lifetime), thumbprint, []) { ClientId = client?.ClientId });
        }

        JsonObject body = new()
        {
            ["access_token"] = token,
            ["token_type"] = thumbprint is null ? "Bearer" : "DPoP",
            ["expires_in"] = lifetime,
        };
        if (form.TryGetValue("scope", out StringValues scope))
        {
            body["scope"] = scope.ToString();
        }

        return Hosting.Answer.Json(200, body).WithHeader("Cache-Control", "no-store");
    }

    /// <summary>
    /// Identifier and secret, in the Authorization header or in the form (RFC 6749 section 2.3.1); empty where they are absent.
    /// </summary>
    public static (string Id, string Secret) SecretOf(IncomingRequest request, Dictionary<string, StringValues> form) =>
        request.Token("Basic") is { } basic
            ? Split(basic)
            : (form.GetValueOrDefault("client_id").ToString(), form.GetValueOrDefault("client_secret").ToString());

    /// <summary>Finds out who asks, in the one way that the client registered.</summary>
    /// <returns>Null for the client of the switches.</returns>
    public static RegisteredClient? Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form)
    {
        (string id, string secret) = SecretOf(request, form);
        string assertion = form.GetValueOrDefault("client_assertion_type") == ClientAssertion.Type
            ? form.GetValueOrDefault("client_assertion").ToString()
            : "";
        if (state.Clients.Find(id) is { } registered)
        {
            JsonObject metadata = registered.Metadata;
            bool isInHeader = request.Token("Basic") is not null;
            switch ((string)metadata["token_endpoint_auth_method"]!)
            {
                case "none":
                case "client_secret_basic" when isInHeader && secret == registered.Secret:
                case "client_secret_post" when !isInHeader && secret == registered.Secret:
                    return registered;
                case "tls_client_auth" or "self_signed_tls_client_auth" when request.ClientCertificate is not null:
                    return registered;
                case "private_key_jwt" when assertion.Length > 0:
                    CheckAssertion(state, new TokenClient { ClientId = id, Jwks = metadata["jwks"] as JsonObject }, assertion);
                    return registered;
                default:
                    throw Invalid("client authentication failed");
            }
        }

        TokenClient client = state.Switches.TokenClient ?? throw Invalid("there is no such client");
        if (assertion.Length > 0)
        {
            CheckAssertion(state, client, assertion);
        }
        else if (
            id != client.ClientId
            || (
                (client.ClientSecret is null || secret != client.ClientSecret)
                && (client.TlsCertificate is null || request.ClientCertificate != client.TlsCertificate)
            )
        )
        {
            throw Invalid("client authentication failed");
        }

        return null;
    }

    /// <summary>A scope beyond the registered one is refused (RFC 6749 section 5.2).</summary>
    public static void CheckScope(RegisteredClient client, Dictionary<string, StringValues> form)
    {
        string[] registered = ((string?)client.Metadata["scope"] ?? "").Split(' ');
        if (form.TryGetValue("scope", out StringValues scope) && scope.ToString().Split(' ').Except(registered).Any())
        {
            throw new Refused(400, "invalid_scope", "the scope is not granted to this client");
        }
    }

    private static void CheckGrant(RegisteredClient? client, Dictionary<string, StringValues> form)
    {
        string grant = form.GetValueOrDefault("grant_type").ToString();
        if (grant != "client_credentials" && (grant != "authorization_code" || client is null))
        {
            throw new Refused(400, "unsupported_grant_type", "the grant type is not supported");
        }

        if (client is not null && !MetadataRules.List(client.Metadata, "grant_types").Contains(grant))
        {
            throw new Refused(400, "unauthorized_client", "the client may not use this grant type");
        }

        if (grant == "authorization_code")
        {
            throw new Refused(400, "invalid_grant", "the code is not valid");
        }

        if (client is not null)
        {
            CheckScope(client, form);
        }
    }

    /// <summary>Both parts are form-encoded before they are joined.</summary>
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
        string tokenEndpoint = state.BaseUrl + StandardRoutes.TokenPath;
        string[] audiences = state.Switches.AssertionsForIssuerOnly ? [state.Issuer] : [tokenEndpoint, state.Issuer];
        string? wrong = ClientAssertion.Check(state, client, assertion, audiences, maxSeconds: 3600) switch
        {
            AssertionFault.None => null,
            AssertionFault.NotAJwt => "the client assertion is not a JWT",
            AssertionFault.Signature => "the client assertion's signature is not valid",
            AssertionFault.Issuer or AssertionFault.Subject => "iss and sub of the client assertion must be the client_id",
            AssertionFault.Audience => "the audience of the client assertion must be the token endpoint or the issuer",
            AssertionFault.Used => "the client assertion has already been used",
            _ => "exp of the client assertion must lie within the next hour",
        };
        if (wrong is not null)
        {
            throw Invalid(wrong);
        }
    }

    private static Refused Invalid(string description) => new(401, "invalid_client", description) { Scheme = "Basic" };
}
