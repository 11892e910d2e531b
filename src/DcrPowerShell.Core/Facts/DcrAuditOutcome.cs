namespace DcrPowerShell;

/// <summary>How an operation ended.</summary>
public enum DcrAuditOutcome : long
{
    /// <summary>It was done, and what it brought is kept.</summary>
    Succeeded,

    /// <summary>The server said no (HTTP 4xx).</summary>
    Refused,

    /// <summary>It was not done, for a reason other than a refusal by the server.</summary>
    Failed,

    /// <summary>
    /// It was sent, and what the server did is unknown; or the server said that it did it, in an answer that cannot be used.
    /// </summary>
    Unknown,

    /// <summary>The server did it, and the store did not keep that.</summary>
    NotStored,

    /// <summary>
    /// It was about to be done, and no later record says how it ended. It is still being done, or its process was killed, or the log could
    /// not be written any more.
    /// </summary>
    Begun,
}
