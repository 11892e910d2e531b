using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>Reads a vault: tries again where that helps, and turns what it refuses into an error with a next step.</summary>
internal sealed class VaultReader(ISecretVault vault)
{
    // Reading a secret again does no harm.
    private const int Tries = 3;

    /// <summary>Makes sure that the vault is there and open. Writes nothing.</summary>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckOpenAsync() => ReadAsync(async () =>
    {
        await vault.CheckOpenAsync().ConfigureAwait(false);
        return true;
    });

    /// <summary>Writes the probe.</summary>
    /// <exception cref="DcrException">VaultLocked, VaultWriteFailed.</exception>
    public async Task ProbeAsync(VaultMark mark, DateTimeOffset now, bool afterFailure = false)
    {
        try
        {
            await VaultProbe.WriteAsync(vault, mark, now, afterFailure).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw failure.IsLocked
                ? StorageErrors.VaultLocked(vault.Name, failure)
                : StorageErrors.VaultNotWritable(vault.Name, failure, failure.NextStep);
        }
    }

    /// <summary>What the vault's probe says; null where there is none.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<VaultMark?> ReadMarkAsync() => ReadAsync(() => VaultProbe.ReadAsync(vault));

    /// <summary>Names of the vault's secrets that begin so.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<IReadOnlyList<string>> ListAsync(string prefix) => ReadAsync(() => vault.ListAsync(prefix));

    /// <summary>What the vault has under a name, as a registration; null where there is nothing.</summary>
    /// <exception cref="DcrException">The vault could not be read, or holds something else under that name.</exception>
    public async Task<RegistrationRecord?> LoadAsync(string secretName) =>
        await GetAsync(secretName).ConfigureAwait(false) is { } text ? Parse(secretName, text) : null;

    /// <summary>What the vault has under a name; null where there is nothing.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<string?> GetAsync(string name) => ReadAsync(() => vault.GetAsync(name));

    /// <summary>A vault that lists a secret and does not give it: "not found" is not to be believed then.</summary>
    public static VaultException NotGiven(string secretName) => new($"it lists the secret '{secretName}' and does not give it");

    /// <exception cref="DcrException">VaultReadFailed: it is no registration, or of a newer layout.</exception>
    public RegistrationRecord Parse(string secretName, string text)
    {
        try
        {
            return RegistrationRecord.Parse(text) with { IsKept = true };
        }
        catch (FormatException failure)
        {
            throw StorageErrors.RecordUnreadable(vault.Name, secretName, failure.Message, failure is NewerLayoutException);
        }
    }

    /// <exception cref="DcrException">The vault could not be read.</exception>
    public async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (VaultException failure) when (failure.IsLocked)
            {
                throw StorageErrors.VaultLocked(vault.Name, failure);
            }
            catch (VaultException failure) when (left <= 1 || failure.IsOver)
            {
                throw StorageErrors.VaultReadFailed(vault.Name, failure, failure.NextStep);
            }
            catch (VaultException)
            {
                // Once more.
            }
        }
    }
}
