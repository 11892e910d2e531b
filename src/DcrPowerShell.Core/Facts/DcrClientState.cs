namespace DcrPowerShell;

/// <summary>Whether a server still has a client, as far as the command that made the object could tell.</summary>
public enum DcrClientState : long
{
    /// <summary>The server was not asked, or its answer does not tell.</summary>
    Unknown,

    /// <summary>The server showed it in its answer just now.</summary>
    Active,

    /// <summary>
    /// The server does not know it: HTTP 404 or 410, or 401 to the client's own token. RFC 7592, section 2.1, has 401 for a client that
    /// does not exist; a token that was replaced elsewhere or revoked gets the same answer.
    /// </summary>
    Gone,
}
