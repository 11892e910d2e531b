using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>Access tokens by the client credentials grant, against a real token endpoint, and registrations that they authorise.</summary>
public class ClientCredentialsTests
{
    private const string ClientId = "ops-client";
    private const string Secret = "cs_ops-secret+1 of/it";

    [Fact]
    public async Task A_token_is_fetched_when_it_is_first_needed_and_then_shared_by_all()
    {
        using var session = await StartAsync();
        Assert.Empty(await session.SentAsync("token"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => session.RegisterAsync()));

        Assert.Single(await session.SentAsync("token"));
        Assert.Equal(
            8,
            (await session.SentAsync("register"))
                .Select(request => request.Header("Authorization")!.StartsWith("Bearer at_", StringComparison.Ordinal))
                .Count(isToken => isToken)
        );
    }

    [Fact]
    public async Task The_secret_goes_in_the_header_and_what_was_named_in_the_form()
    {
        using var session = await StartAsync(change: request => request with { Scope = "dcr admin", Audience = "https://api.example" });
        await session.RegisterAsync();
        var request = (await session.SentAsync("token")).Single();
        Assert.StartsWith("Basic ", request.Header("Authorization"));
        Assert.Equal("grant_type=client_credentials&scope=dcr+admin&audience=https%3A%2F%2Fapi.example", request.Body);
    }

    [Fact]
    public async Task The_secret_goes_in_the_form_where_the_server_supports_only_that()
    {
        using var session = await StartAsync(""","discoveryOverrides":{"token_endpoint_auth_methods_supported":["client_secret_post"]}""");
        await session.RegisterAsync();
        var request = (await session.SentAsync("token")).Single();
        Assert.Null(request.Header("Authorization"));
        Assert.Contains("client_id=ops-client&client_secret=", request.Body);
    }

    [Fact]
    public async Task A_token_that_the_server_rejects_is_renewed_once()
    {
        using var session = await StartAsync(""","accessTokenUses":1""");
        await session.RegisterAsync();
        await session.RegisterAsync();
        Assert.Equal(2, (await session.SentAsync("token")).Count);
        Assert.Equal([201, 401, 201], (await session.SentAsync("register")).Select(request => request.Status));
    }

    [Fact]
    public async Task A_rejection_that_a_fresh_token_does_not_mend_ends_in_an_error()
    {
        using var session = await StartAsync(""","faults":[{"on":"register","status":401,"error":"invalid_token","times":9}]""");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.InRange((await session.SentAsync("register")).Count, 2, 3);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires()
    {
        using var session = await StartAsync(""","accessTokenSeconds":600""");
        await session.RegisterAsync();
        session.Clock.UtcNow += TimeSpan.FromSeconds(530);
        await session.RegisterAsync();
        Assert.Single(await session.SentAsync("token"));
        session.Clock.UtcNow += TimeSpan.FromSeconds(20);
        await session.RegisterAsync();
        Assert.Equal(2, (await session.SentAsync("token")).Count);
    }

    [Fact]
    public async Task A_wrong_secret_says_what_to_check_and_registers_nothing()
    {
        using var session = await StartAsync(change: request =>
            request with
            {
                Credential = new CredentialInput.Secret(ClientId, "cs_another-secret"),
            }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains("secret or key", error.RecommendedAction);
        Assert.Empty(await session.SentAsync("register"));
    }

    [Fact]
    public async Task No_token_is_shown()
    {
        using var session = await StartAsync();
        await session.RegisterAsync();
        Assert.DoesNotContain(
            session.Reporter.VerboseLines.Concat(session.Reporter.Warnings),
            line => line.Contains("at_") || line.Contains("cs_")
        );
    }

    [Fact]
    public async Task A_server_without_a_token_endpoint_is_found_at_connecting()
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => StartAsync(""","discoveryOverrides":{"token_endpoint":null}"""));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
    }

    [FullCryptographyTheory]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    public async Task A_client_proves_itself_with_its_private_key(string algorithm)
    {
        using var key = SigningKey.Generate(algorithm);
        using var session = await StartAsync(key: key);
        await session.RegisterAsync();
        Assert.Contains("client_assertion=", (await session.SentAsync("token")).Single().Body);
    }

    [FullCryptographyTheory]
    [InlineData("required")]
    [InlineData("nonce")]
    [InlineData("nonceEverywhere")]
    public async Task A_server_that_demands_proof_of_possession_gets_it(string dpop)
    {
        using var key = SigningKey.Generate("ES256");
        using var session = await StartAsync($",\"dpop\":\"{dpop}\"", key: key);
        await session.RegisterAsync();
        await session.RegisterAsync();

        var tokens = await session.SentAsync("token");
        Assert.Equal(200, tokens[tokens.Count - 1].Status);
        Assert.Single(tokens, request => request.Status == 200);
        Assert.All(
            (await session.SentAsync("register")).Where(request => request.Status == 201),
            request => Assert.StartsWith("DPoP ", request.Header("Authorization"))
        );

        // A proof, as an assertion, is good for one use.
        var proofs = (await session.Server.RequestsAsync()).Select(request => request.Header("DPoP")).OfType<string>().ToList();
        Assert.Equal(proofs.Count, proofs.Distinct().Count());
    }

    [FullCryptographyFact]
    public async Task Proof_of_possession_can_be_given_from_the_start_or_never()
    {
        using (var always = await StartAsync(change: request => request with { DPoP = DcrDPoP.Always }))
        {
            await always.RegisterAsync();
            Assert.NotNull((await always.SentAsync("token")).Single().Header("DPoP"));
        }

        using var never = await StartAsync(""","dpop":"required" """, change: request => request with { DPoP = DcrDPoP.Never });
        var error = await Assert.ThrowsAsync<DcrException>(() => never.RegisterAsync());
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
    }

    /// <param name="switches">More switches, each after a comma.</param>
    /// <param name="key">Null for a client with a secret.</param>
    private static async Task<Session> StartAsync(
        string switches = "",
        SigningKey? key = null,
        Func<ConnectRequest, ConnectRequest>? change = null
    )
    {
        var jwks = key is null ? "null" : $$"""{"keys":[{{key.PublicJwk()}}]}""";
        CredentialInput credential = key is null ? new CredentialInput.Secret(ClientId, Secret) : new CredentialInput.Key(ClientId, key);
        var session = await Session.StartAsync(
            $$"""{"tokenClient":{"clientId":"{{ClientId}}","clientSecret":"{{Secret}}","jwks":{{jwks}}}{{switches}}}""",
            request => (change ?? (same => same))(request with { Credential = credential }));

        // The server measures assertions and proofs by the machine's clock.
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }
}
