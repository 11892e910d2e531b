using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>RFC 7591, section 2.3. Another implementation judges them in New-DcrSoftwareStatement.Tests.ps1.</summary>
public class SoftwareStatementTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 11, 0, 0, 900, TimeSpan.FromHours(1));

    [Fact]
    public void Says_what_was_named_by_whom_and_for_how_long()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey, keyId: "key-1");
        var metadata = JsonBag.Parse("""{"client_name":"Bädèr","redirect_uris":["https://app.example.com/cb"]}""");
        var claims = JsonBag.Parse("""{"aud":"https://bank.example.com","software_roles":["DADOS"],"client_name":"Portal"}""");
        var statement = Make(key, metadata, claims);

        Assert.Equal("""{"typ":"JWT","kid":"key-1","alg":"RS256"}""", statement.Header.ToString());
        Assert.Equal(
            """{"client_name":"Portal","redirect_uris":["https://app.example.com/cb"],"aud":"https://bank.example.com","""
                + """ "software_roles":["DADOS"],"iss":"https://directory.example","iat":1795255200,"exp":1795255800}""".TrimStart(),
            statement.Claims.Without("jti").ToString()
        );
        Assert.True(Guid.TryParse(statement.Claims.Text("jti"), out _));
        Assert.NotEqual(statement.Claims.Text("jti"), Make(key, metadata, claims).Claims.Text("jti"));
        Assert.True(statement.IsSignedBy(key.PublicMembers));
    }

    [FullCryptographyTheory]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("ES512")]
    public void Is_signed_by_the_algorithm_of_the_key(string algorithm)
    {
        using var key = SigningKey.Generate(algorithm);
        var statement = Make(key, JsonBag.Empty, JsonBag.Empty);
        Assert.Equal((algorithm, key.Thumbprint), (statement.Header.Text("alg"), statement.Header.Text("kid")));
        Assert.True(statement.IsSignedBy(key.PublicMembers));
    }

    [Theory]
    [InlineData("""{"client_secret":"cs-123456"}""", "client_secret")]
    [InlineData("""{"registration_access_token":"rat-123456"}""", "registration_access_token")]
    [InlineData("""{"client_name":"a","vendor":{"api_keys":["key-123456"]}}""", "vendor")]
    [InlineData("""{"jwks":{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"c2VjcmV0"}]}}""", "jwks")]
    [InlineData("""{"jwks":{"keys":["{\"kty\":\"EC\",\"d\":\"c2VjcmV0\"}"]}}""", "jwks")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","x":"x","y":"y","D":"c2VjcmV0"}]}}""", "jwks")]
    [InlineData("""{"jwks":{"keys":[{"kty":"AKP","pub":"x","priv":"c2VjcmV0"}]}}""", "jwks")]
    [InlineData("""{"software_key":"-----BEGIN PRIVATE KEY-----"}""", "software_key")]
    public void Never_holds_a_secret(string claims, string named)
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var error = Assert.Throws<DcrException>(() => Make(key, JsonBag.Empty, JsonBag.Parse(claims)));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, named), (error.ErrorId, error.Member));
        Assert.StartsWith($"{named} is or has a secret", error.Message);
        Assert.Throws<DcrException>(() => Make(key, JsonBag.Parse(claims), JsonBag.Empty));
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("iat")]
    [InlineData("exp")]
    [InlineData("jti")]
    public void Claims_of_its_own_are_not_taken(string claim)
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var error = Assert.Throws<DcrException>(() => Make(key, JsonBag.Empty, JsonBag.Empty.With(claim, "x")));
        Assert.StartsWith($"-Claim: the command itself sets {claim}.", error.Message);
        error = Assert.Throws<DcrException>(() => Make(key, JsonBag.Empty.With(claim, "x"), JsonBag.Empty));
        Assert.StartsWith($"-Metadata: the command itself sets {claim}.", error.Message);
    }

    [Fact]
    public void The_end_of_a_statement_is_read_and_its_signature_is_not_judged()
    {
        Assert.Equal(1300819380, SoftwareStatement.ExpiresAt(RfcVectors.RsaJws)!.Value.ToUnixTimeSeconds());
        Assert.Equal(1300819380, SoftwareStatement.BestBefore(RfcVectors.RsaJws)!.Value.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("""{"exp":1795255200}""", 1795255200L, 1795255200L)]
    [InlineData("""{"iat":1795255200}""", null, 1795255500L)] // Brazil's directory names no end.
    [InlineData("""{"iat":1795255200,"exp":1795258800}""", 1795258800L, 1795258800L)]
    [InlineData("""{"exp":"soon"}""", null, null)]
    [InlineData("""{"exp":-1,"iat":9223372036854775807}""", null, null)]
    [InlineData("{}", null, null)]
    [InlineData("[]", null, null)]
    public void A_statement_without_an_end_is_best_within_five_minutes(string claims, long? end, long? bestBefore)
    {
        var statement = Statements.Of(claims);
        Assert.Equal(end, SoftwareStatement.ExpiresAt(statement)?.ToUnixTimeSeconds());
        Assert.Equal(bestBefore, SoftwareStatement.BestBefore(statement)?.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.!.c")]
    [InlineData("e30.bm8.e30")]
    public void A_text_that_is_no_JWT_has_no_end_that_is_known(string statement)
    {
        Assert.Null(SoftwareStatement.ExpiresAt(statement));
        StatementOperation.Check(JsonBag.Empty.With("software_statement", statement), Now);
    }

    [Fact]
    public void A_statement_that_has_expired_is_refused_before_it_is_sent()
    {
        var metadata = JsonBag.Empty.With("software_statement", Statements.Of("""{"exp":1795255200}"""));
        StatementOperation.Check(metadata, Now.AddSeconds(-1));
        var error = Assert.Throws<DcrException>(() => StatementOperation.Check(metadata, Now));
        Assert.Equal((DcrErrorId.InvalidSoftwareStatement, "software_statement"), (error.ErrorId, error.Member));
        Assert.Contains("expired at 2026-11-21 10:00:00 UTC", error.Message);
        Assert.Contains("give -SoftwareStatement a script block", error.RecommendedAction);
    }

    private static SignedJwt Make(SigningKey key, JsonBag metadata, JsonBag claims) =>
        new(StatementOperation.Create(key, "https://directory.example", metadata, claims, Now, TimeSpan.FromMinutes(10)));
}
