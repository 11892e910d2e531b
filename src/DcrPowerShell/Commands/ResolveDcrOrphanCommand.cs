using System.Management.Automation;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Settles requests whose outcome is unknown.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "DcrOrphan", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = AdoptSet, HelpUri = HelpPages.Address + "Resolve-DcrOrphan.md")]
[OutputType(typeof(DcrClient), ParameterSetName = [AdoptSet])]
public sealed class ResolveDcrOrphanCommand : DcrConnectedCmdlet
{
    private const string AdoptSet = "Adopt";
    private const string RemoveSet = "Remove";
    private const string DismissSet = "Dismiss";

    /// <summary>An orphan, as <c>Find-DcrOrphan</c> gives it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, Position = 0)]
    public DcrOrphan InputObject { get; set; } = null!;

    /// <summary>Keeps what the server registered, for the tenant that it was registered for.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AdoptSet)]
    public SwitchParameter Adopt { get; set; }

    /// <summary>Deletes what the server registered.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RemoveSet)]
    public SwitchParameter Remove { get; set; }

    /// <summary>Closes a request that was settled by hand.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DismissSet)]
    public SwitchParameter Dismiss { get; set; }

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override object? Target => InputObject;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var orphan = InputObject;
        var connection = Connection ?? (orphan.Connection is { IsClosed: false } own ? own : null) ?? Resolve();
        if (connection.Issuer != orphan.Issuer)
        {
            throw OperationErrors.OtherIssuer(orphan.ClientName ?? orphan.Id, orphan.Issuer, connection.Issuer);
        }

        var target = $"{orphan.ClientName ?? orphan.ClientId ?? "a client without a name"} at {orphan.Issuer}";
        switch (ParameterSetName)
        {
            case AdoptSet when ShouldProcess(target, "Keep client", Force):
                Write(connection, Run(connection, context => OrphanOperation.AdoptAsync(context, orphan)));
                break;
            case RemoveSet when ShouldProcess(target, "Delete client", Force):
                Run(connection, context => OrphanOperation.RemoveAsync(context, orphan));
                break;
            case DismissSet when ShouldProcess(target, "Close request of unknown outcome", Force):
                Run(connection, context => OrphanOperation.DismissAsync(context, orphan));
                break;
        }
    }
}
