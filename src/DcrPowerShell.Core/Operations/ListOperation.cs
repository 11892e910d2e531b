using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Indexing;

namespace DcrPowerShell.Operations;

/// <summary>Lists clients: those that the server knows, or the registrations that the vault has at the connected server.</summary>
internal static class ListOperation
{
    /// <summary>One page of what the server knows, with what the vault knows of each.</summary>
    /// <param name="namePrefix">What names begin with; null for all.</param>
    /// <param name="cursor">From the page before; null for the first.</param>
    /// <exception cref="DcrException">The server refused, or the vault could not be read.</exception>
    public static async Task<(IReadOnlyList<DcrClient> Clients, string? Next)> FromServerAsync(OperationContext context, string? namePrefix, string? cursor)
    {
        await context.CheckVaultAsync().ConfigureAwait(false);
        var page = await context.Provider.ListAsync(namePrefix, cursor, context.Call).ConfigureAwait(false);
        var clients = new List<DcrClient>();
        foreach (var listed in page.Clients.Where(listed => listed.ClientId is not null))
        {
            clients.Add(await context.ListedAsync(listed).ConfigureAwait(false));
        }

        return (clients, page.Next);
    }

    /// <summary>What the vault has, from its index; the vault itself is asked for no more than the index needs to be up to date.</summary>
    /// <exception cref="DcrException">There is no vault, or it could not be read.</exception>
    public static async Task<IndexView> FromVaultAsync(OperationContext context)
    {
        var store = context.Store ?? throw DcrErrors.NoVaultToList();
        var view = await IndexCheck.OpenAsync(store, context.Connection.Issuer, context.Clock.UtcNow, context.TellOfReading, context.Stop).ConfigureAwait(false);
        if (store.Index.Trouble is { } trouble)
        {
            context.Reporter.Verbose($"The index of vault '{store.VaultName}' cannot be kept, and was read from the vault: {trouble}");
        }

        return view;
    }

    /// <summary>Loads one; null where it has gone meanwhile, or belongs to another issuer of the same host.</summary>
    /// <exception cref="DcrException">It cannot be read.</exception>
    public static async Task<RegistrationRecord?> LoadAsync(OperationContext context, string secretName)
    {
        var record = await context.Store!.LoadAsync(secretName).ConfigureAwait(false);
        return record?.Issuer == context.Connection.Issuer ? record : null;
    }
}
