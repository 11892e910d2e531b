using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Operations;

/// <summary>Brings registrations back into the vault.</summary>
internal static class RestoreOperation
{
    /// <summary>What the journal has and the vault lacks: answers that could not be stored, and records that the vault has lost since.</summary>
    /// <exception cref="DcrException">There is no vault or no journal; the vault could not be read.</exception>
    public static async Task<IReadOnlyList<DcrClient>> FromJournalAsync(OperationContext context)
    {
        var store = context.Store ?? throw DcrErrors.NoVaultToList();
        await store.CheckOpenAsync().ConfigureAwait(false);
        await store.CheckWritableAsync().ConfigureAwait(false);
        context.TrustVault();
        if (context.Connection.Journal is not { } journal)
        {
            return [];
        }

        var late = await RecoverOperation.ReplayAsync(store, journal, context.Reporter).ConfigureAwait(false);
        var lost = await RecoverOperation.PutBackAsync(store, journal, context.Reporter).ConfigureAwait(false);
        context.Audit.Restored(late.Concat(lost));
        return late.Concat(lost).Select(record => new DcrClient(record, [], record.SecretName)).ToList();
    }

    /// <summary>What the server says of a client that the vault does not have, on the connection's credential.</summary>
    /// <exception cref="DcrException">OperationNotSupported: this server is asked with each client's own token. ClientNotFound.</exception>
    public static async Task<DcrClient> FromServerAsync(OperationContext context, string clientId, string? tenant)
    {
        if (context.Store is null)
        {
            throw DcrErrors.NoVaultToList();
        }

        if (!context.Provider.Capabilities.HasFlag(DcrCapabilities.List))
        {
            throw DcrErrors.NotReadableWithoutToken(clientId);
        }

        context.Audit.Begin(DcrAuditOperation.Adopt, context.UnknownRecord(clientId) with { Tenant = tenant });
        var known = await FindOperation.RunAsync(context, clientId, piped: null).ConfigureAwait(false);
        var client = await ReadOperation.RunAsync(context, known).ConfigureAwait(false);
        return await context.StoreAsync(client.Record with { Tenant = tenant ?? client.Tenant }, [], "was read").ConfigureAwait(false);
    }
}
