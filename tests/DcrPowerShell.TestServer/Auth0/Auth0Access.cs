using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>Lets a call to the Management API in, or not.</summary>
internal static class Auth0Access
{
    /// <summary>Judges the token and its scopes.</summary>
    /// <returns>The scopes that the token has.</returns>
    public static IReadOnlyList<string> Require(ServerState state, IncomingRequest request)
    {
        string token = request.Token("Bearer") ?? throw Auth0Errors.NoToken();
        IssuedToken issued = (token == StaticToken(state) ? OfStatic(state) : state.Tokens.Find(token)) ?? throw Auth0Errors.InvalidToken();
        if (issued.ExpiresAt <= state.Now)
        {
            throw Auth0Errors.InvalidToken("Expired token received for JSON Web Token validation");
        }

        string[] expected = Auth0Scopes.For(request.Route.Operation);
        return expected.Any(issued.Scopes.Contains) ? issued.Scopes : throw Auth0Errors.InsufficientScope(expected);
    }

    /// <summary>The token that <see cref="Auth0Switches.ManagementToken"/> asks for; null if it asks for none.</summary>
    public static string? StaticToken(ServerState state)
    {
        if (state.Switches.Auth0.ManagementToken is not { } wanted)
        {
            return null;
        }

        IssuedToken issued = OfStatic(state)!;
        return wanted.Value ?? ShownJwt.Make(Payload(state, "static", issued.Scopes, state.Tenant.StartedAt, issued.ExpiresAt));
    }

    /// <summary>The claims of a Management API token (docs, secure/tokens/access-tokens/management-api-access-tokens).</summary>
    public static JsonObject Payload(
        ServerState state,
        string clientId,
        IReadOnlyList<string> scopes,
        DateTimeOffset from,
        DateTimeOffset to
    ) =>
        new()
        {
            ["iss"] = state.Origin + "/",
            ["sub"] = clientId + "@clients",
            ["aud"] = Audience(state),
            ["iat"] = from.ToUnixTimeSeconds(),
            ["exp"] = to.ToUnixTimeSeconds(),
            ["scope"] = string.Join(' ', scopes),
            ["gty"] = "client-credentials",
            ["azp"] = clientId,
        };

    /// <summary>The Management API's identifier.</summary>
    public static string Audience(ServerState state) => state.Origin + Auth0Routes.ApiPath;

    private static IssuedToken? OfStatic(ServerState state) => state.Switches.Auth0.ManagementToken is { } wanted
        ? new IssuedToken(state.Tenant.StartedAt.AddSeconds(wanted.ExpiresInSeconds), null, wanted.Scopes ?? Auth0Scopes.All)
        : null;
}
