using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Copies of client secrets, and keys, that applications have under names of their own choice.</summary>
internal sealed class SecretCopies(Registrations store, IReporter? reporter)
{
    /// <summary>Makes sure, before anything is sent, that a secret of this name would overwrite nothing but its owner's own copy.</summary>
    /// <param name="owner">The secret name of the client that the copy belongs to; null where no secret of that name may be there.</param>
    /// <param name="former">The client's secret as it is now; null for none.</param>
    /// <exception cref="DcrException">SecretExists; the vault could not be read.</exception>
    public async Task CheckAsync(string name, string? owner, string? former = null)
    {
        var there = await store.ReadSecretAsync(name).ConfigureAwait(false);
        if (there is not null && there == former)
        {
            // It is the client's own secret, whoever put it there.
            await store.Ledger.Secrets.NoteCopyAsync(store.VaultId, name, there, owner!).ConfigureAwait(false);
        }

        RefuseOthers(name, there, owner);
    }

    /// <summary>
    /// Keeps a secret of the application's under a name of its choice. Overwrites nothing but an earlier copy of the same owner.
    /// </summary>
    /// <param name="former">The secret name of the client that the owner took the place of; null for none.</param>
    /// <exception cref="VaultException">The vault did not keep it.</exception>
    /// <exception cref="DcrException">SecretExists, StoreReadOnly.</exception>
    public async Task KeepAsync(string name, string value, string? owner, string? former = null)
    {
        if (store.Vault is { } vault)
        {
            RefuseOthers(name, await vault.GetAsync(name).ConfigureAwait(false), former ?? owner);
            await vault.WriteAsync(name, () => new VaultWrite(value)).ConfigureAwait(false);
            if (owner is not null)
            {
                await store.Ledger.Secrets.NoteCopyAsync(store.VaultId, name, value, owner).ConfigureAwait(false);
            }

            return;
        }

        long sequence;
        do
        {
            RefuseOthers(name, store.Ledger.Secrets.Find(name, out sequence), former ?? owner);
        }
        while (!await store.Ledger.Secrets.KeepCopyAsync(name, value, owner, sequence).ConfigureAwait(false));
    }

    /// <summary>
    /// Replaces a copy of a former client's secret by the secret of the client that took its place, if the copy is still that secret.
    /// </summary>
    /// <param name="inVault">Where the copy is: a vault's id; null for the ledger itself.</param>
    public async Task RenewAsync(string name, string? inVault, string former, RegistrationRecord now)
    {
        var there = inVault == store.VaultId ? await store.ReadSecretAsync(name).ConfigureAwait(false) : null;
        if (there is not null && there == now.ClientSecret)
        {
            // An earlier run had written it before it was killed.
            await store.Ledger.Secrets.NoteCopyAsync(store.VaultId, name, there, now.SecretName).ConfigureAwait(false);
        }
        else if (there is null || now.ClientSecret is null || !store.Ledger.Secrets.IsCopy(store.VaultId, name, there, former))
        {
            var why =
                inVault != store.VaultId ? "it is not in the store of this connection"
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
            await KeepAsync(name, now.ClientSecret, now.SecretName, former).ConfigureAwait(false);
        }
    }

    private void RefuseOthers(string name, string? there, string? owner)
    {
        if (there is not null && (owner is null || !store.Ledger.Secrets.IsCopy(store.VaultId, name, there, owner)))
        {
            throw StorageErrors.SecretExists(store.Place, name);
        }
    }
}
