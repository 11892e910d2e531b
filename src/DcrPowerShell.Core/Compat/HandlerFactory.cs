using System;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Compat;

/// <summary>Makes the platform's HTTP handler: no redirect is followed, no cookie kept, bodies are unpacked.</summary>
internal static class HandlerFactory
{
    private const DecompressionMethods Compression = DecompressionMethods.GZip | DecompressionMethods.Deflate;

    /// <param name="proxy">Null for the system's proxy.</param>
    /// <param name="certificate">Shown to a server that asks for one; null for none.</param>
    public static HttpMessageHandler Create(Uri? proxy, X509Certificate2? certificate)
    {
        // A proxy that wants the account's own sign-in (Negotiate, NTLM) gets it.
        var webProxy = proxy is null ? null : new WebProxy(proxy) { UseDefaultCredentials = true };
#if NET
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = Compression,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            DefaultProxyCredentials = CredentialCache.DefaultCredentials,
            Proxy = webProxy,
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return handler;
#else
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = Compression,

            // .NET Framework has two by default, and requests beyond wait for them.
            MaxConnectionsPerServer = 64,
        };
        if (webProxy is not null)
        {
            handler.Proxy = webProxy;
        }

        if (certificate is not null)
        {
            handler.ClientCertificates.Add(certificate);
        }

        return handler;
#endif
    }
}
