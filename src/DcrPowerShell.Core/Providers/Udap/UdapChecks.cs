using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Providers.Udap;

/// <summary>What a UDAP server demands, and whether this side has it (HL7 UDAP Security STU 2, section 2.2).</summary>
internal static class UdapChecks
{
    // A community takes days to issue the next one.
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public static IReadOnlyList<ProviderCheck> Of(UdapServer udap) =>
        [
            new("Certificate", call => OfCertificateAsync(udap, call)),
            new("Signed metadata", call => Task.FromResult(OfSignature(udap, call.Now))),
            new("Profiles", _ => Task.FromResult(OfProfiles(udap))),
            new("Certifications", _ => Task.FromResult(OfCertifications(udap))),
            new("Token extensions", _ => Task.FromResult(OfExtensions(udap))),
        ];

    private static async Task<DcrCheck> OfCertificateAsync(UdapServer udap, ProviderCall call)
    {
        var own = udap.Identity.Certificate;
        var name = CertificateNames.Show(own.Certificate);
        CertificateTrust trust;
        using (call.Reporter.Waiting(CertificateTrust.Asking))
        {
            trust = await CertificateTrust.OfAsync(own.Certificate, own.Issuers, udap.Anchors, call.Now, call.Stop).ConfigureAwait(false);
        }

        var left = own.Certificate.NotAfter.ToUniversalTime() - call.Now.UtcDateTime;
        var found = $"The certificate '{name}' of {udap.Identity.Uri} signs with {own.Key.Algorithm}";
        return left <= TimeSpan.Zero
                ? DcrCheck.Failed(
                    $"The certificate '{name}' expired {Duration.Say(-left)} ago.",
                    "Get the next one, with the same URI, from the community."
                )
            : trust.IsRevoked
                ? DcrCheck.Failed($"{found}, but it {trust.Fault}.", "Get a new certificate, with the same URI, from the community.")
            : trust.Fault is { } fault
                ? DcrCheck.Warning(
                    $"{found}, but it {fault}.",
                    "If the server's community is another one than the certificate's, get a certificate of that. If certificates of "
                        + "issuers are missing, give them beside it: -CertificatePath takes a file with all of them."
                )
            : left <= Soon
                ? DcrCheck.Warning(
                    $"{found} and expires in {Duration.Say(left)}.",
                    "Get the next one, with the same URI, from the community in time."
                )
            : DcrCheck.Passed(
                $"{found}, leads to a trust anchor and is good for another {Duration.Say(left)}.{Joined(trust.Unchecked)}"
            );
    }

    private static DcrCheck OfSignature(UdapServer udap, DateTimeOffset now)
    {
        var found =
            $"'{CertificateNames.Show(udap.Found.Signer)}', which leads to a trust anchor, vouches for the server's metadata for another "
                + $"{Duration.Say(udap.Found.ExpiresAt - now)}.";
        var trust = udap.Found.Trust!;
        return trust.Unanswered.Count + trust.Unasked.Count == 0
            ? DcrCheck.Passed(found + Joined(trust.Unchecked))
            : DcrCheck.Warning(
                found + Joined(trust.Unchecked),
                "Make sure that this machine can reach the community's revocation lists, and connect again."
            );
    }

    private static DcrCheck OfProfiles(UdapServer udap)
    {
        var (versions, profiles) = (udap.Metadata.Versions, udap.Metadata.Profiles);
        var has = $"The server speaks UDAP {Or(versions)} with the profiles {Or(profiles)}";
        return !versions.Contains("1")
                ? DcrCheck.Failed(
                    $"{has}; version 1 is what is spoken here.",
                    "Ask the server's operator: HL7 UDAP Security, section 2.2, has \"1\" in udap_versions_supported."
                )
            : !profiles.Contains("udap_dcr")
                ? DcrCheck.Failed(
                    $"{has}, and not udap_dcr: it registers no clients.",
                    "Ask the server's operator how clients are registered."
                )
            : !profiles.Contains("udap_authn")
                ? DcrCheck.Warning(
                    $"{has}, and not udap_authn: clients may not be able to authenticate.",
                    "Ask the server's operator: HL7 UDAP Security, section 2.2, wants it."
                )
            : DcrCheck.Passed($"{has}.");
    }

    private static DcrCheck OfCertifications(UdapServer udap) =>
        udap.Metadata.RequiredCertifications.Count == 0
            ? DcrCheck.Passed("The server requires no certification.")
            : DcrCheck.Warning(
                $"The server requires certifications: {string.Join(", ", udap.Metadata.RequiredCertifications)}.",
                "Get them from the trust community, and give them with New-DcrClient -Certification."
            );

    private static DcrCheck OfExtensions(UdapServer udap) =>
        udap.Metadata.RequiredExtensions.Count == 0
            ? DcrCheck.Passed("The server requires no authorization extension in token requests.")
            : DcrCheck.Passed(
                $"Applications have to send {string.Join(", ", udap.Metadata.RequiredExtensions)} in token requests; Test-DcrClient "
                    + "-AuthorizationExtension tries that."
            );

    private static string Joined(IEnumerable<string> sentences) =>
        string.Concat(sentences.Select(static sentence => $" {sentence}"));

    private static string Or(IReadOnlyList<string> texts) => texts.Count == 0 ? "(none)" : string.Join(", ", texts);
}
