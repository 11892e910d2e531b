#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;
using static DcrPowerShell.Core.Tests.Doubles.UdapSessions;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Changing and cancelling a client by UDAP, which is to register it again; and that nobody reads one.</summary>
public class UdapChangeTests
{
    [Fact]
    public async Task A_change_registers_the_client_again_with_all_that_it_has()
    {
        using var session = await StartAsync(more: ""","omitFromAnswer":["contacts","logo_uri"]""");
        var client = await session.RegisterAsync(App, Subject);
        Assert.Equal(["contacts", "logo_uri"], client.Changes.Select(static change => change.Name).OrderBy(static name => name));
        await session.Server.ClearRequestsAsync();

        var changed = await session.UpdateAsync(client.ClientId, """{"client_name":"App 2"}""");
        Assert.Equal((client.ClientId, "App 2"), (changed.ClientId, changed.ClientName));
        var sent = Assert.Single(await session.Server.RequestsAsync());
        var claims = Jws.Claims(JsonBag.Parse(sent.Body).Text("software_statement")!)!;
        Assert.Equal("https://app.example.com/logo.png", claims.Text("logo_uri"));
        Assert.Equal(["mailto:operations@example.com"], claims.Texts("contacts"));
        Assert.False(claims.Has("client_id"));
        Assert.False(claims.Has("client_id_issued_at"));
        Assert.Equal("App 2", session.Stored(client.ClientId).ClientName);
    }

    [Fact]
    public async Task What_a_change_of_the_grant_brings_along_is_no_change_of_the_servers()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, Subject);
        var changed = await session.UpdateAsync(
            client.ClientId,
            """
            {"grant_types":["authorization_code"],"redirect_uris":["https://app.example.com/callback"],
             "logo_uri":"https://app.example.com/logo.png"}
            """
        );
        Assert.Equal(["code"], changed.ResponseTypes);
        Assert.Empty(changed.Changes);

        var refusal = await Assert.ThrowsAsync<DcrException>(
            () => session.UpdateAsync(client.ClientId, """{"grant_types":["client_credentials"]}""")
        );
        Assert.Equal(("redirect_uris", true), (refusal.Member, refusal.NothingSent));
        Assert.Contains("-RedirectUri @()", refusal.RecommendedAction);
        changed = await session.UpdateAsync(client.ClientId, """{"grant_types":["client_credentials"],"redirect_uris":null}""");
        Assert.Empty(changed.ResponseTypes);
        Assert.Empty(changed.Changes);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_change_that_brings_another_id_replaces_the_former_one(bool hasVault, bool isKilled)
    {
        using var session = await StartAsync("""{"modification":"newClient"}""", hasVault: hasVault);
        var former = await session.RegisterAsync(Backend, "north");
        Session now = session;
        if (isKilled)
        {
            await KillAsync(session, () => session.UpdateAsync(former.ClientId, """{"client_name":"m"}"""));
            now = await session.NextProcessAsync();
        }
        else
        {
            await session.UpdateAsync(former.ClientId, """{"client_name":"m"}""");
            Assert.Contains(session.Reporter.Warnings, static line => line.Contains("or no longer had it"));
        }

        var only = Assert.Single(now.Listed()).Record;
        Assert.NotEqual(former.ClientId, only.ClientId);
        Assert.Equal(((await session.AtServerAsync()).ClientId, "m", "north"), (only.ClientId, only.ClientName, only.Tenant));
        Assert.Empty(now.Ledger.Requests.Open());
        Assert.False((await now.TryRegisterAsync(Backend, tenant: "north")).IsNew);
        if (isKilled)
        {
            now.Dispose();
        }
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_made_again()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        await session.Server.SetAsync(new { faults = new[] { new { on = "register", drop = "beforeAnswer" } } });
        Assert.Equal("m", (await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""")).ClientName);
        Assert.Equal(3, (await session.SentAsync("register")).Count);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Theory]
    [InlineData(true, "Remove-DcrClient")]
    [InlineData(false, "Set-DcrClient")]
    public async Task Whether_a_lost_change_or_cancellation_was_made_is_not_guessed(bool isCancelled, string advice)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var lost = new { on = "register", drop = "beforeAnswer" };
        await session.Server.SetAsync(new { faults = new[] { lost, lost } });
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            isCancelled ? session.DeleteAsync(client.ClientId) : session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.OutcomeUnknown, failure.ErrorId);
        var orphan = (await session.OrphansAsync())[0];
        Assert.StartsWith("This server cannot be asked", orphan.RecommendedAction);
        Assert.Contains($"Run {advice} again", orphan.RecommendedAction);
        Assert.Contains(client.ClientId, orphan.RecommendedAction);
    }

    /// <summary>The server goes by the certificate: it would register the client again, or change or cancel the one after it.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_was_removed_is_neither_changed_nor_cancelled_by_an_old_object(bool hasVault, bool hasNext)
    {
        using var session = await StartAsync(hasVault: hasVault);
        var former = await session.RegisterAsync(Backend, "north");
        await session.DeleteAsync(former.ClientId);
        var next = hasNext ? await session.RegisterAsync(Backend, "north") : null;
        await session.Server.ClearRequestsAsync();
        var acts = new Func<OperationContext, RegistrationRecord, Task>[]
        {
            (context, record) => UpdateOperation.RunAsync(context, record, JsonBag.Parse("""{"client_name":"m"}""")),
            DeleteOperation.RunAsync,
        };
        foreach (var act in acts)
        {
            var failure = await Assert.ThrowsAsync<DcrException>(() =>
                session.RunAsync(async context =>
                {
                    await act(context, await FindOperation.RunAsync(context, former.ClientId, former));
                    return true;
                }));
            Assert.Equal((DcrErrorId.ClientNotFound, true), (failure.ErrorId, failure.NothingSent));
        }

        Assert.Empty(await session.Server.RequestsAsync());
        Assert.Empty(session.Ledger.Requests.Open());
        Assert.Equal(next?.ClientId, session.Listed().SingleOrDefault()?.Record.ClientId);
    }

    [Theory]
    [InlineData("confirmed")]
    [InlineData("removed")]
    public async Task A_cancellation_that_is_confirmed_drops_the_client(string cancellation)
    {
        using var session = await StartAsync($$"""{"cancellation":"{{cancellation}}"}""");
        var client = await session.RegisterAsync(App, "north");
        await session.DeleteAsync(client.ClientId);
        var claims = Jws.Claims(JsonBag.Parse((await session.SentAsync("register"))[1].Body).Text("software_statement")!)!;
        Assert.True(claims.TryGet("grant_types", out var grants) && grants.GetArrayLength() == 0);
        Assert.Empty(session.Listed());
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.True((await session.TryRegisterAsync(App, tenant: "south")).IsNew);
    }

    [Theory]
    [InlineData("noContent", DcrErrorId.OutcomeUnknown)]
    [InlineData("withoutGrantTypes", DcrErrorId.OutcomeUnknown)]
    [InlineData("refused", DcrErrorId.InvalidClientMetadata)]
    public async Task A_cancellation_that_is_not_confirmed_drops_nothing_nor_does_the_next_process(string cancellation, DcrErrorId id)
    {
        using var session = await StartAsync($$"""{"cancellation":"{{cancellation}}"}""");
        var client = await session.RegisterAsync(Backend, "north");
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(id, failure.ErrorId);
        Assert.DoesNotContain("contacts", failure.Message);
        Assert.Contains("-StoreOnly", failure.RecommendedAction);
        Assert.Single(session.Listed());
        using var next = await session.NextProcessAsync();
        Assert.Single(next.Listed());
    }

    [Fact]
    public async Task A_client_that_was_cancelled_elsewhere_is_not_dropped_for_a_refusal_without_a_word()
    {
        using var session = await StartAsync("""{"cancellation":"removed"}""");
        using var beside = await ConnectAsync(session.Server, Subject);
        var client = await session.RegisterAsync(Backend, "north");
        await beside.RegisterAsync(Backend, "north");
        await beside.DeleteAsync(client.ClientId);
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, failure.ErrorId);
        Assert.Contains(client.ClientId, failure.Message);
        Assert.Contains("-StoreOnly", failure.RecommendedAction);
        Assert.Single(session.Listed());
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task Nothing_is_read_and_what_there_is_not_is_said()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        await session.Server.ClearRequestsAsync();
        var (read, why) = await session.RunAsync(async context =>
            await ReadOperation.GetAsync(context, await FindOperation.RunAsync(context, client.ClientId, piped: null)));
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.OperationNotSupported), (read.State, why!.ErrorId));
        Assert.Contains("UDAP has no request", why.Message);
        foreach (var reset in new[] { session.ResetSecretAsync(client.ClientId, null), session.ResetTokenAsync(client.ClientId) })
        {
            var refusal = await Assert.ThrowsAsync<DcrException>(() => reset);
            Assert.Equal((DcrErrorId.OperationNotSupported, true), (refusal.ErrorId, refusal.NothingSent));
            Assert.Contains("Set-DcrClient", refusal.RecommendedAction);
        }

        Assert.Empty(await session.Server.RequestsAsync());
    }

    [Theory]
    [InlineData("""{"client_name":"Backend"}""", DcrComparisonStatus.Same)]
    [InlineData("""{"client_name":"Other"}""", DcrComparisonStatus.Differs)]
    public async Task A_comparison_takes_what_was_last_registered(string wanted, DcrComparisonStatus status)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var comparison = await session.RunAsync(async context => await CompareOperation.RunAsync(
            context,
            JsonBag.Parse(wanted),
            await FindOperation.RunAsync(context, client.ClientId, piped: null)));
        Assert.Equal(status, comparison.Status);
        Assert.Contains("last registered", comparison.Why);
    }
}
#endif
