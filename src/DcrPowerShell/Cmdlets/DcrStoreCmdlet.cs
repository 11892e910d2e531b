using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Cmdlets;

/// <summary>A cmdlet about the local store itself.</summary>
public abstract class DcrStoreCmdlet : DcrCmdlet
{
    private protected override bool IsTerminating(DcrErrorId id) => true;

    private protected DcrStoreInfo Info() =>
        Run((_, _) => StoreOperation.DescribeAsync(ProcessState.Stores.Current, ProcessState.Stores.KeyPath, VaultOf));
}
