using System.Management.Automation;
using DcrPowerShell.Hosting;

namespace DcrPowerShell.Commands;

/// <summary>Closes a connection and forgets its credential. What is in the vault stays there.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "DcrServer")]
public sealed class DisconnectDcrServerCommand : DcrCmdlet
{
    /// <summary>A connection or its name; by default the one last made in this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [Binding.ConnectionTransformation]
    [ArgumentCompleter(typeof(Binding.ConnectionNameCompleter))]
    public DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var state = RunspaceState.Current;
        state.Remove(Connection ?? state.Default ?? throw Errors.DcrErrors.NotConnected());
    }
}
