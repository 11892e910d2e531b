using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class ResetSecretOperationTests
{
    [Theory]
    [InlineData("put", 1)]
    [InlineData("getAndPut", 0)] // Already the read has brought a new one.
    public async Task A_server_that_gives_a_new_secret_has_it_taken(string rotateSecret, int updates)
    {
        using var session = await Session.StartAsync($$"""{"rotateSecret":"{{rotateSecret}}"}""");
        var registered = await session.RegisterAsync();
        var client = await session.ResetSecretAsync(registered.ClientId, "PortalSecret");

        var known = (await session.AtServerAsync()).ClientSecret;
        Assert.NotEqual(SecureText.Reveal(registered.ClientSecret!), known);
        Assert.Equal(
            (known, known, known),
            (SecureText.Reveal(client.ClientSecret!), session.Stored(client.ClientId).ClientSecret, session.Vault.Secrets["PortalSecret"])
        );
        Assert.Equal(updates, (await session.SentAsync("update")).Count);
        Assert.Empty(client.Changes);
    }

    [Fact]
    public async Task A_server_that_keeps_the_old_one_is_told_and_what_else_can_be_done()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("New-DcrClient -AllowDuplicate", error.RecommendedAction);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_secret_in_camel_case_is_taken_and_kept()
    {
        using var session = await Session.StartAsync(
            """{"repeatSecret":false,"answerOverrides":{"update":{"clientSecret":"new-1234567890ab"}}}"""
        );
        var client = await session.RegisterAsync();
        Assert.Equal("new-1234567890ab", SecureText.Reveal((await session.ResetSecretAsync(client.ClientId)).ClientSecret!));
        Assert.Equal("new-1234567890ab", session.Stored(client.ClientId).ClientSecret);
        Assert.False(session.Stored(client.ClientId).Metadata.Has("clientSecret"));
    }

    [Fact]
    public async Task A_client_without_a_secret_is_refused_and_nothing_is_sent()
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""");
        var client = await session.RegisterAsync("""{"redirect_uris":["https://a.example.com/"],"token_endpoint_auth_method":"none"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("it authenticates with none", error.Message);
        Assert.Empty(await session.SentAsync("read"));
    }
}
