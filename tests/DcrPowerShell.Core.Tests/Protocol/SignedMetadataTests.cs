#if NET // Mono makes no certificates.
using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>What a hostile server puts into the <c>signed_metadata</c> of UDAP, where its signature holds.</summary>
public class SignedMetadataTests
{
    private const string Base = "https://fhir.example.com/r4";
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly X509Certificate2 Signer = NewSigner();

    private static string Der => Convert.ToBase64String(Signer.RawData);

    [Fact]
    public void Signed_metadata_without_a_fault_is_taken() => Assert.Equal(Base, Judge(Claims()).Members.Text("issuer"));

    [Theory]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("[[]]")]
    [InlineData("[\"\"]")]
    [InlineData("[1]")]
    [InlineData("[null,\"DER\"]")]
    [InlineData("[\"DER\",null]")]
    [InlineData("[\"PEM\"]")]
    [InlineData("[\"PFX\"]")]
    [InlineData("[\"DER\",\"PFX\"]")]
    public void Whatever_else_than_certificates_stands_in_x5c_is_refused(string x5c)
    {
        var pem = Convert.ToBase64String(Encoding.ASCII.GetBytes(Signer.ExportCertificatePem()));
        var pfx = Convert.ToBase64String(Signer.Export(X509ContentType.Pfx));
        var header = $$"""{"alg":"RS256","x5c":{{x5c.Replace("DER", Der).Replace("PEM", pem).Replace("PFX", pfx)}}}""";
        Assert.Contains("x5c", Refusal(Claims(), header));
    }

    [Theory]
    [InlineData("exp", 3600.5)]
    [InlineData("iat", -0.25)]
    [InlineData("nbf", -0.25)]
    public void A_time_may_have_a_fraction(string claim, double seconds) =>
        Assert.Equal(Base, Judge(Claims(claim, Now.ToUnixTimeSeconds() + seconds)).Members.Text("issuer"));

    [Fact]
    public void Signed_metadata_that_is_not_good_yet_is_refused() => Assert.Contains("(nbf)", Refusal(Claims("nbf", Now.ToUnixTimeSeconds() + 600)));

    [Fact]
    public void Endpoints_count_that_are_signed_and_no_others()
    {
        var found = Judge(Claims(), plain: """
            "mtls_endpoint_aliases":{"registration_endpoint":"https://evil.example.com/"}
            """);
        Assert.Null(new ServerMetadata(found.Members).MtlsAlias("registration_endpoint"));
    }

    private static string Claims(string? name = null, object? value = null)
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Base,
            ["sub"] = Base,
            ["iat"] = Now.ToUnixTimeSeconds(),
            ["exp"] = Now.ToUnixTimeSeconds() + 3600,
            ["jti"] = "one",
            ["token_endpoint"] = Base + "/token",
            ["registration_endpoint"] = Base + "/register",
        };
        if (name is not null)
        {
            claims[name] = value!;
        }

        return System.Text.Json.JsonSerializer.Serialize(claims);
    }

    private static string Refusal(string claims, string? header = null)
    {
        var failure = Assert.Throws<DcrException>(() => Judge(claims, header));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        return failure.Message;
    }

    private static UdapFinding Judge(string claims, string? header = null, string? plain = null)
    {
        header ??= $$"""{"alg":"RS256","x5c":["{{Der}}"]}""";
        var signed = $"{Encoded(header)}.{Encoded(claims)}";
        var signature = Key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var answer = JsonBag.Parse("{" + plain + "}").With("signed_metadata", $"{signed}.{Base64Url.Encode(signature)}").ToString();
        return UdapDiscovery.Judge(
            Base,
            UdapDiscovery.Place(new Uri(Base), null),
            community: null,
            Answers.Of(200, answer, "Content-Type: application/json"),
            Now
        );
    }

    private static string Encoded(string json) => Base64Url.Encode(Encoding.UTF8.GetBytes(json));

    private static X509Certificate2 NewSigner()
    {
        var request = new CertificateRequest("CN=server", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(Base));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
    }
}
#endif
