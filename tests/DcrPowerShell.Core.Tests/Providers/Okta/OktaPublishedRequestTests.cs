using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Okta;

/// <summary>
/// What goes over the wire, compared with Okta's published requests: okta/okta-management-openapi-spec,
/// dist/current/oauth-minimal.yaml (version 2026.06.3), and the guides of okta/okta-developer-docs.
/// </summary>
public class OktaPublishedRequestTests
{
    private const string Spec = "oauth-minimal.yaml: ";
    private const string Web = """
        {"client_name":"Clinic portal","client_uri":"https://clinic.example.com","logo_uri":"https://clinic.example.com/logo.png",
         "application_type":"web","redirect_uris":["https://clinic.example.com/cb"],"post_logout_redirect_uris":["https://clinic.example.com/bye"],
         "response_types":["code","id_token"],"grant_types":["authorization_code","refresh_token","implicit"],
         "token_endpoint_auth_method":"client_secret_post","initiate_login_uri":"https://clinic.example.com/login"}
        """;

    private static readonly PublishedExample List = new(Spec + "listClients", "GET /oauth2/v1/clients", "SSWS")
    {
        Query = ["after", "limit", "q"],
    };
    private static readonly PublishedExample Read = new(Spec + "getClient", "GET /oauth2/v1/clients/{clientId}", "SSWS");
    private static readonly PublishedExample Delete = new(Spec + "deleteClient", "DELETE /oauth2/v1/clients/{clientId}", "SSWS");
    private static readonly PublishedExample NewSecret = new(
        Spec + "generateNewClientSecret",
        "POST /oauth2/v1/clients/{clientId}/lifecycle/newSecret",
        "SSWS"
    );
    private static readonly PublishedExample RegisterWeb = new(
        Spec + "createClient, ClientRequestWeb",
        "POST /oauth2/v1/clients",
        "SSWS",
        Web
    );

    private static readonly PublishedExample RegisterService = new(
        Spec + "createClient, ClientRequestServiceJwks",
        "POST /oauth2/v1/clients",
        "SSWS",
        """
        {"client_name":"Nightly job","response_types":["token"],"grant_types":["client_credentials"],"token_endpoint_auth_method":"private_key_jwt",
         "application_type":"service","jwks":{"keys":[{"kty":"RSA","e":"AQAB","kid":"key1","n":"sXchzLpL0VGYzfLQ"}]}}
        """);

    private static readonly PublishedExample Replace = new(
        Spec + "replaceClient, ClientRequestWebUpdate",
        "PUT /oauth2/v1/clients/{clientId}",
        "SSWS",
        """
        {"client_id":"0oaclinic","client_name":"Clinic portal 2","client_uri":"https://clinic.example.com","logo_uri":"https://clinic.example.com/logo.png",
         "application_type":"web","redirect_uris":["https://clinic.example.com/cb"],"post_logout_redirect_uris":["https://clinic.example.com/bye"],
         "response_types":["id_token","code"],"grant_types":["authorization_code"],
         "token_endpoint_auth_method":"client_secret_post","initiate_login_uri":"https://clinic.example.com/login"}
        """);

    // client_id: the guide leaves it to the assertion's sub; RFC 7521, section 4.2, lets it go along where it is the same.
    private static readonly PublishedExample Token = new(
        "guides/implement-oauth-for-okta-serviceapp, Get an access token",
        "POST /oauth2/v1/token",
        null,
        """
        grant_type=client_credentials
        scope=okta.clients.register
        client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
        client_assertion=…
        """)
    {
        Further = ["client_id"],
    };

    [Fact]
    public async Task With_an_api_token()
    {
        using var session = await Session.StartAsync(
            """{"dialect":"okta","okta":{"apiToken":"00-not-a-token"}}""",
            request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00-not-a-token")) }
        );
        var client = await session.RegisterAsync(Web);
        RegisterWeb.AssertIs(await LastAsync(session));
        await session.ReadAsync(client.ClientId);
        Read.AssertIs(await LastAsync(session));
        await ListOperation.FromServerAsync(session.Context, "Clinic", cursor: null);
        List.AssertIs(await LastAsync(session));
        await session.UpdateAsync(client.ClientId, """{"client_name":"Clinic portal 2"}""");
        Replace.AssertIs(await LastAsync(session));
        await session.ResetSecretAsync(client.ClientId);
        NewSecret.AssertIs(await LastAsync(session));
        await session.DeleteAsync(client.ClientId);
        Delete.AssertIs(await LastAsync(session));

        await session.RegisterAsync(RegisterService.Body!);
        RegisterService.AssertIs(await LastAsync(session));
    }

    [FullCryptographyFact]
    public async Task With_a_service_app()
    {
        using var key = SigningKey.Generate("RS256");
        var switches = $$$"""{"dialect":"okta","tokenClient":{"clientId":"0oaservice","jwks":{"keys":[{{{key.PublicJwk()}}}] } } }""";
        using var session = await Session.StartAsync(
            switches,
            request => request with { Credential = new CredentialInput.Key("0oaservice", key) }
        );
        session.Clock.UtcNow = System.DateTimeOffset.UtcNow;
        await session.RegisterAsync(Web);
        var token = Assert.Single(await session.SentAsync("token"));
        Token.AssertIs(token);
        (RegisterWeb with { Scheme = "Bearer" }).AssertIs(await LastAsync(session));

        // The guide's payload; jti and iat are its optional claims. The header's alg is "required", a kid finds the key.
        var assertion = new SignedJwt(
            token
                .Body.Split('&')
                .Single(field => field.StartsWith("client_assertion=", System.StringComparison.Ordinal))
                .Substring("client_assertion=".Length)
        );
        Assert.Equal("aud exp iat iss jti sub", SignedJwt.Names(assertion.Claims));
        Assert.Equal("alg kid typ", SignedJwt.Names(assertion.Header));
        Assert.EndsWith("/oauth2/v1/token", assertion.Claims.Text("aud"));
    }

    private static async Task<ServerRequest> LastAsync(Session session)
    {
        var all = await session.Server.RequestsAsync();
        return all[all.Count - 1];
    }
}
