using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Operations;

/// <summary>Why no connection to a server was made.</summary>
internal static class ConnectErrors
{
    public static DcrException UrlRefused(string parameter, Uri url) =>
        url.IsAbsoluteUri && url.UserInfo.Length > 0
            ? DcrException.Unsent(
                DcrErrorId.ConnectionFailed,
                $"-{parameter}: the URL of {url.Authority} has a user name or password in it, where it would be shown and logged.",
                "Give the URL alone."
            )
            : DcrException.Unsent(
                DcrErrorId.ConnectionFailed,
                $"-{parameter}: '{Redaction.Address(url)}' is not an absolute https URL (http is allowed to a loopback address only).",
                "Give an absolute https:// URL."
            );

    public static DcrException CommunityNoUri(string community) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSetup,
            $"-Community: '{Redaction.Printable(community)}' is not a URI.",
            "Give the community's URI as its documents write it, such as https://trust.example.org/community."
        );

    public static DcrException NothingToManageBy() =>
        DcrException.Unsent(
            DcrErrorId.AccessTokenRejected,
            "-ManageBy Connection: the connection has no credential to manage clients with.",
            "Give -Credential, -InitialAccessToken, -ClientCredential, -ClientId with a key, or -TlsCertificate."
        );

    public static DcrException ForeignTokenEndpoint(Uri tokenEndpoint, Uri endpoint) =>
        new(
            DcrErrorId.RegistrationUriRefused,
            $"-ManageBy ClientToken: the token endpoint is at {ErrorWords.Origin(tokenEndpoint)}, which is not the origin of the "
                + $"registration endpoint ({ErrorWords.Origin(endpoint)}). No client secret was sent there.",
            $"If that host is the server's own, connect again with -AllowedOrigin {ErrorWords.Origin(tokenEndpoint)}."
        );

    public static DcrException BadProxy() =>
        DcrException.Unsent(
            DcrErrorId.ConnectionFailed,
            "-Proxy: that is not the address of a proxy.",
            "Give http://host:port, or http://user:password@host:port."
        );

    public static DcrException NotAuth0(string connection, string provider) =>
        DcrException.Unsent(
            DcrErrorId.OperationNotSupported,
            $"Enable-Auth0Dcr sets Auth0 tenants up, and the connection '{connection}' speaks {provider}.",
            "Connect to the tenant, such as Connect-DcrServer https://example.us.auth0.com; under a domain of your own, add -Provider "
                + "Auth0."
        );

    /// <param name="endpoint">What the metadata may mean by a registration endpoint that is no URL; null for nothing.</param>
    public static DcrException DiscoveryFailed(string issuer, IEnumerable<string> tried, Uri? endpoint) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"No usable server metadata was found for {issuer}. Tried: {string.Join("; ", tried)}.",
            endpoint is not null
                ? $"If the endpoint is {endpoint}, run Connect-DcrServer -RegistrationEndpoint {endpoint}. Tell the server's operator: RFC "
                    + "8414 wants an absolute URL."
                : "Check the issuer's spelling, its path too, and add -Discovery Smart for a FHIR base URL. If the server has no "
                    + "discovery, give its endpoint: Connect-DcrServer -RegistrationEndpoint <url>."
        );

    /// <summary>The server is there and fails: nothing is wrong with the address.</summary>
    public static DcrException DiscoveryUnavailable(string issuer, IEnumerable<string> tried) =>
        new(
            DcrErrorId.ServerUnavailable,
            $"The server at {issuer} cannot answer now. Tried: {string.Join("; ", tried)}.",
            "Run the command again later. If the server has no discovery, give its endpoint: Connect-DcrServer -RegistrationEndpoint <url>."
        );

    public static DcrException DocumentsOnly(string issuer) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"{issuer} offers no dynamic registration: its metadata has no registration_endpoint. It takes client ID metadata documents.",
            "Make one with New-DcrClientDocument, publish it, and use its URL as the application's client_id."
        );

    public static DcrException SmartDiscoveryFailed(string fhirBase, IEnumerable<string> tried) =>
        new(
            DcrErrorId.DiscoveryFailed,
            $"No registration endpoint was found for the FHIR base {fhirBase}. Tried: {string.Join("; ", tried)}.",
            "Check the FHIR base URL, its path too. If the endpoint is documented elsewhere (Epic: <fhir base>/metadata, the extension "
                + "oauth-uris), give it: Connect-DcrServer -RegistrationEndpoint <url>."
        );

    /// <param name="known">The issuers whose clients are kept here.</param>
    /// <param name="subjectUri">What -SubjectUri named; null for nothing.</param>
    /// <param name="community">What -Community named; null for nothing.</param>
    public static DcrException NothingKnownOffline(
        string issuer,
        string? subjectUri,
        string? community,
        IReadOnlyCollection<string> known
    ) =>
        DcrException.Unsent(
            DcrErrorId.DiscoveryFailed,
            $"-Offline: no client of {issuer}{(subjectUri is null ? "" : $" with the URI '{subjectUri}'")}"
                + $"{(community is null ? "" : $" in the community '{community}'")} is kept here. "
                + $"{(known.Count == 0 ? "The store has no clients." : $"The store has clients of {string.Join(", ", known)}.")}",
            "Give the issuer as Get-DcrClient -Offline shows it, or connect without -Offline."
        );

    /// <param name="names">Of certificates, with the communities.</param>
    public static DcrException SeveralOffline(string fhirBase, IEnumerable<string> names) =>
        DcrException.Unsent(
            DcrErrorId.DiscoveryFailed,
            $"-Offline: {fhirBase} has clients of several names: {string.Join("; ", names)}.",
            "Say with -SubjectUri and -Community which are meant, or give the issuer as Get-DcrClient -Offline shows it."
        );

    /// <param name="canBeAsked">Whether the other issuer is an address that tokens may go to.</param>
    public static DcrException IssuerMismatch(string issuer, string found, bool canBeAsked, IEnumerable<string> tried) =>
        new(
            DcrErrorId.IssuerMismatch,
            $"The server metadata for {Redaction.Address(issuer)} names another issuer: {found}. Tried: {string.Join("; ", tried)}.",
            found.Any(static letter => letter == '{')
                    ? "This metadata is a template for many tenants. Connect to your own tenant's issuer, with its id in the URL (Entra: "
                        + "https://login.microsoftonline.com/<tenant id>/v2.0)."
                : canBeAsked ? $"If that is the server that you mean, run Connect-DcrServer {found}."
                : "Ask the server's operator to correct the issuer in its metadata: it is no address that can be reached from here. Until "
                    + "then, give the endpoint: Connect-DcrServer -RegistrationEndpoint <url>."
        );

    public static DcrException ResourceDiscoveryFailed(string resource, IEnumerable<string> tried) => new(
        DcrErrorId.DiscoveryFailed,
        $"No metadata of the protected resource {resource} was found. Tried: {string.Join("; ", tried)}.",
        "Check the resource's URL, its path too. If you know its authorization server, connect to that: Connect-DcrServer <issuer>.");

    public static DcrException SeveralAuthorizationServers(string resource, IReadOnlyList<string> servers) => new(
        DcrErrorId.DiscoveryFailed,
        $"The resource {resource} names {servers.Count} authorization servers: {string.Join(", ", servers)}. The choice is yours.",
        $"Connect-DcrServer -Discovery Resource -Resource {resource} -Issuer <one of them>.");

    /// <param name="failure">Its message is repeated.</param>
    public static DcrException ResourcesServerNotFound(string resource, DcrException failure) => new(
        failure.ErrorId,
        failure.What,
        $"The resource {resource} names that authorization server: tell the resource's operator, or connect to the issuer that you know: "
            + "Connect-DcrServer <issuer>.",
        failure);

    public static DcrException UnsafeAuthorizationServer(string resource, string issuer) => new(
        DcrErrorId.DiscoveryFailed,
        $"The authorization server '{issuer}' that the resource {resource} names is not an absolute https URL, so it was not asked.",
        "Tell the resource's operator, or connect to the issuer that you know: Connect-DcrServer <issuer>.");

    public static DcrException NotAnAuthorizationServer(string resource, string picked, IReadOnlyList<string> servers) => new(
        DcrErrorId.DiscoveryFailed,
        $"The resource {resource} does not name the authorization server {picked}. It names {string.Join(", ", servers)}.",
        "Give -Issuer as the resource writes it.");

    public static DcrException NoCertificateForUdap() =>
        DcrException.Unsent(
            DcrErrorId.InvalidCertificate,
            "-Discovery Udap needs the certificate that the trust community issued for the client.",
            "Give it with -CertificatePath (PEM or PFX, with those of its issuers), or -Certificate."
        );
}
