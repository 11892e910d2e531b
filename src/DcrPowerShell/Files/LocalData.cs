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
                // One that could only be read may be writable by now.
                var own = Own;
                var former = Stores.TryGetValue(own, out var store) ? store : null;
                return former is null or { Folder: ReadOnlyFolder } ? Stores[own] = Open(own, former) : former;
            }
        }
    }

    /// <summary>The folder of a store that was replaced by an older copy of it while this process had it open; null for none.</summary>
    public static string? RolledBackPath
    {
        get
        {
            lock (Stores)
            {
                return Stores.Values.FirstOrDefault(static store => store.Opened?.File.WasRolledBack == true)?.Folder.Path;
            }
        }
    }

    /// <summary>Whether a file would be among those of the local store, where it could be taken for one of them.</summary>
    public static bool IsAmongOwn(string path) =>
        string.Equals(
            Path.GetDirectoryName(Path.GetFullPath(path)),
            Own.TrimEnd(Path.DirectorySeparatorChar),
            StringComparison.OrdinalIgnoreCase
        );

    /// <exception cref="UnauthorizedAccessException">The file would be among those of the local store.</exception>
    public static void RefuseAmongOwn(string path)
    {
        if (IsAmongOwn(path))
        {
            throw new UnauthorizedAccessException("it is in the folder of the local store, which has its own files only");
        }
    }

    /// <summary>The file with the key of the local store.</summary>
    public static string KeyPath => Store.Settings.KeyPath ?? UsualKeyPath;

    /// <summary>Where that is unless <c>Set-DcrStore -KeyPath</c> has put it elsewhere.</summary>
    public static string UsualKeyPath => Path.Combine(Own, KeyName);

    /// <summary>What all processes of the account share, whatever folder the variable names: a vault is the same for all of them.</summary>
    // Relative where the account has no folder for local application data.
    public static string SharedPath =>
        Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "DcrPowerShell"
        );

    /// <exception cref="DcrException">InvalidSetup: the variable names no full path.</exception>
    private static string Own => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? IsFull(named) ? Path.GetFullPath(named) : throw StoreErrors.HomeRelative(named)
        : SharedPath;

    // On Windows, "C:x" and "\x" begin at a current folder or drive.
    private static bool IsFull(string path) =>
        Path.IsPathRooted(path)
        && (
            Path.DirectorySeparatorChar == '/'
            || path.StartsWith(@"\\", StringComparison.Ordinal)
            || (path.Length > 2 && path[1] == ':' && path[2] is '\\' or '/')
        );

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

    /// <param name="readable">The store as it is open for reading; null for none.</param>
    private static LocalStore Open(string own, LocalStore? readable)
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
            if (HasLedger(own))
            {
                return readable ?? OpenForReading(own, failure);
            }

            folder = new MemoryFolder(failure.Message);
        }

        var store = new LocalStore(folder, settings => KeyPlace(folder, settings), new AccountProtection())
        {
            VaultNames = static () => VaultNames(),
        };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => store.Dispose();
        return store;
    }

    private static LocalStore OpenForReading(string own, Exception why)
    {
        try
        {
            var folder = new ReadOnlyFolder(new DiskFolder(own, isWritable: false), why);
            return new LocalStore(folder, settings => KeyPlace(folder, settings), new AccountProtection());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.NotWritable(own, failure);
        }
    }

    private static bool HasLedger(string folder)
    {
        try
        {
            return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.dcrl").Any();
        }
        catch (UnauthorizedAccessException)
        {
            // It cannot be found out.
            return true;
        }
    }

    private static (IStoreFolder Folder, string Name) KeyPlace(IStoreFolder folder, StoreSettings settings) => settings.KeyPath is { } path
        ? (new DiskFolder(Path.GetDirectoryName(path)!, create: false), Path.GetFileName(path))
        : (folder, KeyName);
}
