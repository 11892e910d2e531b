using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>What a backup holds of the ledger, and how it is restored.</summary>
internal sealed class LedgerBackup(LedgerDisk disk, LedgerFrames frames, LedgerVaults vaults)
{
    /// <summary>What a backup holds: registrations, removals, secrets, and requests that are not done.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IReadOnlyList<FrameDraft> Contents()
    {
        disk.ReadOn();
        var contents = new List<FrameDraft>();
        var names = vaults.NamedVaults().ToDictionary(vault => frames.Place(vault.Key));
        var (clients, entries) = disk.File.Look(static state =>
            (
                state.Rows.Select(static row => row.Client).ToList(),
                state.Open.Select(static entry => (entry.Id, entry.Frames.Count)).ToList()
            )
        );
        clients.ForEach(client => Add(state => state.Client(client)?.Frame));
        foreach (var (id, count) in entries)
        {
            for (var index = 0; index < count; index++)
            {
                var place = index;
                Add(state => state.Entry(id) is { } entry && place < entry.Frames.Count ? entry.Frames[place] : null);
            }
        }

        return contents.OrderBy(static frame => frame.Header.Sequence).ToList();

        void Add(Func<LedgerState, (FrameHeader Header, long Offset)?> which)
        {
            if (disk.File.TryOpen(which, out var header, out var content) && content is { } text)
            {
                contents.Add(
                    header.Kind switch
                    {
                        // The rank tells which of several registrations is the tenant's; the order of frames tells which is newer.
                        FrameKind.Kept => new FrameDraft(header with { Reference = header.Rank }, text.Summary, text.Body),
                        FrameKind.Known => new FrameDraft(
                            header with
                            {
                                Reference = header.Rank,
                            },
                            text.Summary,
                            names.TryGetValue(header.Place, out var vault) ? LedgerText.OfVault(vault.Key, vault.Value) : []
                        ),
                        _ => new FrameDraft(header, text.Summary, text.Body),
                    }
                );
            }
        }
    }

    /// <summary>Restores a backup: fills what is unknown or damaged. What the ledger knows, living or removed, stays.</summary>
    /// <returns>The registrations that were taken; those whose secrets are in a vault, without them.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<IReadOnlyList<RegistrationRecord>> RestoreAsync(LedgerHash from, IReadOnlyList<FrameDraft> contents)
    {
        var taken = new List<RegistrationRecord>();
        var drafts = contents
            .OrderBy(static frame => frame.Header.Kind is FrameKind.Kept or FrameKind.Known ? frame.Header.Reference : long.MaxValue)
            .Select(frame => Restored(frame, from == frames.LedgerId))
            .OfType<FrameDraft>()
            .ToList();
        disk.ReadOn();
        foreach (
            var (id, name) in contents
                .Where(static frame => frame is { Header.Kind: FrameKind.Known, Body.Length: > 0 })
                .Select(static frame => LedgerText.ReadVault(frame.Body))
                .Distinct()
                .Where(vault => !vaults.NamedVaults().ContainsKey(vault.Id))
                .ToList()
        )
        {
            vaults.NameVault(id, name);
        }

        var damaged = disk.DamagedOf(drafts);
        await disk.WriteAsync(
                state =>
                {
                    // Written now, an answer would be newer than what is known of its client.
                    var settled = new HashSet<LedgerHash>(
                        drafts
                            .Where(draft => IsOfRequest(draft) && state.Client(draft.Header.Client) is not null)
                            .Select(static draft => draft.Header.Entry)
                    );
                    var wanted = drafts
                        .Where(draft =>
                            IsOfRequest(draft)
                                ? IsOpenYet(draft, state.Entry(draft.Header.Entry)) && !settled.Contains(draft.Header.Entry)
                                : IsWanted(draft, state.Client(draft.Header.Client))
                        )
                        .Select(draft => InPlace(draft, state.Client(draft.Header.Client)))
                        .ToList();
                    taken.Clear();
                    taken.AddRange(
                        wanted
                            .Where(static draft => draft.Header.Kind is FrameKind.Kept or FrameKind.Known)
                            .Select(static draft =>
                                draft.Header.Kind == FrameKind.Kept
                                    ? RegistrationRecord.Parse(Encoding.UTF8.GetString(draft.Body))
                                    : ListedRecord.Read(draft.Summary, "")
                            )
                    );
                    return wanted.ConvertAll(draft =>
                        draft.Header.Kind is FrameKind.Kept or FrameKind.Known ? state.Ranked(draft, yields: true) : draft
                    );
                },
                isDurable: true
            )
            .ConfigureAwait(false);
        return taken;

        // An earlier backup, or a kill in the middle of this, may have brought the question without the answer.
        static bool IsOpenYet(FrameDraft draft, OpenEntry? entry) =>
            entry is null || (draft.Header.Kind == FrameKind.Answered && !entry.HasAnswer);

        static bool IsOfRequest(FrameDraft draft) => draft.Header.Kind is FrameKind.Asked or FrameKind.Answered;

        // What a vault has is newer there than in any backup.
        bool IsWanted(FrameDraft draft, LedgerRow? row) =>
            row is null
            || (
                draft.Header.Kind != FrameKind.Known
                && (row.Header.Place == 0 || row.IsPending)
                && damaged.Contains((row.Client, row.Header.Sequence))
            );

        static FrameDraft InPlace(FrameDraft draft, LedgerRow? row) =>
            draft.Header.Kind == FrameKind.Kept && row is not null
                ? draft with
                {
                    Header = draft.Header with { Place = row.Header.Place },
                }
                : draft;
    }

    /// <summary>
    /// A frame of a backup with the hashes of this ledger. Requests of this very ledger are left out: it knows what became of them.
    /// </summary>
    private FrameDraft? Restored(FrameDraft frame, bool isOwn)
    {
        var header = frame.Header;
        switch (header.Kind)
        {
            case FrameKind.Kept:
                // Whatever vault it was pending for: here it is kept.
                return frames.OfRegistration(
                    FrameKind.Kept,
                    RegistrationRecord.Parse(Encoding.UTF8.GetString(frame.Body)),
                    null,
                    frame.Body
                );
            case FrameKind.Known when frame.Body.Length > 0:
                // Its secrets are in that vault.
                return frames.OfRegistration(
                    FrameKind.Known,
                    ListedRecord.Read(frame.Summary, ""),
                    LedgerText.ReadVault(frame.Body).Id,
                    []
                ) with
                {
                    Summary = frame.Summary,
                };
            case FrameKind.Removed when frame.Summary.Length > 0:
                var removal = LedgerText.ReadRemoval(frame.Summary);
                return frame with
                {
                    Header = new FrameHeader
                    {
                        Kind = FrameKind.Removed,
                        Client = frames.Client(removal.Issuer, removal.ClientId),
                        Issuer = frames.Issuer(removal.Issuer),
                    },
                };
            case FrameKind.Secret:
                return frame with
                {
                    Header = new FrameHeader { Kind = FrameKind.Secret, Client = frames.Secret(Encoding.UTF8.GetString(frame.Summary)) },
                };
            case FrameKind.Copied:
                var (vaultId, name, digest, owner) = LedgerText.ReadCopy(frame.Body);
                return frames.OfCopyDigest(vaultId, name, digest, owner);
            case FrameKind.Asked or FrameKind.Answered when !isOwn:
                var intent = LedgerText.ReadIntent(frame.Summary);
                return frame with
                {
                    Header = frames.OfRequest(header.Kind, header.Entry, intent with { Vault = null }),
                };
            default:
                return null;
        }
    }
}
