using System.Collections.Generic;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Gets a new secret for a client, where the server gives one.</summary>
[Cmdlet(VerbsCommon.Reset, "DcrClientSecret", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Address + "Reset-DcrClientSecret.md")]
[OutputType(typeof(DcrClient))]
public sealed class ResetDcrClientSecretCommand : DcrClientCmdlet
{
    /// <summary>Adds a second secret: the old one stays valid. Okta only.</summary>
    [Parameter]
    public SwitchParameter Overlap { get; set; }

    /// <summary>Deletes the old secret that -Overlap left valid.</summary>
    [Parameter]
    public SwitchParameter CompleteOverlap { get; set; }

    /// <summary>The name of a secret in the store that gets a plain copy of the new client secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? ClientSecretName { get; set; }

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    // Clients that this command has named.
    private readonly HashSet<(string Issuer, string ClientId)> _named = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Overlap && CompleteOverlap)
        {
            ThrowTerminatingError(ErrorRecords.From(CommandErrors.OverlapAndComplete(), MyInvocation.MyCommand, target: null));
        }
    }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        var copyName = CopyName(ClientSecretName);
        if (!_named.Add((connection.Issuer, client.ClientId!)))
        {
            // The secret that was just given would be dead.
            WriteWarning(
                Redaction.Printable(
                    $"{client.SubjectOf(client.ClientId!)} was named before in this command; its secret is not replaced twice."
                )
            );
            return;
        }

        var record = Find(connection, client);
        var action = Overlap ? "Add a second client secret" : CompleteOverlap ? "Delete the old client secret" : "Replace client secret";
        if (ShouldProcess(connection, record, action, Force))
        {
            Start(
                connection,
                record,
                context => Overlap ? OverlapOperation.StartAsync(context, record, copyName)
                    : CompleteOverlap ? OverlapOperation.CompleteAsync(context, record, copyName)
                    : ResetSecretOperation.RunAsync(context, record, copyName),
                changed => Write(connection, changed, "Reset")
            );
        }
    }
}
