using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>Judges whether a certificate is one of a community's members (HL7 UDAP Security STU 2, general.md, "JWT validation").</summary>
internal static class CertificateTrust
{
    /// <param name="shown">The certificates of a header's <c>x5c</c>.</param>
    /// <param name="now">By the server's clock.</param>
    /// <exception cref="UdapJwtException">No community has such a member.</exception>
    public static TrustCommunity CommunityOf(X509Certificate2[] shown, DateTimeOffset now)
    {
        for (int i = 1; i < shown.Length; i++)
        {
            // RFC 7515 section 4.1.6: each one certifies the one before it.
            if (!shown[i - 1].IssuerName.RawData.AsSpan().SequenceEqual(shown[i].SubjectName.RawData))
            {
                throw Untrusted("x5c is not in order, from the certificate to its issuers");
            }
        }

        using RSA? rsa = shown[0].GetRSAPublicKey();
        if (rsa?.KeySize < 2048)
        {
            throw Untrusted($"its key of {rsa.KeySize} bits is too weak");
        }

        if (shown[0].Extensions.OfType<X509KeyUsageExtension>().Any(usage => !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)))
        {
            throw Untrusted("its key usage has no digitalSignature");
        }

        X509ChainStatusFlags faults = X509ChainStatusFlags.NoError;
        foreach (TrustCommunity community in TrustCommunity.All)
        {
            using X509Chain chain = ChainTo(community, shown, now);
            if (!chain.Build(shown[0]))
            {
                faults |= chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
            }
            else if (chain.ChainElements.Any(element => TrustCommunity.IsRevoked(element.Certificate)))
            {
                throw Untrusted("it or its issuer is revoked");
            }
            else
            {
                return community;
            }
        }

        throw Untrusted($"it leads to no anchor of this server ({faults})");
    }

    private static X509Chain ChainTo(TrustCommunity community, X509Certificate2[] shown, DateTimeOffset now)
    {
        X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(community.Anchor);
        chain.ChainPolicy.ExtraStore.AddRange(shown[1..]);
        // The authority is of this process: it knows what it has revoked.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        return chain;
    }

    private static UdapJwtException Untrusted(string why) => new($"its certificate is not trusted: {why}", isUntrusted: true);
}
