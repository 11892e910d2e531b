using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>
/// A private key with its certificate and those of its issuers, which go along with what it signs: <c>x5c</c> (RFC 7515, section 4.1.6).
/// </summary>
internal sealed class SigningCertificate : IDisposable
{
    private SigningCertificate(SigningKey key, X509Certificate2 certificate, IReadOnlyList<X509Certificate2> issuers)
    {
        Key = key;
        Certificate = certificate;
        Issuers = issuers;
        X5c = [.. issuers.Prepend(certificate).Select(static each => Convert.ToBase64String(each.RawData))];
    }

    public SigningKey Key { get; private set; }

    /// <summary>Without its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>In their order, without the root, which who judges the chain has.</summary>
    public IReadOnlyList<X509Certificate2> Issuers { get; }

    public IReadOnlyList<string> X5c { get; }

    /// <param name="key">Taken over.</param>
    /// <param name="given">The certificate, and maybe those of its issuers, in any order.</param>
    /// <param name="known">Where issuers may be, too.</param>
    /// <exception cref="KeyException">None of them is the key's.</exception>
    public static SigningCertificate Of(
        SigningKey key,
        IReadOnlyCollection<X509Certificate2> given,
        IEnumerable<X509Certificate2> known
    )
    {
        // A renewed certificate may be beside the one before it.
        var own = given.OrderByDescending(static one => one.NotAfter).FirstOrDefault(one => ThumbprintOf(one) == key.Thumbprint)
            ?? throw KeyErrors.CertificateOfOtherKey(given.Select(CertificateNames.Show));
        return new(key, own, IssuersOf(own, [.. given, .. known]));
    }

    /// <summary>Judges the certificate for signing under a name, before anything is signed.</summary>
    /// <param name="uri">The one to sign under; null for the only one.</param>
    /// <returns>The URI to sign under, as the certificate writes it.</returns>
    /// <exception cref="KeyException">It does not do for that.</exception>
    public string CheckFor(string? uri, DateTimeOffset now)
    {
        foreach (var certificate in Issuers.Prepend(Certificate))
        {
            if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime || certificate.NotAfter.ToUniversalTime() <= now.UtcDateTime)
            {
                throw KeyErrors.CertificateNotValidNow(CertificateNames.Show(certificate), CertificateTrust.When(certificate, now));
            }
        }

        if (!MaySign(Certificate))
        {
            throw KeyErrors.CertificateNotForSigning(CertificateNames.Show(Certificate));
        }

        var written = CertificateNames.Uris(Certificate).Distinct().ToList();
        var names = written.Where(UriText.IsUri).ToList();
        return written.Count == 0 ? throw KeyErrors.CertificateWithoutUri(CertificateNames.Show(Certificate))
            : names.Count == 0 ? throw KeyErrors.CertificateWithBadUri(CertificateNames.Show(Certificate), written)
            : uri is null && names.Count > 1 ? throw KeyErrors.CertificateWithSeveralUris(CertificateNames.Show(Certificate), names)
            : uri is null ? names[0]
            : names.Contains(uri) ? uri
            : throw KeyErrors.CertificateOfOtherUri(CertificateNames.Show(Certificate), uri, names);
    }

    /// <summary>Signs with the first of these algorithms that the key knows; none named leaves the key's own.</summary>
    /// <param name="algorithms">What who judges the signature takes.</param>
    /// <exception cref="KeyException">The key knows none of them.</exception>
    public void SignWith(IReadOnlyList<string> algorithms)
    {
        if (algorithms.Count > 0 && !algorithms.Contains(Key.Algorithm))
        {
            Key = Key.Using(algorithms);
        }
    }

    /// <summary>Whether a certificate's key may sign (RFC 5280, section 4.2.1.3); one that names no usage may.</summary>
    public static bool MaySign(X509Certificate2 certificate) =>
        certificate
            .Extensions.OfType<X509KeyUsageExtension>()
            .All(static usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature));

    public void Dispose() => Key.Dispose();

    /// <summary>Of a certificate's key (RFC 7638); null for a key that nobody signs with here.</summary>
    public static string? ThumbprintOf(X509Certificate2 certificate)
    {
        var key = (AsymmetricAlgorithm?)certificate.GetRSAPublicKey() ?? certificate.GetECDsaPublicKey();
        if (key is null)
        {
            return null;
        }

        try
        {
            using var pair = KeyPair.Of(key);
            return JwkThumbprint.Of(pair.PublicMembers());
        }
        catch (KeyException)
        {
            // Too small, or on a curve of others: then it is nobody's here.
            return null;
        }
    }

    private static List<X509Certificate2> IssuersOf(X509Certificate2 certificate, X509Certificate2[] pool)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.AddRange(pool);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        ChainTrust.FetchNone(chain.ChainPolicy);
        chain.ChainPolicy.VerificationFlags =
            X509VerificationFlags.AllowUnknownCertificateAuthority | X509VerificationFlags.IgnoreNotTimeValid;
        chain.Build(certificate);
        return chain
            .ChainElements.Cast<X509ChainElement>()
            .Skip(1)
            .Select(static element => CertificateFile.Public(element.Certificate))
            .TakeWhile(static issuer => !issuer.SubjectName.RawData.SequenceEqual(issuer.IssuerName.RawData))
            .ToList();
    }
}
