using System;
using System.Collections.Concurrent;
using System.IO;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Files;

/// <summary>Where the module keeps files of its own: a folder of this user on this machine.</summary>
internal static class LocalData
{
    /// <summary>Names another folder.</summary>
    public const string Variable = "DCRPOWERSHELL_HOME";

    private const string KeyName = "store.key";

    // One for each folder: connections that were made hold on to theirs when the variable changes.
    private static readonly ConcurrentDictionary<string, Lazy<LocalStore>> Stores = new(StringComparer.Ordinal);

    /// <summary>The audit log, unless <c>-AuditPath</c> names another.</summary>
    public static string AuditPath => Path.Combine(Own, "audit.jsonl");

    /// <summary>The local store. In memory where no file can be written.</summary>
    public static LocalStore Store => Stores.GetOrAdd(Own, static own => new Lazy<LocalStore>(() => Open(own))).Value;

    /// <summary>The file with the key of the local store.</summary>
    public static string KeyPath => Store.Settings.KeyPath ?? Path.Combine(Own, KeyName);

    // Relative where the account has no folder for local application data.
    private static string Own => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? Path.GetFullPath(named)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "DcrPowerShell");

    /// <summary>Makes the place for these files, where it is not there yet.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made: the home folder is read-only.</exception>
    public static void Create()
    {
        if (!Path.IsPathRooted(Own))
        {
            throw new DirectoryNotFoundException("This account has no folder for local application data.");
        }

        UserOnly.CreateFolder(Own);
    }

    /// <summary>The path of a folder in it, which is made where it is not there yet.</summary>
    /// <inheritdoc cref="Create"/>
    public static string Folder(string name)
    {
        Create();
        var folder = Path.Combine(Own, name);
        UserOnly.CreateFolder(folder);
        return folder;
    }

    private static LocalStore Open(string own)
    {
        IStoreFolder folder;
        try
        {
            Create();
            folder = new DiskFolder(own);
            using var proof = folder.TryLock("write.lock");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            folder = new MemoryFolder(failure.Message);
        }

        var store = new LocalStore(folder, settings => KeyPlace(folder, settings), new AccountProtection());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => store.Dispose();
        return store;
    }

    private static (IStoreFolder Folder, string Name) KeyPlace(IStoreFolder folder, StoreSettings settings) => settings.KeyPath is { } path
        ? (new DiskFolder(Path.GetDirectoryName(path)!), Path.GetFileName(path))
        : (folder, KeyName);
}
