using System;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Standard;

/// <summary>Where a registration access token goes: to the origin that it was issued for, and to those that the user allows.</summary>
public class StandardProviderTests
{
    [Theory]
    [InlineData("absolute", "")]
    [InlineData("relative", "")]
    [InlineData("relative", "/t1")]
    [InlineData("query", "")]
    public async Task A_registration_access_token_goes_to_the_address_that_the_server_gave(string registrationClientUri, string issuerPath)
    {
        using var session = await Session.StartAsync(
            $$"""{"registrationClientUri":"{{registrationClientUri}}","issuerPath":"{{issuerPath}}"}"""
        );
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        await session.DeleteAsync(client.ClientId);
        var form = registrationClientUri == "query" ? $"?client_id={client.ClientId}" : $"/{client.ClientId}";
        Assert.Equal($"{issuerPath}/register{form}", Assert.Single(await session.SentAsync("delete")).Target);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    [Fact]
    public async Task A_registration_access_token_does_not_go_to_another_origin()
    {
        using var other = await SharedTestServer.StartAsync();
        using var session = await StartWithForeignUrisAsync(other.Url, allowed: false);
        var client = await session.RegisterAsync();
        foreach (
            var act in new Func<Task>[]
            {
                () => session.ReadAsync(client.ClientId),
                () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""),
                () => session.DeleteAsync(client.ClientId),
            }
        )
        {
            var error = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.RegistrationUriRefused, error.ErrorId);
            Assert.Contains($"-AllowedOrigin {Origin(other.Url)}", error.RecommendedAction);
        }

        Assert.Empty(await other.RequestsAsync());
        Assert.NotNull(session.Stored(client.ClientId).RegistrationAccessToken); // It is kept, because the user may allow that origin.
    }

    [Fact]
    public async Task A_registration_access_token_goes_to_another_origin_that_the_user_allows()
    {
        using var other = await SharedTestServer.StartAsync();
        using var session = await StartWithForeignUrisAsync(other.Url, allowed: true);
        var client = await session.RegisterAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId)); // That server does not know it.
        Assert.Equal(
            $"Bearer {session.Stored(client.ClientId).RegistrationAccessToken}",
            Assert.Single(await other.RequestsAsync()).Header("Authorization")
        );
    }

    [Fact]
    public async Task A_registration_access_token_never_goes_over_plain_http()
    {
        using var session = await Session.StartAsync("""{"registrationClientUri":"plainHttp"}""");
        var client = await session.RegisterAsync();
        Assert.Equal(
            DcrErrorId.RegistrationUriRefused,
            (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId
        );
    }

    [Fact]
    public async Task A_registration_access_token_does_not_go_to_an_address_with_a_password()
    {
        using var session = await Session.StartAsync();
        var uri = session.Connection.RegistrationEndpoint.AbsoluteUri.Replace("//", "//user:pass-123456@") + "/c1";
        await session.Server.SetAsync(new { answerOverrides = new { register = new { registration_client_uri = uri } } });
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.RegistrationUriRefused, error.ErrorId);
        Assert.DoesNotContain("123456", error.ToString());
        Assert.Empty(await session.SentAsync("read"));
    }

    [Fact]
    public async Task A_registration_access_token_does_not_follow_a_client_that_a_later_answer_moves_away()
    {
        using var other = await SharedTestServer.StartAsync();
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(new { registrationClientUri = "foreign", foreignOrigin = Origin(other.Url) });
        await session.ReadAsync(client.ClientId);
        Assert.Equal(client.ClientId, (await session.ReadAsync(client.ClientId)).ClientId);
        Assert.Empty(await other.RequestsAsync());
    }

    [Theory]
    [InlineData(302)]
    [InlineData(308)]
    public async Task A_registration_access_token_follows_no_redirect(int status)
    {
        using var other = await SharedTestServer.StartAsync();
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"read","status":{{status}},"headers":{"Location":"{{other.Url}}register/c1"} }]}"""
        );
        var client = await session.RegisterAsync();
        Assert.Equal(
            DcrErrorId.ResponseNotConformant,
            (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId
        );
        Assert.Empty(await other.RequestsAsync());
    }

    [Fact]
    public async Task The_initial_token_is_not_used_for_management_nor_the_clients_for_registering()
    {
        using var session = await Session.StartAsync(
            """{"initialToken":"tok-123456"}""",
            static request => request with { Credential = InitialToken.Of("tok-123456") }
        );
        var client = await session.RegisterAsync();
        await session.ReadAsync(client.ClientId);
        await session.RegisterAsync();
        Assert.Equal(
            $"Bearer {session.Stored(client.ClientId).RegistrationAccessToken}",
            Assert.Single(await session.SentAsync("read")).Header("Authorization")
        );
        Assert.All(
            await session.SentAsync("register"),
            static request => Assert.Equal("Bearer tok-123456", request.Header("Authorization"))
        );
    }

    [Fact]
    public async Task A_registration_endpoint_on_another_host_than_the_issuer_is_the_origin_that_counts()
    {
        using var endpoint = await SharedTestServer.StartAsync();
        using var session = await Session.StartAsync($$"""{"registrationEndpoint":"foreign","foreignOrigin":"{{Origin(endpoint.Url)}}"}""");
        var client = await session.RegisterAsync();
        Assert.Equal(session.Server.Issuer, client.Issuer);
        Assert.Equal("Clinic portal", (await session.ReadAsync(client.ClientId)).ClientName);
        Assert.Single(await endpoint.ClientsAsync());
    }

    private static Task<Session> StartWithForeignUrisAsync(Uri other, bool allowed) => Session.StartAsync(
        $$"""{"registrationClientUri":"foreign","foreignOrigin":"{{Origin(other)}}"}""",
        request => request with { AllowedOrigins = allowed ? [other] : [] });

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
