namespace DcrPowerShell;

/// <summary>Whether the chain of an audit log holds.</summary>
public sealed class DcrAuditCheck
{
    internal DcrAuditCheck(string path, long records, long tornLines, long? firstBrokenLine, string? reason, string? lastHash) =>
        (Path, Records, TornLines, FirstBrokenLine, Reason, LastHash) = (path, records, tornLines, firstBrokenLine, reason, lastHash);

    /// <summary>The log.</summary>
    public string Path { get; }

    /// <summary>Whether each record is as it was written, and follows the one that was written before it.</summary>
    public bool IsIntact => FirstBrokenLine is null;

    /// <summary>How many records the log has.</summary>
    public long Records { get; }

    /// <summary>The first line where the chain breaks, counted from 1; null where it holds.</summary>
    public long? FirstBrokenLine { get; }

    /// <summary>What is wrong there.</summary>
    public string? Reason { get; }

    /// <summary>How many lines were begun and not finished, because a process ended while it wrote them. They hold no record and break no chain.</summary>
    public long TornLines { get; }

    /// <summary>The hash of the last record. Whoever knows an earlier one from elsewhere can see that no record was cut off the end.</summary>
    public string? LastHash { get; }
}
