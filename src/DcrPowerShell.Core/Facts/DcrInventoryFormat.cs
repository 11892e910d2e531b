namespace DcrPowerShell;

/// <summary>How an inventory is written.</summary>
public enum DcrInventoryFormat
{
    /// <summary>A row a client, whose columns bind to <c>New-DcrClient</c>.</summary>
    Csv,

    /// <summary>An array of objects, in wire names.</summary>
    Json,

    /// <summary>One page to look at in a browser: counts, expiry, what needs attention, and all clients.</summary>
    Html,
}
