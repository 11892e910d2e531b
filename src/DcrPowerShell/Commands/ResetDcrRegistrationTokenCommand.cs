using System.Management.Automation;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Has the server issue a new registration access token for a client, where it does that.</summary>
[Cmdlet(VerbsCommon.Reset, "DcrRegistrationToken", SupportsShouldProcess = true, DefaultParameterSetName = ClientSet)]
[OutputType(typeof(DcrClient))]
public sealed class ResetDcrRegistrationTokenCommand : DcrClientCmdlet
{
    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        var connection = Resolve(piped);
        var record = Run(connection, context => FindOperation.RunAsync(context, clientId, piped));
        if (ShouldProcess($"{record.ClientName ?? "client"} ({clientId}) at {connection.Issuer}", "Replace registration access token (by an update, at which some servers replace the client secret, too)"))
        {
            Start(connection, clientId, piped ?? (object)clientId, context => ResetTokenOperation.RunAsync(context, record), client => Write(connection, client));
        }
    }
}
