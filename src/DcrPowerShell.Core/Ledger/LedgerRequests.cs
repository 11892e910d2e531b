using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>What is asked of servers, from the intent until its entry is closed, and who asks.</summary>
internal sealed class LedgerRequests(
    LedgerDisk disk,
    LedgerFrames frames,
    LedgerRegistrations registrations,
    UnreadableSecrets unreadable
)
{
    private readonly Turns _turns = new(disk.Folder, "turn-");

    /// <summary>
    /// Writes what is about to be asked, unless the tenant has a client or a request that is not done. On the disk when it returns, with
    /// room for the answer.
    /// </summary>
    /// <param name="allowsDuplicate">Writes it in any case.</param>
    /// <param name="replaces">The tenant's client whose place the new one takes: it is no obstacle, as long as it is as here.</param>
    /// <exception cref="DcrException">
    /// StoreReadOnly; ClientNotFound: what is to be replaced has changed; StoreDamaged: it is an older copy, or lacks frames;
    /// InvalidClientMetadata: too large; VaultReadFailed: the vault may have the tenant's client. Nothing is to be sent.
    /// </exception>
    public async Task<Begun> BeginAsync(LedgerIntent intent, bool allowsDuplicate = false, RegistrationRecord? replaces = null)
    {
        var id = LedgerHash.New();
        var tenant = allowsDuplicate ? LedgerHash.None : frames.Tenant(intent);
        var unknown = tenant.IsNone ? null : unreadable.At(intent.Issuer, intent.Vault);
        LedgerHash? living = null,
            open = null;

        // What came back before is written first: a disk that does not take it has no room for more.
        await disk.WriteHeldAsync().ConfigureAwait(false);
        try
        {
            await disk.GuardAsync(() =>
                {
                    intent = Claimed(id, intent);
                    disk.KeepRoom();
                    return disk.File.WriteAsync(Asked, isDurable: true);
                })
                .ConfigureAwait(false);
        }
        catch (DcrException)
        {
            disk.Owners.End(id);
            await ForgetAsync(id).ConfigureAwait(false);
            throw;
        }

        if (living is null && open is null)
        {
            return new Begun.Entry(id);
        }

        // Somebody else's frame came first: it counts, as it is by now.
        disk.Owners.End(id);
        return living is { } client && registrations.Whole(state => state.Client(client), $"tenant '{intent.Tenant}'") is { } registration
                ? new Begun.Living(registration)
            : open is { } other && Read(other) is { } entry ? new Begun.Open(entry)
            : await BeginAsync(intent, replaces: replaces).ConfigureAwait(false);

        IReadOnlyList<FrameDraft> Asked(LedgerState state)
        {
            var replaced = replaces is null ? LedgerHash.None : frames.Client(replaces.Issuer, replaces.ClientId);
            if (replaces is not null && !state.HasNotChangedSince(replaced, replaces.Sequence))
            {
                throw StoreErrors.ChangedMeanwhile(replaces.ClientId);
            }

            living = !tenant.IsNone && state.LivingOf(tenant)?.Client is { } other && other != replaced ? other : null;
            open = tenant.IsNone ? null : state.OpenOf(tenant)?.Id;
            if (living is not null || open is not null)
            {
                return [];
            }

            if (intent.Operation == LedgerOperation.Register && disk.File.WasRolledBack)
            {
                throw StoreErrors.RolledBack(disk.Folder.Path);
            }

            if (!tenant.IsNone && state.LacksFrames)
            {
                throw StoreErrors.MayBeLost(disk.Folder.Path, intent.Tenant!);
            }

            return unknown is null
                ? [new FrameDraft(frames.OfRequest(FrameKind.Asked, id, intent), LedgerText.Write(intent), intent.Metadata?.ToUtf8() ?? [])]
                : throw StoreErrors.MayBeRegistered(intent.Tenant!, unknown);
        }
    }

    /// <summary>
    /// Notes that this process is at work on an entry, until <see cref="Leave"/>, so that nobody else settles it meanwhile.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public LedgerIntent Claim(LedgerHash entry, LedgerIntent intent) => disk.Guard(() => Claimed(entry, intent));

    /// <summary>Writes a successful answer as it came, before anybody looks at it. On the disk when it returns.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreLocked: it is held in memory, until it can be written.</exception>
    public async Task AnsweredAsync(LedgerHash entry, LedgerIntent intent, LedgerAnswer answer)
    {
        try
        {
            await disk.BringAsync(Answered(), isDurable: true).ConfigureAwait(false);
        }
        catch (DcrException failure) when (HeldAnswers.CanWait(failure))
        {
            disk.Held.Add(entry, Answered);
            throw;
        }

        Func<LedgerState, IReadOnlyList<FrameDraft>> Answered()
        {
            var header = frames.OfRequest(FrameKind.Answered, entry, intent);
            var draft = new FrameDraft(header, LedgerText.Write(intent, answer), answer.Body);
            return _ => [draft];
        }
    }

    /// <summary>Ends entries: the server refused, or surely did nothing, or what they brought is kept.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task CloseAsync(IReadOnlyList<LedgerHash> entries) => EndAsync(entries, FrameKind.Closed);

    /// <summary>The commands of these entries have ended, and their outcome is unknown.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task OrphanAsync(IReadOnlyList<LedgerHash> entries) => EndAsync(entries, FrameKind.Orphaned);

    /// <summary>
    /// Forgets that entries are under way here, whatever became of them. Those whose answers are held in memory stay so, until that is
    /// written.
    /// </summary>
    public void Leave(IEnumerable<LedgerHash> entries)
    {
        foreach (var entry in entries)
        {
            if (!disk.Held.Leave(entry))
            {
                disk.Owners.End(entry);
            }
        }
    }

    /// <summary>Requests that are not done, in order of asking.</summary>
    public IReadOnlyList<LedgerEntry> Open(string? issuer = null)
    {
        disk.ReadOn();
        var hash = issuer is null ? 0 : frames.Issuer(issuer);
        return disk
            .File.Look(state =>
                state
                    .Open.Where(entry => issuer is null || entry.Issuer == hash)
                    .OrderBy(static entry => entry.Sequence)
                    .Select(static entry => entry.Id)
                    .ToList()
            )
            .Select(Read)
            .OfType<LedgerEntry>()
            .ToList();
    }

    /// <summary>One that is not done; null where it is done by now.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public LedgerEntry? Read(LedgerHash id)
    {
        for (; ; )
        {
            if (ReadFrames(id) is not var (entry, count))
            {
                return null;
            }

            if (entry.IsUnderWay)
            {
                return entry;
            }

            // Whoever ended between the reading of the frames and the look at who is at work has written more of them.
            disk.ReadOn();
            if (disk.File.Look(state => state.Entry(id)?.Frames.Count) == count)
            {
                return entry;
            }
        }
    }

    /// <summary>
    /// Requests whose answers other processes are waiting for, by what tells them apart: those that change something, and reads, for which
    /// a server may give another token. Where locks do not tell who is alive, nobody is.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IReadOnlyList<string> AwaitedElsewhere() =>
        !disk.Folder.LocksWork
            ? []
            :
            [
                .. Open()
                    .Where(entry => entry is { IsUnderWay: true, Answers.Count: 0, Intent: { } intent } && !disk.Owners.IsOwn(intent.Owner))
                    .Select(static entry => entry.Id.ToString()),
                .. disk.Guard(_turns.HeldElsewhere),
            ];

    /// <summary>
    /// Takes the turn to ask a server about a client, among all processes that have this folder. A server may replace the token at each
    /// answer, and would tell whoever asks at the same time that its token is wrong.
    /// </summary>
    /// <returns>Null where another command has it.</returns>
    public IDisposable? TryTurn(string issuer, string clientId) => _turns.TryTake(frames.Client(issuer, clientId));

    /// <summary>The disk may have it although it refused: it was surely not sent.</summary>
    private async Task ForgetAsync(LedgerHash id)
    {
        try
        {
            await CloseAsync([id]).ConfigureAwait(false);
        }
        catch (DcrException)
        {
            // Then it is an orphan, which Find-DcrOrphan shows.
        }
    }

    private LedgerIntent Claimed(LedgerHash entry, LedgerIntent intent)
    {
        var claimed = intent with { Owner = disk.Owners.Own() };
        disk.Owners.Start(entry);
        return claimed;
    }

    private Task<IReadOnlyList<FrameHeader>> EndAsync(IReadOnlyList<LedgerHash> entries, FrameKind kind) =>
        disk.GuardAsync(() =>
        {
            // Most were ended by the frame that kept what they brought.
            disk.File.ReadOn();
            return !disk.File.Look(state => entries.Any(entry => Ends(state, entry)))
                ? Task.FromResult<IReadOnlyList<FrameHeader>>([])
                : disk.BringAsync(
                    state =>
                        entries
                            .Where(entry => Ends(state, entry))
                            .Select(entry => new FrameDraft(new FrameHeader { Kind = kind, Entry = entry }, [], []))
                            .ToList(),
                    isDurable: kind == FrameKind.Orphaned
                );

            // What became of one whose answer is held in memory, its own frame tells.
            bool Ends(LedgerState state, LedgerHash entry) => state.Entry(entry) is not null && !disk.Held.Has(entry);
        });

    private (LedgerEntry Entry, int Count)? ReadFrames(LedgerHash id)
    {
        if (disk.File.Look(state => state.Entry(id)) is null)
        {
            return null;
        }

        LedgerIntent? intent = null;
        var answers = new List<LedgerAnswer>();
        var isOrphaned = false;
        var index = 0;
        for (; ; index++)
        {
            var place = index;
            var isThere = disk.File.TryOpen(
                state =>
                {
                    var entry = state.Entry(id);
                    isOrphaned = entry?.IsOrphaned == true;
                    return entry is not null && place < entry.Frames.Count ? entry.Frames[place] : null;
                },
                out var header,
                out var content
            );
            if (!isThere)
            {
                break;
            }

            if (content is not { } text || header.Kind == FrameKind.Orphaned)
            {
                continue;
            }

            try
            {
                intent ??= LedgerText.ReadIntent(text.Summary, header.Kind == FrameKind.Asked ? text.Body : null);
                if (header.Kind == FrameKind.Answered)
                {
                    answers.Add(LedgerText.ReadAnswer(text.Summary, text.Body, header.Sequence));
                }
            }
            catch (FormatException)
            {
                // As good as damaged: a newer version wrote it.
            }
        }

        return (new LedgerEntry(id, intent, answers, !isOrphaned && intent is not null && disk.Owners.IsAtWork(id, intent.Owner)), index);
    }
}
