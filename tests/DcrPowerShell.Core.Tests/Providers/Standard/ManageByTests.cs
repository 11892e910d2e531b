using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Standard;

/// <summary>Servers that have clients managed with something else than their own registration access token.</summary>
public class ManageByTests
{
    private const string Admin = """ "managementToken":"accessToken","tokenClient":{"clientId":"ops","clientSecret":"s3cret-of-ops"} """;
    private const string Bank = """ "managementToken":"clientToken" """;
    private const string OwnToken = ""","answerOverrides":{"register":{"registration_access_token":"the-clients-own"} } """;
    private const string NoUri = ""","registrationClientUri":"missing" """;

    // OpenBankingUK/conformance-dcr, pkg/compliant/step/client_retrieve.go; CDS, Registration Management, GET /register/{clientID}.
    private static readonly PublishedExample Retrieve = new("conformance-dcr", "GET /register/{id}", "Bearer");

    // CDS, Registration Management: "Non-Normative Example for access token retrieval to perform registration management". RFC 7521,
    // section 4.2, lets client_id go along.
    private static readonly PublishedExample CdrToken = new(
        "Consumer Data Standards, Client Registration",
        "POST /token",
        null,
        """
        grant_type=client_credentials
        scope=cdr:registration
        client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
        client_assertion=…
        """
    )
    {
        Further = ["client_id"],
    };

    // wso2 Identity Server, curl for /api/identity/oauth2/dcr/v1.1/register: admin:admin; RFC 7617, sections 2 and 2.1.
    [Theory]
    [InlineData("admin", "admin", "YWRtaW46YWRtaW4=")]
    [InlineData("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("test", "123£", "dGVzdDoxMjPCow==")]
    public async Task Http_basic_is_as_published_and_manages_what_it_registered(string userName, string password, string published)
    {
        using var session = await Session.StartAsync(
            $$"""
            {"managementToken":"accessToken","basicUser":{"userName":"{{userName}}","password":"{{password}}"}{{OwnToken}}{{NoUri}}}
            """,
            request => request with
            {
                Credential = new CredentialInput.Basic(new BasicCredential(userName, password)),
                ManageBy = DcrManagement.Connection,
            }
        );
        Assert.Equal(DcrManagement.Connection, session.Connection.ManageBy);
        await LiveAsync(session);
        Assert.All(
            (await session.Server.RequestsAsync()).Where(static request => request.Operation != "discovery"),
            request => Assert.Equal($"Basic {published}", request.Header("Authorization"))
        );
        Assert.Equal("Credential", session.Connection.Credential);
    }

    [Theory]
    [InlineData("")]
    [InlineData(NoUri)]
    public async Task The_connections_token_manages_and_a_clients_own_is_not_sent(string uri)
    {
        using var session = await Session.StartAsync(
            $$"""{{{Admin}}{{OwnToken}}{{uri}}}""",
            static request => request with
            {
                Credential = new CredentialInput.Secret("ops", "s3cret-of-ops"),
                ManageBy = DcrManagement.Connection,
            }
        );
        var client = await LiveAsync(session);
        var requests = await session.Server.RequestsAsync();
        Assert.Equal(
            ["discovery", "token", "register", "read", "read", "update", "delete"],
            requests.Select(static request => request.Operation)
        );
        Retrieve.AssertIs(requests[3]);
        Assert.EndsWith($"/register/{client.ClientId}", requests[3].Target);
        Assert.All(requests, static request => Assert.DoesNotContain("the-clients-own", request.Header("Authorization") ?? ""));
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("no registration access token"));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("admin-token", true)]
    public async Task Who_has_a_credential_and_gets_no_registration_token_hears_of_this_way(string? token, bool hears)
    {
        using var session = await Session.StartAsync(
            $$"""{"managementToken":"accessToken"{{(token is null ? "" : $",\"initialToken\":\"{token}\"")}} }""",
            request => request with { Credential = token is null ? null : new CredentialInput.Token(StaticToken.Initial(token)) }
        );
        await session.RegisterAsync();
        Assert.Equal(hears, Assert.Single(session.Reporter.Warnings).Contains("connect with -ManageBy Connection"));
    }

    [Fact]
    public async Task An_initial_token_manages_too_and_its_refusal_is_the_connections()
    {
        using var session = await Session.StartAsync(
            """{"managementToken":"accessToken","initialToken":"admin-token"}""",
            static request => request with
            {
                Credential = new CredentialInput.Token(StaticToken.Initial("admin-token")),
                ManageBy = DcrManagement.Connection,
            }
        );
        var client = await session.RegisterAsync();
        await session.ReadAsync(client.ClientId);
        await session.Server.SetAsync(new { initialTokenExpired = true });
        var (seen, why) = await LookAsync(session, client, orUnknown: true);
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.AccessTokenRejected), (seen.State, why!.ErrorId));
    }

    [Theory]
    [InlineData(DcrManagement.Connection)]
    [InlineData(DcrManagement.ClientToken)]
    public async Task Nothing_is_sent_to_another_origin(DcrManagement manageBy)
    {
        using var session = await Session.StartAsync(
            """{"managementToken":"accessToken","initialToken":"t","registrationClientUri":"foreign","foreignOrigin":"https://b.test"}""",
            request => request with { Credential = new CredentialInput.Token(StaticToken.Initial("t")), ManageBy = manageBy }
        );
        var client = await session.RegisterAsync();
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId));
        Assert.Equal(DcrErrorId.RegistrationUriRefused, failure.ErrorId);
        Assert.Empty(await session.SentAsync("token"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    public async Task A_clients_own_access_token_by_its_secret(string? method)
    {
        using var session = await Session.StartAsync($$"""{{{Bank}}{{NoUri}}}""", ByClient);
        var client = await LiveAsync(session, method);
        var tokens = await session.SentAsync("token");
        var token = Assert.Single(tokens);
        Assert.Equal(method != "client_secret_post", token.Header("Authorization")?.StartsWith("Basic ", StringComparison.Ordinal) == true);
        Assert.Contains("grant_type=client_credentials", token.Body);
        Retrieve.AssertIs((await session.SentAsync("read"))[0]);
        Assert.Null((await session.SentAsync("register"))[0].Header("Authorization"));
    }

    [FullCryptographyFact]
    public async Task A_clients_own_access_token_by_the_key_as_Australia_wants_it()
    {
        using var key = SigningKey.Generate("PS256");
        using var session = await Session.StartAsync(
            $$"""{{{Bank}}{{NoUri}}}""",
            request => ByClient(request) with { ClientKey = key, Scope = "cdr:registration" }
        );
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var client = await session.RegisterAsync(KeyClient(key));
        await session.ReadAsync(client.ClientId);
        var token = Assert.Single(await session.SentAsync("token"));
        CdrToken.AssertIs(token);
        var assertion = new SignedJwt(
            token.Body.Split('&').Single(static field => field.StartsWith("client_assertion=", StringComparison.Ordinal)).Split('=')[1]
        );
        Assert.Equal(("PS256", "JWT"), (assertion.Header.Text("alg"), assertion.Header.Text("typ")));
        Assert.Equal("aud exp iat iss jti sub", SignedJwt.Names(assertion.Claims));
        Assert.Equal((client.ClientId, client.ClientId), (assertion.Claims.Text("iss"), assertion.Claims.Text("sub")));
        Assert.EndsWith("/token", assertion.Claims.Text("aud"));
    }

    [Fact]
    public async Task Each_client_has_a_token_of_its_own_and_it_is_renewed()
    {
        using var session = await Session.StartAsync($$"""{{{Bank}}}""", ByClient);
        var (first, second) = (await session.RegisterAsync(), await session.RegisterAsync());
        foreach (var client in new[] { first, second, first })
        {
            await session.ReadAsync(client.ClientId);
        }

        Assert.Equal(2, (await session.SentAsync("token")).Count);
        session.Clock.UtcNow += TimeSpan.FromHours(2);
        await session.ReadAsync(first.ClientId);
        Assert.Equal(3, (await session.SentAsync("token")).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_gets_no_token_by_its_secret_any_more_counts_as_gone_and_can_be_repaired(bool hasToken)
    {
        using var session = await Session.StartAsync($$"""{{{Bank}}}""", ByClient);
        var client = await session.RegisterAsync(tenant: "north");
        if (hasToken)
        {
            await session.ReadAsync(client.ClientId);
        }

        await session.Server.RemoveClientAsync(client.ClientId);
        var (seen, why) = await LookAsync(session, client, orUnknown: false);
        Assert.Equal((DcrClientState.Gone, DcrErrorId.AccessTokenRejected), (seen.State, why!.ErrorId));
        var record = await FindAsync(session, client);
        var (repaired, _) = await session.RunAsync(context => RepairOperation.RunAsync(context, record));
        Assert.Equal((await session.AtServerAsync()).ClientId, repaired.ClientId);
    }

    [Fact]
    public async Task A_secret_that_another_machine_put_into_the_vault_is_used_before_a_client_is_taken_for_gone()
    {
        using var first = await Session.StartAsync($$"""{{{Bank}},"rotateSecret":"put"}""", ByClient);
        var client = await first.RegisterAsync();
        var stale = await FindAsync(first, client);
        using var elsewhere = await first.ElsewhereAsync();
        elsewhere.Clock.UtcNow += TimeSpan.FromMinutes(1);
        await elsewhere.ResetSecretAsync(client.ClientId);
        first.Clock.UtcNow += TimeSpan.FromMinutes(2);
        var (seen, _) = await first.RunAsync(context => ReadOperation.LookAsync(context, stale, orUnknown: false));
        Assert.Equal(DcrClientState.Active, seen.State);
        Assert.Equal((await first.AtServerAsync()).ClientSecret, first.Stored(client.ClientId).ClientSecret);
    }

    /// <summary>A key is the connection's: the wrong one would have every client registered again.</summary>
    [FullCryptographyFact]
    public async Task A_key_that_is_refused_makes_no_client_gone()
    {
        using var key = SigningKey.Generate("ES256");
        using var session = await Session.StartAsync($$"""{{{Bank}}}""", request => ByClient(request) with { ClientKey = key });
        using var own = SigningKey.Generate("ES256");
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var client = await session.RegisterAsync(KeyClient(own));
        var (seen, why) = await LookAsync(session, client, orUnknown: true);
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.AccessTokenRejected), (seen.State, why!.ErrorId));
        var record = await FindAsync(session, client);
        Assert.Equal(
            DcrErrorId.AccessTokenRejected,
            (await Assert.ThrowsAsync<DcrException>(() => session.RunAsync(context => RepairOperation.RunAsync(context, record)))).ErrorId
        );
        Assert.Single(await session.SentAsync("register"));
    }

    /// <summary>A server that has just given a client a token has the client.</summary>
    [Fact]
    public async Task A_fresh_access_token_that_is_refused_makes_no_client_gone()
    {
        using var session = await Session.StartAsync($$"""{{{Bank}},"faults":[{"on":"read","status":401,"times":9}]}""", ByClient);
        var client = await session.RegisterAsync();
        var (seen, why) = await LookAsync(session, client, orUnknown: true);
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.AccessTokenRejected), (seen.State, why!.ErrorId));
        Assert.Contains("-Scope", why.RecommendedAction);
    }

    [FullCryptographyFact]
    public async Task A_clients_own_access_token_by_the_connections_certificate()
    {
        using var certificate = TestCertificates.Rsa();
        using var server = await SharedTestServer.StartAsync($$"""{{{Bank}},"https":"valid","requireClientCertificate":true}""");
        using var session = await Session.ConnectAsync(
            server.Issuer,
            request => ByClient(request) with { TlsCertificate = certificate },
            server: server,
            handler: TrustingHandler.Create(await SharedTestServer.CertificateAuthorityAsync(), certificate)
        );
        var client = await LiveAsync(session, "tls_client_auth");
        var token = Assert.Single(await session.SentAsync("token"));
        Assert.Equal($"grant_type=client_credentials&client_id={client.ClientId}", token.Body);
        Assert.Null(token.Header("Authorization"));
    }

    [Theory]
    [InlineData("none", "auth_method is none")]
    [InlineData("private_key_jwt", "the connection has none")]
    [InlineData("tls_client_auth", "the connection has none")]
    [InlineData("client_secret_jwt", "auth_method is client_secret_jwt")]
    public async Task Who_cannot_get_a_token_is_told_why_before_anything_is_sent(string method, string why)
    {
        using var session = await Session.StartAsync($$"""{{{Bank}}}""", ByClient);
        var client = await session.RegisterAsync(
            $$"""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"{{method}}","jwks_uri":"https://a.example/jwks"}"""
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.UnauthorizedClient, failure.ErrorId);
        Assert.Contains(why, failure.Message);
        Assert.Empty(await session.SentAsync("token"));
        Assert.Empty(await session.SentAsync("read"));
    }

    [Fact]
    public async Task A_token_endpoint_of_another_origin_gets_no_clients_secret()
    {
        using var server = await SharedTestServer.StartAsync(
            $$"""{{{Bank}},"discoveryOverrides":{"token_endpoint":"https://evil.example/token"} }"""
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Issuer, ByClient));
        Assert.Equal(DcrErrorId.RegistrationUriRefused, failure.ErrorId);
        using var session = await Session.ConnectAsync(
            server.Issuer,
            static request => ByClient(request) with { AllowedOrigins = [new Uri("https://evil.example")] }
        );
    }

    [Fact]
    public async Task Without_a_credential_the_connection_manages_nothing()
    {
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            Session.StartAsync("{}", static request => request with { ManageBy = DcrManagement.Connection })
        );
        Assert.Equal(DcrErrorId.AccessTokenRejected, failure.ErrorId);
        Assert.Contains("-ManageBy Connection", failure.Message);
    }

    [Fact]
    public async Task Okta_has_a_way_of_its_own()
    {
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            Session.StartAsync(
                """{"dialect":"okta","okta":{"apiToken":"00x"}}""",
                static request => ByClient(request) with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) }
            )
        );
        Assert.Equal(DcrErrorId.OperationNotSupported, failure.ErrorId);
    }

    [Theory]
    [InlineData("", "p")]
    [InlineData("a:b", "p")]
    [InlineData("a\n", "p")]
    [InlineData("a", "p\u0000")]
    public void What_http_basic_cannot_carry_is_refused(string userName, string password) =>
        Assert.Equal(
            DcrErrorId.AccessTokenRejected,
            Assert.Throws<DcrException>(() => new BasicCredential(userName, password)).ErrorId
        );

    [Fact]
    public async Task A_wrong_password_is_told_and_not_shown()
    {
        using var session = await Session.StartAsync(
            """{"basicUser":{"userName":"admin","password":"right-password"}}""",
            static request => request with { Credential = new CredentialInput.Basic(new BasicCredential("admin", "wrong-password")) }
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.AccessTokenRejected, failure.ErrorId);
        Assert.Contains("-Credential", failure.RecommendedAction);
        Assert.DoesNotContain("wrong-password", failure.ToString());
    }

    private static ConnectRequest ByClient(ConnectRequest request) => request with { ManageBy = DcrManagement.ClientToken };

    private static string KeyClient(SigningKey key) =>
        $$"""
        {"grant_types":["client_credentials"],"response_types":[],"token_endpoint_auth_method":"private_key_jwt",
         "jwks":{"keys":[{{key.PublicJwk()}}] } }
        """;

    private static async Task<DcrClient> LiveAsync(Session session, string? method = null)
    {
        var client = await session.RegisterAsync(
            method is null
                ? Session.WebClient
                : $$"""{"redirect_uris":["https://app.example.com/callback"],"token_endpoint_auth_method":"{{method}}"}"""
        );
        await session.ReadAsync(client.ClientId);
        Assert.Equal("New", (await session.UpdateAsync(client.ClientId, """{"client_name":"New"}""")).ClientName);
        await session.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.Empty(session.Listed());
        return client;
    }

    private static Task<RegistrationRecord> FindAsync(Session session, DcrClient client) =>
        session.Context.RunAsync(context => FindOperation.RunAsync(context, client.ClientId, piped: null));

    private static Task<(DcrClient Client, DcrException? Why)> LookAsync(Session session, DcrClient client, bool orUnknown) =>
        session.RunAsync(context => ReadOperation.LookAsync(context, session.Stored(client.ClientId), orUnknown));
}
