using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Shows the connections of this runspace.</summary>
[Cmdlet(VerbsCommon.Get, "DcrServer", HelpUri = HelpPages.Address + "Get-DcrServer.md")]
[OutputType(typeof(DcrConnection))]
public sealed class GetDcrServerCommand : DcrCmdlet
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var patterns = Name.Select(static text => new NamePattern(text)).ToList();
        WriteObject(
            RunspaceState.Current.Connections.Where(connection => patterns.Any(pattern => pattern.IsMatch(connection.Name))).ToList(),
            enumerateCollection: true
        );
    }
}
