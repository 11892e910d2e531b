namespace DcrPowerShell;

/// <summary>Dialects of registration.</summary>
public enum DcrProvider
{
    /// <summary>Found from what the server says of itself.</summary>
    Auto,

    /// <summary>RFC 7591 and RFC 7592.</summary>
    Standard,

    /// <summary>Okta's own dialect: <c>/oauth2/v1/clients</c>, managed by an administrator's credential.</summary>
    Okta,

    /// <summary>Auth0's own dialect: open registration at <c>/oidc/register</c>, management by the Management API.</summary>
    Auth0,

    /// <summary>UDAP Dynamic Client Registration, by a certificate of a trust community (HL7 UDAP Security).</summary>
    Udap,
}
