using System.IO;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>
/// Restores registrations: what the local store has and the vault lacks, from a server that the connection's credential can read, or
/// with the whole of an unreadable SecretStore.
/// </summary>
[Cmdlet(
    VerbsData.Restore,
    "DcrRegistration",
    SupportsShouldProcess = true,
    DefaultParameterSetName = LedgerSet,
    HelpUri = HelpPages.Address + "Restore-DcrRegistration.md"
)]
[OutputType(typeof(DcrClient))]
public sealed class RestoreDcrRegistrationCommand : DcrConnectedCmdlet
{
    private const string LedgerSet = "Ledger";
    private const string ServerSet = "ClientId";
    private const string SecretStoreSet = "SecretStoreCopy";
    private const string BackupSet = "Path";

    /// <summary>Ids of clients to read from the server, which are not known here.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ServerSet)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string[] ClientId { get; set; } = [];

    /// <summary>Who the client is for. Kept with the registration.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ServerSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string? Tenant { get; set; }

    /// <summary>Replaces SecretStore's files by the module's copy of them, if SecretStore cannot read them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SecretStoreSet)]
    public SwitchParameter SecretStoreCopy { get; set; }

    /// <summary>SecretStore's password, if it has one. Without it, an unreadable store looks like a locked one.</summary>
    [Parameter(ParameterSetName = SecretStoreSet)]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? Password { get; set; }

    /// <summary>A file that <c>Backup-DcrStore</c> wrote. Fills what is unknown here; what is known, living or removed, stays.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BackupSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The passphrase of the backup.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BackupSet)]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? Passphrase { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LedgerSet)]
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
                WriteWarning(ProcessState.Vaults.SecretStore.Restore(ProcessState.Vaults.Registry.SecretStorePath(), Password));
            }

            return;
        }

        if (ParameterSetName == BackupSet)
        {
            FromBackup(FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryReadFailed));
            return;
        }

        var connection = Resolve();
        if (ParameterSetName == LedgerSet)
        {
            if (
                ShouldProcess(connection.Vault is null ? "the local store" : $"vault {connection.Vault}", "Restore what was not stored yet")
            )
            {
                foreach (var client in Run(connection, RestoreOperation.FromLedgerAsync))
                {
                    Write(connection, client);
                }
            }

            return;
        }

        TenantKey.Check(Tenant);
        foreach (var clientId in ClientId)
        {
            Try(
                clientId,
                () =>
                {
                    if (ShouldProcess($"client {clientId} at {connection.Issuer}", "Keep registration"))
                    {
                        Write(
                            connection,
                            Run(
                                connection,
                                context => RestoreOperation.FromServerAsync(context, clientId, string.IsNullOrEmpty(Tenant) ? null : Tenant)
                            )
                        );
                    }
                }
            );
        }
    }

    private void FromBackup(string path)
    {
        var (from, contents, damaged) = StoreOperation.ReadBackup(path, () => File.ReadAllBytes(path), Passphrase!);
        var ledger = Ledger();
        if (!ShouldProcess($"local store {ledger.Path}", $"Restore what {path} has and the store does not know"))
        {
            return;
        }

        var taken = Run((_, _) => ledger.Backup.RestoreAsync(from, contents));
        foreach (var record in taken)
        {
            WriteObject(new DcrClient(record, []) { Storage = record.Omitted is null ? DcrStorage.Local : DcrStorage.Vault });
        }

        if (StoreOperation.InVaultsWarning(ledger, taken) is { } elsewhere)
        {
            WriteWarning(elsewhere);
        }

        if (StoreOperation.LeftWarning(ledger, contents, taken) is { } left)
        {
            WriteWarning(left);
        }

        if (StoreOperation.DoubledWarning(ledger, taken) is { } doubled)
        {
            WriteWarning(doubled);
        }

        if (Run((_, _) => StoreOperation.GiveUpLostAsync(ledger)) is { } lost)
        {
            WriteWarning(lost);
        }

        if (damaged > 0)
        {
            WriteWarning(
                $"{path} is damaged: {damaged} entr{(damaged == 1 ? "y" : "ies")} could not be read. All others were taken."
            );
        }
    }
}
