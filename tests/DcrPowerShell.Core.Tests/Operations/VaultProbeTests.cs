using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>The probe, by which a vault is known again.</summary>
public class VaultProbeTests
{
    [Fact]
    public async Task The_probe_looks_like_a_record_and_stays()
    {
        using var session = await Session.StartAsync();
        var text = session.Vault.Secrets[VaultProbe.Name];
        Assert.InRange(text.Length, 4000, 8000);
        Assert.Contains("\\\"", text);
        using var next = await session.NextProcessAsync();
        Assert.Equal(JsonBag.Parse(text).Text("vault"), JsonBag.Parse(next.Vault.Secrets[VaultProbe.Name]).Text("vault"));
        Assert.Equal(session.Connection.VaultId, next.Connection.VaultId);
    }

    /// <summary>A vault is known by an id in it, not by its name.</summary>
    [Fact]
    public async Task A_vault_that_is_registered_under_another_name_is_the_same_vault()
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(tenant: "north");
        await session.FailAsync(VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "south"));
        session.Vault.Name = "Renamed";

        using var next = await session.NextProcessAsync();
        Assert.Equal(session.Connection.VaultId, next.Connection.VaultId);
        Assert.Equal("Renamed", next.Ledger.Vaults.NamedVaults()[next.Connection.VaultId!]);
        Assert.StartsWith("An earlier command ended before 1 answer could be stored", Assert.Single(next.Reporter.Warnings));
        Assert.Equal(2, next.Vault.Registrations.Count);
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.False((await next.TryRegisterAsync(tenant: "south")).IsNew);
    }

    [Fact]
    public async Task A_vault_that_was_emptied_is_refused_before_the_first_write()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var secrets = session.Vault.Secrets.ToList();
        session.Vault.Secrets.Clear();
        await session.Server.ClearRequestsAsync();
        var writes = session.Vault.Writes.Count;
        session.Process.Kill();
        var error = await Assert.ThrowsAsync<DcrException>(session.BesideAsync);
        Assert.Equal(DcrErrorId.VaultReadFailed, error.ErrorId);
        Assert.Contains("held 1 registration and is empty now", error.Message);
        Assert.Equal(writes, session.Vault.Writes.Count);
        Assert.Empty(await session.Server.RequestsAsync());

        // The files were put back.
        secrets.ForEach(secret => session.Vault.Secrets[secret.Key] = secret.Value);
        using var next = await session.BesideAsync();
        Assert.Equal("Clinic portal", (await next.ReadAsync(client.ClientId)).ClientName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_vault_that_once_finds_nothing_gets_no_second_id(int times)
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(tenant: "north");
        (session.Vault.Fault, session.Vault.FaultyCalls) = (VaultFault.FindsNothing, times);
        session.Process.Kill();
        await Record.ExceptionAsync(async () => (await session.BesideAsync()).Dispose());
        (session.Vault.Fault, session.Vault.FaultyCalls) = (VaultFault.None, int.MaxValue);
        using var next = await session.BesideAsync();
        Assert.Equal(session.Connection.VaultId, next.Connection.VaultId);
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Fact]
    public async Task Two_processes_that_find_no_probe_give_the_vault_one_id()
    {
        var (machine, vault) = (new Machine(), new MemoryVault());
        vault.OnWrite = static _ => Thread.Sleep(20);
        var ids = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        using var process = machine.Start();
                        return (
                            await StoreOpening.OpenWholeVaultAsync(
                                process.Ledger,
                                vault,
                                new RecordingReporter(),
                                new FakeClock(),
                                CancellationToken.None
                            )
                        ).VaultId;
                    })
                )
        );
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task Two_local_stores_that_find_no_probe_at_the_same_time_both_keep_what_they_stored()
    {
        using var server = await SharedTestServer.StartAsync();
        var vault = new MemoryVault();
        Session? other = null;
        vault.OnWrite = _ =>
        {
            // Both have looked; the other one's probe is overwritten now.
            vault.OnWrite = static _ => { };
            other = Task.Run(() => Session.ConnectAsync(server.Issuer, vault: vault)).GetAwaiter().GetResult();
        };
        using var session = await Session.ConnectAsync(server.Issuer, vault: vault);
        Assert.NotEqual(session.Connection.VaultId, other!.Connection.VaultId);
        foreach (var one in new[] { other, session })
        {
            var client = await one.RegisterAsync();
            one.Ledger.Compact();
            using var next = await one.NextProcessAsync();
            Assert.Empty(next.Reporter.Warnings);
            Assert.Equal("Clinic portal", (await next.ReadAsync(client.ClientId)).ClientName);
            await next.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
            using var third = await next.NextProcessAsync();
            Assert.Equal("m", (await third.ReadAsync(client.ClientId)).ClientName);
            Assert.Equal(third.Connection.VaultId, next.Connection.VaultId);
        }

        other.Dispose();

        // A third one sees all.
        using var fresh = await Session.ConnectAsync(server.Issuer, vault: vault);
        Assert.Equal(2, fresh.Listed().Count);
    }
}
