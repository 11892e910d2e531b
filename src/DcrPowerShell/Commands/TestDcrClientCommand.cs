using System.Collections.Generic;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Finds out whether clients work, with the credentials that are kept of them.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DcrClient", HelpUri = HelpPages.Address + "Test-DcrClient.md")]
[OutputType(typeof(DcrCheck))]
public sealed class TestDcrClientCommand : DcrClientCmdlet
{
    private readonly Dictionary<RegistrationLedger, HeldKeys> _keys = [];

    /// <summary>
    /// The name of the secret with the client's private key (private_key_jwt), where the connection keeps secrets. Keys in the local store
    /// are found without it.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [PlainSecretName]
    [NoCompletion]
    public string? KeyName { get; set; }

    /// <summary>
    /// Where a client gets tokens only for users, sends the token endpoint a made-up code: its refusal tells whether the authentication
    /// holds.
    /// </summary>
    [Parameter]
    public SwitchParameter Probe { get; set; }

    /// <summary>
    /// Authorization Extension Objects by their key names (HL7 UDAP Security, section 5.2.1.1): a hashtable, an object, or JSON text. Over
    /// a UDAP connection only.
    /// </summary>
    [Parameter]
    [NoCompletion]
    public PSObject? AuthorizationExtension { get; set; }

    /// <summary>No parameter of this command: the checks are the output.</summary>
    public override string? ReportPath { get; set; }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client)
    {
        var record = Find(connection, client);
        if (!_keys.TryGetValue(connection.Ledger, out var keys))
        {
            _keys[connection.Ledger] = keys = new HeldKeys(connection.Ledger);
        }

        if (AuthorizationExtension is not null && connection.Udap is null)
        {
            throw InputErrors.BadInput(
                nameof(AuthorizationExtension),
                "is for connections that were made with -Discovery Udap",
                "Leave it out."
            );
        }

        var extensions =
            AuthorizationExtension is null ? JsonBag.Empty : JsonInput.Object(AuthorizationExtension, nameof(AuthorizationExtension));
        var keyName = NullIfEmpty(KeyName);
        Start(
            connection,
            record,
            context => new TestClientOperation(context, keys, keyName, Probe, extensions).RunAsync(record),
            checks =>
            {
                WriteObject(checks, enumerateCollection: true);
                HasWritten = true;
            }
        );
    }
}
