using System;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Protocol;

/// <summary>A token or credential that the server does not accept, or that allows too little there.</summary>
internal static class AuthorizationErrors
{
    public static DcrException RegistrationTokenMissing(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"The server registers clients only with an initial access token (HTTP {server.Status}).",
            "Get an initial access token from the server's operator. Then connect with -InitialAccessToken, or give it to New-DcrClient "
                + "-InitialAccessToken for one registration."
        );

    public static DcrException InitialTokenRejected(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"The server rejected the initial access token (HTTP {server.Status}): it is wrong, expired or used up.",
            "Get a fresh one, which may be good for one registration only. Then connect again with -InitialAccessToken, "
                + "or give it to New-DcrClient -InitialAccessToken."
        );

    /// <summary>
    /// By RFC 7592, section 2.1, 401 is for a client that is gone, too. Authlib answers 400 to a token that it does not know; 403 does not
    /// say which it is.
    /// </summary>
    public static DcrException OwnTokenRejected(ServerError server, string clientId) =>
        server.Status is not (400 or 401)
            ? new(
                DcrErrorId.AccessTokenRejected,
                $"The server does not let client '{clientId}' be managed with its registration access token ({Status(server)}): it rejects "
                    + $"the token, or allows less than was asked for.{Said(server)}",
                "Use the server's own administration for this. If the client is gone there, Remove-DcrClient -StoreOnly drops what is kept "
                    + "of it."
            )
            {
                ServerError = server,
                IsOwnTokenRefused = true,
            }
            : new(
                DcrErrorId.AccessTokenRejected,
                $"The server rejected the registration access token of client '{clientId}' ({Status(server)}). Either the client is gone "
                    + "from the server, or its token was replaced by a change made elsewhere or has expired: the answer is the "
                    + $"same.{Said(server)}",
                "If another machine changed this client, its store has the new token. If the client is gone, Repair-DcrClient registers it "
                    + "again, and Remove-DcrClient -StoreOnly drops what is kept of it."
            )
            {
                ServerError = server,
                IsClientGone = true,
                IsOwnTokenRefused = true,
            };

    /// <summary>After a refusal a fresh token was got, which a client that is gone could not do.</summary>
    public static DcrException ClientTokenRejected(ServerError server, string clientId) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"The server gave client '{clientId}' an access token, and does not let it be managed with that ({Status(server)}).",
            "Connect again with -Scope, and the scope that the server wants for this. If it has none, use its own administration."
        );

    /// <param name="kind">The parameter of Connect-DcrServer that the credential came by; null where that does not matter.</param>
    public static DcrException CredentialRejected(ServerError server, string? kind = null) =>
        kind switch
        {
            "ClientCredential" or "PrivateKey" or "TlsCertificate" => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                $"The server rejected the access token that this connection got (HTTP {server.Status}), and a fresh one too.",
                "The token may be meant for another API or lack a scope: name them with Connect-DcrServer -Audience and -Scope. Check that "
                    + "the client you connect with may register clients."
            ),
            "Credential" => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                "The server rejected the user name and password of this connection (HTTP 401).",
                "Check them and connect again with -Credential. At some servers the user name has a domain: admin@example.com."
            ),
            "ApiToken" => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                $"Okta rejected the API token (HTTP {server.Status}): it is wrong, expired or revoked.",
                "Create a new one in the Admin Console (Security, API, Tokens) and connect again with -ApiToken. A token expires when it "
                    + "was not used for 30 days, and goes with the account of its administrator."
            ),
            _ => DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                $"The server rejected the credential of this connection (HTTP {server.Status}): it is wrong, expired or revoked.",
                $"Get a fresh token and connect again{(kind is null ? "" : $" with -{kind}")}."
            ),
        };

    public static DcrException UnauthorizedClient(ServerError server, Uri endpoint, bool hasCredential) =>
        DcrException.Answered(
            DcrErrorId.UnauthorizedClient,
            server,
            $"{endpoint.Authority} "
                + (hasCredential ? "does not let this credential do that" : "wants a credential for that, and none was sent")
                + " (unauthorized_client).",
            hasCredential
                ? $"{Grant(server, endpoint)}, or connect with the credential of one that may."
                : "Connect with -InitialAccessToken, which the server's operator gives; or with -ClientCredential of a client that may "
                    + "register others."
        );

    public static DcrException InsufficientScope(ServerError server, Uri endpoint) =>
        DcrException.Answered(
            DcrErrorId.InsufficientScope,
            server,
            server.RequiredScope.Count == 0
                ? "The token lacks a scope (insufficient_scope)."
                : $"The token lacks a scope (insufficient_scope): {endpoint.Authority} wants "
                    + $"{string.Join(" ", server.RequiredScope)}.",
            $"{Grant(server, endpoint)}. Then connect again, with -Scope or with a new token that has it."
        );

    public static DcrException Forbidden(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"The server forbids it ({Status(server)}).",
            "Ask the server's operator which clients may be registered, from where, and how many."
        );

    public static DcrException ForbiddenWithoutToken(ServerError server) =>
        DcrException.Answered(
            server.RequiredScope.Count > 0 ? DcrErrorId.InsufficientScope : DcrErrorId.RegistrationForbidden,
            server,
            $"The server forbids it ({Status(server)}), and no token was sent"
                + (server.RequiredScope.Count > 0 ? $": it wants one with the scope {string.Join(" ", server.RequiredScope)}." : "."),
            "Ask the server's operator whether registration takes an initial access token (Connect-DcrServer -InitialAccessToken), and "
                + "which clients may be registered without one."
        );

    public static DcrException KeycloakPolicyForbids(ServerError server, bool hasToken) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"A client registration policy of Keycloak forbids it ({Status(server)}).",
            hasToken
                ? "In Keycloak's admin console, see Clients > Client registration > Authenticated access policies: the policy named above "
                    + "decides, not the token."
                : "Connect with -InitialAccessToken, which is judged by other policies. Or, in Keycloak's admin console, change the policy "
                    + "named above: Clients > Client registration > Anonymous access policies."
        );

    private static string Grant(ServerError server, Uri endpoint) =>
        server.RequiredScope.Count == 0
            ? $"At {endpoint.Authority}, grant the client that you connect with the scope that registering clients needs there (the server "
                + "does not name it)"
            : $"At {endpoint.Authority}, grant {string.Join(" ", server.RequiredScope)} to the client that you connect with";
}
