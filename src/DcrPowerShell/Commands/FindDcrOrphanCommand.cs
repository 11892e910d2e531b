using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Finds requests whose outcome is unknown: the server may have carried them out. Changes nothing.</summary>
[Cmdlet(VerbsCommon.Find, "DcrOrphan", HelpUri = HelpPages.Address + "Find-DcrOrphan.md")]
[OutputType(typeof(DcrOrphan))]
public sealed class FindDcrOrphanCommand : DcrConnectedCmdlet
{
    /// <summary>The name of the clients that were to be registered or changed; wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientNameCompleter))]
    public string? ClientName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var connection = Resolve();
        var pattern = ClientName is null ? null : new NamePattern(ClientName);
        foreach (var orphan in Run(connection, OrphanOperation.FindAsync))
        {
            if (pattern?.IsMatch(orphan.ClientName ?? "") != false)
            {
                orphan.Connection = connection;
                WriteObject(orphan);
            }
        }
    }
}
