using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>A client certificate (RFC 8705), over real TLS.</summary>
public class MutualTlsTests
{
    [FullCryptographyFact]
    public async Task The_certificate_is_shown_to_a_server_that_asks_for_it()
    {
        using var certificate = TestCertificates.Rsa();
        using var server = await SharedTestServer.StartAsync("""{"https":"valid","requireClientCertificate":true}""");
        using var session = await ConnectAsync(server, certificate);
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        await session.DeleteAsync(client.ClientId);
        Assert.All(await server.RequestsAsync(), request => Assert.Equal(certificate.Thumbprint, request.ClientCertificate));
    }

    [FullCryptographyFact]
    public async Task Without_a_certificate_the_connection_fails_and_says_so()
    {
        using var server = await SharedTestServer.StartAsync("""{"https":"valid","requireClientCertificate":true}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, certificate: null));
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId); // All that is seen in TLS 1.3: the server hangs up.
        Assert.Contains("-TlsCertificate", error.RecommendedAction);
        Assert.Empty(await server.RequestsAsync());
    }

    [FullCryptographyFact]
    public async Task A_server_is_trusted_no_more_because_the_user_has_a_certificate()
    {
        using var certificate = TestCertificates.Rsa();
        using var server = await SharedTestServer.StartAsync("""{"https":"valid","requireClientCertificate":true}""");
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            Session.ConnectAsync(server.Issuer, request => request with { TlsCertificate = certificate })
        );
        Assert.Equal(DcrErrorId.TlsFailed, error.ErrorId);
    }

    /// <summary>RFC 8705, section 2: the form has the client_id, and nothing else proves the client.</summary>
    [FullCryptographyFact]
    public async Task The_certificate_proves_the_client_at_the_token_endpoint()
    {
        using var certificate = TestCertificates.Ec(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var server = await SharedTestServer.StartAsync(Switches(certificate));
        using var session = await ConnectAsync(server, certificate, "ops");
        await session.RegisterAsync();
        var token = Assert.Single(await session.SentAsync("token"));
        Assert.Equal(("grant_type=client_credentials&client_id=ops", (string?)null), (token.Body, token.Header("Authorization")));
    }

    [FullCryptographyFact]
    public async Task Another_certificate_is_another_client()
    {
        using var registered = TestCertificates.Rsa();
        using var other = TestCertificates.Rsa();
        using var server = await SharedTestServer.StartAsync(Switches(registered));
        using var session = await ConnectAsync(server, other, "ops");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal((DcrErrorId.AccessTokenRejected, "invalid_client"), (error.ErrorId, error.ServerError!.Code));
    }

    /// <summary>RFC 8705, section 5; clients may be managed at the server's usual address all the same.</summary>
    [FullCryptographyFact]
    public async Task The_certificate_goes_to_the_endpoints_that_the_server_has_for_it()
    {
        using var certificate = TestCertificates.Rsa();
        using var usual = await SharedTestServer.StartAsync("""{"https":"valid"}""");
        var usualOrigin = usual.Url.GetLeftPart(UriPartial.Authority);
        using var mutual = await SharedTestServer.StartAsync(
            Switches(certificate, $",\"registrationClientUri\":\"foreign\",\"foreignOrigin\":\"{usualOrigin}\"")
        );
        await usual.SetAsync(
            new
            {
                discoveryOverrides = new
                {
                    mtls_endpoint_aliases = new
                    {
                        token_endpoint = new Uri(mutual.Url, "token"),
                        registration_endpoint = new Uri(mutual.Url, "register"),
                    },
                },
            }
        );

        using var session = await ConnectAsync(usual, certificate, "ops");
        var client = await session.RegisterAsync();
        Assert.Equal(["token", "register"], from request in await mutual.RequestsAsync() select request.Operation);
        Assert.Equal(new Uri(mutual.Url, "register"), session.Connection.RegistrationEndpoint);

        var error = await Assert.ThrowsAsync<DcrException>(() => session.ReadAsync(client.ClientId)); // That server does not know it.
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.Single(await session.SentAsync("read"));
    }

    [FullCryptographyFact]
    public async Task Without_a_certificate_the_usual_endpoints_are_used()
    {
        using var server = await SharedTestServer.StartAsync(
            """{"https":"valid","discoveryOverrides":{"mtls_endpoint_aliases":{"registration_endpoint":"https://mtls.example.com/register"}}}"""
        );
        using var session = await ConnectAsync(server, certificate: null);
        await session.RegisterAsync();
        Assert.Single(await session.SentAsync("register"));
    }

    private static string Switches(X509Certificate2 certificate, string further = "") =>
        $$$"""{"https":"valid","requireClientCertificate":true,"tokenClient":{"clientId":"ops","tlsCertificate":"{{{certificate.Thumbprint}}}"}{{{further}}}}""";

    private static async Task<Session> ConnectAsync(TestServerInstance server, X509Certificate2? certificate, string? clientId = null) =>
        await Session.ConnectAsync(
            server.Issuer,
            request =>
                request with
                {
                    TlsCertificate = certificate,
                    Credential = clientId is null ? null : new CredentialInput.Certificate(clientId),
                },
            server: server,
            handler: TrustingHandler.Create(await SharedTestServer.CertificateAuthorityAsync(), certificate)
        );
}
