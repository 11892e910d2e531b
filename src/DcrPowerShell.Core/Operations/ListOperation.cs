using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>Lists the registrations that the vault has at the connected server. Asks the vault only.</summary>
internal static class ListOperation
{
    /// <summary>Names of secrets that may be such registrations.</summary>
    /// <exception cref="DcrException">There is no vault, or it could not be read.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(OperationContext context)
    {
        var store = context.Store ?? throw DcrErrors.NoVaultToList();
        await store.CheckOpenAsync().ConfigureAwait(false);
        return await store.ListAsync(context.Connection.Issuer).ConfigureAwait(false);
    }

    /// <summary>Loads one; null where it has gone meanwhile, or belongs to another issuer of the same host.</summary>
    /// <exception cref="DcrException">It cannot be read.</exception>
    public static async Task<RegistrationRecord?> LoadAsync(OperationContext context, string secretName)
    {
        var record = await context.Store!.LoadAsync(secretName).ConfigureAwait(false);
        return record?.Issuer == context.Connection.Issuer ? record : null;
    }
}
