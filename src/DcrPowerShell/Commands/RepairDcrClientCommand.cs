using System;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Registers clients again that the server no longer has: same metadata and tenant, new credentials.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "DcrClient", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Address + "Repair-DcrClient.md")]
[OutputType(typeof(DcrClient))]
public sealed class RepairDcrClientCommand : DcrClientCmdlet
{
    /// <summary>
    /// <c>software_statement</c> (RFC 7591, section 2.3): a string, or a script block that gets one for each client when its turn comes. It
    /// replaces the one that is kept, which is most often too old.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.SoftwareStatement)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public object? SoftwareStatement { get; set; }

    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        if (IsWhatIf && client.Piped is { State: DcrClientState.Active })
        {
            // The server is not asked now, and had it a moment ago.
            throw OperationErrors.NotGone(client.ClientId!, isAsked: false);
        }

        var statement = StatementScript.Of(SoftwareStatement);
        var fresh = FreshStatement(statement, InputObject);
        var wanted = statement is string { Length: > 0 } text
            ? JsonBag.Empty.With(ClientMember.SoftwareStatement, text)
            : JsonBag.Empty;
        StatementOperation.Check(wanted, DateTimeOffset.UtcNow);
        var record = Find(connection, client);
        if (ShouldProcess(connection, record, "Register again if the server no longer has it", Force))
        {
            Start(
                connection,
                record,
                async context => (await RepairOperation.RunAsync(context, record, wanted, fresh).ConfigureAwait(false)).Client,
                repaired =>
                {
                    RunspaceState.Current.Forget(record.Issuer, record.ClientId);
                    Write(connection, repaired, "Repaired");
                }
            );
        }
    }
}
