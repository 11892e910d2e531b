namespace DcrPowerShell;

/// <summary>Whether the chain of an audit log holds.</summary>
public sealed class DcrAuditCheck
{
    internal DcrAuditCheck(
        string path,
        long records,
        long tornLines,
        long? firstBrokenLine,
        string? reason,
        long notChecked,
        string? lastHash
    ) =>
        (Path, Records, TornLines, FirstBrokenLine, Reason, NotChecked, LastHash) = (
            path,
            records,
            tornLines,
            firstBrokenLine,
            reason,
            notChecked,
            lastHash
        );

    /// <summary>The log.</summary>
    public string Path { get; }

    /// <summary>
    /// Whether each record is as it was written, and follows the one that was written before it; null where no break was found and not
    /// every record could be checked.
    /// </summary>
    public bool? IsIntact => FirstBrokenLine is not null ? false : NotChecked > 0 ? null : true;

    /// <summary>How many records the log has, also those that say that something is about to be done.</summary>
    public long Records { get; }

    /// <summary>The first line where the chain breaks, counted from 1; null where it holds.</summary>
    public long? FirstBrokenLine { get; }

    /// <summary>What is wrong there.</summary>
    public string? Reason { get; }

    /// <summary>
    /// How many records could not be checked, because the key that they were written with is not in this account's local store, or that
    /// is locked. Only their order was.
    /// </summary>
    public long NotChecked { get; }

    /// <summary>
    /// How many lines were begun and not finished, because a process ended while it wrote them. They hold no record and break no chain.
    /// </summary>
    public long TornLines { get; }

    /// <summary>
    /// The hash of the last record. Whoever knows an earlier one from elsewhere can see that no record was cut off the end.
    /// </summary>
    public string? LastHash { get; }
}
