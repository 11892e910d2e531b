using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Providers;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Operations;

/// <summary>What an operation works with.</summary>
/// <param name="Store">Null with <c>-NoVault</c>.</param>
/// <param name="Stop">The user's wish to stop.</param>
internal sealed record OperationContext(DcrConnection Connection, RegistrationStore? Store, IReporter Reporter, IClock Clock, CancellationToken Stop)
{
    /// <summary>How long a write that was read back vouches for the vault.</summary>
    private static readonly TimeSpan ProofHolds = TimeSpan.FromMinutes(1);

    public IDcrProvider Provider => Connection.Service;

    public ProviderCall Call => new(Reporter, Stop)
    {
        Arrived = (request, response) =>
        {
            Audit.Tried(request, response);
            if (response is { IsSuccess: true })
            {
                Scope.Arrived(request, response);
            }
        },
        Now = Clock.UtcNow,
    };

    /// <summary>What this run puts on record.</summary>
    public AuditScope Audit { get; } = AuditScope.Of(Connection, Reporter, Clock);

    /// <summary>What this run writes to the journal.</summary>
    public JournalScope Scope { get; } = new(Connection, Reporter, Clock);

    /// <summary>The journal does for the vault where that fails.</summary>
    public bool IsTolerated => Connection is { OnVaultError: DcrVaultErrorAction.Continue, Journal: not null };

    /// <summary>Runs an operation, closes in the journal what is done with its end, and puts it on record.</summary>
    public async Task<T> RunAsync<T>(Func<OperationContext, Task<T>> operation)
    {
        try
        {
            var result = await operation(this).ConfigureAwait(false);
            Scope.End(failure: null);
            Audit.End(failure: null);
            return result;
        }
        catch (Exception failure)
        {
            Scope.End(failure);
            Audit.End(failure);
            throw;
        }
    }

    /// <summary>Makes sure that the vault is there and open, so that a command fails before it asks to be confirmed.</summary>
    /// <param name="clientSecretName">Where a copy of the client secret is to go, if one was asked for.</param>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckVaultAsync(string? clientSecretName = null) => (Store, clientSecretName) switch
    {
        (null, null) => Task.CompletedTask,
        (null, _) => throw DcrErrors.NoVaultForCopy(),
        _ => TolerateAsync(Store.CheckOpenAsync),
    };

    /// <summary>
    /// Makes sure, before a request whose answer may bring a secret, that the secret can be kept. A write of the last minute that
    /// was read back is proof enough.
    /// </summary>
    public async Task CheckStorableAsync()
    {
        if (Store is not null && Clock.UtcNow - Connection.VaultProvedAt > ProofHolds)
        {
            await TolerateAsync(async () =>
            {
                await Store.CheckOpenAsync().ConfigureAwait(false);
                await Store.CheckWritableAsync().ConfigureAwait(false);
                TrustVault();
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Says that the vault fails, where the user has the journal do for it.</summary>
    private async Task TolerateAsync(Func<Task> check)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (DcrException failure) when (IsTolerated)
        {
            Reporter.Warning($"{failure.Message.Replace(" Nothing was sent.", "")} The journal keeps what arrives (-OnVaultError Continue).");
        }
    }

    /// <summary>Says how far reading a vault of many registrations has come.</summary>
    public void TellOfReading(int done, int of) => Reporter.Waiting(done < of ? $"Reading the registrations in vault '{Store!.VaultName}': {done} of {of}." : null);

    /// <summary>What was written was read back just now.</summary>
    public void TrustVault() => Connection.VaultProvedAt = Clock.UtcNow;

    /// <summary>A write failed: nothing more is sent before one succeeds.</summary>
    public void DistrustVault() => Connection.VaultProvedAt = default;
}
