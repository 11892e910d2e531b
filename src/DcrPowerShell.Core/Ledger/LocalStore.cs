using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>The store of this user on this machine: the ledger, its keys, and whether they are open in this process.</summary>
internal sealed class LocalStore : IDisposable
{
    private const string ProtectLockName = "protect.lock";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly StoreKeyFile _keyFile;
    private readonly StoreKeys _keys;
    private volatile RegistrationLedger? _ledger;

    /// <param name="keyFolder">Where the key file is, by the settings.</param>
    public LocalStore(
        IStoreFolder folder,
        Func<StoreSettings, (IStoreFolder Folder, string Name)> keyFolder,
        IAccountProtection account
    )
    {
        Folder = folder;
        _keyFile = new StoreKeyFile(folder, keyFolder);
        _keys = new StoreKeys(_keyFile, folder, account);
    }

    /// <summary>How long a change of the protection waits for answers that other processes are waiting for.</summary>
    public TimeSpan LongestAnswer { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>What vaults are registered as that may hold the key: all but the local store itself.</summary>
    public Func<IReadOnlyList<string>> VaultNames
    {
        init => _keys.VaultNames = value;
    }

    public IStoreFolder Folder { get; }

    /// <summary>The keys, as they are protected.</summary>
    public StoreKeys Keys => _keys;

    /// <summary>The ledger, once it is open in this process.</summary>
    public RegistrationLedger? Opened => _ledger;

    /// <summary>What protects the key; null where there is none yet.</summary>
    /// <exception cref="DcrException">StoreDamaged.</exception>
    public DcrProtection? Protection => _keyFile.Read() is { } file ? file.Keys[file.Keys.Count - 1].Protection : null;

    /// <inheritdoc cref="StoreKeyFile.Settings"/>
    public StoreSettings Settings => _keyFile.Settings;

    /// <inheritdoc cref="StoreKeyFile.Set"/>
    public void Set(Func<StoreSettings, StoreSettings> change) => _keyFile.Set(change);

    /// <summary>The ledger. Opens it where it is not open yet, and makes it where there is none.</summary>
    /// <param name="vaultOf">Gives the vault that holds the key, where one does.</param>
    /// <exception cref="DcrException">StoreLocked, StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    public async Task<RegistrationLedger> OpenAsync(Func<string, ISecretVault>? vaultOf = null)
    {
        if (_ledger is { } open && !_keys.IsLocked)
        {
            return open;
        }

        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_keys.IsLocked)
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
            if (passphrase is not null && _keyFile.Read() is { } file && file.Keys.Any(static key => key.Passphrase is not null))
            {
                var opened = file.Keys.Where(static key => key.Passphrase is not null)
                    .Select(key => (Entry: key, Bytes: key.Passphrase!.Open(passphrase, KeyFile.Associated(file.LedgerId))))
                    .FirstOrDefault(static key => key.Bytes is not null);
                _keys.Take(opened.Entry ?? throw StoreErrors.PassphraseWrong(), opened.Bytes!);
            }

            await _keys.LoadAsync(vaultOf).ConfigureAwait(false);
            _keys.Unlock();
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
            _keys.Lock();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Gives the store another protection: a new key, with which everything is encrypted. Both keys are in the key file until the
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
            using var alone = _keyFile.Guard(() => StoreLock.Take(Folder, ProtectLockName), "the key");
            await _keys.LoadAsync(vaultOf).ConfigureAwait(false);
            var (file, former) = (_keys.File, _keys.Active);
            var key = former.Renewed();
            var fresh = await protect(file.LedgerId, key).ConfigureAwait(false);
            _keys.Add(key);
            _keys.Write(
                file with
                {
                    Keys = [.. file.Keys.Select(entry => file.Wrap(entry, _keys.Key(entry), key)), file.Wrap(fresh, key, former)],
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
            _keys.Write(file with { Keys = [fresh] });
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
                throw StoreErrors.NotWritable(Folder.Path, new IOException("another process has been compacting it"));
            }

            await Task.Delay(Beat).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Puts the former key last again. The last key is the one that stays when the next open ends the change, and the user is told that the
    /// change failed.
    /// </summary>
    /// <exception cref="DcrException">StoreReadOnly: the new one stays the last.</exception>
    private void TakeBack(DcrException failure)
    {
        var both = _keys.File;
        var count = both.Keys.Count;
        try
        {
            _keys.Write(both with { Keys = [both.Keys[count - 1], .. both.Keys.Take(count - 1)] });
        }
        catch (DcrException)
        {
            throw StoreErrors.ProtectionHalfChanged(Folder.Path, failure);
        }
    }

    /// <summary>
    /// Waits for requests of other processes. They were begun with the former key and must find the new one when their answers come, or the
    /// answers are lost.
    /// </summary>
    private async Task WaitForOthersAsync(RegistrationLedger ledger)
    {
        var awaited = ledger.Requests.AwaitedElsewhere();
        for (var left = LongestAnswer; awaited.Count > 0; left -= Beat)
        {
            if (left <= TimeSpan.Zero)
            {
                throw StoreErrors.AnswersAwaited(Folder.Path, awaited.Count);
            }

            await Task.Delay(Beat).ConfigureAwait(false);
            awaited = awaited.Intersect(ledger.Requests.AwaitedElsewhere()).ToList();
        }
    }

    /// <inheritdoc cref="StoreKeyFile.Move"/>
    public void MoveKey(string? path) => _keyFile.Move(path, _keys.HasFrames ? null : _keys.Make);

    public void Dispose()
    {
        _ledger?.Dispose();
        _gate.Dispose();
    }

    private async Task<RegistrationLedger> LoadAsync(Func<string, ISecretVault>? vaultOf)
    {
        await _keys.LoadAsync(vaultOf).ConfigureAwait(false);
        return NewLedger();
    }

    private RegistrationLedger NewLedger()
    {
        if (_keys.File.IsBegun && _keyFile.Guard(() => LedgerGeneration.Newest(Folder), "the ledger") == 0)
        {
            throw StoreErrors.LedgerGone(Folder.Path);
        }

        var ledger = new RegistrationLedger(Folder, _keys);
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
        LedgerGeneration.Numbers(Folder).Count > 1 ? StoreErrors.LedgerForeign(Folder.Path, file.Name)
        : file.IsOfOtherKeys ? StoreErrors.KeyOfAnother(_keyFile.FullPath)
        : _keys.File.IsBegun ? StoreErrors.LedgerForeign(Folder.Path, file.Name)
        : null;

    /// <summary>Notes beside the key that the ledger has frames, so that one that is gone or empty is not taken for a new one.</summary>
    private void Begin(RegistrationLedger ledger)
    {
        if (_keys.File.IsBegun)
        {
            return;
        }

        if (!ledger.File.IsOwn)
        {
            ledger.Prove();
        }

        // Whoever has the lock changes the key file now; then the next opening notes it.
        using var alone = _keyFile.Guard(() => Folder.TryLock(ProtectLockName), "the key");
        if (alone is not null && _keyFile.Read() is { } file)
        {
            _keys.Write(file with { IsBegun = true });
        }
    }

    /// <summary>Ends a change of the protection that was broken off: until then the former protection opens everything, too.</summary>
    private void EndProtecting(RegistrationLedger ledger)
    {
        if (_keys.File.Keys.Count == 1)
        {
            return;
        }

        using var alone = _keyFile.Guard(() => Folder.TryLock(ProtectLockName), "the key");
        if (alone is not null && _keyFile.Read() is { Keys: { Count: > 1 } keys } file && keys.All(key => _keys.Has(key)))
        {
            _keys.File = file;
            if (ledger.Compact())
            {
                _keys.Write(file with { Keys = [keys[keys.Count - 1] with { Wrapped = null }] });
            }
        }
    }
}
