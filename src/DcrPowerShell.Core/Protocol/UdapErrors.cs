using System;
using System.Globalization;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Protocol;

/// <summary>What is wrong with a UDAP server's metadata, with what is to be registered, and what such a server refuses.</summary>
internal static class UdapErrors
{
    // A Date header has whole seconds.
    private static readonly TimeSpan FineSkew = TimeSpan.FromSeconds(30);

    public static DcrException NotOffered(string fhirBase) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"{Redaction.Address(fhirBase)} does not support UDAP: it has no .well-known/udap (HTTP 404).",
            "Check the FHIR base URL, its path too. If the server registers clients otherwise, connect with -Discovery Smart or by its "
                + "issuer."
        );

    /// <summary>Some servers answer 404 where they lack only the community (udap-dotnet, UdapMetaDataEndpoint).</summary>
    public static DcrException NotOffered(string fhirBase, string community) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"{Redaction.Address(fhirBase)} has no UDAP metadata for the trust community '{Redaction.Printable(community)}' (HTTP 404): it "
                + "does not take part in it, or does not support UDAP.",
            "Check -Community, to the letter, and the FHIR base URL, its path too."
        );

    public static DcrException CommunityUnknown(string fhirBase, string? community) =>
        new(
            DcrErrorId.DiscoveryFailed,
            community is null
                ? $"{Redaction.Address(fhirBase)} offers no UDAP without a trust community (HTTP 204)."
                : $"{Redaction.Address(fhirBase)} does not take part in the trust community '{Redaction.Printable(community)}' (HTTP 204).",
            "Give -Community, to the letter, as the community's documents write it; the server's operator knows which ones it is in."
        );

    public static DcrException DiscoveryFailed(Uri place, ServerError server) =>
        DcrException.Answered(
            server.Status >= 500 ? DcrErrorId.ServerUnavailable : DcrErrorId.DiscoveryFailed,
            server,
            $"{place.Authority} gave no UDAP metadata at {place.GetLeftPart(UriPartial.Path)} ({Status(server)}).",
            server.Status >= 500 ? "Run the command again later." : "Check the FHIR base URL, its path too, or ask the server's operator."
        );

    public static DcrException DiscoveryFailed(Uri place, string why) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"The UDAP metadata at {place.GetLeftPart(UriPartial.Path)} cannot be read: {why}.",
            "Check the FHIR base URL, its path too, or ask the server's operator."
        );

    /// <param name="fault">Half a sentence that goes after "signed_metadata".</param>
    public static DcrException Unproven(string fhirBase, string fault) =>
        new(
            DcrErrorId.UntrustedMetadata,
            $"Nothing vouches for the UDAP metadata of {Redaction.Address(fhirBase)}: its signed_metadata {fault}.",
            "Check the FHIR base URL, to the letter, and this machine's clock. If they are right, tell the server's operator."
        );

    /// <param name="fault">Half a sentence that goes after the certificate.</param>
    /// <param name="isBelowAnchor">Whether it leads to a trust anchor all the same.</param>
    /// <param name="lacksIssuer">It came alone, and nobody here knows its issuer.</param>
    public static DcrException Untrusted(
        string fhirBase,
        string certificate,
        string fault,
        string? community,
        bool isBelowAnchor,
        bool lacksIssuer
    ) =>
        new(
            DcrErrorId.UntrustedMetadata,
            $"The certificate '{Redaction.Printable(certificate)}' that vouches for the UDAP metadata of {Redaction.Address(fhirBase)} "
                + $"{fault}.",
            isBelowAnchor ? "Check this machine's clock. If it is right, tell the server's operator: the certificate is the server's."
            : lacksIssuer
                ? "Get the certificates of the issuers from the trust community, and give them with -TrustAnchor, beside its root."
            : community is null
                ? "Give the root certificate of the trust community with -TrustAnchor. If the server is in several communities, say with "
                    + "-Community which one is meant."
            : $"Give the root certificate of the community '{Redaction.Printable(community)}' with -TrustAnchor. If that is what was "
                    + "given, tell the server's operator."
        );

    /// <param name="message">What the key can do and what the server takes: a sentence.</param>
    public static DcrException AlgorithmNotTaken(string message, string fix, Exception inner) =>
        new(DcrErrorId.InvalidCertificate, message, fix, inner);

    public static DcrException Rule(string member, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"The member {member} {why}.", fix, member: member);

    public static DcrException RedirectUri(string uri) =>
        DcrException.Unsent(
            DcrErrorId.InvalidRedirectUri,
            $"The redirect URI '{Redaction.Printable(uri)}' is not an https URL, and UDAP registers no other.",
            "Give -RedirectUri with https.",
            member: "redirect_uris"
        );

    /// <summary>A refusal of a software statement that we made.</summary>
    /// <param name="certificate">What it was signed with, by its name.</param>
    /// <param name="uri">Whom it names as issuer.</param>
    /// <param name="skew">How far this machine's clock is ahead of the server's; null where that is not known.</param>
    public static DcrException StatementRefused(
        ServerError server,
        string certificate,
        string uri,
        string? community,
        DateTimeOffset expires,
        TimeSpan? skew
    )
    {
        var isUnapproved = server.Code == "unapproved_software_statement";
        var where = community is null ? "" : $" in the community '{Redaction.Printable(community)}'";
        var clock = skew is { } ahead && ahead.Duration() > FineSkew
            ? $" This machine's clock is {Duration.Say(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the "
                + "server's: set it first."
            : "";
        return DcrException.Answered(
            isUnapproved ? DcrErrorId.UnapprovedSoftwareStatement : DcrErrorId.InvalidSoftwareStatement,
            server,
            isUnapproved
                ? $"The server does not approve what the certificate '{Redaction.Printable(certificate)}' of {Redaction.Address(uri)} "
                    + $"signed{where} (unapproved_software_statement)."
                : $"The server finds the software statement invalid that the certificate '{Redaction.Printable(certificate)}' of "
                    + $"{Redaction.Address(uri)} signed{where} (invalid_software_statement).",
            (
                isUnapproved
                    ? "Ask the server's operator whether it trusts the community that issued the certificate, and -Community names it."
                    : "Test-DcrServer checks the certificate, which is good until "
                        + $"{expires.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, its chain and the clock."
            ) + clock
        );
    }

    public static DcrException CancellationUnconfirmed(Uri endpoint, string clientId, ServerError server) =>
        DcrException.Answered(
            DcrErrorId.OutcomeUnknown,
            server,
            $"{endpoint.Authority} answered the cancellation of client '{clientId}' (HTTP {server.Status}) without the empty grant_types "
                + "that confirm it (HL7 UDAP Security, section 3.4).",
            "Ask the server's operator whether the registration is cancelled. Then drop what is kept of it: Remove-DcrClient -StoreOnly."
        );

    public static DcrException CancellationRefused(string clientId, ServerError server) =>
        DcrException.Answered(
            DcrErrorId.InvalidClientMetadata,
            server,
            $"The server refuses to cancel the registration of client '{clientId}' ({CodeOf(server)}).",
            "If it was cancelled already, drop what is kept of it: Remove-DcrClient -StoreOnly. Otherwise ask the server's operator."
        );

    public static DcrException NoRead(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"UDAP has no request that reads a client, so nobody can ask the server about '{clientId}'.",
            "The check Authentication of Test-DcrClient tells whether the server has it; Set-DcrClient registers it again."
        );

    public static DcrException NoCredentials(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"Client '{clientId}' has no client secret and no registration access token: a UDAP client proves itself with its "
                + "certificate's key.",
            "When the certificate is to be replaced, get one with the same URI from the community, connect with it, and run Set-DcrClient."
        );
}
