using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Hosting;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Deletes a client at the server (RFC 7592, section 2.3), and its registration in the store.</summary>
[Cmdlet(VerbsCommon.Remove, "DcrClient", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ClientSet)]
public sealed class RemoveDcrClientCommand : DcrClientCmdlet
{
    private RegistrationLedger? _ledger;

    /// <summary>Drops the registration also where the server does not know the client, rejects its token, or does not delete clients.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Drops the registration from the store, and leaves the client at the server alone.</summary>
    [Parameter]
    public SwitchParameter StoreOnly { get; set; }

    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        var connection = Resolve(piped);
        var record = Run(connection, context => FindOperation.RunAsync(context, clientId, piped, StoreOnly));
        if (ShouldProcess($"{record.ClientName ?? "client"} ({clientId}) at {connection.Issuer}", StoreOnly ? "Drop registration from the store" : "Delete client"))
        {
            Start(
                connection,
                clientId,
                piped ?? (object)clientId,
                async context =>
                {
                    await (StoreOnly ? DeleteOperation.ForgetAsync(context, record) : DeleteOperation.RunAsync(context, record, Force)).ConfigureAwait(false);
                    return record;
                },
                deleted =>
                {
                    RunspaceState.Current.Forget(deleted.Issuer, deleted.ClientId);
                    _ledger = connection.Ledger;
                });
        }
    }

    /// <summary>What was removed leaves the disk, too.</summary>
    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_ledger is { } ledger)
        {
            Run((_, _) => Task.FromResult(ledger.Compact()));
        }
    }
}
