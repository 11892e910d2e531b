using System;
using System.Text.Json;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>RFC 9449, section 4.2, beside the RFC's own samples.</summary>
public class DpopProofTests
{
    private static readonly Uri TokenEndpoint = new("https://server.example.com/token");
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1562262616);

    [FullCryptographyTheory]
    [InlineData(RfcVectors.DpopTokenProof, "POST", "https://server.example.com/token", null, 1562262616)]
    [InlineData(
        RfcVectors.DpopResourceProof,
        "GET",
        "https://resource.example.org/protectedresource",
        RfcVectors.DpopAccessToken,
        1562262618
    )]
    public void Has_what_the_samples_of_the_RFC_have(string published, string method, string uri, string? accessToken, long time)
    {
        var sample = new SignedJwt(published);
        Assert.True(sample.IsSignedBy(Jwk(sample)));

        using var key = SigningKey.FromJwk(RfcVectors.P256Key);
        var own = new SignedJwt(DpopProof.Create(key, method, new Uri(uri), DateTimeOffset.FromUnixTimeSeconds(time), accessToken));

        Assert.Equal(SignedJwt.Names(sample.Header), SignedJwt.Names(own.Header));
        Assert.Equal(SignedJwt.Names(Jwk(sample)), SignedJwt.Names(Jwk(own)));
        Assert.Equal(sample.Header.Without("jwk").With("typ", "dpop+jwt").ToString(), own.Header.Without("jwk").ToString());
        Assert.Equal(sample.Claims.Without("jti").ToString(), own.Claims.Without("jti").ToString());
        Assert.True(own.IsSignedBy(Jwk(own)));
    }

    [Fact]
    public void Shows_the_public_half_of_the_key_and_no_more()
    {
        using var key = SigningKey.FromJwk(RfcVectors.CookbookRsaKey);
        var proof = new SignedJwt(DpopProof.Create(key, "POST", TokenEndpoint, Now));

        Assert.Equal("alg jwk typ", SignedJwt.Names(proof.Header));
        Assert.Equal("e kty n", SignedJwt.Names(Jwk(proof)));
        Assert.Equal("dpop+jwt", proof.Header.Text("typ"));
        Assert.True(proof.IsSignedBy(Jwk(proof)));
    }

    [Fact]
    public void Carries_the_nonce_and_the_hash_of_the_token_where_there_are_any()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var bare = new SignedJwt(DpopProof.Create(key, "POST", TokenEndpoint, Now)).Claims;
        var full = new SignedJwt(
            DpopProof.Create(key, "POST", TokenEndpoint, Now, RfcVectors.DpopAccessToken, "eyJ7S_zG.eyJH0-Z.HX4w-7v")
        ).Claims;

        Assert.Equal("htm htu iat jti", SignedJwt.Names(bare));
        Assert.Equal("ath htm htu iat jti nonce", SignedJwt.Names(full));
        Assert.Equal(RfcVectors.DpopAccessTokenHash, full.Text("ath"));
        Assert.Equal("eyJ7S_zG.eyJH0-Z.HX4w-7v", full.Text("nonce"));
        Assert.True(full.TryGet("iat", out var time) && time.ValueKind == JsonValueKind.Number && time.GetInt64() == 1562262616);
        Assert.NotEqual(bare.Text("jti"), full.Text("jti"));
    }

    [Theory]
    [InlineData("https://api.example.com/v1/clients?q=a%20b&limit=20#top", "https://api.example.com/v1/clients")]
    [InlineData("https://api.example.com", "https://api.example.com/")]
    [InlineData("HTTPS://API.Example.com:443/a/../Token", "https://api.example.com/Token")]
    [InlineData("https://api.example.com:8443/token/", "https://api.example.com:8443/token/")]
    [InlineData("http://127.0.0.1:5000/token", "http://127.0.0.1:5000/token")]
    [InlineData("http://[::1]:5000/token", "http://[::1]:5000/token")]
    [InlineData("https://user:password@api.example.com/token", "https://api.example.com/token")]
    [InlineData("https://api.example.com/api/v2/clients/a%2Fb%20c", "https://api.example.com/api/v2/clients/a%2Fb%20c")]
    public void Names_the_target_as_it_goes_over_the_wire_without_query_and_fragment(string uri, string expected)
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        Assert.Equal(expected, new SignedJwt(DpopProof.Create(key, "GET", new Uri(uri), Now)).Claims.Text("htu"));
    }

    private static JsonBag Jwk(SignedJwt proof) => proof.Header.TryGet("jwk", out var value) ? JsonBag.From(value) : JsonBag.Empty;
}
