using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers.Udap;

namespace DcrPowerShell.Operations;

/// <summary>How a client takes part in a UDAP trust community.</summary>
/// <param name="Certificate">Taken over by the connection.</param>
/// <param name="SubjectUri">Which of the certificate's URIs the client is known by; null for the only one.</param>
/// <param name="Community">The community's URI; null where the server is to choose.</param>
/// <param name="Anchors">Whose certificates are trusted.</param>
internal sealed record UdapRequest(
    SigningCertificate Certificate,
    string? SubjectUri,
    string? Community,
    IReadOnlyList<X509Certificate2> Anchors
);

/// <summary>
/// Finds a FHIR server by UDAP, and makes sure that a trust community vouches for it (HL7 UDAP Security STU 2, section 2).
/// </summary>
internal static class UdapOperation
{
    private const string SubjectPart = "#subject=";
    private const string CommunityPart = "&community=";

    /// <summary>Judges the certificate and the community, before anything is sent.</summary>
    /// <exception cref="DcrException">InvalidCertificate; InvalidSetup: the community is no URI.</exception>
    public static UdapIdentity IdentityOf(UdapRequest request, IClock clock)
    {
        // Registrations are kept by it: what a server takes for the same one, such as with a blank behind it, would be another here.
        if (request.Community is { } community && !UriText.IsUri(community))
        {
            throw ConnectErrors.CommunityNoUri(community);
        }

        try
        {
            var uri = request.Certificate.CheckFor(request.SubjectUri, clock.UtcNow);
            return new UdapIdentity(request.Certificate, uri, request.Community, clock);
        }
        catch (KeyException failure)
        {
            throw InputErrors.BadCertificate(failure.Message, failure.Fix, failure);
        }
    }

    /// <summary>
    /// What registrations are kept under: one certificate's name has one client at a server and in a community (section 3.4), so all three
    /// are in it.
    /// </summary>
    public static string IssuerOf(string fhirBase, UdapIdentity identity) =>
        $"{fhirBase.TrimEnd('/')}{SubjectPart}{Uri.EscapeDataString(identity.Uri)}"
            + (identity.Community is { } community ? $"{CommunityPart}{Uri.EscapeDataString(community)}" : "");

    /// <summary>Which of the issuers are of a FHIR base, and of the certificate's URI and the community that are named.</summary>
    public static List<string> IssuersOf(string fhirBase, string? subjectUri, string? community, IEnumerable<string> known)
    {
        var start = fhirBase.TrimEnd('/') + SubjectPart + (subjectUri is null ? "" : $"{Uri.EscapeDataString(subjectUri)}&");
        var end = community is null ? "" : CommunityPart + Uri.EscapeDataString(community);
        return known
            .Where(issuer => $"{issuer}&".StartsWith(start, StringComparison.Ordinal) && issuer.EndsWith(end, StringComparison.Ordinal))
            .ToList();
    }

    /// <summary>What an issuer has beside its FHIR base, for people: as <see cref="DcrUdap"/> is shown.</summary>
    public static string Shown(string issuer)
    {
        var parts = issuer
            .Substring(issuer.IndexOf(SubjectPart, StringComparison.Ordinal) + SubjectPart.Length)
            .Split([CommunityPart], StringSplitOptions.None);
        return new DcrUdap
        {
            SubjectUri = Uri.UnescapeDataString(parts[0]),
            Community = parts.Length < 2 ? null : Uri.UnescapeDataString(parts[1]),
        }.ToString();
    }

    /// <summary>
    /// Says where clients of the same name are kept both with and without a community, for a server may have one client for both.
    /// </summary>
    public static void TellOfCommunities(UdapIdentity identity, string issuer, RegistrationLedger ledger, IReporter reporter)
    {
        var others = identity.Community is null
            ? ledger.Registrations.Issuers().Where(known => known.StartsWith(issuer + CommunityPart, StringComparison.Ordinal))
            : [issuer.Substring(0, issuer.LastIndexOf(CommunityPart, StringComparison.Ordinal))];
        var clients = others
            .SelectMany(other => ledger.Registrations.List(other))
            .Select(static found => found.Record.ClientId)
            .Distinct()
            .ToList();
        if (clients.Count > 0)
        {
            reporter.Warning(
                $"{identity.Uri} has {string.Join(", ", clients.Select(static id => $"'{id}'"))} at this server from connections "
                    + $"{(identity.Community is null ? "with" : "without")} -Community: the server may have one client for both, so name "
                    + "-Community always, or never."
            );
        }
    }

    /// <summary>Says once, at the connection, what is left open of a server; Test-DcrServer has checks for that.</summary>
    public static void TellOf(UdapServer server, Uri fhirBase, IReporter reporter)
    {
        var (trust, says, asked) = (server.Found.Trust!, server.Metadata, Redaction.Address(fhirBase));
        foreach (var open in trust.Unchecked)
        {
            if (trust.Unanswered.Count + trust.Unasked.Count > 0)
            {
                reporter.Warning($"{asked}: {open}");
            }
            else
            {
                reporter.Verbose(open);
            }
        }

        if (!says.Versions.Contains("1") || !says.Profiles.Contains("udap_dcr"))
        {
            reporter.Warning(
                $"{asked} does not say that it registers clients by UDAP 1 (udap_dcr): registrations may be refused. Test-DcrServer shows "
                    + "what it says."
            );
        }
    }

    /// <summary>What users see of it.</summary>
    public static DcrUdap FactsOf(UdapServer server)
    {
        var (identity, says) = (server.Identity, server.Metadata);
        return new DcrUdap
        {
            Community = identity.Community,
            SubjectUri = identity.Uri,
            Certificate = Redaction.Printable(CertificateNames.Show(identity.Certificate.Certificate)),
            CertificateExpiresAt = identity.Certificate.Certificate.NotAfter.ToUniversalTime(),
            SigningAlgorithm = identity.Certificate.Key.Algorithm,
            MetadataSignedBy = Redaction.Printable(CertificateNames.Show(server.Found.Signer)),
            MetadataExpiresAt = server.Found.ExpiresAt,
            NotChecked = Shown(server.Found.Trust!.Unchecked),
            Versions = Shown(says.Versions),
            Profiles = Shown(says.Profiles),
            CertificationsSupported = Shown(says.Certifications),
            CertificationsRequired = Shown(says.RequiredCertifications),
            AuthorizationExtensionsSupported = Shown(says.Extensions),
            AuthorizationExtensionsRequired = Shown(says.RequiredExtensions),
            RegistrationSigningAlgorithms = Shown(says.RegistrationAlgorithms),
        };

        static IReadOnlyList<string> Shown(IEnumerable<string> texts) =>
            new ReadableList<string>(texts.Select(static text => Redaction.Printable(text)));
    }

    /// <exception cref="DcrException">DiscoveryFailed, UntrustedMetadata: nobody trusted vouches for the server.</exception>
    public static async Task<DiscoveryFinding> DiscoverAsync(
        Uri fhirBase,
        UdapIdentity identity,
        IReadOnlyList<X509Certificate2> anchors,
        HttpSender sender,
        IReporter reporter,
        IClock clock,
        CancellationToken stop
    )
    {
        var asked = fhirBase.OriginalString;
        var (place, response) = await DiscoveryOperation
            .AskAsync(UdapDiscovery.Place(fhirBase, identity.Community), sender, reporter, stop)
            .ConfigureAwait(false);
        var found = UdapDiscovery.Judge(asked, place, identity.Community, response, clock.UtcNow);

        // Some servers send their certificate alone (udap-dotnet, SignedSoftwareStatementBuilder). In one community it mostly has the
        // issuers that ours has.
        var others = found.Others.Count > 0 ? found.Others : identity.Certificate.Issuers;
        CertificateTrust trust;
        using (reporter.Waiting(CertificateTrust.Asking))
        {
            trust = await CertificateTrust.OfAsync(found.Signer, others, anchors, clock.UtcNow, stop).ConfigureAwait(false);
        }

        if (trust.Fault is { } fault)
        {
            var signer = CertificateNames.Show(found.Signer);
            throw UdapErrors.Untrusted(asked, signer, fault, identity.Community, trust.IsBelowAnchor, trust.LacksIssuer);
        }

        var (server, says) = (new ServerMetadata(found.Members), new UdapMetadata(found.Members));
        try
        {
            identity.Certificate.SignWith(says.RegistrationAlgorithms);
        }
        catch (KeyException failure)
        {
            throw UdapErrors.AlgorithmNotTaken(failure.Message, failure.Fix, failure);
        }

        return new DiscoveryFinding(place, "found")
        {
            Issuer = IssuerOf(server.Issuer!, identity),
            RegistrationEndpoint = Discovery.SafeUri(server.RegistrationEndpoint),
            Server = server,
            Udap = found with { Trust = trust },
        };
    }
}
