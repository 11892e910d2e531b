using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Protocol;

/// <summary>What a server refuses, and answers that break the protocol.</summary>
internal static class ProtocolErrors
{
    public static DcrException InvalidRedirectUri(string uri, string why, string fix) =>
        DcrException.Unsent(
            DcrErrorId.InvalidRedirectUri,
            $"Redirect URI '{uri}' {why}.",
            $"{fix} -SkipValidation leaves the judging to the server.",
            member: "redirect_uris"
        );

    public static DcrException BrokenRule(string member, string why, string fix) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"{member} {why}.",
            $"{fix} -SkipValidation leaves the judging to the server.",
            member: member
        );

    /// <summary>No switch lets it pass, so none is named.</summary>
    public static DcrException KeysNotPublic(string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"jwks {why}.", fix, member: "jwks");

    /// <param name="refused">Why servers would refuse it.</param>
    public static DcrException DocumentRefused(DcrCheck refused) =>
        new(
            DcrErrorId.InvalidClientMetadata,
            $"Servers would refuse the document. {refused.Found}",
            refused.RecommendedAction!
        );

    public static DcrException ProxyRefused(Uri uri) =>
        DcrException.Unsent(
            DcrErrorId.ConnectionFailed,
            $"The proxy on the way to {uri.Authority} wants authentication (HTTP 407).",
            "Connect with the proxy's user name and password in its address, -Proxy http://user:password@host:port; or with another proxy, "
                + "which takes this account's own sign-in."
        );

    public static DcrException RegistrationOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        new(
            DcrErrorId.OutcomeUnknown,
            $"The registration was sent to {uri.Authority}, and {what}. The server may have registered the client, so it was not sent "
                + $"again.{Said(server)}",
            "Find-DcrOrphan looks for the client where the server can be asked, and says what to look for elsewhere. Do that before you "
                + "register again.",
            inner
        )
        {
            ServerError = server,
        };

    public static DcrException ChangeOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        new(
            DcrErrorId.OutcomeUnknown,
            $"The change was sent to {uri.Authority}, and {what}. The server may have made it.{Said(server)}",
            "Run Get-DcrClient for this client: if it answers, the stored token still holds and the change can be repeated.",
            inner
        )
        {
            ServerError = server,
        };

    /// <param name="member">Where it stands: redirect_uris, or post_logout_redirect_uris.</param>
    /// <param name="uris">Those in question; none where nobody knows which.</param>
    /// <param name="advice">What looks wrong with them; null for the rules of servers in general.</param>
    public static DcrException RedirectUriRefused(ServerError server, string member, IEnumerable<string> uris, string? advice) =>
        new(
            DcrErrorId.InvalidRedirectUri,
            "The server does not accept "
                + $"{(uris.Any() ? $"redirect URI {string.Join(", ", uris.Select(uri => $"'{uri}'"))}" : "a redirect URI")} "
                + $"({CodeOf(server)}).{Said(server)}",
            advice
                ?? "Compare it with the server's rules: exact https URLs, loopback addresses only for native applications. Where there are "
                    + "several, try them one by one. A client that needs no redirects may have to say so: -ResponseType @()."
        )
        {
            ServerError = server,
            Member = member,
        };

    /// <param name="member">The one that the server names; null where it names none that was sent.</param>
    public static DcrException MetadataRefused(ServerError server, string? member) =>
        member is null
            ? new(
                DcrErrorId.InvalidClientMetadata,
                $"The server does not accept the client metadata ({CodeOf(server)}).{Said(server)}",
                server.Description is null
                    ? "The server gives no reason: leave out members one by one, or ask its operator. It may support less than was asked "
                        + "for."
                    : "Change, add or leave out the member that the server names. It may support less than was asked for."
            )
            {
                ServerError = server,
            }
            : new(
                DcrErrorId.InvalidClientMetadata,
                $"The server does not accept {member} ({CodeOf(server)}).{Said(server)}",
                $"Change {member}, or leave it out: the server may support less than was asked for."
            )
            {
                ServerError = server,
                Member = member,
            };

    public static DcrException SoftwareStatementRefused(ServerError server, bool unapproved) =>
        unapproved
            ? new(
                DcrErrorId.UnapprovedSoftwareStatement,
                $"The server does not approve this software statement (unapproved_software_statement).{Said(server)}",
                "Ask the server's operator which issuers of software statements it trusts."
            )
            {
                ServerError = server,
                Member = "software_statement",
            }
            : new(
                DcrErrorId.InvalidSoftwareStatement,
                $"The server finds the software statement invalid (invalid_software_statement).{Said(server)}",
                "Check the statement's signature, expiry and audience; get a fresh one from its issuer."
            )
            {
                ServerError = server,
                Member = "software_statement",
            };

    public static DcrException StatementExpired(DateTimeOffset end) =>
        new(
            DcrErrorId.InvalidSoftwareStatement,
            $"The software statement expired at {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. Nothing was registered.",
            "Get a fresh one from its issuer: -SoftwareStatement { ... } calls a script block for each client when its turn comes. If this "
                + "machine's clock is wrong, set it, or leave the judging to the server: -SkipValidation."
        )
        {
            Member = "software_statement",
        };

    /// <summary>Brazil's and Australia's rules allow one client for each software.</summary>
    public static DcrException AlreadyRegistered(ServerError server) =>
        new(
            DcrErrorId.AlreadyRegistered,
            $"The server has a client for this software statement already, and makes no second one ({CodeOf(server)}).{Said(server)}",
            "Get-DcrClient -Offline shows the clients that are kept here, and Import-DcrClient takes over one that was registered "
                + "elsewhere. If its registration access token is lost, ask the server's operator to delete the client."
        )
        {
            ServerError = server,
            Member = "software_statement",
        };

    public static DcrException RegistrationTokenMissing(ServerError server) =>
        new(
            DcrErrorId.AccessTokenRejected,
            $"The server registers clients only with an initial access token (HTTP {server.Status}).{Said(server)}",
            "Get an initial access token from the server's operator. Then connect with -InitialAccessToken, or give it to New-DcrClient "
                + "-InitialAccessToken for one registration."
        )
        {
            ServerError = server,
        };

    public static DcrException InitialTokenRejected(ServerError server) =>
        new(
            DcrErrorId.AccessTokenRejected,
            $"The server rejected the initial access token (HTTP {server.Status}): it is wrong, expired or used up.{Said(server)}",
            "Get a fresh one; an initial access token may be good for one registration only. Then connect again with -InitialAccessToken, "
                + "or give it to New-DcrClient -InitialAccessToken."
        )
        {
            ServerError = server,
        };

    /// <summary>
    /// By RFC 7592, section 2.1, 401 is for a client that is gone, too; Authlib answers 400 to a token that it does not know, and 403 does
    /// not tell.
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
        new(
            DcrErrorId.AccessTokenRejected,
            $"The server gave client '{clientId}' an access token, and does not let it be managed with that "
                + $"({Status(server)}).{Said(server)}",
            "Connect again with -Scope, and the scope that the server wants for this. If it has none, use its own administration."
        )
        {
            ServerError = server,
        };

    /// <param name="kind">The parameter of Connect-DcrServer that the credential came by; null where that does not matter.</param>
    public static DcrException CredentialRejected(ServerError server, string? kind = null) =>
        kind switch
        {
            "ClientCredential" or "PrivateKey" or "TlsCertificate" => new(
                DcrErrorId.AccessTokenRejected,
                $"The server rejected the access token that this connection got (HTTP {server.Status}), and a fresh one too.{Said(server)}",
                "The token may be meant for another API or lack a scope: name them with Connect-DcrServer -Audience and -Scope. Check that "
                    + "the client you connect with may register clients."
            )
            {
                ServerError = server,
            },
            "Credential" => new(
                DcrErrorId.AccessTokenRejected,
                $"The server rejected the user name and password of this connection (HTTP 401).{Said(server)}",
                "Check them and connect again with -Credential. At some servers the user name has a domain: admin@example.com."
            )
            {
                ServerError = server,
            },
            "ApiToken" => new(
                DcrErrorId.AccessTokenRejected,
                $"Okta rejected the API token (HTTP {server.Status}): it is wrong, expired or revoked.{Said(server)}",
                "Create a new one in the Admin Console (Security, API, Tokens) and connect again with -ApiToken. A token expires when it "
                    + "was not used for 30 days, and goes with the account of its administrator."
            )
            {
                ServerError = server,
            },
            _ => new(
                DcrErrorId.AccessTokenRejected,
                $"The server rejected the credential of this connection (HTTP {server.Status}): it is wrong, expired or "
                    + $"revoked.{Said(server)}",
                $"Get a fresh token and connect again{(kind is null ? "" : $" with -{kind}")}."
            )
            {
                ServerError = server,
            },
        };

    public static DcrException UnauthorizedClient(ServerError server, Uri endpoint, bool hasCredential) =>
        new(
            DcrErrorId.UnauthorizedClient,
            $"{endpoint.Authority} "
                + (hasCredential ? "does not let this credential do that" : "wants a credential for that, and none was sent")
                + $" (unauthorized_client).{Said(server)}",
            hasCredential
                ? $"{Grant(server, endpoint)}, or connect with the credential of one that may."
                : "Connect with -InitialAccessToken, which the server's operator gives; or with -ClientCredential of a client that may "
                    + "register others."
        )
        {
            ServerError = server,
        };

    public static DcrException InsufficientScope(ServerError server, Uri endpoint) =>
        new(
            DcrErrorId.InsufficientScope,
            server.RequiredScope.Count == 0
                ? $"The token lacks a scope (insufficient_scope).{Said(server)}"
                : $"The token lacks a scope (insufficient_scope): {endpoint.Authority} wants "
                    + $"{string.Join(" ", server.RequiredScope)}.{Said(server)}",
            $"{Grant(server, endpoint)}. Then connect again, with -Scope or with a new token that has it.")
        {
            ServerError = server,
        };

    public static DcrException Forbidden(ServerError server) =>
        new(
            DcrErrorId.RegistrationForbidden,
            $"The server forbids it ({Status(server)}).{Said(server)}",
            "A server policy forbids it: ask its operator which clients may be registered, from where, and how many."
        )
        {
            ServerError = server,
        };

    /// <param name="isSure">Whether it says so itself; else an HTML page came in the place of JSON.</param>
    public static DcrException PageInFront(ServerError server, Uri uri, bool isSure) =>
        new(
            DcrErrorId.RegistrationForbidden,
            (
                isSure
                    ? $"Something in front of {uri.Authority} stopped the request: a bot check or a firewall"
                    : $"{uri.Authority} answered with a web page, not with JSON: a firewall, a bot check or a proxy in front of the server "
                        + "may have stopped the request"
            ) + $" (HTTP {server.Status}). Nothing was registered or changed.{Said(server)}",
            "Ask the server's operator to let this machine's address and the user agent DcrPowerShell through, or run the command from a "
                + "network that may reach the server."
        )
        {
            ServerError = server,
        };

    public static DcrException NetworkRefused(ServerError server, Uri uri) =>
        new(
            DcrErrorId.RegistrationForbidden,
            $"{uri.Authority} takes no such requests from this machine's network ({Status(server)}). Nothing was registered or "
                + $"changed.{Said(server)}",
            "Run the command from a network that the server allows, or have this machine's address added there. Another token does not "
                + "help."
        )
        {
            ServerError = server,
        };

    public static DcrException ForbiddenWithoutToken(ServerError server) =>
        new(
            server.RequiredScope.Count > 0 ? DcrErrorId.InsufficientScope : DcrErrorId.RegistrationForbidden,
            $"The server forbids it ({Status(server)}), and no token was sent"
                + (server.RequiredScope.Count > 0 ? $": it wants one with the scope {string.Join(" ", server.RequiredScope)}." : ".")
                + Said(server),
            "Ask the server's operator whether registration takes an initial access token (Connect-DcrServer -InitialAccessToken), and "
                + "which clients may be registered without one."
        )
        {
            ServerError = server,
        };

    public static DcrException KeycloakPolicyForbids(ServerError server, bool hasToken) =>
        new(
            DcrErrorId.RegistrationForbidden,
            $"A client registration policy of Keycloak forbids it ({Status(server)}).{Said(server)}",
            hasToken
                ? "In Keycloak's admin console, see Clients > Client registration > Authenticated access policies: the policy named above "
                    + "decides, not the token."
                : "Connect with -InitialAccessToken, which is judged by other policies. Or, in Keycloak's admin console, change the policy "
                    + "named above: Clients > Client registration > Anonymous access policies."
        )
        {
            ServerError = server,
        };

    public static DcrException SwitchedOff(ServerError server, Uri uri) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"This is switched off at {uri.Authority} ({Status(server)}).{Said(server)}",
            "Ask the server's operator to switch it on. Other metadata or another token does not help."
        )
        {
            ServerError = server,
        };

    public static DcrException NotDone(ServerError server, Uri uri) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"{uri.Authority} does not do this ({Status(server)}).{Said(server)}",
            "Ask the server's operator whether it can be switched on. Other metadata or another token does not help."
        )
        {
            ServerError = server,
        };

    public static DcrException Full(ServerError server, Uri uri) =>
        new(
            DcrErrorId.RegistrationForbidden,
            $"{uri.Authority} takes no more: a limit of the server is reached ({Status(server)}).{Said(server)}",
            "Remove clients there that are not used any more, or have the limit raised. Other metadata does not help."
        )
        {
            ServerError = server,
        };

    public static DcrException PaymentWanted(ServerError server, Uri uri) =>
        new(
            DcrErrorId.RegistrationForbidden,
            $"The account's plan at {uri.Authority} does not allow it, or is not paid for ({Status(server)}).{Said(server)}",
            "Look at the plan and its limits in the server's own administration. Other metadata does not help."
        )
        {
            ServerError = server,
        };

    public static DcrException MediaTypeRefused(ServerError server, Uri uri) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri} does not take or give JSON ({Status(server)}).{Said(server)}",
            "The registration endpoint may be another (see -RegistrationEndpoint), or the server wants a signed request (application/jose "
                + "or application/jwt), which this version does not send."
        )
        {
            ServerError = server,
        };

    public static DcrException TooLarge(ServerError server, Uri uri) =>
        new(
            DcrErrorId.InvalidClientMetadata,
            $"The request is larger than {uri.Authority}, or a proxy in front of it, takes ({Status(server)}).{Said(server)}",
            "Send less: -JwksUri in the place of -Jwks, a shorter software statement, fewer redirect URIs."
        )
        {
            ServerError = server,
        };

    public static DcrException HeadersTooLarge(ServerError server, Uri uri) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"The headers of the request are larger than {uri.Authority}, or a proxy in front of it, takes "
                + $"({Status(server)}).{Said(server)}",
            "The token is too long for it: get a shorter one, with fewer scopes, or have the limit for headers raised there."
        )
        {
            ServerError = server,
        };

    /// <summary>The request is right, and what the server has stands against it.</summary>
    public static DcrException Conflict(ServerError server, Uri uri, bool registers) =>
        new(
            registers ? DcrErrorId.InvalidClientMetadata : DcrErrorId.RegistrationForbidden,
            registers
                ? $"{uri.Authority} has something that this client conflicts with ({Status(server)}).{Said(server)}"
                : $"{uri.Authority} does not do it with the client as it is now ({Status(server)}).{Said(server)}",
            registers
                ? "A client with this name or software id may be there already: look in the server's own administration. Import-DcrClient "
                    + "takes it over; another name registers another one."
                : "Settle what the server names, such as a session or another change that is under way. Then run the command again."
        )
        {
            ServerError = server,
        };

    public static DcrException Refused(ServerError server, Uri uri) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri.Authority} refused the request ({Status(server)}).{Said(server)}",
            "Settle what the server names, then run the command again. -Verbose shows each request."
        )
        {
            ServerError = server,
        };

    public static DcrException ListNotOffered(ServerError server, Uri uri) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"{uri.GetLeftPart(UriPartial.Path)} does not list clients ({Status(server)}).{Said(server)}",
            "Name the client with -ClientId, or see what is kept with Get-DcrClient -Offline."
        )
        {
            ServerError = server,
        };

    public static DcrException ClientGone(ServerError server, string clientId) =>
        new(
            DcrErrorId.ClientNotFound,
            $"The server knows no client '{clientId}' (HTTP {server.Status}).{Said(server)}",
            "It was deleted there. Repair-DcrClient registers it again; Remove-DcrClient -StoreOnly drops what is kept of it."
        )
        {
            ServerError = server,
            IsClientGone = true,
        };

    /// <summary>A 404 that any web server or gateway may have given.</summary>
    public static DcrException NotFoundUnproven(ServerError server, Uri uri, string clientId) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri.Authority} answered HTTP {server.Status} without a word about client '{clientId}': whether the client is gone is not "
                + $"known.{Said(server)}",
            "Check that the server is up at this address, then run the command again: a web server or gateway in front of it answers so, "
                + "too."
        )
        {
            ServerError = server,
        };

    /// <param name="what">What came in the place of a success.</param>
    public static DcrException DeletionUnclear(Uri uri, string clientId, string what, ServerError server) =>
        new(
            DcrErrorId.OutcomeUnknown,
            $"{uri.Authority} did not say that client '{clientId}' was deleted: {what}. What is kept of it stays.{Said(server)}",
            "Run Get-DcrClient for this client: if the server has it no more, Remove-DcrClient -StoreOnly drops what is kept."
        )
        {
            ServerError = server,
        };

    public static DcrException NoRegistrationEndpoint(ServerError server, Uri uri) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"{uri} does not register clients (HTTP {server.Status}).{Said(server)}",
            "Dynamic registration may be switched off at the server, or its endpoint may be another: see -RegistrationEndpoint."
        )
        {
            ServerError = server,
        };

    public static DcrException NotOffered(ServerError server, string operation) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"The server does not let a client be {operation} by RFC 7592 (HTTP {server.Status}).{Said(server)}",
            "Use the server's own administration for "
                + $"this.{(operation == "deleted" ? " Remove-DcrClient -StoreOnly drops what is kept of the client." : "")}"
        )
        {
            ServerError = server,
        };

    public static DcrException RateLimited(ServerError server, TimeSpan wait) =>
        new(
            DcrErrorId.RateLimited,
            $"The server's rate limit is reached (HTTP {server.Status})"
                + $"{(wait > TimeSpan.Zero ? $", and it asks for a wait of {Duration.Say(wait)}" : "")}. The request was not carried "
                + $"out.{Said(server)}",
            "Run the command again later."
        )
        {
            ServerError = server,
        };

    public static DcrException Unavailable(ServerError server, Uri uri) =>
        new(
            DcrErrorId.ServerUnavailable,
            $"{uri.Authority} cannot answer now (HTTP {server.Status}).{Said(server)}",
            "Run the command again later."
        )
        {
            ServerError = server,
        };

    public static DcrException NotConformant(Uri uri, string what, ServerError? server = null, Exception? inner = null) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{uri.Authority}: {what}.{Said(server)}",
            "Check that the URL is the authorization server itself and not a proxy or a login page. -Verbose shows each request.",
            inner
        )
        {
            ServerError = server,
        };

    public static string Grant(ServerError server, Uri endpoint) =>
        server.RequiredScope.Count == 0
            ? $"At {endpoint.Authority}, grant the client that you connect with the scope that registering clients needs there (the server "
                + "does not name it)"
            : $"At {endpoint.Authority}, grant {string.Join(" ", server.RequiredScope)} to the client that you connect with";
}
