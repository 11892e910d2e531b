using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Standard;

/// <summary>
/// Registration and management as Open Finance Brasil wants them, over real mutual TLS. Compared with its published requests:
/// OpenBanking-Brasil/specs-seguranca, open-banking-brasil-dynamic-client-registration-1_ID3.md, and dcr_review/dcr-dcm-swagger.yaml
/// (2.0.0).
/// </summary>
public class BrazilRequestTests
{
    private const string Bank =
        """{"https":"valid","requireClientCertificate":true,"statementAgeSeconds":300,"oneClientPerSoftware":true,"rotateToken":"put"}""";

    private const string Members = """
        "application_type":"web","grant_types":["client_credentials","authorization_code","refresh_token","implicit"],
        "id_token_signed_response_alg":"PS256","require_auth_time":false,"response_types":["code id_token","id_token"],
        "software_statement":"a.b.c","subject_type":"public","token_endpoint_auth_method":"private_key_jwt",
        "request_object_signing_alg":"PS256","require_signed_request_object":true,"require_pushed_authorization_requests":false,
        "tls_client_certificate_bound_access_tokens":true,"client_name":"Contas","client_uri":"https://app.example.com/",
        "request_object_encryption_alg":"RSA-OAEP","request_object_encryption_enc":"A256GCM",
        "jwks_uri":"https://keystore.example.com/application.jwks","redirect_uris":["https://app.example.com/cb"]
        """;

    // The example has a client_id, which the swagger wants empty at the first registration.
    private static readonly PublishedExample Register = new("section 9.1", "POST /register", null, $"{{{Members}}}");
    private static readonly PublishedExample Read = new("swagger, /register/{clientId}", "GET /register/{clientId}", "Bearer");
    private static readonly PublishedExample Delete = new("swagger, /register/{clientId}", "DELETE /register/{clientId}", "Bearer");

    // software_id, because the test server has it from the statement, and an update keeps what the server has.
    private static readonly PublishedExample Update = new(
        "swagger, /register/{clientId}, ClientRegistrationRequest",
        "PUT /register/{clientId}",
        "Bearer",
        $"{{\"client_id\":\"c\",{Members}}}"
    )
    {
        Further = ["software_id"],
    };

    [FullCryptographyFact]
    public async Task A_client_s_life_with_a_fresh_statement_for_each_write()
    {
        using var certificate = TestCertificates.Rsa();
        using var session = await Session.ConnectAsync(
            (await SharedTestServer.StartAsync(Bank)) is var server ? server.Issuer : "",
            request => request with { TlsCertificate = certificate },
            server: server,
            handler: TrustingHandler.Create(await SharedTestServer.CertificateAuthorityAsync(), certificate)
        );
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        var metadata = JsonBag.Parse($"{{{Members}}}").Without(ClientMember.SoftwareStatement);
        var request = new RegisterRequest(metadata, "contas", ClientSecretName: null) { Statement = () => Task.FromResult(Fresh(session)) };

        var (client, _) = await session.RunAsync(context => RegisterOperation.RunAsync(context, request));
        await session.ReadAsync(client.ClientId);
        await session.UpdateAsync(
            client.ClientId,
            JsonBag.Parse("""{"client_name":"Contas 2"}""").With(ClientMember.SoftwareStatement, Fresh(session)).ToString()
        );
        var second = await Assert.ThrowsAsync<DcrException>(() =>
            session.RunAsync(context => RegisterOperation.RunAsync(context, request with { Tenant = "other" }))
        );
        await session.DeleteAsync(client.ClientId);

        Assert.Equal(DcrErrorId.AlreadyRegistered, second.ErrorId);
        Register.AssertIs((await session.SentAsync("register"))[0]);
        Read.AssertIs((await session.SentAsync("read"))[0]);
        Update.AssertIs(Assert.Single(await session.SentAsync("update")));
        Delete.AssertIs(Assert.Single(await session.SentAsync("delete")));
        Assert.All(await session.Server.RequestsAsync(), sent => Assert.Equal(certificate.Thumbprint, sent.ClientCertificate));
        Assert.Empty((await session.Server.ClientsAsync()).ToList());
    }

    /// <summary>As Brazil's directory has it: no end, and a software_id.</summary>
    private static string Fresh(Session session) =>
        Statements.Of($$"""{"software_id":"25556d5a","iat":{{session.Clock.UtcNow.ToUnixTimeSeconds()}}}""");
}
