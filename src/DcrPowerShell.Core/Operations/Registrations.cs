using System;
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
/// Finds, keeps and removes registrations where a connection keeps them: in the ledger, or in a vault. The ledger holds what a vault is to
/// get until the vault gave it back as it was written.
/// </summary>
/// <param name="vault">Null for the local store.</param>
/// <param name="vaultId">What the vault is known by, whatever its name; null for the local store.</param>
/// <param name="reporter">Null where nobody is to be told.</param>
internal sealed class Registrations(RegistrationLedger ledger, ISecretVault? vault, string? vaultId, IReporter? reporter = null)
{
    public RegistrationLedger Ledger => ledger;

    /// <summary>What brings the vault what the ledger holds for it; null for the local store.</summary>
    public VaultDelivery? Delivery { get; } = vault is null ? null : new VaultDelivery(ledger, vault, vaultId!, reporter);

    public SecretCopies Copies => new(this, reporter);

    /// <summary>Null for the local store.</summary>
    public ISecretVault? Vault => vault;

    public string? VaultId => vaultId;

    /// <summary>For messages: "vault 'X'" or "the local store".</summary>
    public string Place => vault is null ? "the local store" : $"vault '{vault.Name}'";

    /// <summary>Makes sure that the vault is there and open. Writes nothing.</summary>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckOpenAsync() => Delivery?.Reader.CheckOpenAsync() ?? Task.CompletedTask;

    /// <summary>Makes sure, before anything is sent, that the vault takes what a real record looks like.</summary>
    /// <param name="afterFailure">A write failed before.</param>
    /// <exception cref="DcrException">VaultLocked, VaultWriteFailed.</exception>
    public async Task ProveAsync(DateTimeOffset now, bool afterFailure = false)
    {
        if (Delivery?.Reader is { } reader)
        {
            var mark = await reader.ReadMarkAsync().ConfigureAwait(false) ?? new VaultMark(vaultId!, JsonBag.Empty);
            await reader.ProbeAsync(mark.With(ledger.Id, ledger.File.Size.Sequence), now, afterFailure).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="VaultDelivery.SettleAsync"/>
    public Task<(IReadOnlyList<RegistrationRecord> Stored, VaultException? Why)> SettleAsync() =>
        Delivery?.SettleAsync() ?? Task.FromResult<(IReadOnlyList<RegistrationRecord>, VaultException?)>(([], null));

    /// <inheritdoc cref="VaultDelivery.ConfirmAsync"/>
    public Task<int> ConfirmAsync() => Delivery?.ConfirmAsync() ?? Task.FromResult(0);

    /// <summary>What is known of a client, with its secrets; null for nothing.</summary>
    /// <exception cref="DcrException">
    /// StoreDamaged; the vault could not be read, or holds something else; ClientNotFound: it is kept elsewhere.
    /// </exception>
    /// <param name="orSummary">Gives it without its secrets where only another vault has them.</param>
    public async Task<StoredRegistration?> FindAsync(string issuer, string clientId, bool orSummary = false)
    {
        var name = SecretName.For(issuer, clientId);
        if (
            Delivery is not null
            && ledger.Vaults.IsDamagedCopy(name, vaultId!)
            && await Delivery.Reader.LoadAsync(name).ConfigureAwait(false) is { } whole
            && (whole.Issuer, whole.ClientId) == (issuer, clientId)
        )
        {
            await ledger.Vaults.KnowAsync([whole], vaultId!).ConfigureAwait(false);
        }

        var known = ledger.Registrations.Find(issuer, clientId);
        if (orSummary && known is { IsWhole: false } && known.Place != ledger.Vaults.PlaceOf(vaultId))
        {
            return known;
        }

        if (Delivery is null)
        {
            return known is null or { IsWhole: true }
                ? known
                : throw StorageErrors.KeptElsewhere(clientId, ledger.Vaults.VaultAt(known.Place));
        }

        if (known is not null && (known.IsPending || known.Place != ledger.Vaults.PlaceOf(vaultId)))
        {
            return known.IsWhole ? known : throw StorageErrors.KeptElsewhere(clientId, ledger.Vaults.VaultAt(known.Place));
        }

        if (await Delivery.Reader.GetAsync(name).ConfigureAwait(false) is not { } text)
        {
            // The vault has lost it, or lists it and does not give it. The ledger may still have it.
            return known is null || known.IsWhole ? known
                : (await Delivery.Reader.ListAsync(name).ConfigureAwait(false)).Contains(name, StringComparer.OrdinalIgnoreCase)
                    ? throw StorageErrors.VaultReadFailed(vault!.Name, VaultReader.NotGiven(name))
                : null;
        }

        if (known is { IsWhole: true } && known.Record.Supersedes(text))
        {
            return known;
        }

        var record = Delivery.Reader.Parse(name, text);
        if (record.Issuer != issuer || record.ClientId != clientId)
        {
            return null;
        }

        if (known is null && ledger.Registrations.WasRemoved(record))
        {
            return null;
        }

        if (known is null || known.Record.UpdatedAt < record.UpdatedAt || (known.Record.CreatedAt != record.CreatedAt && !known.IsWhole))
        {
            var taken = await Delivery.TakeAsync(record, known).ConfigureAwait(false);
            var newest = ledger.Registrations.Find(issuer, clientId);
            if (taken == 0 && newest?.Sequence != known?.Sequence)
            {
                // Another command has changed it meanwhile.
                return await FindAsync(issuer, clientId, orSummary).ConfigureAwait(false);
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

    /// <summary>Keeps a registration: in the ledger at once, then in the vault, if there is one.</summary>
    /// <param name="isDurable">Whether no answer in the ledger has it.</param>
    /// <param name="since">A sequence: nothing is kept where a frame about the client has a higher one.</param>
    /// <param name="beforeVault">Called when the ledger has it, before a vault is waited for.</param>
    /// <returns>
    /// Null where it is not kept. Otherwise where it is, and why its vault does not have it yet; null where all is well, or that vault is
    /// not connected.
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

        var failure = Delivery is null ? null : await Delivery.StoreAsync(record, sequence, mayBeThere).ConfigureAwait(false);
        return (failure is not null ? DcrStorage.Pending : vault is null ? DcrStorage.Local : DcrStorage.Vault, failure);
    }

    /// <summary>Where a client that was found is kept.</summary>
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
            if (Delivery is null || place != ledger.Vaults.PlaceOf(vaultId))
            {
                throw new VaultException("it is kept in another vault");
            }

            await Delivery.RemoveAsync(record.SecretName).ConfigureAwait(false);
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
    /// applications' copies of the client secret become the new one's. When it is called again, it goes on where it stopped.
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
            await Copies.RenewAsync(name, inVault, SecretName.For(issuer, former), now).ConfigureAwait(false);
        }

        if (ledger.Registrations.Find(issuer, former) is { } known)
        {
            var whole = (await FindAsync(issuer, former).ConfigureAwait(false) ?? known).Record;
            await ledger.Secrets.KeepOlderAsync(whole).ConfigureAwait(false);
            if (await RemoveAsync(whole, entry: default).ConfigureAwait(false) is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>A secret of the application's, or a key; null where there is none of that name.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<string?> ReadSecretAsync(string name) =>
        Delivery?.Reader.GetAsync(name) ?? Task.FromResult(ledger.Secrets.Find(name));
}
