using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A tenant gets one client, whatever goes wrong in between and whoever else is at it.</summary>
public class TenantTests
{
    private static readonly string[] List = ["north", "south", "east", "west"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_row_again_finds_the_client(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var (client, isNew) = await session.TryRegisterAsync(tenant: "north");
        var (again, isNewAgain) = await session.TryRegisterAsync(tenant: "north");
        Assert.Equal((client.ClientId, true, false, client.Storage), (again.ClientId, isNew, isNewAgain, again.Storage));

        using var next = await session.NextProcessAsync();
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.True((await next.TryRegisterAsync(tenant: "south")).IsNew);
        Assert.Equal(2, (await session.SentAsync("register")).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tenant_whose_client_was_deleted_is_registered_again(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        await session.DeleteAsync(client.ClientId);
        Assert.True((await session.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_client_is_made_where_that_is_wanted(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        await session.RegisterAsync(tenant: "north");
        Assert.True((await session.TryRegisterAsync(tenant: "north", allowsDuplicate: true)).IsNew);
        Assert.Equal(2, session.Listed().Count);
    }

    /// <summary>It was registered last, and stays the tenant's when the other one is changed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_clients_the_tenants_is_not_the_one_that_changed_last(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut"}""", hasVault: hasVault);
        var first = await session.RegisterAsync(tenant: "north");
        var (second, _) = await session.TryRegisterAsync(tenant: "north", allowsDuplicate: true);
        await session.ReadAsync(first.ClientId);
        Assert.Equal(second.ClientId, (await session.TryRegisterAsync(tenant: "north")).Client.ClientId);
        using var next = await session.NextProcessAsync();
        Assert.Equal(second.ClientId, (await next.TryRegisterAsync(tenant: "north")).Client.ClientId);
    }

    /// <summary>A vault that another machine uses has a client of the tenant that this one has registered into its local store.</summary>
    [Fact]
    public async Task A_tenant_keeps_its_client_when_a_vault_brings_another_and_both_are_told()
    {
        using var other = await Session.StartAsync();
        var theirs = await other.RegisterAsync(tenant: "North");
        using var local = await Session.ConnectAsync(other.Connection.Issuer, hasVault: false);
        var ours = await local.RegisterAsync(tenant: "north");
        using var both = await Session.ConnectAsync(other.Connection.Issuer, process: local.Process, vault: other.Vault);
        Assert.Contains(
            both.Reporter.Warnings,
            warning =>
                warning.StartsWith(
                    $"Tenant 'north' has more than one client: '{ours.ClientId}', which is used for it, and '{theirs.ClientId}'.",
                    StringComparison.Ordinal
                )
        );
        Assert.Equal(
            (ours.ClientId, false),
            await both.TryRegisterAsync(tenant: "north") is var (client, isNew) ? (client.ClientId, isNew) : default
        );
        await both.UpdateAsync(theirs.ClientId, """{"client_name":"m"}""");
        Assert.Equal(ours.ClientId, (await both.TryRegisterAsync(tenant: "north")).Client.ClientId);

        using var again = await both.AgainAsync();
        Assert.DoesNotContain(again.Reporter.Warnings, static warning => warning.Contains("has more than one client"));
    }

    [Fact]
    public async Task A_client_that_another_store_has_is_told_with_the_way_there()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        using var local = await Session.ConnectAsync(session.Connection.Issuer, hasVault: false, process: session.Process);
        Assert.Equal(
            $"The local store has no client that matches 'nor*', and vault 'TestVault' has one: '{client.ClientId}'. Connect-DcrServer "
                + "-Vault TestVault works with that.",
            ListOperation.ElsewhereWarning(local.Connection, "nor*", Assert.Single(local.Listed())));
    }

    [Theory]
    [InlineData("Hill", "hill")]
    [InlineData("a", " a\t")]
    [InlineData("Praxis M\u00fcller", "praxis mu\u0308ller")]
    public async Task Names_that_differ_by_case_blanks_or_form_are_one_tenant(string one, string other)
    {
        using var session = await Session.StartAsync(hasVault: false);
        await session.RegisterAsync(tenant: one);
        Assert.False((await session.TryRegisterAsync(tenant: other)).IsNew);
        Assert.Single(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData("Hill", "Hills")]
    [InlineData("a b", "ab")]
    [InlineData("Muller", "M\u00fcller")]
    public async Task Other_names_are_other_tenants(string one, string other)
    {
        using var session = await Session.StartAsync(hasVault: false);
        await session.RegisterAsync(tenant: one);
        Assert.True((await session.TryRegisterAsync(tenant: other)).IsNew);
    }

    [Theory]
    [InlineData(VaultFault.RefusesWrites)]
    [InlineData(VaultFault.LosesWrites)]
    [InlineData(VaultFault.Locked)]
    internal async Task Rows_that_the_vault_did_not_keep_are_not_registered_again_by_the_same_session(VaultFault fault)
    {
        using var session = await Session.StartAsync();
        await FailAsync(session, fault, "north");

        // The whole vault is broken now, then it is repaired.
        session.Vault.Fault = fault;
        Assert.Contains(
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"))).ErrorId,
            new[] { DcrErrorId.VaultWriteFailed, DcrErrorId.VaultLocked }
        );
        session.Vault.Fault = VaultFault.None;
        var (client, isNew) = await session.TryRegisterAsync(tenant: "north");
        Assert.Equal((false, DcrStorage.Pending), (isNew, client.Storage));

        // It is managed by the newest token, and put where it belongs.
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.False((await session.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Single(await session.SentAsync("register"));
    }

    [Fact]
    public async Task A_restore_in_between_stores_them_and_doubles_nobody()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        foreach (var tenant in List)
        {
            session.Clock.UtcNow += TimeSpan.FromMinutes(2);
            await FailAsync(session, VaultFault.RefusesWrites, tenant);
        }

        var restored = await session.RestoreAsync();
        Assert.Equal(List.OrderBy(static name => name), restored.Select(static client => client.Tenant!).OrderBy(static name => name));
        Assert.All(restored, static client => Assert.Equal(DcrStorage.Vault, client.Storage));
        Assert.All(
            await session.Server.ClientsAsync(),
            client => Assert.Equal(client.RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken)
        );
        foreach (var tenant in List)
        {
            var (client, isNew) = await session.TryRegisterAsync(tenant: tenant);
            Assert.False(isNew);
            await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        }

        Assert.Equal(List.Length, (await session.SentAsync("register")).Count);
        Assert.Empty(await session.RestoreAsync());
    }

    /// <summary>The vault refuses one record for good.</summary>
    [Fact]
    public async Task A_record_that_the_vault_never_takes_is_registered_once()
    {
        using var session = await Session.StartAsync();
        for (var run = 0; run < 3; run++)
        {
            session.Clock.UtcNow += TimeSpan.FromMinutes(2);
            (session.Vault.FaultsOn, session.Vault.Fault) = ("dcr-127", VaultFault.RefusesWrites);
            await Record.ExceptionAsync(() => session.RegisterAsync(tenant: "north"));
        }

        Assert.Single(await session.SentAsync("register"));
        Assert.True(Assert.Single(session.Listed()).IsPending);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_connections_of_one_session_know_what_the_other_registered(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        using var other = await session.AgainAsync();
        var client = await session.RegisterAsync(tenant: "north");
        Assert.Equal(client.ClientId, (await other.RegisterAsync(tenant: "north")).ClientId);
        await other.DeleteAsync(client.ClientId);
        Assert.True((await session.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Theory]
    [InlineData(""" "body":"empty" """)]
    [InlineData(""" "body":"html" """)]
    [InlineData(""" "body":"half" """)]
    [InlineData(""" "content":"NaN" """)]
    [InlineData(""" "content":"{\"client_name\":\"no id\"}" """)]
    [InlineData(""" "content":"{\"client_id\":null,\"registration_access_token\":\"t\"}" """)]
    [InlineData(""" "content":"{\"data\":{\"client_id\":\"c1\"}}" """)]
    [InlineData(""" "content":"[{\"client_id\":\"c1\"}]" """)]
    [InlineData(""" "content":"[]" """)]
    [InlineData(""" "content":"{}" """)]
    [InlineData(""" "content":"null" """)]
    [InlineData(""" "status":200,"content":"<p>" """)]
    [InlineData(""" "status":202,"body":"empty" """)]
    [InlineData(""" "status":204,"body":"empty" """)]
    [InlineData(""" "drop":"midBody" """)]
    [InlineData(""" "drop":"afterStatusLine" """)]
    [InlineData(""" "drop":"beforeAnswer" """)]
    [InlineData(""" "status":500 """)]
    public async Task A_success_that_cannot_be_used_is_one_request_and_an_orphan(string fault)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"register",{{fault}}}]}""", hasVault: false);
        Assert.Contains(
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"))).ErrorId,
            new[] { DcrErrorId.ResponseNotConformant, DcrErrorId.OutcomeUnknown }
        );
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"))).ErrorId
        );

        using var next = await session.NextProcessAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => next.RegisterAsync(tenant: "North "));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Contains("Find-DcrOrphan", error.RecommendedAction);
        Assert.Single(await session.SentAsync("register"));
        var orphan = Assert.Single(await next.OrphansAsync());
        Assert.Equal(("Register", "north"), (orphan.Operation, orphan.Tenant));

        // Others are registered meanwhile; and this one when the user knows what became of it.
        Assert.True((await next.TryRegisterAsync(tenant: "south")).IsNew);
        await next.RunAsync(async context =>
        {
            await DcrPowerShell.Operations.OrphanOperation.DismissAsync(context, orphan);
            return true;
        });
        Assert.True((await next.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(200_000)]
    public async Task An_answer_that_cannot_be_used_is_kept_whole(int length)
    {
        var content = "<!-- " + new string('x', length) + " registration_access_token=\"tok-1\" -->";
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"register","content":{{System.Text.Json.JsonSerializer.Serialize(content)}}}]}""",
            hasVault: false
        );
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        using var next = await session.NextProcessAsync();
        Assert.Equal(content, string.Concat(Assert.Single(await next.OrphansAsync()).Answer!.Select(SecureText.Reveal)));
    }

    /// <summary>The error has the server's words.</summary>
    [Theory]
    [InlineData("""{"error":"invalid_redirect_uri","error_description":"no wildcards"}""", DcrErrorId.InvalidRedirectUri, "no wildcards")]
    [InlineData("""{"error":"invalid_client_metadata","error_description":"too long"}""", DcrErrorId.InvalidClientMetadata, "too long")]
    [InlineData("""{"error":"quota","error_description":"no more clients"}""", DcrErrorId.InvalidClientMetadata, "no more clients")]
    [InlineData(
        """{"errorCode":"E0000001","errorSummary":"Api validation failed"}""",
        DcrErrorId.InvalidClientMetadata,
        "Api validation failed"
    )]
    public async Task A_success_that_names_an_error_and_no_client_is_a_refusal(string content, DcrErrorId expected, string words)
    {
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"register","status":200,"content":{{System.Text.Json.JsonSerializer.Serialize(content)}}}]}""",
            hasVault: false
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        Assert.Equal((expected, 200), (error.ErrorId, error.ServerError!.Status));
        Assert.Contains(words, error.Message);
        Assert.Empty(session.Ledger.Requests.Open());
        Assert.True((await session.TryRegisterAsync(tenant: "north")).IsNew);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_processes_with_one_list_double_nobody(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        using var other = await session.BesideAsync();
        using var third = await session.AgainAsync();
        var sessions = new[] { session, other, third };
        var tenants = Enumerable.Range(0, 15).Select(static number => $"tenant-{number}").ToList();
        Array.ForEach(sessions, static one => one.Clock.OnWait = static () => Thread.Sleep(5));
        var found = await Task.WhenAll(
            sessions.SelectMany(one => tenants.Select(tenant => Task.Run(() => one.TryRegisterAsync(tenant: tenant))))
        );

        Assert.Equal(tenants.Count, found.Count(static result => result.IsNew));
        Assert.Equal(tenants.Count, (await session.SentAsync("register")).Count);
        Assert.All(sessions, one => Assert.Equal(tenants.Count, one.Listed().Count));
        Assert.All(
            found.GroupBy(static result => result.Client.Tenant),
            static clients => Assert.Single(clients.Select(static result => result.Client.ClientId).Distinct())
        );
    }

    /// <summary>The other process lives, and what it knows is in the ledger.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unknown_outcome_of_a_living_process_is_not_sent_again_by_another(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","drop":"beforeAnswer"}]}""", hasVault: hasVault);
        using var other = await session.BesideAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => other.RegisterAsync(tenant: "north"))).ErrorId
        );
        Assert.Single(await session.SentAsync("register"));
        Assert.Single(await other.OrphansAsync());
    }

    [Fact]
    public async Task A_request_under_way_in_another_process_is_waited_for()
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","delayMs":1000}]}""", hasVault: false);
        using var other = await session.BesideAsync();
        other.Clock.OnWait = static () => Thread.Sleep(20);
        var first = session.TryRegisterAsync(tenant: "north");
        await session.ArrivalAsync("register");
        Assert.Empty(await other.OrphansAsync());
        var (found, isNew) = await other.TryRegisterAsync(tenant: "north");
        Assert.Equal(((await first).Client.ClientId, false), (found.ClientId, isNew));
        Assert.Contains("A client for tenant 'north' is being registered by another command; waiting for it.", other.Reporter.Waits);
        Assert.Null(other.Reporter.Waits.Last());
    }

    [Fact]
    public async Task A_request_in_another_process_that_does_not_end_is_told_and_nothing_is_sent()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"register","delayMs":60000}]}""",
            static request => request with { Timeout = TimeSpan.FromSeconds(20) },
            hasVault: false
        );
        using var other = await session.BesideAsync();
        var first = session.TryRegisterAsync(tenant: "north");
        await session.ArrivalAsync("register");
        var error = await Assert.ThrowsAsync<DcrException>(() => other.TryRegisterAsync(tenant: "north"));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Contains("did not end within 3 minutes", error.Message);
        Assert.Single(await session.SentAsync("register"));
        session.Stop.Cancel();
        await Record.ExceptionAsync(() => first);
    }

    /// <summary>The process that asked was killed: what came back, or that nothing did, decides.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_killed_process_left_decides_for_one_that_was_there_already(bool isAnswered)
    {
        using var session = await Session.StartAsync(hasVault: false);
        using var other = await session.BesideAsync();
        var appends = isAnswered ? 3 : 2;
        session.Process.Machine.Disk.Before = call =>
        {
            if (
                call.By == session.Process.Folder
                && call.Operation == DiskOperation.Append
                && call.Name.EndsWith(".dcrl", StringComparison.Ordinal)
                && --appends == 0
            )
            {
                session.Process.Kill();
            }
        };
        await Assert.ThrowsAsync<KilledException>(() => session.RegisterAsync(tenant: "north"));
        if (isAnswered)
        {
            var (client, isNew) = await other.TryRegisterAsync(tenant: "north");
            Assert.Equal(((await session.AtServerAsync()).ClientId, false), (client.ClientId, isNew));
            Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, other.Stored(client.ClientId).RegistrationAccessToken);
        }
        else
        {
            Assert.Equal(
                DcrErrorId.OutcomeUnknown,
                (await Assert.ThrowsAsync<DcrException>(() => other.RegisterAsync(tenant: "north"))).ErrorId
            );
        }

        Assert.Single(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_gives_one_client_to_everybody_leaves_the_first_tenant_its_own(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""", hasVault: hasVault);
        await session.RegisterAsync(tenant: "north");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "south"));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Contains("client 'shared', which belongs to tenant 'north'", error.Message);
        Assert.Equal(
            ("north", (await session.AtServerAsync()).RegistrationAccessToken),
            (session.Stored("shared").Tenant, session.Stored("shared").RegistrationAccessToken)
        );

        using var next = await session.NextProcessAsync();
        Assert.Empty(next.Reporter.Warnings);
        Assert.False((await next.TryRegisterAsync(tenant: "north")).IsNew);
        Assert.Equal("shared", (await next.ReadAsync("shared")).ClientId);
    }

    /// <summary>Another process keeps the client for its tenant between this one's look and its writing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_gives_one_client_to_two_at_the_same_moment_leaves_the_first_tenant_its_own(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""", hasVault: hasVault);
        using var beside = await session.BesideAsync();
        var (disk, own) = (session.Process.Machine.Disk, session.Process.Folder);
        Task<DcrClient>? other = null;
        disk.ForgetCalls();
        disk.Before = call =>
        {
            // Its intent and its answer are written, and it is about to write what the answer came to.
            if (
                call is { Operation: DiskOperation.Lock, Name: LedgerFile.LockName }
                && call.By == own
                && disk.Calls.Count(done => done.By == own && done.Operation == DiskOperation.Append && done.Name == LedgerSamples.First)
                    == 2
                && other is null
            )
            {
                other = Task.Run(() => beside.RegisterAsync(tenant: "north"));
                other.Wait();
            }
        };
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "south"));
        Assert.NotNull(other);
        Assert.Contains("client 'shared', which belongs to tenant 'north'", error.Message);
        Assert.Equal("north", session.Stored("shared").Tenant);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tenants_are_one_space_over_all_stores(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""", hasVault: hasVault);
        using var other = await InOtherStoreAsync(session);
        var client = await session.RegisterAsync(tenant: "north");
        var (found, isNew) = await other.TryRegisterAsync(tenant: "north");
        Assert.Equal((client.ClientId, false, hasVault ? DcrStorage.Vault : DcrStorage.Local), (found.ClientId, isNew, found.Storage));
        Assert.Single(await session.SentAsync("register"));
    }

    /// <summary>A change goes where the client is kept, so that no store is left with a token that is dead.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_over_a_connection_with_another_store_leaves_the_client_where_it_is(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""", hasVault: hasVault);
        var client = await session.RegisterAsync(tenant: "north");
        using var other = await InOtherStoreAsync(session);
        var changed = await other.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.Equal(hasVault ? DcrStorage.Pending : DcrStorage.Local, changed.Storage);
        Assert.Equal(session.Connection.Place, Assert.Single(session.Listed()).Place);

        using var next = await session.NextProcessAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Equal("m", (await next.ReadAsync(client.ClientId)).ClientName);
        Assert.True(hasVault || other.Vault.Registrations.Count == 0);
    }

    [Fact]
    public async Task Where_only_another_vault_has_the_token_that_is_said_and_lists_go_on()
    {
        using var session = await Session.StartAsync(
            """{"dialect":"okta","okta":{"apiToken":"00x"}}""",
            static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) }
        );
        var client = await session.RegisterAsync(tenant: "north");
        session.Ledger.Compact();
        using var other = await InOtherStoreAsync(session, new MemoryVault { Name = "Other" });
        var error = await Assert.ThrowsAsync<DcrException>(() => other.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.ClientNotFound, error.ErrorId);
        Assert.Contains("vault 'TestVault'", error.Message);

        var (clients, _) = await other.RunAsync(context => DcrPowerShell.Operations.ListOperation.FromServerAsync(context, null, null));
        Assert.Equal(
            (client.ClientId, "north", DcrStorage.Vault),
            clients.Single() is var listed ? (listed.ClientId, listed.Tenant, listed.Storage) : default
        );
    }

    private static async Task FailAsync(Session session, VaultFault fault, string tenant) =>
        Assert.Equal(
            DcrErrorId.VaultWriteFailed,
            (await session.FailAsync(fault, () => session.RegisterAsync(tenant: tenant))).ErrorId
        );

    /// <summary>Another connection of the process: with the local store where the session has a vault, and the other way round.</summary>
    private static Task<Session> InOtherStoreAsync(Session session, MemoryVault? vault = null) =>
        Session.ConnectAsync(
            session.Connection.Issuer,
            session.Change,
            vault is not null || session.Connection.Vault is null,
            process: session.Process,
            vault: vault
        );
}
