using System;

namespace DcrPowerShell;

/// <summary>The local store: where it is, how it is protected, what is in it.</summary>
public sealed record DcrStoreInfo
{
    internal DcrStoreInfo()
    {
    }

    /// <summary>The full path of its folder.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>What protects its key; null before it is first used.</summary>
    public DcrProtection? Protection { get; internal init; }

    /// <summary>The full path of the file with its key.</summary>
    public string KeyPath { get; internal init; } = "";

    /// <summary>Whether it cannot be read in this process before <c>Unlock-DcrStore</c>.</summary>
    public bool IsLocked { get; internal init; }

    /// <summary>The vault that a connection has where none is named; null for the local store.</summary>
    public string? DefaultVault { get; internal init; }

    /// <summary>How many registrations it keeps itself; null while it is locked.</summary>
    public int? Registrations { get; internal init; }

    /// <summary>How many registrations it knows of that vaults keep; null while it is locked.</summary>
    public int? InVaults { get; internal init; }

    /// <summary>How many registrations a vault is still to be given; null while it is locked.</summary>
    public int? Pending { get; internal init; }

    /// <summary>How many requests are open: in flight, or of unknown outcome. Null while it is locked.</summary>
    public int? OpenRequests { get; internal init; }

    /// <summary>How many places in its file are damaged; null while it is locked.</summary>
    public int? Damaged { get; internal init; }

    /// <summary>How large its file is, in bytes; null while it is locked.</summary>
    public long? Size { get; internal init; }

    /// <summary>When the last backup was made, in UTC; null for never.</summary>
    public DateTimeOffset? LastBackupAt { get; internal init; }

    /// <summary>How many registrations were in the store at the last backup; 0 without one.</summary>
    public long LastBackupCount { get; internal init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
