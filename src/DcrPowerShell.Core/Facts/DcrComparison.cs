using System.Collections.Generic;
using DcrPowerShell.Errors;

namespace DcrPowerShell;

/// <summary>How a wanted client compares with the one that the server has.</summary>
public enum DcrComparisonStatus : long
{
    /// <summary>The server has it as it is wanted.</summary>
    Same,

    /// <summary>It is not registered.</summary>
    Missing,

    /// <summary>Members differ: <see cref="DcrComparison.Changes"/>.</summary>
    Differs,

    /// <summary>It is registered, and not in the list.</summary>
    Extra,

    /// <summary>It was registered, and the server no longer has it.</summary>
    Gone,

    /// <summary>The server could not be asked. The differences are from what is kept here.</summary>
    Unreadable,

    /// <summary>A request to register it has an unknown outcome: <c>Find-DcrOrphan</c>.</summary>
    Unknown,
}

/// <summary>What <c>Sync-DcrClient</c> did with a client.</summary>
public enum DcrSyncResult : long
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It was registered.</summary>
    Registered,

    /// <summary>What differed was changed.</summary>
    Changed,

    /// <summary>The server no longer had it, and it was registered again.</summary>
    Repaired,

    /// <summary>It was extra, and was deleted.</summary>
    Removed,
}

/// <summary>One wanted client, compared with the server and with what is kept of it; or a client that is not wanted.</summary>
public sealed record DcrComparison
{
    internal DcrComparison(DcrComparisonStatus status, string issuer) => (Status, Issuer) = (status, issuer);

    /// <summary>Who the client is for.</summary>
    public string? Tenant { get; internal init; }

    /// <summary><c>client_name</c> as it is wanted, else as it is registered.</summary>
    public string? ClientName { get; internal init; }

    /// <summary><c>client_id</c>; null for one that is missing.</summary>
    public string? ClientId { get; internal init; }

    /// <summary>The issuer of the server.</summary>
    public string Issuer { get; }

    /// <summary>How it compares.</summary>
    public DcrComparisonStatus Status { get; }

    /// <summary>The members that differ, in the order in which they are wanted.</summary>
    public IReadOnlyList<DcrDifference> Changes { get; internal init; } = [];

    /// <summary>Why it could not be read, or is taken for gone; null where there is nothing to say.</summary>
    public string? Why { get; internal init; }

    /// <summary>What was done about it.</summary>
    public DcrSyncResult Result { get; internal init; }

    /// <summary>Whether it counts as gone although the server may have it, because the server refused the client's token.</summary>
    internal bool IsDoubtful { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        Redaction.Printable($"{Tenant ?? ClientId ?? ClientName}: {Status}{(Changes.Count == 0 ? "" : $": {string.Join("; ", Changes)}")}");
}
