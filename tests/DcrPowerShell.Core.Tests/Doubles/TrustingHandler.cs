using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>The module's own HTTP handler on a machine that trusts one more authority.</summary>
internal static class TrustingHandler
{
    /// <param name="authority">PEM.</param>
    /// <param name="certificate">Of the client; null for none.</param>
    public static HttpMessageHandler Create(string authority, X509Certificate2? certificate)
    {
        var trusted = new X509Certificate2(Encoding.ASCII.GetBytes(authority));
        var handler = HandlerFactory.Create(proxy: null, certificate);
#if NET
        ((SocketsHttpHandler)handler).SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { trusted },
            RevocationMode = X509RevocationMode.NoCheck,
        };
#else
        ((HttpClientHandler)handler).ServerCertificateCustomValidationCallback = (_, _, chain, _) =>
            chain.ChainElements[chain.ChainElements.Count - 1].Certificate.Thumbprint == trusted.Thumbprint;
#endif
        return handler;
    }
}
