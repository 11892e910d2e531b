using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Hosting;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Brings registrations back into the vault: from the journal, from a server that the connection's credential can read, or with the whole of an unreadable SecretStore.</summary>
[Cmdlet(VerbsData.Restore, "DcrRegistration", SupportsShouldProcess = true, DefaultParameterSetName = JournalSet)]
[OutputType(typeof(DcrClient))]
public sealed class RestoreDcrRegistrationCommand : DcrConnectedCmdlet
{
    private const string JournalSet = "Journal";
    private const string ServerSet = "ClientId";
    private const string SecretStoreSet = "SecretStoreCopy";

    /// <summary>Ids of clients to read from the server, which the vault does not have.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ServerSet)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    public string[] ClientId { get; set; } = [];

    /// <summary>Who the client is for. Kept with the registration.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ServerSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    public string? Tenant { get; set; }

    /// <summary>Puts the copy that the module keeps of SecretStore's files in their place, if SecretStore cannot read them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SecretStoreSet)]
    public SwitchParameter SecretStoreCopy { get; set; }

    /// <summary>SecretStore's password, if it has one: without it nobody can tell an unreadable store from a locked one.</summary>
    [Parameter(ParameterSetName = SecretStoreSet)]
    [ValidateNotNull]
    public SecureString? Password { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = JournalSet)]
    [Parameter(ParameterSetName = ServerSet)]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionNameCompleter))]
    public override DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (ParameterSetName == SecretStoreSet)
        {
            if (ShouldProcess("SecretStore", "Put DcrPowerShell's copy in the place of unreadable files"))
            {
                WriteWarning(SecretStoreBackup.Restore(SecretManagementVault.SecretStorePath(), Password));
            }

            return;
        }

        var connection = Resolve();
        if (ParameterSetName == JournalSet)
        {
            if (ShouldProcess($"vault {connection.Vault}", "Restore what the journal has"))
            {
                foreach (var client in Run(connection, RestoreOperation.FromJournalAsync))
                {
                    Write(connection, client);
                }
            }

            return;
        }

        foreach (var clientId in ClientId)
        {
            Try(clientId, () =>
            {
                if (ShouldProcess($"client {clientId} at {connection.Issuer}", "Take into the vault"))
                {
                    Write(connection, Run(connection, context => RestoreOperation.FromServerAsync(context, clientId, string.IsNullOrEmpty(Tenant) ? null : Tenant)));
                }
            });
        }
    }
}
