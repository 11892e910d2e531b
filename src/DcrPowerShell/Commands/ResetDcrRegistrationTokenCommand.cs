using System.Management.Automation;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Has the server issue a new registration access token for a client, where it does that.</summary>
[Cmdlet(VerbsCommon.Reset, "DcrRegistrationToken", SupportsShouldProcess = true,
    HelpUri = HelpPages.Address + "Reset-DcrRegistrationToken.md")]
[OutputType(typeof(DcrClient))]
public sealed class ResetDcrRegistrationTokenCommand : DcrClientCmdlet
{
    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        var record = Find(connection, client);
        if (
            ShouldProcess(
                connection,
                record,
                "Replace registration access token (by an update, at which some servers replace the client secret, too)"
            )
        )
        {
            Start(
                connection,
                record,
                context => ResetTokenOperation.RunAsync(context, record),
                changed => Write(connection, changed, "Reset")
            );
        }
    }
}
