using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Opens the local store for this process, or closes it.</summary>
[Cmdlet(VerbsCommon.Unlock, "DcrStore", DefaultParameterSetName = UnlockSet, HelpUri = HelpPages.Address + "Unlock-DcrStore.md")]
public sealed class UnlockDcrStoreCommand : DcrStoreCmdlet
{
    private const string UnlockSet = "Unlock";
    private const string LockSet = "Lock";

    /// <summary>The passphrase, where one protects the store.</summary>
    [Parameter(Position = 0, ParameterSetName = UnlockSet)]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? Passphrase { get; set; }

    /// <summary>Closes the store for this process, until it is unlocked again.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LockSet)]
    public SwitchParameter Lock { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (Lock)
        {
            ProcessState.Stores.Current.Lock();
            return;
        }

        Run(async (_, _) =>
        {
            await ProcessState.Stores.Current.UnlockAsync(Passphrase, VaultOf).ConfigureAwait(false);
            return true;
        });
    }
}
