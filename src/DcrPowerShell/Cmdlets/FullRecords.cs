using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// Gives listed clients their secrets when one is asked for: outside of any command, on the thread that asks. PowerShell turns most
/// exceptions of a property into null, and a secret that is silently null would do harm. A MethodInvocationException is thrown.
/// </summary>
internal static class FullRecords
{
    /// <param name="vault">Null for the local store.</param>
    public static FullRecordSource Of(RegistrationLedger ledger, string? vault, string? vaultId)
    {
        var store = new Registrations(ledger, vault is null ? null : ProcessState.Vaults.Vault(vault, pump: null), vaultId);
        return new FullRecordSource(
            (issuer, clientId) => LoadAsync(issuer, clientId).GetAwaiter().GetResult(),
            static failure => new MethodInvocationException($"{failure.Message} {failure.RecommendedAction}", failure));

        async Task<RegistrationRecord?> LoadAsync(string issuer, string clientId)
        {
            await store.CheckOpenAsync().ConfigureAwait(false);
            return (await store.FindAsync(issuer, clientId).ConfigureAwait(false))?.Record;
        }
    }
}
