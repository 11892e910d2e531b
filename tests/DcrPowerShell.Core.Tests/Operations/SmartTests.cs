using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Connecting by a FHIR base URL, and the registrations that FHIR servers want.</summary>
public class SmartTests
{
    private const string Keys =
        """{"keys":[{"kty":"RSA","e":"AQAB","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl","kid":"k1"}]}""";

    /// <summary>The whole of it: fhir.epic.com, "Standalone launch: offline access for native and browser apps".</summary>
    private const string EpicBody = $$"""{"software_id":"d45049c3-3441-40ef-ab4d-b9cd86a17225","jwks":{{Keys}}}""";

    /// <summary>Epic's answer there: a public client without secret, token or name.</summary>
    private const string EpicAnswers = """
        "grant":{"redirect_uris":["https://fhir.epic.com/test/smart"],"token_endpoint_auth_method":"none","grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"]},
        "operations":[],"omitFromAnswer":["application_type","response_types"]
        """;

    [Theory]
    [InlineData("", "/fhir")]
    [InlineData("", "/fhir/")]
    [InlineData("/tenant1", "/fhir")]
    public async Task Finds_the_endpoint_in_the_SMART_configuration(string issuerPath, string fhirBase)
    {
        using var session = await StartAsync($$"""{"issuerPath":"{{issuerPath}}"}""", fhirBase);
        var request = Assert.Single(await session.Server.RequestsAsync());
        Assert.Equal($"{issuerPath}/fhir/.well-known/smart-configuration", request.Target);
        Assert.Equal("application/json", request.Header("Accept"));
        Assert.Equal(session.Server.Issuer, session.Connection.Issuer);
        Assert.Equal(new Uri(session.Server.Url, issuerPath + "/register"), session.Connection.RegistrationEndpoint);
        Assert.Equal($"{session.Server.Url.Authority}{issuerPath}/fhir", session.Connection.Name);
    }

    [Fact]
    public async Task Where_no_issuer_is_named_the_FHIR_base_stands_for_it_with_or_without_a_slash()
    {
        using var session = await StartAsync("""{"smartOverrides":{"issuer":null}}""", "/fhir/");
        Assert.Equal(session.Server.Url.AbsoluteUri + "fhir", session.Connection.Issuer);
    }

    [Fact]
    public async Task A_configuration_without_an_endpoint_sends_to_its_issuer()
    {
        using var session = await StartAsync(
            """{"issuerPath":"/oauth2","discovery":["openidAppend"],"smartOverrides":{"registration_endpoint":null}}"""
        );
        Assert.Equal(
            [
                "/oauth2/fhir/.well-known/smart-configuration",
                "/.well-known/oauth-authorization-server/oauth2",
                "/.well-known/openid-configuration/oauth2",
                "/oauth2/.well-known/openid-configuration",
            ],
            (await session.Server.RequestsAsync()).Select(static request => request.Target)
        );
        Assert.Equal(
            (session.Server.Issuer, "/oauth2/register"),
            (session.Connection.Issuer, session.Connection.RegistrationEndpoint.AbsolutePath)
        );
        Assert.Contains(
            session.Reporter.VerboseLines,
            line => line.Contains($"the metadata of its issuer {session.Server.Issuer} is looked for")
        );
    }

    [Theory]
    [InlineData("""{"smartOverrides":{"registration_endpoint":null,"issuer":null}}""", "no registration_endpoint")]
    [InlineData(
        """{"smartOverrides":{"registration_endpoint":null},"registrationEndpoint":"missing"}""",
        "/.well-known/openid-configuration (its metadata has no registration_endpoint"
    )]
    [InlineData(
        """{"smartOverrides":{"registration_endpoint":null},"discoveryOverrides":{"issuer":"https://other.example.com"}}""",
        "/.well-known/openid-configuration (its metadata names the issuer https://other.example.com"
    )]
    [InlineData("""{"fhirPath":"/r4"}""", "HTTP 404")]
    [InlineData("""{"faults":[{"on":"discovery","status":302,"headers":{"Location":"https://evil.example/"},"times":9}]}""", "HTTP 302")]
    public async Task Says_where_it_looked_and_what_to_do(string switches, string why)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => StartAsync(switches));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains("/fhir/.well-known/smart-configuration (", error.Message);
        Assert.Contains(why, error.Message);
        Assert.Contains("-RegistrationEndpoint", error.RecommendedAction);
        Assert.Contains("oauth-uris", error.RecommendedAction);
    }

    [Fact]
    public async Task An_issuer_elsewhere_is_not_believed_and_this_is_told()
    {
        using var session = await StartAsync("""{"smartOverrides":{"issuer":"https://login.example.com"}}""");
        Assert.Equal(session.Server.Url.AbsoluteUri + "fhir", session.Connection.Issuer);
        Assert.Contains(session.Reporter.VerboseLines, static line => line.Contains("https://login.example.com"));
    }

    [Fact]
    public async Task The_credential_gets_its_token_at_the_configuration_s_token_endpoint()
    {
        using var session = await StartAsync(
            """{"tokenClient":{"clientId":"ops","clientSecret":"cs_secret-0001"},"discovery":[]}""",
            change: static request =>
                request with
                {
                    Credential = new DcrPowerShell.Credentials.CredentialInput.Secret("ops", "cs_secret-0001"),
                }
        );
        await session.RegisterAsync();
        Assert.Single(await session.SentAsync("token"));
    }

    [Fact]
    public async Task Epic_gets_the_software_id_the_keys_and_nothing_else()
    {
        using var session = await StartAsync($$"""{"initialToken":"login-token-0001","initialTokenUses":1,{{EpicAnswers}}}""");
        var client = await session.RegisterAsync(EpicBody, tenant: "st-mary", initialToken: "login-token-0001");

        var sent = Assert.Single(await session.SentAsync("register"));
        Assert.Equal("Bearer login-token-0001", sent.Header("Authorization"));
        Assert.Equal(JsonBag.Parse(EpicBody).ToString(), JsonBag.Parse(sent.Body).ToString());

        Assert.Equal(
            (null, "none", "", client.ClientId),
            (client.ClientName, client.TokenEndpointAuthMethod, client.SecretExpiry.Text, client.ToString())
        );
        Assert.Equal(["urn:ietf:params:oauth:grant-type:jwt-bearer"], client.GrantTypes);
        Assert.Equal(["https://fhir.epic.com/test/smart"], client.RedirectUris);
        Assert.Empty(client.Changes);
        Assert.Contains("no registration access token", Assert.Single(session.Reporter.Warnings));

        var stored = session.Stored(client.ClientId);
        Assert.Equal(("st-mary", null, null), (stored.Tenant, stored.RegistrationAccessToken, stored.ClientSecret));
        Assert.DoesNotContain(
            session.Vault.Secrets.Values.Concat(session.Reporter.VerboseLines),
            static text => text.Contains("login-token")
        );
    }

    [Fact]
    public async Task A_token_that_is_used_up_says_to_get_a_fresh_one_by_the_parameter()
    {
        using var session = await StartAsync($$"""{"initialToken":"login-token-0001","initialTokenUses":1,{{EpicAnswers}}}""");
        await session.RegisterAsync(EpicBody, initialToken: "login-token-0001");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(EpicBody, initialToken: "login-token-0001"));
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Contains("good for one registration only", error.RecommendedAction);
        Assert.Contains("New-DcrClient -InitialAccessToken", error.RecommendedAction);
    }

    [Fact]
    public async Task A_token_of_one_registration_goes_before_the_connection_s_and_no_further()
    {
        using var session = await Session.StartAsync(
            """{"initialToken":"for-this-one-0001"}""",
            static request => request with { Credential = InitialToken.Of("of-the-connection") }
        );
        var client = await session.RegisterAsync(initialToken: "for-this-one-0001");
        await session.ReadAsync(client.ClientId);
        await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(
            ["Bearer for-this-one-0001", $"Bearer {session.Stored(client.ClientId).RegistrationAccessToken}", "Bearer of-the-connection"],
            (await session.Server.RequestsAsync()).Select(static request => request.Header("Authorization")).OfType<string>());
    }

    [Theory]
    [InlineData(""" "jwks_uri":"https://export.example.com/jwks.json" """)]
    [InlineData($""" "jwks":{Keys} """)]
    public async Task A_service_registers_with_its_public_keys(string keys)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(
            $$"""{"client_name":"Export","grant_types":["client_credentials"],"response_types":[],"token_endpoint_auth_method":"private_key_jwt","scope":"system/Patient.rs",{{keys}}}"""
        );
        Assert.Equal(("private_key_jwt", null, ""), (client.TokenEndpointAuthMethod, client.ClientSecret, client.SecretExpiry.Text));
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
        Assert.Equal("Export", (await session.ReadAsync(client.ClientId)).ClientName);
    }

    [FullCryptographyFact]
    public async Task A_key_of_ours_registers()
    {
        using var key = SigningKey.Generate("ES384");
        using var session = await StartAsync();
        var client = await session.RegisterAsync(
            $$"""{"grant_types":["client_credentials"],"response_types":[],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[ {{key.PublicJwk()}} ]} }"""
        );
        Assert.Empty(client.Changes);
        Assert.Equal(
            key.KeyId,
            JsonBag
                .From(session.Stored(client.ClientId).Metadata.Single(static member => member.Key == "jwks").Value.GetProperty("keys")[0])
                .Text("kid")
        );
    }

    /// <param name="fhirBase">Below the issuer.</param>
    private static async Task<Session> StartAsync(
        string switches = "{}",
        string fhirBase = "/fhir",
        Func<ConnectRequest, ConnectRequest>? change = null
    )
    {
        TestServerInstance server = await SharedTestServer.StartAsync(switches);
        return await Session.ConnectAsync(
            server.Issuer.TrimEnd('/') + fhirBase,
            request => (change ?? (static same => same))(request with { Discovery = DcrDiscovery.Smart }),
            server: server);
    }
}
