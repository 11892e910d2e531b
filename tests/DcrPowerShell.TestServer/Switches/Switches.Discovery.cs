using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>Path part of the issuer, such as <c>/tenant1</c>; empty for none. All endpoints live below it.</summary>
    /// <remarks>RFC 8414, section 3.1</remarks>
    public string IssuerPath { get; init; } = "";

    /// <summary>The issuer, word for word, that the discovery document claims, whatever the server's address is.</summary>
    /// <remarks>
    /// RFC 8414, section 3.3: must be the one that was asked. Wrong ones: modelcontextprotocol/rust-sdk#1144, toolhive#1825
    /// </remarks>
    public string? Issuer { get; init; }

    /// <summary>Ends the issuer in the discovery document with a slash, as Auth0 and Google do.</summary>
    /// <remarks>github/copilot-cli#4606</remarks>
    public bool IssuerTrailingSlash { get; init; }

    /// <summary>The well-known places where the document is found; empty for a server without discovery.</summary>
    /// <remarks>RFC 8414, section 3.1; OpenID Connect Discovery 1.0, section 4</remarks>
    public IReadOnlyList<DiscoveryPlace> Discovery { get; init; } =
        [DiscoveryPlace.OauthInsertion, DiscoveryPlace.OpenidInsertion, DiscoveryPlace.OpenidAppend];

    /// <summary>What the document says about the registration endpoint.</summary>
    /// <remarks>RFC 8414, section 2</remarks>
    public AdvertisedEndpoint RegistrationEndpoint { get; init; }

    /// <summary>Members that are put into the discovery document last, over what is there.</summary>
    public JsonObject? DiscoveryOverrides { get; init; }

    /// <summary>
    /// Path of the FHIR base, below the issuer's path, where a SMART configuration is found, and UDAP's metadata where
    /// <see cref="Udap"/> is on. The standard's dialect only.
    /// </summary>
    /// <remarks>HL7 SMART App Launch 2.2, conformance page</remarks>
    public string FhirPath { get; init; } = "/fhir";

    /// <summary>Members put into the SMART configuration last; null removes one. Epic's has no <c>registration_endpoint</c>.</summary>
    /// <remarks>HL7 SMART App Launch 2.2, conformance page, says what is optional and conditional</remarks>
    public JsonObject? SmartOverrides { get; init; }

    /// <summary>
    /// Path of a protected resource that wants this server's tokens, such as <c>/mcp</c>; null for none. The standard's dialect only.
    /// </summary>
    /// <remarks>RFC 9728</remarks>
    public string? ResourcePath { get; init; }

    /// <summary>Where the resource's metadata is found (RFC 9728, section 3.1).</summary>
    public ResourceMetadataPlace ResourceMetadata { get; init; }

    /// <summary>Members put into the resource's metadata last; null removes one.</summary>
    public JsonObject? ResourceOverrides { get; init; }

    /// <summary>
    /// A client ID metadata document at <c>/client.json</c>, though it is http; null for none. The standard's dialect only.
    /// </summary>
    /// <remarks>draft-ietf-oauth-client-id-metadata-document-02</remarks>
    public PublishedDocument? ClientDocument { get; init; }

    /// <summary>
    /// The origin that stands for "another host" wherever a switch says <c>foreign</c>; point it at a second server to see what arrives
    /// there.
    /// </summary>
    public string ForeignOrigin { get; init; } = "https://dcr.example.net";
}

/// <summary>How a client ID metadata document is given out.</summary>
public sealed record PublishedDocument
{
    /// <summary>Its text, word for word; <c>{url}</c> in it stands for its URL.</summary>
    public string Text { get; init; } = """
        {"client_id":"{url}","client_name":"Agent","redirect_uris":["https://app.example.com/callback"],"token_endpoint_auth_method":"none",
         "grant_types":["authorization_code"]}
        """;

    /// <summary>Null for none.</summary>
    public string? ContentType { get; init; } = "application/json";

    /// <summary>A redirect leads to another path of this server.</summary>
    public int Status { get; init; } = 200;
}

/// <summary>Where a discovery document can be found for an issuer with a path.</summary>
public enum DiscoveryPlace
{
    /// <summary><c>/.well-known/oauth-authorization-server/tenant1</c> (RFC 8414 section 3.1).</summary>
    OauthInsertion,

    /// <summary><c>/.well-known/openid-configuration/tenant1</c> (RFC 8414 section 5).</summary>
    OpenidInsertion,

    /// <summary><c>/tenant1/.well-known/openid-configuration</c> (OpenID Connect Discovery section 4).</summary>
    OpenidAppend,

    /// <summary><c>/tenant1/.well-known/oauth-authorization-server</c>, which no specification has and some servers do.</summary>
    OauthAppend,
}

/// <summary>Where a protected resource's metadata can be found.</summary>
public enum ResourceMetadataPlace
{
    /// <summary>At an address of its own, which the challenge names (RFC 9728, section 5.1).</summary>
    Challenged,

    /// <summary><c>/.well-known/oauth-protected-resource/mcp</c>, and no challenge names it.</summary>
    Inserted,

    /// <summary><c>/.well-known/oauth-protected-resource</c>, and no challenge names it.</summary>
    Root,
}

/// <summary>How <c>registration_endpoint</c> stands in the discovery document.</summary>
public enum AdvertisedEndpoint
{
    /// <summary>This server's endpoint as an absolute URL.</summary>
    Absolute,

    /// <summary>Not at all, as with Cognito, Entra and Google.</summary>
    Missing,

    /// <summary>An endpoint on <see cref="Switches.ForeignOrigin"/>.</summary>
    Foreign,

    /// <summary>An endpoint on another host over plain http.</summary>
    PlainHttp,

    /// <summary>A path without an origin.</summary>
    Relative,
}
