using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>Finds what is known of a client, for managing it.</summary>
internal static class FindOperation
{
    /// <param name="clientId">The client's id at the connected issuer.</param>
    /// <param name="piped">The object that the user handed over, if any: the vault's record is newer, but there may be none.</param>
    /// <param name="clientSecretName">Where a copy of the client secret is to go, if one was asked for.</param>
    /// <exception cref="DcrException">ClientNotFound: nothing is known. NotConnected: the client is another server's.</exception>
    public static async Task<RegistrationRecord> RunAsync(OperationContext context, string clientId, DcrClient? piped, string? clientSecretName = null)
    {
        if (piped is not null && piped.Issuer != context.Connection.Issuer)
        {
            throw DcrErrors.OtherIssuer(clientId, piped.Issuer, context.Connection.Issuer);
        }

        await context.CheckVaultAsync(clientSecretName).ConfigureAwait(false);
        var stored = context.Store is null ? null : await context.Store.FindAsync(context.Connection.Issuer, clientId).ConfigureAwait(false);
        return stored ?? piped?.FindWhole() ?? (context.Provider.Capabilities.HasFlag(DcrCapabilities.List) ? context.UnknownRecord(clientId) : null) ?? throw DcrErrors.NoRegistrationHere(clientId, context.Store?.VaultName);
    }
}
