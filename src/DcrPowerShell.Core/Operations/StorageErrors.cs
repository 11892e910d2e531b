using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Operations;

/// <summary>What the store or a vault could not keep, read or drop.</summary>
internal static class StorageErrors
{
    /// <param name="vault">Its name; null where that is not known.</param>
    public static DcrException KeptElsewhere(string clientId, string? vault) =>
        DcrException.Unsent(
            DcrErrorId.ClientNotFound,
            $"The registration of client '{clientId}' is kept in {(vault is null ? "another vault" : $"vault '{vault}'")}, with its token.",
            $"Connect with -Vault {vault ?? "and that vault's name"}, or move its registrations with Move-DcrRegistration -From "
                + $"{vault ?? "<vault>"}."
        );

    public static DcrException AuditWriteFailed(string path, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.AuditWriteFailed,
            $"The audit log '{path}' cannot be written: {Why(why)}.",
            "Make the file and its folder writable for this account, and make room on the disk; or connect with another -AuditPath.",
            why
        );

    public static DcrException VaultLocked(string vault, Exception inner) =>
        DcrException.Unsent(
            DcrErrorId.VaultLocked,
            $"Vault '{vault}' is locked.",
            $"Unlock it, then run the command again: Unlock-SecretStore for a SecretStore vault, Unlock-SecretVault -Name '{vault}' for "
                + "others. DcrPowerShell never prompts.",
            inner
        );

    public static DcrException VaultNotWritable(string vault, Exception why, string? nextStep = null) =>
        DcrException.Unsent(
            DcrErrorId.VaultWriteFailed,
            $"Vault '{vault}' does not "
                + (why is VaultException { IsOfRemoval: true } ? "remove what it is to forget" : "keep what is written to it")
                + $": {Why(why)}.",
            nextStep ?? "Check the vault with Test-SecretVault, and that this account may write to it.",
            why
        );

    /// <summary>At a command's end, when its requests were sent and what they brought is kept.</summary>
    /// <param name="place">Such as "vault 'X'".</param>
    public static DcrException NotConfirmed(string place, DcrException why) =>
        new(
            why.ErrorId,
            $"All is kept here, but whether {place} still has what this command stored there could not be checked: {Why(why)}.",
            "Unlock the vault, or see what it waits for, and connect: what it lacks is stored there then.",
            why
        );

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException SecretExists(string place, string secretName) =>
        DcrException.Unsent(
            DcrErrorId.SecretExists,
            $"There is a secret named '{secretName}' in {place} already.",
            "Choose another name; or, if nobody needs that secret any more, remove it with Remove-Secret."
        );

    /// <param name="isInMemory">The local store cannot be written, so what the vault lacks ends with this process.</param>
    public static DcrException NotKept(
        string vault,
        string clientId,
        string done,
        object unstored,
        VaultException why,
        bool isInMemory
    ) =>
        new(
            DcrErrorId.VaultWriteFailed,
            $"Client '{clientId}' {done}, and vault '{vault}' did not keep that: {Why(why)}. "
                + (isInMemory ? "The memory of this process alone has it." : "The local store has it."),
            !isInMemory
                ? why.NextStep ?? "When the vault works again, connect, or run Restore-DcrRegistration: it gives the vault what it lacks."
            : why.IsOver
                ? "Before this process ends, take the client's token and secret from the DcrClient object: this error's TargetObject."
            : $"Do not end this process. {why.NextStep ?? "When the vault works again, connect: it is given what it lacks."}",
            why
        )
        {
            Unstored = unstored,
        };

    public static DcrException NotKeptHere(string clientId, string done, object unstored, bool hasAnswer, DcrException why) =>
        new(
            why.ErrorId,
            $"Client '{clientId}' {done}, and the local store could not keep that: "
                + $"{(why.InnerException is { } inner ? Why(inner) : "it is locked")}."
                + (hasAnswer ? " The server's answer is in it." : ""),
            hasAnswer
                ? "When the store can be written again, connect: what the answer brought is restored."
                : "Make room on the disk or run Unlock-DcrStore, then run any command in this session: it keeps the answer. Until then the "
                    + "secrets are in the DcrClient object, which is this error's TargetObject.",
            why
        )
        {
            Unstored = unstored,
        };

    /// <param name="place">"vault 'X'" or "the local store".</param>
    public static DcrException NotCopied(string place, string clientId, string secretName, object client, Exception why)
    {
        var isTaken = why is DcrException { ErrorId: DcrErrorId.SecretExists };
        return new(
            why is DcrException { ErrorId: var id } ? id : DcrErrorId.VaultWriteFailed,
            $"The secret of client '{clientId}' could not be copied to '{secretName}' in {place}: {Why(why)}. The "
                + "registration itself is kept.",
            $"{(isTaken ? "Copy it under another name" : $"When {place} works again, copy it")}: Set-Secret "
                + $"{(isTaken ? "<name>" : $"'{secretName}'")} -SecureStringSecret (Get-DcrClient -Offline -ClientId "
                + $"{clientId}).ClientSecret",
            why)
        {
            Unstored = client,
        };
    }

    public static DcrException NotReplaced(string place, string former, string clientId, object client, Exception why) =>
        new(
            why is DcrException { ErrorId: var id } ? id : DcrErrorId.VaultWriteFailed,
            $"Client '{clientId}' was registered in the place of '{former}' and is kept. What {place} has of the old one could not "
                + $"be brought up to date: {Why(why)}.",
            $"When {place} works again, run Connect-DcrServer: it does the rest.",
            why
        )
        {
            Unstored = client,
        };

    public static DcrException NotForgotten(string clientId, Exception why, string? nextStep) =>
        new(
            DcrErrorId.VaultWriteFailed,
            $"Client '{clientId}' was deleted at the server, and its vault still holds its registration: {Why(why)}.",
            nextStep ?? "Connect to that vault when it works again: that removes the registration there.",
            why
        );

    public static DcrException NotMoved(string vault, string clientId, Exception why, string? nextStep) =>
        new(
            DcrErrorId.VaultWriteFailed,
            $"Client '{clientId}' is being moved, and vault '{vault}' did not take it yet: {Why(why)}. The local store has "
                + "it.",
            nextStep ?? "When the vault works again, run Move-DcrRegistration again, or connect to it: it goes on from here.",
            why
        );

    public static DcrException NotMovedNow(string clientId) =>
        new(
            DcrErrorId.RequestTimedOut,
            $"Another command is at work on client '{clientId}', or its answer waits to be used. The client was not moved.",
            "Run Move-DcrRegistration again when the other command has ended. If it was stopped, connect to the server before, and "
                + "settle with Resolve-DcrOrphan what Find-DcrOrphan shows."
        );

    public static DcrException VaultEmptied(string vault, int count) =>
        DcrException.Unsent(
            DcrErrorId.VaultReadFailed,
            $"Vault '{vault}' held {count} registration{(count == 1 ? "" : "s")} and is empty now, so it was left as it is.",
            "If its files are lost, put them back from a copy first (a SecretStore: Restore-DcrRegistration -SecretStoreCopy). If this is "
                + "another vault or it was emptied on purpose, register it under another name."
        );

    public static DcrException VaultReadFailed(string vault, Exception why, string? nextStep = null) =>
        new(
            DcrErrorId.VaultReadFailed,
            $"Vault '{vault}' could not be read: {Why(why)}.",
            nextStep ?? "Check the vault with Test-SecretVault.",
            why
        );

    public static DcrException RecordUnreadable(string vault, string secretName, string why, bool isNewer) =>
        new(
            DcrErrorId.VaultReadFailed,
            $"The secret '{secretName}' in vault '{vault}' is not a registration that this version can read: {why}.",
            isNewer
                ? "A newer DcrPowerShell wrote it: update this one."
                : "If the local store still holds it, Restore-DcrRegistration restores it. If not, remove it with Remove-Secret -Vault "
                    + $"'{vault}' -Name {secretName}."
        );
}
