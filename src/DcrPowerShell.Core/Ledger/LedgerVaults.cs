using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>What vaults have, and what they are still to be told.</summary>
internal sealed class LedgerVaults(LedgerDisk disk, LedgerFrames frames, LedgerRegistrations registrations, LedgerRequests requests)
{
    private readonly Turns _turns = new(disk.Folder, "vault-");

    /// <summary>The hash of a vault's id, as frames have it.</summary>
    public ulong PlaceOf(string? vaultId) => frames.Place(vaultId);

    /// <summary>Notes what a vault is registered as. A hint for people: it is known by its id.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void NameVault(string vaultId, string name) =>
        disk.Guard(() =>
        {
            if (!NamedVaults().TryGetValue(vaultId, out var known) || known != name)
            {
                StoreSettings.Change(
                    disk.Folder,
                    settings =>
                        settings with
                        {
                            Vaults = settings
                                .Vaults.Where(pair => pair.Key != vaultId)
                                .Append(new(vaultId, name))
                                .ToDictionary(static pair => pair.Key, static pair => pair.Value),
                        }
                );
            }

            return true;
        });

    /// <summary>What vaults were registered as when they were last seen, by their ids.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged.</exception>
    public IReadOnlyDictionary<string, string> NamedVaults() =>
        disk.Guard(() => StoreSettings.Read(disk.Folder).Vaults);

    /// <summary>The name of the vault where registrations are kept; null where it is not known.</summary>
    public string? VaultAt(ulong place) =>
        NamedVaults().Where(vault => frames.Place(vault.Key) == place).Select(static vault => vault.Value).FirstOrDefault();

    /// <summary>
    /// Notes registrations that a vault has and the ledger does not know. What became known meanwhile stays; what is damaged does not.
    /// </summary>
    /// <param name="replaces">
    /// What the vault has counts in the place of this version: where another one is there by now, that stays. 0 for none.
    /// </param>
    /// <param name="readAt">Where the ledger was when the vault was read: what was removed since stays removed.</param>
    /// <returns>The last one's place in the order; 0 where nothing was written.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> KnowAsync(
        IReadOnlyList<RegistrationRecord> records,
        string vaultId,
        long replaces = 0,
        long readAt = long.MaxValue
    )
    {
        var drafts = records.Select(record => frames.OfRegistration(FrameKind.Known, record, vaultId, [])).ToList();
        var damaged = disk.DamagedOf(drafts);
        var written = await disk.WriteAsync(
                state =>
                    drafts
                        .Where(draft => IsWanted(state, draft.Header, state.Client(draft.Header.Client)))
                        .Select(draft => state.Ranked(draft, yields: true))
                        .ToList(),
                isDurable: true
            )
            .ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[written.Count - 1].Sequence;

        bool IsWanted(LedgerState state, FrameHeader header, LedgerRow? row) =>
            !(row is { IsRemoved: true } && row.Header.Sequence > readAt)
            && (
                !state.Knows(header.Client, header.Place)
                || (row is { IsRemoved: false } && state.IsAtSequence(header.Client, replaces))
                || (row is { IsPending: false } && row.Header.Place == header.Place && damaged.Contains((row.Client, row.Header.Sequence)))
            );
    }

    /// <summary>The vault gave back what the frames of these sequences have; or no longer has what they removed.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task StoredAsync(IReadOnlyList<(string Issuer, string ClientId, long Sequence)> stored) =>
        disk.BringAsync(
            _ =>
                stored
                    .Select(one => new FrameDraft(
                        new FrameHeader
                        {
                            Kind = FrameKind.Stored,
                            Client = frames.Client(one.Issuer, one.ClientId),
                            Reference = one.Sequence,
                        },
                        [],
                        []
                    ))
                    .ToList(),
            isDurable: false
        );

    /// <summary>
    /// What a vault is to be given of a client now. Null where something newer came that is not to be written there: the vault has it, it
    /// was removed, or it belongs elsewhere.
    /// </summary>
    /// <param name="record">What was to be written.</param>
    /// <param name="sequence">Its place in the order.</param>
    public (RegistrationRecord Record, long Sequence)? NewestFor(string vaultId, RegistrationRecord record, long sequence)
    {
        disk.ReadOn();
        var client = frames.Client(record.Issuer, record.ClientId);
        return disk.File.Look(state => state.Client(client)?.Header.Sequence) is not { } newest || newest <= sequence ? (record, sequence)
            : registrations.Undamaged(client) is { IsWhole: true } found && found.Place == frames.Place(vaultId)
                ? (found.Record, found.Sequence)
            : null;
    }

    /// <summary>Whether a registration is kept in a vault now.</summary>
    public bool IsKeptIn(string vaultId, string secretName)
    {
        disk.ReadOn();
        var (client, place) = (frames.Named(secretName), frames.Place(vaultId));
        return disk.File.Look(state => state.Client(client) is { IsRegistration: true } row && row.Header.Place == place);
    }

    /// <summary>Whether what is known of a registration is damaged, while the vault that it belongs to has it.</summary>
    public bool IsDamagedCopy(string secretName, string vaultId)
    {
        var (client, place) = (frames.Named(secretName), frames.Place(vaultId));
        return disk.File.Look(state => state.Client(client) is { IsRegistration: true, IsPending: false } row && row.Header.Place == place)
            && disk.DamagedAt(client) is not null;
    }

    /// <summary>Whether the ledger knows what a vault has under a name, also as something that the vault is still to forget.</summary>
    public bool Knows(string secretName, string vaultId) =>
        disk.File.Look(state => state.Knows(frames.Named(secretName), frames.Place(vaultId)));

    /// <summary>
    /// Registrations that a vault is still to be given, whole, in order: but those that a command is giving it just now.
    /// </summary>
    public IReadOnlyList<StoredRegistration> PendingFor(string vaultId)
    {
        var place = frames.Place(vaultId);
        return disk
            .File.Look(state =>
                state
                    .Rows.Where(row => row is { IsPending: true, IsRemoved: false } && row.Header.Place == place)
                    .OrderBy(static row => row.Header.Sequence)
                    .Select(static row => (row.Client, row.Header.Entry))
                    .ToList()
            )
            .Where(pending => requests.Read(pending.Entry) is not { IsUnderWay: true })
            .Select(pending => registrations.Undamaged(pending.Client))
            .OfType<StoredRegistration>()
            .Where(static found => found.IsPending)
            .ToList();
    }

    /// <summary>Removals that a vault is still to be told of.</summary>
    public IReadOnlyList<PendingRemoval> RemovalsFor(string vaultId)
    {
        var place = frames.Place(vaultId);
        var removals = new List<PendingRemoval>();
        foreach (
            var client in disk.File.Look(state =>
                state
                    .Rows.Where(row => row is { IsPending: true, IsRemoved: true } && row.Header.Place == place)
                    .Select(static row => row.Client)
                    .ToList()
            )
        )
        {
            if (
                disk.File.TryOpenSummary(
                    state => state.Client(client) is { IsRemoved: true } row ? row.Frame : null,
                    out var header,
                    out var summary
                ) && summary is { Length: > 0 }
            )
            {
                removals.Add(new PendingRemoval(LedgerText.ReadRemoval(summary), header.Sequence));
            }
        }

        return removals;
    }

    /// <summary>Registrations that a vault is to forget, because their new place has them.</summary>
    public IReadOnlyList<PendingRemoval> LeftoversIn(string vaultId)
    {
        var place = frames.Place(vaultId);
        var leftovers = new List<PendingRemoval>();
        foreach (
            var sequence in disk.File.Look(state =>
                state
                    .Moved.Where(moved =>
                        moved.Header.Place == place && state.Client(moved.Header.Client) is not { IsPending: true, IsRemoved: false }
                    )
                    .Select(static moved => moved.Header.Sequence)
                    .ToList()
            )
        )
        {
            if (
                disk.File.TryOpenSummary(
                    state =>
                        state
                            .Moved.Where(moved => moved.Header.Sequence == sequence)
                            .Select(static moved => ((FrameHeader, long)?)moved)
                            .FirstOrDefault(),
                    out _,
                    out var summary
                ) && summary is not null
            )
            {
                leftovers.Add(new PendingRemoval(LedgerText.ReadRemoval(summary), sequence));
            }
        }

        return leftovers;
    }

    /// <summary>How many registrations vaults are still to be given.</summary>
    public int CountPending() =>
        disk.File.Look(static state => state.Rows.Count(static row => row is { IsPending: true, IsRemoved: false }));

    /// <summary>How many registrations a vault had, and does not have among the names that it has now.</summary>
    public int CountMissing(string vaultId, IReadOnlyList<string> names)
    {
        var place = frames.Place(vaultId);
        var there = new HashSet<LedgerHash>(names.Select(frames.Named));
        return disk.File.Look(state =>
            state.Rows.Count(row =>
                row is { IsRegistration: true, IsPending: false } && row.Header.Place == place && !there.Contains(row.Client)
            )
        );
    }

    /// <summary>
    /// Takes the turn to write a client's secret to a vault, of all processes that have this folder, whatever they call the vault. Who has
    /// it looks what the ledger holds and writes that, so that no older version comes after a newer one.
    /// </summary>
    /// <returns>Null where somebody else has it.</returns>
    public IDisposable? TryTurn(string secretName) => _turns.TryTake(frames.Named(secretName));
}
