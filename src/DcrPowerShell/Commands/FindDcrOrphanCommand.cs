using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Finds requests of which nobody knows whether the server carried them out, and settles them.</summary>
[Cmdlet(VerbsCommon.Find, "DcrOrphan", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ListSet)]
[OutputType(typeof(DcrOrphan), ParameterSetName = [ListSet])]
[OutputType(typeof(DcrClient), ParameterSetName = [AdoptSet])]
public sealed class FindDcrOrphanCommand : DcrConnectedCmdlet
{
    private const string ListSet = "List";
    private const string AdoptSet = "Adopt";
    private const string RemoveSet = "Remove";
    private const string DismissSet = "Dismiss";

    /// <summary>The name of the clients that were to be registered or changed; wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? ClientName { get; set; }

    /// <summary>Takes what the server registered into the vault.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AdoptSet)]
    public SwitchParameter Adopt { get; set; }

    /// <summary>Deletes what the server registered.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RemoveSet)]
    public SwitchParameter Remove { get; set; }

    /// <summary>Strikes off what has been settled by hand.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DismissSet)]
    public SwitchParameter Dismiss { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var connection = Resolve();
        var pattern = ClientName is null ? null : NamePattern.Of(ClientName);
        foreach (var orphan in Run(connection, OrphanOperation.FindAsync))
        {
            if (pattern?.IsMatch(orphan.ClientName ?? "") != false)
            {
                Try(orphan, () => Settle(connection, orphan));
            }
        }
    }

    private void Settle(DcrConnection connection, DcrOrphan orphan)
    {
        var target = $"{orphan.ClientName ?? orphan.ClientId ?? "a client without a name"} at {orphan.Issuer}";
        switch (ParameterSetName)
        {
            case AdoptSet when ShouldProcess(target, "Take into the vault"):
                Write(connection, Run(connection, context => OrphanOperation.AdoptAsync(context, orphan)));
                break;
            case RemoveSet when ShouldProcess(target, "Delete client"):
                Run(connection, context => OrphanOperation.RemoveAsync(context, orphan));
                break;
            case DismissSet when ShouldProcess(target, "Strike off"):
                Run(connection, context =>
                {
                    OrphanOperation.Close(context, orphan);
                    return System.Threading.Tasks.Task.CompletedTask;
                });
                break;
            case ListSet:
                WriteObject(orphan);
                break;
        }
    }
}
