using System;
using System.Security.Cryptography;

namespace DcrPowerShell.Compat;

/// <summary>Imports private keys from DER, which .NET Framework 4.7.2 does not do itself.</summary>
/// <remarks>All throw <see cref="CryptographicException"/> where the bytes are no such key, RSA or EC.</remarks>
internal static class PrivateKeys
{
#if NET
    /// <summary>PKCS#8 (RFC 5958, section 2).</summary>
    public static AsymmetricAlgorithm ImportPkcs8(byte[] der) => ImportEither(key => key.ImportPkcs8PrivateKey(der, out _));

    /// <summary>PKCS#8, encrypted (RFC 5958, section 3).</summary>
    public static AsymmetricAlgorithm ImportEncryptedPkcs8(byte[] der, string password) =>
        ImportEither(key => key.ImportEncryptedPkcs8PrivateKey(password, der, out _));

    /// <summary>PKCS#1 (RFC 8017, appendix A.1.2).</summary>
    public static AsymmetricAlgorithm ImportPkcs1(byte[] der) => Import(RSA.Create(), key => key.ImportRSAPrivateKey(der, out _));

    /// <summary>SEC 1 (RFC 5915).</summary>
    public static AsymmetricAlgorithm ImportSec1(byte[] der) => Import(ECDsa.Create(), key => key.ImportECPrivateKey(der, out _));

    private static AsymmetricAlgorithm ImportEither(Action<AsymmetricAlgorithm> import)
    {
        try
        {
            return Import(RSA.Create(), import);
        }
        catch (CryptographicException)
        {
            // The name of its algorithm stands inside, where only the platform looks.
            return Import(ECDsa.Create(), import);
        }
    }

    private static T Import<T>(T key, Action<T> import)
        where T : AsymmetricAlgorithm
    {
        try
        {
            import(key);
            return key;
        }
        catch (PlatformNotSupportedException failure)
        {
            key.Dispose();
            throw new CryptographicException("The key is on a curve that this platform does not have.", failure);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
#else
    /// <summary>PKCS#8 (RFC 5958, section 2).</summary>
    public static AsymmetricAlgorithm ImportPkcs8(byte[] der) => PrivateKeyDer.ReadPkcs8(der);

    /// <summary>PKCS#8, encrypted (RFC 5958, section 3).</summary>
    /// <exception cref="PlatformNotSupportedException">Always.</exception>
    public static AsymmetricAlgorithm ImportEncryptedPkcs8(byte[] der, string password) => throw new PlatformNotSupportedException();

    /// <summary>PKCS#1 (RFC 8017, appendix A.1.2).</summary>
    public static AsymmetricAlgorithm ImportPkcs1(byte[] der) => RSA.Create(PrivateKeyDer.ReadPkcs1(der));

    /// <summary>SEC 1 (RFC 5915).</summary>
    public static AsymmetricAlgorithm ImportSec1(byte[] der) => ECDsa.Create(PrivateKeyDer.ReadSec1(der));
#endif
}
