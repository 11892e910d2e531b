using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Finds what is known of a client, so that a command can manage it.</summary>
internal static class FindOperation
{
    /// <param name="clientId">The client's id at the connected issuer.</param>
    /// <param name="piped">The object that the user handed over, if any: the vault's record is newer, but there may be none.</param>
    /// <param name="tenants">The client must belong to one of them; empty for any.</param>
    /// <param name="forgets">The client is only to be dropped, so a record that cannot be read is enough.</param>
    /// <exception cref="DcrException">
    /// ClientNotFound: nothing is known, or it is another tenant's. NotConnected: it is another server's.
    /// </exception>
    public static async Task<RegistrationRecord> RunAsync(
        OperationContext context,
        string clientId,
        DcrClient? piped,
        IReadOnlyList<string>? tenants = null,
        bool forgets = false)
    {
        var issuer = context.Connection.Issuer;
        if (piped is not null && piped.Issuer != issuer)
        {
            throw OperationErrors.OtherIssuer(clientId, piped.Issuer, issuer);
        }

        await context.CheckVaultAsync().ConfigureAwait(false);
        if (forgets && context.Store.Ledger.Registrations.IsDamaged(issuer, clientId))
        {
            return context.UnknownRecord(clientId);
        }

        var stored = await context.Store.FindAsync(issuer, clientId).ConfigureAwait(false);
        var record =
            stored?.Record
            ?? piped?.FindWhole()
            ?? (context.Provider.Capabilities.HasFlag(DcrCapabilities.List) ? context.UnknownRecord(clientId) : null)
            ?? throw StoreErrors.NoRegistrationHere(clientId, context.Store.Place);
        return tenants is not { Count: > 0 } || tenants.Any(tenant => TenantKey.AreSame(tenant, record.Tenant))
            ? record
            : throw OperationErrors.OtherTenant(clientId, record.Tenant, tenants[0]);
    }

    /// <summary>The one client that a tenant has at the connected server, in whatever store.</summary>
    /// <exception cref="DcrException">ClientNotFound, TenantNotUnique.</exception>
    public static string ClientIdOf(DcrConnection connection, string tenant)
    {
        var found = ListOperation.OfTenant(connection.Ledger, connection.Issuer, tenant);
        return found.Count == 1
            ? found[0].Record.ClientId
            : throw OperationErrors.TenantNotUnique(tenant.Trim(), found.Select(static each => each.Record.ClientId));
    }
}
