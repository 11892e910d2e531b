using System;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Requests of which nobody knows what the server did, and tokens reset on purpose.</summary>
public class OrphanOperationTests
{
    private const string ApiToken = "00-not-a-real-api-token";

    [Fact]
    public async Task A_registration_whose_answer_was_lost_is_adopted_where_the_server_lists_its_clients()
    {
        using var session = await OktaAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        var orphan = Assert.Single(await FindAsync(session));
        Assert.Equal(("Register", "Clinic portal", "north"), (orphan.Operation, orphan.ClientName, orphan.Tenant));
        Assert.Contains("-Adopt", orphan.RecommendedAction);

        var adopted = await session.RunAsync(context => OrphanOperation.AdoptAsync(context, orphan));
        Assert.Equal((await session.AtServerAsync()).ClientId, adopted.ClientId);
        Assert.Equal("north", session.Stored(adopted.ClientId).Tenant);
        Assert.Empty(await FindAsync(session));

        // Its secret is not known yet: that it has none is not said.
        await session.ReadAsync(adopted.ClientId);
        Assert.NotNull((await session.ResetSecretAsync(adopted.ClientId)).ClientSecret);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task The_local_store_tells_them_without_asking_anybody()
    {
        using var session = await OktaAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        var requests = (await session.Server.RequestsAsync()).Count;
        var orphan = Assert.Single(OrphanOperation.Known(session.Ledger, session.Connection.Issuer));
        Assert.Equal(("Register", "Clinic portal", "north"), (orphan.Operation, orphan.ClientName, orphan.Tenant));
        Assert.Contains("Find-DcrOrphan", orphan.RecommendedAction);
        Assert.Empty(OrphanOperation.Known(session.Ledger, "https://other.example.com"));
        Assert.Equal(requests, (await session.Server.RequestsAsync()).Count);
    }

    [Fact]
    public async Task A_client_that_is_given_another_tenant_and_a_tenant_that_gets_a_second_client_are_told()
    {
        using var session = await OktaAsync("");
        var (north, south) = (await session.RegisterAsync(tenant: "north"), await session.RegisterAsync(tenant: "south"));
        await session.RunAsync(context => RestoreOperation.FromServerAsync(context, north.ClientId, "NORTH"));
        Assert.Empty(session.Reporter.Warnings);
        await session.RunAsync(context => RestoreOperation.FromServerAsync(context, north.ClientId, "South"));
        Assert.Equal(
            [
                $"Client '{north.ClientId}': it was kept for tenant 'NORTH', and is kept for tenant 'South' now.",
                $"Tenant 'South' has more than one client: '{north.ClientId}', which is used for it, and '{south.ClientId}'. "
                    + "Remove-DcrClient -ClientId removes the one that is not wanted.",
            ],
            session.Reporter.Warnings);
    }

    [Fact]
    public async Task What_the_server_registered_can_be_removed_instead()
    {
        using var session = await OktaAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        var orphan = Assert.Single(await FindAsync(session));
        await session.RunAsync(context => RemoveAsync(context, orphan));
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.Empty(await FindAsync(session));
    }

    /// <summary>The objects of Find-DcrOrphan may be old when they are used.</summary>
    [Fact]
    public async Task What_an_orphan_had_as_its_candidate_is_left_alone_once_it_is_kept()
    {
        using var session = await OktaAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        var orphan = Assert.Single(await FindAsync(session));
        var adopted = await session.RunAsync(context => OrphanOperation.AdoptAsync(context, orphan));
        await session.ResetSecretAsync(adopted.ClientId);
        var kept = session.Stored(adopted.ClientId).ToJson();

        await RefusedAsync(session, context => OrphanOperation.AdoptAsync(context, orphan));
        await RefusedAsync(session, context => RemoveAsync(context, orphan));
        Assert.Equal(kept, session.Stored(adopted.ClientId).ToJson());
        Assert.Single(await session.Server.ClientsAsync());

        // Dropped here since, and settled all the same.
        await session.ForgetAsync(adopted.ClientId);
        await RefusedAsync(session, context => RemoveAsync(context, orphan));
        Assert.Single(await session.Server.ClientsAsync());
    }

    [Fact]
    public async Task Of_two_orphans_with_one_candidate_one_gets_it_and_the_other_stays_open()
    {
        using var session = await OktaAsync(""","faults":[{"on":"register","drop":"beforeAnswer","times":2}]""");
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north"));
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "south"));
        await session.Server.RemoveClientAsync((await session.Server.ClientsAsync())[1].ClientId);
        var orphans = await FindAsync(session);
        var adopted = await session.RunAsync(context => OrphanOperation.AdoptAsync(context, orphans[0]));
        var error = await RefusedAsync(session, context => OrphanOperation.AdoptAsync(context, orphans[1]));
        Assert.Contains("kept by now, for tenant 'north'", error.Message);
        Assert.Equal("north", session.Stored(adopted.ClientId).Tenant);
        Assert.Equal("south", Assert.Single(await FindAsync(session)).Tenant);
    }

    [Theory]
    [InlineData("beforeProcessing", 0)]
    [InlineData("afterProcessing", 2)]
    public async Task With_no_candidate_or_several_nothing_is_touched(string moment, int candidates)
    {
        using var session = await OktaAsync($$""","faults":[{"on":"register","drop":"beforeAnswer","times":2,"when":"{{moment}}"}]""");
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        var orphans = await FindAsync(session);
        Assert.Equal(2, orphans.Length);
        Assert.All(orphans, orphan => Assert.Equal(candidates, orphan.Candidates.Count));
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.RunAsync(context => OrphanOperation.AdoptAsync(context, orphans[0]))
        );
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Equal(candidates, (await session.Server.ClientsAsync()).Count);
        await OrphanOperation.DismissAsync(session.Context, orphans[0]);
        Assert.Single(await FindAsync(session));
    }

    [Fact]
    public async Task Elsewhere_it_is_said_what_to_look_for()
    {
        using var session = await StandardAsync("""{"faults":[{"on":"register","drop":"beforeAnswer"}]}""");
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        var orphan = Assert.Single(await FindAsync(session));
        Assert.Empty(orphan.Candidates);
        Assert.Contains("'Clinic portal'", orphan.RecommendedAction);

        var error = await Assert.ThrowsAsync<DcrException>(() => session.RunAsync(context => OrphanOperation.AdoptAsync(context, orphan)));
        Assert.Contains("cannot be asked for its clients", error.Message);
        Assert.Equal(orphan.RecommendedAction, error.RecommendedAction);
    }

    [Fact]
    public async Task Finding_a_change_that_stayed_unknown_changes_nothing_and_dismissing_it_closes_it()
    {
        using var session = await StandardAsync(
            """{"faults":[{"on":"update","status":500,"times":9},{"on":"read","skip":1,"status":403}]}"""
        );
        var client = await session.RegisterAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        var orphan = Assert.Single(await FindAsync(session));
        Assert.Equal(("Update", client.ClientId), (orphan.Operation, orphan.ClientId));
        Assert.Contains("The client can be read", orphan.RecommendedAction);
        Assert.Single(await FindAsync(session));
        await OrphanOperation.DismissAsync(session.Context, orphan);
        Assert.Empty(await FindAsync(session));
    }

    [Fact]
    public async Task A_registration_token_is_reset_where_the_server_replaces_it()
    {
        using var session = await StandardAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId).RegistrationAccessToken;
        await session.RunAsync(async context =>
            await ResetTokenOperation.RunAsync(context, await FindOperation.RunAsync(context, client.ClientId, piped: null))
        );
        var after = session.Stored(client.ClientId).RegistrationAccessToken;
        Assert.NotEqual(before, after);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, after);
    }

    [Theory]
    [InlineData("{}", "kept its registration access token")]
    [InlineData("""{"dialect":"okta","okta":{"apiToken":"00-not-a-real-api-token"}}""", "has no registration access token")]
    public async Task Where_it_does_not_that_is_said(string switches, string message)
    {
        using var session = await Session.StartAsync(
            switches,
            request => switches == "{}" ? request : request with { Credential = new CredentialInput.Token(StaticToken.Ssws(ApiToken)) }
        );
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.RunAsync(async context =>
                await ResetTokenOperation.RunAsync(context, await FindOperation.RunAsync(context, client.ClientId, piped: null))
            )
        );
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public async Task A_client_that_only_the_server_has_is_taken_into_the_vault_and_one_that_needs_its_own_token_is_not()
    {
        using var okta = await OktaAsync(faults: "");
        var client = await okta.RegisterAsync();
        await okta.ForgetAllAsync();
        var restored = await okta.RunAsync(context => RestoreOperation.FromServerAsync(context, client.ClientId, "north"));
        Assert.Equal((DcrStorage.Vault, "north"), (restored.Storage, okta.Stored(client.ClientId).Tenant));

        using var standard = await StandardAsync("{}");
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            standard.RunAsync(context => RestoreOperation.FromServerAsync(context, "s6BhdRkq", tenant: null))
        );
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.DoesNotContain(await standard.Server.RequestsAsync(), static request => request.Operation != "discovery");
    }

    private static async Task<DcrException> RefusedAsync<T>(Session session, Func<OperationContext, Task<T>> resolve)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RunAsync(resolve));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        return error;
    }

    private static async Task<bool> RemoveAsync(OperationContext context, DcrOrphan orphan)
    {
        await OrphanOperation.RemoveAsync(context, orphan);
        return true;
    }

    private static async Task<DcrOrphan[]> FindAsync(Session session) => [.. await session.RunAsync(OrphanOperation.FindAsync)];

    private static Task<Session> StandardAsync(string switches) => Session.StartAsync(switches);

    private static Task<Session> OktaAsync(string faults = ""","faults":[{"on":"register","drop":"beforeAnswer"}]""") => Session.StartAsync(
        $$$"""{"dialect":"okta","okta":{"apiToken":"{{{ApiToken}}}"}{{{faults}}}}""",
        request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws(ApiToken)) });
}
