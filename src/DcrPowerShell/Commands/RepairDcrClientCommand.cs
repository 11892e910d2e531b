using System.Management.Automation;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Registers clients anew that the server no longer has: same metadata and tenant, new credentials.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "DcrClient", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Address + "Repair-DcrClient.md")]
[OutputType(typeof(DcrClient))]
public sealed class RepairDcrClientCommand : DcrClientCmdlet
{
    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        if (IsWhatIf && client.Piped is { State: DcrClientState.Active })
        {
            // The server is not asked now, and had it a moment ago.
            throw OperationErrors.NotGone(client.ClientId!);
        }

        var record = Find(connection, client);
        if (ShouldProcess(connection, record, "Register anew if the server no longer has it", Force))
        {
            Start(
                connection,
                record.ClientId,
                client.Target,
                context => RepairOperation.RunAsync(context, record),
                repaired =>
                {
                    RunspaceState.Current.Forget(record.Issuer, record.ClientId);
                    Report("Repaired", repaired);
                    Write(connection, repaired);
                }
            );
        }
    }
}
