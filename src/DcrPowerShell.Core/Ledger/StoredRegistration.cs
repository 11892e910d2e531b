using System.Collections.Generic;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>A registration as the ledger has it.</summary>
/// <param name="Record">
/// Without secrets where a vault has them, and in lists: then <see cref="RegistrationRecord.Omitted"/> says what is missing.
/// </param>
/// <param name="Sequence">Its place in the order: of two, the higher one is newer.</param>
/// <param name="Place">The vault that it belongs to, by its hash; 0 for the ledger itself.</param>
/// <param name="IsPending">The vault is still to be told.</param>
/// <param name="IsWhole">The ledger has its secrets.</param>
internal sealed record StoredRegistration(RegistrationRecord Record, long Sequence, ulong Place, bool IsPending, bool IsWhole);

/// <summary>A request that is not done.</summary>
/// <param name="Intent">Null where its frames are damaged, so that what was asked is no longer known.</param>
/// <param name="Answers">In order of coming; none where none came.</param>
/// <param name="IsUnderWay">Its command is still at work, here or in another process.</param>
internal sealed record LedgerEntry(LedgerHash Id, LedgerIntent? Intent, IReadOnlyList<LedgerAnswer> Answers, bool IsUnderWay);

/// <summary>A removal that a vault is still to be told of.</summary>
internal sealed record PendingRemoval(LedgerRemoval Removal, long Sequence);

/// <summary>What a tenant has, when a registration for it was to begin.</summary>
internal abstract record Begun
{
    /// <summary>Nothing: the intent is written.</summary>
    internal sealed record Entry(LedgerHash Id) : Begun;

    /// <summary>A client.</summary>
    internal sealed record Living(StoredRegistration Registration) : Begun;

    /// <summary>A request that is in flight, or of unknown outcome.</summary>
    internal sealed record Open(LedgerEntry Other) : Begun;
}
