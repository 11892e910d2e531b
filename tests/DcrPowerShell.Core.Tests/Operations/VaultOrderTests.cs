using System;
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

/// <summary>Of two versions of a registration, in the ledger and in a vault, the later one counts.</summary>
public class VaultOrderTests
{
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
                + "restores those that the local store still holds.",
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
