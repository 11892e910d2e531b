using System;
using DcrPowerShell.Keys;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>RFC 7523, section 3, and what Okta and Auth0 ask.</summary>
public class ClientAssertionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 11, 0, 0, 900, TimeSpan.FromHours(1));

    [Fact]
    public void Says_who_for_whom_and_for_how_long()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey, keyId: "key-1");
        var jwt = new SignedJwt(ClientAssertion.Create(key, "0oa1", "https://org.okta.com/oauth2/v1/token", Now));

        Assert.Equal("""{"typ":"JWT","kid":"key-1","alg":"RS256"}""", jwt.Header.ToString());
        Assert.Equal("aud exp iat iss jti sub", SignedJwt.Names(jwt.Claims));
        Assert.Equal(
            """{"iss":"0oa1","sub":"0oa1","aud":"https://org.okta.com/oauth2/v1/token","iat":1795255200,"exp":1795255500}""",
            jwt.Claims.Without("jti").ToString());
        Assert.True(jwt.IsSignedBy(key.PublicMembers));
    }

    [Fact]
    public void None_is_like_another()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var first = new SignedJwt(ClientAssertion.Create(key, "a", "b", Now)).Claims.Text("jti");
        Assert.True(Guid.TryParse(first, out _));
        Assert.NotEqual(first, new SignedJwt(ClientAssertion.Create(key, "a", "b", Now)).Claims.Text("jti"));
    }

    [FullCryptographyTheory]
    [InlineData("PS256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public void Is_signed_by_the_algorithm_of_the_key(string algorithm)
    {
        using var key = SigningKey.Generate(algorithm);
        var jwt = new SignedJwt(ClientAssertion.Create(key, "a", "b", Now));
        Assert.Equal(algorithm, jwt.Header.Text("alg"));
        Assert.Equal(key.Thumbprint, jwt.Header.Text("kid"));
        Assert.True(jwt.IsSignedBy(key.PublicMembers));
    }
}
