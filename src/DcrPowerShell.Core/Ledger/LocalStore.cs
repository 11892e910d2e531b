using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>The store of this user on this machine: the ledger, its keys, and whether they are open in this process.</summary>
/// <param name="keyFolder">Where the key file is, by the settings.</param>
internal sealed class LocalStore(
    IStoreFolder folder,
    Func<StoreSettings, (IStoreFolder Folder, string Name)> keyFolder,
    IAccountProtection account
) : ILedgerKeys, IDisposable
{
    private const string ProtectLockName = "protect.lock";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<ulong, LedgerKey> _keys = new();
    private volatile RegistrationLedger? _ledger;
    private KeyFile? _keyFile;

    // Where it was last found.
    private (IStoreFolder Folder, string Name) _keyPlace = (folder, "");

    // Unlock-DcrStore -Lock holds until somebody unlocks it.
    private volatile bool _wasLocked;

    /// <summary>How long a change of the protection waits for answers that other processes are waiting for.</summary>
    public TimeSpan LongestAnswer { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>What vaults are registered as that may hold the key: all but the local store itself.</summary>
    public Func<IReadOnlyList<string>> VaultNames { get; init; } = static () => [];

    public IStoreFolder Folder => folder;

    /// <summary>The ledger, once it is open in this process.</summary>
    public RegistrationLedger? Opened => _ledger;

    /// <summary>What protects the key; null where there is none yet.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public DcrProtection? Protection => ReadKeyFile() is { } file ? file.Keys[file.Keys.Count - 1].Protection : null;

    LedgerHash ILedgerKeys.LedgerId => _keyFile!.LedgerId;

    LedgerKey ILedgerKeys.Active =>
        _keys.TryGetValue(_keyFile!.Keys[_keyFile.Keys.Count - 1].Id, out var key) ? key : throw StoreErrors.Locked();

    LedgerKey? ILedgerKeys.Find(ulong id) => _keys.TryGetValue(id, out var key) ? key : null;

    void ILedgerKeys.RequireKept()
    {
        // Another process may have put it elsewhere.
        if (Guard(() => _keyPlace.Folder.Length(_keyPlace.Name), "the key") is null && ReadKeyFile() is null)
        {
            throw StoreErrors.KeyGone(KeyPath());
        }
    }

    void ILedgerKeys.Refresh()
    {
        var former = _keyFile!;
        _keyFile = ReadKeyFile() ?? former;
        if (_keyFile.LedgerId != former.LedgerId)
        {
            _keyFile = former;
            throw StoreErrors.Replaced(folder.Path);
        }

        foreach (var key in _keyFile.Keys.Where(key => !_wasLocked && key.Account is not null && !_keys.ContainsKey(key.Id)))
        {
            Take(key, OpenByAccount(key.Account!.Value));
        }

        if (!_wasLocked)
        {
            Unwrap(_keyFile);
        }
    }

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

    /// <summary>The ledger. Opens it where it is not open yet, and makes it where there is none.</summary>
    /// <param name="vaultOf">Gives the vault that holds the key, where one does.</param>
    /// <exception cref="DcrException">StoreLocked, StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    public async Task<RegistrationLedger> OpenAsync(Func<string, ISecretVault>? vaultOf = null)
    {
        if (_ledger is { } open && !_wasLocked)
        {
            return open;
        }

        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_wasLocked)
            {
                throw StoreErrors.Locked();
            }

            return _ledger ??= await LoadAsync(vaultOf).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Opens the store with its passphrase; one that needs none, after it was locked.</summary>
    /// <exception cref="DcrException">StoreLocked: the passphrase is another. StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    public async Task UnlockAsync(SecureString? passphrase, Func<string, ISecretVault>? vaultOf = null)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            // A store without a passphrase ignores one, so that a runbook can give it wherever it runs.
            if (passphrase is not null && ReadKeyFile() is { } file && file.Keys.Any(static key => key.Passphrase is not null))
            {
                var opened = file.Keys.Where(static key => key.Passphrase is not null)
                    .Select(key => (Entry: key, Bytes: key.Passphrase!.Open(passphrase, KeyFile.Associated(file.LedgerId))))
                    .FirstOrDefault(static key => key.Bytes is not null);
                Take(opened.Entry ?? throw StoreErrors.PassphraseWrong(), opened.Bytes!);
            }

            await LoadKeysAsync(vaultOf).ConfigureAwait(false);
            _wasLocked = false;
            _ledger ??= NewLedger();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Closes the store for this process, until it is unlocked: its keys leave the memory. Connections find it open again then.
    /// </summary>
    public void Lock()
    {
        _gate.Wait();
        try
        {
            _wasLocked = true;
            _keys.Clear();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Gives the store another protection: a new key, with which everything is sealed anew. Both keys are in the key file until the
    /// next generation of the ledger is in place.
    /// </summary>
    /// <param name="protect">Protects the new key; has it stored where that is elsewhere.</param>
    /// <returns>Where vaults still have former keys, which open nothing but older copies of the folder.</returns>
    /// <exception cref="DcrException">
    /// What <paramref name="protect"/> throws, StoreReadOnly: the old protection holds; or, where the error says so, either of the two
    /// opens it, and the next open ends the change.
    /// </exception>
    public async Task<IReadOnlyList<(string Vault, string SecretName)>> ProtectAsync(
        Func<LedgerHash, LedgerKey, Task<ProtectedKey>> protect,
        Func<string, ISecretVault>? vaultOf = null
    )
    {
        var ledger = await OpenAsync(vaultOf).ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            using var alone = Guard(() => StoreLock.Take(folder, ProtectLockName), "the key");
            await LoadKeysAsync(vaultOf).ConfigureAwait(false);
            var (file, former) = (_keyFile!, ((ILedgerKeys)this).Active);
            var key = former.Renewed();
            var fresh = await protect(file.LedgerId, key).ConfigureAwait(false);
            _keys[key.Id] = key;
            WriteKeyFile(
                file with
                {
                    Keys = [.. file.Keys.Select(entry => file.Wrap(entry, _keys[entry.Id], key)), file.Wrap(fresh, key, former)],
                }
            );
            try
            {
                await SealAnewAsync(ledger).ConfigureAwait(false);
            }
            catch (DcrException failure)
            {
                TakeBack(failure);
                throw;
            }

            await WaitForOthersAsync(ledger).ConfigureAwait(false);
            WriteKeyFile(file with { Keys = [fresh] });
            return file.Keys.Select(static former => former.Vault).OfType<(string Vault, string SecretName)>().ToList();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task SealAnewAsync(RegistrationLedger ledger)
    {
        for (var left = 100; !ledger.Compact(); left--)
        {
            if (left == 0)
            {
                throw StoreErrors.NotWritable(folder.Path, new IOException("another process has been compacting it"));
            }

            await Task.Delay(Beat).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The last key is the one that stays when the next open ends the change: the former one again, for the user is told that it failed.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly: the new one stays the last.</exception>
    private void TakeBack(DcrException failure)
    {
        var both = _keyFile!;
        var count = both.Keys.Count;
        try
        {
            WriteKeyFile(both with { Keys = [both.Keys[count - 1], .. both.Keys.Take(count - 1)] });
        }
        catch (DcrException)
        {
            throw StoreErrors.ProtectionHalfChanged(folder.Path, failure);
        }
    }

    /// <summary>Who has asked with the former key must find the new one when the answer comes, or the answer is lost.</summary>
    private async Task WaitForOthersAsync(RegistrationLedger ledger)
    {
        var awaited = ledger.Requests.AwaitedElsewhere();
        for (var left = LongestAnswer; awaited.Count > 0; left -= Beat)
        {
            if (left <= TimeSpan.Zero)
            {
                throw StoreErrors.AnswersAwaited(folder.Path, awaited.Count);
            }

            await Task.Delay(Beat).ConfigureAwait(false);
            awaited = awaited.Intersect(ledger.Requests.AwaitedElsewhere()).ToList();
        }
    }

    /// <summary>A key as the user's account protects it.</summary>
    public ProtectedKey ByAccount(LedgerKey key) =>
        new()
        {
            Id = key.Id,
            Protection = DcrProtection.User,
            Account = (account.Scheme, account.Protect(key.ToBytes())),
        };

    /// <summary>A key as a passphrase protects it.</summary>
    public static ProtectedKey ByPassphrase(LedgerHash ledgerId, LedgerKey key, SecureString passphrase) =>
        new()
        {
            Id = key.Id,
            Protection = DcrProtection.Passphrase,
            Passphrase = PassphraseSeal.Of(key.ToBytes(), passphrase, KeyFile.Associated(ledgerId)),
        };

    /// <summary>Puts the key file somewhere else; or, where it has been put there already, says so.</summary>
    /// <param name="path">Null for the store's own folder.</param>
    /// <exception cref="DcrException">
    /// StoreReadOnly; StoreKeyMissing: it is in neither place; SecretExists: another file is there; InvalidSetup: there is no such folder.
    /// </exception>
    public void MoveKey(string? path)
    {
        var former = Settings;
        var (place, name) = Guard(() => keyFolder(former with { KeyPath = path }), "the key");
        var key = ReadKeyFile() ?? (HasFrames ? null : MakeKeyFile());
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

        if (Guard(() => place.Length(name), "the key") is not null)
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
            KeyFile.Parse(Guard(() => place.Read(name), "the key") ?? throw StoreErrors.KeyMissing(path));
        }
        catch (FormatException failure)
        {
            throw StoreErrors.NoKeyFile(path, failure);
        }
    }

    public void Dispose()
    {
        _ledger?.Dispose();
        _gate.Dispose();
    }

    private async Task<RegistrationLedger> LoadAsync(Func<string, ISecretVault>? vaultOf)
    {
        await LoadKeysAsync(vaultOf).ConfigureAwait(false);
        return NewLedger();
    }

    private RegistrationLedger NewLedger()
    {
        if (_keyFile!.IsBegun && Guard(() => LedgerGeneration.Newest(folder), "the ledger") == 0)
        {
            throw StoreErrors.LedgerGone(folder.Path);
        }

        var ledger = new RegistrationLedger(folder, this);
        if (!ledger.File.IsOwn && WhyForeign(ledger.File) is { } why)
        {
            // Its tenants would all be unknown, and be registered again.
            ledger.Dispose();
            throw why;
        }

        try
        {
            Begin(ledger);
            EndProtecting(ledger);
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.StoreReadOnly)
        {
            // Another time: both keys are here.
        }

        return ledger;
    }

    /// <summary>Why a ledger without a frame of this store is not the one; null where nobody has written to it yet.</summary>
    private DcrException? WhyForeign(LedgerFile file) =>
        LedgerGeneration.Numbers(folder).Count > 1 ? StoreErrors.LedgerForeign(folder.Path, file.Name)
        : file.IsOfOtherKeys ? StoreErrors.KeyOfAnother(KeyPath())
        : _keyFile!.IsBegun ? StoreErrors.LedgerForeign(folder.Path, file.Name)
        : null;

    /// <summary>Notes beside the key that the ledger has frames, so that one that is gone or empty is not taken for a new one.</summary>
    private void Begin(RegistrationLedger ledger)
    {
        if (_keyFile!.IsBegun)
        {
            return;
        }

        if (!ledger.File.IsOwn)
        {
            ledger.Prove();
        }

        // Whoever has the lock changes the key file now; then the next opening notes it.
        using var alone = Guard(() => folder.TryLock(ProtectLockName), "the key");
        if (alone is not null && ReadKeyFile() is { } file)
        {
            WriteKeyFile(file with { IsBegun = true });
        }
    }

    /// <summary>Ends a change of the protection that was broken off: until then the former protection opens everything, too.</summary>
    private void EndProtecting(RegistrationLedger ledger)
    {
        if (_keyFile!.Keys.Count == 1)
        {
            return;
        }

        using var alone = Guard(() => folder.TryLock(ProtectLockName), "the key");
        if (alone is not null && ReadKeyFile() is { Keys: { Count: > 1 } keys } file && keys.All(key => _keys.ContainsKey(key.Id)))
        {
            _keyFile = file;
            if (ledger.Compact())
            {
                WriteKeyFile(file with { Keys = [keys[keys.Count - 1] with { Wrapped = null }] });
            }
        }
    }

    private async Task LoadKeysAsync(Func<string, ISecretVault>? vaultOf)
    {
        var file = ReadKeyFile() ?? (_keys.IsEmpty ? MakeKeyFile() : throw StoreErrors.KeyGone(KeyPath()));
        DcrException? locked = null;
        foreach (var entry in file.Keys.Where(entry => !_keys.ContainsKey(entry.Id)))
        {
            try
            {
                Take(entry, await OpenAsync(entry, vaultOf).ConfigureAwait(false));
            }
            catch (DcrException failure)
            {
                locked ??= failure;
            }
        }

        Unwrap(file);
        _keyFile = file.Keys.All(entry => _keys.ContainsKey(entry.Id)) ? file : throw locked!;
    }

    /// <summary>Where a change of the protection was broken off, either key opens the other.</summary>
    private void Unwrap(KeyFile file)
    {
        foreach (var entry in file.Keys.Where(entry => !_keys.ContainsKey(entry.Id)))
        {
            if (_keys.Values.Select(by => file.Unwrap(entry, by)).FirstOrDefault(static bytes => bytes is not null) is { } key)
            {
                Take(entry, key);
            }
        }
    }

    private async Task<byte[]> OpenAsync(ProtectedKey key, Func<string, ISecretVault>? vaultOf)
    {
        switch (key)
        {
            case { Account: { } own }:
                return OpenByAccount(own);

            case { Vault: { } place }:
                try
                {
                    return Convert.FromBase64String(
                        await FindInVaultsAsync(place, vaultOf ?? throw StoreErrors.Locked()).ConfigureAwait(false)
                    );
                }
                catch (FormatException failure)
                {
                    throw StoreErrors.KeyUnusable(failure);
                }

            default:
                throw StoreErrors.Locked();
        }
    }

    /// <summary>
    /// The secret's name is the key's own. What its vault was registered as is where to look first: where that does not have it, the vault
    /// goes by another name.
    /// </summary>
    private async Task<string> FindInVaultsAsync((string Vault, string SecretName) place, Func<string, ISecretVault> vaultOf)
    {
        var lost = StoreErrors.KeyNotInVault(place.Vault, place.SecretName);
        DcrException? failed = null;
        foreach (
            var (name, isNamed) in VaultNames()
                .Select(name => (name, place.Vault.Equals(name, StringComparison.OrdinalIgnoreCase)))
                .OrderByDescending(static vault => vault.Item2)
        )
        {
            try
            {
                if (await vaultOf(name).GetAsync(place.SecretName).ConfigureAwait(false) is { } text)
                {
                    return text;
                }

                // That one has lost it, most likely: no matter what others say.
                failed = isNamed ? lost : failed;
            }
            catch (VaultException failure)
            {
                failed ??= StoreErrors.KeyVaultFailed(name, failure);
                if (isNamed)
                {
                    break;
                }
            }
        }

        throw failed ?? lost;
    }

    private byte[] OpenByAccount((string Scheme, byte[] Key) own)
    {
        try
        {
            return own.Scheme == account.Scheme
                ? account.Unprotect(own.Key)
                : throw new CryptographicException($"it is protected by {own.Scheme}, which this machine does not have");
        }
        catch (CryptographicException failure)
        {
            throw StoreErrors.KeyUnusable(failure);
        }
    }

    private void Take(ProtectedKey entry, byte[] bytes)
    {
        try
        {
            var key = LedgerKey.FromBytes(bytes);
            _keys[entry.Id] = key.Id == entry.Id ? key : throw new FormatException("it is another key than the key file names");
        }
        catch (FormatException failure)
        {
            throw StoreErrors.KeyUnusable(failure);
        }
    }

    /// <summary>
    /// A store that nobody has written to gets a key. One that somebody has written to, and whose key is gone, never gets another.
    /// </summary>
    private KeyFile MakeKeyFile() => Guard(
        () =>
        {
            using var held = StoreLock.Take(folder, LedgerFile.LockName);
            if (ReadKeyFile() is { } made)
            {
                return made;
            }

            if (HasFrames)
            {
                throw StoreErrors.KeyMissing(KeyPath());
            }

            var key = LedgerKey.New();
            _keys[key.Id] = key;
            var file = new KeyFile(LedgerHash.New(), [ByAccount(key)]);
            WriteKeyFile(file);
            return file;
        },
        "the key");

    private bool HasFrames =>
        Guard(() => folder.List().Any(name => name.EndsWith(".dcrl", StringComparison.Ordinal) && folder.Length(name) > 0), "the ledger");

    private string KeyPath()
    {
        var (place, name) = keyFolder(Settings);
        return Path.Combine(place.Path, name);
    }

    private KeyFile? ReadKeyFile() => Guard(
        () =>
        {
            var (place, name) = keyFolder(Settings);
            _keyPlace = (place, name);
            return place.Read(name) is { } utf8 ? KeyFile.Parse(utf8) : null;
        },
        "the key");

    private void WriteKeyFile(KeyFile file) => Guard(
        () =>
        {
            var (place, name) = keyFolder(Settings);
            place.Replace(name, file.ToUtf8());
            _keyFile = file;
            return true;
        },
        "the key");

    private T Guard<T>(Func<T> action, string what)
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
