using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Makes a key pair for private_key_jwt (RFC 7523), and keeps its private half.</summary>
internal static class NewKeyOperation
{
    /// <summary>Makes sure that the store is open and has no secret of that name: it may be a key that is in use.</summary>
    /// <exception cref="DcrException">SecretExists; the vault is locked, missing or cannot be read.</exception>
    public static async Task CheckAsync(Registrations store, string secretName)
    {
        await store.CheckOpenAsync().ConfigureAwait(false);
        await store.Copies.CheckAsync(secretName, owner: null).ConfigureAwait(false);
    }

    /// <param name="algorithm">One of <see cref="SignatureAlgorithm.Names"/>.</param>
    /// <exception cref="DcrException">VaultWriteFailed, StoreReadOnly, SecretExists: the key was not kept, so there is none.</exception>
    public static async Task<DcrKey> RunAsync(Registrations store, string secretName, string algorithm)
    {
        using var key = SigningKey.Generate(algorithm);
        try
        {
            await store.Copies.KeepAsync(secretName, key.ExportPrivateJwk(), owner: null).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw StorageErrors.VaultNotWritable(store.Vault!.Name, failure);
        }

        return new DcrKey(key, secretName, store.Vault?.Name);
    }
}
