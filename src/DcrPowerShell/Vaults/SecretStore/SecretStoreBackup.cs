using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security;
using System.Threading;
using DcrPowerShell.Compat;
using DcrPowerShell.Files;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Vaults.SecretStore;

/// <summary>
/// A copy on disk of SecretStore's three files. It overwrites its file in place: a process that is killed meanwhile, or a full disk,
/// leaves a store that it refuses to read, and nobody can read it then. The copy is encrypted as the files are. (Found in
/// SecretStore 1.0.6, Utils.cs; where another version has no such members, there is no copy.)
/// </summary>
internal static class SecretStoreBackup
{
    private const int HashSize = 32;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static string? _kept;

    // One file with the three in it, each with its length before it: they cannot be torn apart. SecretStore's own hash proves the content.
    private static string CopyPath => Path.Combine(LocalData.Folder("secretstore"), "copy");

    /// <summary>
    /// Copies the files, if they are not as they were last copied. To be called under the vault's lock, before a write and after it.
    /// A store that does not pass SecretStore's own integrity check never replaces a good copy.
    /// </summary>
    /// <exception cref="IOException">They cannot be copied.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be copied.</exception>
    public static void Keep()
    {
        if (SecretStoreCopy.Stamp() is not { } stamp || stamp == _kept || SecretStoreCopy.StoreType is not { } type || Members.Find(type) is not { } members || members.OpenStore() is not { } store)
        {
            return;
        }

        var files = members.Paths.Select(File.ReadAllBytes).ToArray();
        if (members.IsWhole(files[0], members.PasswordOf(store)))
        {
            Replace(CopyPath, Pack(files), former: null);
            _kept = stamp;
        }
    }

    /// <summary>That SecretStore cannot read its file, and what helps if there is a copy.</summary>
    public static VaultException Unreadable(string why, Exception? inner = null)
    {
        try
        {
            return Read() is { } copy
                ? new VaultException($"{why}; Restore-DcrRegistration -SecretStoreCopy puts back the copy of {copy.Made}", inner: inner) { NextStep = "Run Restore-DcrRegistration -SecretStoreCopy. Then connect again: Connect-DcrServer brings back what the local store has." }
                : new VaultException(why, inner: inner);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new VaultException(why, inner: inner);
        }
    }

    /// <summary>Puts the copy in the place of files that SecretStore cannot read, which stay beside them under another name.</summary>
    /// <param name="modulePath">The module SecretStore.</param>
    /// <param name="password">The store's; null where it has none.</param>
    /// <returns>What was done, in whole sentences.</returns>
    /// <exception cref="DcrException">VaultWriteFailed: nothing was restored, and why.</exception>
    public static string Restore(string modulePath, SecureString? password)
    {
        try
        {
            var members = Members.Find(SecretStoreCopy.Load(modulePath)) ?? throw DcrErrors.StoreNotRestored("this version of SecretStore is not known", "Update DcrPowerShell.");
            using var held = Lock();
            var (files, made) = Read() ?? throw DcrErrors.StoreNotRestored("there is no whole copy of it", "Reset-SecretStore begins an empty store. Find-DcrOrphan and Restore-DcrRegistration -ClientId help with servers that list their clients.");
            if (!members.IsWhole(files[0], password))
            {
                throw DcrErrors.StoreNotRestored($"the copy of {made} does not open {(password is null ? "without a password" : "with that password")}", "Name the password that the store had then with -Password.");
            }

            // Once more, later: somebody may be writing it.
            for (var left = 3; left > 0; left--)
            {
                if (File.Exists(members.Paths[0]) && members.IsWhole(File.ReadAllBytes(members.Paths[0]), password))
                {
                    throw DcrErrors.StoreNotRestored("it is whole", "If it is locked, unlock it with Unlock-SecretStore; otherwise go on as usual.");
                }

                Thread.Sleep(200);
            }

            // The store itself comes last: until then this can be done again.
            var mark = ".torn-" + DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
            for (var index = files.Length - 1; index >= 0; index--)
            {
                var path = members.Paths[index];
                if (!File.Exists(path) || !File.ReadAllBytes(path).SequenceEqual(files[index]))
                {
                    Replace(path, files[index], path + mark);
                }
            }

            VaultRunspace.WithSecretManagementOccupied(members.Reset);
            return $"SecretStore has the copy of {made} again. What could not be read is beside it: {members.Paths[0]}{mark}. "
                + $"{(password is null ? "Connect" : "Unlock it with Unlock-SecretStore and connect")}: Connect-DcrServer brings back what the local store has.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or VaultException)
        {
            throw DcrErrors.StoreNotRestored(failure.Message.TrimEnd('.'), "See that this account can read and write it, then run the command again.", failure);
        }
    }

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

        return start == bytes.Length ? (files, File.GetLastWriteTime(path).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)) : null;
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
            }

            if (File.Exists(path))
            {
                File.Replace(fresh, path, former);
            }
            else
            {
                File.Move(fresh, path);
            }
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    private sealed class Members(FieldInfo localStore, FieldInfo secureStore, FieldInfo password, MethodInfo validate, MethodInfo reset, string[] paths)
    {
        /// <summary>Of the store itself, its key and its configuration.</summary>
        public string[] Paths => paths;

        /// <summary>Null where another version has no such members.</summary>
        public static Members? Find(Type type)
        {
            const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
            var file = type.Assembly.GetType(type.Namespace + ".SecureStoreFile");
            string[] fields = ["LocalStoreFilePath", "LocalKeyFilePath", "LocalConfigFilePath"];
            var paths = fields.Select(name => file?.GetField(name, Any)?.GetValue(null)).OfType<string>().ToArray();
            return type.GetField("LocalStore", Any) is { } localStore
                && type.GetField("_secureStore", Any) is { } secureStore
                && secureStore.FieldType.GetField("_password", Any) is { } password
                && type.Assembly.GetType(type.Namespace + ".CryptoUtils")?.GetMethod("ValidateHashWithPasswordOrUser", Any, null, [typeof(SecureString), typeof(byte[]), typeof(byte[])], null) is { } validate
                && type.GetMethod("Reset", Any, null, [], null) is { } reset
                && paths.Length == fields.Length
                ? new Members(localStore, secureStore, password, validate, reset, paths)
                : null;
        }

        /// <summary>The store in this process's memory; null where it is not open.</summary>
        public object? OpenStore() => localStore.GetValue(null) is { } store ? secureStore.GetValue(store) : null;

        public SecureString? PasswordOf(object store) => (SecureString?)password.GetValue(store);

        /// <summary>SecretStore's own check of its file: the length of a hash, the hash, and what it is of.</summary>
        public bool IsWhole(byte[] file, SecureString? password)
        {
            const int Start = sizeof(int) + HashSize;
            return file.Length > Start && BitConverter.ToInt32(file, 0) == HashSize
                && (bool)validate.Invoke(null, [password, file.Skip(sizeof(int)).Take(HashSize).ToArray(), Rest()])!;

            byte[] Rest()
            {
                var rest = new byte[file.Length - Start];
                Buffer.BlockCopy(file, Start, rest, 0, rest.Length);
                return rest;
            }
        }

        /// <summary>Has SecretStore read its files anew in this process.</summary>
        public void Reset() => reset.Invoke(null, null);
    }
}
