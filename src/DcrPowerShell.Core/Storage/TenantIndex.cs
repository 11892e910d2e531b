using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Storage;

/// <summary>
/// Which registration at an issuer belongs to which tenant. Read from the vault once, and then what has come or gone since. Runspaces
/// that are handed the same connection use it at once.
/// </summary>
internal sealed class TenantIndex(string issuer)
{
    // Listing a vault is dear; what this process registers is added at once.
    private static readonly TimeSpan HoldsFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, string?> _tenantOf = new();
    private DateTimeOffset _readAt;

    /// <summary>The tenant's registration; null where it has none.</summary>
    /// <exception cref="DcrException">The vault could not be read.</exception>
    public async Task<RegistrationRecord?> FindAsync(RegistrationStore store, string tenant, DateTimeOffset now)
    {
        if (now - _readAt > HoldsFor)
        {
            await ReadAsync(store).ConfigureAwait(false);
            _readAt = now;
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

    private async Task ReadAsync(RegistrationStore store)
    {
        var names = await store.ListAsync(issuer).ConfigureAwait(false);
        foreach (var gone in _tenantOf.Keys.Except(names).ToList())
        {
            _tenantOf.TryRemove(gone, out _);
        }

        foreach (var name in names.Where(name => !_tenantOf.ContainsKey(name)))
        {
            _tenantOf[name] = await TenantOfAsync(store, name).ConfigureAwait(false);
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
