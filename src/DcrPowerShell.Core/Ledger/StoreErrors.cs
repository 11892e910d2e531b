using System;
using System.IO;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Ledger;

/// <summary>What can be wrong with the local store.</summary>
internal static class StoreErrors
{
    /// <summary>What a failure of the disk means.</summary>
    public static DcrException NotWritable(string path, Exception why) => why switch
    {
        NotPrivateException => NotPrivate(why),
        FileNotFoundException or DirectoryNotFoundException => Gone(path, why),
        UnauthorizedAccessException => Refused(path, why, NotAllowed),
        IOException { HResult: var code } => Refused(path, why, unchecked((uint)code) switch
        {
            // ENOSPC; EDQUOT of Linux and of macOS; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED.
            28 or 122 or 69 or 0x80070027 or 0x80070070 or 0x8007050F => "Make room on the disk, then run the command again.",

            // EROFS, ERROR_WRITE_PROTECT.
            30 or 0x80070013 => NotAllowed,
            _ => "See to the disk that the folder is on, then run the command again.",
        }),
        _ => Refused(path, why, "See to the disk that the folder is on, then run the command again."),
    };

    private const string NotAllowed =
        "Make the folder and its files writable for this account, then run the command again. If the store was moved, DCRPOWERSHELL_HOME "
            + "names its folder.";

    private static DcrException Refused(string path, Exception why, string next) =>
        DcrException.Unsent(
            DcrErrorId.StoreReadOnly,
            $"The local store in '{path}' cannot be used: {Why(why)}.",
            next,
            why
        );

    private static DcrException Gone(string path, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreReadOnly,
            $"The local store in '{path}' is not there any more: the folder or its ledger was removed, moved or renamed.",
            "Put it back, or name its new place with DCRPOWERSHELL_HOME and connect again. If it is lost, restore a backup into an empty "
                + "folder (DCRPOWERSHELL_HOME): Restore-DcrRegistration -Path.",
            why
        );

    public static DcrException NoPlace(string why) =>
        DcrException.Unsent(
            DcrErrorId.StoreReadOnly,
            $"The local store cannot be written ({why.TrimEnd('.')}), and no vault was named that could keep registrations.",
            "Make the folder writable for this account, name another with DCRPOWERSHELL_HOME, or connect with -Vault."
        );

    public static DcrException Newer(string path, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"The local store in '{path}' was written by a newer DcrPowerShell.",
            "Update this module: Update-Module DcrPowerShell.",
            why
        );

    /// <param name="what">As far as is known: "client 'x'", "tenant 'x'".</param>
    public static DcrException FrameDamaged(string path, string what) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"What the local store in '{path}' has of {what} is damaged and cannot be read.",
            "Restore it from a backup: Restore-DcrRegistration -Path. Without one, drop it with Remove-DcrClient -ClientId <id> "
                + "-StoreOnly, and register its tenant again with New-DcrClient -AllowDuplicate."
        );

    /// <param name="what">Which of its files.</param>
    public static DcrException FileDamaged(string path, string what, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"The local store in '{path}' cannot be opened, because {what} is damaged: {Why(why)}.",
            what == StoreSettings.FileName
                ? "Delete the file: it has no registration and no secret. Then name again, with Set-DcrStore, what it held: -DefaultVault, "
                    + "and -KeyPath where the key is kept elsewhere."
                : "Put the file back from a copy of the folder. Restore-DcrRegistration -Path restores a backup into an empty folder "
                    + "(DCRPOWERSHELL_HOME).",
            why
        );

    /// <summary>The key says that there was a ledger.</summary>
    public static DcrException LedgerGone(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"The ledger of the local store in '{path}' is not there, but its key is: what the store knew is missing.",
            "Put ledger-*.dcrl back from a copy of the folder. To begin an empty store, set DCRPOWERSHELL_HOME to another folder, and "
                + "restore a backup with Restore-DcrRegistration -Path."
        );

    /// <summary>The file with the highest number has no frame of this store: empty, overwritten, or a file of something else.</summary>
    public static DcrException LedgerForeign(string path, string name) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"'{name}' in '{path}' has the name of the local store's ledger, and nothing in it is of this store.",
            $"If another ledger-*.dcrl is beside it, move '{name}' away. Else put it back from a copy, or restore a backup into an empty "
                + "folder (DCRPOWERSHELL_HOME): Restore-DcrRegistration -Path."
        );

    /// <summary>Tenants that were registered since the copy are not known any more.</summary>
    public static DcrException RolledBack(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"{WasRolledBack(path)} A tenant that was registered since would get a second client.",
            "Put the newer files back if they are anywhere. Then run Connect-DcrServer again, and this command."
        );

    /// <summary>The vault has something under a registration's name that could not be taken in.</summary>
    public static DcrException MayBeRegistered(string tenant, string secretName) =>
        DcrException.Unsent(
            DcrErrorId.VaultReadFailed,
            $"Tenant '{tenant}' may have a client already: the vault's secret '{secretName}' is a registration at this server that cannot "
                + "be read.",
            "See to that secret, as the warning of Connect-DcrServer says, and connect again. New-DcrClient -AllowDuplicate registers the "
                + "tenant all the same."
        );

    public static DcrException MayBeLost(string path, string tenant) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"Tenant '{tenant}' may have a client already: the local store in '{path}' is damaged where nobody can tell whose registration "
                + "stood there.",
            "Run Restore-DcrRegistration, with -Path where there is a backup. What is still missing then counts as lost, and new tenants "
                + "are registered."
        );

    internal static string WasRolledBack(string path) =>
        $"The local store in '{path}' was replaced by an older copy while this process had it open: what was kept since that copy is not "
            + "in it.";

    public static DcrException Replaced(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreDamaged,
            $"The local store in '{path}' was replaced by another one while this process had it open.",
            "Put the former one back, or start a new PowerShell session to work with the one that is there."
        );

    public static DcrException TooLarge(Exception why) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"This cannot be stored: {Why(why)}.",
            "Leave out what is not needed: of client metadata, or of a secret.",
            why,
            member: "metadata"
        );

    public static DcrException Locked() =>
        DcrException.Unsent(
            DcrErrorId.StoreLocked,
            "The local store is locked.",
            "Unlock it for this process: Unlock-DcrStore -Passphrase (Read-Host -AsSecureString). Where a vault holds its key, unlock that "
                + "vault first, then run Unlock-DcrStore."
        );

    public static DcrException AnswersAwaited(string path, int count) =>
        new(
            DcrErrorId.StoreReadOnly,
            $"The local store in '{path}' has a new key, but the former protection still opens it: other processes are waiting for the "
                + $"answers to {count} request{(count == 1 ? "" : "s")}.",
            "Run the command again when they have ended."
        );

    public static DcrException ProtectionHalfChanged(string path, DcrException failure) =>
        new(
            DcrErrorId.StoreReadOnly,
            $"The protection of the local store in '{path}' is half changed ({Why(failure.InnerException ?? failure)}). "
                + "The former protection and the new one open it, and the next command that opens it ends the change.",
            "See to the disk, and keep the new passphrase or key.",
            failure
        );

    public static DcrException PassphraseWrong() =>
        new(
            DcrErrorId.StoreLocked,
            "The passphrase does not open the local store.",
            "Give the passphrase that was set with Set-DcrStore -Protection Passphrase, which nobody can recover. A backup has one of its "
                + "own."
        );

    /// <param name="protection">What <c>-Protection</c> is to be.</param>
    public static DcrException ProtectionIncomplete(string parameter, string protection) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-{parameter} goes with -Protection {protection}, and only together.",
            $"Give both, or neither: Set-DcrStore -Protection {protection} -{parameter} <value>."
        );

    public static DcrException BackupUnreadable(string path, string why, Exception inner) =>
        new(
            DcrErrorId.InventoryReadFailed,
            $"-Path: the backup '{path}' cannot be read: {why.TrimEnd('.')}.",
            "Give a file that Backup-DcrStore wrote, and the passphrase that it was written with.",
            inner
        );

    public static DcrException KeyMissing(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreKeyMissing,
            $"The key of the local store is not there: '{path}'. Without it nobody can read what the store holds.",
            "Put the file back, or name its place with Set-DcrStore -KeyPath. To begin an empty store, set DCRPOWERSHELL_HOME to another "
                + "folder, and restore a backup with Restore-DcrRegistration -Path."
        );

    /// <summary>It was there when this process opened the store.</summary>
    public static DcrException KeyGone(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreKeyMissing,
            $"The key of the local store is not in '{path}' any more. Only processes that have the store open can still read it.",
            "Put the file back from a copy. Without a copy, run Backup-DcrStore in this session now, and restore that backup into "
                + "an empty folder (DCRPOWERSHELL_HOME): Restore-DcrRegistration -Path."
        );

    public static DcrException KeyOfAnother(string path) =>
        DcrException.Unsent(
            DcrErrorId.StoreKeyMissing,
            $"The key file '{path}' is not the one that the local store was written with.",
            "Put the right key file back from a copy. To begin an empty store, set DCRPOWERSHELL_HOME to another folder, and restore a "
                + "backup with Restore-DcrRegistration -Path."
        );

    public static DcrException KeyPathTaken(string path) =>
        new(
            DcrErrorId.SecretExists,
            $"-KeyPath: '{path}' is there already.",
            "Name a file that is not there yet: a key file takes the place of no other file."
        );

    public static DcrException KeyFolderMissing(string folder, Exception why) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-KeyPath: there is no folder '{folder}'.",
            "Make the folder, for this account alone, then run the command again.",
            why
        );

    public static DcrException NoKeyFile(string path, Exception why) =>
        new(
            DcrErrorId.StoreKeyMissing,
            $"-KeyPath: '{path}' is not the key file of a store: {Why(why)}.",
            "Name the file with the store's key. If it is lost, restore a backup into an empty folder (DCRPOWERSHELL_HOME): "
                + "Restore-DcrRegistration -Path.",
            why
        );

    public static DcrException KeyInItself(string vault) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-Vault: '{vault}' is the local store itself, which cannot hold its own key.",
            "Name another vault, or choose -Protection User or -Protection Passphrase."
        );

    public static DcrException KeyAmongOwn(string path) =>
        new(
            DcrErrorId.InvalidSetup,
            $"-KeyPath: '{path}' is in the folder of the local store, which has its own files only.",
            "Name a file in another folder, or $null for the usual one."
        );

    /// <param name="named">What DCRPOWERSHELL_HOME is.</param>
    public static DcrException HomeRelative(string named) =>
        DcrException.Unsent(
            DcrErrorId.InvalidSetup,
            $"DCRPOWERSHELL_HOME is '{named}', which is not a full path: it would be another store in each current folder.",
            "Give the full path, such as \"$HOME/dcr\". PowerShell does not replace ~ in it."
        );

    /// <summary>Others could read the store, or put another in its place.</summary>
    public static DcrException NotPrivate(Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreReadOnly,
            $"The local store is not used: {Why(why)}.",
            "Make the folder and its files this account's alone, or name another folder with DCRPOWERSHELL_HOME.",
            why
        );

    public static DcrException KeyUnusable(Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreKeyMissing,
            $"The key of the local store cannot be used by this account on this machine: {Why(why)}.",
            "Use the account and the machine that made the store, or begin an empty one with DCRPOWERSHELL_HOME and restore a backup "
                + "with Restore-DcrRegistration -Path.",
            why
        );

    public static DcrException KeyNotInVault(string vault, string secretName) =>
        DcrException.Unsent(
            DcrErrorId.StoreKeyMissing,
            $"No registered vault gives the secret '{secretName}', which is the key of the local store; it was put into vault '{vault}'.",
            "Register the vault that has it (Register-SecretVault), under whatever name, or put the secret back."
        );

    public static DcrException KeyVaultFailed(string vault, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.StoreLocked,
            $"The local store is locked, because vault '{vault}', which holds its key, cannot be read: {Why(why)}.",
            $"Unlock that vault (Unlock-SecretStore, or Unlock-SecretVault -Name '{vault}'), then run the command again.",
            why
        );

    public static DcrException ChangedMeanwhile(string clientId) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"Another command has changed, removed or replaced the registration of client '{clientId}' meanwhile.",
            "See with Get-DcrClient what is kept, and run the command again if it is still needed."
        );

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException NoRegistrationHere(string clientId, string? place) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"There is no registration of client '{clientId}' at this issuer in {place ?? "the local store"}.",
            "Get-DcrClient -Offline lists the clients that are known: -ClientName finds them by name, -Tenant by tenant. Get-DcrServer "
                + "shows the issuer that is connected."
        );

    public static DcrException PassphraseEmpty() =>
        new(
            DcrErrorId.InvalidSetup,
            "-Passphrase is empty.",
            "Give a passphrase: Read-Host -AsSecureString asks for one."
        );

    public static DcrException BrokenTenant(string shown, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"-Tenant: '{shown}' {why}.", fix);
}
