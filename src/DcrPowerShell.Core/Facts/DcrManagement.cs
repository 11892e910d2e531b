namespace DcrPowerShell;

/// <summary>What proves that a client may be read, changed and deleted.</summary>
public enum DcrManagement
{
    /// <summary>The client's own registration access token (RFC 7592).</summary>
    Client,

    /// <summary>The credential of the connection, which is an administrator's.</summary>
    Connection,

    /// <summary>
    /// An access token that the client gets for itself (RFC 6749, section 4.4), as banks in the UK and Australia want it.
    /// </summary>
    ClientToken,
}
