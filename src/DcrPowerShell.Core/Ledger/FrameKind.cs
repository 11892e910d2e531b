namespace DcrPowerShell.Ledger;

/// <summary>What a frame of the ledger says. The numbers are the file's.</summary>
internal enum FrameKind : byte
{
    /// <summary>A request is about to be sent.</summary>
    Asked = 1,

    /// <summary>A successful answer came; its body is there as it came.</summary>
    Answered = 2,

    /// <summary>A registration as it is now, with its secrets.</summary>
    Kept = 3,

    /// <summary>A registration that a vault holds, without its secrets.</summary>
    Known = 4,

    /// <summary>The vault gave back what the frame that is referred to has, or no longer has what that frame removed.</summary>
    Stored = 5,

    /// <summary>A registration is gone. Kept for ever.</summary>
    Removed = 6,

    /// <summary>An entry is done: the server refused, or surely did nothing, or what it brought is kept.</summary>
    Closed = 7,

    /// <summary>An entry's command has ended without knowing what the server did.</summary>
    Orphaned = 8,

    /// <summary>Nothing but its place in the order.</summary>
    Mark = 9,

    /// <summary>A secret of the application's own, or a key.</summary>
    Secret = 10,

    /// <summary>A registration has another place now, and the vault that is named is to forget it.</summary>
    Moved = 11,

    /// <summary>
    /// A copy of a client's secret was put under a name: whose it is, and a digest of it. So only the owner's own copy is overwritten
    /// later.
    /// </summary>
    Copied = 12,
}
