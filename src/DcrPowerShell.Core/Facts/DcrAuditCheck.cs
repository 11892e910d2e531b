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

    /// <summary>The full path of the log.</summary>
    public string Path { get; }

    /// <summary>
    /// True where each record is as it was written, and follows the one that was written before it. False where the chain breaks. Null
    /// where no break was found and not every record could be checked.
    /// </summary>
    public bool? IsIntact => FirstBrokenLine is not null ? false : NotChecked > 0 ? null : true;

    /// <summary>How many records the log has, also those that say that something is about to be done.</summary>
    public long Records { get; }

    /// <summary>The first line where the chain breaks, counted from 1; null where it holds.</summary>
    public long? FirstBrokenLine { get; }

    /// <summary>What is wrong at that line, in words; null where the chain holds.</summary>
    public string? Reason { get; }

    /// <summary>
    /// How many records could not be checked, because the key that they were written with is not in this account's local store, or the
    /// store is locked. Only their order was checked.
    /// </summary>
    public long NotChecked { get; }

    /// <summary>
    /// How many lines were begun and not finished, because a process ended while it wrote them. They hold no record and break no chain.
    /// </summary>
    public long TornLines { get; }

    /// <summary>
    /// <see cref="DcrAuditRecord.Hash"/> of the last record; null in an empty log. Whoever wrote an earlier one down can see that no record
    /// was cut off the end.
    /// </summary>
    public string? LastHash { get; }
}
