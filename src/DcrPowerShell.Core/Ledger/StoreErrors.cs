using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Ledger;

/// <summary>What can be wrong with the local store.</summary>
internal static class StoreErrors
{
    public static DcrException NotWritable(string path, Exception why) =>
        new(DcrErrorId.StoreReadOnly, $"The local store in '{path}' cannot be written: {why.Message.TrimEnd('.')}. Nothing was sent.", "Make room on the disk, or make the folder writable for this account; DCRPOWERSHELL_HOME names another folder. Then run the command again.", why);

    public static DcrException Newer(string path, Exception why) =>
        new(DcrErrorId.StoreDamaged, $"The local store in '{path}' was written by a newer DcrPowerShell. It was left as it is.", "Update this module: Update-Module DcrPowerShell.", why);

    public static DcrException FrameDamaged(string path) =>
        new(DcrErrorId.StoreDamaged, $"A registration in the local store in '{path}' is damaged and cannot be read. Nothing was sent.", "Bring it back from a backup: Restore-DcrRegistration -Path. Get-DcrStore shows what is damaged.");

    public static DcrException TooLarge(Exception why) =>
        new(DcrErrorId.InvalidClientMetadata, $"The client metadata cannot be stored: {why.Message}. Nothing was sent.", "Leave out what the client does not need.", why) { Member = "metadata" };
}
