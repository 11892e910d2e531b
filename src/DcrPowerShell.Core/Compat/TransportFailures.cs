using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DcrPowerShell.Compat;

/// <summary>Tells failures of the two HTTP stacks apart: SocketsHttpHandler, and .NET Framework's (and Mono's) HttpWebRequest.</summary>
internal static class TransportFailures
{
    public static TransportFailure Classify(Exception failure)
    {
        var chain = Chain(failure).ToList();
        if (
            chain.OfType<AuthenticationException>().Any()
            || chain
                .OfType<WebException>()
                .Any(web => web.Status is WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure)
        )
        {
            return TransportFailure.Tls;
        }

        if (
            chain
                .OfType<SocketException>()
                .Any(socket => socket.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData)
            || chain
                .OfType<WebException>()
                .Any(web => web.Status is WebExceptionStatus.NameResolutionFailure or WebExceptionStatus.ProxyNameResolutionFailure)
        )
        {
            return TransportFailure.NameResolution;
        }

        return IsProxyRefusal(chain) ? TransportFailure.ProxyRefused
            : IsTunnel(chain) ? TransportFailure.ProxyTunnel
            : IsNoConnection(chain) ? TransportFailure.Connect
            : TransportFailure.Interrupted;
    }

    /// <summary>True where the failure itself proves that no connection was made.</summary>
    public static bool IsBeforeConnection(Exception failure) => Classify(failure) is not TransportFailure.Interrupted;

    private static bool IsNoConnection(List<Exception> chain)
    {
#if NET
        // The connect time limit shows as a cancellation whose cause is a TimeoutException.
        return chain.OfType<HttpRequestException>().Any(http => http.HttpRequestError == HttpRequestError.ConnectionError)
            || (chain[0] is OperationCanceledException && chain.OfType<TimeoutException>().Any());
#else
        return chain.OfType<WebException>().Any(web => web.Status == WebExceptionStatus.ConnectFailure)
            || chain.OfType<SocketException>().Any(socket => socket.SocketErrorCode == SocketError.ConnectionRefused);
#endif
    }

    /// <summary>By the number in the platform's words: it has the status nowhere else.</summary>
    private static bool IsProxyRefusal(List<Exception> chain) =>
#if NET
        chain
            .OfType<HttpRequestException>()
            .Any(http => http.HttpRequestError == HttpRequestError.ProxyTunnelError && http.Message.Contains("407"));
#else
        chain.OfType<WebException>().Any(web => web.Response is HttpWebResponse { StatusCode: HttpStatusCode.ProxyAuthenticationRequired });
#endif

    private static bool IsTunnel(List<Exception> chain) =>
#if NET
        chain.OfType<HttpRequestException>().Any(http => http.HttpRequestError == HttpRequestError.ProxyTunnelError);
#else
        chain.OfType<WebException>().Any(web => web.Status == WebExceptionStatus.RequestProhibitedByProxy);
#endif

    private static IEnumerable<Exception> Chain(Exception failure)
    {
        for (var link = failure; link is not null; link = link.InnerException)
        {
            yield return link;
        }
    }
}
