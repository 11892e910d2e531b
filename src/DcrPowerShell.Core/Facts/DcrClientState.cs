namespace DcrPowerShell;

/// <summary>Whether a server still has a client, as far as the command that made the object could tell.</summary>
public enum DcrClientState : long
{
    /// <summary>The server was not asked, or its answer does not tell.</summary>
    Unknown,

    /// <summary>The server answered it just now.</summary>
    Active,

    /// <summary>
    /// The server does not know it: HTTP 404 or 410, or 401 to the client's own token, which RFC 7592, section 2.1, has for a client
    /// that does not exist. A token that was replaced elsewhere or revoked is answered alike.
    /// </summary>
    Gone,
}
