using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Gives a vault what the ledger holds for it, and has it forget what is kept elsewhere or nowhere. The ledger holds it until the vault
/// gave back what was written.
/// </summary>
/// <param name="vaultId">What the vault is known by, whatever its name.</param>
/// <param name="reporter">Null where nobody is to be told.</param>
internal sealed class VaultDelivery(RegistrationLedger ledger, ISecretVault vault, string vaultId, IReporter? reporter)
{
    private const int PartSize = 50;

    // What was written to the vault, and the ledger still holds on to.
    private readonly ConcurrentQueue<(RegistrationRecord Record, long Sequence, int Changes)> _written = new();

    public VaultReader Reader { get; } = new(vault);

    /// <summary>
    /// At a command's end, checks that the vault still has what the command stored, so that the ledger can let go of it. Another process
    /// may have written the vault whole from an old copy: what it dropped is written again.
    /// </summary>
    /// <returns>How many were written again.</returns>
    /// <exception cref="DcrException">StoreReadOnly; the vault could not be read or written. The next connect goes on.</exception>
    public async Task<int> ConfirmAsync()
    {
        if (_written.IsEmpty)
        {
            return 0;
        }

        var changes = await Reader.ReadAsync(vault.ChangesByOthersAsync).ConfigureAwait(false);
        var sure = new List<(string Issuer, string ClientId, long Sequence)>();
        var again = 0;
        while (_written.TryDequeue(out var written))
        {
            var (record, sequence, seen) = written;
            if (
                seen != changes
                && await Reader.GetAsync(record.SecretName).ConfigureAwait(false) is var there
                && !IsSame(there, record)
            )
            {
                if (await StoreAsync(record, sequence).ConfigureAwait(false) is { } failure)
                {
                    throw StorageErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
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
            text is not null && (text == record.ToJson() || RegistrationRecord.TryParse(text)?.UpdatedAt > record.UpdatedAt);
    }

    /// <summary>Gives the vault what it still lacks: registrations, and removals.</summary>
    /// <returns>
    /// The registrations that were written, and why the vault does not take the rest; null where it does, or where a newer version wrote
    /// what is there.
    /// </returns>
    public async Task<(IReadOnlyList<RegistrationRecord> Stored, VaultException? Why)> SettleAsync()
    {
        var stored = new List<RegistrationRecord>();
        VaultException? why = null;
        foreach (var removal in ledger.Vaults.RemovalsFor(vaultId).Concat(ledger.Vaults.LeftoversIn(vaultId)))
        {
            why = Blocking(await FinishRemovalAsync(removal).ConfigureAwait(false)) ?? why;
        }

        var pending = ledger.Vaults.PendingFor(vaultId);
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
        foreach (
            var known in ledger
                .Registrations.List(issuer: null)
                .Where(found => found is { IsWhole: true, IsPending: false } && found.Place == ledger.Vaults.PlaceOf(vaultId))
                .ToList()
        )
        {
            if (await Reader.GetAsync(known.Record.SecretName).ConfigureAwait(false) is { } text && !known.Record.Supersedes(text))
            {
                continue;
            }

            var whole = ledger.Registrations.Find(known.Record.Issuer, known.Record.ClientId)!;
            if (await StoreAsync(whole.Record, whole.Sequence).ConfigureAwait(false) is { } failure)
            {
                throw StorageErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
            }

            written.Add(whole.Record);
        }

        return written;
    }

    /// <summary>The vault forgets a registration.</summary>
    /// <exception cref="VaultException">It does not, or a newer version wrote what is there.</exception>
    public async Task RemoveAsync(string secretName)
    {
        RefuseNewer(secretName, await vault.GetAsync(secretName).ConfigureAwait(false));
        await ForgetAsync(secretName).ConfigureAwait(false);
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
        foreach (var leftover in ledger.Vaults.LeftoversIn(vaultId))
        {
            why = await FinishRemovalAsync(leftover).ConfigureAwait(false) ?? why;
        }

        return why;
    }

    /// <summary>Gives the vault what the ledger holds of a client.</summary>
    /// <param name="mayBeThere">False where nothing of that name can be in the vault, which saves a look.</param>
    /// <returns>Why the vault does not have it; null where all is well.</returns>
    public async Task<VaultException?> StoreAsync(RegistrationRecord record, long sequence, bool mayBeThere = true)
    {
        try
        {
            if (mayBeThere && await Reader.GetAsync(record.SecretName).ConfigureAwait(false) is { } text)
            {
                RefuseNewer(record.SecretName, text);
                await SetAsideAsync(RegistrationRecord.TryParse(text), record).ConfigureAwait(false);
            }

            // Another command may have kept a newer version since.
            (RegistrationRecord Record, long Sequence)? newest = null;
            var changes = await vault
                .WriteAsync(
                    record.SecretName,
                    () =>
                        InTurn(
                            record.SecretName,
                            () => new VaultWrite((newest = ledger.Vaults.NewestFor(vaultId, record, sequence))?.Record.ToJson())
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

    /// <summary>Notes that the vault's record counts, and no longer the ledger's own.</summary>
    /// <returns>Its place in the order; 0 where the ledger has something newer by now.</returns>
    public async Task<long> TakeAsync(RegistrationRecord there, StoredRegistration? known)
    {
        await SetAsideAsync(known is { IsWhole: true } ? known.Record : null, there).ConfigureAwait(false);
        var taken = await ledger.Vaults.KnowAsync([there], vaultId, known?.Sequence ?? 0).ConfigureAwait(false);
        if (known is null && StoreOperation.DoubledWarning(ledger, [there]) is { } doubled)
        {
            reporter?.Warning(doubled);
        }

        return taken;
    }

    private async Task<(bool IsWritten, VaultException? Why)> StoreIfNewerAsync(StoredRegistration pending)
    {
        try
        {
            // Another machine may have changed the client since, and stored that here.
            if (
                await vault.GetAsync(pending.Record.SecretName).ConfigureAwait(false) is { } text
                && RegistrationRecord.TryParse(text) is { } there
            )
            {
                if (text == pending.Record.ToJson())
                {
                    await ledger.Vaults.StoredAsync([(there.Issuer, there.ClientId, pending.Sequence)]).ConfigureAwait(false);
                    return (false, null);
                }

                if (pending.Record.UpdatedAt < there.UpdatedAt)
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

    /// <summary>The vault forgets a client, unless it is kept there again by now.</summary>
    /// <exception cref="VaultException">It does not.</exception>
    private Task<int> ForgetAsync(string secretName) =>
        vault.WriteAsync(
            secretName,
            () => InTurn(secretName, () => new VaultWrite(null) { IsOver = ledger.Vaults.IsKeptIn(vaultId, secretName) })
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

    /// <summary>
    /// Keeps a record in the local store before the record of another registration with the same client id takes its place. Only the server
    /// knows which token holds, and the clocks of two machines do not tell for sure which record is newer.
    /// </summary>
    private async Task SetAsideAsync(RegistrationRecord? lost, RegistrationRecord kept)
    {
        if (
            lost is not null
            && lost.CreatedAt != kept.CreatedAt
            && (IsOther(lost.RegistrationAccessToken, kept.RegistrationAccessToken) || IsOther(lost.ClientSecret, kept.ClientSecret))
        )
        {
            var name = await ledger.Secrets.KeepOlderAsync(lost).ConfigureAwait(false);
            reporter?.Warning(
                $"Client '{lost.ClientId}' has two registrations, and the one that changed last counts. The other one, with its token, is "
                    + $"kept in the local store as the secret '{name}': see about_DcrPowerShell."
            );
        }

        static bool IsOther(string? text, string? other) => text is not null && text != other;
    }

    /// <summary>A record of a newer layout is neither overwritten nor removed.</summary>
    /// <exception cref="VaultException">It is there.</exception>
    private static void RefuseNewer(string secretName, string? text)
    {
        if (text is not null && RegistrationRecord.IsOfNewerLayout(text))
        {
            throw new VaultException($"a newer DcrPowerShell wrote its secret '{secretName}', which was left as it is")
            {
                IsNewer = true,
                NextStep = "Update DcrPowerShell, then connect: until then the local store holds what the vault lacks.",
            };
        }
    }

    /// <summary>Warns of what a newer version wrote; it does not block the rest.</summary>
    private VaultException? Blocking(VaultException? why)
    {
        if (why is not { IsNewer: true })
        {
            return why;
        }

        reporter?.Warning($"Vault '{vault.Name}': {why.Message}. {why.NextStep}");
        return null;
    }

    /// <summary>
    /// Removes what the vault has only if it is the registration that was removed: another machine may have registered the client again.
    /// </summary>
    private async Task<VaultException?> FinishRemovalAsync(PendingRemoval pending)
    {
        var (issuer, clientId) = (pending.Removal.Issuer, pending.Removal.ClientId);
        try
        {
            var name = SecretName.For(issuer, clientId);
            var text = await vault.GetAsync(name).ConfigureAwait(false);
            var there = text is null ? null : RegistrationRecord.TryParse(text);
            RefuseNewer(name, text);
            var isAnother = there is not null && !pending.Removal.Covers(there);
            if (text is not null && !isAnother)
            {
                await ForgetAsync(name).ConfigureAwait(false);
            }

            await ledger.Vaults.StoredAsync([(issuer, clientId, pending.Sequence)]).ConfigureAwait(false);
            if (isAnother)
            {
                await ledger.Vaults.KnowAsync([there!], vaultId).ConfigureAwait(false);
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
}
