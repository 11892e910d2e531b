using System;

namespace DcrPowerShell;

/// <summary>What can be done with clients over a connection.</summary>
[Flags]
public enum DcrCapabilities : long
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Register a client (RFC 7591, section 3).</summary>
    Register = 1,

    /// <summary>Read a registered client (RFC 7592, section 2.1).</summary>
    Read = 2,

    /// <summary>Change a registered client (RFC 7592, section 2.2).</summary>
    Update = 4,

    /// <summary>Delete a registered client (RFC 7592, section 2.3).</summary>
    Delete = 8,

    /// <summary>List the clients that the server knows. No RFC has that: it is a vendor's own, as at Okta and Auth0.</summary>
    List = 16,

    /// <summary>
    /// Replace a client's secret by a request of its own. Elsewhere an update may bring a new one (RFC 7592, section 2.2).
    /// </summary>
    ResetSecret = 32,

    /// <summary>Add a second secret to a client, and delete the old one later.</summary>
    OverlapSecrets = 64,
}
