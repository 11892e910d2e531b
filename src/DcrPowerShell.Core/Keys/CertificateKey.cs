using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Keys;

/// <summary>The private key of a certificate.</summary>
internal static class CertificateKey
{
    /// <param name="pfx">PKCS#12 (RFC 7292).</param>
    /// <param name="password">Null where it has none.</param>
    /// <exception cref="KeyException">It cannot be opened, or holds no private key of ours.</exception>
    public static KeyPair Read(byte[] pfx, string? password)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = new X509Certificate2(pfx, password, CertificateFile.Storage);
        }
        catch (CryptographicException failure)
        {
            throw KeyErrors.PfxUnreadable(failure);
        }

        using (certificate)
        {
            return Read(certificate);
        }
    }

    /// <param name="certificate">Stays the caller's.</param>
    /// <exception cref="KeyException">It has no private key of ours, or one that this account may not use.</exception>
    public static KeyPair Read(X509Certificate2 certificate)
    {
        if (!certificate.HasPrivateKey)
        {
            throw KeyErrors.CertificateWithoutKey(certificate.Subject);
        }

        try
        {
            return KeyPair.Of(
                certificate.GetRSAPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey() ?? throw KeyErrors.Unreadable()
            );
        }
        catch (CryptographicException failure)
        {
            throw KeyErrors.KeyOutOfReach(certificate.Subject, failure);
        }
    }
}
