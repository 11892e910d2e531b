using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Deletes a client (RFC 7592, section 2.3), and then its registration in the store.</summary>
internal static class DeleteOperation
{
    /// <exception cref="DcrException">Refused or of unknown outcome; VaultWriteFailed if a vault still has the registration.</exception>
    public static async Task RunAsync(OperationContext context, RegistrationRecord record)
    {
        context.Audit.Begin(DcrAuditOperation.Delete, record);
        await context.CheckVaultAsync().ConfigureAwait(false);
        record = await context.Scope.BeginChangeAsync(LedgerOperation.Delete, record).ConfigureAwait(false);
        try
        {
            (record, _) = await context.AskAsync(record, async newest =>
            {
                await context.Provider.DeleteAsync(newest, context.Call).ConfigureAwait(false);
                return (newest, true);
            }).ConfigureAwait(false);
        }
        catch (DcrException refusal) when (IsNotFound(refusal) || refusal.ErrorId == DcrErrorId.OperationNotSupported)
        {
            var isNotOffered = IsNotFound(refusal) && await IsThereAsync(context, record).ConfigureAwait(false);
            if ((isNotOffered || refusal.ErrorId == DcrErrorId.OperationNotSupported) && context.Provider.WhyUnmanaged(record) is null)
            {
                context.Connection.Lacks(DcrCapabilities.Delete);
            }

            if (isNotOffered)
            {
                throw OperationErrors.DeletionNotOffered(record.ClientId);
            }

            throw;
        }

        await ForgetAsync(context, record).ConfigureAwait(false);
    }

    private static bool IsNotFound(DcrException refusal) =>
        refusal.ErrorId == DcrErrorId.ClientNotFound || refusal.ServerError?.Status is 404 or 410;

    /// <summary>A server without deletion may answer 404 to it, as if there were no such client.</summary>
    private static async Task<bool> IsThereAsync(OperationContext context, RegistrationRecord record)
    {
        try
        {
            await ReadOperation.RunAsync(context, record).ConfigureAwait(false);
            return true;
        }
        catch (DcrException refusal)
            when (IsNotFound(refusal) || refusal.ErrorId is DcrErrorId.AccessTokenRejected or DcrErrorId.OperationNotSupported)
        {
            return false;
        }
    }

    /// <summary>Drops the registration from the store, and asks nobody.</summary>
    /// <param name="listed">
    /// The client as the user saw it: if it has a newer token by now, it is not dropped. Null to drop it in any case.
    /// </param>
    /// <exception cref="DcrException">
    /// StoreReadOnly; VaultWriteFailed if the vault still has it; SecretExists: it has a newer token.
    /// </exception>
    public static async Task ForgetAsync(OperationContext context, RegistrationRecord record, RegistrationRecord? listed = null)
    {
        context.Audit.Begin(DcrAuditOperation.Drop, record);
        if (listed is not null)
        {
            record = await context.Scope.TakeTurnAsync(record).ConfigureAwait(false);
            if (
                record.Sequence > listed.Sequence
                && (listed.Omitted is not null || record.RegistrationAccessToken != listed.RegistrationAccessToken)
            )
            {
                throw OperationErrors.NewerSince(record.ClientId);
            }
        }

        if (await context.Store.RemoveAsync(record, context.Scope.Entry).ConfigureAwait(false) is { } failure)
        {
            context.Scope.Kept();
            throw StorageErrors.NotForgotten(record.ClientId, failure, failure.NextStep);
        }

        context.Scope.Kept();
    }
}
