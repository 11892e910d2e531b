using System;
using System.Collections.Generic;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>What Auth0 refuses.</summary>
internal static class Auth0Errors
{
    public static DcrException Auth0CredentialMissing(string scope) =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            "Auth0 lets clients be managed only through its Management API, and this connection has no credential for that.",
            "Connect with -ManagementToken, or with -ClientCredential or -ClientId and -PrivateKey of a machine-to-machine application "
                + $"that is authorized for the Auth0 Management API with {scope}."
        );

    /// <param name="kind">The parameter of Connect-DcrServer that the credential came by.</param>
    public static DcrException Auth0TokenRejected(ServerError server, string kind) =>
        kind != "ManagementToken"
            ? DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                "Auth0's Management API rejected the token that this connection got (HTTP 401), and a fresh one too.",
                "Connect again with -Audience https://<tenant>.auth0.com/api/v2/, under a custom domain too: the identifier of "
                    + "Applications > APIs > Auth0 Management API."
            )
            : DcrException.Answered(
                DcrErrorId.AccessTokenRejected,
                server,
                "Auth0's Management API rejected the token (HTTP 401): it is expired, or for another API or tenant.",
                "Connect again with a fresh -ManagementToken, or with -ClientCredential, which renews tokens by itself. Under a custom "
                    + "domain, name the tenant's own: -Audience https://<tenant>.auth0.com/api/v2/."
            );

    public static DcrException Auth0ScopeMissing(ServerError server, string scope) =>
        DcrException.Answered(
            DcrErrorId.InsufficientScope,
            server,
            $"The token lacks a scope of Auth0's Management API: {scope} (insufficient_scope).",
            "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, give the application that you connect with "
                + $"the permission {scope}, then connect again."
        );

    public static DcrException Auth0ApiNotFound(ServerError server, Uri root) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"{root.Authority} has no Management API (HTTP {server.Status}).",
            "Under a domain of your own, name the tenant's: Connect-DcrServer -Audience https://<tenant>.auth0.com/api/v2/."
        );

    public static DcrException Auth0PathNotOffered(ServerError server, Uri uri) =>
        DcrException.Answered(
            DcrErrorId.OperationNotSupported,
            server,
            $"The Management API of {uri.Authority} has no {uri.AbsolutePath} ({Status(server)}).",
            "The server does not offer this part of Auth0's Management API: use its own administration for it."
        );

    public static DcrException Auth0AudienceUnknown(ServerError server, string audience) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"The Auth0 tenant knows no API '{audience}', so there is no access token for it ({CodeOf(server)}).",
            "Take the identifier under Applications > APIs > Auth0 Management API, which has the tenant's own domain, and connect again "
                + "with -Audience https://<tenant>.auth0.com/api/v2/."
        );

    public static DcrException Auth0NotAuthorized(ServerError server, string audience) =>
        DcrException.Answered(
            DcrErrorId.UnauthorizedClient,
            server,
            $"Auth0 does not let this application get a token for {audience} ({CodeOf(server)}).",
            "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, and authorize the application that you "
                + "connect with, with the permissions that it needs. Then run the command again."
        );

    public static DcrException Auth0ScopeNotGranted(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.InsufficientScope,
            server,
            $"Auth0 gives this application no token with the scopes that -Scope names ({CodeOf(server)}).",
            "Run Connect-DcrServer without -Scope: a token then has all that the application was granted. Or grant it these under "
                + "Applications > APIs > Auth0 Management API > Application Access."
        );

    public static DcrException Auth0TooMany(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            "The Auth0 tenant has as many applications as its plan allows (too_many_entities). The client was not registered.",
            "Remove clients that are no longer used: Get-DcrClient lists the third-party applications, Remove-DcrClient deletes them. Or "
                + "have Auth0 raise the limit."
        );

    public static DcrException Auth0RegistrationOff(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            "The Auth0 tenant does not let this client be registered (HTTP "
                + $"{server.Status}{(server.Code is null ? "" : $", {server.Code}")}). Dynamic registration may be off there, or limited "
                + "to certain networks.",
            "Connect with -ManagementToken and run Enable-Auth0Dcr -WhatIf: it shows what the tenant still needs."
        );

    /// <param name="scopes">All that are missing.</param>
    public static DcrException Auth0ScopesMissing(IEnumerable<string> scopes) =>
        new(
            DcrErrorId.InsufficientScope,
            $"The token lacks scopes of Auth0's Management API: {string.Join(", ", scopes)}.",
            "In Auth0, open Applications > APIs > Auth0 Management API > Application Access, give the application that you connect with "
                + "these permissions, then connect again."
        );

    /// <param name="why">A sentence without its end.</param>
    public static DcrException RangeInvalid(string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidSetup, $"-AllowCidr: {why}.", fix);

    /// <summary>What the tenant does not have: it was read before.</summary>
    /// <param name="why">A sentence without its end.</param>
    public static DcrException SetupInvalid(string parameter, string why, string fix) =>
        new(DcrErrorId.InvalidSetup, $"-{parameter}: {why}.", fix);

    public static DcrException SetupRefused(string step, ServerError server) =>
        DcrException.Answered(
            DcrErrorId.InvalidSetup,
            server,
            $"{step}: Auth0 does not accept the change ({server.Code ?? $"HTTP {server.Status}"}).",
            "See what the server found fault with, then run the command again. It goes on from this step: those before it are done, those "
                + "after it were not begun."
        );

    public static DcrException SetupNotTaken(string step, string wanted, string found) =>
        new(
            DcrErrorId.ResponseNotConformant,
            $"{step}: Auth0 said that it made the change to '{wanted}', and its answer has '{found}'. The steps after this one were not "
                + "begun.",
            "Look at this setting in Auth0's dashboard, then run the command again: it reads before it changes."
        );

    /// <param name="refusal">Its words stand.</param>
    public static DcrException Auth0DocumentRefused(DcrException refusal, string uri) =>
        new(
            refusal.ErrorId,
            refusal.What,
            $"Auth0 fetches the document itself: Test-DcrClientDocument {uri} says what is wrong with it.",
            refusal
        )
        {
            ServerError = refusal.ServerError,
            Member = refusal.Member,
        };

    public static DcrException SetupOutcomeUnknown(string step, Exception inner, ServerError? server = null) =>
        DcrException.Answered(
            DcrErrorId.OutcomeUnknown,
            server,
            $"{step}: the change was sent, and whether it was made is not known. The steps after this one were not begun.",
            "Run the command again: it reads first, and changes only what is still to be done.",
            inner
        );

    public static DcrException Auth0PlanForbids(string step, ServerError server) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"{step}: the tenant's plan does not allow it ({server.Code}). For access control lists, the Enterprise plan has 1, with "
                + "Attack Protection 10, and other plans none.",
            "Without -AllowCidr, registration is switched on for callers from everywhere. Or make room for a rule under Security > Access "
                + "Control, or have the plan changed, and run the command again."
        );

    public static DcrException Auth0RuleExists(string found, string wanted) =>
        new(
            DcrErrorId.NetworkRuleExists,
            $"The tenant has an access control rule about registrations already, so the limit that was asked for ({wanted}) is not in "
                + $"place: {found}.",
            "Change or remove that rule under Security > Access Control and run the command again; or leave out -AllowCidr to keep the "
                + "rule as it is."
        );
}
