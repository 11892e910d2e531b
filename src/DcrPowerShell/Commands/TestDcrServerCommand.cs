using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Finds out whether a connection is ready to register clients. Registers none.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DcrServer", HelpUri = HelpPages.Address + "Test-DcrServer.md")]
[OutputType(typeof(DcrCheck))]
public sealed class TestDcrServerCommand : DcrConnectedCmdlet
{
    /// <summary>A connection or its name; by default the one last made in this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public override DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var connection = Resolve();
        foreach (var check in new TestServerOperation(connection).Checks)
        {
            WriteObject(Run(connection, check));
        }
    }
}
