using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Finding a FHIR server's UDAP metadata, and judging its signature and claims (HL7 UDAP Security STU 2, sections 2.1 to 2.4). Whether the
/// certificate that signed is trusted is left to <see cref="CertificateTrust"/>.
/// </summary>
internal static class UdapDiscovery
{
    private const string Parameter = "community=";

    // No two clocks agree to the second.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(366);

    // RFC 7519, section 4.1: they are about the JWT.
    private static readonly string[] OfJwt = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

    private static readonly string[] Endpoints = ["token_endpoint", "registration_endpoint", "authorization_endpoint"];

    // Section 7.1.2. RS256 is what the server is to use; the others prove as much.
    private static readonly string[] Algorithms = ["RS256", "RS384", "ES256", "ES384"];

    /// <summary>Appended to the FHIR base, path and all.</summary>
    /// <param name="community">The URI of a trust community; null for the server's own choice.</param>
    public static Uri Place(Uri fhirBase, string? community) =>
        new(
            fhirBase.GetLeftPart(UriPartial.Path).TrimEnd('/')
                + "/.well-known/udap"
                + (community is null ? "" : $"?{Parameter}{Uri.EscapeDataString(community)}")
        );

    /// <summary>The community that an address of metadata asks for; null for none.</summary>
    public static string? CommunityIn(Uri place) =>
        place.Query.TrimStart('?').Split('&').FirstOrDefault(static part => part.StartsWith(Parameter, StringComparison.Ordinal))
            is { } part
            ? Uri.UnescapeDataString(part.Substring(Parameter.Length))
            : null;

    /// <summary>Judges the answer, but for whether its signer is trusted.</summary>
    /// <param name="fhirBase">As the user wrote it.</param>
    /// <exception cref="DcrException">DiscoveryFailed: there is no UDAP. UntrustedMetadata: what is there does not hold.</exception>
    public static UdapFinding Judge(string fhirBase, Uri place, string? community, ProtocolResponse response, DateTimeOffset now)
    {
        if (response.Status == 404)
        {
            throw community is null ? UdapErrors.NotOffered(fhirBase) : UdapErrors.NotOffered(fhirBase, community);
        }

        if (response.Status == 204)
        {
            throw UdapErrors.CommunityUnknown(fhirBase, community);
        }

        var request = Discovery.Request(place);
        if (!response.IsSuccess)
        {
            throw Refusals.InFront(request, response) ?? UdapErrors.DiscoveryFailed(place, ServerErrorReader.Read(response));
        }

        if (!response.TryReadJson(out var plain, out var why))
        {
            throw UdapErrors.DiscoveryFailed(place, why);
        }

        var signed = new UdapMetadata(plain).Signed ?? throw UdapErrors.Unproven(fhirBase, "is missing");
        var certificates = Certificates(fhirBase, signed);
        var claims = Claims(fhirBase, signed, certificates[0], plain, now);

        // What is signed goes before what is not, which names no further endpoint for it.
        var members = plain
            .Without("signed_metadata", "mtls_endpoint_aliases")
            .With(claims.Without(OfJwt))
            .With("issuer", claims.Text("iss"));
        return new(members, certificates[0], [.. certificates.Skip(1)], Jws.Time(claims, "exp")!.Value);
    }

    private static List<X509Certificate2> Certificates(string fhirBase, string signed)
    {
        var header = Jws.Header(signed) ?? throw UdapErrors.Unproven(fhirBase, "is no signed JWT");
        if (!Algorithms.Contains(header.Text("alg")))
        {
            throw UdapErrors.Unproven(fhirBase, $"is signed by '{Redaction.Printable(header.Text("alg") ?? "")}', and RS256 is wanted");
        }

        if (header.Has("crit"))
        {
            throw UdapErrors.Unproven(fhirBase, "has extensions in its header (crit) that are not known here");
        }

        if (!header.TryGet("x5c", out var chain) || chain.ValueKind != JsonValueKind.Array || chain.GetArrayLength() == 0)
        {
            throw UdapErrors.Unproven(fhirBase, "comes without the certificate that it is signed with (x5c)");
        }

        try
        {
            return [.. chain.EnumerateArray().Select(static one => CertificateFile.Of(TextOf(one)))];
        }
        catch (KeyException)
        {
            throw UdapErrors.Unproven(fhirBase, "has something in x5c that is no certificate");
        }
    }

    private static string TextOf(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString()! : "";

    private static JsonBag Claims(string fhirBase, string signed, X509Certificate2 signer, JsonBag plain, DateTimeOffset now)
    {
        if (!IsSignedBy(signed, signer) || Jws.Claims(signed) is not { } claims)
        {
            throw UdapErrors.Unproven(fhirBase, "has a signature that the certificate in it did not make");
        }

        var issuer = claims.Text("iss");
        var (issued, start, end) = (Jws.Time(claims, "iat"), Jws.Time(claims, "nbf"), Jws.Time(claims, "exp"));
        var fault =
            issuer is null ? "names no issuer (iss)"
            : issuer.TrimEnd('/') != fhirBase.TrimEnd('/') ? $"is about {Redaction.Address(issuer)} (iss), and not about that base"
            : claims.Text("sub") != issuer ? "has another subject (sub) than issuer (iss)"
            : !CertificateNames.Uris(signer).Contains(issuer)
                ? $"is signed with a certificate that does not name {Redaction.Address(issuer)} in its subject alternative name"
            : !SigningCertificate.MaySign(signer) ? "is signed with a certificate whose key usage lacks digitalSignature"
            : issued is null ? "does not say when it was issued (iat)"
            : end is null ? "does not say when it expires (exp)"
            : end <= now - Skew ? $"expired at {end:yyyy-MM-dd HH:mm:ss} UTC"
            : issued > now + Skew ? $"was issued in the future, at {issued:yyyy-MM-dd HH:mm:ss} UTC"
            : start > now + Skew ? $"is not good before {start:yyyy-MM-dd HH:mm:ss} UTC (nbf)"
            : end - issued > LongestLife ? "is good for longer than a year"
            : claims.Text("jti") is not { Length: > 0 } ? "has no id (jti)"
            : Endpoints
                .Where(name => claims.Has(name) || name != "authorization_endpoint" || plain.Has(name))
                .Select(name => FaultOf(name, claims.Text(name)))
                .FirstOrDefault(static found => found is not null);
        return fault is null ? claims : throw UdapErrors.Unproven(fhirBase, fault);
    }

    private static string? FaultOf(string endpoint, string? url) =>
        url is null ? $"has no {endpoint}"
        : Discovery.SafeUri(url) is null ? $"has a {endpoint} that is not an absolute https URL"
        : null;

    private static bool IsSignedBy(string token, X509Certificate2 signer)
    {
        try
        {
            return Jws.IsSignedBy(token, signer);
        }
        catch (KeyException)
        {
            return false;
        }
    }
}

/// <summary>UDAP metadata, the signed members before the plain ones.</summary>
/// <param name="Members">With <c>issuer</c>: the FHIR base, as the server writes it.</param>
/// <param name="Signer">The certificate that vouches for it.</param>
/// <param name="Others">Certificates that came along.</param>
/// <param name="ExpiresAt">When the signature is no longer good.</param>
internal sealed record UdapFinding(
    JsonBag Members,
    X509Certificate2 Signer,
    IReadOnlyList<X509Certificate2> Others,
    DateTimeOffset ExpiresAt
)
{
    /// <summary>That its signer is trusted, and what could not be found out about that; null before that is known.</summary>
    public CertificateTrust? Trust { get; init; }
}
