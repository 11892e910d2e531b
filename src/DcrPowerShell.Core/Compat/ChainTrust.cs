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
#else
        policy.ExtraStore.AddRange(anchors.ToArray());
        policy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
#endif
        FetchNothing(policy);
    }

    /// <summary>
    /// Nobody is asked for certificates at an address that a certificate names: a stranger's may name any, and one's own is judged before
    /// anything is sent. .NET Framework knows no such choice.
    /// </summary>
    public static void FetchNothing(X509ChainPolicy policy)
    {
#if NET
        policy.DisableCertificateDownloads = true;
#endif
    }
}
