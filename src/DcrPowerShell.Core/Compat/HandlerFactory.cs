using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Compat;

/// <summary>Makes the platform's HTTP handler: no redirect is followed, no cookie kept, bodies are unpacked.</summary>
internal static class HandlerFactory
{
#if NET
    public static readonly string[] ProxySchemes = ["http", "https", "socks4", "socks4a", "socks5"];
#else
    public static readonly string[] ProxySchemes = ["http"];
#endif

    private const DecompressionMethods Compression = DecompressionMethods.GZip | DecompressionMethods.Deflate;

    /// <param name="proxy">Null for the system's proxy.</param>
    /// <param name="certificate">Shown to a server that asks for one; null for none.</param>
    public static HttpMessageHandler Create(Uri? proxy, X509Certificate2? certificate)
    {
        var webProxy = proxy is null ? null : WebProxyOf(proxy);
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

    /// <summary>The proxy that a request to a server goes to, without its password; null where it goes there directly.</summary>
    /// <param name="given">Null for the system's proxy.</param>
    public static Uri? ProxyBefore(Uri? given, Uri target)
    {
#if NET
#pragma warning disable RS0030 // Only the system's proxy is asked for here; nothing is sent.
        var proxy = given is null ? HttpClient.DefaultProxy : WebProxyOf(given);
#pragma warning restore RS0030
#else
        var proxy = given is null ? WebRequest.DefaultWebProxy : WebProxyOf(given);
#endif
        var found = proxy is null || proxy.IsBypassed(target) ? null : proxy.GetProxy(target);
        return found == target ? null : found;
    }

    /// <summary>
    /// With the name and password of its address; else a proxy that wants the account's own sign-in (Negotiate, NTLM) gets it.
    /// </summary>
    private static WebProxy WebProxyOf(Uri proxy)
    {
        var names = proxy.UserInfo.Split([':'], 2).Select(Uri.UnescapeDataString).ToArray();
        return names[0].Length == 0
            ? new WebProxy(proxy) { UseDefaultCredentials = true }
            : new WebProxy(new UriBuilder(proxy) { UserName = "", Password = "" }.Uri)
            {
                Credentials = new NetworkCredential(names[0], names.ElementAtOrDefault(1) ?? ""),
            };
    }
}
