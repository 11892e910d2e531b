using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class RepairOperationTests
{
    private const string Copy = "portal-secret";
    private const string Rich = """
        {"client_name":"Clinic","client_name#ja":"クリニック","redirect_uris":["https://a.example.com/"],"scope":"openid",
         "tos_uri":"https://a.example.com/tos","default_max_age":60,"x_vendor":1}
        """;

    [Theory]
    [InlineData(true, "unauthorized")]
    [InlineData(false, "notFound")]
    public async Task A_client_that_is_gone_is_registered_with_the_same_metadata_and_tenant(bool hasVault, string unknownClient)
    {
        using var session = await Session.StartAsync($$"""{"unknownClient":"{{unknownClient}}"}""", hasVault: hasVault);
        var old = await session.RegisterAsync(Rich, tenant: "north", clientSecretName: Copy);
        await session.Server.RemoveClientAsync(old.ClientId);
        await session.Server.ClearRequestsAsync();

        var client = await RepairAsync(session, old.ClientId);
        Assert.NotEqual(old.ClientId, client.ClientId);
        Assert.Equal(("Clinic", "north", "openid"), (client.ClientName, client.Tenant, string.Join(" ", client.Scope)));
        Assert.Equal(["read", "register"], (await session.Server.RequestsAsync()).Select(static request => request.Operation));
        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("register")).Body);
        Assert.Equal(("クリニック", "60"), (sent.Text("client_name#ja"), sent.Text("default_max_age")));
        Assert.All(
            new[] { "client_id", "client_secret", "registration_access_token", "registration_client_uri", "client_id_issued_at" },
            member => Assert.False(sent.Has(member), member)
        );
        Assert.False(sent.Has("x_vendor"));
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("were not sent: x_vendor."));
        Assert.Equal(
            unknownClient == "unauthorized",
            session.Reporter.Warnings.Any(static line => line.Contains("the server refuses its token"))
        );

        var known = await session.AtServerAsync();
        Assert.Equal(known.RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Equal(client.ClientId, Assert.Single(session.Listed()).Record.ClientId);
        Assert.Equal(known.ClientSecret, await NewStore(session, hasVault).ReadSecretAsync(Copy));
        Assert.Empty(session.Ledger.Requests.Open());

        // The old one is history.
        var history = Assert.Single(session.Ledger.Secrets.Names(), static name => name.StartsWith("older-", StringComparison.Ordinal));
        Assert.Equal(old.ClientId, RegistrationRecord.Parse(session.Ledger.Secrets.Find(history)!).ClientId);
        Assert.False(hasVault && session.Vault.Secrets.ContainsKey(SecretName.For(session.Connection.Issuer, old.ClientId)));
    }

    [Fact]
    public async Task A_copy_that_was_removed_is_said_to_be_no_longer_there()
    {
        using var session = await Session.StartAsync();
        var old = await session.RegisterAsync(clientSecretName: Copy);
        await session.Server.RemoveClientAsync(old.ClientId);
        Assert.True(session.Vault.Secrets.TryRemove(Copy, out _));
        await RepairAsync(session, old.ClientId);
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("did not get the new one: it is no longer there."));
        Assert.False(session.Vault.Secrets.ContainsKey(Copy));
    }

    [Fact]
    public async Task A_living_client_is_refused()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var failure = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, client.ClientId));
        Assert.Equal(DcrErrorId.ClientNotGone, failure.ErrorId);
        Assert.Single(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData(""" {"on":"read","status":503,"times":9} """, DcrErrorId.ServerUnavailable)]
    [InlineData(""" {"on":"read","status":403,"times":9} """, DcrErrorId.AccessTokenRejected)]
    [InlineData(""" {"on":"read","status":405,"times":9} """, DcrErrorId.OperationNotSupported)]
    public async Task Where_it_is_not_known_whether_it_is_gone_nothing_is_registered(string fault, DcrErrorId error)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{{fault}}]}""");
        var client = await session.RegisterAsync();
        var failure = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, client.ClientId));
        Assert.Equal(error, failure.ErrorId);
        Assert.Single(await session.SentAsync("register"));
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task A_refused_registration_leaves_the_old_record_and_a_second_run_goes_on()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var old = await session.RegisterAsync(tenant: "north");
        await session.Server.RemoveClientAsync(old.ClientId);
        await session.Server.SetAsync(new { faults = new[] { new { on = "register", status = 403 } } });
        await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, old.ClientId));
        Assert.Equal(old.ClientId, Assert.Single(session.Listed()).Record.ClientId);
        Assert.NotEqual(old.ClientId, (await RepairAsync(session, old.ClientId)).ClientId);
        Assert.Single(await session.Server.ClientsAsync());
    }

    [Theory]
    [InlineData("north")]
    [InlineData(null)]
    public async Task A_repair_of_unknown_outcome_is_not_sent_again(string? tenant)
    {
        using var session = await Session.StartAsync(hasVault: false);
        var old = await session.RegisterAsync(tenant: tenant);
        await session.Server.RemoveClientAsync(old.ClientId);
        await session.Server.SetAsync(new { faults = new[] { new { on = "register", drop = "beforeAnswer" } } });
        for (var i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, old.ClientId));
            Assert.Equal(DcrErrorId.OutcomeUnknown, failure.ErrorId);
            Assert.DoesNotContain("New-DcrClient", failure.RecommendedAction);
            Assert.Equal(i == 1, failure.RecommendedAction.Contains("Repair-DcrClient again"));
        }

        Assert.Equal(2, (await session.SentAsync("register")).Count);
    }

    [Fact]
    public async Task A_tenant_with_another_client_gets_no_third()
    {
        using var session = await Session.StartAsync();
        var old = await session.RegisterAsync(tenant: "north");
        await session.Server.RemoveClientAsync(old.ClientId);
        var (other, _) = await session.TryRegisterAsync(tenant: "north", allowsDuplicate: true);
        var failure = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, old.ClientId));
        Assert.Equal(DcrErrorId.TenantNotUnique, failure.ErrorId);
        Assert.Contains(other.ClientId, failure.Message);
        Assert.Single(await session.Server.ClientsAsync());
    }

    [Fact]
    public async Task A_piped_object_of_a_client_that_was_repaired_makes_no_second()
    {
        using var session = await Session.StartAsync();
        var old = await session.RegisterAsync();
        await session.Server.RemoveClientAsync(old.ClientId);
        await RepairAsync(session, old.ClientId);
        var failure = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(session, old.ClientId, old));
        Assert.Equal(DcrErrorId.ClientNotFound, failure.ErrorId);
        Assert.Single(await session.Server.ClientsAsync());
    }

    [Theory]
    [InlineData("north")]
    [InlineData(null)]
    public async Task Two_processes_at_once_make_one_client(string? tenant)
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"register","skip":1,"delayMs":300,"times":9}]}""",
            hasVault: false
        );
        var old = await session.RegisterAsync(tenant: tenant);
        await session.Server.RemoveClientAsync(old.ClientId);
        using var beside = await session.BesideAsync();
        var ends = await Task.WhenAll(new[] { session, beside }.Select(one => Record.ExceptionAsync(() => RepairAsync(one, old.ClientId))));
        Assert.Single(ends, static end => end is null);

        // By the clock of the tests, the one that waits has waited long enough at once.
        var late = Assert.IsType<DcrException>(ends.Single(static end => end is not null)).ErrorId;
        Assert.True(late is DcrErrorId.ClientNotFound or DcrErrorId.RequestTimedOut or DcrErrorId.OutcomeUnknown, late.ToString());
        var again = await Assert.ThrowsAsync<DcrException>(() => RepairAsync(beside, old.ClientId, old));
        Assert.Equal(DcrErrorId.ClientNotFound, again.ErrorId);
        Assert.Single(await session.Server.ClientsAsync());
    }

    [Fact]
    public async Task A_server_that_answers_with_the_old_client_id_loses_nothing()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"fixed"}""");
        var old = await session.RegisterAsync(tenant: "north");
        await session.Server.RemoveClientAsync(old.ClientId);
        var client = await RepairAsync(session, old.ClientId);
        Assert.Equal("fixed", client.ClientId);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored("fixed").RegistrationAccessToken);
        Assert.Equal((await session.AtServerAsync()).ClientSecret, SecureText.Reveal(client.ClientSecret!));
    }

    [Fact]
    public async Task Where_the_vault_fails_the_next_connect_does_the_rest()
    {
        using var session = await Session.StartAsync();
        var old = await session.RegisterAsync(tenant: "north", clientSecretName: Copy);
        await session.Server.RemoveClientAsync(old.ClientId);
        var failure = await session.FailAsync(VaultFault.RefusesWrites, () => RepairAsync(session, old.ClientId));
        Assert.Equal(DcrErrorId.VaultWriteFailed, failure.ErrorId);
        Assert.IsType<DcrClient>(failure.Unstored);
        using var next = await session.NextProcessAsync();
        await AssertRepairedAsync(session, next, old, hasVault: true);
    }

    /// <summary>Whatever disk call a process dies at: the client is there once, and the next run goes on.</summary>
    [Theory]
    [InlineData(true, "north")]
    [InlineData(false, "north")]
    [InlineData(false, null)]
    public async Task A_process_killed_at_any_disk_call_makes_no_second_client(bool hasVault, string? tenant)
    {
        for (var calls = 0; ; calls++)
        {
            using var session = await Session.StartAsync(hasVault: hasVault);
            var old = await session.RegisterAsync(tenant: tenant, clientSecretName: Copy);
            await session.Server.RemoveClientAsync(old.ClientId);
            session.Process.Folder.KillAfter(calls, written: 0.5, atReads: hasVault);
            var failure = await Record.ExceptionAsync(() => RepairAsync(session, old.ClientId));
            using var next = await session.NextProcessAsync();
            var again = await Record.ExceptionAsync(() => RepairAsync(next, old.ClientId));
            Assert.True((await session.Server.ClientsAsync()).Count <= 1);
            if (again is DcrException { ErrorId: DcrErrorId.OutcomeUnknown })
            {
                // It was killed between the answer and its first byte on the disk, or before the request left: nobody knows.
                Assert.Contains(next.Listed(), found => found.Record.ClientId == old.ClientId);
            }
            else
            {
                // The connect had it done already, or this run has.
                Assert.True(again is null or DcrException { ErrorId: DcrErrorId.ClientNotFound }, again?.ToString());
                await AssertRepairedAsync(session, next, old, hasVault);
            }

            if (failure is null)
            {
                Assert.True(calls > (hasVault ? 15 : 8));
                return;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_secret_that_somebody_put_in_the_place_of_the_copy_stays(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var old = await session.RegisterAsync(clientSecretName: Copy);
        await session.Server.RemoveClientAsync(old.ClientId);
        if (hasVault)
        {
            session.Vault.Secrets[Copy] = "theirs";
        }
        else
        {
            await session.Ledger.Secrets.KeepAsync(Copy, "theirs");
        }

        await RepairAsync(session, old.ClientId);
        Assert.Equal("theirs", await NewStore(session, hasVault).ReadSecretAsync(Copy));
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("it is another secret by now"));
    }

    /// <summary>Banks take a statement for minutes, and refuse the one that is kept.</summary>
    [Fact]
    public async Task A_fresh_statement_takes_the_place_of_the_one_that_is_kept()
    {
        using var session = await Session.StartAsync();
        var (kept, fresh) = (Statements.Of("""{"jti":"kept"}"""), Statements.Of("""{"jti":"fresh"}"""));
        var old = await session.RegisterAsync(
            $$"""{"client_name":"Contas","redirect_uris":["https://a.example.com/"],"software_statement":"{{kept}}"}"""
        );
        await session.Server.RemoveClientAsync(old.ClientId);
        await session.Server.ClearRequestsAsync();
        await RepairAsync(session, old.ClientId, statement: () => Task.FromResult(fresh));
        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("register")).Body);
        Assert.Equal((fresh, "Contas"), (sent.Text("software_statement"), sent.Text("client_name")));
    }

    [Theory]
    [InlineData("""{"dialect":"okta","okta":{"apiToken":"00x"}}""")]
    public async Task A_client_of_Okta_is_registered_again(string switches)
    {
        using var session = await Session.StartAsync(
            switches,
            static request => request with
            {
                Credential = new CredentialInput.Token(StaticToken.Ssws("00x")),
            },
            hasVault: false
        );
        var old = await session.RegisterAsync(tenant: "north");
        await session.Server.RemoveClientAsync(old.ClientId);
        var client = await RepairAsync(session, old.ClientId);
        Assert.Equal(client.ClientId, Assert.Single(await session.Server.ClientsAsync()).ClientId);
        Assert.Equal("north", Assert.Single(session.Listed()).Record.Tenant);
    }

    private static Registrations NewStore(Session session, bool hasVault) =>
        new(session.Ledger, hasVault ? session.Vault : null, session.Connection.VaultId);

    private static async Task AssertRepairedAsync(Session session, Session next, DcrClient old, bool hasVault)
    {
        var known = await session.AtServerAsync();
        Assert.NotEqual(old.ClientId, known.ClientId);
        Assert.Equal(known.RegistrationAccessToken, next.Stored(known.ClientId).RegistrationAccessToken);
        Assert.Equal(
            (known.ClientId, old.Tenant),
            (Assert.Single(next.Listed()).Record.ClientId, Assert.Single(next.Listed()).Record.Tenant)
        );
        Assert.Equal(known.ClientSecret, await NewStore(next, hasVault).ReadSecretAsync(Copy));
        Assert.Contains(next.Ledger.Secrets.Names(), static name => name.StartsWith("older-", StringComparison.Ordinal));
        Assert.Empty(next.Ledger.Requests.Open());
    }

    private static async Task<DcrClient> RepairAsync(
        Session session,
        string clientId,
        DcrClient? piped = null,
        Func<Task<string>>? statement = null
    )
    {
        var record = await session.Context.RunAsync(context => FindOperation.RunAsync(context, clientId, piped));
        return (await session.RunAsync(context => RepairOperation.RunAsync(context, record, statement: statement))).Client;
    }
}
