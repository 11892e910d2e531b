using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Storage;

/// <summary>Registrations in a vault. Believes a vault only what it reads back.</summary>
internal sealed class RegistrationStore(ISecretVault vault)
{
    // Reading or writing a secret again does no harm, and what it keeps may be the only copy.
    private const int Tries = 3;

    public string VaultName => vault.Name;

    /// <summary>Makes sure that the vault is there and open. Writes nothing.</summary>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckOpenAsync() => Reading(async () =>
    {
        await vault.CheckOpenAsync().ConfigureAwait(false);
        return true;
    });

    /// <summary>Makes sure, before anything is sent, that an answer can be stored: by writing, reading and removing a secret.</summary>
    /// <exception cref="DcrException">VaultLocked, VaultWriteFailed.</exception>
    public async Task CheckWritableAsync()
    {
        var name = $"dcr-write-check-{Guid.NewGuid():n}";
        try
        {
            await WriteAsync(name, name, tries: 1).ConfigureAwait(false);
            await vault.RemoveAsync(name).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw failure.IsLocked ? DcrErrors.VaultLocked(VaultName, failure) : DcrErrors.VaultNotWritable(VaultName, failure);
        }
    }

    /// <exception cref="VaultException">The vault did not keep it.</exception>
    public Task SaveAsync(RegistrationRecord record) => SaveAsync(record.SecretName, record.ToJson());

    /// <summary>Keeps a secret of any name: the application's own copy of a client secret, or an answer that could not be read.</summary>
    /// <exception cref="VaultException">The vault did not keep it.</exception>
    public Task SaveAsync(string name, string value) => WriteAsync(name, value, Tries);

    /// <exception cref="DcrException">The vault could not be read, or holds something else under that name.</exception>
    public Task<RegistrationRecord?> FindAsync(string issuer, string clientId) => LoadAsync(SecretName.For(issuer, clientId));

    /// <summary>Names of the secrets that may hold registrations at an issuer: those of its host.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<IReadOnlyList<string>> ListAsync(string issuer) => Reading(() => vault.ListAsync(SecretName.PrefixFor(issuer)));

    /// <inheritdoc cref="FindAsync"/>
    public async Task<RegistrationRecord?> LoadAsync(string secretName)
    {
        if (await Reading(() => vault.GetAsync(secretName)).ConfigureAwait(false) is not { } text)
        {
            return null;
        }

        try
        {
            return RegistrationRecord.Parse(text) with { IsKept = true };
        }
        catch (FormatException failure)
        {
            throw DcrErrors.RecordUnreadable(VaultName, secretName, failure.Message);
        }
    }

    /// <summary>A secret of any kind; null where there is none of that name.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<string?> ReadAsync(string secretName) => Reading(() => vault.GetAsync(secretName));

    /// <exception cref="VaultException">The vault still has it.</exception>
    public Task RemoveAsync(RegistrationRecord record) => vault.RemoveAsync(record.SecretName);

    /// <summary>Writes and reads back: some vaults report a failure as a success, or lose what another process overwrote.</summary>
    private async Task WriteAsync(string name, string value, int tries)
    {
        for (var left = tries; ; left--)
        {
            try
            {
                await vault.SetAsync(name, value).ConfigureAwait(false);
                if (await vault.GetAsync(name).ConfigureAwait(false) == value)
                {
                    return;
                }

                throw new VaultException("it reported success, and reading back gave something else");
            }
            catch (VaultException failure) when (left > 1 && !failure.IsLocked)
            {
                // Once more.
            }
        }
    }

    private async Task<T> Reading<T>(Func<Task<T>> read)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (VaultException failure) when (failure.IsLocked)
            {
                throw DcrErrors.VaultLocked(VaultName, failure);
            }
            catch (VaultException failure) when (left <= 1)
            {
                throw DcrErrors.VaultReadFailed(VaultName, failure);
            }
            catch (VaultException)
            {
                // Once more.
            }
        }
    }
}
