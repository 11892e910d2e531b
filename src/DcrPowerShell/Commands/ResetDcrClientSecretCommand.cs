using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Gets a new secret for a client, where the server gives one.</summary>
[Cmdlet(VerbsCommon.Reset, "DcrClientSecret", SupportsShouldProcess = true, DefaultParameterSetName = ClientSet)]
[OutputType(typeof(DcrClient))]
public sealed class ResetDcrClientSecretCommand : DcrClientCmdlet
{
    /// <summary>The old secret stays valid beside the new one.</summary>
    [Parameter]
    public SwitchParameter Overlap { get; set; }

    /// <summary>Deletes the old secret that was left valid.</summary>
    [Parameter]
    public SwitchParameter CompleteOverlap { get; set; }

    /// <summary>The name of a secret in the vault that shall hold a plain copy of the new client secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [PlainSecretName]
    public string? ClientSecretName { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Overlap && CompleteOverlap)
        {
            ThrowTerminatingError(ErrorRecords.From(DcrErrors.OverlapAndComplete(), MyInvocation.MyCommand, target: null));
        }
    }

    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        var connection = Resolve(piped);
        var copyName = string.IsNullOrEmpty(ClientSecretName) ? null : ClientSecretName;
        var record = Run(connection, context => FindOperation.RunAsync(context, clientId, piped));
        var action = Overlap ? "Add a second client secret" : CompleteOverlap ? "Delete the old client secret" : "Replace client secret";
        if (ShouldProcess($"{record.ClientName ?? "client"} ({clientId}) at {connection.Issuer}", action))
        {
            Start(
                connection,
                clientId,
                piped ?? (object)clientId,
                context => Overlap ? OverlapOperation.StartAsync(context, record, copyName)
                    : CompleteOverlap ? OverlapOperation.CompleteAsync(context, record, copyName)
                    : ResetSecretOperation.RunAsync(context, record, copyName),
                client => Write(connection, client));
        }
    }
}
