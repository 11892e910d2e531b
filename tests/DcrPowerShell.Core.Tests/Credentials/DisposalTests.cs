using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>Closing a connection: its keys go with it, what the user handed over does not, and whoever is at work learns it.</summary>
public class DisposalTests
{
    [FullCryptographyFact]
    public async Task The_key_is_disposed_and_the_certificate_it_came_from_is_not()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=ops", ec, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        var key = SigningKey.FromCertificate(certificate);
        using (var session = await StartAsync(key))
        {
            await session.RegisterAsync();
        }

        Assert.Throws<ObjectDisposedException>(() => key.Sign([1]));
        using var again = certificate.GetECDsaPrivateKey();
        Assert.NotEmpty(again!.SignData([1], HashAlgorithmName.SHA256));
        using var second = SigningKey.FromCertificate(certificate);
        Assert.NotEmpty(second.Sign([1]));
    }

    [Fact]
    public async Task A_key_is_disposed_once_however_often_its_connection_is_closed()
    {
        var key = SigningKey.FromPem(RfcPem.RsaPkcs8);
        var session = await StartAsync(key);
        session.Dispose();
        session.Connection.Close();
        Assert.Throws<ObjectDisposedException>(() => key.Sign([1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // The token is got; the transport is what is gone.
    public async Task Whoever_sends_after_the_closing_learns_that_it_was_closed(bool hasToken)
    {
        using var session = await StartAsync(SigningKey.FromPem(RfcPem.RsaPkcs8));
        if (hasToken)
        {
            await session.RegisterAsync();
        }

        var sent = (await session.Server.RequestsAsync()).Count;
        session.Connection.Close();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.NotConnected, error.ErrorId);
        Assert.Contains("closed by Disconnect-DcrServer in the meantime", error.Message);
        Assert.Equal(sent, (await session.Server.RequestsAsync()).Count);
    }

    [Fact]
    public async Task A_read_under_way_is_given_up_and_a_registration_is_of_unknown_outcome()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(new { latencyMs = 20000 });
        var read = session.ReadAsync(client.ClientId);
        var registration = session.RegisterAsync();
        await session.ArrivalAsync("read");
        await session.ArrivalAsync("register", 2);
        session.Connection.Close();
        Assert.Equal(DcrErrorId.NotConnected, (await Assert.ThrowsAsync<DcrException>(() => read)).ErrorId);
        Assert.Equal(DcrErrorId.OutcomeUnknown, (await Assert.ThrowsAsync<DcrException>(() => registration)).ErrorId);
    }

    private static async Task<Session> StartAsync(SigningKey key)
    {
        var session = await Session.StartAsync(
            $$"""{"tokenClient":{"clientId":"ops","jwks":{"keys":[ {{key.PublicJwk()}} ]} } }""",
            request => request with { Credential = new CredentialInput.Key("ops", key) });
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }
}
