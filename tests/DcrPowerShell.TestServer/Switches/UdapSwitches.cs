using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

/// <summary>
/// Habits of a server that speaks UDAP. The defaults make a strict one of HL7's UDAP Security guide, STU 2, with two trust communities.
/// </summary>
/// <remarks>
/// Of the other switches, <c>dropScope</c>, <c>dropRedirectUris</c>, <c>unapprovedSoftwareStatement</c>, <c>fixedClientId</c>,
/// <c>answerOverrides</c>, <c>omitFromAnswer</c>, <c>accessTokenSeconds</c>, <c>errorShape</c>, <c>fhirPath</c>, <c>issuerPath</c>,
/// faults and limits work here as well.
/// </remarks>
public sealed record UdapSwitches
{
    /// <summary>What is answered where a community is named that the server does not belong to.</summary>
    /// <remarks>discovery.md, "Multiple Trust Communities": the server may do either</remarks>
    public UnknownCommunity UnknownCommunity { get; init; }

    /// <summary>What the server's certificates are like.</summary>
    public CertificateKind Certificate { get; init; }

    /// <summary>The URI in the server's certificates, in the place of the FHIR base.</summary>
    public string? CertificateUri { get; init; }

    /// <summary>Which certificates the header of <c>signed_metadata</c> holds.</summary>
    public ChainInHeader Chain { get; init; }

    /// <summary>How <c>signed_metadata</c> is signed.</summary>
    public MetadataSignature Signature { get; init; }

    /// <summary>Claims put into <c>signed_metadata</c> last; null removes one.</summary>
    public JsonObject? ClaimOverrides { get; init; }

    /// <summary>Plain members put into the metadata last; null removes one, <c>signed_metadata</c> too.</summary>
    public JsonObject? MetadataOverrides { get; init; }

    /// <summary>The algorithms that JWTs may be signed with; the metadata say so.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256", "ES256", "RS384", "ES384"];

    /// <summary>The certifications that a registration must bring; the metadata say so.</summary>
    public IReadOnlyList<string> CertificationsRequired { get; init; } = [];

    /// <summary>What a registration does that comes from a registered client.</summary>
    /// <remarks>registration.md, "Modifying and Cancelling Registrations": 200 and the same id are what a server SHOULD answer</remarks>
    public UdapModification Modification { get; init; }

    /// <summary>What a registration does that asks for no grant types.</summary>
    /// <remarks>registration.md, "Modifying and Cancelling Registrations": a server SHOULD understand it as a request to cancel</remarks>
    public UdapCancellation Cancellation { get; init; }

    /// <summary>Whether a request for a token with client credentials must bring the B2B extension; the metadata say so.</summary>
    public bool RequireB2b { get; init; }
}

/// <summary>What a certificate of a trust community is like.</summary>
public enum CertificateKind
{
    /// <summary>Nothing is wrong, and no revocation list is named.</summary>
    Good,

    /// <summary>It and its issuer name revocation lists, which they are not on.</summary>
    GoodByCrl,

    /// <summary>Expired yesterday.</summary>
    Expired,

    /// <summary>Valid from tomorrow.</summary>
    NotYetValid,

    /// <summary>Its subject alternative names hold no URI.</summary>
    NoUri,

    /// <summary>Its key usage lacks digitalSignature.</summary>
    NoDigitalSignature,

    /// <summary>Of a community that the server does not belong to.</summary>
    UnknownRoot,

    /// <summary>Its own issuer.</summary>
    SelfSigned,

    /// <summary>The intermediate expired yesterday.</summary>
    IntermediateExpired,

    /// <summary>The intermediate is no authority.</summary>
    IntermediateNotCa,

    /// <summary>RSA of 1024 bits.</summary>
    WeakKey,

    /// <summary>The revocation list that it names holds it.</summary>
    Revoked,

    /// <summary>The revocation list that the intermediate names holds that one.</summary>
    IntermediateRevoked,

    /// <summary>The revocation list that it names is not there.</summary>
    CrlUnanswered,
}

/// <summary>The key of a certificate.</summary>
public enum CertificateKey
{
    /// <summary>RSA of 2048 bits.</summary>
    Rsa,

    /// <summary>An elliptic curve, for ES256.</summary>
    P256,

    /// <summary>An elliptic curve, for ES384.</summary>
    P384,
}

/// <summary>The answer about a community that the server does not belong to.</summary>
public enum UnknownCommunity
{
    /// <summary>204.</summary>
    NoContent,

    /// <summary>The metadata of the first community.</summary>
    Default,

    /// <summary>404, as udap-dotnet (UdapMetaDataEndpoint).</summary>
    NotFound,
}

/// <summary>The certificates in a header's <c>x5c</c>.</summary>
public enum ChainInHeader
{
    /// <summary>The certificate and the intermediate.</summary>
    WithoutAnchor,

    /// <summary>These and the anchor.</summary>
    WithAnchor,

    /// <summary>The certificate alone.</summary>
    Alone,

    /// <summary>There is no <c>x5c</c>.</summary>
    Absent,
}

/// <summary>How <c>signed_metadata</c> is signed.</summary>
public enum MetadataSignature
{
    /// <summary>RS256 by the certificate's key.</summary>
    Good,

    /// <summary>One bit of the signature is flipped.</summary>
    Broken,

    /// <summary>By another key than the certificate's.</summary>
    OtherKey,

    /// <summary>Not at all: <c>alg</c> is <c>none</c>.</summary>
    None,

    /// <summary>HS256, with the certificate's public key as the secret.</summary>
    Hs256,
}

/// <summary>What a registration does that comes from a registered client.</summary>
public enum UdapModification
{
    /// <summary>Changes the client: 200 and the same <c>client_id</c>.</summary>
    SameClient,

    /// <summary>Cancels the client and registers a new one: 201 and another <c>client_id</c>.</summary>
    NewClient,
}

/// <summary>What a registration does that asks for no grant types.</summary>
public enum UdapCancellation
{
    /// <summary>Cancels, and answers 200 with no grant types.</summary>
    Confirmed,

    /// <summary>Cancels, and answers 204.</summary>
    NoContent,

    /// <summary>Cancels, and answers 200 without saying a word on grant types.</summary>
    WithoutGrantTypes,

    /// <summary>
    /// Cancels, and answers 200 with the id "removed" and no word on grant types; where there is nothing to cancel 400 without a body.
    /// </summary>
    /// <remarks>udap-dotnet, UdapDynamicClientRegistrationEndpoint</remarks>
    Removed,

    /// <summary>Does nothing, and answers 400.</summary>
    Refused,
}
