using System;
using System.Linq;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>Signatures against those that the RFCs publish.</summary>
public class JwsVectorTests
{
    [Theory]
    [InlineData(RfcVectors.RsaKey, RfcVectors.RsaJws)]
    [InlineData(RfcVectors.CookbookRsaKey, RfcVectors.CookbookRs256Jws)]
    public void Makes_the_published_RS256_signature_to_the_octet(string jwk, string published)
    {
        using var key = SigningKey.FromJwk(jwk);
        var jws = new SignedJwt(published);

        Assert.Equal("RS256", key.Algorithm);
        Assert.Equal(jws.Signature, key.Sign(jws.Input));
        Assert.True(jws.IsSignedBy(key.PublicMembers));
    }

    [FullCryptographyTheory]
    [InlineData(RfcVectors.P256Key, RfcVectors.P256Jws, 64)]
    [InlineData(RfcVectors.P521Key, RfcVectors.P521Jws, 132)]
    [InlineData(RfcVectors.CookbookP521Key, RfcVectors.CookbookEs512Jws, 132)]
    [InlineData(RfcVectors.CookbookRsaKey, RfcVectors.CookbookPs384Jws, 256)]
    public void Verifies_and_equals_in_form_the_published_signatures_that_hold_chance(string jwk, string published, int octets)
    {
        var jws = new SignedJwt(published);
        using var key = SigningKey.FromJwk(jwk, algorithm: jws.Header.Text("alg"));
        Assert.True(jws.IsSignedBy(key.PublicMembers));

        var own = key.Sign(jws.Input);
        Assert.Equal(octets, own.Length);
        Assert.Equal(jws.Signature.Length, own.Length);
        Assert.NotEqual(jws.Signature, own);
        Assert.True(SignedJwt.IsSignature(key.PublicMembers, key.Algorithm, jws.Input, own));
        Assert.False(SignedJwt.IsSignature(key.PublicMembers, key.Algorithm, [.. jws.Input, 0], own));
    }

    [FullCryptographyFact]
    public void The_two_halves_of_an_ES_signature_keep_their_leading_zeros()
    {
        // One in 128 has such a zero: in 600 there is none once in a hundred runs, and the length tells.
        using var key = SigningKey.FromJwk(RfcVectors.P256Key);
        Assert.All(Enumerable.Range(0, 600), i => Assert.Equal(64, key.Sign(BitConverter.GetBytes(i)).Length));
    }

    [Fact]
    public void Thumbprint_of_RFC_7638() =>
        Assert.Equal(RfcVectors.Thumbprint, JwkThumbprint.Of(JsonBag.Parse(RfcVectors.ThumbprintKey)));

    [Fact]
    public void Thumbprint_of_the_EC_key_of_RFC_9449()
    {
        var jwk = new SignedJwt(RfcVectors.DpopTokenProof).Header.TryGet("jwk", out var value) ? JsonBag.From(value) : JsonBag.Empty;
        Assert.Equal(RfcVectors.DpopThumbprint, JwkThumbprint.Of(jwk));
    }

    [Fact]
    public void A_JWS_in_compact_form_is_signed_over_what_it_shows()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var compact = Jws.Sign(key, JsonBag.Parse("""{"typ":"JWT","alg":"none"}"""), JsonBag.Parse("""{"name":"Bädèr & <Söhne>?>~"}"""));

        var jws = new SignedJwt(compact);
        Assert.Equal("""{"typ":"JWT","alg":"RS256"}""", jws.Header.ToString());
        Assert.Equal("""{"name":"Bädèr & <Söhne>?>~"}""", jws.Claims.ToString());
        Assert.True(jws.IsSignedBy(key.PublicMembers));
    }
}
