using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Compat;

/// <summary>
/// Which roots a chain may end at. .NET Framework knows the machine's own only: there, who asks looks where the chain ends.
/// </summary>
internal static class ChainTrust
{
    public static void Set(X509ChainPolicy policy, IEnumerable<X509Certificate2> anchors)
    {
#if NET
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(anchors.ToArray());
        FetchNone(policy);
#else
        policy.ExtraStore.AddRange(anchors.ToArray());
        policy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
#endif
    }

    /// <summary>
    /// Nobody is asked for certificates at an address that a certificate names: a stranger may have chosen it, and a slow one holds whoever
    /// asks.
    /// </summary>
    public static void FetchNone(X509ChainPolicy policy)
    {
#if NET
        policy.DisableCertificateDownloads = true;
#else
        // It cannot be told so, and gives up at once.
        policy.UrlRetrievalTimeout = System.TimeSpan.FromMilliseconds(1);
#endif
    }
}
