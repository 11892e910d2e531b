using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage.Indexing;

namespace DcrPowerShell.Storage;

/// <summary>
/// Which registration at an issuer belongs to which tenant. Read from the vault's index, after that was compared with the vault. Runspaces
/// that are handed the same connection use it at once.
/// </summary>
internal sealed class TenantIndex(string issuer)
{
    // Listing a vault is dear; what this process registers is added at once.
    private static readonly TimeSpan HoldsFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, string?> _tenantOf = new();

    // UTC ticks: a time of its own could be read half written.
    private long _readAt;

    /// <summary>The tenant's registration; null where it has none.</summary>
    /// <param name="told">Hears how many registrations were read of how many, where they are many.</param>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public async Task<RegistrationRecord?> FindAsync(RegistrationStore store, string tenant, DateTimeOffset now, Action<int, int> told, CancellationToken stop)
    {
        if (now.UtcTicks - Interlocked.Read(ref _readAt) > HoldsFor.Ticks)
        {
            await ReadAsync(store, now, told, stop).ConfigureAwait(false);
            Interlocked.Exchange(ref _readAt, now.UtcTicks);
        }

        foreach (var secretName in _tenantOf.Where(pair => pair.Value == tenant).Select(pair => pair.Key).ToList())
        {
            if (await store.LoadAsync(secretName).ConfigureAwait(false) is { } record && record.Tenant == tenant)
            {
                return record;
            }

            _tenantOf.TryRemove(secretName, out _);
        }

        return null;
    }

    public void Add(RegistrationRecord record) => _tenantOf[record.SecretName] = record.Tenant;

    private async Task ReadAsync(RegistrationStore store, DateTimeOffset now, Action<int, int> told, CancellationToken stop)
    {
        // What others add meanwhile is none of what has gone.
        var before = _tenantOf.Keys.ToList();
        using var view = await IndexCheck.OpenAsync(store, issuer, now, told, stop).ConfigureAwait(false);
        foreach (var (name, outline) in view.At(issuer))
        {
            _tenantOf[name] = outline is null ? await TenantOfAsync(store, name).ConfigureAwait(false) : outline.Tenant;
        }

        foreach (var gone in before.Where(name => !view.Has(name)))
        {
            _tenantOf.TryRemove(gone, out _);
        }
    }

    private async Task<string?> TenantOfAsync(RegistrationStore store, string secretName)
    {
        try
        {
            return await store.LoadAsync(secretName).ConfigureAwait(false) is { } record && record.Issuer == issuer ? record.Tenant : null;
        }
        catch (DcrException unreadable) when (unreadable.ErrorId == DcrErrorId.VaultReadFailed)
        {
            // Listing says so where somebody asks for it.
            return null;
        }
    }
}
