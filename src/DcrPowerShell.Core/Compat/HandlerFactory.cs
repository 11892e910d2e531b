using System;
using System.Net;
using System.Net.Http;

namespace DcrPowerShell.Compat;

/// <summary>Makes the platform's HTTP handler: no redirect is followed, no cookie kept, bodies are unpacked.</summary>
internal static class HandlerFactory
{
    private const DecompressionMethods Compression = DecompressionMethods.GZip | DecompressionMethods.Deflate;

    /// <param name="proxy">Null for the system's proxy.</param>
    public static HttpMessageHandler Create(Uri? proxy)
    {
        // A proxy that wants the account's own sign-in (Negotiate, NTLM) gets it.
        var webProxy = proxy is null ? null : new WebProxy(proxy) { UseDefaultCredentials = true };
#if NET
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = Compression,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            DefaultProxyCredentials = CredentialCache.DefaultCredentials,
            Proxy = webProxy,
        };
#else
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = Compression,
        };
        if (webProxy is not null)
        {
            handler.Proxy = webProxy;
        }

        return handler;
#endif
    }
}
