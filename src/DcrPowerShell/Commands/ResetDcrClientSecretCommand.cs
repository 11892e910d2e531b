using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Gets a new secret for a client, where the server gives one.</summary>
[Cmdlet(VerbsCommon.Reset, "DcrClientSecret", SupportsShouldProcess = true, DefaultParameterSetName = ClientSet)]
[OutputType(typeof(DcrClient))]
public sealed class ResetDcrClientSecretCommand : DcrClientCmdlet
{
    /// <summary>The name of a secret in the vault that shall hold a plain copy of the new client secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [PlainSecretName]
    public string? ClientSecretName { get; set; }

    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        var connection = Resolve(piped);
        var copyName = string.IsNullOrEmpty(ClientSecretName) ? null : ClientSecretName;
        var record = Run(connection, context => FindOperation.RunAsync(context, clientId, piped, copyName));
        if (ShouldProcess($"{record.ClientName ?? "client"} ({clientId}) at {connection.Issuer}", "Replace client secret"))
        {
            Write(connection, Run(connection, context => ResetSecretOperation.RunAsync(context, record, copyName)));
        }
    }
}
