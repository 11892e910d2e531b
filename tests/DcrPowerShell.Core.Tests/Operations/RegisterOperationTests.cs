using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class RegisterOperationTests
{
    [Fact]
    public async Task An_error_beside_the_client_is_said()
    {
        using var session = await Session.StartAsync("""{"answerOverrides":{"register":{"error":"pending_approval"}}}""");
        await session.RegisterAsync();
        Assert.Contains(session.Reporter.Warnings, static text => text.Contains("names an error beside the client"));
    }

    /// <summary>The operation judges nothing else: that is left to the server where the user says so.</summary>
    [Fact]
    public async Task A_private_key_is_never_sent()
    {
        using var session = await Session.StartAsync();
        const string Private = """{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"s3cr3t"}]}}""";
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Private));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "jwks"), (error.ErrorId, error.Member));
        Assert.Empty(await session.SentAsync("register"));

        var client = await session.RegisterAsync();
        await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, Private));
        Assert.Empty(await session.SentAsync("update"));
    }

    private static readonly string[] Later = ["north", "south", "west"];

    [Fact]
    public async Task Sends_what_was_named_and_keeps_what_came_back()
    {
        using var session = await Session.StartAsync(
            """{"initialToken":"tok-123456","secretExpiresAt":"future"}""",
            static request => request with { Credential = InitialToken.Of("tok-123456") }
        );
        var client = await session.RegisterAsync(tenant: "north");

        var sent = Assert.Single(await session.SentAsync("register"));
        Assert.Equal(Session.WebClient, sent.Body);
        Assert.Equal("Bearer tok-123456", sent.Header("Authorization"));

        var (known, stored) = (await session.AtServerAsync(), session.Stored(client.ClientId));
        Assert.Equal(
            (known.ClientId, known.ClientSecret, known.RegistrationAccessToken),
            (stored.ClientId, stored.ClientSecret, stored.RegistrationAccessToken)
        );
        Assert.Equal(("north", "Clinic portal", session.Clock.UtcNow), (stored.Tenant, stored.ClientName, stored.CreatedAt));
        Assert.Equal(known.RegistrationClientUri, client.RegistrationClientUri!.AbsoluteUri);
        Assert.Equal(known.ClientSecret, SecureText.Reveal(client.ClientSecret!));
        Assert.Equal(stored.SecretName, client.SecretName);
        Assert.Equal("in 90 days", client.SecretExpiry.Text);
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Theory]
    // freee/freee-mcp#519
    [InlineData("""{"answerOverrides":{"register":{"client_secret_expires_at":1700000000}}}""", "has expired already, 3 years ago")]
    [InlineData("""{"secretExpiresAt":"beyondDate"}""", "client_secret_expires_at is 9223372036854775807, which is no time")]
    [InlineData("""{"answerOverrides":{"register":{"client_secret_expires_at":-1}}}""", "client_secret_expires_at is -1, which is no time")]
    [InlineData("""{"answerOverrides":{"register":{"client_secret_expires_at":4102444800000}}}""", "It was read as 2100-01-01 00:00 UTC")]
    [InlineData("""{"answerOverrides":{"register":{"client_secret_expires_at":"never"}}}""", "It was read as never")]
    [InlineData(
        """{"answerOverrides":{"register":{"client_secret_expires_at":false}}}""",
        "client_secret_expires_at is false, which is no time"
    )]
    [InlineData("""{"secretExpiresAt":"absent"}""", "the server did not say when the client secret expires")]
    [InlineData(
        """{"issueSecret":"never","omitFromAnswer":["token_endpoint_auth_method"]}""",
        "gave no client secret and named no token_endpoint_auth_method"
    )] // glewlwyd
    [InlineData("""{"operations":[]}""", "gave no registration access token, so the client cannot be read, changed or deleted from here")]
    public async Task What_is_odd_about_a_new_client_is_said(string switches, string warning)
    {
        using var session = await Session.StartAsync(switches);
        await session.RegisterAsync();
        Assert.Contains(warning, Assert.Single(session.Reporter.Warnings));
    }

    [Theory]
    [InlineData(""" "token_endpoint_auth_method":"none" """)]
    [InlineData(""" "token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example.com/keys" """)]
    public async Task A_client_that_asked_for_no_secret_lacks_none(string asked)
    {
        using var session = await Session.StartAsync("""{"omitFromAnswer":["token_endpoint_auth_method"]}""");
        await session.RegisterAsync($$"""{"redirect_uris":["https://app.example.com/callback"],{{asked}}}""");
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("no client secret"));
    }

    [Fact]
    public async Task What_the_server_cannot_do_is_learned_from_its_answer()
    {
        using var session = await Session.StartAsync("""{"operations":[]}""");
        Assert.Equal(
            DcrCapabilities.Register | DcrCapabilities.Read | DcrCapabilities.Update | DcrCapabilities.Delete,
            session.Connection.Capabilities
        );
        await session.RegisterAsync();
        Assert.Equal(DcrCapabilities.Register, session.Connection.Capabilities);
        using var next = await session.NextProcessAsync();
        Assert.Equal(DcrCapabilities.Register, next.Connection.Capabilities);
    }

    [Theory]
    [InlineData("""{"registerStatus":200}""")]
    [InlineData("""{"emptyMembers":"null"}""")]
    [InlineData("""{"emptyMembers":"hydra"}""")]
    [InlineData("""{"numbersAsStrings":true}""")]
    [InlineData("""{"redirectUrisAsString":true}""")]
    [InlineData("""{"scopeAsArray":true}""")]
    [InlineData("""{"authMethodAsArray":true}""")]
    [InlineData("""{"registrationClientUri":"query"}""")]
    [InlineData("""{"registrationClientUri":"relative"}""")]
    [InlineData("""{"faults":[{"on":"register","encoding":"gzip"}]}""")]
    [InlineData("""{"faults":[{"on":"register","encoding":"utf8Bom"}]}""")]
    [InlineData("""{"faults":[{"on":"register","encoding":"utf16"}]}""")]
    [InlineData("""{"faults":[{"on":"register","encoding":"latin1"}]}""")]
    [InlineData("""{"faults":[{"on":"register","contentType":"text/html"}]}""")]
    public async Task Every_writing_of_an_answer_gives_the_same_client(string switches)
    {
        using var session = await Session.StartAsync(switches);
        var client = await session.RegisterAsync(
            """{"client_name":"Praxis Müller","redirect_uris":["https://app.example.com/callback"],"scope":"openid profile","token_endpoint_auth_method":"client_secret_post"}"""
        );
        Assert.Equal("Praxis Müller", client.ClientName);
        Assert.Equal(["https://app.example.com/callback"], client.RedirectUris);
        Assert.Equal(["openid", "profile"], client.Scope);
        Assert.Equal("client_secret_post", client.TokenEndpointAuthMethod);
        Assert.Equal("never", client.SecretExpiry.Text);
        Assert.NotNull(client.IssuedAt);
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
        Assert.Equal(client.ClientId, (await session.ReadAsync(client.ClientId)).ClientId);
    }

    [Theory]
    [InlineData("absent", "unknown", true)]
    [InlineData("null", "unknown", true)]
    [InlineData("zero", "never", false)]
    [InlineData("zeroString", "never", false)]
    [InlineData("past", "expired 24 hours ago", false)]
    [InlineData("future", "in 90 days", false)]
    [InlineData("futureString", "in 90 days", false)]
    [InlineData("beyondInt32", "in [0-9]+ years", false)]
    [InlineData("beyondDate", "unknown", true)]
    public async Task Every_writing_of_the_expiry_is_taken(string secretExpiresAt, string expiry, bool isOdd)
    {
        using var session = await Session.StartAsync($$"""{"secretExpiresAt":"{{secretExpiresAt}}"}""");
        var client = await session.RegisterAsync();
        Assert.Matches($"^{expiry}$", client.SecretExpiry.Text);
        Assert.NotNull(client.ClientSecret);
        Assert.Equal(isOdd, session.Reporter.Warnings.Any(static line => line.Contains("client_secret_expires_at")));
    }

    [Theory]
    [InlineData("""{"dropScope":["admin"]}""", "scope: asked for 'openid admin', granted 'openid'")]
    [InlineData(
        """{"dropRedirectUris":["https://b.example.com/"]}""",
        "redirect_uris: asked for ['https://a.example.com/', 'https://b.example.com/'], granted ['https://a.example.com/']"
    )]
    [InlineData(
        """{"grant":{"token_endpoint_auth_method":"client_secret_basic"}}""",
        "token_endpoint_auth_method: asked for 'none', granted 'client_secret_basic'"
    )]
    [InlineData("""{"grant":{"x_cost_center":null}}""", "x_cost_center: asked for 42, granted nothing")]
    [InlineData("""{"unknownMembers":"ignore"}""", "x_cost_center: asked for 42, granted nothing")]
    public async Task What_was_granted_otherwise_is_told(string switches, string change)
    {
        using var session = await Session.StartAsync(switches);
        var client = await session.RegisterAsync(
            """{"redirect_uris":["https://a.example.com/","https://b.example.com/"],"scope":"openid admin","token_endpoint_auth_method":"none","x_cost_center":42}"""
        );
        Assert.Equal(change, Assert.Single(client.Changes).ToString());
        Assert.Equal(
            $"Client '{client.ClientId}': the server granted otherwise than asked. {change}.",
            Assert.Single(session.Reporter.Warnings)
        );
    }

    [Fact]
    public async Task What_the_server_wrote_steers_no_terminal()
    {
        using var session = await Session.StartAsync("""{"grant":{"client_name":"\u001b[2J\u202egnp"}}""");
        await session.RegisterAsync();
        Assert.DoesNotContain(
            Assert.Single(session.Reporter.Warnings),
            static character => char.IsControl(character) || character == '\u202e'
        );
    }

    [Fact]
    public async Task A_client_that_cannot_authenticate_is_told()
    {
        using var session = await Session.StartAsync("""{"issueSecret":"never"}""");
        var client = await session.RegisterAsync();
        Assert.Null(client.ClientSecret);
        Assert.Contains("client_secret_basic and gave no client secret", Assert.Single(session.Reporter.Warnings));
    }

    [Theory]
    [InlineData("""{"initialToken":"tok-654321"}""", null, "registers clients only with an initial access token")]
    [InlineData("""{"initialToken":"tok-654321"}""", "tok-123456", "wrong, expired or used up")]
    [InlineData(
        """{"initialToken":"tok-123456","initialTokenExpired":true}""",
        "tok-123456",
        "The server said: \"the initial access token has expired\""
    )]
    [InlineData(
        """{"initialToken":"tok-123456","initialTokenUses":0}""",
        "tok-123456",
        "The server said: \"the initial access token is used up\""
    )]
    public async Task An_initial_token_that_does_not_hold(string switches, string? token, string words)
    {
        using var session = await Session.StartAsync(switches, request => request with { Credential = InitialToken.Of(token) });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains(words, error.Message);
        Assert.DoesNotContain("123456", error.ToString());
    }

    [Theory]
    [InlineData("rfc", DcrErrorId.InvalidRedirectUri, "redirect_uris: must not have wildcards")]
    [InlineData("okta", DcrErrorId.InvalidRedirectUri, "must not have wildcards")]
    [InlineData("auth0", DcrErrorId.InvalidRedirectUri, "must not have wildcards")]
    [InlineData("hydra", DcrErrorId.InvalidRedirectUri, "must not have wildcards")]
    [InlineData("html", DcrErrorId.RegistrationForbidden, "answered with a web page, not with JSON")]
    [InlineData("empty", DcrErrorId.InvalidClientMetadata, "(HTTP 400).")]
    [InlineData("text", DcrErrorId.InvalidRedirectUri, "must not have wildcards")]
    public async Task A_refusal_in_every_form(string errorShape, DcrErrorId expected, string words)
    {
        using var session = await Session.StartAsync($$"""{"errorShape":"{{errorShape}}"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.RegisterAsync("""{"redirect_uris":["https://app.example.com/*"]}""")
        );
        Assert.Equal((expected, 400), (error.ErrorId, error.ServerError?.Status));
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public async Task A_server_that_refuses_unknown_members_names_them()
    {
        using var session = await Session.StartAsync("""{"unknownMembers":"reject"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.RegisterAsync("""{"redirect_uris":["https://a.example.com/"],"x_vendor":1}""")
        );
        Assert.Equal(DcrErrorId.InvalidClientMetadata, error.ErrorId);
        Assert.Contains("Unrecognized field \"x_vendor\"", error.Message);
    }

    [Theory]
    [InlineData("""{"registrationClientUri":"missing"}""")]
    [InlineData("""{"operations":[]}""")]
    [InlineData("""{"managementToken":"absent"}""")]
    public async Task A_client_without_management_is_kept_and_can_only_not_be_managed(string switches)
    {
        using var session = await Session.StartAsync(switches);
        var client = await session.RegisterAsync();
        Assert.Equal(client.ClientId, session.Stored(client.ClientId).ClientId);
        Assert.Equal(
            DcrErrorId.OperationNotSupported,
            (await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId))).ErrorId
        );
        Assert.Empty(await session.SentAsync("read"));
    }

    [Fact]
    public async Task A_client_that_was_registered_before_keeps_its_latest_token()
    {
        using var session = await Session.StartAsync("""{"fixedClientId":"shared"}""");
        await session.RegisterAsync();
        await session.RegisterAsync();
        Assert.Contains("registered before", Assert.Single(session.Reporter.Warnings));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored("shared").RegistrationAccessToken);
        Assert.Equal("shared", (await session.ReadAsync("shared")).ClientId);
    }

    [Fact]
    public async Task The_application_gets_a_copy_of_its_secret()
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(clientSecretName: "PortalSecret");
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Vault.Secrets["PortalSecret"]);
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_copy_and_a_warning()
    {
        using var session = await Session.StartAsync();
        await session.RegisterAsync(
            """{"redirect_uris":["https://a.example.com/"],"token_endpoint_auth_method":"none"}""",
            clientSecretName: "PortalSecret"
        );
        Assert.False(session.Vault.Secrets.ContainsKey("PortalSecret"));
        Assert.Contains("nothing was stored as 'PortalSecret'", Assert.Single(session.Reporter.Warnings));
    }

    [Fact]
    public async Task The_local_store_keeps_a_registration_and_the_application_s_copy()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync(clientSecretName: "PortalSecret");
        Assert.Equal((DcrStorage.Local, null), (client.Storage, session.Connection.Vault));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Ledger.Secrets.Find("PortalSecret"));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, SecureText.Reveal(client.RegistrationAccessToken!));
    }

    /// <summary>The answer has all of it too, which is more than is read of an answer.</summary>
    [Fact]
    public async Task Five_megabytes_of_metadata_cost_no_client_that_comes_after()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(WebClientOf(5_000_000), "large"));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        foreach (var tenant in Later)
        {
            await session.RegisterAsync(tenant: tenant);
        }

        using var next = await session.NextProcessAsync();
        await AssertLaterAreKeptAsync(next);
        Assert.Equal("large", Assert.Single(await next.OrphansAsync()).Tenant);
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => next.RegisterAsync(tenant: "large"))).ErrorId
        );
        Assert.Equal(4, (await next.SentAsync("register")).Count);
    }

    [Fact]
    public async Task Metadata_that_the_local_store_could_not_read_back_is_not_sent_and_costs_no_client_that_comes_after()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(WebClientOf(FrameHeader.LargestFrame), "large"));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "metadata"), (error.ErrorId, error.Member));
        Assert.Contains("Nothing was sent", error.Message);
        Assert.Empty(await session.SentAsync("register"));
        foreach (var tenant in Later)
        {
            await session.RegisterAsync(tenant: tenant);
        }

        using var next = await session.NextProcessAsync();
        await AssertLaterAreKeptAsync(next);
        Assert.Empty(await next.OrphansAsync());
        Assert.True((await next.TryRegisterAsync(tenant: "large")).IsNew);
    }

    private static string WebClientOf(int size) => JsonBag.Parse(Session.WebClient).With("vendor_note", new string('x', size)).ToString();

    /// <summary>Each with its token; and nothing of the ledger is damaged.</summary>
    private static async Task AssertLaterAreKeptAsync(Session session)
    {
        var kept = session.Listed().ToDictionary(static one => one.Record.Tenant!, static one => one.Record.ClientId);
        Assert.Equal(Later, kept.Keys.OrderBy(static tenant => tenant, StringComparer.Ordinal));
        foreach (var known in (await session.Server.ClientsAsync()).Where(client => kept.ContainsValue(client.ClientId)))
        {
            Assert.Equal(known.RegistrationAccessToken, session.Stored(known.ClientId).RegistrationAccessToken);
        }

        Assert.Empty(session.Ledger.File.Gaps);
    }
}
