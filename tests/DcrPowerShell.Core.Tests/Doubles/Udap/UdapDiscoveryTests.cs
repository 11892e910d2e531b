#if NET // .NET Framework has no PEM.
using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Doubles.Udap;

/// <summary>What the test server says of UDAP, and the certificates of its trust communities.</summary>
public class UdapDiscoveryTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Signs_its_metadata_as_the_guide_wants()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var document = await MetadataAsync(server);
        var jwt = (string)document["signed_metadata"]!;
        var claims = HandMadeJwt.Claims(jwt);
        Assert.Equal("RS256", (string?)HandMadeJwt.Header(jwt)["alg"]);
        Assert.True(HandMadeJwt.IsSigned(jwt));
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(HandMadeJwt.Chain(jwt), server.Communities[0].Anchor));
        Assert.Equal(server.FhirBase, (string?)claims["iss"]);
        Assert.Equal(server.FhirBase, (string?)claims["sub"]);
        Assert.Equal([server.FhirBase], UrisOf(HandMadeJwt.Chain(jwt)[0]));
        Assert.InRange((long)claims["exp"]! - (long)claims["iat"]!, 1, 365 * 86400);
        var next = HandMadeJwt.Claims((string)(await MetadataAsync(server))["signed_metadata"]!);
        Assert.NotEqual((string?)claims["jti"], (string?)next["jti"]);
        foreach (var name in new[] { "authorization_endpoint", "token_endpoint", "registration_endpoint" })
        {
            Assert.StartsWith(server.Url.AbsoluteUri, (string?)claims[name]);
            Assert.Equal((string?)document[name], (string?)claims[name]);
        }
    }

    [Fact]
    public async Task Is_silent_where_it_is_off()
    {
        using var server = await SharedTestServer.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(server)).StatusCode);
        Assert.Empty(server.Communities);
        await server.SetAsync(new { udap = new { requireB2b = true } });
        Assert.Equal("""["hl7-b2b"]""", (await MetadataAsync(server))["udap_authorization_extensions_required"]!.ToJsonString());
        await server.SetAsync(new { udap = new { algorithms = new[] { "ES384" } } });
        var changed = await MetadataAsync(server);
        Assert.Equal("""["hl7-b2b"]""", changed["udap_authorization_extensions_required"]!.ToJsonString());
        Assert.Equal("""["ES384"]""", changed["registration_endpoint_jwt_signing_alg_values_supported"]!.ToJsonString());
    }

    [Fact]
    public async Task Speaks_to_each_community_with_a_certificate_of_its_own()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var beta = server.Communities[1];
        var jwt = (string)(await MetadataAsync(server, beta.Uri))["signed_metadata"]!;
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(HandMadeJwt.Chain(jwt), beta.Anchor));
        Assert.NotEqual(X509ChainStatusFlags.NoError, Judge(HandMadeJwt.Chain(jwt), server.Communities[0].Anchor));
        Assert.Equal(HttpStatusCode.NoContent, (await GetAsync(server, "https://other.example.org")).StatusCode);
        await server.SetAsync(new { udap = new { unknownCommunity = "notFound" } });
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(server, "https://other.example.org")).StatusCode);
        await server.SetAsync(new { udap = new { unknownCommunity = "default" } });
        var byDefault = (string)(await MetadataAsync(server, "https://other.example.org"))["signed_metadata"]!;
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(HandMadeJwt.Chain(byDefault), server.Communities[0].Anchor));
    }

    [Theory]
    [InlineData("broken", "RS256")]
    [InlineData("otherKey", "RS256")]
    [InlineData("none", "none")]
    [InlineData("hs256", "HS256")]
    public async Task Signs_wrongly_where_it_is_told_to(string signature, string algorithm)
    {
        using var server = await SharedTestServer.StartAsync($$$"""{"udap":{"signature":"{{{signature}}}"}}""");
        var jwt = (string)(await MetadataAsync(server))["signed_metadata"]!;
        Assert.Equal(algorithm, (string?)HandMadeJwt.Header(jwt)["alg"]);
        Assert.False(HandMadeJwt.IsSigned(jwt));
    }

    [Theory]
    [InlineData("alone", 1)]
    [InlineData("withoutAnchor", 2)]
    [InlineData("withAnchor", 3)]
    public async Task Shows_the_certificates_that_it_is_told_to(string chain, int count)
    {
        using var server = await SharedTestServer.StartAsync($$$"""{"udap":{"chain":"{{{chain}}}"}}""");
        Assert.Equal(count, HandMadeJwt.Chain((string)(await MetadataAsync(server))["signed_metadata"]!).Length);
    }

    [Fact]
    public async Task Claims_and_plain_members_are_what_a_test_wants()
    {
        using var server = await SharedTestServer.StartAsync("""
            {"udap":{"chain":"absent","claimOverrides":{"jti":null,"iss":"https://other.example.org"},
             "metadataOverrides":{"udap_versions_supported":["2"],"udap_profiles_supported":null}}}
            """);
        var document = await MetadataAsync(server);
        var jwt = (string)document["signed_metadata"]!;
        Assert.False(HandMadeJwt.Claims(jwt).ContainsKey("jti"));
        Assert.False(HandMadeJwt.Header(jwt).ContainsKey("x5c"));
        Assert.Equal("https://other.example.org", (string?)HandMadeJwt.Claims(jwt)["iss"]);
        Assert.Equal("""["2"]""", document["udap_versions_supported"]!.ToJsonString());
        Assert.False(document.ContainsKey("udap_profiles_supported"));
    }

    [Theory]
    [InlineData("good", X509ChainStatusFlags.NoError)]
    [InlineData("expired", X509ChainStatusFlags.NotTimeValid)]
    [InlineData("notYetValid", X509ChainStatusFlags.NotTimeValid)]
    [InlineData("unknownRoot", X509ChainStatusFlags.PartialChain)]
    [InlineData("selfSigned", X509ChainStatusFlags.UntrustedRoot)]
    [InlineData("intermediateExpired", X509ChainStatusFlags.NotTimeValid)]
    [InlineData("intermediateNotCa", X509ChainStatusFlags.InvalidBasicConstraints)]
    public async Task Certificates_have_the_fault_that_is_ordered(string kind, X509ChainStatusFlags expected)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var ordered = await server.CertificateAsync(new { uris = new[] { "https://app.example.com", "urn:app:2" }, kind, key = "p256" });
        var found = Judge(ordered, server.Communities[0].Anchor);
        Assert.Equal(expected, found & expected);
        Assert.Equal(expected == X509ChainStatusFlags.NoError, found == X509ChainStatusFlags.NoError);
        Assert.Equal(["https://app.example.com", "urn:app:2"], UrisOf(Load(ordered)[0]));
    }

    [Fact]
    public async Task Certificates_lack_a_URI_or_a_usage_or_strength_where_that_is_ordered()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        async Task<X509Certificate2> LeafAsync(string kind) =>
            Load(await server.CertificateAsync(new { uris = new[] { "https://app.example.com/" }, kind }))[0];
        Assert.Empty(UrisOf(await LeafAsync("noUri")));
        Assert.Equal(1024, (await LeafAsync("weakKey")).GetRSAPublicKey()!.KeySize);
        var usage = (await LeafAsync("noDigitalSignature")).Extensions.OfType<X509KeyUsageExtension>().Single();
        Assert.False(usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature));
    }

    [Theory]
    [InlineData("goodByCrl", X509ChainStatusFlags.NoError)]
    [InlineData("revoked", X509ChainStatusFlags.Revoked)]
    [InlineData("intermediateRevoked", X509ChainStatusFlags.Revoked)]
    [InlineData("crlUnanswered", X509ChainStatusFlags.RevocationStatusUnknown)]
    public async Task Revocation_lists_say_what_is_ordered(string kind, X509ChainStatusFlags expected)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var ordered = await server.CertificateAsync(new { uris = new[] { "https://app.example.com/" }, kind, key = "p256" });
        var found = Judge(ordered, server.Communities[0].Anchor, X509RevocationMode.Online);
        Assert.Equal(expected, found & expected);
        Assert.Equal(expected == X509ChainStatusFlags.NoError, found == X509ChainStatusFlags.NoError);
        Assert.Contains(await server.RequestsAsync(), static request => request.Operation == "revocationList");
    }

    [Theory]
    [InlineData("rsa", 2048)]
    [InlineData("p256", 256)]
    [InlineData("p384", 384)]
    public async Task A_PFX_holds_the_key_that_is_ordered(string key, int size)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var ordered = await server.CertificateAsync(
            new { uris = new[] { "https://app.example.com/" }, key, community = server.Communities[1].Uri });
        Assert.Equal(X509ChainStatusFlags.NoError, Judge(ordered, server.Communities[1].Anchor));
        using var pfx = new X509Certificate2(ordered.Pfx);
        Assert.Equal(Load(ordered)[0].Thumbprint, pfx.Thumbprint);
        Assert.True(pfx.HasPrivateKey);
        Assert.Equal(size, pfx.GetECDsaPublicKey()?.KeySize ?? pfx.GetRSAPublicKey()!.KeySize);
    }

    private static X509Certificate2Collection Load(OrderedCertificate ordered)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(ordered.Certificate);
        return chain;
    }

    private static X509ChainStatusFlags Judge(
        OrderedCertificate ordered, string anchor, X509RevocationMode revocation = X509RevocationMode.NoCheck) =>
        Judge([.. Load(ordered)], anchor, revocation);

    private static X509ChainStatusFlags Judge(
        X509Certificate2[] shown, string anchor, X509RevocationMode revocation = X509RevocationMode.NoCheck)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(anchor));
        chain.ChainPolicy.ExtraStore.AddRange(shown[1..]);
        chain.ChainPolicy.RevocationMode = revocation;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.Build(shown[0]);
        return chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
    }

    private static string[] UrisOf(X509Certificate2 certificate)
    {
        // RFC 5280 section 4.2.1.6: GeneralName, of which uniformResourceIdentifier has the tag 6.
        var names = new AsnReader(certificate.Extensions["2.5.29.17"]!.RawData, AsnEncodingRules.DER).ReadSequence();
        var uri = new Asn1Tag(TagClass.ContextSpecific, 6);
        List<string> uris = [];
        while (names.HasData)
        {
            if (names.PeekTag() == uri)
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return [.. uris];
    }

    private static Task<HttpResponseMessage> GetAsync(TestServerInstance server, string? community = null) =>
        Http.GetAsync(new Uri(
            server.FhirBase + "/.well-known/udap" + (community is null ? "" : "?community=" + Uri.EscapeDataString(community))));

    private static async Task<JsonObject> MetadataAsync(TestServerInstance server, string? community = null) =>
        JsonNode.Parse(await (await GetAsync(server, community)).EnsureSuccessStatusCode().Content.ReadAsStringAsync())!.AsObject();
}
#endif
