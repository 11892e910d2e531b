using System;
using System.IO;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Writes all that the local store holds to one file, encrypted with a passphrase.</summary>
[Cmdlet(VerbsData.Backup, "DcrStore", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "Backup-DcrStore.md")]
[OutputType(typeof(FileInfo))]
public sealed class BackupDcrStoreCommand : DcrStoreCmdlet
{
    /// <summary>The file. One that is there is replaced when the new one is whole.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The passphrase that opens the backup; nobody can recover it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString Passphrase { get; set; } = null!;

    /// <summary>Leaves a file that is there as it is.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Path;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var path = FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryWriteFailed);
        if (NoClobber && File.Exists(path))
        {
            throw InventoryErrors.InventoryExists(path);
        }

        if (Passphrase.Length == 0)
        {
            throw StoreErrors.PassphraseEmpty();
        }

        if (!ShouldProcess(path, "Write backup of the local store"))
        {
            return;
        }

        var ledger = Ledger();
        try
        {
            using var file = new FreshFile(path, isPrivate: true);
            var count = StoreOperation.WriteBackup(ledger, file.Stream, Passphrase, DateTimeOffset.UtcNow);
            file.Commit(replaces: !NoClobber);
            Note(ledger, count);
            WriteVerbose($"{count} registration{(count == 1 ? "" : "s")} in {path}.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InventoryErrors.InventoryWriteFailed(path, failure);
        }

        WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);
    }

    private void Note(RegistrationLedger ledger, int count)
    {
        try
        {
            if (ledger.WhyReadOnly is null)
            {
                var now = DateTimeOffset.UtcNow;
                ProcessState.Stores.Current.Set(settings => settings with { LastBackupAt = now, LastBackupCount = count });
            }
        }
        catch (DcrException failure)
        {
            // On a full disk a backup on another one is what helps.
            WriteWarning(
                "The backup is written, but the local store could not note that: "
                    + $"{ErrorWords.Why(failure.InnerException ?? failure)}. Get-DcrStore shows the one before."
            );
        }
    }
}
