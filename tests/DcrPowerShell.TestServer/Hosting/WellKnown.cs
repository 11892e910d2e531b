using System.Linq;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>The places of discovery documents.</summary>
internal static class WellKnown
{
    /// <summary>RFC 8414 section 3.</summary>
    public const string Oauth = "/.well-known/oauth-authorization-server";

    /// <summary>OpenID Connect Discovery section 4.</summary>
    public const string Openid = "/.well-known/openid-configuration";

    /// <summary>HL7 SMART App Launch, conformance page: appended to the FHIR base.</summary>
    public const string Smart = "/.well-known/smart-configuration";

    /// <summary>HL7 UDAP Security, discovery page: appended to the FHIR base.</summary>
    public const string Udap = "/.well-known/udap";

    /// <summary>RFC 9728 section 3.1.</summary>
    public const string Resource = "/.well-known/oauth-protected-resource";

    /// <summary>
    /// Whether a document is found at this path for an issuer without a path, where insertion and appending come to the same.
    /// </summary>
    public static bool IsAtRoot(string path, Switches switches) => path switch
    {
        Oauth => switches.Discovery.Any(place => place is DiscoveryPlace.OauthInsertion or DiscoveryPlace.OauthAppend),
        Openid => switches.Discovery.Any(place => place is DiscoveryPlace.OpenidInsertion or DiscoveryPlace.OpenidAppend),
        _ => false,
    };
}
