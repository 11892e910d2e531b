using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Registrations where a connection keeps them: in the ledger, or in a vault, for which the ledger holds on until the vault gave back
/// what was written.
/// </summary>
/// <param name="vault">Null for the local store.</param>
/// <param name="vaultId">What the vault is known by, whatever its name; null for the local store.</param>
/// <param name="reporter">Null where nobody is to be told.</param>
internal sealed class Registrations(RegistrationLedger ledger, ISecretVault? vault, string? vaultId, IReporter? reporter = null)
{
    // What was written to the vault, and the ledger still holds on to.
    private readonly ConcurrentQueue<(RegistrationRecord Record, long Sequence, int Changes)> _written = new();

    // Reading a secret again does no harm.
    private const int Tries = 3;
    private const int PartSize = 50;

    public RegistrationLedger Ledger => ledger;

    /// <summary>Null for the local store.</summary>
    public ISecretVault? Vault => vault;

    public string? VaultId => vaultId;

    /// <summary>For messages: "vault 'X'" or "the local store".</summary>
    public string Place => vault is null ? "the local store" : $"vault '{vault.Name}'";

    /// <summary>Makes sure that the vault is there and open. Writes nothing.</summary>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckOpenAsync() => vault is null ? Task.CompletedTask : ReadingAsync(async () =>
    {
        await vault.CheckOpenAsync().ConfigureAwait(false);
        return true;
    });

    /// <summary>Makes sure, before anything is sent, that the vault takes what a real record looks like.</summary>
    /// <param name="afterFailure">A write failed before.</param>
    /// <exception cref="DcrException">VaultLocked, VaultWriteFailed.</exception>
    public async Task ProveAsync(DateTimeOffset now, bool afterFailure = false)
    {
        if (vault is not null)
        {
            var mark = await ReadMarkAsync().ConfigureAwait(false);
            await ProbeAsync((mark ?? new VaultMark(vaultId!, JsonBag.Empty)).With(ledger.Id, ledger.File.Size.Sequence), now, afterFailure)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Writes the probe.</summary>
    /// <exception cref="DcrException">VaultLocked, VaultWriteFailed.</exception>
    public async Task ProbeAsync(VaultMark mark, DateTimeOffset now, bool afterFailure = false)
    {
        try
        {
            await VaultProbe.WriteAsync(vault!, mark, now, afterFailure).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw failure.IsLocked
                ? KeepingErrors.VaultLocked(vault!.Name, failure)
                : KeepingErrors.VaultNotWritable(vault!.Name, failure, failure.NextStep);
        }
    }

    /// <summary>What is known of a client, with its secrets; null for nothing.</summary>
    /// <exception cref="DcrException">
    /// StoreDamaged; the vault could not be read, or holds something else; ClientNotFound: it is kept elsewhere.
    /// </exception>
    /// <param name="orOutline">Gives it without its secrets where only another vault has them.</param>
    public async Task<StoredRegistration?> FindAsync(string issuer, string clientId, bool orOutline = false)
    {
        var name = SecretName.For(issuer, clientId);
        if (
            vaultId is not null
            && ledger.Vaults.IsDamagedCopy(name, vaultId)
            && await LoadAsync(name).ConfigureAwait(false) is { } whole
            && (whole.Issuer, whole.ClientId) == (issuer, clientId)
        )
        {
            await ledger.Vaults.KnowAsync([whole], vaultId).ConfigureAwait(false);
        }

        var known = ledger.Registrations.Find(issuer, clientId);
        if (orOutline && known is { IsWhole: false } && known.Place != ledger.Vaults.PlaceOf(vaultId))
        {
            return known;
        }

        if (vault is null)
        {
            return known is null or { IsWhole: true }
                ? known
                : throw KeepingErrors.KeptElsewhere(clientId, ledger.Vaults.VaultAt(known.Place));
        }

        if (known is not null && (known.IsPending || known.Place != ledger.Vaults.PlaceOf(vaultId)))
        {
            return known.IsWhole ? known : throw KeepingErrors.KeptElsewhere(clientId, ledger.Vaults.VaultAt(known.Place));
        }

        if (await ReadSecretAsync(name).ConfigureAwait(false) is not { } text)
        {
            // The vault has lost it, and the ledger may still have it. Not all that a vault does not give is gone.
            return known is null || known.IsWhole ? known
                : (await ListAsync(name).ConfigureAwait(false)).Contains(name, StringComparer.OrdinalIgnoreCase)
                    ? throw KeepingErrors.VaultReadFailed(vault.Name, NotGiven(name))
                : null;
        }

        if (known is { IsWhole: true } && IsOlderOrHalf(text, known.Record))
        {
            return known;
        }

        var record = ParseOrThrow(name, text);
        if (record.Issuer != issuer || record.ClientId != clientId)
        {
            return null;
        }

        if (known is null && ledger.Registrations.WasRemoved(record))
        {
            return null;
        }

        if (known is null || IsOlder(known.Record, record) || (known.Record.CreatedAt != record.CreatedAt && !known.IsWhole))
        {
            var taken = await TakeAsync(record, known).ConfigureAwait(false);
            var newest = ledger.Registrations.Find(issuer, clientId);
            if (taken == 0 && newest?.Sequence != known?.Sequence)
            {
                // Another command has changed it meanwhile.
                return await FindAsync(issuer, clientId, orOutline).ConfigureAwait(false);
            }

            known = newest;
        }

        return new StoredRegistration(
            record with
            {
                Sequence = known?.Sequence ?? 0,
            },
            known?.Sequence ?? long.MaxValue,
            ledger.Vaults.PlaceOf(vaultId),
            IsPending: false,
            IsWhole: true
        );
    }

    /// <summary>A vault that lists a secret and does not give it: "not found" is not to be believed then.</summary>
    public static VaultException NotGiven(string secretName) => new($"it lists the secret '{secretName}' and does not give it");

    /// <summary>What the vault's probe says; null where there is none.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<VaultMark?> ReadMarkAsync() => ReadingAsync(() => VaultProbe.ReadAsync(vault!));

    /// <summary>Names of the vault's secrets that begin so.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<IReadOnlyList<string>> ListAsync(string prefix) => ReadingAsync(() => vault!.ListAsync(prefix));

    /// <summary>What the vault has under a name, as a registration; null where there is nothing.</summary>
    /// <exception cref="DcrException">The vault could not be read, or holds something else under that name.</exception>
    public async Task<RegistrationRecord?> LoadAsync(string secretName) =>
        await ReadSecretAsync(secretName).ConfigureAwait(false) is { } text ? ParseOrThrow(secretName, text) : null;

    /// <summary>Keeps a registration: in the ledger at once, then in the vault, if there is one.</summary>
    /// <param name="isDurable">Whether no answer in the ledger has it.</param>
    /// <param name="since">Where a frame about the client is newer than this, nothing is kept.</param>
    /// <param name="beforeVault">Called when the ledger has it, before a vault is waited for.</param>
    /// <returns>
    /// Where it is, and why its vault does not have it yet; null where all is well, or that vault is not connected. Null where it is not
    /// kept.
    /// </returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<(DcrStorage Storage, VaultException? Why)?> KeepAsync(
        RegistrationRecord record,
        LedgerHash entry,
        bool closes,
        bool isDurable,
        long since = long.MaxValue,
        Action? beforeVault = null
    )
    {
        var mayBeThere =
            vault is not null && (ledger.Vaults.Knows(record.SecretName, vaultId!) || ledger.Unreadable.Has(record.SecretName));
        var sequence = await ledger
            .Registrations.KeepAsync(record, vaultId, entry, closes, isDurable, since, holds: true)
            .ConfigureAwait(false);
        if (sequence == 0)
        {
            return null;
        }

        var place = ledger.Registrations.PlaceOf(record.Issuer, record.ClientId);
        if (place != ledger.Vaults.PlaceOf(vaultId))
        {
            return (place == 0 ? DcrStorage.Local : DcrStorage.Pending, null);
        }

        if (vault is not null)
        {
            beforeVault?.Invoke();
        }

        var failure = await StoreAsync(record, sequence, mayBeThere).ConfigureAwait(false);
        return (failure is not null ? DcrStorage.Pending : vault is null ? DcrStorage.Local : DcrStorage.Vault, failure);
    }

    /// <summary>Where a client is kept that was found.</summary>
    public DcrStorage StorageOf(RegistrationRecord record) =>
        (ledger.Registrations.PlaceOf(record.Issuer, record.ClientId) ?? ledger.Vaults.PlaceOf(vaultId)) == 0
            ? DcrStorage.Local
            : DcrStorage.Vault;

    /// <summary>Forgets a registration, in the ledger first, then in the vault.</summary>
    /// <returns>Why the vault still has it; null where all is well.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<VaultException?> RemoveAsync(RegistrationRecord record, LedgerHash entry)
    {
        // What was read meanwhile counts, not what the command began with.
        var known = ledger.Registrations.IsDamaged(record.Issuer, record.ClientId)
            ? null
            : ledger.Registrations.Find(record.Issuer, record.ClientId);
        var place = ledger.Registrations.PlaceOf(record.Issuer, record.ClientId) ?? 0;
        var sequence = await ledger.Registrations.RemoveAsync(known?.Record ?? record, entry: entry).ConfigureAwait(false);
        if (sequence == 0 || place == 0)
        {
            return null;
        }

        try
        {
            if (vault is null || place != ledger.Vaults.PlaceOf(vaultId))
            {
                throw new VaultException("it is kept in another vault");
            }

            RefuseNewer(record.SecretName, await vault.GetAsync(record.SecretName).ConfigureAwait(false));
            await ForgetAsync(record.SecretName).ConfigureAwait(false);
            await ledger.Vaults.StoredAsync([(record.Issuer, record.ClientId, sequence)]).ConfigureAwait(false);
            return null;
        }
        catch (VaultException failure)
        {
            return failure;
        }
    }

    /// <summary>
    /// A client has taken the place of one that the server no longer has. That one is kept as a secret of the local store, and its
    /// applications' copies of the client secret become the new one's. Done again, it goes on where it stopped.
    /// </summary>
    /// <exception cref="VaultException">The vault did not keep or forget something.</exception>
    /// <exception cref="DcrException">StoreReadOnly; the vault could not be read.</exception>
    public async Task ReplaceAsync(string issuer, string former, RegistrationRecord now)
    {
        // Some servers answer with the client that they had.
        if (former == now.ClientId)
        {
            return;
        }

        foreach (var (name, inVault) in ledger.Secrets.CopiesOf(SecretName.For(issuer, former)))
        {
            await RenewCopyAsync(name, inVault, SecretName.For(issuer, former), now).ConfigureAwait(false);
        }

        if (ledger.Registrations.Find(issuer, former) is { } known)
        {
            var whole = (await FindAsync(issuer, former).ConfigureAwait(false) ?? known).Record;
            await KeepOlderAsync(whole).ConfigureAwait(false);
            if (await RemoveAsync(whole, entry: default).ConfigureAwait(false) is { } failure)
            {
                throw failure;
            }
        }
    }

    private async Task RenewCopyAsync(string name, string? inVault, string former, RegistrationRecord now)
    {
        var there = inVault == vaultId ? await ReadSecretAsync(name).ConfigureAwait(false) : null;
        if (there is not null && there == now.ClientSecret)
        {
            // A kill came after it was written.
            await ledger.Secrets.NoteCopyAsync(vaultId, name, there, now.SecretName).ConfigureAwait(false);
        }
        else if (there is null || now.ClientSecret is null || !ledger.Secrets.IsCopy(vaultId, name, there, former))
        {
            var why =
                inVault != vaultId ? "it is not in the store of this connection"
                : now.ClientSecret is null ? "there is no new one"
                : there is null ? "it is no longer there"
                : "it is another secret by now";
            reporter?.Warning(
                now.ClientId,
                $"the secret '{name}' held the old client secret and did not get the new one: {why}.",
                "secrets that held the old client secret did not get the new one."
            );
        }
        else
        {
            await CopyAsync(name, now.ClientSecret, now.SecretName, former).ConfigureAwait(false);
        }
    }

    /// <summary>Makes sure, before anything is sent, that a secret of this name takes the place of nothing but its owner's own.</summary>
    /// <param name="owner">The secret name of the client whose it is to be; null for one that is to be new.</param>
    /// <param name="former">The client's secret as it is now; null for none.</param>
    /// <exception cref="DcrException">SecretExists; the vault could not be read.</exception>
    public async Task CheckCopyAsync(string name, string? owner, string? former = null)
    {
        var there = await ReadSecretAsync(name).ConfigureAwait(false);
        if (there is not null && there == former)
        {
            // Whoever put it there: it is the client's.
            await ledger.Secrets.NoteCopyAsync(vaultId, name, there, owner!).ConfigureAwait(false);
        }

        RefuseOthers(name, there, owner);
    }

    /// <summary>Keeps a secret of the application's under a name of its choice, where nothing is or an earlier one of this owner.</summary>
    /// <param name="former">The secret name of the client that the owner took the place of; null for none.</param>
    /// <exception cref="VaultException">The vault did not keep it.</exception>
    /// <exception cref="DcrException">SecretExists, StoreReadOnly.</exception>
    public async Task CopyAsync(string name, string value, string? owner, string? former = null)
    {
        if (vault is not null)
        {
            RefuseOthers(name, await vault.GetAsync(name).ConfigureAwait(false), former ?? owner);
            await vault.WriteAsync(name, () => new VaultWrite(value)).ConfigureAwait(false);
            if (owner is not null)
            {
                await ledger.Secrets.NoteCopyAsync(vaultId, name, value, owner).ConfigureAwait(false);
            }

            return;
        }

        long sequence;
        do
        {
            RefuseOthers(name, ledger.Secrets.Find(name, out sequence), former ?? owner);
        }
        while (!await ledger.Secrets.KeepCopyAsync(name, value, owner, sequence).ConfigureAwait(false));
    }

    private void RefuseOthers(string name, string? there, string? owner)
    {
        if (there is not null && (owner is null || !ledger.Secrets.IsCopy(vaultId, name, there, owner)))
        {
            throw KeepingErrors.SecretExists(Place, name);
        }
    }

    /// <summary>A secret of the application's, or a key; null where there is none of that name.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<string?> ReadSecretAsync(string name) =>
        vault is null ? Task.FromResult(ledger.Secrets.Find(name)) : ReadingAsync(() => vault.GetAsync(name));

    /// <summary>
    /// At a command's end: what it stored is still in the vault, so that the ledger can let go of it. What another process has dropped
    /// since, because it wrote the vault whole from an old copy, is written again.
    /// </summary>
    /// <returns>How many were written again.</returns>
    /// <exception cref="DcrException">StoreReadOnly; the vault could not be read or written. The next connect goes on.</exception>
    public async Task<int> ConfirmAsync()
    {
        if (_written.IsEmpty)
        {
            return 0;
        }

        var changes = await ReadingAsync(vault!.ChangesByOthersAsync).ConfigureAwait(false);
        var sure = new List<(string Issuer, string ClientId, long Sequence)>();
        var again = 0;
        while (_written.TryDequeue(out var written))
        {
            var (record, sequence, seen) = written;
            if (
                seen != changes
                && await ReadingAsync(() => vault.GetAsync(record.SecretName)).ConfigureAwait(false) is var there
                && !IsSame(there, record)
            )
            {
                if (await StoreAsync(record, sequence).ConfigureAwait(false) is { } failure)
                {
                    throw KeepingErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
                }

                again++;
                continue;
            }

            sure.Add((record.Issuer, record.ClientId, sequence));
        }

        await ledger.Vaults.StoredAsync(sure).ConfigureAwait(false);
        return again;

        // Something newer is as good.
        static bool IsSame(string? text, RegistrationRecord record) =>
            text is not null && (text == record.ToJson() || Parse(text)?.UpdatedAt > record.UpdatedAt);
    }

    /// <summary>Gives the vault what it still lacks: registrations, and removals.</summary>
    /// <returns>
    /// The registrations that were written, and why it does not take the rest; null where it does, or where a newer version wrote what is
    /// there.
    /// </returns>
    public async Task<(IReadOnlyList<RegistrationRecord> Stored, VaultException? Why)> SettleAsync()
    {
        var stored = new List<RegistrationRecord>();
        if (vault is null)
        {
            return (stored, null);
        }

        VaultException? why = null;
        foreach (var removal in ledger.Vaults.RemovalsFor(vaultId!).Concat(ledger.Vaults.LeftoversIn(vaultId!)))
        {
            why = Blocking(await FinishRemovalAsync(removal).ConfigureAwait(false)) ?? why;
        }

        var pending = ledger.Vaults.PendingFor(vaultId!);
        for (var done = 0; done < pending.Count && why is not ({ IsLocked: true } or { IsOver: true }); done += PartSize)
        {
            // Side by side: a vault may write several as cheaply as one.
            var part = pending.Skip(done).Take(PartSize).ToList();
            var ends = await Task.WhenAll(part.Select(StoreIfNewerAsync)).ConfigureAwait(false);
            stored.AddRange(part.Where((_, index) => ends[index].IsWritten).Select(static one => one.Record));
            var failures = ends.Select(end => Blocking(end.Why)).ToList();
            why =
                failures.Find(static failure => failure is { IsLocked: true } or { IsOver: true })
                ?? failures.FindLast(static failure => failure is not null)
                ?? why;
        }

        return (stored, why);
    }

    /// <summary>
    /// Writes to the vault what it had and has lost, or has in an older version or in part only, as far as the ledger still has it.
    /// </summary>
    /// <exception cref="DcrException">The vault could not be read or written.</exception>
    public async Task<IReadOnlyList<RegistrationRecord>> WriteBackAsync()
    {
        var written = new List<RegistrationRecord>();
        if (vault is null)
        {
            return written;
        }

        foreach (
            var known in ledger
                .Registrations.List(issuer: null)
                .Where(found => found is { IsWhole: true, IsPending: false } && found.Place == ledger.Vaults.PlaceOf(vaultId))
                .ToList()
        )
        {
            if (await ReadSecretAsync(known.Record.SecretName).ConfigureAwait(false) is { } text && !IsOlderOrHalf(text, known.Record))
            {
                continue;
            }

            var whole = ledger.Registrations.Find(known.Record.Issuer, known.Record.ClientId)!;
            if (await StoreAsync(whole.Record, whole.Sequence).ConfigureAwait(false) is { } failure)
            {
                throw KeepingErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
            }

            written.Add(whole.Record);
        }

        return written;
    }

    /// <summary>The vault forgets a registration that was removed before.</summary>
    /// <returns>False where it does not: the next connect tries again.</returns>
    public async Task<bool> ForgetAgainAsync(string secretName)
    {
        try
        {
            await ForgetAsync(secretName).ConfigureAwait(false);
            return true;
        }
        catch (VaultException)
        {
            return false;
        }
    }

    /// <summary>The vault forgets what is kept elsewhere now.</summary>
    /// <returns>Why it did not; null where all is well.</returns>
    public async Task<VaultException?> ForgetMovedAsync()
    {
        VaultException? why = null;
        foreach (var leftover in vault is null ? [] : ledger.Vaults.LeftoversIn(vaultId!))
        {
            why = await FinishRemovalAsync(leftover).ConfigureAwait(false) ?? why;
        }

        return why;
    }

    private async Task<(bool IsWritten, VaultException? Why)> StoreIfNewerAsync(StoredRegistration pending)
    {
        try
        {
            // Another machine may have changed the client since, and stored that here.
            if (await vault!.GetAsync(pending.Record.SecretName).ConfigureAwait(false) is { } text && Parse(text) is { } there)
            {
                if (text == pending.Record.ToJson())
                {
                    await ledger.Vaults.StoredAsync([(there.Issuer, there.ClientId, pending.Sequence)]).ConfigureAwait(false);
                    return (false, null);
                }

                if (IsOlder(pending.Record, there))
                {
                    await TakeAsync(there, pending).ConfigureAwait(false);
                    return (false, null);
                }
            }
        }
        catch (VaultException failure)
        {
            return (false, failure);
        }

        var why = await StoreAsync(pending.Record, pending.Sequence).ConfigureAwait(false);
        return (why is null, why);
    }

    /// <summary>Gives the vault, if there is one, what the ledger holds of a client.</summary>
    /// <param name="mayBeThere">False where nothing of that name can be in the vault, which saves a look.</param>
    /// <returns>Why the vault does not have it; null where all is well.</returns>
    public async Task<VaultException?> StoreAsync(RegistrationRecord record, long sequence, bool mayBeThere = true)
    {
        if (vault is null)
        {
            return null;
        }

        try
        {
            if (mayBeThere && await ReadSecretAsync(record.SecretName).ConfigureAwait(false) is { } text)
            {
                RefuseNewer(record.SecretName, text);
                await SetAsideAsync(Parse(text), record).ConfigureAwait(false);
            }

            // Another command may have kept a newer version since.
            (RegistrationRecord Record, long Sequence)? newest = null;
            var changes = await vault
                .WriteAsync(
                    record.SecretName,
                    () =>
                        InTurn(
                            record.SecretName,
                            () => new VaultWrite((newest = ledger.Vaults.NewestFor(vaultId!, record, sequence))?.Record.ToJson())
                            {
                                IsOver = newest is null,
                            }
                        )
                )
                .ConfigureAwait(false);
            if (newest is var (written, at))
            {
                _written.Enqueue((written, at, changes));
            }

            return null;
        }
        catch (VaultException failure)
        {
            return failure;
        }
        catch (DcrException unread) when (unread.InnerException is VaultException failure)
        {
            return failure;
        }
    }

    /// <summary>The vault forgets a client, unless it is kept there again by now.</summary>
    /// <exception cref="VaultException">It does not.</exception>
    private Task<int> ForgetAsync(string secretName) =>
        vault!.WriteAsync(
            secretName,
            () => InTurn(secretName, () => new VaultWrite(null) { IsOver = ledger.Vaults.IsKeptIn(vaultId!, secretName) })
        );

    /// <summary>Decides what to write when nobody else is writing it; null while somebody is.</summary>
    private VaultWrite? InTurn(string secretName, Func<VaultWrite> decide)
    {
        if (ledger.Vaults.TryTurn(secretName) is not { } turn)
        {
            return null;
        }

        try
        {
            return decide() with { Turn = turn };
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>What the vault has counts, and no longer what the ledger held.</summary>
    /// <returns>Its place in the order; 0 where the ledger has something newer by now.</returns>
    private async Task<long> TakeAsync(RegistrationRecord there, StoredRegistration? known)
    {
        await SetAsideAsync(known is { IsWhole: true } ? known.Record : null, there).ConfigureAwait(false);
        var taken = await ledger.Vaults.KnowAsync([there], vaultId!, known?.Sequence ?? 0).ConfigureAwait(false);
        if (known is null && StoreOperation.DoubledWarning(ledger, [there]) is { } doubled)
        {
            reporter?.Warning(doubled);
        }

        return taken;
    }

    /// <summary>
    /// Before the record of another registration with the same client id takes its place: which token holds, only the server knows, and
    /// clocks of two machines do not tell for sure which is newer.
    /// </summary>
    private async Task SetAsideAsync(RegistrationRecord? lost, RegistrationRecord kept)
    {
        if (
            lost is not null
            && lost.CreatedAt != kept.CreatedAt
            && (IsOther(lost.RegistrationAccessToken, kept.RegistrationAccessToken) || IsOther(lost.ClientSecret, kept.ClientSecret))
        )
        {
            var name = await KeepOlderAsync(lost).ConfigureAwait(false);
            reporter?.Warning(
                $"Client '{lost.ClientId}' has two registrations, and the one that changed last counts. The other one, with its token, is "
                    + $"kept in the local store as the secret '{name}': see about_DcrPowerShell."
            );
        }

        static bool IsOther(string? text, string? other) => text is not null && text != other;
    }

    /// <summary>Keeps what was known of a client as a secret of the local store.</summary>
    /// <returns>Its name.</returns>
    private async Task<string> KeepOlderAsync(RegistrationRecord record)
    {
        var name = FormattableString.Invariant($"older-{record.SecretName}-{record.UpdatedAt.UtcDateTime:yyyyMMddHHmmssfffffff}");
        await ledger.Secrets.KeepAsync(name, record.ToJson()).ConfigureAwait(false);
        return name;
    }

    /// <summary>A record of a newer layout is neither overwritten nor removed.</summary>
    /// <exception cref="VaultException">It is there.</exception>
    private static void RefuseNewer(string secretName, string? text)
    {
        if (text is not null && IsOfNewerLayout(text))
        {
            throw new VaultException($"a newer DcrPowerShell wrote its secret '{secretName}', which was left as it is")
            {
                IsNewer = true,
                NextStep = "Update DcrPowerShell, then connect: until then the local store holds what the vault lacks.",
            };
        }
    }

    /// <summary>What a newer version wrote is told, and stands in the way of nothing else.</summary>
    private VaultException? Blocking(VaultException? why)
    {
        if (why is not { IsNewer: true })
        {
            return why;
        }

        reporter?.Warning($"{Place}: {why.Message}. {why.NextStep}");
        return null;
    }

    /// <summary>
    /// What the vault has now is removed only if it is what was removed then: another machine may have registered the client again.
    /// </summary>
    private async Task<VaultException?> FinishRemovalAsync(PendingRemoval pending)
    {
        var (issuer, clientId) = (pending.Removal.Issuer, pending.Removal.ClientId);
        try
        {
            var name = SecretName.For(issuer, clientId);
            var text = await vault!.GetAsync(name).ConfigureAwait(false);
            var there = text is null ? null : Parse(text);
            RefuseNewer(name, text);
            var isAnother = there is not null && !pending.Removal.Covers(there);
            if (text is not null && !isAnother)
            {
                await ForgetAsync(name).ConfigureAwait(false);
            }

            await ledger.Vaults.StoredAsync([(issuer, clientId, pending.Sequence)]).ConfigureAwait(false);
            if (isAnother)
            {
                await ledger.Vaults.KnowAsync([there!], vaultId!).ConfigureAwait(false);
            }

            return null;
        }
        catch (VaultException failure)
        {
            return failure.IsNewer ? failure : new VaultException(failure.Message, failure.IsLocked, failure)
            {
                IsOver = failure.IsOver,
                IsOfRemoval = true,
                NextStep = failure.NextStep,
            };
        }
    }

    private RegistrationRecord ParseOrThrow(string secretName, string text)
    {
        try
        {
            return RegistrationRecord.Parse(text) with { IsKept = true };
        }
        catch (FormatException failure)
        {
            throw KeepingErrors.RecordUnreadable(vault!.Name, secretName, failure.Message, failure is NewerLayoutException);
        }
    }

    private static RegistrationRecord? Parse(string text)
    {
        try
        {
            return RegistrationRecord.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsOfNewerLayout(string text)
    {
        try
        {
            RegistrationRecord.Parse(text);
            return false;
        }
        catch (FormatException failure)
        {
            return failure is NewerLayoutException;
        }
    }

    private static bool IsOlder(RegistrationRecord record, RegistrationRecord than) => record.UpdatedAt < than.UpdatedAt;

    private static bool IsOlderOrHalf(string text, RegistrationRecord known) =>
        Parse(text) is { } there ? IsOlder(there, known) : !IsOfNewerLayout(text);

    private async Task<T> ReadingAsync<T>(Func<Task<T>> read)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (VaultException failure) when (failure.IsLocked)
            {
                throw KeepingErrors.VaultLocked(vault!.Name, failure);
            }
            catch (VaultException failure) when (left <= 1 || failure.IsOver)
            {
                throw KeepingErrors.VaultReadFailed(vault!.Name, failure, failure.NextStep);
            }
            catch (VaultException)
            {
                // Once more.
            }
        }
    }
}
