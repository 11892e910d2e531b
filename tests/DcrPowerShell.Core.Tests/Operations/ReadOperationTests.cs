using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class ReadOperationTests
{
    [Fact]
    public async Task Reads_with_the_clients_own_token_and_writes_nothing_new()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync(tenant: "north");
        var writes = session.Vault.Writes.Count;
        var client = await session.ReadAsync(registered.ClientId);

        Assert.Equal(
            $"Bearer {session.Stored(client.ClientId).RegistrationAccessToken}",
            Assert.Single(await session.SentAsync("read")).Header("Authorization")
        );
        Assert.Equal(("Clinic portal", "north", registered.SecretName), (client.ClientName, client.Tenant, client.SecretName));
        Assert.Equal(writes, session.Vault.Writes.Count);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task What_changed_at_the_server_is_kept()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { answerOverrides = new { read = new { client_name = "Renamed there" } } });
        await session.ReadAsync(registered.ClientId);
        Assert.Equal("Renamed there", session.Stored(registered.ClientId).ClientName);
    }

    [Fact]
    public async Task A_new_token_and_secret_are_kept_at_once()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut","rotateSecret":"getAndPut"}""");
        var client = await session.RegisterAsync();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            client = await session.ReadAsync(client.ClientId);
            var (known, stored) = (await session.AtServerAsync(), session.Stored(client.ClientId));
            Assert.Equal((known.RegistrationAccessToken, known.ClientSecret), (stored.RegistrationAccessToken, stored.ClientSecret));
            Assert.Equal(known.ClientSecret, SecureText.Reveal(client.ClientSecret!));
        }
    }

    [Fact]
    public async Task What_the_answer_does_not_repeat_still_holds()
    {
        using var session = await Session.StartAsync("""{"repeatToken":false,"repeatSecret":false,"secretExpiresAt":"future"}""");
        var registered = await session.RegisterAsync();
        var client = await session.ReadAsync(registered.ClientId);
        Assert.Equal(SecureText.Reveal(registered.ClientSecret!), SecureText.Reveal(client.ClientSecret!));
        Assert.Equal(SecureText.Reveal(registered.RegistrationAccessToken!), SecureText.Reveal(client.RegistrationAccessToken!));
        Assert.Equal(registered.RegistrationClientUri, client.RegistrationClientUri);
        Assert.Equal("in 90 days", client.SecretExpiry.Text);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task An_expiry_that_cannot_be_understood_is_said_once_and_the_known_one_stays()
    {
        using var session = await Session.StartAsync("""{"secretExpiresAt":"future"}""");
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { answerOverrides = new { read = new { client_secret_expires_at = "P90D" } } });
        Assert.Equal(registered.ClientSecretExpiresAt, (await session.ReadAsync(registered.ClientId)).ClientSecretExpiresAt);
        await session.ReadAsync(registered.ClientId);
        Assert.Contains(
            "P90D, which is no time: what the server said before stays.",
            Assert.Single(session.Reporter.Warnings, static text => text.Contains("client_secret_expires_at"))
        );
    }

    [Theory]
    [InlineData("unauthorized", DcrErrorId.AccessTokenRejected, "Either the client is gone from the server, or its token was replaced")]
    [InlineData("notFound", DcrErrorId.ClientNotFound, "The server knows no client")]
    public async Task A_client_that_is_gone_is_told_and_its_record_left(string unknownClient, DcrErrorId expected, string words)
    {
        using var session = await Session.StartAsync($$"""{"unknownClient":"{{unknownClient}}"}""");
        var client = await session.RegisterAsync();
        await session.Server.RemoveClientAsync(client.ClientId);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains(words, error.Message);
        Assert.Contains("Repair-DcrClient", error.RecommendedAction);
        Assert.Contains("Remove-DcrClient -StoreOnly", error.RecommendedAction);
        Assert.NotNull(session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Theory]
    [InlineData("unauthorized", DcrErrorId.AccessTokenRejected)]
    [InlineData("notFound", DcrErrorId.ClientNotFound)]
    public async Task A_look_tells_those_that_are_gone_from_those_that_are_there(string unknownClient, DcrErrorId expected)
    {
        using var session = await Session.StartAsync($$"""{"unknownClient":"{{unknownClient}}"}""");
        var (there, gone) = (await session.RegisterAsync(tenant: "north"), await session.RegisterAsync(tenant: "south"));
        Assert.Equal(DcrClientState.Active, there.State);
        await session.Server.RemoveClientAsync(gone.ClientId);

        var (client, why) = await LookAsync(session, there.ClientId, orUnknown: false);
        Assert.Equal((DcrClientState.Active, null), (client.State, why));
        (client, why) = await LookAsync(session, gone.ClientId, orUnknown: false);
        Assert.Equal(
            (DcrClientState.Gone, expected, "south", gone.SecretName),
            (client.State, why!.ErrorId, client.Tenant, client.SecretName)
        );
    }

    /// <summary>RFC 7592 is optional: what is kept is all that there is to show.</summary>
    [Theory]
    [InlineData("""{"operations":[]}""", 0)]
    [InlineData("""{"managementToken":"absent"}""", 0)]
    [InlineData("""{"registrationClientUri":"missing"}""", 0)]
    [InlineData("""{"operations":["update","delete"]}""", 1)]
    public async Task A_client_that_nobody_can_read_is_given_as_it_is_kept(string switches, int reads)
    {
        using var session = await Session.StartAsync(switches);
        var registered = await session.RegisterAsync(tenant: "north");
        foreach (
            var look in new Func<OperationContext, RegistrationRecord, Task<(DcrClient Client, DcrException? Why)>>[]
            {
                ReadOperation.GetAsync,
                (context, record) => ReadOperation.LookAsync(context, record, orUnknown: false),
            }
        )
        {
            var (client, why) = await session.RunAsync(async context =>
                await look(context, await FindOperation.RunAsync(context, registered.ClientId, piped: null))
            );
            Assert.Equal(DcrErrorId.OperationNotSupported, why!.ErrorId);
            Assert.Equal(
                (DcrClientState.Unknown, "north", "Clinic portal", DcrStorage.Vault),
                (client.State, client.Tenant, client.ClientName, client.Storage)
            );
            Assert.NotNull(client.ClientSecret);
        }

        Assert.Equal(2 * reads, (await session.SentAsync("read")).Count);
        Assert.False(session.Connection.Capabilities.HasFlag(DcrCapabilities.Read));
    }

    [Theory]
    [InlineData("""{"on":"read","status":400,"content":"{\"error\":\"access_denied\"}"}""", DcrClientState.Gone)] // Authlib
    [InlineData("""{"on":"read","status":403,"content":"{\"error\":\"forbidden\"}"}""", DcrClientState.Unknown)] // node-solid-server
    public async Task A_look_at_a_client_whose_own_token_is_refused_is_no_error(string fault, DcrClientState expected)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{{fault}}]}""");
        var registered = await session.RegisterAsync();
        var (client, why) = await session.RunAsync(async context =>
            await ReadOperation.LookAsync(
                context,
                await FindOperation.RunAsync(context, registered.ClientId, piped: null),
                orUnknown: false
            )
        );
        Assert.Equal((expected, DcrErrorId.AccessTokenRejected), (client.State, why!.ErrorId));
    }

    [Fact]
    public async Task A_server_that_is_down_tells_nothing_of_a_client()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { faults = Enumerable.Repeat(new { on = "read", status = 503 }, 20) });
        Assert.Equal(
            DcrErrorId.ServerUnavailable,
            (await Assert.ThrowsAsync<DcrException>(() => LookAsync(session, registered.ClientId, orUnknown: false))).ErrorId
        );
        var (client, why) = await LookAsync(session, registered.ClientId, orUnknown: true);
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.ServerUnavailable), (client.State, why!.ErrorId));
    }

    /// <summary>The 401 is about the connection, and would call all clients gone.</summary>
    [Fact]
    public async Task A_rejected_credential_of_the_connection_tells_nothing_of_a_client()
    {
        using var session = await Session.StartAsync(
            """{"dialect":"okta","okta":{"apiToken":"00x"}}""",
            static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) }
        );
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { okta = new { apiToken = "00y" } });
        Assert.Equal(
            DcrErrorId.AccessTokenRejected,
            (await Assert.ThrowsAsync<DcrException>(() => LookAsync(session, registered.ClientId, orUnknown: false))).ErrorId
        );
        Assert.Equal(DcrClientState.Unknown, (await LookAsync(session, registered.ClientId, orUnknown: true)).Client.State);
    }

    [Fact]
    public async Task A_vault_that_fails_is_an_error_of_a_look_too()
    {
        using var session = await Session.StartAsync();
        var record = session.Stored((await session.RegisterAsync()).ClientId);
        session.Clock.UtcNow += System.TimeSpan.FromHours(1);
        session.Vault.Fault = VaultFault.Locked;
        Assert.Equal(
            DcrErrorId.VaultLocked,
            (
                await Assert.ThrowsAsync<DcrException>(() =>
                    session.RunAsync(context => ReadOperation.LookAsync(context, record, orUnknown: true))
                )
            ).ErrorId
        );
    }

    [Fact]
    public async Task A_token_replaced_elsewhere_is_told_and_the_record_left()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.RotateAsync(client.ClientId);
        Assert.Equal(
            DcrErrorId.AccessTokenRejected,
            (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId
        );
        Assert.NotNull(session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_about_another_client_costs_neither_its_token(bool repeatsToken)
    {
        using var session = await Session.StartAsync($$"""{"repeatToken":{{(repeatsToken ? "true" : "false")}},"repeatSecret":false}""");
        var (one, other) = (await session.RegisterAsync(tenant: "north"), await session.RegisterAsync(tenant: "south"));
        var (oneBefore, otherBefore) = (session.Stored(one.ClientId), session.Stored(other.ClientId));
        // A server that mixes up its clients: the token of one is not written over that of the other.
        var answer = new
        {
            client_id = other.ClientId,
            registration_access_token = repeatsToken ? otherBefore.RegistrationAccessToken : null,
            registration_client_uri = otherBefore.RegistrationClientUri,
        };
        await session.Server.SetAsync(new { answerOverrides = new { read = answer } });

        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(one.ClientId));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Contains($"said that client '{one.ClientId}' exists, but its answer is about client '{other.ClientId}'", error.Message);
        Assert.Equal(oneBefore.ToJson(), session.Stored(one.ClientId).ToJson());
        Assert.Equal(otherBefore.ToJson(), session.Stored(other.ClientId).ToJson());
    }

    [Fact]
    public async Task An_answer_about_an_unknown_client_is_kept_as_it_came()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(
            new { answerOverrides = new { read = new { client_id = "stranger", registration_access_token = "strange-token" } } }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Contains("The answer is kept as it came", error.Message);
        Assert.DoesNotContain("strange-token", error.ToString());
        await session.Server.SetAsync(new { answerOverrides = new { } });
        using var next = await session.NextProcessAsync();
        Assert.Contains("strange-token", SecureText.Reveal(Assert.Single(Assert.Single(await next.OrphansAsync()).Answer!)));
        Assert.Equal(client.ClientId, Assert.Single(next.Listed()).Record.ClientId);
    }

    [Fact]
    public async Task Every_shape_of_an_answer_is_read()
    {
        using var session = await Session.StartAsync(
            """{"authMethodAsArray":true,"scopeAsArray":true,"redirectUrisAsString":true,"numbersAsStrings":true,"emptyMembers":"hydra"}"""
        );
        var registered = await session.RegisterAsync("""{"redirect_uris":["https://a.example.com/"],"scope":"a b"}""");
        var client = await session.ReadAsync(registered.ClientId);
        Assert.Equal("client_secret_basic", client.TokenEndpointAuthMethod);
        Assert.Equal(["a", "b"], client.Scope);
        Assert.Equal(["https://a.example.com/"], client.RedirectUris);
    }

    [Theory]
    [InlineData("""{"client_id":"c1","registration_access_token":"tok-2",""", true)]
    [InlineData("<html><body>Sign in</body></html>", false)]
    public async Task An_answer_that_cannot_be_used_is_kept_where_it_may_hold_a_token(string content, bool isKept)
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(new { faults = new[] { new { on = "read", content } } });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal((DcrErrorId.ResponseNotConformant, isKept), (error.ErrorId, error.Message.Contains("The answer is kept as it came")));
        Assert.Equal(
            isKept ? [content] : [],
            (await session.OrphansAsync()).Select(static orphan => SecureText.Reveal(Assert.Single(orphan.Answer!)))
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_whose_answer_is_whole_before_the_connection_breaks_is_kept(bool hasVault)
    {
        using var handler = new RecordingHandler();
        var whole =
            """{"client_id":"c1","client_name":"m","registration_access_token":"tok-2","registration_client_uri":"https://as.example.com/register/c1"}""";
        handler
            .Answer(200, """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register"}""")
            .Answer(201, whole.Replace("tok-2", "tok-1"))
            .Breaks(200, whole);
        using var session = await Session.ConnectAsync("https://as.example.com", hasVault: hasVault, handler: handler);
        await session.RegisterAsync();
        Assert.Equal("tok-2", SecureText.Reveal((await session.ReadAsync("c1")).RegistrationAccessToken!));
        Assert.Equal("tok-2", session.Stored("c1").RegistrationAccessToken);
    }

    [Fact]
    public async Task A_server_that_does_not_offer_it_is_told()
    {
        using var session = await Session.StartAsync("""{"operations":["update","delete"]}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("does not let a client be read by RFC 7592 (HTTP 405)", error.Message);
    }

    [Fact]
    public async Task A_read_that_breaks_is_repeated()
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"read","drop":"beforeAnswer"},{"on":"read","drop":"midBody"}]}""");
        var client = await session.RegisterAsync();
        Assert.Equal("Clinic portal", (await session.ReadAsync(client.ClientId)).ClientName);
        Assert.Equal(3, (await session.SentAsync("read")).Count);
    }

    private static Task<(DcrClient Client, DcrException? Why)> LookAsync(Session session, string clientId, bool orUnknown) =>
        session.RunAsync(context => ReadOperation.LookAsync(context, session.Stored(clientId) with { IsKept = true }, orUnknown));
}
