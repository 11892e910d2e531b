using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class DeleteOperationTests
{
    [Fact]
    public async Task The_client_goes_and_then_its_registration()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.Empty(session.Vault.Registrations);
        Assert.Equal("", Assert.Single(await session.SentAsync("delete")).Body);
    }

    [Theory]
    [InlineData("unauthorized", DcrErrorId.AccessTokenRejected)]
    [InlineData("notFound", DcrErrorId.ClientNotFound)]
    public async Task A_client_that_is_gone_already_keeps_its_record_until_that_is_dropped(string unknownClient, DcrErrorId expected)
    {
        using var session = await Session.StartAsync($$"""{"unknownClient":"{{unknownClient}}"}""");
        var client = await session.RegisterAsync();
        await session.Server.RemoveClientAsync(client.ClientId);
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId))).ErrorId);
        Assert.Single(session.Vault.Registrations);

        await session.ForgetAsync(client.ClientId);
        Assert.Empty(session.Vault.Registrations);
    }

    [Theory]
    [InlineData(""" "status":403,"content":"{}" """)] // node-solid-server
    [InlineData(""" "status":400,"content":"{\"error\":\"access_denied\"}" """)] // Authlib
    public async Task A_client_whose_token_is_refused_is_named(string fault)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"delete","times":2,{{fault}}}]}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains($"client '{client.ClientId}'", error.Message);
        Assert.Contains("Remove-DcrClient -StoreOnly", error.RecommendedAction);
    }

    /// <summary>A page in front of the server, a deletion that is queued: what the command did not believe, no later one does.</summary>
    [Theory]
    [InlineData(""" "status":200,"contentType":"text/html","content":"<html>Please log in</html>" """)]
    [InlineData(""" "status":202,"content":"{\"status\":\"queued\"}" """)]
    public async Task An_answer_that_is_no_deletion_drops_nothing_in_the_next_process(string fault)
    {
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"delete","when":"beforeProcessing",{{fault}}}]}""",
            hasVault: false
        );
        var client = await session.RegisterAsync(tenant: "north");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);

        using var next = await session.NextProcessAsync();
        Assert.Contains("unknown: see Find-DcrOrphan", Assert.Single(next.Reporter.Warnings));
        Assert.Contains("can be read", Assert.Single(await next.OrphansAsync()).RecommendedAction);
        var (again, isNew) = await next.TryRegisterAsync(tenant: "north");
        Assert.Equal((client.ClientId, false), (again.ClientId, isNew));
        await next.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    [Theory]
    [InlineData("""{"operations":["read","update"]}""", "does not let a client be deleted by RFC 7592 (HTTP 405)")]
    // It says so of a client that it has.
    [InlineData("""{"faults":[{"on":"delete","status":404,"times":9}]}""", "and yet it knows client")]
    [InlineData("""{"faults":[{"on":"delete","status":501,"times":9}]}""", "does not let a client be deleted by RFC 7592 (HTTP 501)")]
    public async Task A_server_without_deletion_is_told_from_a_client_that_is_gone(string switches, string words)
    {
        using var session = await Session.StartAsync(switches);
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains(words, error.Message);
        Assert.Contains("Remove-DcrClient -StoreOnly", error.RecommendedAction);
        Assert.False(session.Connection.Capabilities.HasFlag(DcrCapabilities.Delete));
        Assert.Single(session.Vault.Registrations);
    }

    [Fact]
    public async Task A_client_without_a_token_can_only_be_dropped()
    {
        using var session = await Session.StartAsync("""{"operations":[]}""");
        var client = await session.RegisterAsync();
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId))).ErrorId
        );
        await session.ForgetAsync(client.ClientId);
        Assert.Empty(session.Vault.Registrations);
    }

    [Theory]
#if NET // .NET Framework sends a request without a body once more by itself, and then learns that the client is gone.
    [InlineData(""" "drop":"beforeAnswer" """, DcrErrorId.OutcomeUnknown)]
#endif
    [InlineData(""" "status":500 """, DcrErrorId.OutcomeUnknown)]
    [InlineData(""" "status":503 """, DcrErrorId.ServerUnavailable)]
    [InlineData(""" "status":302,"headers":{"Location":"https://evil.example/"} """, DcrErrorId.ResponseNotConformant)]
    public async Task Not_known_to_be_deleted_it_stays_in_the_vault(string fault, DcrErrorId expected)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"delete",{{fault}}}]}""");
        var client = await session.RegisterAsync();
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId))).ErrorId);
        Assert.Single(session.Vault.Registrations);
        Assert.Single(await session.SentAsync("delete"));
    }

    [Theory]
    [InlineData(""" "status":200,"body":"html" """)]
    [InlineData(""" "status":202 """)]
    [InlineData(""" "status":200,"content":"{\"error\":\"server_error\"}" """)]
    public async Task A_success_that_does_not_say_so_leaves_the_registration(string fault)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"delete",{{fault}}}]}""");
        var client = await session.RegisterAsync();
        Assert.False((await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId))).IsClientGone);
        Assert.Single(session.Vault.Registrations);
    }

    [Fact]
    public async Task A_token_that_the_deletions_check_replaced_is_not_lost()
    {
        // A server answers 404 to DELETE, and replaces the token when it is asked whether the client is there.
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut","faults":[{"on":"delete","status":404}]}""");
        var client = await session.RegisterAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }
}
