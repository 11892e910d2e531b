using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Files;

/// <summary>Where the module keeps files of its own: a folder of this user on this machine.</summary>
internal static class LocalData
{
    /// <summary>Names another folder.</summary>
    public const string Variable = "DCRPOWERSHELL_HOME";

    private const string KeyName = "store.key";

    // One for each folder: connections that were made hold on to theirs when the variable changes.
    private static readonly Dictionary<string, LocalStore> Stores = new(StringComparer.Ordinal);

    /// <summary>What vaults are registered as that may hold the key of a store.</summary>
    public static Func<IReadOnlyList<string>> VaultNames { get; set; } = static () => [];

    /// <summary>The audit log, unless <c>-AuditPath</c> names another.</summary>
    public static string AuditPath => Path.Combine(Own, "audit.jsonl");

    /// <summary>The local store. In memory where there is none yet and no file can be written.</summary>
    /// <exception cref="DcrException">StoreReadOnly: others have rights on its folder, or it is there and cannot be written.</exception>
    public static LocalStore Store
    {
        get
        {
            lock (Stores)
            {
                return Stores.TryGetValue(Own, out var store) ? store : Stores[Own] = Open(Own);
            }
        }
    }

    /// <summary>The file with the key of the local store.</summary>
    public static string KeyPath => Store.Settings.KeyPath ?? Path.Combine(Own, KeyName);

    /// <summary>What all processes of the account share, whatever folder the variable names: a vault is the same for all of them.</summary>
    // Relative where the account has no folder for local application data.
    public static string SharedPath => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "DcrPowerShell");

    private static string Own => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? Path.GetFullPath(named) : SharedPath;

    /// <summary>Makes the place for the files of the local store, where it is not there yet.</summary>
    /// <inheritdoc cref="SharedFolder"/>
    public static void Create() => Create(Own);

    /// <summary>The path of a folder in <see cref="SharedPath"/>, which is made where it is not there yet.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made: the home folder is read-only.</exception>
    public static string SharedFolder(string name)
    {
        Create(SharedPath);
        var folder = Path.Combine(SharedPath, name);
        UserOnly.CreateFolder(folder);
        return folder;
    }

    private static void Create(string folder)
    {
        if (!Path.IsPathRooted(folder))
        {
            throw new DirectoryNotFoundException("This account has no folder for local application data.");
        }

        UserOnly.CreateFolder(folder);
    }

    private static LocalStore Open(string own)
    {
        IStoreFolder folder;
        try
        {
            Create(own);
            folder = new DiskFolder(own);
            using var proof = folder.TryLock(LedgerFile.LockName);
        }
        catch (NotPrivateException failure)
        {
            throw StoreErrors.NotPrivate(failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What is there cannot be left aside: tenants and requests that only it knows would be sent again.
            folder = HasLedger(own) ? throw StoreErrors.NotWritable(own, failure) : new MemoryFolder(failure.Message);
        }

        var store = new LocalStore(folder, settings => KeyPlace(folder, settings), new AccountProtection())
        {
            VaultNames = static () => VaultNames(),
        };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => store.Dispose();
        return store;
    }

    private static bool HasLedger(string folder)
    {
        try
        {
            return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.dcrl").Any();
        }
        catch (UnauthorizedAccessException)
        {
            // Nobody knows.
            return true;
        }
    }

    private static (IStoreFolder Folder, string Name) KeyPlace(IStoreFolder folder, StoreSettings settings) => settings.KeyPath is { } path
        ? (new DiskFolder(Path.GetDirectoryName(path)!, create: false), Path.GetFileName(path))
        : (folder, KeyName);
}
