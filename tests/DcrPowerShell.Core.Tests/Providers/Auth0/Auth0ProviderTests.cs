using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

/// <summary>Auth0's dialect against the test server, which speaks it as Auth0's documents and recordings have it.</summary>
public class Auth0ProviderTests
{
    private const string Client =
        """{"client_name":"My Dynamic Application","redirect_uris":["https://application.example.com/callback"],"grant_types":["authorization_code","refresh_token"]}""";
    private const string CustomDomain =
        """{"issuer":"https://login.example.com/","token_endpoint":"https://login.example.com/oauth/token","registration_endpoint":"https://login.example.com/oidc/register","mfa_challenge_endpoint":"https://login.example.com/mfa/challenge"}""";
    private const string On = ""","tenant":{"settings":{"flags":{"enable_dynamic_client_registration":true}}}""";

    [Fact]
    public async Task A_client_lives_its_whole_life_in_the_standards_words()
    {
        using var session = await StartAsync();
        Assert.Equal("Auth0", session.Connection.Provider);
        var client = await session.RegisterAsync(Client);
        Assert.StartsWith("tpc_", client.ClientId);
        Assert.Empty(client.Changes);
        Assert.Equal("never", client.SecretExpiry.Text);

        var read = await session.ReadAsync(client.ClientId);
        Assert.Equal(("My Dynamic Application", "https://application.example.com/callback"), (read.ClientName, read.RedirectUris.Single()));
        Assert.Equal("never", read.SecretExpiry.Text);

        var changed = await session.UpdateAsync(
            client.ClientId,
            """{"client_name":"Renamed","redirect_uris":["https://application.example.com/cb2"],"contacts":["ops@example.com","it@example.com"],"post_logout_redirect_uris":["https://application.example.com/out"]}"""
        );
        Assert.Empty(changed.Changes);
        Assert.Equal(["ops@example.com", "it@example.com"], changed.Contacts);
        Assert.Equal("Renamed", (await session.ReadAsync(client.ClientId)).ClientName);

        var before = session.Stored(client.ClientId).ClientSecret;
        await session.ResetSecretAsync(client.ClientId);
        Assert.NotEqual(before, session.Stored(client.ClientId).ClientSecret);

        await session.DeleteAsync(client.ClientId);
        Assert.Empty(session.Vault.Registrations);
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task A_server_without_a_way_to_rotate_secrets_is_not_told_as_one_without_an_API()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await session.Server.SetAsync(new { faults = new[] { new { on = "rotateSecret", status = 404, content = "<html>" } } });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("/rotate-secret (HTTP 404", error.Message);
    }

    [Fact]
    public async Task First_party_applications_of_a_server_that_knows_no_filter_are_not_listed()
    {
        using var handler = new RecordingHandler();
        handler
            .Answer(200, CustomDomain)
            .Answer(
                200,
                """{"clients":[{"client_id":"a","is_first_party":true},{"client_id":"b","is_first_party":false},{"client_id":"c"}]}"""
            );
        using var session = await Session.ConnectAsync(
            "https://login.example.com/",
            request => request with { Credential = new CredentialInput.Token(StaticToken.Management("not.a-real.token")) },
            handler: handler
        );
        var (clients, _) = await session.RunAsync(context => ListOperation.FromServerAsync(context, null, null));
        Assert.Equal(["b", "c"], clients.Select(static client => client.ClientId));
    }

    [Fact]
    public async Task Without_a_credential_for_the_API_clients_are_given_as_they_are_kept()
    {
        using var session = await StartAsync();
        var registered = await session.RegisterAsync(Client);
        using var open = await Session.ConnectAsync(
            session.Connection.Issuer,
            static request => request with { Provider = DcrProvider.Auth0 },
            process: session.Process,
            vault: session.Vault
        );
        var (client, why) = await open.RunAsync(async context =>
            await ReadOperation.GetAsync(context, await FindOperation.RunAsync(context, registered.ClientId, piped: null))
        );
        Assert.Equal((DcrClientState.Unknown, registered.ClientId), (client.State, client.ClientId));
        Assert.Contains("-ManagementToken", why!.RecommendedAction);
    }

    [Fact]
    public async Task Registration_is_open_and_the_management_token_does_not_go_there()
    {
        using var session = await StartAsync();
        await session.RegisterAsync(Client);
        Assert.Null((await session.SentAsync("register")).Single().Header("Authorization"));
    }

    [Fact]
    public async Task An_update_patches_what_was_named_and_nothing_else()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed","tos_uri":"https://application.example.com/tos"}""");
        var sent = (await session.SentAsync("update")).Single();
        Assert.Equal("PATCH", sent.Method);
        Assert.Equal("""{"name":"Renamed","client_metadata":{"tos_uri":"https://application.example.com/tos"}}""", sent.Body);

        var cleared = await session.UpdateAsync(client.ClientId, """{"tos_uri":null}""");
        Assert.False(cleared.Metadata.Contains("tos_uri"));
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task A_list_has_all_third_party_applications()
    {
        var clients = string.Join(
            ",",
            Enumerable
                .Range(0, 130)
                .Select(index => $$"""{"name":"App {{index:000}}"}""")
                .Append("""{"name":"Ours","is_first_party":true}""")
        );
        using var session = await StartAsync($$""","tenant":{"clients":[{{clients}}]}""");
        var (all, next) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        Assert.Equal(130, all.Count);
        Assert.Null(next);
        Assert.DoesNotContain(all, client => client.ClientName == "Ours");
        Assert.Empty(session.Vault.Registrations);
        Assert.Equal(2, (await session.SentAsync("list")).Count);
    }

    /// <summary>A page in front of the server answers with 200, too.</summary>
    [Fact]
    public async Task A_page_is_no_deletion_and_the_client_stays_kept()
    {
        using var session = await StartAsync();
        var page = new { on = "delete", when = "beforeProcessing", status = 200, content = "<html>Please log in</html>" };
        await session.Server.SetAsync(new { faults = new[] { page } });
        var client = await session.RegisterAsync(Client, tenant: "north");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Equal("north", session.Stored(client.ClientId).Tenant);
        await session.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    /// <summary>As in <c>Get-DcrClient | Remove-DcrClient</c>, where each page is deleted before the next one is asked for.</summary>
    [Fact]
    public async Task Clients_that_are_deleted_as_they_are_listed_hide_no_others()
    {
        var clients = string.Join(",", Enumerable.Range(0, 105).Select(index => $$"""{"name":"App {{index:000}}"}"""));
        using var session = await StartAsync($$""","tenant":{"clients":[{{clients}}]}""");
        string? cursor = null;
        do
        {
            (var page, cursor) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor);
            foreach (var client in page)
            {
                await session.DeleteAsync(client.ClientId);
            }
        }
        while (cursor is not null);

        Assert.Empty(await session.Server.ClientsAsync());
    }

    /// <summary>Auth0 docs, api/management/v2: "for Public Cloud tenants, the maximum is 50".</summary>
    [Fact]
    public async Task A_server_that_gives_smaller_pages_than_asked_for_is_read_to_the_end()
    {
        using var handler = new RecordingHandler();
        handler.Answer(200, CustomDomain)
            .Answer(200, """{"start":0,"limit":2,"total":5,"clients":[{"client_id":"a"},{"client_id":"b"}]}""")
            .Answer(200, """{"start":2,"limit":2,"total":5,"clients":[{"client_id":"c"},{"client_id":"d"}]}""")
            .Answer(200, """{"start":4,"limit":2,"total":5,"clients":[{"client_id":"e"}]}""");
        using var session = await Session.ConnectAsync(
            "https://login.example.com/",
            request => request with { Credential = new CredentialInput.Token(StaticToken.Management("not.a-real.token")) },
            handler: handler
        );
        var (all, _) = await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        Assert.Equal(["a", "b", "c", "d", "e"], all.Select(client => client.ClientId));
    }

    [Theory]
    [InlineData("https://clinic.eu.auth0.com/api/v2/")]
    [InlineData("https://clinic.eu.auth0.com/api/v2")]
    public async Task Under_a_custom_domain_the_audience_names_the_management_api(string audience)
    {
        using var handler = new RecordingHandler();
        handler.Answer(200, CustomDomain)
            .Answer(200, """{"access_token":"at_1234567","token_type":"Bearer"}""")
            .Answer(200, """{"start":0,"limit":50,"total":0,"clients":[]}""");
        using var session = await Session.ConnectAsync(
            "https://login.example.com/",
            request => request with { Credential = new CredentialInput.Secret("m2m", "m2m-secret-5d1f"), Audience = audience },
            handler: handler
        );
        await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        Assert.Equal("https://login.example.com/oauth/token", handler.Requests[1].Uri.AbsoluteUri);
        Assert.Contains($"audience={Uri.EscapeDataString("https://clinic.eu.auth0.com/api/v2/")}", handler.Requests[1].Body);
        Assert.StartsWith("https://clinic.eu.auth0.com/api/v2/clients?", handler.Requests[2].Uri.AbsoluteUri);
    }

    [Fact]
    public async Task A_client_that_the_vault_does_not_know_gets_a_new_secret()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        var before = session.Stored(client.ClientId).ClientSecret;
        await session.ForgetAllAsync();
        await session.ResetSecretAsync(client.ClientId);
        Assert.NotEqual(before, session.Stored(client.ClientId).ClientSecret);
    }

    [Fact]
    public async Task Without_a_credential_for_the_management_api_clients_can_be_registered_only()
    {
        using var session = await StartAsync(change: request => request with { Credential = null });
        Assert.Equal(DcrCapabilities.Register, session.Connection.Capabilities);
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains("-ManagementToken", error.RecommendedAction);
        Assert.Contains("read:clients", error.RecommendedAction);
    }

    [Fact]
    public async Task An_initial_access_token_goes_to_the_registration_and_nowhere_else()
    {
        using var session = await StartAsync(
            root: ""","initialToken":"iat-gate-7f3a" """,
            change: request => request with { Credential = InitialToken.Of("iat-gate-7f3a") }
        );
        await session.RegisterAsync(Client);
        Assert.Equal("Bearer iat-gate-7f3a", (await session.SentAsync("register")).Single().Header("Authorization"));
        Assert.Equal(DcrCapabilities.Register, session.Connection.Capabilities);
    }

    [Fact]
    public async Task A_missing_scope_is_named_with_the_place_to_grant_it()
    {
        using var session = await StartAsync(scopes: "[\"read:clients\"]");
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}"""));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains("update:clients", error.Message);
        Assert.Contains("Auth0 Management API", error.RecommendedAction);
    }

    [Fact]
    public async Task A_full_tenant_says_what_to_do()
    {
        using var session = await StartAsync(On + ",\"clientLimit\":0");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Client));
        Assert.Equal((DcrErrorId.RegistrationForbidden, "too_many_entities"), (error.ErrorId, error.ServerError!.Code));
        Assert.Contains("Remove-DcrClient", error.RecommendedAction);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Registration_that_is_off_leads_to_the_cmdlet_that_turns_it_on(int status)
    {
        using var session = await StartAsync($",\"registerOffStatus\":{status}");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Client));
        Assert.Equal(DcrErrorId.RegistrationForbidden, error.ErrorId);
        Assert.Contains("Enable-Auth0Dcr", error.RecommendedAction);
    }

    [Fact]
    public async Task A_member_that_auth0_refuses_is_named_in_the_standards_word()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.UpdateAsync(client.ClientId, """{"redirect_uris":["https://*.example.com/cb"]}""")
        );
        Assert.Equal((DcrErrorId.InvalidRedirectUri, "redirect_uris"), (error.ErrorId, error.Member));
    }

    [Fact]
    public async Task A_404_of_a_gateway_is_not_taken_for_a_client_that_is_gone()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await session.Server.SetAsync(new { faults = new[] { new { on = "read", status = 404, content = "<html>nginx" } } });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal((DcrErrorId.ResponseNotConformant, false), (error.ErrorId, error.IsClientGone));
    }

    [Fact]
    public async Task A_client_that_is_gone_is_not_found()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Client);
        await session.Server.RemoveClientAsync(client.ClientId);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.ClientNotFound, error.ErrorId);
    }

    [Fact]
    public async Task An_expired_token_says_how_to_get_another()
    {
        using var session = await StartAsync(token: "\"expiresInSeconds\":-60");
        var client = await session.RegisterAsync(Client);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains("-ClientCredential", error.RecommendedAction);
    }

    [Fact]
    public async Task A_machine_to_machine_application_gets_one_token_for_everything()
    {
        using var session = await StartAsync(
            root: ""","tokenClient":{"clientId":"m2m","clientSecret":"m2m-secret-5d1f"}""",
            change: request => request with { Credential = new CredentialInput.Secret("m2m", "m2m-secret-5d1f") });
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var client = await session.RegisterAsync(Client);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        await session.DeleteAsync(client.ClientId);
        var token = (await session.SentAsync("token")).Single();
        Assert.Contains(
            "audience=" + Uri.EscapeDataString(new Uri(session.Connection.RegistrationEndpoint, "/api/v2/").AbsoluteUri),
            token.Body
        );
        Assert.DoesNotContain("scope=", token.Body);
    }

    [FullCryptographyFact]
    public async Task A_machine_to_machine_application_signs_for_the_issuer_with_its_slash()
    {
        using var key = SigningKey.Generate("RS256");
        using var session = await StartAsync(
            root: $$$""","tokenClient":{"clientId":"m2m","jwks":{"keys":[{{{key.PublicJwk()}}}] } }""",
            change: request => request with { Credential = new CredentialInput.Key("m2m", key) });
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var client = await session.RegisterAsync(Client);
        Assert.Equal(client.ClientId, (await session.ReadAsync(client.ClientId)).ClientId);
    }

    /// <summary>A token goes only to the service that it was issued for.</summary>
    [Theory]
    [InlineData("okta", "ManagementToken")]
    [InlineData("standard", "ManagementToken")]
    [InlineData("auth0", "ApiToken")]
    [InlineData("standard", "ApiToken")]
    public async Task A_token_of_another_service_is_not_sent(string dialect, string kind)
    {
        var token = kind == "ApiToken" ? StaticToken.Ssws("00-not-a-real-api-token") : StaticToken.Management("not.a-real.token");
        using var server = await SharedTestServer.StartAsync($$"""{"dialect":"{{dialect}}"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            Session.ConnectAsync(server.Issuer, request => request with { Credential = new CredentialInput.Token(token) }, server: server)
        );
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains($"-{kind}", error.Message);
    }

    /// <summary>Auth0 gives none; a server that speaks like it and does is managed with it (RFC 7592).</summary>
    [Fact]
    public async Task A_registration_access_token_manages_its_client_for_want_of_another_credential()
    {
        using var session = await Session.StartAsync(change: request => request with { Provider = DcrProvider.Auth0 });
        var client = await session.RegisterAsync();
        Assert.Equal(client.ClientId, (await session.ReadAsync(client.ClientId)).ClientId);
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        await session.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    /// <param name="auth0">More of Auth0's switches, each after a comma.</param>
    /// <param name="token">Members of the static management token.</param>
    private static Task<Session> StartAsync(
        string auth0 = On,
        string? scopes = null,
        string token = "",
        string root = "",
        Func<ConnectRequest, ConnectRequest>? change = null
    )
    {
        var managementToken = scopes is null ? token : $"\"scopes\":{scopes}";
        return Session.StartAuth0Async(
            $$$"""{"dialect":"auth0","auth0":{"managementToken":{{{{managementToken}}}},"registerLimit":null,"managementLimit":null{{{auth0}}}}{{{root}}}}""",
            change
        );
    }
}
