using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>Throw-away certificates, made in memory: one authority a process, and what it signs.</summary>
internal static class Certificates
{
    private static readonly Lazy<X509Certificate2> LazyAuthority = new(MakeAuthority);

    /// <summary>The authority as PEM, for whoever is to trust it (SSL_CERT_FILE on Unix).</summary>
    public static string AuthorityPem => LazyAuthority.Value.ExportCertificatePem();

    public static X509Certificate2 Make(Https kind)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string host = kind == Https.WrongHost ? "wrong.example.net" : "localhost";
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        if (kind != Https.WrongHost)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));

        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset end = kind == Https.Expired ? now.AddDays(-1) : now.AddDays(1);
        using X509Certificate2 signed = request.Create(LazyAuthority.Value, now.AddDays(-2), end, RandomNumberGenerator.GetBytes(16));
        using X509Certificate2 withKey = signed.CopyWithPrivateKey(key);
        // Windows serves only keys that have been through a key store or a PFX.
        return new X509Certificate2(withKey.Export(X509ContentType.Pfx));
    }

    private static X509Certificate2 MakeAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=DcrPowerShell throw-away test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(2));
    }
}
