namespace DcrPowerShell;

/// <summary>How a server's registration endpoint is found.</summary>
public enum DcrDiscovery
{
    /// <summary>From an issuer: RFC 8414 and OpenID Connect Discovery 1.0.</summary>
    OAuth,

    /// <summary>From a FHIR base URL: SMART App Launch, section "FHIR Authorization Endpoint and Capabilities Discovery".</summary>
    Smart,

    /// <summary>
    /// From the URL of a protected resource, such as an MCP server: RFC 9728, then its authorization server's own metadata.
    /// </summary>
    Resource,

    /// <summary>From a FHIR base URL: HL7 UDAP Security, section 2.1, with metadata that a trust community vouches for.</summary>
    Udap,
}
