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
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        string? own = Authenticate(state, request, form);
        if (form.GetValueOrDefault("grant_type") != "client_credentials")
        {
            throw new Refused(400, "unsupported_grant_type", "only client_credentials is supported");
        }

        string? thumbprint = switches.Dpop == DpopMode.Off ? null : DpopProof.CheckAtTokenEndpoint(state, request);
        int lifetime = switches.AccessTokenSeconds ?? 3600;
        string token = RandomText.AccessToken();
        state.Tokens.Add(token, new IssuedToken(state.Now.AddSeconds(lifetime), thumbprint, []) { ClientId = own });
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

    /// <summary>The registered client that it is, where clients get tokens for themselves; null for the token client.</summary>
    private static string? Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form)
    {
        RegisteredClient? own =
            state.Switches.ManagementToken == ManagementToken.ClientToken ? state.Clients.Find(IdOf(request, form)) : null;
        Authenticate(state, request, form, own is null ? state.Switches.TokenClient : AsTokenClient(own, request));
        return own?.ClientId;
    }

    private static string IdOf(IncomingRequest request, Dictionary<string, StringValues> form) => SecretOf(request, form).Id;

    private static TokenClient AsTokenClient(RegisteredClient client, IncomingRequest request)
    {
        string? method = client.Metadata["token_endpoint_auth_method"].Text();
        return new TokenClient
        {
            ClientId = client.ClientId,
            ClientSecret = method == "private_key_jwt" ? null : client.Secret,
            Jwks = client.Metadata["jwks"]?.AsObject(),
            TlsCertificate = method is "tls_client_auth" or "self_signed_tls_client_auth" ? request.ClientCertificate : null,
        };
    }

    private static void Authenticate(ServerState state, IncomingRequest request, Dictionary<string, StringValues> form, TokenClient? known)
    {
        TokenClient client = known ?? throw Invalid("there is no such client");
        if (form.GetValueOrDefault("client_assertion_type") == ClientAssertion.Type)
        {
            CheckAssertion(state, client, form.GetValueOrDefault("client_assertion").ToString());
            return;
        }

        (string id, string secret) = SecretOf(request, form);
        if (client.TlsCertificate is not null && id == client.ClientId && request.ClientCertificate == client.TlsCertificate)
        {
            return;
        }

        if (client.ClientSecret is null || id != client.ClientId || secret != client.ClientSecret)
        {
            throw Invalid("client authentication failed");
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
        string? wrong = ClientAssertion.Check(state, client, assertion, [tokenEndpoint, state.Issuer], maxSeconds: 3600) switch
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
