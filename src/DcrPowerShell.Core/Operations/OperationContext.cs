using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// What an operation works with: the connection, the store, the streams, the clock, the ledger's and the audit log's records of this run.
/// </summary>
/// <param name="Store">Where registrations are kept.</param>
/// <param name="Stop">The user's wish to stop.</param>
internal sealed record OperationContext(
    DcrConnection Connection,
    Registrations Store,
    IReporter Reporter,
    IClock Clock,
    CancellationToken Stop
)
{
    /// <summary>How long a write that was read back vouches for the vault.</summary>
    private static readonly TimeSpan ProofHolds = TimeSpan.FromMinutes(1);

    public IDcrProvider Provider => Connection.Service;

    public ProviderCall Call => new(Audit.Tenant is { } tenant ? new TenantReporter(Reporter, tenant) : Reporter, Stop)
    {
        Arrived = async (request, response) =>
        {
            Audit.Tried(request, response);
            if (response is { IsSuccess: true })
            {
                await Scope.ArrivedAsync(request, response).ConfigureAwait(false);
            }
        },
        Now = Clock.UtcNow,
    };

    /// <summary>This run's audit records.</summary>
    public AuditScope Audit { get; } = AuditScope.Of(Connection, Reporter, Clock);

    /// <summary>What this run writes to the ledger.</summary>
    public LedgerScope Scope { get; } = new(Connection, Store, Reporter, Clock, Stop);

    /// <summary>Runs an operation; at its end, closes its requests in the ledger and writes the audit record.</summary>
    public async Task<T> RunAsync<T>(Func<OperationContext, Task<T>> operation)
    {
        try
        {
            var result = await operation(this).ConfigureAwait(false);
            await Scope.EndAsync(failure: null).ConfigureAwait(false);
            Audit.End(failure: null);
            return result;
        }
        catch (Exception failure)
        {
            await Scope.EndAsync(failure).ConfigureAwait(false);
            Audit.End(failure);
            throw;
        }
    }

    /// <summary>Makes sure that the vault is there and open: before a command asks to be confirmed, and before each request.</summary>
    /// <exception cref="DcrException">VaultNotFound, VaultLocked, SecretManagementNotFound.</exception>
    public Task CheckVaultAsync() => Store.CheckOpenAsync();

    /// <summary>
    /// Makes sure, before a request whose answer may bring a secret, that the secret can be kept: the vault is open, and has kept what was
    /// written a minute ago at most.
    /// </summary>
    public async Task CheckStorableAsync()
    {
        await Store.CheckOpenAsync().ConfigureAwait(false);
        if (Store.Vault is not null && Clock.UtcNow - Connection.VaultProvedAt > ProofHolds)
        {
            await Store.ProveAsync(Clock.UtcNow, afterFailure: Connection.VaultProvedAt == default).ConfigureAwait(false);
            TrustVault();
        }
    }

    /// <summary>
    /// Makes sure that what comes can be kept, and takes the turn to ask about a client. The vault is not called in the turn.
    /// </summary>
    /// <returns>The client as it is known now.</returns>
    /// <inheritdoc cref="LedgerScope.TakeTurnAsync"/>
    public async Task<RegistrationRecord> TakeTurnAsync(RegistrationRecord record)
    {
        if (!Scope.HasTurn(record))
        {
            await CheckStorableAsync().ConfigureAwait(false);
        }

        return await Scope.TakeTurnAsync(record).ConfigureAwait(false);
    }

    /// <inheritdoc cref="IReporter.Warning(string, string, string)"/>
    /// <param name="kind">By default the same text.</param>
    public void Warn(string clientId, string text, string? kind = null) => Reporter.Warning(clientId, text, kind ?? text);

    /// <summary>
    /// Warns, before a client is sent, of values that the server's own lists lack. Lists are often wrong: it is sent all the same.
    /// </summary>
    /// <param name="whose">The client's id, or its name where it has none yet.</param>
    public void WarnOfUnlisted(string whose, JsonBag client)
    {
        foreach (var (member, values, list) in Connection.Server.NotListed(client, Connection.ScopesSupported))
        {
            Warn(whose, $"the server's {list} does not list {string.Join(", ", values)} ({member}). It is sent all the same.");
        }
    }

    /// <summary>What was written was read back just now.</summary>
    public void TrustVault() => Connection.VaultProvedAt = Clock.UtcNow;

    /// <summary>A write failed: nothing more is sent before one succeeds.</summary>
    public void DistrustVault() => Connection.VaultProvedAt = default;
}
