using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security;
using System.Threading;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;

namespace DcrPowerShell.Vaults.SecretStore;

/// <summary>
/// A copy on disk of SecretStore's three files. SecretStore overwrites its file in place: a process that is killed meanwhile leaves a store
/// that nobody can read, and the ledger has dropped by then what the vault had. The copy is encrypted as the files are.
/// </summary>
/// <param name="canMakeFiles">Whether the module can make files here.</param>
internal sealed class SecretStoreBackup(VaultRunspace runspace, Func<bool> canMakeFiles)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private string? _kept;

    // One file with the three in it, each with its length before it: they cannot be torn apart. SecretStore's own hash proves the content.
    private static string CopyPath => Path.Combine(LocalData.SharedFolder("secretstore"), "copy");

    /// <summary>
    /// Copies the files, if they are not as they were last copied. To be called under the vault's lock, before a write and after it.
    /// A store that does not pass SecretStore's own integrity check never replaces a good copy.
    /// </summary>
    /// <param name="stamp">Tells the store's file from any other state of it; null where there is none.</param>
    /// <exception cref="VaultException">They cannot be copied: to write now would risk all of the store's secrets.</exception>
    public void Keep(SecretStoreMembers members, object store, string? stamp)
    {
        // Where no file at all can be made, the user was told so when the ledger was opened.
        if (stamp is null || stamp == _kept || !canMakeFiles())
        {
            return;
        }

        try
        {
            if (_kept is null && File.Exists(CopyPath) && !members.HasAny(members.Data(store), "dcr-"))
            {
                // A store without anything of ours took the place of one that had it: what that was is not dropped.
                File.Move(CopyPath, $"{CopyPath}-{Mark()}");
            }

            var files = members.Paths.Select(SecretStoreMembers.Bytes).ToArray();
            if (files.All(static file => file.Length > 0) && members.IsWhole(files[0], members.PasswordOf(store)))
            {
                Replace(CopyPath, Pack(files), former: null);
                _kept = stamp;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(
                $"no copy of its files could be made ({Redaction.Printable(failure.Message).TrimEnd('.')}), and it is not written without "
                    + "one"
            )
            {
                NextStep =
                    $"Make room, or see to the rights, in '{LocalData.SharedPath}', and connect again: nothing is lost.",
            };
        }
    }

    /// <summary>
    /// After a write that failed: has the file as it was before, in place, for which a full disk has room. Does nothing where it is whole.
    /// </summary>
    public void RestoreIfTorn(SecretStoreMembers members, SecureString? password)
    {
        try
        {
            if (
                !members.IsWhole(SecretStoreMembers.Bytes(members.Paths[0]), password)
                && _kept is not null
                && Read() is { Files: var files }
                && members.IsWhole(files[0], password)
            )
            {
                for (var index = files.Length - 1; index >= 0; index--)
                {
                    using var stream = new FileStream(members.Paths[index], FileMode.Open, FileAccess.Write);
                    stream.Write(files[index], 0, files[index].Length);
                    stream.SetLength(files[index].Length);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Then the next call says that it is torn, and Restore-DcrRegistration -SecretStoreCopy does it.
        }
    }

    /// <summary>The error where SecretStore cannot read its file, with what helps if there is a copy.</summary>
    public static VaultException Unreadable(string why)
    {
        try
        {
            return Read() is { } copy
                ? new VaultException($"{why}; Restore-DcrRegistration -SecretStoreCopy restores the copy of {copy.Made}")
                {
                    NextStep =
                        "Run Restore-DcrRegistration -SecretStoreCopy. Then connect again: Connect-DcrServer restores what the local "
                            + "store has.",
                }
                : new VaultException(why);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new VaultException(why);
        }
    }

    /// <summary>Puts the copy in the place of files that SecretStore cannot read, which stay beside them under another name.</summary>
    /// <param name="members">Null for a version of SecretStore that is not known.</param>
    /// <param name="password">The store's; null where it has none.</param>
    /// <returns>What was done, in whole sentences.</returns>
    /// <exception cref="DcrException">VaultWriteFailed: nothing was restored, and why.</exception>
    public string Restore(SecretStoreMembers? members, SecureString? password)
    {
        try
        {
            if (members is null)
            {
                throw VaultErrors.StoreNotRestored("this version of SecretStore is not known", "Update DcrPowerShell.");
            }

            using var held = Lock();
            var (files, made) =
                Read()
                ?? throw VaultErrors.StoreNotRestored(
                    "there is no whole copy of it",
                    "Reset-SecretStore begins an empty store. Find-DcrOrphan and Restore-DcrRegistration -ClientId help with servers that "
                        + "list their clients."
                );
            if (!members.IsWhole(files[0], password))
            {
                throw VaultErrors.StoreNotRestored(
                    $"the copy of {made} does not open {(password is null ? "without a password" : "with that password")}",
                    "Name the password that the store had then with -Password."
                );
            }

            RequireUnreadableOrEmptied(members, password);

            // The store itself comes last: until then this can be done again.
            var mark = ".torn-" + Mark();
            for (var index = files.Length - 1; index >= 0; index--)
            {
                var path = members.Paths[index];
                if (!File.Exists(path) || !SecretStoreMembers.Bytes(path).SequenceEqual(files[index]))
                {
                    Replace(path, files[index], path + mark);
                }
            }

            runspace.WithSecretManagementOccupied(members.Reset);
            return $"SecretStore has the copy of {made} again. What was there is beside it: "
                + $"{Path.GetDirectoryName(members.Paths[0])}/*{mark}. "
                + $"{(password is null ? "Connect" : "Unlock it with Unlock-SecretStore and connect")}: Connect-DcrServer restores what "
                + "the local store has.";
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or VaultException or TargetInvocationException)
        {
            throw VaultErrors.StoreNotRestored(
                ErrorWords.Why(failure.InnerException ?? failure),
                "See that this account can read and write it, then run the command again.",
                failure
            );
        }
    }

    /// <summary>
    /// A store that can be read is left alone, unless nothing of ours is in it: SecretStore makes an empty one where its file is gone.
    /// </summary>
    /// <exception cref="DcrException">VaultWriteFailed.</exception>
    private static void RequireUnreadableOrEmptied(SecretStoreMembers members, SecureString? password)
    {
        // Once more, later: somebody may be writing it.
        for (var left = 3; left > 0; left--)
        {
            if (members.WhyUnreadable(password) is null)
            {
                members.Reset();
                members.Unlock(password);
                if (members.HasAny(members.Data(members.Open()), "dcr-"))
                {
                    throw VaultErrors.StoreNotRestored(
                        "it is whole",
                        "If it is locked, unlock it with Unlock-SecretStore; otherwise go on as usual."
                    );
                }

                return;
            }

#pragma warning disable RS0030 // SecretStore does not say when others have written its file.
            Thread.Sleep(200);
#pragma warning restore RS0030
        }
    }

    private static string Mark() => DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static IDisposable Lock() => VaultLock.TryTake(VaultLock.SecretStore, LongestWait)
        ?? throw new VaultException($"another process has been writing to it for {Duration.Say(LongestWait)}");

    private static byte[] Pack(byte[][] files)
    {
        var bytes = new byte[files.Sum(file => sizeof(int) + file.Length)];
        using var stream = new MemoryStream(bytes);
        using var writer = new BinaryWriter(stream);
        foreach (var file in files)
        {
            writer.Write(file.Length);
            writer.Write(file);
        }

        return bytes;
    }

    /// <summary>The copy; null where there is none, or a damaged one.</summary>
    private static (byte[][] Files, string Made)? Read()
    {
        var path = CopyPath;
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var files = new byte[3][];
        var start = 0;
        for (var index = 0; index < files.Length; index++)
        {
            var length = start + sizeof(int) <= bytes.Length ? BitConverter.ToInt32(bytes, start) : 0;
            start += sizeof(int);
            if (length <= 0 || length > bytes.Length - start)
            {
                return null;
            }

            files[index] = new byte[length];
            Buffer.BlockCopy(bytes, start, files[index], 0, length);
            start += length;
        }

        return start == bytes.Length
            ? (files, File.GetLastWriteTime(path).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))
            : null;
    }

    /// <summary>Writes a new file beside and puts it in the place of the other at once.</summary>
    /// <param name="former">What the other is to be called then; null if it is not needed.</param>
    private static void Replace(string path, byte[] bytes, string? former)
    {
        var fresh = path + ".new";
        try
        {
            using (var stream = UserOnly.OpenAlone(fresh, FileMode.Create))
            {
                stream.Write(bytes, 0, bytes.Length);
                stream.Flush(flushToDisk: true);
            }

            InPlace.Put(fresh, path, former);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }
}
