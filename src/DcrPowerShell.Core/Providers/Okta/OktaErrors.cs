using System;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Providers.Okta;

/// <summary>What Okta refuses.</summary>
internal static class OktaErrors
{
    public static DcrException OktaCredentialMissing(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.AccessTokenRejected,
            server,
            $"Okta registers and manages clients only with an administrator's credential (HTTP {server.Status}).",
            "Connect with -ApiToken, or with -ClientId and -PrivateKey of an API Services app that was granted the okta.clients scopes."
        );

    public static DcrException OktaFeatureMissing(ServerError server) =>
        DcrException.Answered(
            DcrErrorId.RegistrationForbidden,
            server,
            $"Okta does not offer this to the organisation (HTTP {server.Status}, {CodeOf(server)}).",
            "Ask Okta's support to enable the feature; another token does not help."
        );

    public static DcrException OktaForbidden(ServerError server, string scope, Uri endpoint) =>
        DcrException.Answered(
            DcrErrorId.InsufficientScope,
            server,
            $"Okta forbids it (HTTP 403{(server.Code is null ? "" : $", {server.Code}")}): the credential lacks {scope}, or its admin role "
                + "does not cover it.",
            $"In the Admin Console of {endpoint.Authority}, grant an API Services app {scope} (Okta API Scopes) and an admin role for "
                + "applications (Admin roles). For -ApiToken, its administrator needs that role."
        );

    public static DcrException OktaAppUnknown(ServerError server, string clientId) =>
        DcrException.Answered(
            DcrErrorId.ClientNotFound,
            server,
            $"Okta's Apps API, which has the secrets, knows no app with the id '{clientId}' (HTTP {server.Status}).",
            "A client that was given an id of its own has another app id: change its secrets in the Okta Admin Console. If it was deleted, "
                + "Remove-DcrClient -StoreOnly drops what is kept of it."
        );
}
