using System.Management.Automation;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Compares the clients that should be with those that the server and the store have. Changes no client.</summary>
[Cmdlet(VerbsData.Compare, "DcrClient", DefaultParameterSetName = RowSet, HelpUri = HelpPages.Address + "Compare-DcrClient.md")]
[OutputType(typeof(DcrComparison))]
public sealed class CompareDcrClientCommand : WantedClientCmdlet
{
    private readonly ComparisonCounts _counts = new();

    /// <summary>No parameter of this command: the output has the outcome of each row.</summary>
    public override string? ReportPath { get; set; }

    private protected override string Outcome => _counts.Compared(Failures);

    private protected override void Compared(DcrConnection connection, WantedClient? wanted, DcrComparison comparison)
    {
        _counts.Count(comparison);
        WriteObject(comparison);
    }
}
