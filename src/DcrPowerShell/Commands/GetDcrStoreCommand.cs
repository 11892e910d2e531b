using System.Management.Automation;
using DcrPowerShell.Cmdlets;

namespace DcrPowerShell.Commands;

/// <summary>Shows the local store. Works while it is locked, too.</summary>
[Cmdlet(VerbsCommon.Get, "DcrStore", HelpUri = HelpPages.Address + "Get-DcrStore.md")]
[OutputType(typeof(DcrStoreInfo))]
public sealed class GetDcrStoreCommand : DcrStoreCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessItem() => WriteObject(Info());
}
