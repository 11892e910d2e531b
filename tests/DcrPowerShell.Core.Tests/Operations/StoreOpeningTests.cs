using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What a connect does with the ledger and the vault before anything is sent.</summary>
public class StoreOpeningTests
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

    [Fact]
    public async Task What_a_vault_has_lost_is_said_and_written_back_as_far_as_it_is_known()
    {
        using var session = await Session.StartAsync();
        var (north, south) = (await session.RegisterAsync(tenant: "north"), await session.RegisterAsync(tenant: "south"));
        session.Vault.Secrets.TryRemove(north.SecretName!, out _);
        using var next = await session.NextProcessAsync();
        Assert.Equal(
            "Vault 'TestVault' no longer has 1 registration that it had. Where the folder of the local store was put back to an older "
                + "copy, they may have been removed since: then Remove-DcrClient -StoreOnly forgets one. Else Restore-DcrRegistration "
                + "writes those back that the local store still holds.",
            Assert.Single(next.Reporter.Warnings)
        );
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Equal("Clinic portal", (await next.ReadAsync(north.ClientId)).ClientName);
        Assert.Equal(north.ClientId, Assert.Single(await next.RestoreAsync()).ClientId);
        Assert.Equal(
            (await session.Server.ClientsAsync()).Single(known => known.ClientId == north.ClientId).RegistrationAccessToken,
            next.Stored(north.ClientId).RegistrationAccessToken
        );
        Assert.Equal(south.ClientId, next.Stored(south.ClientId).ClientId);

        using var third = await next.NextProcessAsync();
        Assert.Empty(third.Reporter.Warnings);
    }

    [Fact]
    public async Task Half_a_record_in_the_vault_blocks_neither_work_nor_its_repair()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var whole = session.Vault.Secrets[client.SecretName!];
        session.Vault.Secrets[client.SecretName!] = whole.Substring(0, whole.Length / 2);
        using var next = await session.NextProcessAsync();
        Assert.Equal("Clinic portal", (await next.ReadAsync(client.ClientId)).ClientName);
        await next.RestoreAsync();
        Assert.Equal(whole, next.Vault.Secrets[client.SecretName!]);
    }

    [Fact]
    public async Task A_record_of_a_newer_version_is_left_as_it_is()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var newer = session.Vault.Secrets[client.SecretName!].Replace("\"version\":1", "\"version\":2");
        session.Vault.Secrets[client.SecretName!] = newer;
        using var next = await session.NextProcessAsync();
        Assert.Equal(DcrErrorId.VaultReadFailed, (await Assert.ThrowsAsync<DcrException>(() => next.ReadAsync(client.ClientId))).ErrorId);
        await next.RestoreAsync();
        Assert.Equal(newer, next.Vault.Secrets[client.SecretName!]);
    }

    [Fact]
    public async Task What_is_pending_takes_the_place_of_no_record_of_a_newer_version_and_does_not_stand_in_the_way()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync(tenant: "north");
        await session.FailAsync(VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        var newer = Upgrade(session.Vault, client.SecretName!);

        using (var next = await session.NextProcessAsync())
        {
            Assert.Contains("Update DcrPowerShell", Assert.Single(next.Reporter.Warnings));
            Assert.Equal("m", (await next.ReadAsync(client.ClientId)).ClientName);
            var error = await Assert.ThrowsAsync<DcrException>(() => next.UpdateAsync(client.ClientId, """{"client_name":"n"}"""));
            Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
            Assert.Contains("Update DcrPowerShell", error.RecommendedAction);
            Assert.Equal(
                (await session.AtServerAsync()).RegistrationAccessToken,
                next.Ledger.Registrations.Find(session.Connection.Issuer, client.ClientId)!.Record.RegistrationAccessToken
            );
            await next.RestoreAsync();
            Assert.Equal(newer, next.Vault.Secrets[client.SecretName!]);
            error = await Assert.ThrowsAsync<DcrException>(() => next.DeleteAsync(client.ClientId));
            Assert.Contains("Update DcrPowerShell", error.RecommendedAction);
            Assert.Empty(await session.Server.ClientsAsync());
        }

        using var third = await session.BesideAsync();
        Assert.Contains("Update DcrPowerShell", Assert.Single(third.Reporter.Warnings));
        Assert.Equal(newer, third.Vault.Secrets[client.SecretName!]);

        // The version that wrote it.
        third.Vault.Secrets[client.SecretName!] = newer.Replace("\"version\":2", "\"version\":1");
        using var fourth = await third.NextProcessAsync();
        Assert.Empty(fourth.Reporter.Warnings);
        Assert.Empty(fourth.Vault.Registrations);
    }

    [Fact]
    public async Task A_registration_of_the_same_id_takes_the_place_of_no_record_of_a_newer_version()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        var client = await session.RegisterAsync(tenant: "north");
        var newer = Upgrade(session.Vault, client.SecretName!);
        using var elsewhere = await session.ElsewhereAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => elsewhere.TryRegisterAsync(tenant: "south", allowsDuplicate: true));
        Assert.Contains("Update DcrPowerShell", error.RecommendedAction);
        Assert.Equal(newer, session.Vault.Secrets[client.SecretName!]);
        Assert.Equal(
            (await session.AtServerAsync()).RegistrationAccessToken,
            elsewhere.Ledger.Registrations.Find(session.Connection.Issuer, "shared")!.Record.RegistrationAccessToken
        );
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

    [Fact]
    public async Task Of_two_registrations_of_one_id_the_later_one_counts_though_the_vault_was_put_back_and_no_token_is_lost()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        var first = (await session.RegisterAsync(tenant: "north")).Record;
        var older = session.Vault.Secrets.ToList();
        await session.DeleteAsync("shared");
        session.Clock.UtcNow += TimeSpan.FromMinutes(1);
        await session.RegisterAsync(tenant: "north");
        older.ForEach(secret => session.Vault.Secrets[secret.Key] = secret.Value);

        using var next = await session.NextProcessAsync();
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
        Assert.Equal("shared", Assert.Single(await next.RestoreAsync()).ClientId);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored("shared").RegistrationAccessToken);
        AssertSetAside(next, first);
    }

    [Fact]
    public async Task Of_two_registrations_of_one_id_the_vault_s_counts_where_it_is_the_later_one_and_no_token_is_lost()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        var first = (await session.RegisterAsync(tenant: "north")).Record;
        await RegisterAgainAsync(session);
        Assert.Equal("shared", (await session.ReadAsync("shared")).ClientId);
        session.Ledger.Compact();
        AssertSetAside(session, first);
    }

    [Fact]
    public async Task What_is_pending_takes_the_place_of_no_later_registration_of_the_same_id_and_no_token_is_lost()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        var error = await session.FailAsync(VaultFault.RefusesWrites, () => session.RegisterAsync(tenant: "north"));
        await RegisterAgainAsync(session);

        using var next = await session.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored("shared").RegistrationAccessToken);
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
        AssertSetAside(next, ((DcrClient)error.Unstored!).Record);
    }

    [Fact]
    public async Task A_vault_that_was_put_back_to_an_older_copy_gets_what_the_ledger_still_holds()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync(tenant: "north");
        var older = session.Vault.Secrets.ToList();
        session.Clock.UtcNow -= TimeSpan.FromDays(2);
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        var newest = session.Stored(client.ClientId);
        older.ForEach(secret => session.Vault.Secrets[secret.Key] = secret.Value);

        using var next = await session.NextProcessAsync();
        Assert.Equal("m", (await next.ReadAsync(client.ClientId)).ClientName);
        Assert.Equal("m", Assert.Single(next.Listed()).Record.ClientName);
        Assert.Equal(client.ClientId, Assert.Single(await next.RestoreAsync()).ClientId);
        Assert.Equal(newest.RegistrationAccessToken, next.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task What_another_machine_changed_in_the_vault_counts()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync(tenant: "north");
        using var elsewhere = await session.ElsewhereAsync();
        await elsewhere.UpdateAsync(client.ClientId, """{"client_name":"there"}""");
        Assert.Equal("there", (await session.ReadAsync(client.ClientId)).ClientName);
        await session.UpdateAsync(client.ClientId, """{"client_name":"here"}""");
        Assert.Equal("here", (await elsewhere.ReadAsync(client.ClientId)).ClientName);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    /// <summary>
    /// The vault has a newer version of another machine, and while it is read a command here brings one that is newer still.
    /// </summary>
    [Fact]
    public async Task What_changed_here_while_the_vault_was_read_counts()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync(tenant: "north");
        using (var elsewhere = await session.ElsewhereAsync())
        {
            elsewhere.Clock.UtcNow += TimeSpan.FromHours(1);
            await elsewhere.UpdateAsync(client.ClientId, """{"client_name":"there"}""");
        }

        using var beside = await session.BesideAsync();
        session.Vault.OnRead = name =>
        {
            if (name == client.SecretName)
            {
                session.Vault.OnRead = static _ => { };
                Task.Run(() => beside.UpdateAsync(client.ClientId, """{"client_name":"here"}""")).GetAwaiter().GetResult();
            }
        };
        var store = new Registrations(session.Ledger, session.Vault, session.Connection.VaultId);
        var found = await store.FindAsync(session.Connection.Issuer, client.ClientId);
        Assert.Equal("here", found!.Record.ClientName);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, found.Record.RegistrationAccessToken);
    }

    /// <summary>What one machine could not store is older than what another one stored since.</summary>
    [Fact]
    public async Task What_was_pending_never_takes_the_place_of_something_newer()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        await session.FailAsync(VaultFault.RefusesWrites, () => session.UpdateAsync(client.ClientId, """{"client_name":"older"}"""));
        using (var elsewhere = await session.ElsewhereAsync())
        {
            elsewhere.Clock.UtcNow += TimeSpan.FromHours(1);
            await elsewhere.UpdateAsync(client.ClientId, """{"client_name":"newer"}""");
        }

        using var next = await session.NextProcessAsync();
        Assert.Equal("newer", next.Stored(client.ClientId).ClientName);
        Assert.Equal("newer", Assert.Single(next.Listed()).Record.ClientName);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_command_is_giving_the_vault_just_now_is_left_to_it_by_another_process_that_connects(bool isUpdate)
    {
        using var session = await Session.StartAsync();
        var client = isUpdate ? await session.RegisterAsync(tenant: "north") : null;
        Session? other = null;
        session.Vault.OnWrite = name =>
        {
            if (name != VaultProbe.Name)
            {
                session.Vault.OnWrite = static _ => { };
                other = Task.Run(session.BesideAsync).GetAwaiter().GetResult();
            }
        };
        client = isUpdate
            ? await session.UpdateAsync(client!.ClientId, """{"client_name":"newer"}""")
            : await session.RegisterAsync(tenant: "north");
        using (other)
        {
            Assert.Empty(other!.Reporter.Warnings);
        }

        Assert.Equal(client.ClientName, session.Stored(client.ClientId).ClientName);
        Assert.False(Assert.Single(session.Listed()).IsPending);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task What_another_process_dropped_while_a_command_ran_is_put_back_at_its_end()
    {
        using var session = await Session.StartAsync();
        var store = new Registrations(session.Ledger, session.Vault, session.Connection.VaultId);
        var context = new OperationContext(session.Connection, store, session.Reporter, session.Clock, CancellationToken.None);
        var (client, _) = await context.RunAsync(run =>
            RegisterOperation.RunAsync(run, new RegisterRequest(JsonBag.Parse(Session.WebClient), "north", null))
        );
        session.Vault.Secrets.TryRemove(client.SecretName!, out _);
        session.Vault.ChangesByOthers++;
        Assert.True(Assert.Single(session.Listed()).IsPending);
        Assert.Equal(1, await store.ConfirmAsync());
        Assert.Equal(client.ClientId, session.Stored(client.ClientId).ClientId);
        Assert.Equal(0, await store.ConfirmAsync());
        Assert.False(Assert.Single(session.Listed()).IsPending);
    }

    [Fact]
    public async Task Where_nobody_else_wrote_nothing_is_read_again_at_a_command_s_end()
    {
        using var session = await Session.StartAsync();
        var store = new Registrations(session.Ledger, session.Vault, session.Connection.VaultId);
        var context = new OperationContext(session.Connection, store, session.Reporter, session.Clock, CancellationToken.None);
        await context.RunAsync(run =>
            RegisterOperation.RunAsync(run, new RegisterRequest(JsonBag.Parse(Session.WebClient), "north", null))
        );
        session.Vault.Fault = VaultFault.RefusesReads;
        Assert.Equal(0, await store.ConfirmAsync());
        Assert.False(Assert.Single(session.Listed()).IsPending);
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

    /// <summary>Makes a record one of a newer version.</summary>
    private static string Upgrade(MemoryVault vault, string secretName) =>
        vault.Secrets[secretName] = vault.Secrets[secretName].Replace("\"version\":1", "\"version\":2");

    /// <summary>Another machine registers the client that a session knows once more, a minute later.</summary>
    private static async Task RegisterAgainAsync(Session session)
    {
        using var elsewhere = await session.ElsewhereAsync();
        elsewhere.Clock.UtcNow += TimeSpan.FromMinutes(1);
        if (elsewhere.Listed().Count > 0)
        {
            await elsewhere.DeleteAsync("shared");
        }

        await elsewhere.RegisterAsync(tenant: "north");
    }

    private static void AssertSetAside(Session session, RegistrationRecord record)
    {
        var name = Assert.Single(session.Ledger.Secrets.Names());
        Assert.StartsWith($"older-{record.SecretName}-", name);
        Assert.Contains($"'{name}'", Assert.Single(session.Reporter.Warnings, static warning => warning.Contains("two registrations")));
        Assert.Equal(record.ToJson(), session.Ledger.Secrets.Find(name));
    }
}
