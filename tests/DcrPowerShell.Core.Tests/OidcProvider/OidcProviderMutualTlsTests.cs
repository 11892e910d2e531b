#if NET // Certificates of the tests' own making are out of reach on .NET Framework, which has no PEM.
using System;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.TestServers;
using Xunit;

namespace DcrPowerShell.Core.Tests.OidcProvider;

/// <summary>
/// A client certificate proves the administrator's client to a certified server (RFC 8705, section 2), and binds its tokens (section 3).
/// </summary>
public class OidcProviderMutualTlsTests
{
    [OidcProviderFact]
    public async Task A_self_signed_certificate_registers_clients_and_another_does_not()
    {
        using var serverCertificate = TestCertificates.Server();
        using var certificate = TestCertificates.Rsa();
        using var other = TestCertificates.Rsa();
        var tls = new { cert = serverCertificate.ExportCertificatePem(), key = TestCertificates.KeyPem(serverCertificate) };
        using var process = await OidcProviderProcess.StartAsync(
            JsonSerializer.Serialize(
                new
                {
                    initialAccessToken = true,
                    registrationScope = "dcr",
                    scopes = new[] { "dcr" },
                    tls,
                }
            )
        );
        var clientId = await AdministratorAsync(process.Server, serverCertificate, certificate);

        using var session = await ConnectAsync(process.Server, serverCertificate, certificate, clientId);
        var client = await session.RegisterAsync();
        await session.DeleteAsync(client.ClientId);

        using var stranger = await ConnectAsync(process.Server, serverCertificate, other, clientId);
        var error = await Assert.ThrowsAsync<DcrException>(() => stranger.RegisterAsync());
        Assert.Equal((DcrErrorId.AccessTokenRejected, "invalid_client"), (error.ErrorId, error.ServerError!.Code));
        Assert.Equal("", process.Errors);
    }

    /// <summary>As banks do, also towards clients that manage themselves with their own tokens.</summary>
    [OidcProviderFact]
    public async Task A_client_is_registered_and_managed_where_nobody_gets_in_without_a_certificate()
    {
        using var serverCertificate = TestCertificates.Server();
        using var certificate = TestCertificates.Rsa();
        var tls = new
        {
            cert = serverCertificate.ExportCertificatePem(),
            key = TestCertificates.KeyPem(serverCertificate),
            ca = certificate.ExportCertificatePem(),
        };
        using var process = await OidcProviderProcess.StartAsync(JsonSerializer.Serialize(new { tls }));

        var error = await Assert.ThrowsAsync<DcrException>(() => OpenAsync(process.Server, serverCertificate, certificate: null));
        Assert.Contains("-TlsCertificate", error.RecommendedAction);

        using var session = await OpenAsync(process.Server, serverCertificate, certificate);
        var client = await session.RegisterAsync(
            """
            {"client_name":"Contas","redirect_uris":["https://app.example.com/cb"],"grant_types":["authorization_code","implicit"],
             "response_types":["code id_token"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_subject_dn":"CN=test",
             "tls_client_certificate_bound_access_tokens":true}
            """
        );
        Assert.Equal(("tls_client_auth", null), (client.TokenEndpointAuthMethod, client.ClientSecret));
        Assert.Equal("Contas 2", (await session.UpdateAsync(client.ClientId, """{"client_name":"Contas 2"}""")).ClientName);
        Assert.Equal("Contas 2", (await session.ReadAsync(client.ClientId)).ClientName);
        await session.DeleteAsync(client.ClientId);
        Assert.Equal("", process.Errors);
    }

    private static Task<Session> OpenAsync(OidcProviderServer server, X509Certificate2 authority, X509Certificate2? certificate) =>
        Session.ConnectAsync(
            server.Issuer,
            request => request with { TlsCertificate = certificate },
            handler: TrustingHandler.Create(authority.ExportCertificatePem(), certificate)
        );

    private static async Task<string> AdministratorAsync(
        OidcProviderServer server,
        X509Certificate2 authority,
        X509Certificate2 certificate
    )
    {
        using var session = await Session.ConnectAsync(
            server.Issuer,
            request => request with { Credential = InitialToken.Of(server.InitialAccessToken) },
            handler: TrustingHandler.Create(authority.ExportCertificatePem(), certificate: null));
        using var key = certificate.GetRSAPublicKey()!;
        var numbers = key.ExportParameters(includePrivateParameters: false);
        var jwk = new
        {
            kty = "RSA",
            n = Base64Url(numbers.Modulus!),
            e = Base64Url(numbers.Exponent!),
            x5c = new[] { Convert.ToBase64String(certificate.RawData) },
        };
        var metadata = new
        {
            client_name = "Administrator",
            grant_types = new[] { "client_credentials" },
            redirect_uris = Array.Empty<string>(),
            response_types = Array.Empty<string>(),
            token_endpoint_auth_method = "self_signed_tls_client_auth",
            tls_client_certificate_bound_access_tokens = true,
            jwks = new { keys = new[] { jwk } },
        };
        return (await session.RegisterAsync(JsonSerializer.Serialize(metadata))).ClientId;
    }

    private static async Task<Session> ConnectAsync(
        OidcProviderServer server,
        X509Certificate2 authority,
        X509Certificate2 certificate,
        string clientId
    )
    {
        var session = await Session.ConnectAsync(
            server.Issuer,
            request => request with { TlsCertificate = certificate, Credential = new CredentialInput.Certificate(clientId), Scope = "dcr" },
            handler: TrustingHandler.Create(authority.ExportCertificatePem(), certificate));
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }

    private static string Base64Url(byte[] number) => Convert.ToBase64String(number).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
#endif
