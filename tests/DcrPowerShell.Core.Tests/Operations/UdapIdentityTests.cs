#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using Xunit;
using static DcrPowerShell.Core.Tests.Doubles.UdapSessions;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Who a client is by UDAP: its certificate, the URI in it, and the community; and what is found by these.</summary>
public class UdapIdentityTests
{
    [Theory]
    [InlineData("expired", "expired on")]
    [InlineData("notYetValid", "not valid before")]
    [InlineData("noUri", "names no URI")]
    [InlineData("noDigitalSignature", "digitalSignature")]
    [InlineData("intermediateExpired", "expired on")]
    public async Task A_certificate_that_does_not_do_is_refused_before_anything_is_sent(string kind, string word)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, kind: kind));
        Assert.Equal((DcrErrorId.InvalidCertificate, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains(word, failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Theory]
    [InlineData("app.example.com|https app", "which is no absolute URI")]
    [InlineData("app.example.com|a:1", null)]
    public async Task A_name_that_is_no_absolute_URI_is_passed_over_and_does_not_do_alone(string names, string? word)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        if (word is null)
        {
            using var session = await ConnectAsync(server, names);
            Assert.Equal("a:1", session.Connection.Udap!.SubjectUri);
            return;
        }

        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, names));
        Assert.Equal((DcrErrorId.InvalidCertificate, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains(word, failure.Message);
        Assert.Contains("'app.example.com'", failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Theory]
    [InlineData(null, "-SubjectUri")]
    [InlineData("https://other.example.com/", "-SubjectUri")]
    public async Task Of_several_names_one_has_to_be_chosen_and_it_has_to_be_there(string? chosen, string advice)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "a:1|b:2", chosen: chosen));
        Assert.Equal(DcrErrorId.InvalidCertificate, failure.ErrorId);
        Assert.Contains("'a:1', 'b:2'", failure.Message);
        Assert.Contains(advice, failure.RecommendedAction);
        Assert.Empty(await server.RequestsAsync());
        using var session = await ConnectAsync(server, "a:1|b:2", chosen: "b:2");
        Assert.Equal("b:2", session.Connection.Udap!.SubjectUri);
    }

    [Fact]
    public async Task A_name_that_stands_twice_is_one()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        using var session = await ConnectAsync(server, "a:1|a:1");
        Assert.Equal("a:1", session.Connection.Udap!.SubjectUri);
    }

    [Fact]
    public async Task Of_several_certificates_of_one_key_the_one_that_is_good_longest_is_taken()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var good = await server.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        X509Certificate2[] anchors = [.. CertificateFile.OfPem(server.Communities[0].Anchor)];
        var certificates = CertificateFile.OfPem(good.Certificate);
        using var key = ECDsa.Create();
        key.ImportFromPem(good.Key);
        using var expired = new CertificateRequest(certificates[0].SubjectName, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));
        using var signer = SigningCertificate.Of(SigningKey.FromPem(good.Key), [expired, .. certificates], anchors);
        Assert.Equal(certificates[0].RawData, signer.Certificate.RawData);
    }

    [Theory]
    [InlineData("""{"algorithms":["RS384"]}""", "rsa", "RS384")]
    [InlineData("""{"algorithms":["ES384","RS256"]}""", "rsa", "RS256")]
    [InlineData("""{"algorithms":["RS256"]}""", "p256", null)]
    public async Task A_statement_is_signed_as_the_server_takes_it(string udap, string key, string? algorithm)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} }""");
        if (algorithm is null)
        {
            var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, key: key));
            Assert.Equal(DcrErrorId.InvalidCertificate, failure.ErrorId);
            Assert.Contains("RS256", failure.Message);
            return;
        }

        using var session = await ConnectAsync(server, Subject, key: key);
        Assert.Equal(algorithm, session.Connection.Udap!.SigningAlgorithm);
        Assert.Equal(Subject, (await session.RegisterAsync(Backend, Subject)).Tenant);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("alpha")]
    [InlineData("/alpha")]
    [InlineData("https://trust.example.org/alpha ")]
    [InlineData("https://trust.example.org/\nalpha")]
    [InlineData("urn:a\u200bb")]
    public async Task A_community_that_is_no_URI_is_refused_before_anything_is_sent(string community)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"unknownCommunity":"default"}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: community));
        Assert.Equal((DcrErrorId.InvalidSetup, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains("-Community", failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Fact]
    public async Task Communities_of_a_server_are_kept_apart()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var second = server.Communities[1].Uri;
        var machine = new Machine().Start();
        using var one = await ConnectAsync(server, Subject, machine);
        using var other = await ConnectAsync(server, Subject, machine, community: second);
        Assert.NotEqual(one.Connection.Issuer, other.Connection.Issuer);
        Assert.Contains(Uri.EscapeDataString(second), other.Connection.Issuer);
        Assert.NotEqual((await one.RegisterAsync(Backend, "north")).ClientId, (await other.RegisterAsync(Backend, "north")).ClientId);
        Assert.Single(one.Listed());

        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, community: second, anchorOf: 0));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: "urn:nobody"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("urn:nobody", failure.Message);
        await server.SetAsync(new { udap = new { unknownCommunity = "notFound" } });
        failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: "urn:nobody"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("urn:nobody", failure.Message);
    }

    [Theory]
    [InlineData(null, 0, " without -Community")]
    [InlineData(0, null, " with -Community")]
    [InlineData(0, 1, null)]
    [InlineData(0, 0, null)]
    public async Task Who_names_the_community_now_and_then_is_told(int? first, int? then, string? told)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var machine = new Machine().Start();
        using var one = await ConnectAsync(server, Subject, machine, community: Of(first));
        var client = await one.RegisterAsync(Backend, "north");
        using var other = await ConnectAsync(server, Subject, machine, community: Of(then));
        Assert.Equal(told is not null, other.Reporter.Warnings.Any(line => line.Contains(client.ClientId) && line.Contains($"{told}:")));

        string? Of(int? place) => place is { } index ? server.Communities[index].Uri : null;
    }

    [Fact]
    public async Task A_pasted_address_of_the_metadata_brings_its_community()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var second = server.Communities[1];
        using var session = await ConnectAsync(
            server,
            Subject,
            community: second.Uri,
            place: $"{server.FhirBase}/.well-known/udap?community={Uri.EscapeDataString(second.Uri)}"
        );
        Assert.Equal(second.Uri, session.Connection.Udap!.Community);
    }

    [Fact]
    public async Task Offline_the_clients_of_a_FHIR_base_are_found_by_it()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var request = new ConnectRequest { Issuer = new Uri(session.Server.FhirBase) };
        var offline = ConnectOperation.Offline(request, session.Ledger, vault: null);
        Assert.Equal(session.Connection.Issuer, offline.Issuer);
        Assert.Equal(client.ClientId, session.Ledger.Registrations.FindTenant(offline.Issuer, "north")!.Record.ClientId);
        offline.Close();
    }

    [Fact]
    public async Task Offline_a_community_or_a_URI_chooses_among_the_clients_of_a_FHIR_base()
    {
        using var session = await StartAsync();
        var server = session.Server;
        var (first, second) = (server.Communities[0].Uri, server.Communities[1].Uri);
        using var one = await ConnectAsync(server, Subject, session.Process, community: first);
        using var two = await ConnectAsync(server, Subject, session.Process, community: second);
        using var other = await ConnectAsync(server, "https://app.example.com/other", session.Process, community: second);
        foreach (var registering in new[] { session, one, two, other })
        {
            await registering.RegisterAsync(Backend, registering.Connection.Udap!.SubjectUri);
        }

        Assert.Equal(one.Connection.Issuer, Offline(server.FhirBase, null, first));
        Assert.Equal(two.Connection.Issuer, Offline(server.FhirBase + "/", Subject, second));
        Assert.Equal(other.Connection.Issuer, Offline(server.FhirBase, "https://app.example.com/other", null));
        Assert.Equal(session.Connection.Issuer, Offline(session.Connection.Issuer, null, null));
        Assert.Equal(
            one.Connection.Issuer,
            Offline($"{server.FhirBase}/.well-known/udap?community={Uri.EscapeDataString(first)}", null, null));

        var several = Assert.Throws<DcrException>(() => Offline(server.FhirBase, null, second));
        Assert.Equal(DcrErrorId.DiscoveryFailed, several.ErrorId);
        Assert.Contains($": {Subject} in {second}; https://app.example.com/other in {second}.", several.Message);
        Assert.Contains("-SubjectUri", several.RecommendedAction);
        var none = Assert.Throws<DcrException>(() => Offline(server.FhirBase, null, "urn:nobody"));
        Assert.Contains("in the community 'urn:nobody'", none.Message);
        none = Assert.Throws<DcrException>(() => Offline(server.FhirBase, "https://app.example.com/", null));
        Assert.Contains("with the URI 'https://app.example.com/'", none.Message);

        string Offline(string issuer, string? subjectUri, string? community)
        {
            var request = new ConnectRequest { Issuer = new Uri(issuer) };
            var offline = ConnectOperation.Offline(request, session.Ledger, vault: null, subjectUri, community);
            offline.Close();
            return offline.Issuer;
        }
    }
}
#endif
