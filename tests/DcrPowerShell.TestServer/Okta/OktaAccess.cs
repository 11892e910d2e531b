using System.Linq;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;
using DcrPowerShell.TestServer.Tokens;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>Lets a call in, or not: by API token (scheme SSWS) or by an OAuth token of the org with the operation's scope.</summary>
internal static class OktaAccess
{
    /// <returns>The token to count where it registers a client; null for an API token.</returns>
    public static string? Require(ServerState state, IncomingRequest request)
    {
        OktaSwitches switches = state.Switches.Okta;
        string scope = ScopeOf(request.Route.Operation);
        if (request.Token("SSWS") is { } apiToken)
        {
            bool isAllowed =
                apiToken == switches.ApiToken ? switches.ApiTokenScopes?.Contains(scope) != false : throw OktaErrors.InvalidToken();
            return isAllowed ? null : throw OktaErrors.Denied();
        }

        string token = request.Token("Bearer") ?? request.Token("DPoP") ?? throw OktaErrors.InvalidSession();
        bool isOther =
            (request.Route.Operation == Operation.Register && AccessGuard.IsGoodInitialToken(state, token))
            || OwnsClient(state, request, token);
        if (!isOther)
        {
            CheckOauthToken(state, request, token, scope);
        }

        return token;
    }

    /// <summary>What the operations' security says in oauth and management.</summary>
    private static string ScopeOf(Operation operation) => operation switch
    {
        Operation.Register => "okta.clients.register",
        Operation.Read or Operation.List => "okta.clients.read",
        Operation.ListSecrets or Operation.ReadSecret => "okta.apps.read",
        Operation.CreateSecret or Operation.ActivateSecret or Operation.DeactivateSecret or Operation.DeleteSecret => "okta.apps.manage",
        Operation.ListGrants => "okta.appGrants.read",
        Operation.ListRoles => "okta.roles.read",
        _ => "okta.clients.manage",
    };

    /// <summary>
    /// Whether this is the named client's registration access token; there are none unless <see cref="OktaSwitches.RegistrationToken"/> is
    /// on.
    /// </summary>
    private static bool OwnsClient(ServerState state, IncomingRequest request, string token) =>
        request.Route.Operation is Operation.Read or Operation.Update or Operation.Delete or Operation.NewSecret
        && state.Clients.OwnerOf(token)?.ClientId == request.Route.ClientId;

    private static void CheckOauthToken(ServerState state, IncomingRequest request, string token, string scope)
    {
        if (state.Tokens.Find(token) is not { } issued || AccessGuard.HasExpired(state, token, issued))
        {
            Refused invalid = OktaErrors.InvalidToken();
            invalid.Headers["WWW-Authenticate"] = Challenge(state, request, scope, "invalid_token", "The access token is invalid.");
            throw invalid;
        }

        if (issued.KeyThumbprint is not null)
        {
            DpopProof.CheckAtResource(state, request, token, issued.KeyThumbprint, status: 400);
        }
        else if (request.Token("DPoP") is not null)
        {
            throw new Refused(401, "invalid_token", "The presented access_token is not DPoP bound.") { Scheme = "DPoP" };
        }

        if (!issued.Scopes.Contains(scope))
        {
            Refused denied = state.Switches.Okta.ScopeRefusal == OktaScopeRefusal.Body
                ? OktaErrors.Denied()
                : new Refused(403, "insufficient_scope", null) { Body = [] };
            denied.Headers["WWW-Authenticate"] =
                Challenge(state, request, scope, "insufficient_scope", "The access token provided does not contain the required scopes.");
            throw denied;
        }
    }

    /// <summary>As seen in okta-sdk-golang#145.</summary>
    private static string Challenge(ServerState state, IncomingRequest request, string scope, string error, string description) =>
        $"Bearer authorization_uri=\"{state.Origin}/oauth2/v1/authorize\", realm=\"{state.Origin}\", scope=\"{scope}\", "
        + $"error=\"{error}\", error_description=\"{description}\", resource=\"{request.Path}\"";
}
