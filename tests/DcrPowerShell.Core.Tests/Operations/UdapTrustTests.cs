#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using Xunit;
using static DcrPowerShell.Core.Tests.Doubles.UdapSessions;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Whom a connection by UDAP believes: the certificate that vouches for a server, and what it signed.</summary>
public class UdapTrustTests
{
    [Theory]
    [InlineData("""{"signature":"broken"}""", "signature")]
    [InlineData("""{"signature":"otherKey"}""", "signature")]
    [InlineData("""{"signature":"none"}""", "'none'")]
    [InlineData("""{"signature":"hs256"}""", "'HS256'")]
    [InlineData("""{"metadataOverrides":{"signed_metadata":null}}""", "is missing")]
    [InlineData("""{"metadataOverrides":{"signed_metadata":"x.y"}}""", "no signed JWT")]
    [InlineData("""{"chain":"absent"}""", "x5c")]
    [InlineData("""{"certificate":"expired"}""", "expired on")]
    [InlineData("""{"certificate":"notYetValid"}""", "not valid before")]
    [InlineData("""{"certificate":"noUri"}""", "subject alternative name")]
    [InlineData("""{"certificate":"noDigitalSignature"}""", "digitalSignature")]
    [InlineData("""{"certificate":"unknownRoot"}""", "trust anchors")]
    [InlineData("""{"certificate":"selfSigned"}""", "trust anchors")]
    [InlineData("""{"certificate":"intermediateExpired"}""", "expired on")]
    [InlineData("""{"certificate":"intermediateNotCa"}""", "may not issue")]
    [InlineData("""{"certificate":"weakKey"}""", "RSA key of 1024 bits")]
    [InlineData("""{"certificate":"revoked"}""", "was revoked")]
    [InlineData("""{"certificate":"intermediateRevoked"}""", "was revoked")]
    [InlineData("""{"certificateUri":"https://other.example.com/fhir"}""", "subject alternative name")]
    [InlineData("""{"claimOverrides":{"iss":"https://other.example.com/fhir"}}""", "(iss)")]
    [InlineData("""{"claimOverrides":{"sub":"https://other.example.com/fhir"}}""", "(sub)")]
    [InlineData("""{"claimOverrides":{"exp":1}}""", "expired")]
    [InlineData("""{"claimOverrides":{"iat":99999999999,"exp":99999999999}}""", "future")]
    [InlineData("""{"claimOverrides":{"exp":99999999999}}""", "longer than a year")]
    [InlineData("""{"claimOverrides":{"exp":null}}""", "(exp)")]
    [InlineData("""{"claimOverrides":{"iat":null}}""", "(iat)")]
    [InlineData("""{"claimOverrides":{"jti":null}}""", "(jti)")]
    [InlineData("""{"claimOverrides":{"registration_endpoint":null}}""", "no registration_endpoint")]
    [InlineData("""{"claimOverrides":{"authorization_endpoint":null}}""", "no authorization_endpoint")]
    [InlineData("""{"claimOverrides":{"token_endpoint":"http://as.example.com/token"}}""", "token_endpoint that is not")]
    public async Task Nobody_connects_to_a_server_that_nobody_trusted_vouches_for(string udap, string word)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} }""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        Assert.Contains(word, failure.Message);
        Assert.DoesNotContain(await server.RequestsAsync(), static request => request.Operation == "register");
    }

    [Theory]
    [InlineData("""{"chain":"withAnchor"}""")]
    [InlineData("""{"chain":"alone"}""")]
    [InlineData("""{"certificate":"goodByCrl"}""")]
    public async Task A_good_chain_is_trusted(string udap)
    {
        using var session = await StartAsync(udap);
        Assert.Equal(udap.Contains("goodByCrl"), session.Connection.Udap!.NotChecked.Count == 0);
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("revoked"));
    }

    [Fact]
    public async Task A_certificate_that_comes_alone_is_not_trusted_where_nobody_knows_its_issuer()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"chain":"alone"}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, kind: "selfSigned"));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        Assert.Contains("alpha intermediate", failure.Message);
        Assert.Contains("certificates of the issuers", failure.RecommendedAction);
    }

    [Fact]
    public async Task What_could_not_be_asked_about_revocation_is_said()
    {
        using var session = await StartAsync("""{"certificate":"crlUnanswered"}""");
        Assert.Contains("nobody answered", Assert.Single(session.Reporter.Warnings));
        Assert.Equal([CertificateTrust.Asking, null], session.Reporter.Waits);
        Assert.Contains(session.Connection.Udap!.NotChecked, static line => line.Contains("nobody answered"));
    }

    [Fact]
    public async Task What_is_signed_goes_before_what_is_not()
    {
        using var session = await StartAsync(
            """
            {"metadataOverrides":{
                "registration_endpoint":"https://evil.example.com/register","token_endpoint":"https://evil.example.com/"}}
            """
        );
        Assert.EndsWith("/udap/register", session.Connection.RegistrationEndpoint.AbsoluteUri);
        Assert.EndsWith("/udap/token", session.Connection.TokenRules!.AssertionAudience);
        Assert.Equal(Subject, (await session.RegisterAsync(Backend, Subject)).Tenant);
    }

    [Theory]
    [InlineData("expired", "operator")]
    [InlineData("revoked", "operator")]
    [InlineData("intermediateNotCa", "operator")]
    [InlineData("unknownRoot", "-TrustAnchor")]
    public async Task Another_anchor_is_advised_only_where_that_helps(string certificate, string advice)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{"certificate":"{{certificate}}"} }""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject));
        Assert.Contains(advice, failure.RecommendedAction);
        Assert.Equal(advice == "-TrustAnchor", failure.RecommendedAction.Contains("-TrustAnchor"));
    }

    [Fact]
    public async Task An_anchor_that_is_no_root_is_taken_and_what_was_not_asked_is_said()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"certificate":"goodByCrl"}}""");
        var certificate = await server.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        var issuer = CertificateFile.OfPem(certificate.Certificate)[1];
        var anchor = $"-----BEGIN CERTIFICATE-----\n{Convert.ToBase64String(issuer.RawData)}\n-----END CERTIFICATE-----";
        using var session = await Session.ConnectAsync(
            server.FhirBase,
            request => Of(request, new Uri(server.FhirBase), certificate, anchor, null, null),
            clock: Now()
        );
        Assert.Contains("was not asked", Assert.Single(session.Connection.Udap!.NotChecked));
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("no root certificate"));
    }

    [Theory]
    [InlineData("""{"udap_versions_supported":["2"]}""")]
    [InlineData("""{"udap_profiles_supported":["udap_authn"]}""")]
    public async Task A_server_that_does_not_say_that_it_registers_is_connected_with_a_warning(string overrides)
    {
        using var session = await StartAsync($$"""{"metadataOverrides":{{overrides}} }""");
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("udap_dcr"));
    }

    [Fact]
    public async Task A_server_without_UDAP_is_told_as_such()
    {
        using var server = await SharedTestServer.StartAsync();
        using var withUdap = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var certificate = await withUdap.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        var failure = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(
            server.FhirBase,
            request => Of(request, new Uri(server.FhirBase), certificate, withUdap.Communities[0].Anchor, null, null),
            clock: Now()));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("does not support UDAP", failure.Message);
    }
}
#endif
