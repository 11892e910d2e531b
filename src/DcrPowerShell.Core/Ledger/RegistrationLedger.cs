using System;
using System.Collections.Concurrent;
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
    private const int AuditKeyLength = 32;

    private readonly IStoreFolder _folder;
    private readonly ILedgerKeys _keys;
    private readonly LedgerFile _file;
    private readonly Owners _owners;
    private readonly AnswerRoom _room;
    private readonly HeldAnswers _held = new();
    private readonly Turns _turns;
    private readonly Turns _vaultTurns;
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _unreadable = new();

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
        _room = new AnswerRoom(folder, _owners.Room);
        _turns = new Turns(folder, "turn-");
        _vaultTurns = new Turns(folder, "vault-");
    }

    /// <summary>The ledger's own, whatever folder it is in.</summary>
    public string Id => _keys.LedgerId.ToString();

    /// <summary>For people.</summary>
    public string Path => _folder.Path;

    /// <summary>Why it is in memory, and ends with the process; null where it is on the disk.</summary>
    public string? WhyInMemory => (_folder as MemoryFolder)?.Why;

    /// <summary>Why it can only be read; null where it can be written, too.</summary>
    public Exception? WhyReadOnly => (_folder as ReadOnlyFolder)?.Why;

    /// <exception cref="DcrException">StoreReadOnly: it can only be read.</exception>
    public void RequireWritable()
    {
        if (WhyReadOnly is { } why)
        {
            throw StoreErrors.NotWritable(_folder.Path, why);
        }
    }

    /// <summary>Whether other processes are kept out while one writes.</summary>
    public bool LocksWork => _folder.LocksWork;

    public LedgerFile File => _file;

    /// <summary>The hash of a vault's id, as frames have it.</summary>
    public ulong PlaceOf(string? vaultId) => vaultId is null ? 0 : _keys.Active.ShortHash("vault\n" + vaultId) | 1;

    /// <summary>A lock across the processes that have this folder, for what is not the ledger's own.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IDisposable TakeLock(string name) => Guard(() => Task.FromResult(StoreLock.Take(_folder, name))).GetAwaiter().GetResult();

    /// <summary>Notes what a vault is registered as. A hint for people: it is known by its id.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void NameVault(string vaultId, string name) =>
        Guard(() =>
            {
                if (!NamedVaults().TryGetValue(vaultId, out var known) || known != name)
                {
                    StoreSettings.Change(
                        _folder,
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

                return Task.FromResult(true);
            })
            .GetAwaiter()
            .GetResult();

    /// <summary>What vaults were registered as when they were last seen, by their ids.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged.</exception>
    public IReadOnlyDictionary<string, string> NamedVaults() =>
        Guard(() => Task.FromResult(StoreSettings.Read(_folder).Vaults)).GetAwaiter().GetResult();

    /// <summary>Makes sure that the file can be written and flushed.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Prove() =>
        Guard(() => _file.WriteAsync(static _ => [new FrameDraft(new FrameHeader { Kind = FrameKind.Mark }, [], [])], isDurable: true))
            .GetAwaiter()
            .GetResult();

    // What is written.

    /// <summary>
    /// Writes what is about to be asked, unless the tenant has a client or a request that is not done. On the disk when it returns, with
    /// room
    /// for the answer.
    /// </summary>
    /// <param name="allowsDuplicate">Writes it in any case.</param>
    /// <param name="replaces">The tenant's client whose place the new one takes: it is no obstacle, as long as it is as here.</param>
    /// <exception cref="DcrException">
    /// StoreReadOnly; ClientNotFound: what is to be replaced has changed; StoreDamaged: it is an older copy, or lacks frames;
    /// InvalidClientMetadata: too large; VaultReadFailed: the vault may have the tenant's
    /// client. Nothing is to be sent.
    /// </exception>
    public async Task<Begun> BeginAsync(LedgerIntent intent, bool allowsDuplicate = false, RegistrationRecord? replaces = null)
    {
        var id = LedgerHash.New();
        var tenant = intent is { Operation: LedgerOperation.Register, Tenant: { } name }
            ? TenantHash(intent.Issuer, name)
            : LedgerHash.None;
        var unreadable = tenant.IsNone || allowsDuplicate ? null : UnreadableAt(intent.Issuer, intent.Vault);
        LedgerHash? living = null,
            open = null;

        // What came back before is written first: a disk that does not take it has no room for more.
        await WriteHeldAsync().ConfigureAwait(false);
        try
        {
            await Guard(() =>
                {
                    _keys.RequireKept();
                    intent = Claimed(id, intent);
                    _room.Keep(_owners.Count);
                    return _file.WriteAsync(
                        state =>
                        {
                            if (replaces is not null && !IsAsIn(state, replaces))
                            {
                                throw StoreErrors.ChangedMeanwhile(replaces.ClientId);
                            }

                            if (!tenant.IsNone && !allowsDuplicate)
                            {
                                living = state.LivingOf(tenant)?.Client is { } other && (replaces is null || other != ClientOf(replaces))
                                    ? other
                                    : null;
                                open = state.OpenOf(tenant)?.Id;
                            }

                            if (living is null && open is null && intent.Operation == LedgerOperation.Register && _file.WasRolledBack)
                            {
                                throw StoreErrors.RolledBack(_folder.Path);
                            }

                            if (living is null && open is null && !tenant.IsNone && !allowsDuplicate && state.LacksFrames)
                            {
                                throw StoreErrors.MayBeLost(_folder.Path, intent.Tenant!);
                            }

                            if (living is null && open is null && unreadable is not null)
                            {
                                throw StoreErrors.MayBeRegistered(intent.Tenant!, unreadable);
                            }

                            return living is null && open is null
                                ?
                                [
                                    new FrameDraft(
                                        Header(FrameKind.Asked, id, intent, tenant),
                                        LedgerText.Write(intent),
                                        intent.Metadata?.ToUtf8() ?? []
                                    ),
                                ]
                                : [];
                        },
                        isDurable: true
                    );
                })
                .ConfigureAwait(false);
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
        return living is { } client && Whole(state => state.Client(client), $"tenant '{intent.Tenant}'") is { } registration
                ? new Begun.Living(registration)
            : open is { } other && Read(other) is { } entry ? new Begun.Open(entry)
            : await BeginAsync(intent, replaces: replaces).ConfigureAwait(false);
    }

    /// <summary>Nobody has written anything about a registration since it was found.</summary>
    private bool IsAsIn(LedgerState state, RegistrationRecord found) =>
        state.Client(ClientOf(found)) is { IsRegistration: true } row && row.Header.Sequence <= found.Sequence;

    private LedgerHash ClientOf(RegistrationRecord record) => ClientHash(record.Issuer, record.ClientId);

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

    /// <summary>
    /// Notes that this process is at work on an entry, until <see cref="Leave"/>, so that nobody else settles it meanwhile.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public LedgerIntent Claim(LedgerHash entry, LedgerIntent intent) =>
        Guard(() => Task.FromResult(Claimed(entry, intent))).GetAwaiter().GetResult();

    private LedgerIntent Claimed(LedgerHash entry, LedgerIntent intent)
    {
        var claimed = intent with { Owner = _owners.Own() };
        _owners.Start(entry);
        return claimed;
    }

    /// <summary>
    /// Takes the turn to ask a server about a client, of all processes that have this folder: a server may replace the token at each
    /// answer, and who asks beside another one would be told that its own is wrong.
    /// </summary>
    /// <returns>Null where another command has it.</returns>
    public IDisposable? TryTurn(string issuer, string clientId) => _turns.TryTake(ClientHash(issuer, clientId));

    /// <summary>
    /// Takes the turn to write a client's secret to a vault, of all processes that have this folder, whatever they call the vault. Who has
    /// it looks what the ledger holds and writes that, so that no older version comes after a newer one.
    /// </summary>
    /// <returns>Null where somebody else has it.</returns>
    public IDisposable? TryVaultTurn(string secretName) => _vaultTurns.TryTake(_keys.Active.Hash(secretName.ToLowerInvariant()));

    /// <summary>Writes a successful answer as it came, before anybody looks at it. On the disk when it returns.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreLocked: it is held in memory, until it can be written.</exception>
    public async Task AnsweredAsync(LedgerHash entry, LedgerIntent intent, LedgerAnswer answer)
    {
        try
        {
            await BringAsync(Answered(), isDurable: true).ConfigureAwait(false);
        }
        catch (DcrException failure) when (HeldAnswers.CanWait(failure))
        {
            _held.Add(entry, Answered);
            throw;
        }

        Func<LedgerState, IReadOnlyList<FrameDraft>> Answered()
        {
            var tenant = intent is { Operation: LedgerOperation.Register, Tenant: { } name }
                ? TenantHash(intent.Issuer, name)
                : LedgerHash.None;
            var draft = new FrameDraft(Header(FrameKind.Answered, entry, intent, tenant), LedgerText.Write(intent, answer), answer.Body);
            return _ => [draft];
        }
    }

    /// <summary>
    /// Writes a registration as it is now. What was answered is on the disk by then, so that this need not be. With a vault it stays
    /// pending until <see cref="StoredAsync"/>. One that is kept elsewhere stays there: <see cref="MoveAsync"/> alone gives it another
    /// place.
    /// </summary>
    /// <param name="vaultId">Where a new one goes; null for the ledger itself.</param>
    /// <param name="entry">What brought it; none for nothing.</param>
    /// <param name="closes">Whether nothing more is to come of that.</param>
    /// <param name="isDurable">Whether nothing else has it.</param>
    /// <param name="since">An older answer brings it: where a newer frame about the client is there by now, nothing is written.</param>
    /// <param name="holds">Whether it is held in memory where it cannot be written now.</param>
    /// <returns>Its place in the order; 0 where a newer one was there.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> KeepAsync(
        RegistrationRecord record,
        string? vaultId,
        LedgerHash entry = default,
        bool closes = false,
        bool isDurable = false,
        long since = long.MaxValue,
        bool holds = false
    )
    {
        try
        {
            var written = await BringAsync(Kept(since, closes, isHeld: false), isDurable).ConfigureAwait(false);
            if (written.Count == 0)
            {
                return 0;
            }

            _held.Drop(entry);
            return written[0].Sequence;
        }
        catch (DcrException failure) when (holds && HeldAnswers.CanWait(failure))
        {
            var newest = Math.Min(since, _file.Size.Sequence);
            _held.Replace(entry, () => Kept(newest, isLast: !entry.IsNone, isHeld: true));
            throw;
        }

        Func<LedgerState, IReadOnlyList<FrameDraft>> Kept(long newest, bool isLast, bool isHeld)
        {
            var draft = Registration(FrameKind.Kept, record, vaultId, Encoding.UTF8.GetBytes(record.ToJson()), entry, isLast);
            return state =>
                state.Client(draft.Header.Client) switch
                {
                    { } row when row.Header.Sequence > newest => isHeld && isLast
                        ? [new FrameDraft(new FrameHeader { Kind = FrameKind.Closed, Entry = entry }, [], [])]
                        : [],
                    { IsRegistration: true } row => [Ranked(state, draft with { Header = draft.Header with { Place = row.Header.Place } })],
                    _ => [draft],
                };
        }
    }

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
        var drafts = records.Select(record => Registration(FrameKind.Known, record, vaultId, [], LedgerHash.None, closes: false)).ToList();
        var damaged = DamagedOf(drafts);
        var written = await Guard(() =>
                _file.WriteAsync(
                    state =>
                        drafts
                            .Where(draft =>
                                state.Client(draft.Header.Client) is var row
                                && !(row is { IsRemoved: true } && row.Header.Sequence > readAt)
                                && (
                                    !IsKnown(state, draft.Header.Client, draft.Header.Place)
                                    || (row is { IsRemoved: false } && IsUnchanged(state, draft.Header.Client, replaces))
                                    || (
                                        row is { IsPending: false }
                                        && row.Header.Place == draft.Header.Place
                                        && damaged.Contains((row.Client, row.Header.Sequence))
                                    )
                                )
                            )
                            .Select(draft => Ranked(state, draft, yields: true))
                            .ToList(),
                    isDurable: true
                )
            )
            .ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[written.Count - 1].Sequence;
    }

    /// <summary>The vault gave back what the frames of these sequences have; or no longer has what they removed.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task StoredAsync(IReadOnlyList<(string Issuer, string ClientId, long Sequence)> stored) =>
        BringAsync(
            _ =>
                stored
                    .Select(one => new FrameDraft(
                        new FrameHeader
                        {
                            Kind = FrameKind.Stored,
                            Client = ClientHash(one.Issuer, one.ClientId),
                            Reference = one.Sequence,
                        },
                        [],
                        []
                    ))
                    .ToList(),
            isDurable: false
        );

    /// <summary>Writes that a registration is gone, unless a newer one is there. Kept for ever.</summary>
    /// <param name="since">An older answer says so: a frame of a higher sequence stays.</param>
    /// <returns>Its place in the order; 0 where nothing was removed.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> RemoveAsync(RegistrationRecord record, LedgerHash entry = default, long since = long.MaxValue)
    {
        var client = ClientHash(record.Issuer, record.ClientId);
        var written = await BringAsync(
                state => state.Client(client) is { IsRemoved: false } row && row.Header.Sequence <= since ? [Removal(row.Header)] : [],
                isDurable: true
            )
            .ConfigureAwait(false);
        _held.Drop(entry);
        return written.Count == 0 ? 0 : written[0].Sequence;

        FrameDraft Removal(FrameHeader removed) =>
            new(
                new FrameHeader
                {
                    Kind = FrameKind.Removed,
                    Client = client,
                    Entry = entry,
                    Reference = removed.Sequence,
                    Place = removed.Place,
                    Issuer = removed.Issuer,
                },
                LedgerText.Write(LedgerRemoval.Of(record)),
                []
            );
    }

    /// <summary>Keeps a secret of the user's own: plain text under a name.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task KeepSecretAsync(string name, string value) => BringAsync(_ => [Secret(name, value)], isDurable: true);

    /// <summary>
    /// What this ledger's audit records are sealed with from now on; made when it is first asked for. It stays with every change of the
    /// protection. A damaged one stops nothing: the next number takes its place, and the records that it sealed go unchecked.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<(string Id, byte[] Bytes)> AuditKeyAsync()
    {
        for (var number = 1; ; number++)
        {
            var id = number == 1 ? Id : FormattableString.Invariant($"{Id}-{number}");
            var name = SecretName.OfAuditKey(id);
            ReadOn();
            if (DamagedAt(SecretHash(name)) is not null)
            {
                continue;
            }

            if (FindAuditKey(id) is not { } key)
            {
                var made = ContentEncryption.RandomBytes(AuditKeyLength);

                // Another process may have made one meanwhile.
                await BringAsync(
                        state => state.Client(SecretHash(name)) is null ? [Secret(name, Convert.ToBase64String(made))] : [],
                        isDurable: true
                    )
                    .ConfigureAwait(false);
                key = FindAuditKey(id)!;
            }

            return (id, key);
        }
    }

    /// <summary>
    /// What audit records were sealed with: of this ledger, or of one that a backup was taken back of. Null where it is not known, or
    /// damaged.
    /// </summary>
    /// <param name="id">As the records have it.</param>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public byte[]? FindAuditKey(string id)
    {
        var name = SecretName.OfAuditKey(id);
        ReadOn();
        return DamagedAt(SecretHash(name)) is null && FindSecret(name) is { } key ? Convert.FromBase64String(key) : null;
    }

    /// <summary>Keeps a copy of a client's secret, or a key, where nothing has changed since somebody looked what it replaces.</summary>
    /// <param name="owner">The client's secret name; null for a key.</param>
    /// <param name="since">The place in the order of what is there; 0 for nothing.</param>
    /// <returns>False where something else is there by now.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<bool> KeepCopyAsync(string name, string value, string? owner, long since)
    {
        var written = await BringAsync(
                state =>
                    (state.Client(SecretHash(name)) is { IsRemoved: false } row ? row.Header.Sequence : 0) == since
                        ? [Secret(name, value), Copied(null, name, DigestOf(value), owner)]
                        : [],
                isDurable: true
            )
            .ConfigureAwait(false);
        return written.Count > 0;
    }

    /// <summary>Notes whose secret a vault has under a name.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task NoteCopyAsync(string? vaultId, string name, string value, string owner) =>
        BringAsync(_ => [Copied(vaultId, name, DigestOf(value), owner)], isDurable: false);

    /// <summary>Removes such a secret, if it is there.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task RemoveSecretAsync(string name) =>
        Guard(() =>
            _file.WriteAsync(
                state =>
                    state.Client(SecretHash(name)) is { IsRemoved: false } row
                        ?
                        [
                            new FrameDraft(
                                new FrameHeader
                                {
                                    Kind = FrameKind.Removed,
                                    Client = row.Client,
                                    Reference = row.Header.Sequence,
                                },
                                [],
                                []
                            ),
                        ]
                        : [],
                isDurable: true
            )
        );

    /// <summary>Gives a registration another place. A vault that it leaves is to forget it when the new place has it.</summary>
    /// <param name="to">The new vault's id; null for the ledger itself.</param>
    /// <param name="from">The vault's id that it leaves; null for the ledger itself.</param>
    /// <param name="since">
    /// The version that the record is of: where another one is there by now, or an answer about it waits, nothing is written.
    /// </param>
    /// <returns>Its new place in the order; 0 where nothing was written.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<long> MoveAsync(RegistrationRecord record, string? to, string? from, long since)
    {
        var kept = Registration(FrameKind.Kept, record, to, Encoding.UTF8.GetBytes(record.ToJson()), LedgerHash.None, closes: false);
        var moved = new FrameDraft(
            new FrameHeader
            {
                Kind = FrameKind.Moved,
                Client = kept.Header.Client,
                Place = PlaceOf(from),
            },
            LedgerText.Write(LedgerRemoval.Of(record)),
            []
        );
        var written = await Guard(() =>
                _file.WriteAsync(
                    state =>
                        !IsUnchanged(state, kept.Header.Client, since) ? []
                        : from is null ? [Ranked(state, kept)]
                        : [Ranked(state, kept), moved],
                    isDurable: true
                )
            )
            .ConfigureAwait(false);
        return written.Count == 0 ? 0 : written[0].Sequence;
    }

    /// <summary>Whether frames are missing that may have been registrations of tenants which seem to be new.</summary>
    public bool LacksFrames => _file.Look(static state => state.LacksFrames);

    /// <summary>What is missing counts as lost: new tenants are registered again.</summary>
    /// <returns>False where nothing is missing.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<bool> GiveUpLostAsync()
    {
        var mark = new FrameDraft(new FrameHeader { Kind = FrameKind.Mark, Reference = FrameHeader.GivenUp }, [], []);
        var written = await Guard(() => _file.WriteAsync(state => state.LacksFrames ? [mark] : [], isDurable: true)).ConfigureAwait(false);
        return written.Count > 0;
    }

    /// <summary>Ends entries: the server refused, or surely did nothing, or what they brought is kept.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public Task CloseAsync(IReadOnlyList<LedgerHash> entries) => EndAsync(entries, FrameKind.Closed);

    /// <summary>The commands of these entries have ended, and nobody knows what the server did.</summary>
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
            if (!_held.Leave(entry))
            {
                _owners.End(entry);
            }
        }
    }

    /// <summary>Writes what counts into a new file, sealed with the active key, and drops the rest from the disk.</summary>
    /// <returns>False where another process compacts it at the moment.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public bool Compact() => Guard(() => Task.FromResult(_file.Compact())).GetAwaiter().GetResult();

    // What is read.

    /// <summary>Reads what other processes have written since.</summary>
    /// <exception cref="DcrException">StoreReadOnly: the disk refuses. StoreLocked.</exception>
    public void ReadOn() =>
        Guard(() =>
            {
                // Without its key nothing could be read, and all would look damaged.
                _ = _keys.Active;
                TryWriteHeld();
                _file.ReadOn();
                return Task.FromResult(true);
            })
            .GetAwaiter()
            .GetResult();

    /// <summary>What is known of a client; null for nothing, or where it was removed.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? Find(string issuer, string clientId)
    {
        ReadOn();
        var client = ClientHash(issuer, clientId);
        return Whole(state => state.Client(client), $"client '{clientId}'");
    }

    /// <summary>
    /// What a vault is to be given of a client now. Null where something newer came that is not to be written there: the vault has it, it
    /// was removed, or it belongs elsewhere.
    /// </summary>
    /// <param name="record">What was to be written.</param>
    /// <param name="sequence">Its place in the order.</param>
    public (RegistrationRecord Record, long Sequence)? NewestFor(string vaultId, RegistrationRecord record, long sequence)
    {
        ReadOn();
        var client = ClientHash(record.Issuer, record.ClientId);
        return
            _file.Look(state => state.Client(client)?.Header.Sequence) is not { } newest || newest <= sequence ? (record, sequence)
            : Undamaged(client) is { IsWhole: true } found && found.Place == PlaceOf(vaultId) ? (found.Record, found.Sequence)
            : null;
    }

    /// <summary>Whether a registration is kept in a vault now.</summary>
    public bool IsKeptIn(string vaultId, string secretName)
    {
        ReadOn();
        var (client, place) = (_keys.Active.Hash(secretName.ToLowerInvariant()), PlaceOf(vaultId));
        return _file.Look(state => state.Client(client) is { IsRegistration: true } row && row.Header.Place == place);
    }

    /// <summary>Whether what is known of a client is damaged.</summary>
    public bool IsDamaged(string issuer, string clientId)
    {
        ReadOn();
        return DamagedAt(ClientHash(issuer, clientId)) is not null;
    }

    /// <summary>Whether what is known of a registration is damaged, while the vault that it belongs to has it.</summary>
    public bool IsDamagedCopy(string secretName, string vaultId)
    {
        var (client, place) = (_keys.Active.Hash(secretName), PlaceOf(vaultId));
        return _file.Look(state => state.Client(client) is { IsRegistration: true, IsPending: false } row && row.Header.Place == place)
            && DamagedAt(client) is not null;
    }

    /// <summary>Which of the clients of these frames are damaged here, and in which frame.</summary>
    private HashSet<(LedgerHash Client, long Sequence)> DamagedOf(IEnumerable<FrameDraft> drafts) =>
        new(
            drafts
                .Select(draft => (draft.Header.Client, Sequence: DamagedAt(draft.Header.Client)))
                .Where(static found => found.Sequence is not null)
                .Select(static found => (found.Client, found.Sequence!.Value))
        );

    /// <summary>The sequence of what is known of a client, a removal aside, if that is damaged.</summary>
    private long? DamagedAt(LedgerHash client) =>
        _file.TryOpen(
            state => state.Client(client) is { IsRemoved: false } row ? (row.Header, row.Offset) : null,
            out var header,
            out var content
        ) && content is null
            ? header.Sequence
            : null;

    /// <summary>Where a client is kept, as far as was read; null for nowhere.</summary>
    public ulong? PlaceOf(string issuer, string clientId)
    {
        var client = ClientHash(issuer, clientId);
        return _file.Look(state => state.Client(client) is { IsRegistration: true } row ? row.Header.Place : (ulong?)null);
    }

    /// <summary>A secret of the application's, or a key; null where there is none of that name.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public string? FindSecret(string name) => FindSecret(name, out _);

    /// <inheritdoc cref="FindSecret(string)"/>
    /// <param name="sequence">Its place in the order; 0 for none.</param>
    public string? FindSecret(string name, out long sequence)
    {
        ReadOn();
        sequence = 0;
        if (
            !_file.TryOpen(
                state => state.Client(SecretHash(name)) is { IsRemoved: false } row ? (row.Header, row.Offset) : null,
                out var header,
                out var content
            )
        )
        {
            return null;
        }

        sequence = header.Sequence;
        return content is { } text ? Encoding.UTF8.GetString(text.Body) : throw StoreErrors.FrameDamaged(_folder.Path, $"secret '{name}'");
    }

    /// <summary>Whether a secret is one that this module put under its name, and nobody has changed since.</summary>
    /// <param name="vaultId">Where it is; null for the ledger itself.</param>
    /// <param name="owner">The secret name of the client whose it must be; null for anybody's, keys too.</param>
    public bool IsCopy(string? vaultId, string name, string text, string? owner = null)
    {
        var client = CopyHash(vaultId, name);
        return _file.TryOpenOutline(
                state => state.Client(client) is { } row ? (row.Header, row.Offset) : null,
                out var header,
                out var outline
            )
            && outline is { Length: LedgerHash.Size }
            && LedgerHash.Read(outline) == TextHash(DigestOf(text))
            && (owner is null || header.Entry == _keys.Active.Hash(owner));
    }

    /// <summary>Where the applications' copies of a client's secret stand.</summary>
    /// <param name="owner">The client's secret name.</param>
    /// <returns>Names, each with the vault's id; null for the ledger itself.</returns>
    public IReadOnlyList<(string Name, string? Vault)> CopiesOf(string owner)
    {
        ReadOn();
        var hash = _keys.Active.Hash(owner);
        var copies = new List<(string, string?)>();
        foreach (
            var client in _file.Look(state =>
                state
                    .Rows.Where(row => row.Header.Kind == FrameKind.Copied && row.Header.Entry == hash)
                    .Select(static row => row.Client)
                    .ToList()
            )
        )
        {
            if (
                _file.TryOpen(state => state.Client(client) is { } row ? (row.Header, row.Offset) : null, out _, out var content)
                && content is { Body.Length: > 0 } text
            )
            {
                var (vault, name, _, _) = LedgerText.ReadCopy(text.Body);
                copies.Add((name, vault));
            }
        }

        return copies;
    }

    /// <summary>Names of the application's secrets.</summary>
    public IReadOnlyList<string> SecretNames()
    {
        ReadOn();
        var names = new List<string>();
        foreach (
            var client in _file.Look(static state =>
                state.Rows.Where(static row => row.Header.Kind == FrameKind.Secret).Select(static row => row.Client).ToList()
            )
        )
        {
            if (
                _file.TryOpenOutline(
                    state => state.Client(client) is { IsRemoved: false } row ? (row.Header, row.Offset) : null,
                    out _,
                    out var name
                ) && name is not null
            )
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }

        names.RemoveAll(SecretName.IsOwn);
        return names;
    }

    /// <summary>A registration by the name of its secret, with its secrets where the ledger has them; null for none.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? FindNamed(string secretName)
    {
        ReadOn();
        var client = _keys.Active.Hash(secretName.ToLowerInvariant());
        return Whole(state => state.Client(client) is { IsRegistration: true } row ? row : null, $"secret '{secretName}'");
    }

    /// <summary>Whether the ledger knows what a vault has under a name, also as something that the vault is still to forget.</summary>
    public bool Knows(string secretName, string vaultId) =>
        _file.Look(state => IsKnown(state, _keys.Active.Hash(secretName), PlaceOf(vaultId)));

    /// <summary>
    /// What a vault has under registrations' names that cannot be taken in, as of now: of another layout, spoilt, or another's record.
    /// </summary>
    public void NoteUnreadable(string vaultId, IReadOnlyList<string> secretNames) => _unreadable[vaultId] = secretNames;

    /// <summary>Whether that was noted in this process.</summary>
    public bool IsUnreadable(string secretName) =>
        _unreadable.Values.Any(names => names.Contains(secretName, StringComparer.OrdinalIgnoreCase));

    /// <summary>A secret of a vault that may be a registration at an issuer of which nothing is known here; null for none.</summary>
    private string? UnreadableAt(string issuer, string? vaultId) =>
        vaultId is not null && _unreadable.TryGetValue(vaultId, out var names)
            ? names.FirstOrDefault(name =>
                name.StartsWith(SecretName.PrefixFor(issuer), StringComparison.OrdinalIgnoreCase) && !Knows(name, vaultId)
            )
            : null;

    /// <summary>
    /// Whether this registration was removed, in this version or a later one: a vault that was put back to an older copy of it has it
    /// again.
    /// </summary>
    public bool WasRemoved(RegistrationRecord record)
    {
        var client = ClientHash(record.Issuer, record.ClientId);
        return _file.TryOpenOutline(
                state => state.Client(client) is { IsRemoved: true } row ? (row.Header, row.Offset) : null,
                out _,
                out var outline
            )
            && outline is { Length: > 0 }
            && LedgerText.ReadRemoval(outline).Covers(record);
    }

    /// <summary>A tenant's living registration; null for none.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoredRegistration? FindTenant(string issuer, string tenant)
    {
        ReadOn();
        var hash = TenantHash(issuer, tenant);
        return Whole(state => state.LivingOf(hash), $"tenant '{tenant}'");
    }

    /// <summary>
    /// The registrations at an issuer, or at all, in the order of their last change, without their secrets. Damaged ones are left out, and
    /// counted.
    /// </summary>
    /// <param name="tenant">Of this one alone; null for all.</param>
    public IEnumerable<StoredRegistration> List(string? issuer, Action<int>? tellDamaged = null, string? tenant = null)
    {
        ReadOn();
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        var tenants = tenant is null ? null : (issuer is null ? Issuers() : [issuer]).Select(one => TenantHash(one, tenant)).ToList();
        var rows = _file.Look(state =>
            (tenants is null ? state.Rows : tenants.SelectMany(state.RowsOf))
                .Where(row => row.IsRegistration && (issuer is null || row.Header.Issuer == hash))
                .OrderBy(static row => row.Header.Sequence)
                .ToList()
        );
        var list = new RegistrationList(_file, rows, issuer);
        foreach (var found in list.Read().Where(found => tenant is null || TenantKey.AreSame(found.Record.Tenant, tenant)))
        {
            yield return found;
        }

        if (list.Damaged > 0)
        {
            tellDamaged?.Invoke(list.Damaged);
        }
    }

    /// <summary>The issuers that registrations are kept of.</summary>
    public IReadOnlyCollection<string> Issuers()
    {
        ReadOn();
        var issuers = new List<string>();
        foreach (
            var clients in _file.Look(static state =>
                state
                    .Rows.Where(static row => row.IsRegistration)
                    .GroupBy(static row => row.Header.Issuer)
                    .Select(static rows => rows.Select(static row => row.Client).ToList())
                    .ToList()
            )
        )
        {
            // The first that is not damaged.
            if (clients.Select(Undamaged).FirstOrDefault(static found => found is not null) is { } known)
            {
                issuers.Add(known.Record.Issuer);
            }
        }

        return issuers;
    }

    /// <summary>How many living registrations there are at an issuer, by the vault that they belong to.</summary>
    public IReadOnlyDictionary<ulong, int> Count(string? issuer = null)
    {
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        return _file.Look(state =>
            state
                .Rows.Where(row => row.IsRegistration && (issuer is null || row.Header.Issuer == hash))
                .GroupBy(static row => row.Header.Place)
                .ToDictionary(static rows => rows.Key, static rows => rows.Count())
        );
    }

    /// <summary>
    /// Registrations that a vault is still to be given, whole, in order: but those that a command is giving it just now.
    /// </summary>
    public IReadOnlyList<StoredRegistration> PendingFor(string vaultId)
    {
        var place = PlaceOf(vaultId);
        return _file
            .Look(state =>
                state
                    .Rows.Where(row => row is { IsPending: true, IsRemoved: false } && row.Header.Place == place)
                    .OrderBy(static row => row.Header.Sequence)
                    .Select(static row => (row.Client, row.Header.Entry))
                    .ToList()
            )
            .Where(pending => Read(pending.Entry) is not { IsUnderWay: true })
            .Select(pending => Undamaged(pending.Client))
            .OfType<StoredRegistration>()
            .Where(static found => found.IsPending)
            .ToList();
    }

    /// <summary>Removals that a vault is still to be told of.</summary>
    public IReadOnlyList<PendingRemoval> RemovalsFor(string vaultId)
    {
        var place = PlaceOf(vaultId);
        var removals = new List<PendingRemoval>();
        foreach (
            var client in _file.Look(state =>
                state
                    .Rows.Where(row => row is { IsPending: true, IsRemoved: true } && row.Header.Place == place)
                    .Select(static row => row.Client)
                    .ToList()
            )
        )
        {
            if (
                _file.TryOpenOutline(
                    state => state.Client(client) is { IsRemoved: true } row ? (row.Header, row.Offset) : null,
                    out var header,
                    out var outline
                ) && outline is { Length: > 0 }
            )
            {
                removals.Add(new PendingRemoval(LedgerText.ReadRemoval(outline), header.Sequence));
            }
        }

        return removals;
    }

    /// <summary>Registrations that a vault is to forget, because their new place has them.</summary>
    public IReadOnlyList<PendingRemoval> LeftoversIn(string vaultId)
    {
        var place = PlaceOf(vaultId);
        var leftovers = new List<PendingRemoval>();
        foreach (
            var sequence in _file.Look(state =>
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
                _file.TryOpenOutline(
                    state =>
                        state
                            .Moved.Where(moved => moved.Header.Sequence == sequence)
                            .Select(static moved => ((FrameHeader, long)?)moved)
                            .FirstOrDefault(),
                    out _,
                    out var outline
                ) && outline is not null
            )
            {
                leftovers.Add(new PendingRemoval(LedgerText.ReadRemoval(outline), sequence));
            }
        }

        return leftovers;
    }

    /// <summary>How many registrations vaults are still to be given.</summary>
    public int CountPending() => _file.Look(static state => state.Rows.Count(static row => row is { IsPending: true, IsRemoved: false }));

    /// <summary>Whether a backup was ever made.</summary>
    public bool HasBackup => Guard(() => Task.FromResult(StoreSettings.Read(_folder).LastBackupAt is not null)).GetAwaiter().GetResult();

    /// <summary>What a vault is called that registrations are kept in; null where nobody knows.</summary>
    public string? VaultAt(ulong place) =>
        NamedVaults().Where(vault => PlaceOf(vault.Key) == place).Select(static vault => vault.Value).FirstOrDefault();

    /// <summary>How many registrations the ledger itself keeps.</summary>
    public int LocalCount => _file.Look(static state => state.LocalCount);

    /// <summary>How many registrations a vault had, and does not have among the names that it has now.</summary>
    public int CountMissing(string vaultId, IReadOnlyList<string> names)
    {
        var place = PlaceOf(vaultId);
        var there = new HashSet<LedgerHash>(names.Select(_keys.Active.Hash));
        return _file.Look(state =>
            state.Rows.Count(row =>
                row is { IsRegistration: true, IsPending: false } && row.Header.Place == place && !there.Contains(row.Client)
            )
        );
    }

    /// <summary>Requests that are not done, in order of asking.</summary>
    public IReadOnlyList<LedgerEntry> Open(string? issuer = null)
    {
        ReadOn();
        var hash = issuer is null ? 0 : IssuerHash(issuer);
        return _file
            .Look(state =>
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

    /// <summary>
    /// Requests whose answers other processes are waiting for, by what tells them apart: those that change something, and reads, for which
    /// a
    /// server may give another token. Where locks do not tell who is alive, nobody is.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IReadOnlyList<string> AwaitedElsewhere() =>
        !LocksWork
            ? []
            :
            [
                .. Open()
                    .Where(entry => entry is { IsUnderWay: true, Answers.Count: 0, Intent: { } intent } && !_owners.IsOwn(intent.Owner))
                    .Select(static entry => entry.Id.ToString()),
                .. Guard(() => Task.FromResult(_turns.HeldElsewhere())).GetAwaiter().GetResult(),
            ];

    /// <summary>One that is not done; null where it is done by now.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public LedgerEntry? Read(LedgerHash id)
    {
        for (; ; )
        {
            if (ReadFrames(id) is not var (entry, frames))
            {
                return null;
            }

            if (entry.IsUnderWay)
            {
                return entry;
            }

            // Whoever ended between the reading of the frames and the look at who is at work has written more of them.
            ReadOn();
            if (_file.Look(state => state.Entry(id)?.Frames.Count) == frames)
            {
                return entry;
            }
        }
    }

    private (LedgerEntry Entry, int Frames)? ReadFrames(LedgerHash id)
    {
        if (_file.Look(state => state.Entry(id)) is null)
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
            var isThere = _file.TryOpen(
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
                intent ??= LedgerText.ReadIntent(text.Outline, header.Kind == FrameKind.Asked ? text.Body : null);
                if (header.Kind == FrameKind.Answered)
                {
                    answers.Add(LedgerText.ReadAnswer(text.Outline, text.Body, header.Sequence));
                }
            }
            catch (FormatException)
            {
                // As good as damaged: a newer version wrote it.
            }
        }

        return (new LedgerEntry(id, intent, answers, !isOrphaned && intent is not null && _owners.IsAtWork(id, intent.Owner)), index);
    }

    /// <summary>What a backup holds: registrations, removals, secrets, and requests that are not done.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IReadOnlyList<FrameDraft> Contents()
    {
        ReadOn();
        var contents = new List<FrameDraft>();
        var names = NamedVaults().ToDictionary(vault => PlaceOf(vault.Key));
        var (clients, entries) = _file.Look(static state =>
            (
                state.Rows.Select(static row => row.Client).ToList(),
                state.Open.Select(static entry => (entry.Id, entry.Frames.Count)).ToList()
            )
        );
        clients.ForEach(client => Add(state => state.Client(client) is { } row ? (row.Header, row.Offset) : null));
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
            if (_file.TryOpen(which, out var header, out var content) && content is { } text)
            {
                contents.Add(
                    header.Kind switch
                    {
                        // Of a tenant's registrations, the rank tells which is the tenant's; the order, which frame is the newer one.
                        FrameKind.Kept => new FrameDraft(header with { Reference = header.Rank }, text.Outline, text.Body),
                        FrameKind.Known => new FrameDraft(
                            header with
                            {
                                Reference = header.Rank,
                            },
                            text.Outline,
                            names.TryGetValue(header.Place, out var vault) ? LedgerText.OfVault(vault.Key, vault.Value) : []
                        ),
                        _ => new FrameDraft(header, text.Outline, text.Body),
                    }
                );
            }
        }
    }

    /// <summary>Takes a backup back: fills what is unknown or damaged. What the ledger knows, living or removed, stays.</summary>
    /// <returns>The registrations that were taken; those whose secrets are in a vault, without them.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<IReadOnlyList<RegistrationRecord>> RestoreAsync(LedgerHash from, IReadOnlyList<FrameDraft> contents)
    {
        var taken = new List<RegistrationRecord>();
        var drafts = contents
            .OrderBy(static frame => frame.Header.Kind is FrameKind.Kept or FrameKind.Known ? frame.Header.Reference : long.MaxValue)
            .Select(frame => Restored(frame, from == _keys.LedgerId))
            .OfType<FrameDraft>()
            .ToList();
        ReadOn();
        foreach (
            var (id, name) in contents
                .Where(static frame => frame is { Header.Kind: FrameKind.Known, Body.Length: > 0 })
                .Select(static frame => LedgerText.ReadVault(frame.Body))
                .Distinct()
                .Where(vault => !NamedVaults().ContainsKey(vault.Id))
                .ToList()
        )
        {
            NameVault(id, name);
        }

        var damaged = DamagedOf(drafts);
        await Guard(() =>
                _file.WriteAsync(
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
                                        : ListedRecord.Read(draft.Outline, "")
                                )
                        );
                        return wanted.ConvertAll(draft =>
                            draft.Header.Kind is FrameKind.Kept or FrameKind.Known ? Ranked(state, draft, yields: true) : draft
                        );
                    },
                    isDurable: true
                )
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
    /// A registration stays its tenant's, or not, whatever becomes of it. One that was taken in never takes the tenant over.
    /// </summary>
    private static FrameDraft Ranked(LedgerState state, FrameDraft draft, bool yields = false)
    {
        var rank =
            state.Client(draft.Header.Client) is { IsRegistration: true } row && row.Header.Tenant == draft.Header.Tenant ? row.Header.Rank
            : yields && state.LivingOf(draft.Header.Tenant) is not null ? -1
            : 0;
        return draft with { Header = draft.Header with { Reference = rank } };
    }

    /// <summary>Of these registrations, those whose tenant has another one too.</summary>
    /// <returns>The client that is the tenant's, and the other one.</returns>
    public IReadOnlyList<(RegistrationRecord Tenants, RegistrationRecord Other)> Doubled(IEnumerable<RegistrationRecord> records)
    {
        var doubled = new List<(RegistrationRecord Tenants, RegistrationRecord Other)>();
        foreach (var record in records.Where(static record => record.Tenant is not null))
        {
            var (client, tenant) = (ClientHash(record.Issuer, record.ClientId), TenantHash(record.Issuer, record.Tenant!));
            var (first, second) = _file.Look(state => (state.LivingOf(tenant)?.Client, state.LivingOf(tenant)?.Earlier?.Client));
            var other = first == client ? second : first;
            if (other is { } hash && OutlineOf(hash, record.Issuer) is { } known)
            {
                doubled.Add(first == client ? (record, known) : (known, record));
            }
        }

        // Where both have come, each has the other.
        return doubled
            .GroupBy(static pair => (pair.Tenants.SecretName, pair.Other.SecretName))
            .Select(static same => same.First())
            .ToList();
    }

    private RegistrationRecord? OutlineOf(LedgerHash client, string issuer) =>
        _file.TryOpenOutline(
            state => state.Client(client) is { IsRegistration: true } row ? (row.Header, row.Offset) : null,
            out _,
            out var outline
        ) && outline is not null
            ? ReadOutline(outline, issuer)
            : null;

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
                return Registration(
                    FrameKind.Kept,
                    RegistrationRecord.Parse(Encoding.UTF8.GetString(frame.Body)),
                    null,
                    frame.Body,
                    LedgerHash.None,
                    closes: false
                );
            case FrameKind.Known when frame.Body.Length > 0:
                // Its secrets are in that vault.
                return Registration(
                    FrameKind.Known,
                    ListedRecord.Read(frame.Outline, ""),
                    LedgerText.ReadVault(frame.Body).Id,
                    [],
                    LedgerHash.None,
                    closes: false
                ) with
                {
                    Outline = frame.Outline,
                };
            case FrameKind.Removed when frame.Outline.Length > 0:
                var removal = LedgerText.ReadRemoval(frame.Outline);
                return frame with
                {
                    Header = new FrameHeader
                    {
                        Kind = FrameKind.Removed,
                        Client = ClientHash(removal.Issuer, removal.ClientId),
                        Issuer = IssuerHash(removal.Issuer),
                    },
                };
            case FrameKind.Secret:
                return frame with
                {
                    Header = new FrameHeader { Kind = FrameKind.Secret, Client = SecretHash(Encoding.UTF8.GetString(frame.Outline)) },
                };
            case FrameKind.Copied:
                var (vaultId, name, digest, owner) = LedgerText.ReadCopy(frame.Body);
                return Copied(vaultId, name, digest, owner);
            case FrameKind.Asked or FrameKind.Answered when !isOwn:
                var intent = LedgerText.ReadIntent(frame.Outline);
                return frame with
                {
                    Header = Header(
                        header.Kind,
                        header.Entry,
                        intent with
                        {
                            Vault = null,
                        },
                        intent is { Operation: LedgerOperation.Register, Tenant: { } tenant }
                            ? TenantHash(intent.Issuer, tenant)
                            : LedgerHash.None
                    ),
                };
            default:
                return null;
        }
    }

    public void Dispose()
    {
        TryWriteHeld();

        // It waits for what is being written, of which this process is the owner.
        _file.Dispose();
        _room.Dispose();
        _owners.Dispose();
    }

    private static bool IsKnown(LedgerState state, LedgerHash client, ulong place) =>
        state.Client(client) is not (null or { IsRemoved: true, IsPending: false }) || state.IsLeftover(client, place);

    /// <summary>A client is as it was when somebody read it. An answer that is not used yet counts as newer.</summary>
    private static bool IsUnchanged(LedgerState state, LedgerHash client, long since) =>
        state.Client(client)?.Header.Sequence == since
        && !state.Open.Any(entry => entry.Frames.Exists(frame => frame.Header.Kind == FrameKind.Answered && frame.Header.Client == client));

    private static bool IsOfDisk(Exception failure) => failure is IOException or UnauthorizedAccessException;

    private Task<IReadOnlyList<FrameHeader>> EndAsync(IReadOnlyList<LedgerHash> entries, FrameKind kind) =>
        Guard(() =>
        {
            // Most were ended by the frame that kept what they brought.
            _file.ReadOn();
            return !_file.Look(state => entries.Any(entry => Ends(state, entry)))
                ? Task.FromResult<IReadOnlyList<FrameHeader>>([])
                : BringAsync(
                    state =>
                        entries
                            .Where(entry => Ends(state, entry))
                            .Select(entry => new FrameDraft(new FrameHeader { Kind = kind, Entry = entry }, [], []))
                            .ToList(),
                    isDurable: kind == FrameKind.Orphaned
                );

            // What became of one whose answer is held in memory, its own frame tells.
            bool Ends(LedgerState state, LedgerHash entry) => state.Entry(entry) is not null && !_held.Has(entry);
        });

    /// <summary>Writes what a server has done: where the disk is full, in the room that was kept for it.</summary>
    private Task<IReadOnlyList<FrameHeader>> BringAsync(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable) =>
        Guard(async () =>
        {
            while (true)
            {
                var releases = _room.Releases;
                try
                {
                    return await _file.WriteAsync(decide, isDurable).ConfigureAwait(false);
                }
                catch (IOException) when (_room.Release(releases))
                {
                    // Once more.
                }
            }
        });

    /// <summary>Writes what could not be written when it came.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreLocked: it still cannot.</exception>
    private async Task WriteHeldAsync()
    {
        while (_held.TryTake() is { } held)
        {
            try
            {
                foreach (var write in held.Writes)
                {
                    await BringAsync(write(), isDurable: true).ConfigureAwait(false);
                }
            }
            catch (DcrException failure) when (HeldAnswers.CanWait(failure))
            {
                _held.PutBack(held);
                throw;
            }

            _owners.End(held.Entry);
        }
    }

    private void TryWriteHeld()
    {
        try
        {
            WriteHeldAsync().GetAwaiter().GetResult();
        }
        catch (DcrException)
        {
            // Whoever uses the ledger next tries again.
        }
    }

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

    /// <summary>A registration with its secrets; null where there is none, or it is damaged.</summary>
    private StoredRegistration? Undamaged(LedgerHash client) =>
        DamagedAt(client) is null ? Whole(state => state.Client(client), "a client") : null;

    /// <summary>A registration with its secrets, where the ledger has them; null where there is none.</summary>
    /// <param name="what">For the error.</param>
    private StoredRegistration? Whole(Func<LedgerState, LedgerRow?> which, string what)
    {
        LedgerRow? row = null;
        if (
            !_file.TryOpen(
                state => (row = which(state)) is { IsRemoved: false } ? (row.Header, row.Offset) : null,
                out var header,
                out var content
            )
        )
        {
            return null;
        }

        if (content is not { } text)
        {
            throw StoreErrors.FrameDamaged(_folder.Path, what);
        }

        try
        {
            var record = (
                text.Body.Length > 0
                    ? RegistrationRecord.Parse(Encoding.UTF8.GetString(text.Body)) with
                    {
                        IsKept = true,
                    }
                    : ListedRecord.Read(text.Outline, "")
            ) with
            {
                Sequence = header.Sequence,
            };
            return new StoredRegistration(record, header.Sequence, header.Place, row!.IsPending, text.Body.Length > 0);
        }
        catch (FormatException newer)
        {
            throw StoreErrors.Newer(_folder.Path, newer);
        }
    }

    private static RegistrationRecord? ReadOutline(byte[] outline, string? issuer)
    {
        try
        {
            return ListedRecord.Read(outline, issuer ?? "");
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private FrameHeader Header(FrameKind kind, LedgerHash entry, LedgerIntent intent, LedgerHash tenant) =>
        new()
        {
            Kind = kind,
            Entry = entry,
            Tenant = tenant,
            Client = intent.ClientId is { } clientId ? ClientHash(intent.Issuer, clientId) : LedgerHash.None,
            Issuer = IssuerHash(intent.Issuer),
            Place = PlaceOf(intent.Vault),
        };

    private FrameDraft Registration(
        FrameKind kind,
        RegistrationRecord record,
        string? vaultId,
        byte[] body,
        LedgerHash entry,
        bool closes
    ) =>
        new(
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
            ListedRecord.Write(record),
            body
        );

    private FrameDraft Secret(string name, string value) =>
        new(
            new FrameHeader { Kind = FrameKind.Secret, Client = SecretHash(name) },
            Encoding.UTF8.GetBytes(name),
            Encoding.UTF8.GetBytes(value)
        );

    private FrameDraft Copied(string? vaultId, string name, string digest, string? owner)
    {
        var outline = new byte[LedgerHash.Size];
        TextHash(digest).Write(outline);
        return new(
            new FrameHeader
            {
                Kind = FrameKind.Copied,
                Client = CopyHash(vaultId, name),
                Entry = owner is null ? LedgerHash.None : _keys.Active.Hash(owner),
            },
            outline,
            // In words, so that a ledger with other hashes can take it from a backup, and whoever replaces the owner finds it.
            LedgerText.OfCopy(vaultId, name, digest, owner)
        );
    }

    private LedgerHash CopyHash(string? vaultId, string name) =>
        _keys.Active.Hash(FormattableString.Invariant($"copy\n{PlaceOf(vaultId):x16}\n{name.ToUpperInvariant()}"));

    private LedgerHash TextHash(string digest) => _keys.Active.Hash("text\n" + digest);

    private static string DigestOf(string text)
    {
        using var sha = SHA256.Create();
        return Convert.ToBase64String(sha.ComputeHash(Encoding.UTF8.GetBytes(text)));
    }

    private LedgerHash SecretHash(string name) => _keys.Active.Hash("secret\n" + name.ToUpperInvariant());

    private LedgerHash TenantHash(string issuer, string tenant) => _keys.Active.Hash(TenantKey.Of(issuer, tenant));

    private LedgerHash ClientHash(string issuer, string clientId) => _keys.Active.Hash(SecretName.For(issuer, clientId));

    private ulong IssuerHash(string issuer) => _keys.Active.ShortHash("issuer\n" + issuer);
}
