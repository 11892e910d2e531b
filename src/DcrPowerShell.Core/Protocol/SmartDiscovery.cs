using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Finding the metadata of a FHIR server's authorization server: HL7 SMART App Launch, conformance page.</summary>
internal static class SmartDiscovery
{
    /// <summary>The FHIR base as an issuer: with and without a trailing slash it is the same server.</summary>
    public static string BaseOf(Uri fhirBase) => fhirBase.OriginalString.TrimEnd('/');

    /// <summary>Appended to the FHIR base, path and all.</summary>
    public static Uri Place(Uri fhirBase) => new(fhirBase.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/.well-known/smart-configuration");

    /// <summary>
    /// Judges the answer. <c>registration_endpoint</c> is optional there and <c>issuer</c> conditional: a finding without an
    /// issuer and with another one says whose own metadata may have the endpoint.
    /// </summary>
    public static DiscoveryFinding Judge(Uri fhirBase, Uri place, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            return new(place, $"HTTP {response.Status}");
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            return new(place, why);
        }

        var metadata = new ServerMetadata(members);
        var issuer = Discovery.SafeUri(metadata.Issuer);
        return (metadata.RegistrationEndpoint, issuer) switch
        {
            ({ } text, _) => Discovery.SafeUri(text) is { } endpoint
                ? Found(place, metadata, endpoint, IsClaimed(issuer, endpoint) ? metadata.Issuer! : BaseOf(fhirBase))
                : new(place, $"its registration_endpoint '{Redaction.Address(text)}' is not an absolute https URL"),
            (null, null) => new(place, "it has no registration_endpoint, and names no issuer by an https URL that could be asked for one"),
            _ => new(place, $"it has no registration_endpoint; its issuer is {metadata.Issuer}") { OtherIssuer = metadata.Issuer },
        };
    }

    private static DiscoveryFinding Found(Uri place, ServerMetadata metadata, Uri endpoint, string issuer) => new(place, "found")
    {
        Issuer = issuer,
        RegistrationEndpoint = endpoint,
        Server = metadata,
        OtherIssuer = metadata.Issuer == issuer ? null : metadata.Issuer,
    };

    // Any server may write any issuer there. The records kept under it, and their tokens, are for its own origin only.
    private static bool IsClaimed(Uri? issuer, Uri endpoint) => issuer is not null && SafeUrl.IsSameOrigin(issuer, endpoint);
}
