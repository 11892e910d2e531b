using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// The token endpoint of UDAP JWT-Based Client Authentication, with what HL7's guide demands (UDAP Security STU 2, b2b.md): client
/// credentials. Every code and every refresh token is wrong.
/// </summary>
internal static class UdapTokenEndpoint
{
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        CheckForm(request, form);
        string grant = form.GetValueOrDefault("grant_type").ToString();
        (RegisteredClient client, JsonObject claims) = Authenticate(state, form.GetValueOrDefault("client_assertion").ToString());
        if (!MetadataRules.List(client.Metadata, "grant_types").Contains(grant))
        {
            throw new Refused(400, "unauthorized_client", "the client may not use this grant type");
        }

        if (grant != "client_credentials")
        {
            throw new Refused(400, "invalid_grant", "the code or the refresh token is not valid");
        }

        if (B2bFault(claims["extensions"], state.Switches.Udap!.RequireB2b) is { } fault)
        {
            throw new Refused(400, "invalid_grant", $"extension {UdapMetadata.B2b}: {fault}");
        }

        if (!form.TryGetValue("scope", out StringValues scope))
        {
            throw new Refused(400, "invalid_request", "scope is missing");
        }

        TokenEndpoint.CheckScope(client, form);
        JsonObject body = new()
        {
            ["access_token"] = RandomText.AccessToken(),
            ["token_type"] = "Bearer",
            ["expires_in"] = state.Switches.AccessTokenSeconds ?? 3600,
            ["scope"] = scope.ToString(),
        };
        return Hosting.Answer.Json(200, body).WithHeader("Cache-Control", "no-store");
    }

    /// <summary>b2b.md, "Submitting a token request".</summary>
    private static void CheckForm(IncomingRequest request, Dictionary<string, StringValues> form)
    {
        string grant = form.GetValueOrDefault("grant_type").ToString();
        string? wrong =
            request.Header("Content-Type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true
                ? "the body must be a form"
            : request.Header("Authorization") is not null || form.ContainsKey("client_secret")
                ? "there must be no Authorization header and no client_secret"
            : form.GetValueOrDefault("udap") != "1" ? "udap must be 1"
            : form.GetValueOrDefault("client_assertion_type") != ClientAssertion.Type
                ? $"client_assertion_type must be {ClientAssertion.Type}"
            : null;
        if (wrong is not null)
        {
            throw new Refused(400, "invalid_request", wrong);
        }

        if (grant is not ("client_credentials" or "authorization_code" or "refresh_token"))
        {
            throw new Refused(400, "unsupported_grant_type", "the grant type is not supported");
        }
    }

    /// <summary>b2b.md, "Constructing Authentication Token".</summary>
    private static (RegisteredClient Client, JsonObject Claims) Authenticate(ServerState state, string assertion)
    {
        try
        {
            UdapJwt jwt = UdapJwt.Read(state, assertion);
            if (state.Clients.Find(jwt.Claims["iss"].Text() ?? "") is not { Udap: { } identity } client)
            {
                throw new UdapJwtException("iss is no client_id of this server");
            }

            if (identity.Community != jwt.Community.Uri || !jwt.Uris.Contains(identity.Uri))
            {
                throw new UdapJwtException("its certificate is not that of the registered client");
            }

            jwt.Use(state, client.ClientId, audience: state.BaseUrl + UdapRoutes.TokenPath);
            return (client, jwt.Claims);
        }
        catch (UdapJwtException e)
        {
            throw new Refused(401, "invalid_client", "client_assertion: " + e.Message);
        }
    }

    /// <summary>b2b.md, "B2B Authorization Extension Object".</summary>
    private static string? B2bFault(JsonNode? extensions, bool isRequired)
    {
        if (extensions is not (null or JsonObject))
        {
            return "extensions is not an object";
        }

        if (extensions?[UdapMetadata.B2b] is not { } extension)
        {
            return isRequired ? "it is required" : null;
        }

        bool hasPurposes = (extension as JsonObject)?["purpose_of_use"] is JsonArray { Count: > 0 } purposes
            && purposes.Texts().Count == purposes.Count;
        return extension is not JsonObject b2b ? "it is not an object"
            : b2b["version"].Text() != "1" ? "version must be \"1\""
            : !Uri.TryCreate(b2b["organization_id"].Text(), UriKind.Absolute, out _) ? "organization_id must be a URI"
            : !hasPurposes ? "purpose_of_use must be an array of strings"
            : null;
    }
}
