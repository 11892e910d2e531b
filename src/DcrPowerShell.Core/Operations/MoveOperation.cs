using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Operations;

/// <summary>
/// Moves registrations between the local store and vaults: the intent is written, the new place gets the registration and gives it back,
/// and then the old place forgets it. Nothing is lost wherever that is interrupted; the next run, or the next connect, goes on.
/// </summary>
internal static class MoveOperation
{
    // Another command may change the client between the look and the move.
    private const int Tries = 5;

    /// <summary>Gives the new place what an earlier run, which was interrupted, did not give it.</summary>
    /// <exception cref="DcrException">VaultWriteFailed, StoreReadOnly.</exception>
    public static async Task<IReadOnlyList<DcrClient>> ResumeAsync(Registrations to)
    {
        var (stored, why) = await to.SettleAsync().ConfigureAwait(false);
        await to.ConfirmAsync().ConfigureAwait(false);
        return why is null
            ? stored.Select(static record => new DcrClient(record, []) { Storage = DcrStorage.Vault }).ToList()
            : throw StorageErrors.VaultNotWritable(to.Vault!.Name, why, why.NextStep);
    }

    /// <returns>The client at its new place.</returns>
    /// <exception cref="DcrException">
    /// VaultReadFailed, VaultWriteFailed, StoreReadOnly: it is still where it was, or in both places.
    /// </exception>
    public static async Task<DcrClient> RunAsync(Registrations from, Registrations to, StoredRegistration listed)
    {
        var (issuer, clientId) = (listed.Record.Issuer, listed.Record.ClientId);
        StoredRegistration found;
        var left = Tries;
        long sequence;
        do
        {
            if (left-- == 0)
            {
                throw StorageErrors.NotMovedNow(clientId);
            }

            found =
                await from.FindAsync(issuer, clientId).ConfigureAwait(false) is { } known
                && known.Place == from.Ledger.Vaults.PlaceOf(from.VaultId)
                    ? known
                    : throw StoreErrors.NoRegistrationHere(clientId, from.Place);
            sequence = await from
                .Ledger.Registrations.MoveAsync(found.Record, to.VaultId, from.VaultId, found.Sequence)
                .ConfigureAwait(false);
        } while (sequence == 0);

        if (to.Delivery is { } delivery && await delivery.StoreAsync(found.Record, sequence).ConfigureAwait(false) is { } failure)
        {
            throw StorageErrors.NotMoved(to.Vault!.Name, clientId, failure, failure.NextStep);
        }

        await to.ConfirmAsync().ConfigureAwait(false);
        return new DcrClient(found.Record, []) { Storage = to.Vault is null ? DcrStorage.Local : DcrStorage.Vault };
    }
}
