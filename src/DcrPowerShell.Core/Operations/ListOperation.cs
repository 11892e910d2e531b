using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Lists clients: those that the server knows, or the registrations that are kept.</summary>
internal static class ListOperation
{
    /// <summary>One page of what the server knows, with what is known of each.</summary>
    /// <param name="namePrefix">What names begin with; null for all.</param>
    /// <param name="cursor">From the page before; null for the first.</param>
    /// <exception cref="DcrException">The server refused, or the vault could not be read.</exception>
    public static async Task<(IReadOnlyList<DcrClient> Clients, string? Next)> FromServerAsync(
        OperationContext context,
        string? namePrefix,
        string? cursor
    )
    {
        await context.CheckVaultAsync().ConfigureAwait(false);
        var page = await context.Provider.ListAsync(namePrefix, cursor, context.Call).ConfigureAwait(false);
        var clients = new List<DcrClient>();
        var named = page.Clients.Where(static listed => listed.ClientId is not null).GroupBy(static listed => listed.ClientId).ToList();
        if (page.Clients.Count(static listed => listed.ClientId is null) is > 0 and var nameless)
        {
            context.Reporter.Warning(
                $"The server's list has {nameless} client{(nameless == 1 ? "" : "s")} without a client_id, which cannot be shown."
            );
        }

        foreach (var listed in named)
        {
            clients.Add(await context.ListedAsync(listed.First()).ConfigureAwait(false));
        }

        return (clients, page.Next);
    }

    /// <summary>A client as a list shows it.</summary>
    public static DcrClient ClientOf(StoredRegistration known, FullRecordSource? whole, IReadOnlyList<DcrChange>? changes = null) =>
        new(known.Record with { Sequence = known.Sequence }, changes ?? [], whole)
        {
            Storage = known.IsPending ? DcrStorage.Pending : known.Place == 0 ? DcrStorage.Local : DcrStorage.Vault,
        };

    /// <summary>The warning where another store than the connected one has the client that was named.</summary>
    public static string ElsewhereWarning(DcrConnection connection, string named, StoredRegistration other)
    {
        var vault = other.Place == 0 ? null : connection.Ledger.Vaults.VaultAt(other.Place) ?? "?";
        return $"{(connection.Vault is { } own ? $"Vault '{own}'" : "The local store")} has no client that matches '{named}', and "
            + $"{(vault is null ? "the local store" : $"vault '{vault}'")} has one: "
            + $"'{other.Record.ClientId}'. Connect-DcrServer {(vault is null ? "-LocalStore" : $"-Vault {vault}")} works with that.";
    }

    /// <summary>What is kept at the connected server, or everywhere, without asking anybody.</summary>
    /// <param name="issuer">Null for all.</param>
    /// <param name="place">The number that the ledger gave the clients' vault, 0 for the local store; null for all places.</param>
    /// <param name="tenant">Of this one alone; null for all.</param>
    public static IEnumerable<StoredRegistration> Kept(
        RegistrationLedger ledger,
        string? issuer,
        ulong? place,
        IReporter reporter,
        string? tenant = null
    ) =>
        ledger
            .Registrations.List(
                issuer,
                damaged =>
                    reporter.Warning(
                        $"{damaged} registration{(damaged == 1 ? " in the local store is" : "s in the local store are")} damaged on the "
                            + "disk and cannot be read. Get-DcrStore tells more."
                    ),
                tenant
            )
            .Where(found => place is null || found.Place == place);

    /// <summary>The clients of one tenant, by its exact name; in whatever store, because tenants are one space over all of them.</summary>
    /// <param name="issuer">Null for all.</param>
    /// <exception cref="DcrException">ClientNotFound: it has none. StoreDamaged.</exception>
    public static IReadOnlyList<StoredRegistration> OfTenant(RegistrationLedger ledger, string? issuer, string tenant)
    {
        var found = ledger
            .Registrations.List(issuer, _ => throw StoreErrors.FrameDamaged(ledger.Path, $"tenant '{tenant.Trim()}'"), tenant)
            .ToList();
        return found.Count > 0 ? found : throw OperationErrors.TenantUnknown(tenant.Trim(), issuer);
    }
}
