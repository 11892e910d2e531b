using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Protocol;

/// <summary>What a server refuses, whoever asks: because of the metadata, of the client, or of what the server offers.</summary>
internal static class RefusalErrors
{
    /// <param name="member">Where it stands: redirect_uris, or post_logout_redirect_uris.</param>
    /// <param name="uris">The URIs in question; empty where it is not known which.</param>
    /// <param name="advice">What looks wrong with them; null for the rules of servers in general.</param>
    public static DcrException RedirectUriRefused(ServerError server, string member, IEnumerable<string> uris, string? advice) =>
        DcrException.Answered(
            DcrErrorId.InvalidRedirectUri,
            server,
            "The server does not accept "
                + $"{(uris.Any() ? $"redirect URI {string.Join(", ", uris.Select(uri => $"'{uri}'"))}" : "a redirect URI")} "
                + $"({CodeOf(server)}).",
            advice
                ?? (
                    uris.Any()
                        ? "Compare it with the server's rules: exact https URLs, loopback addresses only for native applications."
                        : "Compare them with the server's rules, and try them one by one. A client that needs no redirects may have to say "
                            + "so: -ResponseType @()."
                ),
            member: member
        );

    /// <param name="member">The one that the server names; null where it names none that was sent.</param>
    public static DcrException MetadataRefused(ServerError server, string? member) =>
        member is null
            ? DcrException.Answered(
                DcrErrorId.InvalidClientMetadata,
                server,
                $"The server does not accept the client metadata ({CodeOf(server)}).",
                server.Description is null
                    ? "The server gives no reason: leave out members one by one, or ask its operator. It may support less than was asked "
                        + "for."
                    : "Change, add or leave out the member that the server names. It may support less than was asked for."
            )
            : DcrException.Answered(
                DcrErrorId.InvalidClientMetadata,
                server,
                $"The server does not accept {member} ({CodeOf(server)}).",
                $"Change {member}, or leave it out: the server may support less than was asked for.",
                member: member
            );

    public static DcrException SoftwareStatementRefused(ServerError server, bool unapproved) =>
        unapproved
            ? DcrException.Answered(
                DcrErrorId.UnapprovedSoftwareStatement,
                server,
                "The server does not approve this software statement (unapproved_software_statement).",
                "Ask the server's operator which issuers of software statements it trusts.",
                member: "software_statement"
            )
            : DcrException.Answered(
                DcrErrorId.InvalidSoftwareStatement,
                server,
                "The server finds the software statement invalid (invalid_software_statement).",
                "Check the statement's signature, expiry and audience; get a fresh one from its issuer.",
                member: "software_statement"
            );

    /// <summary>Brazil's and Australia's rules allow one client for each software.</summary>
    public static DcrException AlreadyRegistered(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.AlreadyRegistered,
            server,
            $"The server has a client for this software statement already, and makes no second one ({CodeOf(server)}).",
            "Get-DcrClient -Offline shows whether it is kept here, and Import-DcrClient takes it over. If its registration access token is "
                + "lost, ask the server's operator to delete the client.",
            member: "software_statement"
        );

    /// <param name="isSure">Whether it says so itself; else an HTML page came in the place of JSON.</param>
    public static DcrException PageInFront(ServerError server, Uri uri, bool isSure) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            (
                isSure
                    ? $"Something in front of {uri.Authority} stopped the request: a bot check or a firewall"
                    : $"{uri.Authority} answered with a web page, not with JSON: a firewall, a bot check or a proxy in front of the server "
                        + "may have stopped the request"
            ) + $" (HTTP {server.Status}).",
            "Ask the server's operator to let this machine's address and the user agent DcrPowerShell through, or run the command from a "
                + "network that may reach the server."
        );

    public static DcrException NetworkRefused(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"{uri.Authority} takes no such requests from this machine's network ({Status(server)}).",
            "Run the command from a network that the server allows, or have this machine's address added there. Another token does not "
                + "help."
        );

    public static DcrException SwitchedOff(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"This is switched off at {uri.Authority} ({Status(server)}).",
            "Ask the server's operator to switch it on. Other metadata or another token does not help."
        );

    public static DcrException NotDone(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"{uri.Authority} does not do this ({Status(server)}).",
            "Ask the server's operator whether it can be switched on. Other metadata or another token does not help."
        );

    public static DcrException Full(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"{uri.Authority} takes no more: a limit of the server is reached ({Status(server)}).",
            "Remove clients there that are not used any more, or have the limit raised. Other metadata does not help."
        );

    public static DcrException PaymentWanted(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"The account's plan at {uri.Authority} does not allow it, or is not paid for ({Status(server)}).",
            "Look at the plan and its limits in the server's own administration. Other metadata does not help."
        );

    public static DcrException MediaTypeRefused(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"{uri} does not take or give JSON ({Status(server)}).",
            "The registration endpoint may be another (see -RegistrationEndpoint), or the server wants a signed request (application/jose "
                + "or application/jwt), which this version does not send."
        );

    public static DcrException TooLarge(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.InvalidClientMetadata,
            server,
            $"The request is larger than {uri.Authority}, or a proxy in front of it, takes ({Status(server)}).",
            "Send less: -JwksUri in the place of -Jwks, a shorter software statement, fewer redirect URIs."
        );

    public static DcrException HeadersTooLarge(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"The headers of the request are larger than {uri.Authority}, or a proxy in front of it, takes ({Status(server)}).",
            "The token is too long for it: get a shorter one, with fewer scopes, or have the limit for headers raised there."
        );

    /// <summary>The request is right, and what the server has stands against it.</summary>
    public static DcrException Conflict(ServerError server, Uri uri, bool registers) =>
        DcrException.Answered(
            registers ? DcrErrorId.InvalidClientMetadata : DcrErrorId.RegistrationForbidden,
            server,
            registers
                ? $"{uri.Authority} has something that this client conflicts with ({Status(server)})."
                : $"{uri.Authority} does not do it with the client as it is now ({Status(server)}).",
            registers
                ? "A client with this name or software id may be there already: look in the server's own administration. Import-DcrClient "
                    + "takes it over, and another name registers another one."
                : "Settle what the server names, such as a session or another change that is under way. Then run the command again."
        );

    public static DcrException Refused(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"{uri.Authority} refused the request ({Status(server)}).",
            "Settle what the server names, then run the command again. -Verbose shows each request."
        );

    public static DcrException ListNotOffered(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"{uri.GetLeftPart(UriPartial.Path)} does not list clients ({Status(server)}).",
            "Name the client with -ClientId, or see what is kept with Get-DcrClient -Offline."
        );

    public static DcrException ClientGone(ServerError server, string clientId) =>
        new(
            DcrErrorId.ClientNotFound,
            $"The server knows no client '{clientId}' (HTTP {server.Status}).{Said(server)}",
            "Repair-DcrClient registers it again; Remove-DcrClient -StoreOnly drops what is kept of it."
        )
        {
            ServerError = server,
            IsClientGone = true,
        };

    public static DcrException NoRegistrationEndpoint(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"{uri} does not register clients (HTTP {server.Status}).",
            "Dynamic registration may be switched off at the server, or its endpoint may be another: see -RegistrationEndpoint."
        );

    public static DcrException NotOffered(ServerError server, string operation) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"The server does not let a client be {operation} by RFC 7592 (HTTP {server.Status}).",
            "Use the server's own administration for "
                + $"this.{(operation == "deleted" ? " Remove-DcrClient -StoreOnly drops what is kept of the client." : "")}"
        );

    public static DcrException RateLimited(ServerError server, TimeSpan wait) =>
        DcrException.Answered(
            DcrErrorId.RateLimited,
            server,
            $"The server's rate limit is reached (HTTP {server.Status})"
                + $"{(wait > TimeSpan.Zero ? $", and it asks for a wait of {Duration.Say(wait)}" : "")}.",
            "Run the command again later."
        );

    public static DcrException Unavailable(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.ServerUnavailable,
            server,
            $"{uri.Authority} cannot answer now (HTTP {server.Status}).",
            "Run the command again later."
        );
}
