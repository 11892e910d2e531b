using System;
using System.IO;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>Where the store's key file is, and the settings that say so.</summary>
/// <param name="keyFolder">Where the key file is, by the settings.</param>
internal sealed class StoreKeyFile(IStoreFolder folder, Func<StoreSettings, (IStoreFolder Folder, string Name)> keyFolder)
{
    private const string What = "the key";

    // Where it was last found.
    private (IStoreFolder Folder, string Name) _found = (folder, "");

    /// <exception cref="DcrException">StoreDamaged.</exception>
    public StoreSettings Settings => Guard(() => StoreSettings.Read(folder), StoreSettings.FileName);

    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Set(Func<StoreSettings, StoreSettings> change) => Guard(
        () =>
        {
            StoreSettings.Change(folder, change);
            return true;
        },
        StoreSettings.FileName);

    /// <summary>Where it is by the settings, for people.</summary>
    public string FullPath
    {
        get
        {
            var (place, name) = keyFolder(Settings);
            return Path.Combine(place.Path, name);
        }
    }

    /// <summary>Whether it is where it was last found, or where another process has put it since.</summary>
    public bool IsThere => Guard(() => _found.Folder.Length(_found.Name), What) is not null || Read() is not null;

    /// <summary>Null where there is none.</summary>
    /// <exception cref="DcrException">StoreDamaged, StoreReadOnly.</exception>
    public KeyFile? Read() => Guard(
        () =>
        {
            var (place, name) = keyFolder(Settings);
            _found = (place, name);
            return place.Read(name) is { } utf8 ? KeyFile.Parse(utf8) : null;
        },
        What);

    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Write(KeyFile file) => Guard(
        () =>
        {
            var (place, name) = keyFolder(Settings);
            place.Replace(name, file.ToUtf8());
            return true;
        },
        What);

    /// <summary>Puts the key file somewhere else; or, where it has been put there already, says so.</summary>
    /// <param name="path">Null for the store's own folder.</param>
    /// <param name="make">Makes one where there is none; null where none may be made.</param>
    /// <exception cref="DcrException">
    /// StoreReadOnly; StoreKeyMissing: it is in neither place; SecretExists: another file is there; InvalidSetup: there is no such folder.
    /// </exception>
    public void Move(string? path, Func<KeyFile>? make)
    {
        var former = Settings;
        var (place, name) = Guard(() => keyFolder(former with { KeyPath = path }), What);
        var key = Read() ?? make?.Invoke();
        var fullPath = Path.Combine(place.Path, name);
        if (key is null)
        {
            RequireKey(place, name, fullPath);
            Set(settings => settings with { KeyPath = path });
            return;
        }

        var (formerPlace, formerName) = keyFolder(former);
        if (Path.Combine(formerPlace.Path, formerName) == fullPath)
        {
            return;
        }

        if (Guard(() => place.Length(name), What) is not null)
        {
            throw StoreErrors.KeyPathTaken(fullPath);
        }

        try
        {
            place.Replace(name, key.ToUtf8());
        }
        catch (DirectoryNotFoundException failure)
        {
            throw StoreErrors.KeyFolderMissing(place.Path, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.NotWritable(place.Path, failure);
        }

        try
        {
            Set(settings => settings with { KeyPath = path });
        }
        catch (DcrException)
        {
            // It stays where it was, and in no other place.
            place.Delete(name);
            throw;
        }

        formerPlace.Delete(formerName);
    }

    private void RequireKey(IStoreFolder place, string name, string path)
    {
        try
        {
            KeyFile.Parse(Guard(() => place.Read(name), What) ?? throw StoreErrors.KeyMissing(path));
        }
        catch (FormatException failure)
        {
            throw StoreErrors.NoKeyFile(path, failure);
        }
    }

    /// <summary>What the disk refuses, and what is damaged, as an error with a next step.</summary>
    public T Guard<T>(Func<T> action, string what)
    {
        try
        {
            return action();
        }
        catch (FormatException failure)
        {
            throw StoreErrors.FileDamaged(folder.Path, what, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.NotWritable(folder.Path, failure);
        }
    }
}
