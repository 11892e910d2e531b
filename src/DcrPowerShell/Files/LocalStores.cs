using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Files;

/// <summary>
/// The local stores that this process has open, one for each folder: connections that were made hold on to theirs when the variable
/// changes.
/// </summary>
/// <param name="vaultNames">What vaults are registered as that may hold the key of a store.</param>
internal sealed class LocalStores(Func<IReadOnlyList<string>> vaultNames)
{
    private readonly Dictionary<string, LocalStore> _stores = new(StringComparer.Ordinal);

    /// <summary>The local store. In memory where there is none yet and no file can be written.</summary>
    /// <exception cref="DcrException">StoreReadOnly: others have rights on its folder, or it is there and cannot be written.</exception>
    public LocalStore Current
    {
        get
        {
            lock (_stores)
            {
                // One that could only be read may be writable by now.
                var own = LocalData.HomePath;
                var former = _stores.TryGetValue(own, out var store) ? store : null;
                return former is null or { Folder: ReadOnlyFolder } ? _stores[own] = Open(own, former) : former;
            }
        }
    }

    /// <summary>The file with the key of the local store.</summary>
    public string KeyPath => Current.Settings.KeyPath ?? LocalData.UsualKeyPath;

    /// <summary>The folder of a store that was replaced by an older copy of it while this process had it open; null for none.</summary>
    public string? RolledBackPath
    {
        get
        {
            lock (_stores)
            {
                return _stores.Values.FirstOrDefault(static store => store.Opened?.File.WasRolledBack == true)?.Folder.Path;
            }
        }
    }

    /// <param name="readable">The store as it is open for reading; null for none.</param>
    private LocalStore Open(string own, LocalStore? readable)
    {
        IStoreFolder folder;
        try
        {
            LocalData.Create(own);
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

        var store = new LocalStore(folder, settings => KeyPlace(folder, settings), new AccountProtection()) { VaultNames = vaultNames };
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
        : (folder, LocalData.KeyName);
}
