using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>The keys of a store: how they are protected, and those that are open in this process.</summary>
internal sealed class StoreKeys(StoreKeyFile place, IStoreFolder folder, IAccountProtection account) : ILedgerKeys
{
    private readonly ConcurrentDictionary<ulong, LedgerKey> _keys = new();
    private KeyFile? _file;
    private volatile bool _isLocked;

    /// <summary>What vaults are registered as that may hold the key: all but the local store itself.</summary>
    public Func<IReadOnlyList<string>> VaultNames { get; set; } = static () => [];

    /// <summary>What was last read or written, once the keys are open.</summary>
    public KeyFile File
    {
        get => _file!;
        set => _file = value;
    }

    /// <summary>Unlock-DcrStore -Lock holds until somebody unlocks the store.</summary>
    public bool IsLocked => _isLocked;

    /// <summary>Forgets the keys, and opens none until <see cref="Unlock"/>.</summary>
    public void Lock()
    {
        _isLocked = true;
        _keys.Clear();
    }

    public void Unlock() => _isLocked = false;

    /// <summary>Whether it is open here.</summary>
    public bool Has(ProtectedKey entry) => _keys.ContainsKey(entry.Id);

    public LedgerKey Key(ProtectedKey entry) => _keys[entry.Id];

    public void Add(LedgerKey key) => _keys[key.Id] = key;

    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Write(KeyFile file)
    {
        place.Write(file);
        _file = file;
    }

    LedgerHash ILedgerKeys.LedgerId => _file!.LedgerId;

    /// <inheritdoc/>
    public LedgerKey Active =>
        _keys.TryGetValue(_file!.Keys[_file.Keys.Count - 1].Id, out var key) ? key : throw StoreErrors.Locked();

    LedgerKey? ILedgerKeys.Find(ulong id) => _keys.TryGetValue(id, out var key) ? key : null;

    void ILedgerKeys.RequireKept()
    {
        if (!place.IsThere)
        {
            throw StoreErrors.KeyGone(place.FullPath);
        }
    }

    void ILedgerKeys.Refresh()
    {
        var former = _file!;
        _file = place.Read() ?? former;
        if (_file.LedgerId != former.LedgerId)
        {
            _file = former;
            throw StoreErrors.Replaced(folder.Path);
        }

        foreach (var key in _file.Keys.Where(key => !_isLocked && key.Account is not null && !_keys.ContainsKey(key.Id)))
        {
            Take(key, OpenByAccount(key.Account!.Value));
        }

        if (!_isLocked)
        {
            Unwrap(_file);
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

    /// <summary>Opens all keys of the key file, which is made where there is none.</summary>
    /// <exception cref="DcrException">StoreLocked, StoreKeyMissing, StoreDamaged, StoreReadOnly.</exception>
    public async Task LoadAsync(Func<string, ISecretVault>? vaultOf)
    {
        var file = place.Read() ?? (_keys.IsEmpty ? Make() : throw StoreErrors.KeyGone(place.FullPath));
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
        _file = file.Keys.All(entry => _keys.ContainsKey(entry.Id)) ? file : throw locked!;
    }

    /// <summary>
    /// A store that nobody has written to gets a key. One that somebody has written to, and whose key is gone, never gets another.
    /// </summary>
    public KeyFile Make() => place.Guard(
        () =>
        {
            using var held = StoreLock.Take(folder, LedgerFile.LockName);
            if (place.Read() is { } made)
            {
                return made;
            }

            if (HasFrames)
            {
                throw StoreErrors.KeyMissing(place.FullPath);
            }

            var key = LedgerKey.New();
            _keys[key.Id] = key;
            var file = new KeyFile(LedgerHash.New(), [ByAccount(key)]);
            Write(file);
            return file;
        },
        "the key");

    public bool HasFrames =>
        place.Guard(
            () => folder.List().Any(name => name.EndsWith(".dcrl", StringComparison.Ordinal) && folder.Length(name) > 0),
            "the ledger"
        );

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

            case { Vault: { } secret }:
                try
                {
                    return Convert.FromBase64String(
                        await FindInVaultsAsync(secret, vaultOf ?? throw StoreErrors.Locked()).ConfigureAwait(false)
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
    private async Task<string> FindInVaultsAsync((string Vault, string SecretName) secret, Func<string, ISecretVault> vaultOf)
    {
        var lost = StoreErrors.KeyNotInVault(secret.Vault, secret.SecretName);
        DcrException? failed = null;
        foreach (
            var (name, isNamed) in VaultNames()
                .Select(name => (name, secret.Vault.Equals(name, StringComparison.OrdinalIgnoreCase)))
                .OrderByDescending(static vault => vault.Item2)
        )
        {
            try
            {
                if (await vaultOf(name).GetAsync(secret.SecretName).ConfigureAwait(false) is { } text)
                {
                    return text;
                }

                // The named vault has lost the key, most likely: its error counts, whatever other vaults say.
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

    /// <exception cref="DcrException">StoreKeyMissing: it is another key.</exception>
    public void Take(ProtectedKey entry, byte[] bytes)
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
}
