using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>
/// The whole way against a certified server: an administrator's client proves itself at the token endpoint, and its access
/// token registers clients, which others' code judges (tests/servers/oidc-provider/access-token-registration.mjs).
/// </summary>
public class OidcProviderCredentialTests(OidcProviders providers) : IClassFixture<OidcProviders>
{
    private const string Client =
        """{"client_name":"Clinic portal","redirect_uris":["https://app.example.com/callback"],"token_endpoint_auth_method":"client_secret_post"}""";

    private const string Bound = ""","dpop_bound_access_tokens":true""";

    [OidcProviderFact]
    public async Task Client_secret_basic() =>
        await AssertRegistersAsync(providers.Credentialed, await SecretOfAsync(providers.Credentialed, "client_secret_basic"));

    [OidcProviderFact]
    public async Task Client_secret_post() =>
        await AssertRegistersAsync(providers.Posting, await SecretOfAsync(providers.Posting, "client_secret_post"));

    [OidcProviderFact]
    public Task Private_key_jwt_RS256() => AssertKeyRegistersAsync("RS256");

    [OidcProviderFullCryptographyFact]
    public Task Private_key_jwt_PS256() => AssertKeyRegistersAsync("PS256");

    [OidcProviderFullCryptographyFact]
    public Task Private_key_jwt_ES256() => AssertKeyRegistersAsync("ES256");

    [OidcProviderFullCryptographyFact]
    public Task Private_key_jwt_ES384() => AssertKeyRegistersAsync("ES384");

    [OidcProviderFullCryptographyFact]
    public async Task Proof_of_possession_where_it_is_demanded()
    {
        var bound = await SecretOfAsync(providers.Credentialed, "client_secret_basic", Bound);
        await AssertRegistersAsync(providers.Credentialed, bound);
        var error = await Assert.ThrowsAsync<DcrException>(() => AssertRegistersAsync(providers.Credentialed, bound, DcrDPoP.Never));
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
    }

    [OidcProviderFullCryptographyFact]
    public async Task Proof_of_possession_with_nonces() =>
        await AssertRegistersAsync(providers.Challenging, await SecretOfAsync(providers.Challenging, "client_secret_basic", Bound));

    [OidcProviderFullCryptographyFact]
    public async Task Proof_of_possession_from_the_start()
    {
        var bound = await SecretOfAsync(providers.Credentialed, "client_secret_basic", Bound);
        Assert.DoesNotContain(await AssertRegistersAsync(providers.Credentialed, bound, DcrDPoP.Always), line => line.Contains(" - 400 "));

        using var key = SigningKey.Generate("ES384");
        await AssertRegistersAsync(providers.Challenging, await KeyOfAsync(providers.Challenging, key), DcrDPoP.Always);
    }

    [OidcProviderFact]
    public async Task A_token_without_the_scope_is_told_with_the_scope_that_is_wanted()
    {
        using var session = await ConnectAsync(
            providers.Credentialed,
            await SecretOfAsync(providers.Credentialed, "client_secret_basic"),
            DcrDPoP.Auto,
            scope: "api:read"
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Client));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains($"At {new Uri(providers.Credentialed.Issuer).Authority}, grant dcr to the client", error.RecommendedAction);
    }

    [OidcProviderFullCryptographyFact]
    public async Task A_key_that_the_server_does_not_know_is_refused()
    {
        using var registered = SigningKey.Generate("ES256");
        using var other = SigningKey.Generate("ES256");
        var credential = (CredentialInput.Key)await KeyOfAsync(providers.Credentialed, registered);
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            AssertRegistersAsync(providers.Credentialed, credential with { Value = other })
        );
        Assert.Equal((DcrErrorId.AccessTokenRejected, "invalid_client"), (error.ErrorId, error.ServerError!.Code));
    }

    private static async Task<CredentialInput> SecretOfAsync(OidcProviderServer server, string method, string further = "")
    {
        var client = await AdministratorAsync(server, $"\"token_endpoint_auth_method\":\"{method}\"{further}");
        return new CredentialInput.Secret(client.ClientId, SecureText.Reveal(client.ClientSecret!));
    }

    private static async Task<CredentialInput> KeyOfAsync(OidcProviderServer server, SigningKey key)
    {
        var client = await AdministratorAsync(
            server,
            $$$""" "token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{{{key.PublicJwk()}}}]}"""
        );
        return new CredentialInput.Key(client.ClientId, key);
    }

    private static async Task<DcrClient> AdministratorAsync(OidcProviderServer server, string authentication)
    {
        using var session = await Session.ConnectAsync(
            server.Issuer,
            request => request with { Credential = InitialToken.Of(server.InitialAccessToken) }
        );
        return await session.RegisterAsync(
            $$"""{"client_name":"Administrator","grant_types":["client_credentials"],"redirect_uris":[],"response_types":[],{{authentication}}}"""
        );
    }

    private static async Task<Session> ConnectAsync(
        OidcProviderServer server,
        CredentialInput credential,
        DcrDPoP dpop,
        string scope = "dcr"
    )
    {
        var session = await Session.ConnectAsync(
            server.Issuer,
            request => request with { Credential = credential, Scope = scope, DPoP = dpop }
        );
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }

    private async Task AssertKeyRegistersAsync(string algorithm)
    {
        using var key =
            algorithm[1] == 'S' && algorithm[0] != 'E' ? SigningKey.FromJwk(RfcVectors.RsaKey, algorithm) : SigningKey.Generate(algorithm);
        await AssertRegistersAsync(providers.Credentialed, await KeyOfAsync(providers.Credentialed, key));
    }

    /// <returns>What was told of each request.</returns>
    private async Task<IReadOnlyCollection<string>> AssertRegistersAsync(
        OidcProviderServer server,
        CredentialInput credential,
        DcrDPoP dpop = DcrDPoP.Auto
    )
    {
        using var session = await ConnectAsync(server, credential, dpop);
        var client = await session.RegisterAsync(Client);
        await session.RegisterAsync(Client);
        await session.DeleteAsync(client.ClientId);
        Assert.Equal("", providers.Errors);
        return session.Reporter.VerboseLines;
    }
}
