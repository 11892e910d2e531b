using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Closes connections and forgets their credentials. What is in the vault stays there.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "DcrServer", HelpUri = HelpPages.Address + "Disconnect-DcrServer.md")]
public sealed class DisconnectDcrServerCommand : DcrCmdlet
{
    /// <summary>Names of connections of this runspace; by default the one last made.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var state = RunspaceState.Current;
        if (Name is null)
        {
            state.Remove(state.Default ?? throw CmdletErrors.NotConnected());
            return;
        }

        foreach (var name in Name)
        {
            Try(
                name,
                () =>
                    state.Remove(
                        state.Find(name)
                            ?? throw BindingErrors.NoSuchConnection(name, state.Connections.Select(connection => connection.Name))
                    )
            );
        }
    }

    private protected override bool IsTerminating(DcrErrorId id) => id == DcrErrorId.NotConnected && Name is null;
}
