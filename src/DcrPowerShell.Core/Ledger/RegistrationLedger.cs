using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What this user has asked of servers, what came back, and where it is kept (docs/ledger.md). For all threads of a process; several
/// processes may have the same folder open.
/// </summary>
internal sealed class RegistrationLedger : IDisposable
{
    private readonly IStoreFolder _folder;
    private readonly ILedgerKeys _keys;
    private readonly LedgerFile _file;
    private readonly Owners _owners;

    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged: a newer version wrote it.</exception>
    public RegistrationLedger(IStoreFolder folder, ILedgerKeys keys)
    {
        (_folder, _keys) = (folder, keys);
        try
        {
            _file = new LedgerFile(folder, keys);
        }
        catch (FormatException newer)
        {
            throw StoreErrors.Newer(folder.Path, newer);
        }
        catch (Exception failure) when (IsOfDisk(failure))
        {
            throw StoreErrors.NotWritable(folder.Path, failure);
        }

        _owners = new Owners(folder);
    }

    /// <summary>For people.</summary>
    public string Path => _folder.Path;

    public bool IsInMemory => _folder is MemoryFolder;

    /// <summary>Whether other processes are kept out while one writes.</summary>
    public bool LocksWork => _folder.LocksWork;

    public LedgerFile File => _file;

    /// <summary>The hash of a vault's id, as frames have it.</summary>
    public ulong PlaceOf(string? vaultId) => vaultId is null ? 0 : _keys.Active.ShortHash("vault\n" + vaultId) | 1;

    // What is written.

    /// <summary>Writes what is about to be asked, unless the tenant has a client or a request that is not done. On the disk when it returns.</summary>
    /// <param name="allowsDuplicate">Writes it in any case.</param>
    /// <exception cref="DcrException">StoreReadOnly; InvalidClientMetadata: too large. Nothing is to be sent.</exception>
    public async Task<Begun> BeginAsync(LedgerIntent intent, bool allowsDuplicate = false)
    {
        var id = LedgerHash.New();
        var tenant = intent is { Operation: LedgerOperation.Register, Tenant: { } name } ? TenantHash(intent.Issuer, name) : LedgerHash.None;
        LedgerHash? living = null, open = null;
        try
        {
            await Guard(() =>
            {
                intent = intent with { Owner = _owners.Own() };
                _owners.Start(id);
                return _file.WriteAsync(
                    state =>
                    {
                        if (!tenant.IsNone && !allowsDuplicate)
                        {
                            living = state.LivingOf(tenant)?.Client;
                            open = state.OpenOf(tenant)?.Id;
                        }

                        return living is null && open is null ? [new FrameDraft(Header(FrameKind.Asked, id, intent, tenant), LedgerText.Write(intent), intent.Metadata?.ToUtf8() ?? [])] : [];
                    },
                    isDurable: true);
            }).ConfigureAwait(false);
        }
        catch (DcrException)
        {
            _owners.End(id);
            await ForgetAsync(id).ConfigureAwait(false);
            throw;
        }

        if (living is null && open is null)
        {
            return new Begun.Entry(id);
        }

        // Somebody else's frame decided: what it says counts now, and what has become of it meanwhile.
        _owners.End(id);
        return living is { } client && Whole(state => state.Client(client)) is { } registration ? new Begun.Living(registration)
            : open is { } other && Read(other) is { } entry ? new Begun.Open(entry)
            : open is { } damaged && _file.Look(state => state.Entry(damaged)) is not null ? throw StoreErrors.FrameDamaged(_folder.Path)
            : await BeginAsync(intent).ConfigureAwait(false);
    }

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

    /// <summary>Writes a successful answer as it came, before anybody looks at it. On the disk when it returns.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task AnsweredAsync(LedgerHash entry, LedgerIntent intent, LedgerAnswer answer) => WriteAsync(isDurable: true, () =>
    {
        var tenant = intent is { Operation: LedgerOperation.Register, Tenant: { } name } ? TenantHash(intent.Issuer, name) : LedgerHash.None;
        return new FrameDraft(Header(FrameKind.Answered, entry, intent, tenant), LedgerText.Write(intent, answer), answer.Body);
    });

    /// <summary>
    /// Writes a registration as it is now. What was answered is on the disk by then, so that this need not be. With a vault it stays
    /// pending until <see cref="StoredAsync"/>.
    /// </summary>
    /// <param name="entry">What brought it; none for nothing.</param>
    /// <param name="closes">Whether nothing more is to come of that.</param>
    /// <param name="isDurable">Whether nothing else has it.</param>
    /// <param name="since">An older answer brings it: where a newer frame about the client is there by now, nothing is written.</param>
    /// <returns>Its place in the order; 0 where a newer one was there.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> KeepAsync(RegistrationRecord record, string? vaultId, LedgerHash entry = default, bool closes = false, bool isDurable = false, long since = long.MaxValue)
    {
        var draft = Registration(FrameKind.Kept, record, vaultId, Encoding.UTF8.GetBytes(record.ToJson()), entry, closes);
        var written = await Guard(() => _file.WriteAsync(state => state.Client(draft.Header.Client)?.Header.Sequence > since ? [] : [draft], isDurable)).ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[0].Sequence;
    }

    /// <summary>Notes registrations that a vault has and the ledger does not know. What became known meanwhile stays.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task KnowAsync(IReadOnlyList<RegistrationRecord> records, string vaultId) => Guard(() => _file.WriteAsync(
        state => records.Select(record => Registration(FrameKind.Known, record, vaultId, [], LedgerHash.None, closes: false))
            .Where(draft => state.Client(draft.Header.Client) is null or { IsRemoved: true, IsPending: false })
            .ToList(),
        isDurable: true));

    /// <summary>The vault gave back what the frame of that sequence has; or no longer has what it removed.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task StoredAsync(string issuer, string clientId, long sequence) => WriteAsync(isDurable: false, () =>
        new FrameDraft(new FrameHeader { Kind = FrameKind.Stored, Client = ClientHash(issuer, clientId), Reference = sequence }, [], []));

    /// <summary>Writes that a registration is gone, unless a newer one is there. Kept for ever.</summary>
    /// <param name="sequence">What was removed: a frame of a higher sequence stays.</param>
    /// <returns>Its place in the order; 0 where nothing was removed.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> RemoveAsync(RegistrationRecord record, long sequence, LedgerHash entry = default)
    {
        var client = ClientHash(record.Issuer, record.ClientId);
        var written = await Guard(() => _file.WriteAsync(
            state => state.Client(client) is { IsRemoved: false } row && row.Header.Sequence <= sequence ? [Removal(row.Header.Place)] : [],
            isDurable: true)).ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[0].Sequence;

        FrameDraft Removal(ulong place) => new(
            new FrameHeader { Kind = FrameKind.Removed, Client = client, Entry = entry, Reference = sequence, Place = place, Issuer = IssuerHash(record.Issuer) },
            LedgerText.Write(new LedgerRemoval(record.Issuer, record.ClientId, HashOf(record))),
            []);
    }

    /// <summary>Ends entries: the server refused, or surely did nothing, or what they brought is kept.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task CloseAsync(IReadOnlyList<LedgerHash> entries) => EndAsync(entries, FrameKind.Closed);

    /// <summary>The commands of these entries have ended, and nobody knows what the server did.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task OrphanAsync(IReadOnlyList<LedgerHash> entries) => EndAsync(entries, FrameKind.Orphaned);

    /// <summary>Forgets that entries are under way here, whatever became of them.</summary>
    public void Leave(IEnumerable<LedgerHash> entries)
    {
        foreach (var entry in entries)
        {
            _owners.End(entry);
        }
    }

    /// <summary>Writes what counts anew, and drops the rest from the disk.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Compact() => Guard(() => Task.FromResult(_file.Compact())).GetAwaiter().GetResult();

    // What is read.

    /// <summary>Reads what other processes have written since.</summary>
    /// <exception cref="DcrException">StoreReadOnly: the disk refuses.</exception>
    public void ReadOn() => Guard(() =>
    {
        _file.ReadOn();
        return Task.FromResult(true);
    }).GetAwaiter().GetResult();

    /// <summary>What is known of a client; null for nothing, or where it was removed.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? Find(string issuer, string clientId)
    {
        ReadOn();
        var client = ClientHash(issuer, clientId);
        return Whole(state => state.Client(client));
    }

    /// <summary>Whether the ledger knows a client, its removal too.</summary>
    public bool Knows(string secretName) => _file.Look(state => state.Client(_keys.Active.Hash(secretName)) is not (null or { IsRemoved: true, IsPending: false }));

    /// <summary>A tenant's living registration; null for none.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? FindTenant(string issuer, string tenant)
    {
        ReadOn();
        var hash = TenantHash(issuer, tenant);
        return Whole(state => state.LivingOf(hash));
    }

    /// <summary>The registrations at an issuer, or at all, in the order of their last change, without their secrets. Damaged ones are left out, and counted.</summary>
    public IEnumerable<StoredRegistration> List(string? issuer, Action<int>? tellDamaged = null)
    {
        ReadOn();
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        var clients = _file.Look(state => state.Rows
            .Where(row => !row.IsRemoved && (issuer is null || row.Header.Issuer == hash))
            .OrderBy(static row => row.Header.Sequence)
            .Select(static row => row.Client)
            .ToList());
        var damaged = 0;
        foreach (var client in clients)
        {
            LedgerRow? row = null;
            var isThere = _file.TryOpenOutline(state => (row = state.Client(client)) is { IsRemoved: false } ? (row.Header, row.Offset) : null, out var header, out var outline);
            if (!isThere)
            {
                continue;
            }

            if (outline is null)
            {
                damaged++;
                continue;
            }

            yield return new StoredRegistration(Outline.Read(outline, issuer ?? ""), header.Sequence, header.Place, row!.IsPending, row.IsWhole);
        }

        if (damaged > 0)
        {
            tellDamaged?.Invoke(damaged);
        }
    }

    /// <summary>How many living registrations there are at an issuer, by the vault that they belong to.</summary>
    public IReadOnlyDictionary<ulong, int> Count(string? issuer = null)
    {
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        return _file.Look(state => state.Rows.Where(row => !row.IsRemoved && (issuer is null || row.Header.Issuer == hash))
            .GroupBy(static row => row.Header.Place)
            .ToDictionary(static rows => rows.Key, static rows => rows.Count()));
    }

    /// <summary>Registrations that a vault is still to be given, whole, in order.</summary>
    public IReadOnlyList<StoredRegistration> PendingFor(string vaultId)
    {
        var place = PlaceOf(vaultId);
        return _file.Look(state => state.Rows.Where(row => row is { IsPending: true, IsRemoved: false } && row.Header.Place == place).OrderBy(static row => row.Header.Sequence).Select(static row => row.Client).ToList())
            .Select(client => Whole(state => state.Client(client)))
            .OfType<StoredRegistration>()
            .Where(static found => found.IsPending)
            .ToList();
    }

    /// <summary>Removals that a vault is still to be told of.</summary>
    public IReadOnlyList<PendingRemoval> RemovalsFor(string vaultId)
    {
        var place = PlaceOf(vaultId);
        var removals = new List<PendingRemoval>();
        foreach (var client in _file.Look(state => state.Rows.Where(row => row is { IsPending: true, IsRemoved: true } && row.Header.Place == place).Select(static row => row.Client).ToList()))
        {
            if (_file.TryOpenOutline(state => state.Client(client) is { IsRemoved: true } row ? (row.Header, row.Offset) : null, out var header, out var outline) && outline is not null)
            {
                removals.Add(new PendingRemoval(LedgerText.ReadRemoval(outline), header.Sequence));
            }
        }

        return removals;
    }

    /// <summary>Requests that are not done, in order of asking.</summary>
    public IReadOnlyList<LedgerEntry> Open(string? issuer = null)
    {
        ReadOn();
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        return _file.Look(state => state.Open.Where(entry => issuer is null || entry.Issuer == hash).OrderBy(static entry => entry.Sequence).Select(static entry => entry.Id).ToList())
            .Select(Read)
            .OfType<LedgerEntry>()
            .ToList();
    }

    /// <summary>One that is not done; null where it is done by now, or damaged.</summary>
    public LedgerEntry? Read(LedgerHash id)
    {
        LedgerIntent? intent = null;
        var answers = new List<LedgerAnswer>();
        var isOrphaned = false;
        for (var index = 0; ; index++)
        {
            var place = index;
            var isThere = _file.TryOpen(
                state =>
                {
                    var entry = state.Entry(id);
                    isOrphaned = entry?.IsOrphaned == true;
                    return entry is not null && place < entry.Frames.Count ? entry.Frames[place] : null;
                },
                out var header,
                out var content);
            if (!isThere)
            {
                break;
            }

            if (content is not { } text || header.Kind == FrameKind.Orphaned)
            {
                continue;
            }

            intent ??= LedgerText.ReadIntent(text.Outline, header.Kind == FrameKind.Asked ? text.Body : null);
            if (header.Kind == FrameKind.Answered)
            {
                answers.Add(LedgerText.ReadAnswer(text.Outline, text.Body, header.Sequence));
            }
        }

        return intent is null ? null : new LedgerEntry(id, intent, answers, !isOrphaned && _owners.IsAtWork(id, intent.Owner));
    }

    public void Dispose()
    {
        // It waits for what is being written, of which this process is the owner.
        _file.Dispose();
        _owners.Dispose();
    }

    /// <summary>By it a vault's leftover is told from something newer.</summary>
    public static string HashOf(RegistrationRecord record)
    {
        using var sha = SHA256.Create();
        return Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(record.ToJson())));
    }

    private static bool IsOfDisk(Exception failure) => failure is IOException or UnauthorizedAccessException;

    private async Task EndAsync(IReadOnlyList<LedgerHash> entries, FrameKind kind)
    {
        if (entries.Count > 0)
        {
            await Guard(() => _file.WriteAsync(
                state => entries.Where(entry => state.Entry(entry) is not null).Select(entry => new FrameDraft(new FrameHeader { Kind = kind, Entry = entry }, [], [])).ToList(),
                isDurable: kind == FrameKind.Orphaned)).ConfigureAwait(false);
        }
    }

    private Task<IReadOnlyList<FrameHeader>> WriteAsync(bool isDurable, Func<FrameDraft> draft) => Guard(() => _file.WriteAsync(_ => [draft()], isDurable));

    private async Task<T> Guard<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (InvalidDataException tooLarge)
        {
            throw StoreErrors.TooLarge(tooLarge);
        }
        catch (FormatException newer)
        {
            throw StoreErrors.Newer(_folder.Path, newer);
        }
        catch (Exception failure) when (IsOfDisk(failure))
        {
            throw StoreErrors.NotWritable(_folder.Path, failure);
        }
    }

    /// <summary>A registration with its secrets, where the ledger has them; null where there is none.</summary>
    private StoredRegistration? Whole(Func<LedgerState, LedgerRow?> which)
    {
        LedgerRow? row = null;
        if (!_file.TryOpen(state => (row = which(state)) is { IsRemoved: false } ? (row.Header, row.Offset) : null, out var header, out var content))
        {
            return null;
        }

        if (content is not { } text)
        {
            throw StoreErrors.FrameDamaged(_folder.Path);
        }

        var record = text.Body.Length > 0 ? RegistrationRecord.Parse(Encoding.UTF8.GetString(text.Body)) with { IsKept = true } : Outline.Read(text.Outline, "");
        return new StoredRegistration(record, header.Sequence, header.Place, row!.IsPending, text.Body.Length > 0);
    }

    private FrameHeader Header(FrameKind kind, LedgerHash entry, LedgerIntent intent, LedgerHash tenant) => new()
    {
        Kind = kind,
        Entry = entry,
        Tenant = tenant,
        Client = intent.ClientId is { } clientId ? ClientHash(intent.Issuer, clientId) : LedgerHash.None,
        Issuer = IssuerHash(intent.Issuer),
        Place = PlaceOf(intent.Vault),
    };

    private FrameDraft Registration(FrameKind kind, RegistrationRecord record, string? vaultId, byte[] body, LedgerHash entry, bool closes) => new(
        new FrameHeader
        {
            Kind = kind,
            ClosesEntry = closes,
            Entry = entry,
            Tenant = record.Tenant is { } tenant ? TenantHash(record.Issuer, tenant) : LedgerHash.None,
            Client = ClientHash(record.Issuer, record.ClientId),
            Issuer = IssuerHash(record.Issuer),
            Place = PlaceOf(vaultId),
        },
        Outline.Write(record),
        body);

    private LedgerHash TenantHash(string issuer, string tenant) => _keys.Active.Hash(TenantKey.Of(issuer, tenant));

    private LedgerHash ClientHash(string issuer, string clientId) => _keys.Active.Hash(SecretName.For(issuer, clientId));

    private ulong IssuerHash(string issuer) => _keys.Active.ShortHash("issuer\n" + issuer);
}
