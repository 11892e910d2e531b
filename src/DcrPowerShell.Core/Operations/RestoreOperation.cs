using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Operations;

/// <summary>Restores registrations that the store lacks: from the ledger and its unused answers, or from the server.</summary>
internal static class RestoreOperation
{
    /// <summary>
    /// What the ledger has and the store lacks: answers that were not used yet, and what the vault was not given or has lost since.
    /// </summary>
    /// <exception cref="DcrException">The vault could not be read or written.</exception>
    public static async Task<IReadOnlyList<DcrClient>> FromLedgerAsync(OperationContext context)
    {
        var store = context.Store;
        await store.CheckOpenAsync().ConfigureAwait(false);
        await store.ProveAsync(context.Clock.UtcNow).ConfigureAwait(false);
        context.TrustVault();
        var replayed = await AnswerReplay.RunAsync(store).ConfigureAwait(false);
        var (late, why) = await store.SettleAsync().ConfigureAwait(false);
        var lost = why is null && store.Delivery is { } delivery ? await delivery.WriteBackAsync().ConfigureAwait(false) : [];
        var all = replayed
            .Concat(late)
            .Concat(lost)
            .GroupBy(static record => record.SecretName)
            .Select(static versions => versions.Last())
            .ToList();
        context.Audit.Restored(all);
        if (why is null && await StoreOperation.GiveUpLostAsync(store.Ledger).ConfigureAwait(false) is { } lostForGood)
        {
            context.Reporter.Warning(lostForGood);
        }

        return why is null
            ? all.ConvertAll(record => new DcrClient(record, []) { Storage = context.StorageOf(record with { IsKept = true }) })
            : throw StorageErrors.VaultNotWritable(store.Vault!.Name, why, why.NextStep);
    }

    /// <summary>What the server says of a client that is not known here, on the connection's credential.</summary>
    /// <exception cref="DcrException">OperationNotSupported: this server is asked with each client's own token. ClientNotFound.</exception>
    public static async Task<DcrClient> FromServerAsync(OperationContext context, string clientId, string? tenant)
    {
        if (!context.Provider.Capabilities.HasFlag(DcrCapabilities.List))
        {
            throw OperationErrors.NotReadableWithoutToken(clientId);
        }

        context.Audit.Begin(DcrAuditOperation.Adopt, context.UnknownRecord(clientId) with { Tenant = tenant });
        var known = await FindOperation.RunAsync(context, clientId, piped: null).ConfigureAwait(false);
        var client = await ReadOperation.RunAsync(context, known).ConfigureAwait(false);
        client = await context
            .StoreAsync(client.Record with { Tenant = tenant ?? client.Record.Tenant }, [], "was read")
            .ConfigureAwait(false);
        context.TellOfTenant(known.Tenant, client);
        return client;
    }
}
