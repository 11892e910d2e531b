using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Deletes a client at the server (RFC 7592, section 2.3), and its registration in the store.</summary>
[Cmdlet(VerbsCommon.Remove, "DcrClient", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Address + "Remove-DcrClient.md")]
public sealed class RemoveDcrClientCommand : DcrClientCmdlet
{
    private RegistrationLedger? _ledger;

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Drops the registration from the store. Leaves the client at the server as it is.</summary>
    [Parameter]
    public SwitchParameter StoreOnly { get; set; }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        var record = Find(connection, client, StoreOnly);
        if (ShouldProcess(connection, record, StoreOnly ? "Drop registration from the store" : "Delete client", Force))
        {
            Start(
                connection,
                record,
                async context =>
                {
                    await (
                        StoreOnly
                            ? DeleteOperation.ForgetAsync(context, record, client.Piped?.Record)
                            : DeleteOperation.RunAsync(context, record)
                    ).ConfigureAwait(false);
                    return record;
                },
                deleted =>
                {
                    Report("Removed", new DcrClient(deleted, []));
                    RunspaceState.Current.Forget(deleted.Issuer, deleted.ClientId);
                    _ledger = connection.Ledger;
                }
            );
        }
    }

    /// <summary>What was removed leaves the disk, too.</summary>
    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_ledger is { } ledger && Run((_, _) => Task.FromResult(StoreOperation.Compact(ledger))) is { } failure)
        {
            WriteWarning(failure);
        }
    }
}
