using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>
/// Self-signed certificates with fresh keys. They have a class of their own because Mono cannot even load what names CertificateRequest.
/// </summary>
internal static class TestCertificates
{
    public static X509Certificate2 Rsa()
    {
        using var key = RSA.Create(2048);
        return SelfSigned(new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public static X509Certificate2 Ec(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return SelfSigned(new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256));
    }

#if NET
    /// <summary>Good for the loopback address.</summary>
    public static X509Certificate2 Server()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return SelfSigned(request);
    }

    public static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }
#endif

    private static X509Certificate2 SelfSigned(CertificateRequest request) =>
        request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
}
