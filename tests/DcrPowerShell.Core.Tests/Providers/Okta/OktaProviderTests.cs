using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Okta;

/// <summary>Okta's dialect against the test server, which speaks it as Okta's OpenAPI documents have it.</summary>
public class OktaProviderTests
{
    private const string ApiToken = "00-not-a-real-api-token";
    private const string Client =
        """{"client_name":"Example web","redirect_uris":["https://www.example.com/cb"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"application_type":"web"}""";

    [Fact]
    public async Task A_client_lives_its_whole_life_on_the_administrators_credential()
    {
        using var session = await StartAsync();
        Assert.Equal("Okta", session.Connection.Provider);
        var client = await session.RegisterAsync(Client);
        Assert.Null(client.RegistrationAccessToken);
        Assert.NotNull(session.Stored(client.ClientId).ClientSecret);

        var changed = await session.UpdateAsync(client.ClientId, """{"redirect_uris":["https://www.example.com/cb2"]}""");
        Assert.Equal(["https://www.example.com/cb2"], changed.RedirectUris);

        var before = session.Stored(client.ClientId).ClientSecret;
        await session.ResetSecretAsync(client.ClientId);
        Assert.NotEqual(before, session.Stored(client.ClientId).ClientSecret);
        Assert.Contains(
            await session.Server.RequestsAsync(),
            request => request.Target.EndsWith("/lifecycle/newSecret", StringComparison.Ordinal)
        );

        await session.DeleteAsync(client.ClientId);
        Assert.Empty(session.Vault.Registrations);
        Assert.All(
            (await session.Server.RequestsAsync()).Where(request => request.Operation != "discovery"),
            request => Assert.Equal($"SSWS {ApiToken}", request.Header("Authorization"))
        );
    }

    /// <summary>
    /// "If any settings are missing when you update a client app, the update fails"; nulls that were read do not go back.
    /// </summary>
    [Fact]
    public async Task An_update_sends_every_setting_back()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(
            """{"client_name":"Full","redirect_uris":["https://www.example.com/cb"],"client_uri":"https://www.example.com","logo_uri":"https://www.example.com/logo.png","initiate_login_uri":"https://www.example.com/login","post_logout_redirect_uris":["https://www.example.com/out"],"grant_types":["authorization_code"],"response_types":["code"]}"""
        );
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        var sent = JsonBag.Parse((await session.SentAsync("update")).Single().Body);
        Assert.Equal("Renamed", sent.Text("client_name"));
        Assert.Equal("https://www.example.com/login", sent.Text("initiate_login_uri"));
        Assert.Equal(client.ClientId, sent.Text("client_id"));
        Assert.False(sent.Has("client_secret_expires_at") || sent.Has("client_id_issued_at"));
        Assert.DoesNotContain(sent, member => JsonBag.IsAbsent(member.Value));
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_stores_nothing()
    {
        using var session = await StartAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, 205)
                .Select(index =>
                    session.RegisterAsync($$"""{"client_name":"App {{index:000}}","redirect_uris":["https://www.example.com/cb"]}""")
                )
        );
        await session.ForgetAllAsync();

        var (first, next) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        var (second, end) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, next);
        Assert.Equal((200, 5), (first.Count, second.Count));
        Assert.Null(end);
        Assert.Empty(session.Vault.Registrations);

        var (found, _) = await ListOperation.FromServerAsync(session.Context, "App 20", cursor: null);
        Assert.Equal(5, found.Count);
    }

    [Fact]
    public async Task A_list_tells_what_it_cannot_show_and_shows_nobody_twice()
    {
        const string Discovery =
            """{"issuer":"https://okta.example.com","registration_endpoint":"https://okta.example.com/oauth2/v1/clients"}""";
        using var handler = new RecordingHandler()
            .Answer(200, Discovery)
            .Answer(200, """[{"client_id":"c1"},{"client_name":"nameless"},{"client_id":"c1"},{"client_id":"c2"}]""");
        using var session = await Session.ConnectAsync(
            "https://okta.example.com",
            static request => request with { Provider = DcrProvider.Okta },
            handler: handler
        );
        var (clients, _) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        Assert.Equal(["c1", "c2"], clients.Select(static client => client.ClientId));
        Assert.Contains("The server's list has 1 client without a client_id, which cannot be shown.", session.Reporter.Warnings);
    }

    [Theory]
    [InlineData("onceTooOften", false)]
    [InlineData("foreign", true)]
    public async Task A_link_that_leads_nowhere_ends_the_list_and_is_told(string link, bool isTold)
    {
        using var session = await StartAsync($",\"nextLink\":\"{link}\"");
        await session.RegisterAsync(Client);
        string? cursor = null;
        var pages = 0;
        do
        {
            (_, cursor) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor);
        }
        while (cursor is not null && ++pages < 5);
        Assert.InRange(pages, 0, 1);
        Assert.Equal(
            isTold,
            session.Reporter.Warnings.Any(static text => text.StartsWith("The list of clients may", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_client_that_the_vault_does_not_know_can_be_managed()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await session.ForgetAllAsync();
        Assert.Null((await session.ReadAsync(client.ClientId)).SecretName);
        Assert.NotNull((await session.ResetSecretAsync(client.ClientId)).SecretName);
    }

    [Fact]
    public async Task A_service_app_has_the_response_type_token()
    {
        using var session = await StartAsync();
        var service = JsonBag.Parse(
            """{"client_name":"svc","grant_types":["client_credentials"],"response_types":["token"],"application_type":"service","token_endpoint_auth_method":"client_secret_basic"}"""
        );
        session.Connection.Service.Check(service);
        var client = await session.RegisterAsync(service.ToString());
        Assert.Equal(["token"], client.ResponseTypes);
    }

    [Fact]
    public async Task Clients_belong_to_the_organisation_whichever_authorization_server_was_named()
    {
        using var server = await SharedTestServer.StartAsync(Switches(""));
        using var session = await Session.ConnectAsync(
            $"{server.Url.GetLeftPart(UriPartial.Authority)}/oauth2/default",
            WithToken(ApiToken),
            server: server
        );
        Assert.Equal("Okta", session.Connection.Provider);
        Assert.Equal("/oauth2/v1/clients", session.Connection.RegistrationEndpoint.AbsolutePath);
    }

    [Theory]
    [InlineData("wrong-api-token", DcrErrorId.AccessTokenRejected, "Create a new one")]
    [InlineData(null, DcrErrorId.AccessTokenRejected, "-ApiToken")]
    public async Task A_missing_or_wrong_credential_says_what_to_do(string? token, DcrErrorId id, string advice)
    {
        using var session = await StartAsync(change: request =>
            request with
            {
                Credential = token is null ? null : new CredentialInput.Token(StaticToken.Ssws(token)),
            }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Client));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(advice, error.RecommendedAction);
        Assert.NotNull(error.ServerError!.SupportId);
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        using var session = await StartAsync(""","apiTokenScopes":["okta.clients.read"]""");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Client));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Equal("E0000006", error.ServerError!.Code);
        Assert.Contains("okta.clients.register", error.Message);
    }

    [Fact]
    public async Task A_server_that_gives_a_registration_access_token_is_managed_with_it()
    {
        using var session = await StartAsync(""","registrationToken":true""");
        var client = await session.RegisterAsync(Client);
        Assert.NotNull(session.Stored(client.ClientId).RegistrationAccessToken);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        Assert.StartsWith("Bearer rat_", (await session.SentAsync("update")).Single().Header("Authorization"));
    }

    [FullCryptographyTheory]
    [InlineData("off")]
    [InlineData("nonce")]
    public async Task A_service_app_gets_its_tokens_by_private_key_jwt_for_what_each_operation_needs(string dpop)
    {
        using var key = SigningKey.Generate("RS256");
        var switches =
            $$$"""{"dialect":"okta","dpop":"{{{dpop}}}","tokenClient":{"clientId":"0oaservice","jwks":{"keys":[{{{key.PublicJwk()}}}] } } }""";
        using var session = await Session.StartAsync(
            switches,
            request => request with { Credential = new CredentialInput.Key("0oaservice", key) }
        );
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var client = await session.RegisterAsync(Client);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        await session.OverlapAsync(client.ClientId);
        await session.CompleteOverlapAsync(client.ClientId);
        var scopes = (await session.SentAsync("token")).Where(request => request.Status == 200).Select(request => request.Body);
        Assert.Equal(
            ["okta.clients.register", "okta.clients.read", "okta.clients.manage", "okta.apps.read", "okta.apps.manage"],
            scopes.Select(body =>
                body.Split('&').Single(field => field.StartsWith("scope=", StringComparison.Ordinal)).Substring("scope=".Length)
            )
        );
    }

    private static string Switches(string okta) => $$$"""{"dialect":"okta","okta":{"apiToken":"{{{ApiToken}}}"{{{okta}}}}}""";

    private static Func<ConnectRequest, ConnectRequest> WithToken(string token) =>
        request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws(token)) };

    /// <param name="okta">More of Okta's switches, each after a comma.</param>
    private static Task<Session> StartAsync(string okta = "", Func<ConnectRequest, ConnectRequest>? change = null) =>
        Session.StartAsync(Switches(okta), change ?? WithToken(ApiToken));
}
