using System;
using System.Text;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Tokens;

/// <summary>Lets a request in, or not.</summary>
internal static class AccessGuard
{
    /// <summary>Judges the token that a registration comes with (RFC 7591 section 3).</summary>
    /// <returns>The token, to be counted once the client exists; null where registration is open.</returns>
    public static string? ForRegistration(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        return switches.InitialToken is null && switches.TokenClient is null && switches.BasicUser is null
            ? null
            : RequireAccessToken(state, request);
    }

    /// <summary>Judges the token that a client is managed with (RFC 7592 section 2).</summary>
    public static RegisteredClient ForManagement(ServerState state, IncomingRequest request)
    {
        string clientId = request.Route.ClientId!;
        if (state.Switches.ManagementToken == ManagementToken.AccessToken)
        {
            RequireAccessToken(state, request);
            return state.Clients.Find(clientId) ?? throw Unknown(state.Switches);
        }

        string token = request.Token("Bearer") ?? throw MissingToken(state.Switches);
        if (state.Switches.ManagementToken == ManagementToken.ClientToken)
        {
            return state.Tokens.Find(token) is { } issued && issued.ClientId == clientId && !HasExpired(state, token, issued)
                ? state.Clients.Find(clientId) ?? throw Unknown(state.Switches)
                : throw Refused.Token("the access token is not the client's own");
        }

        RegisteredClient? owner = state.Clients.OwnerOf(token);
        if (owner is not null && owner.ClientId != clientId)
        {
            // As node-oidc-provider does: a token used with the wrong client counts as stolen.
            state.Clients.SetToken(owner, null);
            throw Refused.Token("client mismatch");
        }

        return owner
            ?? throw (
                state.Clients.Find(clientId) is null ? Unknown(state.Switches) : Refused.Token("the registration access token is invalid")
            );
    }

    /// <summary>Whether this is the initial access token, in any dialect.</summary>
    /// <exception cref="Refused">It is, and is no good any more.</exception>
    public static bool IsGoodInitialToken(ServerState state, string token)
    {
        Switches switches = state.Switches;
        if (token != switches.InitialToken)
        {
            return false;
        }

        return !switches.InitialTokenExpired && IsLeft(state.Tokens.UsesOf(token), switches.InitialTokenUses)
            ? true
            : throw Refused.Token(
                switches.InitialTokenExpired ? "the initial access token has expired" : "the initial access token is used up"
            );
    }

    /// <summary>Whether an access token is past its time or has registered as many clients as it may.</summary>
    public static bool HasExpired(ServerState state, string token, IssuedToken issued) =>
        issued.ExpiresAt <= state.Now || !IsLeft(state.Tokens.UsesOf(token), state.Switches.AccessTokenUses);

    private static string RequireAccessToken(ServerState state, IncomingRequest request)
    {
        Switches switches = state.Switches;
        if (switches.BasicUser is { } user)
        {
            return request.Token("Basic") == Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.UserName}:{user.Password}"))
                ? ""
                : throw new Refused(401, "unauthorized", "the user name or the password is wrong") { Scheme = "Basic" };
        }

        bool isDpop = switches.Dpop != DpopMode.Off;
        string? token = request.Token("Bearer") ?? (isDpop ? request.Token("DPoP") : null);
        if (token is null)
        {
            throw MissingToken(switches);
        }

        if (IsGoodInitialToken(state, token))
        {
            return token;
        }

        IssuedToken issued = state.Tokens.Find(token) ?? throw Refused.Token("the access token is unknown");
        if (HasExpired(state, token, issued))
        {
            throw Refused.Token("the access token has expired");
        }

        if (issued.KeyThumbprint is not null)
        {
            DpopProof.CheckAtResource(state, request, token, issued.KeyThumbprint);
        }

        return token;
    }

    private static bool IsLeft(int used, int? allowed) => allowed is null || used < allowed;

    private static Refused MissingToken(Switches switches) => new(401, "invalid_token", "no access token provided")
    {
        WithoutCredentials = true,
        Scheme = switches.Dpop == DpopMode.Off ? "Bearer" : "DPoP",
    };

    private static Refused Unknown(Switches switches) => switches.UnknownClient == UnknownClient.NotFound
        ? new Refused(404, "not_found", "the client does not exist")
        : Refused.Token("the client does not exist");
}
