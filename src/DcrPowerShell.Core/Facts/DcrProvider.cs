namespace DcrPowerShell;

/// <summary>Dialects of registration.</summary>
public enum DcrProvider
{
    /// <summary>Found from what the server says of itself.</summary>
    Auto,

    /// <summary>RFC 7591 and RFC 7592.</summary>
    Standard,

    /// <summary>Okta.</summary>
    Okta,

    /// <summary>Auth0.</summary>
    Auth0,

    /// <summary>UDAP Dynamic Client Registration, by a certificate of a trust community (HL7 UDAP Security).</summary>
    Udap,
}
