using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>A certified server, whose rules others wrote.</summary>
public class OidcProviderTests(OidcProviders providers) : IClassFixture<OidcProviders>
{
    [OidcProviderFact]
    public Task A_client_lives_where_updates_replace_the_token() => LiveAsync(providers.Open, rotates: true);

    [OidcProviderFact]
    public Task A_client_lives_where_they_do_not_and_an_initial_token_is_wanted() => LiveAsync(providers.Guarded, rotates: false);

    [OidcProviderFact]
    public async Task An_issuer_with_a_path_is_found_in_both_places()
    {
        using var appended = await ConnectAsync(providers.Guarded);
        using var inserted = await ConnectAsync(providers.Expiring);
        Assert.EndsWith("/tenant1/reg", appended.Connection.RegistrationEndpoint.AbsolutePath);
        Assert.EndsWith("/realms/a/reg", inserted.Connection.RegistrationEndpoint.AbsolutePath);
        Assert.Equal("in 90 days", (await inserted.RegisterAsync()).SecretExpiry.Text);
    }

    [OidcProviderFact]
    public async Task Every_kind_of_client_can_be_registered()
    {
        using var session = await ConnectAsync(providers.Open);
        var native = await session.RegisterAsync(
            """{"client_name":"Phone","application_type":"native","redirect_uris":["com.example.app:/cb","http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}"""
        );
        var service = await session.RegisterAsync(
            """{"client_name":"Service","grant_types":["client_credentials"],"redirect_uris":[],"response_types":[],"scope":"api:read"}"""
        );
        var keyed = await session.RegisterAsync(
            """{"redirect_uris":["https://a.example.com/"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}}"""
        );
        Assert.Null(native.ClientSecret);
        Assert.Equal(["api:read"], service.Scope);
        Assert.Equal("private_key_jwt", (await session.ReadAsync(keyed.ClientId)).TokenEndpointAuthMethod);
        Assert.Empty(native.Changes);
        Assert.Empty(service.Changes);
        Assert.Empty(keyed.Changes);
    }

    [OidcProviderFact]
    public async Task A_token_used_after_its_replacement_is_told()
    {
        using var session = await ConnectAsync(providers.Open);
        var client = await session.RegisterAsync();
        var old = session.Stored(client.ClientId);
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");

        // As if nothing newer were known here.
        old = old with
        {
            Sequence = long.MaxValue,
            UpdatedAt = old.UpdatedAt.AddDays(1),
        };
        Assert.Equal(
            DcrErrorId.AccessTokenRejected,
            (await Assert.ThrowsAsync<DcrException>(() => session.RunAsync(context => ReadOperation.RunAsync(context, old)))).ErrorId
        );
    }

    [OidcProviderFact]
    public async Task What_a_policy_changed_is_told_and_survives_an_update()
    {
        using var session = await ConnectAsync(providers.Strict);
        var client = await session.RegisterAsync(
            """{"redirect_uris":["https://a.example.com/"],"tenant_code":"MINE","tenant_settings":{"n":1.5,"list":[1,null]}}"""
        );
        Assert.Equal("tenant_code: asked for 'MINE', granted 'FROM-POLICY'", Assert.Single(client.Changes).ToString());
        var changed = await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.Empty(changed.Changes);
        Assert.True(session.Stored(client.ClientId).Metadata.TryGet("tenant_settings", out var settings));
        Assert.Equal("""{"n":1.5,"list":[1,null]}""", settings.GetRawText());
    }

    [OidcProviderFact]
    public async Task Refusals_come_with_the_words_of_the_server()
    {
        await AssertRefusedAsync(
            providers.Open,
            """{"redirect_uris":["https://a.example.com/#x"]}""",
            DcrErrorId.InvalidRedirectUri,
            "redirect_uris must not contain fragments"
        );
        await AssertRefusedAsync(
            providers.Open,
            """{"redirect_uris":["https://a.example.com/"],"contacts":"nobody"}""",
            DcrErrorId.InvalidClientMetadata,
            "contacts must be"
        );
        await AssertRefusedAsync(
            providers.Open,
            """{"redirect_uris":["https://a.example.com/"],"tenant_code":"lower"}""",
            DcrErrorId.InvalidClientMetadata,
            "tenant_code must be 1 to 20"
        );
        await AssertRefusedAsync(
            providers.Strict,
            """{"redirect_uris":["https://a.example.com/"],"token_endpoint_auth_method":"none"}""",
            DcrErrorId.InvalidClientMetadata,
            "public clients are not allowed"
        );
        await AssertRefusedAsync(providers.Denying, Session.WebClient, DcrErrorId.RegistrationForbidden, "registration is not allowed");
    }

    [OidcProviderFact]
    public async Task A_missing_and_a_wrong_initial_token_are_told_apart()
    {
        foreach (
            var (token, words) in new[]
            {
                ((string?)null, "only with an initial access token"),
                ("wrong-token", "rejected the initial access token"),
            }
        )
        {
            using var session = await Session.ConnectAsync(
                providers.Guarded.Issuer,
                request => request with { Credential = InitialToken.Of(token) }
            );
            var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
            Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
            Assert.Contains(words, error.Message);
        }
    }

    [OidcProviderFact]
    public async Task Where_clients_can_only_be_read_that_is_told()
    {
        using var session = await ConnectAsync(providers.ReadOnly);
        var client = await session.RegisterAsync();
        Assert.Equal("Clinic portal", (await session.ReadAsync(client.ClientId)).ClientName);
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""))).ErrorId
        );
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId))).ErrorId
        );
    }

    [OidcProviderFact]
    public async Task Where_there_is_no_token_for_managing_that_is_told()
    {
        using var session = await ConnectAsync(providers.Tokenless);
        var client = await session.RegisterAsync();
        Assert.NotNull(client.ClientSecret);
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId
        );
    }

    [OidcProviderFact]
    public async Task Where_nobody_is_registered_that_is_told()
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(providers.Closed));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains("has no registration_endpoint", error.Message);
    }

    private static Task<Session> ConnectAsync(OidcProviderServer server) =>
        Session.ConnectAsync(server.Issuer, request => request with { Credential = InitialToken.Of(server.InitialAccessToken) });

    private async Task LiveAsync(OidcProviderServer server, bool rotates)
    {
        using var session = await ConnectAsync(server);
        var registered = await session.RegisterAsync(tenant: "north");
        Assert.Empty(registered.Changes);
        Assert.Equal(server.Issuer, registered.Issuer);

        var read = await session.ReadAsync(registered.ClientId);
        Assert.Equal(SecureText.Reveal(registered.ClientSecret!), SecureText.Reveal(read.ClientSecret!));

        var changed = await session.UpdateAsync(
            registered.ClientId,
            """{"client_name":"Clinic North","post_logout_redirect_uris":["https://app.example.com/bye"]}"""
        );
        Assert.Equal("Clinic North", changed.ClientName);
        Assert.Equal(
            rotates,
            SecureText.Reveal(registered.RegistrationAccessToken!) != SecureText.Reveal(changed.RegistrationAccessToken!)
        );
        Assert.Empty(changed.Changes);

        await session.UpdateAsync(registered.ClientId, """{"post_logout_redirect_uris":null}""");
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(registered.ClientId))).ErrorId
        );
        Assert.Equal("Clinic North", (await session.ReadAsync(registered.ClientId)).ClientName);

        await session.DeleteAsync(registered.ClientId);
        Assert.Empty(session.Vault.Registrations);
        Assert.Equal("", providers.Errors);
    }

    private static async Task AssertRefusedAsync(OidcProviderServer server, string metadata, DcrErrorId expected, string words)
    {
        using var session = await ConnectAsync(server);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(metadata));
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains(words, error.Message);
    }
}
