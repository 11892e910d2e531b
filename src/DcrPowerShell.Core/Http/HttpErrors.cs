using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Http;

/// <summary>Connections that cannot be made, and requests that must not be sent.</summary>
internal static class HttpErrors
{
    public static DcrException ClosedMeanwhile(Uri uri, Exception inner) =>
        new(
            DcrErrorId.NotConnected,
            $"The connection to {uri.Authority} was closed by Disconnect-DcrServer in the meantime.",
            "Run Connect-DcrServer again, and use the connection that it gives.",
            inner
        );

    public static DcrException ConnectionFailed(Uri uri, string what, Exception inner) =>
        DcrException.Unsent(
            DcrErrorId.ConnectionFailed,
            $"{uri.Authority}: {what}.",
            "Check the name, the network and the proxy (-Proxy), then run the command again.",
            inner
        );

    /// <param name="what">What is wrong with it: "could not be reached".</param>
    public static DcrException ProxyFailed(Uri uri, Uri? proxy, string what, Exception inner) =>
        DcrException.Unsent(
            DcrErrorId.ConnectionFailed,
            $"The proxy{(proxy is null ? "" : $" {proxy.Authority}")} on the way to {uri.Authority} {what}.",
            "Check the proxy's address: -Proxy of Connect-DcrServer, else the system's proxy settings or HTTPS_PROXY. Then run the command "
                + "again.",
            inner
        );

    public static DcrException TlsFailed(Uri uri, Exception inner) =>
        DcrException.Unsent(
            DcrErrorId.TlsFailed,
            $"{uri.Authority}: the TLS connection could not be made, so the server cannot be trusted.",
            "Check that the certificate is in date, names this host and comes from an authority that this machine trusts. A private "
                + "authority's certificate belongs in the machine's trust store.",
            inner
        );

    public static DcrException Interrupted(Uri uri, bool timedOut, Exception inner) =>
        timedOut
            ? new(
                DcrErrorId.RequestTimedOut,
                $"{uri.Authority} gave no answer in time.",
                "Run the command again; Connect-DcrServer -TimeoutSec allows more time.",
                inner
            )
            : new(
                DcrErrorId.ConnectionFailed,
                $"The connection to {uri.Authority} broke before the answer was complete.",
                uri.Scheme == Uri.UriSchemeHttps
                    ? "Run the command again. A server that wants a client certificate may break off just so: Connect-DcrServer "
                        + "-TlsCertificate."
                    : "Run the command again.",
                inner
            );

    public static DcrException UnusableHeader(Uri uri) =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            $"The credential for {uri.Authority} has a line break or another character that no header can hold.",
            "Get a fresh token and connect again."
        );

    /// <param name="wasSent">The request was refused before.</param>
    /// <param name="isDown">The server said that it is not available, not that there were too many.</param>
    public static DcrException PauseLasts(Uri uri, TimeSpan pause, bool registers, bool wasSent, bool isDown) =>
        new(
            isDown ? DcrErrorId.ServerUnavailable : DcrErrorId.RateLimited,
            $"{uri.Authority} wants no further request for another {Duration.Say(pause)}: "
                + (isDown ? "it cannot answer now (HTTP 503)." : "its rate limit is reached."),
            $"Run the command again in {Duration.Say(pause)}{(registers ? ": with -Tenant, only what is left is registered" : "")}."
        )
        {
            NothingSent = !wasSent,
        };
}
