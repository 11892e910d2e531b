namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>Whose language the server speaks. Can't be changed while it runs.</summary>
    /// <remarks>
    /// Of the other switches, Okta's and Auth0's dialects heed those of transport, faults, discovery (<c>issuerPath</c> and
    /// <c>issuerTrailingSlash</c> apart), <c>errorShape</c>, <c>answerOverrides</c>, <c>omitFromAnswer</c>, <c>fixedClientId</c>,
    /// <c>tokenClient</c>, <c>accessTokenSeconds</c>, <c>accessTokenUses</c> and <c>initialToken</c> with what belongs to it; Okta's also
    /// <c>dpop</c>, Auth0's also <c>registerStatus</c> and <c>issueSecret</c>.
    /// </remarks>
    public Dialect Dialect { get; init; }

    /// <summary>Habits of Okta's dialect. A change names only the members that it changes.</summary>
    public OktaSwitches Okta { get; init; } = new();

    /// <summary>Habits of Auth0's dialect. A change names only the members that it changes.</summary>
    public Auth0Switches Auth0 { get; init; } = new();

    /// <summary>
    /// Makes a server of the standard's dialect speak UDAP too; null for not. A change names only the members that it changes.
    /// </summary>
    /// <remarks>HL7 UDAP Security STU 2</remarks>
    public UdapSwitches? Udap { get; init; }
}

/// <summary>The languages that there are.</summary>
public enum Dialect
{
    /// <summary>RFC 7591 and RFC 7592.</summary>
    Standard,

    /// <summary>An Okta org: <c>/oauth2/v1/clients</c> and the secrets of the Apps API.</summary>
    Okta,

    /// <summary>An Auth0 tenant: <c>/oidc/register</c> and the Management API.</summary>
    Auth0,
}
