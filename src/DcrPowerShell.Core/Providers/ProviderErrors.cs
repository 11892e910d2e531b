using System;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Providers;

/// <summary>What a service cannot do, or refuses.</summary>
internal static class ProviderErrors
{
    public static DcrException NoRegistrationToken(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"The server issued no registration access token or client configuration URI for client '{clientId}', so it cannot be read, "
                + "changed or deleted by RFC 7592.",
            "If the server lets its administrator manage clients, connect with -ManageBy Connection. If not, register another with "
                + "New-DcrClient -AllowDuplicate, and drop this one with Remove-DcrClient -StoreOnly."
        );

    public static DcrException NoClientTokenAt(string provider) =>
        new(
            DcrErrorId.OperationNotSupported,
            $"-ManageBy ClientToken is for servers that keep to the standards, and this one speaks {provider}, which manages clients "
                + "by the connection's credential.",
            "Leave out -ManageBy. If the server speaks the standards all the same, say so with -Provider Standard."
        );

    public static DcrException UnsafeRegistrationUri(string clientId, Uri uri) =>
        DcrException.Unsent(
            DcrErrorId.RegistrationUriRefused,
            $"The server said that client '{clientId}' is managed at {Origin(uri)}, by an address that is not https or has a user name or "
                + "password in it.",
            "Manage this client in the server's own administration, and tell the server's operator."
        );

    public static DcrException ForeignRegistrationUri(string clientId, Uri uri, Uri endpoint) =>
        DcrException.Unsent(
            DcrErrorId.RegistrationUriRefused,
            $"The server said that client '{clientId}' is managed at {Origin(uri)}, which is not the origin of its registration endpoint "
                + $"({Origin(endpoint)}).",
            $"If that host is right, connect again with -AllowedOrigin {Origin(uri)}."
        );

    public static DcrException OverlapNotSupported(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"Client '{clientId}' cannot have two client secrets at once: the server gives it one.",
            "Reset-DcrClientSecret without -Overlap replaces the secret at once. To avoid an interruption, register a second client with "
                + "New-DcrClient -AllowDuplicate, and move the application over."
        );

    public static DcrException TokenOfOtherService(string parameter, string owner, string provider) =>
        new(
            DcrErrorId.AccessTokenRejected,
            $"-{parameter} is a token of {owner}, and the server was found to speak {provider}. It was not sent there.",
            $"Check the issuer, and use -InitialAccessToken at servers that are not {owner}. If this one is {owner} all the same, say so "
                + $"with -Provider {owner}."
        );

    public static DcrException DocumentsNotRegistered(string connection) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"The server of connection '{connection}' has no registration of client ID metadata documents.",
            "Where Get-DcrServer says TakesClientDocuments, the application uses the document's URL as its client_id. Elsewhere, register "
                + "it by its metadata."
        );

    public static DcrException IsOffline() =>
        DcrException.Unsent(
            DcrErrorId.NotConnected,
            "This connection was made with -Offline, so nothing can be sent over it.",
            "Get-DcrClient -Offline shows what is kept here. For anything else, run Connect-DcrServer again, without -Offline."
        );

    public static DcrException ProviderWithoutUdap() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Provider Udap goes with -Discovery Udap, and with nothing else.",
            "Give -Discovery Udap, a FHIR base URL, -CertificatePath and -TrustAnchor."
        );
}
