using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Protocol;

/// <summary>Answers that break the protocol, or do not tell what the server did; and requests that got no answer.</summary>
internal static class ProtocolErrors
{
    public static DcrException ProxyRefused(Uri uri) =>
        DcrException.Unsent(
            DcrErrorId.ConnectionFailed,
            $"The proxy on the way to {uri.Authority} wants authentication (HTTP 407).",
            "Connect with the proxy's user name and password in its address, -Proxy http://user:password@host:port; or with another proxy, "
                + "which takes this account's own sign-in."
        );

    public static DcrException RegistrationOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        DcrException.Answered(
            DcrErrorId.OutcomeUnknown,
            server,
            $"The registration was sent to {uri.Authority}, and {what}. The server may have registered the client, so it was not sent "
                + "again.",
            "Find-DcrOrphan looks for the client where the server can be asked, and says what to look for elsewhere. Do that before you "
                + "register again.",
            inner
        );

    public static DcrException ChangeOutcomeUnknown(Uri uri, string what, Exception? inner, ServerError? server = null) =>
        DcrException.Answered(
            DcrErrorId.OutcomeUnknown,
            server,
            $"The change was sent to {uri.Authority}, and {what}. The server may have made it.",
            "Run Get-DcrClient for this client: if it answers, the stored token still holds and the change can be repeated.",
            inner
        );

    /// <summary>A 404 that any web server or gateway may have given.</summary>
    public static DcrException NotFoundUnproven(ServerError server, Uri uri, string clientId) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"{uri.Authority} answered HTTP {server.Status} without a word about client '{clientId}': whether the client is gone is not "
                + "known.",
            "Check that the server is up at this address, then run the command again: a web server or gateway in front of it answers so, "
                + "too."
        );

    /// <param name="what">What came in the place of a success.</param>
    public static DcrException DeletionUnclear(Uri uri, string clientId, string what, ServerError server) =>
        DcrException.Answered(
            DcrErrorId.OutcomeUnknown,
            server,
            $"{uri.Authority} did not say that client '{clientId}' was deleted: {what}. What is kept of it stays.",
            "Run Get-DcrClient for this client: if the server no longer has it, Remove-DcrClient -StoreOnly drops what is kept."
        );

    public static DcrException NotConformant(Uri uri, string what, ServerError? server = null, Exception? inner = null) =>
        DcrException.Answered(
            DcrErrorId.ResponseNotConformant,
            server,
            $"{uri.Authority}: {what}.",
            "Check that the URL is the authorization server itself and not a proxy or a login page. -Verbose shows each request.",
            inner
        );
}
