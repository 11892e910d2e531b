using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using DcrPowerShell.Storage;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage;

public class TenantIndexTests
{
    private const string Issuer = "https://as.example.com";

    /// <summary>Runspaces that are handed one connection share its index.</summary>
    [Fact]
    public async Task Many_may_use_it_at_once()
    {
        var store = new RegistrationStore(new MemoryVault());
        var index = new TenantIndex(Issuer);
        var now = DateTimeOffset.UtcNow;
        var tenants = Enumerable.Range(0, 2000).Select(number => $"tenant-{number}").ToList();
        await Task.WhenAll(tenants.Select(tenant => Task.Run(async () =>
        {
            Assert.Null(await index.FindAsync(store, tenant, now, static (_, _) => { }, CancellationToken.None));
            var record = new RegistrationRecord { Issuer = Issuer, ClientId = tenant, Tenant = tenant, CreatedAt = now, UpdatedAt = now, Metadata = JsonBag.Empty };
            await store.SaveAsync(record);
            index.Add(record);
        })));
        foreach (var tenant in tenants)
        {
            Assert.Equal(tenant, (await index.FindAsync(store, tenant, now, static (_, _) => { }, CancellationToken.None))!.ClientId);
        }
    }
}
