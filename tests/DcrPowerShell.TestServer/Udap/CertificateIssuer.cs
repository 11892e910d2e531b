using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>A name with a key that signs certificates and revocation lists (RFC 5280). It signs what is wrong too.</summary>
internal sealed class CertificateIssuer(string name, AsymmetricAlgorithm key)
{
    private readonly X509SignatureGenerator _generator = GeneratorOf(key);

    public X500DistinguishedName Name { get; } = new(name);

    public PublicKey PublicKey => _generator.PublicKey;

    public static PublicKey PublicKeyOf(AsymmetricAlgorithm key) => GeneratorOf(key).PublicKey;

    /// <summary>Signs a certificate, with identifiers of both keys in it.</summary>
    public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset start, DateTimeOffset end)
    {
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(KeyIdentifier());
        return request.Create(Name, _generator, start, end, RandomNumberGenerator.GetBytes(16));
    }

    /// <summary>Signs a list of the certificates that are revoked, of which there is one at most.</summary>
    public byte[] List(X509Certificate2? revoked)
    {
        CertificateRevocationListBuilder list = new();
        if (revoked is not null)
        {
            list.AddEntry(revoked, DateTimeOffset.UtcNow.AddHours(-1), X509RevocationReason.KeyCompromise);
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        return list.Build(Name, _generator, 1, now.AddDays(1), HashAlgorithmName.SHA256, KeyIdentifier(), now.AddHours(-1));
    }

    private static X509SignatureGenerator GeneratorOf(AsymmetricAlgorithm key) =>
        key is RSA rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);

    private X509AuthorityKeyIdentifierExtension KeyIdentifier() =>
        X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(
            new X509SubjectKeyIdentifierExtension(PublicKey, critical: false)
        );
}
