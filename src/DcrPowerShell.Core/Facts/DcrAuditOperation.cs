namespace DcrPowerShell;

/// <summary>What was done, as the audit log calls it.</summary>
public enum DcrAuditOperation : long
{
    /// <summary>A connection was made.</summary>
    Connect,

    /// <summary>A client was registered.</summary>
    Register,

    /// <summary>A client was read, and the answer brought a new token or secret.</summary>
    Read,

    /// <summary>A client's metadata was changed.</summary>
    Update,

    /// <summary>A client's secret was replaced.</summary>
    ResetSecret,

    /// <summary>A client's registration access token was replaced.</summary>
    ResetToken,

    /// <summary>A client got a second secret beside the old one.</summary>
    AddSecret,

    /// <summary>A client's old secret was deleted.</summary>
    DeleteOldSecret,

    /// <summary>A client was deleted.</summary>
    Delete,

    /// <summary>A client's registration was dropped from the store. Nothing was sent: the server may still have the client.</summary>
    Drop,

    /// <summary>A step of setting an Auth0 tenant up.</summary>
    EnableAuth0,

    /// <summary>An answer of an earlier command was restored. Nothing was sent.</summary>
    Restore,

    /// <summary>A client that the server has was taken into the store.</summary>
    Adopt,

    /// <summary>A client that was registered elsewhere was taken into the store, with what was known of it there.</summary>
    Import,

    /// <summary>
    /// A client that the server no longer has was registered again. The record of the beginning names the old client, that of the end the
    /// new one.
    /// </summary>
    Repair,
}
