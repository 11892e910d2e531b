using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage.Indexing;

namespace DcrPowerShell.Storage;

/// <summary>Registrations in a vault. Believes a vault only what it reads back.</summary>
/// <param name="written">Where to note what was written, to look after it with <see cref="PutBackAsync"/>.</param>
/// <param name="writer">The command that writes.</param>
/// <param name="index">Of the vault; asked for when it is first needed. Null for one that lasts as long as this.</param>
internal sealed class RegistrationStore(ISecretVault vault, WrittenSecrets? written = null, object? writer = null, Func<RegistrationIndex>? index = null)
{
    // Reading or writing a secret again does no harm, and what it keeps may be the only copy.
    private const int Tries = 3;

    private readonly Lazy<RegistrationIndex> _index = new(index ?? (static () => new RegistrationIndex(new MemoryIndexFile())));

    public string VaultName => vault.Name;

    public RegistrationIndex Index => _index.Value;

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
            Note(await vault.RemoveAsync(name).ConfigureAwait(false));
        }
        catch (VaultException failure)
        {
            throw failure.IsLocked ? DcrErrors.VaultLocked(VaultName, failure) : DcrErrors.VaultNotWritable(VaultName, failure, failure.NextStep);
        }
    }

    /// <exception cref="VaultException">The vault did not keep it.</exception>
    public Task SaveAsync(RegistrationRecord record) => SaveAsync(record.SecretName, record.ToJson(), record);

    /// <summary>Keeps a secret of any name: the application's own copy of a client secret, or an answer that could not be read.</summary>
    /// <exception cref="VaultException">The vault did not keep it.</exception>
    public Task SaveAsync(string name, string value) => SaveAsync(name, value, record: null);

    private async Task SaveAsync(string name, string value, RegistrationRecord? record)
    {
        var changes = await WriteAsync(name, value, Tries, record).ConfigureAwait(false);
        written?.Add(new WrittenSecret(VaultName, name, value, changes, writer));
    }

    /// <exception cref="DcrException">The vault could not be read, or holds something else under that name.</exception>
    public Task<RegistrationRecord?> FindAsync(string issuer, string clientId) => LoadAsync(SecretName.For(issuer, clientId));

    /// <summary>Names of the secrets that may hold registrations at an issuer: those of its host.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public Task<IReadOnlyList<string>> ListAsync(string issuer) => Reading(() => vault.ListAsync(SecretName.PrefixFor(issuer)));

    /// <inheritdoc cref="ISecretVault.StampAsync"/>
    public Task<string?> StampAsync() => vault.StampAsync();

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
    public async Task RemoveAsync(RegistrationRecord record)
    {
        var change = await vault.RemoveAsync(record.SecretName).ConfigureAwait(false);
        Index.Add(IndexLine.Removed(record.SecretName, change));
        written?.Forget(VaultName, record.SecretName);
    }

    /// <summary>
    /// Writes again what the command wrote and another process has dropped since, or replaced by an older registration, because
    /// it wrote the vault whole from an old copy. What is newer there stays, and so does any other secret that is there.
    /// </summary>
    /// <returns>How many secrets.</returns>
    /// <exception cref="DcrException">VaultLocked, VaultReadFailed, VaultWriteFailed: not all could be put back.</exception>
    public async Task<int> PutBackAsync()
    {
        var mine = written?.Take(VaultName, writer) ?? [];
        var count = 0;
        VaultException? failed = null;
        if (mine.Count > 0)
        {
            var changes = await Reading(vault.ChangesByOthersAsync).ConfigureAwait(false);
            foreach (var secret in mine.Where(secret => secret.ChangesByOthers != changes))
            {
                try
                {
                    if (await Reading(() => vault.GetAsync(secret.Name)).ConfigureAwait(false) is { } now && !IsOlder(now, secret.Value))
                    {
                        continue;
                    }

                    await WriteAsync(secret.Name, secret.Value, Tries, Registration(secret.Value)).ConfigureAwait(false);
                    count++;
                }
                catch (VaultException failure)
                {
                    // The others may yet be put back.
                    failed = failure;
                }
            }
        }

        return failed is null ? count : throw DcrErrors.NotPutBack(VaultName, failed);
    }

    private static bool IsOlder(string text, string written) => Registration(text)?.UpdatedAt < Registration(written)?.UpdatedAt;

    private static RegistrationRecord? Registration(string text)
    {
        try
        {
            return RegistrationRecord.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Has the index know what the vault has.</summary>
    public void Note(RegistrationRecord record) => Index.Add(IndexLine.Saved(record, change: null));

    private void Note(VaultChange? change)
    {
        if (change is not null)
        {
            Index.Add(IndexLine.Moved(change));
        }
    }

    /// <summary>Writes and reads back: some vaults report a failure as a success, or lose what another process overwrote.</summary>
    /// <param name="record">What the index is to know of it.</param>
    /// <returns>How often others had changed the vault before it was read back.</returns>
    private async Task<int> WriteAsync(string name, string value, int tries, RegistrationRecord? record = null)
    {
        for (var left = tries; ; left--)
        {
            try
            {
                var change = await vault.SetAsync(name, value).ConfigureAwait(false);
                var changes = await vault.ChangesByOthersAsync().ConfigureAwait(false);
                if (await vault.GetAsync(name).ConfigureAwait(false) == value)
                {
                    if (record is null)
                    {
                        Note(change);
                    }
                    else
                    {
                        Index.Add(IndexLine.Saved(record, change));
                    }

                    return changes;
                }

                throw new VaultException("it reported success, and reading back gave something else");
            }
            catch (VaultException failure) when (left > 1 && !failure.IsLocked)
            {
                // Once more.
            }
            catch (VaultException) when (record is not null)
            {
                // Nobody knows what it has now.
                Index.Add(IndexLine.ToAsk(name));
                throw;
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
                throw DcrErrors.VaultReadFailed(VaultName, failure, failure.NextStep);
            }
            catch (VaultException)
            {
                // Once more.
            }
        }
    }
}
