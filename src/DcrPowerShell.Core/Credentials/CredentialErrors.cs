using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Credentials;

/// <summary>What is wrong with a credential, and what a token endpoint refuses.</summary>
internal static class CredentialErrors
{
    public static DcrException TokenRefused(Uri endpoint, ServerError server, string scope) =>
        server.Code switch
        {
            "invalid_scope" or "consent_required" => DcrException.Answered(
                DcrErrorId.InsufficientScope,
                server,
                $"{endpoint.Authority} gives this credential no access token{(scope.Length == 0 ? "" : $" for '{scope}'")} "
                    + $"({server.Code}).",
                scope.Length == 0
                    ? "Name the scope that registering clients needs there: Connect-DcrServer -Scope."
                    : $"At {endpoint.Authority}, grant {scope} to the client that you connect with; or name other scopes with "
                        + "Connect-DcrServer -Scope."
            ),
            "invalid_dpop_proof" or "use_dpop_nonce" => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                $"{endpoint.Authority} gives access tokens only with a proof that it accepts ({server.Code}, DPoP).",
                "Connect without -DPoP Never. If it was not given, check this machine's clock: Test-DcrServer compares it with the "
                    + "server's."
            ),
            "unauthorized_client" => DcrException.Answered(
                DcrErrorId.UnauthorizedClient,
                server,
                $"{endpoint.Authority} does not let this client get a token for itself (unauthorized_client).",
                "Allow the grant type client_credentials for the client that you connect with."
            ),
            _ when server.Status == 429 => RefusalErrors.RateLimited(server, TimeSpan.Zero),
            _ when server.Status is >= 300 and < 400 => ProtocolErrors.NotConformant(
                endpoint,
                $"asked for an access token, it redirects (HTTP {server.Status}), and a credential follows no redirect",
                server
            ),
            _ when server.Status >= 500 => RefusalErrors.Unavailable(server, endpoint),
            _ => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                $"{endpoint.Authority} gives this credential no access token ({CodeOf(server)}).",
                "Check the client id, its secret or key, and the authentication method that the server expects of it."
            ),
        };

    public static DcrException NoTokenEndpoint() =>
        new(
            DcrErrorId.DiscoveryFailed,
            "The server's metadata names no token endpoint, so a client credential cannot get a token.",
            "Connect by the issuer rather than by -RegistrationEndpoint, or get a token elsewhere and connect with -InitialAccessToken."
        );

    public static DcrException BadUserName() =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            "-Credential: HTTP Basic (RFC 7617, section 2) takes no user name that is empty or has a colon, and no control characters in "
                + "user name and password.",
            "Check the user name and the password. At some servers the user name has a domain: admin@example.com."
        );

    /// <param name="why">"its client secret is not known here".</param>
    public static DcrException NoClientToken(string clientId, string why, string fix) =>
        DcrException.Unsent(
            DcrErrorId.UnauthorizedClient,
            $"Client '{clientId}' cannot get an access token for itself: {why}.",
            fix
        );

    /// <summary>RFC 6749, section 5.2, has invalid_client for a client that the server does not know, too.</summary>
    public static DcrException ClientSecretRefused(Uri endpoint, ServerError server, string clientId) =>
        new(
            DcrErrorId.AccessTokenRejected,
            $"{endpoint.Authority} gives client '{clientId}' no access token (invalid_client). Either the client is gone from the server, "
                + $"or its secret was replaced elsewhere: the answer is the same.{Said(server)}",
            "If another machine changed this client, its store has the new secret. If the client is gone, Repair-DcrClient "
                + "registers it again, and Remove-DcrClient -StoreOnly drops what is kept of it."
        )
        {
            ServerError = server,
            IsClientGone = true,
            IsOwnTokenRefused = true,
        };

    /// <summary>The key or certificate is the connection's: were it the wrong one, every client would look gone.</summary>
    /// <param name="proof">"key" or "certificate".</param>
    public static DcrException ClientProofRefused(Uri endpoint, ServerError server, string clientId, string proof) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"{endpoint.Authority} gives client '{clientId}' no access token (invalid_client). Either the client is gone from the server, "
                + $"or the {proof} of this connection is not the client's.",
            $"Connect again with the client's own {proof}. If the client is gone, Remove-DcrClient -StoreOnly drops what is kept of it."
        );

    public static DcrException UnusableRegistrationToken() =>
        DcrException.Unsent(
            DcrErrorId.ResponseNotConformant,
            "The registration access token that the server gave this client has a character that no bearer token has (RFC 6750, section "
                + "2.1).",
            "Manage this client in the server's own administration, and tell the server's operator."
        );

    public static DcrException BadToken(string parameter) =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            $"-{parameter}: the token is empty or has a space, a line break or another character that no bearer token has (RFC 6750, "
                + "section 2.1).",
            "Give the token alone, without quotes, 'Bearer' or a line break."
        );

    public static DcrException UnusableAccessToken(Uri uri) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri.Authority}: its access_token is not used, because it has a space, a line break or another character that no bearer "
                + "token has (RFC 6750, section 2.1).",
            "Check that the token endpoint is the authorization server's own, and tell the server's operator."
        );
}
