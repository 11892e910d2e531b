using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What a vault holds and the ledger does not know is taken in at connect.</summary>
public class VaultIntakeTests
{
    /// <summary>An empty disk beside a full vault.</summary>
    [Fact]
    public async Task What_a_vault_holds_and_the_ledger_does_not_know_is_taken_in_before_anything_is_sent()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        await session.RegisterAsync(tenant: "south");
        using var elsewhere = await session.ElsewhereAsync();
        Assert.Contains("Vault 'TestVault' had 2 registrations that the local store did not know.", elsewhere.Reporter.VerboseLines);
        Assert.Empty(elsewhere.Reporter.Warnings);

        var (found, isNew) = await elsewhere.TryRegisterAsync(tenant: "NORTH");
        Assert.Equal((client.ClientId, false, DcrStorage.Vault), (found.ClientId, isNew, found.Storage));
        await elsewhere.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.Equal(2, (await session.SentAsync("register")).Count);
        Assert.All(elsewhere.Listed(), static listed => Assert.Null(listed.Record.RegistrationAccessToken));

        // What is known is not read again.
        var reads = session.Vault.Reads.Count;
        using var third = await elsewhere.NextProcessAsync();
        Assert.All(session.Vault.Reads.Skip(reads), static name => Assert.Equal(VaultProbe.Name, name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_damaged_here_is_taken_from_the_vault_that_has_it(bool isCompacted)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        if (isCompacted)
        {
            session.Ledger.Compact();
        }

        Spoil(session);
        Assert.Equal(DcrClientState.Active, (await session.ReadAsync(client.ClientId)).State);
        Spoil(session);
        using var next = await session.NextProcessAsync();
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Single(await session.SentAsync("register"));
        Assert.Empty(await session.SentAsync("delete"));
    }

    /// <summary>A registration in the local store that was dropped because it was damaged.</summary>
    /// <summary>On an empty disk nobody knows whose registration it is.</summary>
    [Theory]
    [InlineData("of a newer version")]
    [InlineData("spoilt")]
    [InlineData("under another name")]
    public async Task Where_a_registration_of_the_vault_cannot_be_taken_in_no_tenant_is_registered_again(string what)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var name = SecretName.For(client.Issuer, client.ClientId);
        var secrets = session.Vault.Secrets;
        Assert.True(secrets.TryRemove(name, out var text));
        var other = what == "under another name" ? name + "x" : name;
        secrets[other] = what switch
        {
            "of a newer version" => text!.Replace("\"version\":1", "\"version\":2"),
            "spoilt" => text!.Substring(1),
            _ => text!,
        };
        using var elsewhere = await session.ElsewhereAsync();
        Assert.Contains(other, Assert.Single(elsewhere.Reporter.Warnings));
        var error = await Assert.ThrowsAsync<DcrException>(() => elsewhere.RegisterAsync(tenant: "north"));
        Assert.Equal(DcrErrorId.VaultReadFailed, error.ErrorId);
        Assert.Single(await session.SentAsync("register"));

        // Once it is put right, its tenant has it.
        secrets.TryRemove(other, out _);
        secrets[name] = text!;
        using var again = await elsewhere.AgainAsync();
        Assert.Equal(client.ClientId, (await again.RegisterAsync(tenant: "north")).ClientId);
        Assert.True((await again.TryRegisterAsync(tenant: "south")).IsNew);
    }

    [Fact]
    public async Task What_is_damaged_can_be_dropped_and_its_tenant_be_registered_again()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync(tenant: "north");
        Spoil(session);
        Assert.Equal(DcrErrorId.StoreDamaged, (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId);
        var record = await session.RunAsync(context => FindOperation.RunAsync(context, client.ClientId, piped: null, forgets: true));
        await session.RunAsync(async context =>
        {
            await DeleteOperation.ForgetAsync(context, record);
            return true;
        });
        Assert.Empty(session.Listed());
        Assert.True((await session.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Fact]
    public async Task Many_are_taken_in_part_by_part_and_that_can_be_stopped()
    {
        using var session = await Session.StartAsync();
        var record = (await session.RegisterAsync(tenant: "north")).Record;
        foreach (var number in Enumerable.Range(0, 120))
        {
            var other = record with { ClientId = $"c{number}", Tenant = $"t{number}" };
            session.Vault.Secrets[other.SecretName] = other.ToJson();
        }

        using (var process = new Machine().Start())
        using (var stop = new CancellationTokenSource())
        {
            var reporter = new RecordingReporter();
            var reads = session.Vault.Reads.Count;
            stop.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                StoreOpening.OpenWholeVaultAsync(process.Ledger, session.Vault, reporter, new FakeClock(), stop.Token)
            );
            Assert.InRange(session.Vault.Reads.Count - reads, 1, 5);
            Assert.Null(reporter.Waits.Last());

            await StoreOpening.OpenWholeVaultAsync(process.Ledger, session.Vault, reporter, new FakeClock(), CancellationToken.None);
            Assert.Equal(121, process.Ledger.Registrations.List(session.Connection.Issuer).Count());
            Assert.Contains("Reading the registrations in vault 'TestVault': 100 of 121.", reporter.Waits);
            Assert.Null(reporter.Waits.Last());
        }
    }

    [Theory]
    [InlineData("somebody's password-123456")]
    [InlineData("""{"version":9,"issuer":"https://as.example.com","client_id":"c1","registration_access_token":"password-123456"}""")]
    [InlineData("""{"version":1,"issuer":"https://as.example.com","client_""")]
    public async Task A_secret_that_cannot_be_read_is_said_and_left_and_blocks_nothing(string content)
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(tenant: "north");
        session.Vault.Secrets["dcr-as-example-com-c1-aaaaaaaaaa"] = content;
        using var next = await session.NextProcessAsync();
        var warning = Assert.Single(next.Reporter.Warnings);
        Assert.Contains("'dcr-as-example-com-c1-aaaaaaaaaa'", warning);
        Assert.DoesNotContain("123456", warning);
        Assert.Equal(content, session.Vault.Secrets["dcr-as-example-com-c1-aaaaaaaaaa"]);
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Fact]
    public async Task The_key_of_a_local_store_in_the_vault_is_no_registration_and_is_not_read()
    {
        using var session = await Session.StartAsync();
        var name = SecretName.ForStoreKey(session.Ledger.Id, 7);
        session.Vault.Secrets[name] = "AAAA";
        using var again = await session.AgainAsync();
        Assert.Empty(again.Reporter.Warnings);
        Assert.DoesNotContain(name, session.Vault.Reads);
    }

    [Fact]
    public async Task A_registration_under_another_one_s_name_is_not_taken()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        session.Vault.Secrets["dcr-copy"] = session.Vault.Secrets[client.SecretName!];
        using var elsewhere = await session.ElsewhereAsync();
        Assert.Single(elsewhere.Listed());
    }

    [Fact]
    public async Task An_older_version_of_a_removed_registration_is_not_taken_in()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var older = session.Vault.Secrets.ToList();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        await session.DeleteAsync(client.ClientId);
        older.ForEach(secret => session.Vault.Secrets[secret.Key] = secret.Value);

        Assert.Equal(DcrErrorId.ClientNotFound, (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId);
        Assert.Empty(session.Listed());
        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Listed());
        Assert.Empty(next.Vault.Registrations);
        Assert.Contains("removed before", Assert.Single(next.Reporter.Warnings));
        Assert.True((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Fact]
    public async Task What_another_machine_registered_under_the_id_of_a_removed_registration_is_taken_in()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        await session.RegisterAsync(tenant: "north");
        await session.DeleteAsync("shared");
        session.Clock.UtcNow += TimeSpan.FromMinutes(1);
        using var elsewhere = await session.ElsewhereAsync();
        await elsewhere.RegisterAsync(tenant: "north");
        using var next = await session.NextProcessAsync();
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
        Assert.Empty(next.Reporter.Warnings);
    }

    /// <summary>The last registration.</summary>
    private static void Spoil(Session session)
    {
        var disk = session.Process.Machine.Disk;
        var (_, offset) = disk.Frames(session.Process.Keys)
            .Frames.Last(static frame => frame.Header.Kind is FrameKind.Kept or FrameKind.Known);
        var bytes = disk[disk.Newest()];
        bytes[offset + FrameHeader.Size + 20] ^= 1;
        disk.Overwrite(disk.Newest(), bytes);
    }
}
