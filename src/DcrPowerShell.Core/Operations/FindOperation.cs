using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Finds what is known of a client, for managing it.</summary>
internal static class FindOperation
{
    /// <param name="clientId">The client's id at the connected issuer.</param>
    /// <param name="piped">The object that the user handed over, if any: the vault's record is newer, but there may be none.</param>
    /// <param name="forgets">It is only to be dropped: what cannot be read is enough.</param>
    /// <exception cref="DcrException">ClientNotFound: nothing is known. NotConnected: the client is another server's.</exception>
    public static async Task<RegistrationRecord> RunAsync(OperationContext context, string clientId, DcrClient? piped, bool forgets = false)
    {
        if (piped is not null && piped.Issuer != context.Connection.Issuer)
        {
            throw DcrErrors.OtherIssuer(clientId, piped.Issuer, context.Connection.Issuer);
        }

        await context.CheckVaultAsync().ConfigureAwait(false);
        if (forgets && context.Store.Ledger.IsDamaged(context.Connection.Issuer, clientId))
        {
            return context.UnknownRecord(clientId);
        }

        var stored = await context.Store.FindAsync(context.Connection.Issuer, clientId).ConfigureAwait(false);
        return stored?.Record ?? piped?.FindWhole() ?? (context.Provider.Capabilities.HasFlag(DcrCapabilities.List) ? context.UnknownRecord(clientId) : null) ?? throw DcrErrors.NoRegistrationHere(clientId, context.Store.Place);
    }
}
