using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>Takes pushed authorization requests (RFC 9126), which nothing comes after.</summary>
internal static class PushEndpoint
{
    public static Answer Answer(ServerState state, IncomingRequest request)
    {
        Dictionary<string, StringValues> form = QueryHelpers.ParseQuery(request.Body);
        RegisteredClient client =
            TokenEndpoint.Authenticate(state, request, form)
            ?? throw new Refused(400, "unauthorized_client", "the client has no redirect URI");
        if (!MetadataRules.List(client.Metadata, "response_types").Contains(form.GetValueOrDefault("response_type").ToString()))
        {
            throw new Refused(400, "unauthorized_client", "the response type is not registered");
        }

        if (!MetadataRules.List(client.Metadata, "redirect_uris").Contains(form.GetValueOrDefault("redirect_uri").ToString()))
        {
            throw new Refused(400, "invalid_request", "the redirect URI is not registered");
        }

        if (form.GetValueOrDefault("code_challenge_method") != "S256" || form.GetValueOrDefault("code_challenge").ToString().Length != 43)
        {
            throw new Refused(400, "invalid_request", "PKCE with S256 is needed");
        }

        TokenEndpoint.CheckScope(client, form);
        return Hosting
            .Answer.Json(
                201,
                new JsonObject { ["request_uri"] = $"urn:ietf:params:oauth:request_uri:{RandomText.AccessToken()}", ["expires_in"] = 60 }
            )
            .WithHeader("Cache-Control", "no-store");
    }
}
