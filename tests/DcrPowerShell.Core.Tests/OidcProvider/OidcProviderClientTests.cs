using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>What Test-DcrClient finds at the certified oidc-provider, which takes pushed requests and every way to authenticate.</summary>
public class OidcProviderClientTests(OidcProviders providers) : IClassFixture<OidcProviders>
{
    private const string Web = """
        "client_name":"Portal","redirect_uris":["https://app.example.com/callback","https://app.example.com/other"],
        "grant_types":["authorization_code","refresh_token"],"scope":"openid offline_access"
        """;

    private const string Service = """
        "client_name":"Export","redirect_uris":[],"response_types":[],"grant_types":["client_credentials"],"scope":"api:read"
        """;

    [OidcProviderFact]
    public async Task A_web_client_is_proven_by_pushed_requests_and_by_a_made_up_code()
    {
        using var session = await ConnectAsync();
        foreach (var method in new[] { "client_secret_basic", "client_secret_post", "none" })
        {
            var client = await session.RegisterAsync($$"""{{{Web}},"token_endpoint_auth_method":"{{method}}"}""");
            foreach (var probes in new[] { false, true })
            {
                var checks = await RunAsync(session, client, probes);
                Assert.Equal(DcrCheckStatus.Passed, checks["Pushed request"].Status);
                Assert.Equal(
                    method == "none" && !probes ? DcrCheckStatus.Skipped : DcrCheckStatus.Passed,
                    checks["Authentication"].Status
                );
            }
        }

        Assert.Equal("", providers.Errors);
    }

    [OidcProviderFullCryptographyFact]
    public async Task A_key_proves_the_client_with_and_without_proof_of_possession()
    {
        foreach (var server in new[] { providers.Open, providers.Challenging })
        {
            using var session = await ConnectAsync(server);
            using var key = SigningKey.Generate("ES256");
            await session.Ledger.Secrets.KeepAsync("key", key.ExportPrivateJwk());
            var keyed = $$"""
                "token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256","dpop_bound_access_tokens":true
                """ + $",\"jwks\":{{\"keys\":[{key.PublicJwk()}]}}";
            foreach (var kind in server == providers.Open ? [Web, Service] : new[] { Service })
            {
                var checks = await RunAsync(session, await session.RegisterAsync($"{{{kind},{keyed}}}"));
                Assert.All(checks.Values, check => Assert.Equal(DcrCheckStatus.Passed, check.Status));
            }
        }

        Assert.Equal("", providers.Errors);
    }

    [OidcProviderFullCryptographyFact]
    public async Task Another_key_than_the_registered_one_is_refused_at_both_endpoints()
    {
        using var session = await ConnectAsync();
        using var registered = SigningKey.Generate("ES256");
        using var other = SigningKey.Generate("ES256");
        await session.Ledger.Secrets.KeepAsync("other", other.ExportPrivateJwk());
        var keyed = $"\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{{\"keys\":[{registered.PublicJwk()}]}}";
        var web = await session.RegisterAsync($"{{{Web},{keyed}}}");
        var service = await session.RegisterAsync($"{{{Service},{keyed}}}");
        Assert.Equal(DcrCheckStatus.Failed, (await RunAsync(session, web, keyName: "other"))["Pushed request"].Status);
        foreach (var checks in new[]
        {
            await RunAsync(session, web, keyName: "other"),
            await RunAsync(session, web, probes: true, keyName: "other"),
            await RunAsync(session, service, keyName: "other"),
        })
        {
            Assert.Equal(DcrCheckStatus.Failed, checks["Authentication"].Status);
            Assert.Contains("invalid_client", checks["Authentication"].Found);
        }
    }

    [OidcProviderFact]
    public async Task A_client_that_was_deleted_behind_our_back_fails()
    {
        using var session = await ConnectAsync(hasVault: true);
        var client = await session.RegisterAsync($"{{{Web}}}");
        var secret = session.Vault.Secrets.Single(kept => kept.Value.Contains(client.ClientId));
        await session.DeleteAsync(client.ClientId);
        using var next = await ConnectAsync(hasVault: true);
        next.Vault.Secrets[secret.Key] = secret.Value;
        var checks = await RunAsync(next, client);
        Assert.All(new[] { "Registration", "Authentication", "Pushed request" }, name =>
            Assert.Equal(DcrCheckStatus.Failed, checks[name].Status));
    }

    private async Task<Session> ConnectAsync(OidcProviderServer? server = null, bool hasVault = false)
    {
        server ??= providers.Open;
        var session = await Session.ConnectAsync(
            server.Issuer,
            request => request with { Credential = server.InitialAccessToken is null ? null : InitialToken.Of(server.InitialAccessToken) },
            hasVault
        );
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }

    private static async Task<Dictionary<string, DcrCheck>> RunAsync(
        Session session,
        DcrClient client,
        bool probes = false,
        string? keyName = null
    )
    {
        var checks = await session.RunAsync(async context =>
            await new TestClientOperation(context, new HeldKeys(session.Ledger), keyName, probes, JsonBag.Empty).RunAsync(
                await FindOperation.RunAsync(context, client.ClientId, piped: null)
            )
        );
        return checks.Where(check => check.Name != "Posture" || check.Status == DcrCheckStatus.Passed).ToDictionary(check => check.Name);
    }
}
