using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What a connect does with the ledger and the vault before anything is sent.</summary>
public class StoreOpeningTests
{
    [Theory]
    [InlineData(VaultFault.Locked, DcrErrorId.VaultLocked)]
    [InlineData(VaultFault.RefusesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.LosesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.CutsWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.RefusesReads, DcrErrorId.VaultReadFailed)]
    internal async Task A_vault_that_fails_is_found_before_anything_is_sent(VaultFault fault, DcrErrorId expected)
    {
        using var server = await SharedTestServer.StartAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            Session.ConnectAsync(server.Issuer, vault: new MemoryVault { Fault = fault })
        );
        Assert.Equal(expected, error.ErrorId);
        Assert.Empty(await server.RequestsAsync());
    }

    [Fact]
    public async Task A_read_that_fails_once_or_twice_is_repeated()
    {
        using var session = await Session.StartAsync();
        var vault = session.Vault;
        (vault.Fault, vault.FaultyCalls) = (VaultFault.RefusesReads, 2);
        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Reporter.Warnings);
    }

    [Fact]
    public async Task Nothing_is_sent_where_the_store_can_only_be_read()
    {
        using var server = await SharedTestServer.StartAsync();
        var machine = new Machine();
        machine.Start().Dispose();
        using var ledger = new RegistrationLedger(
            new ReadOnlyFolder(machine.Disk.Start(), new System.IO.IOException("it is read-only")),
            machine.Keys
        );
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            ConnectOperation.RunAsync(
                new ConnectRequest { Issuer = new Uri(server.Issuer) },
                ledger,
                vault: null,
                new RecordingReporter(),
                new FakeClock(),
                CancellationToken.None
            )
        );
        Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
        Assert.Empty(await server.RequestsAsync());
    }

    [Fact]
    public async Task An_older_copy_is_told_once_and_registrations_go_on_then()
    {
        using var session = await Session.StartAsync(hasVault: false);
        await session.RegisterAsync(tenant: "north");
        var copy = session.Process.Machine.Disk.Snapshot();
        await session.RegisterAsync(tenant: "south");
        session.Process.Machine.Disk.Restore(copy);
        Assert.False((await session.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Equal(
            DcrErrorId.StoreDamaged,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "south"))).ErrorId
        );
        Assert.Equal(2, (await session.SentAsync("register")).Count);
        using var again = await session.AgainAsync();
        Assert.Contains("older copy", Assert.Single(again.Reporter.Warnings), StringComparison.Ordinal);
        Assert.True((await again.TryRegisterAsync(tenant: "south")).IsNew);
        using var third = await session.AgainAsync();
        Assert.Empty(third.Reporter.Warnings);
    }

    [Fact]
    public async Task Where_another_store_has_more_that_is_said_with_the_commands()
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(tenant: "north");
        using var local = await Session.ConnectAsync(session.Connection.Issuer, hasVault: false, process: session.Process);
        var warning = Assert.Single(local.Reporter.Warnings);
        Assert.Contains("vault 'TestVault' has 1 registration", warning);
        Assert.Contains("Connect-DcrServer -Vault TestVault", warning);
        Assert.Contains("Move-DcrRegistration -From TestVault", warning);

        await local.RegisterAsync(tenant: "south");
        using var again = await session.AgainAsync();
        Assert.Contains("Move-DcrRegistration -To TestVault", Assert.Single(again.Reporter.Warnings));
    }

    [Fact]
    public async Task A_local_store_that_was_put_back_is_said_and_what_the_vault_has_since_is_taken_from_there()
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(tenant: "north");
        session.Process.Kill();
        var copy = session.Process.Machine.Disk.Snapshot();
        using var next = await session.BesideAsync();
        await next.RegisterAsync(tenant: "south");
        next.Process.Kill();
        using (var marked = await session.BesideAsync())
        {
            marked.Process.Kill();
        }

        session.Process.Machine.Disk.Restore(copy);
        using var third = await session.BesideAsync();
        Assert.Contains(third.Reporter.Warnings, static warning => warning.Contains("is an older copy: vault 'TestVault' has seen it"));
        Assert.False((await third.TryRegisterAsync(tenant: "south")).IsNew);
        Assert.Equal(2, (await session.SentAsync("register")).Count);
    }

    [Fact]
    public async Task Locks_that_do_not_work_are_said()
    {
        using var session = await Session.StartAsync(hasVault: false);
        session.Process.Machine.Disk.LocksWork = false;
        using var next = await session.NextProcessAsync();
        Assert.StartsWith("File locks do not work in 'disk'", Assert.Single(next.Reporter.Warnings));
    }

    [Fact]
    public async Task A_store_in_memory_is_said_with_a_vault_and_refused_without()
    {
        using var server = await SharedTestServer.StartAsync();
        using var ledger = new RegistrationLedger(new MemoryFolder(), new LedgerKeysDouble());
        var reporter = new RecordingReporter();
        var request = new ConnectRequest { Issuer = new Uri(server.Issuer) };
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            ConnectOperation.RunAsync(request, ledger, null, reporter, new FakeClock(), CancellationToken.None)
        );
        Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
        Assert.Empty(await server.RequestsAsync());

        (await ConnectOperation.RunAsync(request, ledger, new MemoryVault(), reporter, new FakeClock(), CancellationToken.None)).Close();
        Assert.Contains("in memory", Assert.Single(reporter.Warnings));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Offline_the_clients_of_a_server_that_is_down_are_listed_and_nothing_is_sent(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        await session.Server.StopAsync();
        var connection = ConnectOperation.Offline(
            new ConnectRequest { Issuer = new Uri(session.Connection.Issuer + "/") },
            session.Ledger,
            hasVault ? "testvault" : null
        );
        Assert.Equal(
            (session.Connection.Issuer, session.Connection.VaultId, DcrCapabilities.None),
            (connection.Issuer, connection.VaultId, connection.Capabilities)
        );
        Assert.Equal(
            client.ClientId,
            Assert.Single(ListOperation.Kept(session.Ledger, connection.Issuer, connection.Place, session.Reporter)).Record.ClientId
        );
        var context = new OperationContext(
            connection,
            new Registrations(session.Ledger, hasVault ? session.Vault : null, connection.VaultId),
            session.Reporter,
            session.Clock,
            CancellationToken.None
        );
        Assert.Equal(
            DcrErrorId.NotConnected,
            (
                await Assert.ThrowsAsync<DcrException>(() =>
                    context.RunAsync(run => ReadOperation.RunAsync(run, session.Stored(client.ClientId)))
                )
            ).ErrorId
        );
        connection.Close();

        Assert.Equal(DcrErrorId.NotConnected, Assert.Throws<DcrException>(() => new TestServerOperation(connection).Checks).ErrorId);
        Assert.Equal(
            DcrErrorId.DiscoveryFailed,
            Assert
                .Throws<DcrException>(() =>
                    ConnectOperation.Offline(new ConnectRequest { Issuer = new Uri("https://other.example.com") }, session.Ledger, null)
                )
                .ErrorId
        );
    }
}
