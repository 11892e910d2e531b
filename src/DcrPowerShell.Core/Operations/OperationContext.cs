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

    public ProviderCall Call => new(Reporter, Stop) { Now = Clock.UtcNow };

    /// <summary>Makes sure that the vault is there and open, so that a command fails before it asks to be confirmed.</summary>
    /// <param name="clientSecretName">Where a copy of the client secret is to go, if one was asked for.</param>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckVaultAsync(string? clientSecretName = null) => (Store, clientSecretName) switch
    {
        (null, null) => Task.CompletedTask,
        (null, _) => throw DcrErrors.NoVaultForCopy(),
        _ => Store.CheckOpenAsync(),
    };

    /// <summary>
    /// Makes sure, before a request whose answer may bring a secret, that the secret can be kept. A write of the last minute that
    /// was read back is proof enough.
    /// </summary>
    public async Task CheckStorableAsync()
    {
        if (Store is not null && Clock.UtcNow - Connection.VaultProvedAt > ProofHolds)
        {
            await Store.CheckOpenAsync().ConfigureAwait(false);
            await Store.CheckWritableAsync().ConfigureAwait(false);
            TrustVault();
        }
    }

    /// <summary>What was written was read back just now.</summary>
    public void TrustVault() => Connection.VaultProvedAt = Clock.UtcNow;

    /// <summary>A write failed: nothing more is sent before one succeeds.</summary>
    public void DistrustVault() => Connection.VaultProvedAt = default;
}
