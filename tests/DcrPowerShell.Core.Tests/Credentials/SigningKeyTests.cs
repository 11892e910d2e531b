using System;
#if !NET
using System.Formats.Asn1;
#endif
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>The forms that private keys come in.</summary>
public class SigningKeyTests
{
    private static readonly byte[] Data = [1, 2, 3];

    [Fact]
    public void Reads_an_RSA_key_from_PKCS8() => IsRsaKey(RfcPem.RsaPkcs8);

    [Fact]
    public void Reads_an_RSA_key_from_PKCS1() => IsRsaKey(RfcPem.RsaPkcs1);

    [FullCryptographyFact]
    public void Reads_an_EC_key_from_PKCS8() => IsP256Key(RfcPem.P256Pkcs8);

    [FullCryptographyFact]
    public void Reads_an_EC_key_from_SEC1() => IsP256Key(RfcPem.P256Sec1);

    [Fact]
    public void Finds_the_private_key_among_what_else_a_PEM_file_holds()
    {
        // As openssl pkcs12 and openssl ecparam write: attributes, a certificate, curve parameters; and Windows line ends.
        var file =
            "Bag Attributes\n    localKeyID: 01\n"
            + RfcPem.Block("CERTIFICATE", "AAAA")
            + RfcPem.Block("EC PARAMETERS", "BggqhkjOPQMBBw==")
            + RfcPem.RsaPkcs8;
        IsRsaKey(file.Replace("\n", "\r\n"));
    }

    [Fact]
    public void Reads_a_PEM_whose_line_ends_were_lost() => IsRsaKey(RfcPem.RsaPkcs8.Replace('\n', ' '));

    [Theory]
    [InlineData("\\n")]
    [InlineData("\\r\\n")]
    public void Reads_a_PEM_whose_line_ends_are_written_out(string lineEnd) => IsRsaKey(RfcPem.RsaPkcs8.Replace("\n", lineEnd));

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-32", true)]
    public void Reads_a_file_of_text_in_every_encoding(string name, bool isMarked)
    {
        var encoding = Encoding.GetEncoding(name);
        using var expected = SigningKey.FromPem(RfcPem.RsaPkcs8);
        foreach (var text in new[] { RfcPem.RsaPkcs8, "\n" + expected.ExportPrivateJwk() })
        {
            using var key = SigningKey.FromFile([.. isMarked ? encoding.GetPreamble() : [], .. encoding.GetBytes(text)]);
            Assert.Equal(expected.Thumbprint, key.Thumbprint);
        }
    }

    [FullCryptographyFact]
    public void Reads_JWK_numbers_whose_leading_zeros_were_left_out()
    {
        // RFC 7518, section 6.2.1.2, wants them, and not every program writes them.
        using var key = SigningKey.FromJwk(
            RfcVectors.CookbookP521Key.Replace(
                "\"d\":\"AAhRON2r9cqXX1hg-RoI6R1tX5p2rUAYdmpHZoC1XNM56KtscrX6zbKipQrCW9CGZH3T4ubpnoTKLDYJ_fF3_rJt\"",
                "\"d\":\"CFE43av1ypdfWGD5GgjpHW1fmnatQBh2akdmgLVc0znoq2xytfrNsqKlCsJb0IZkfdPi5umehMosNgn98Xf-sm0\""
            )
        );
        Assert.Contains("\"d\":\"AAhRON2r", key.ExportPrivateJwk());
    }

    [FullCryptographyTheory]
    [InlineData("RS256")]
    [InlineData("ES384")]
    public void Reads_a_PFX(string algorithm)
    {
        using var certificate = Certificate(algorithm);
        using var expected = SigningKey.FromCertificate(certificate);
        using var key = SigningKey.FromPfx(certificate.Export(X509ContentType.Pfx, "pass word"), "pass word");

        Assert.Equal(algorithm, key.Algorithm);
        Assert.Equal(expected.Thumbprint, key.Thumbprint);
        Assert.True(SignedJwt.IsSignature(key.PublicMembers, algorithm, Data, key.Sign(Data)));
    }

    [FullCryptographyTheory]
    [InlineData("RS256")]
    [InlineData("ES384")]
    public void A_key_outlives_the_certificate_that_it_came_with(string algorithm)
    {
        SigningKey key;
        using (var certificate = Certificate(algorithm))
        {
            key = SigningKey.FromCertificate(certificate);
        }

        using (key)
        {
            Assert.True(SignedJwt.IsSignature(key.PublicMembers, algorithm, Data, key.Sign(Data)));
        }
    }

    [FullCryptographyTheory]
    [InlineData("RS384", "kty n e", 384)]
    [InlineData("PS256", "kty n e", 384)]
    [InlineData("ES256", "kty crv x y", 64)]
    [InlineData("ES384", "kty crv x y", 96)]
    [InlineData("ES512", "kty crv x y", 132)]
    public void A_new_key_goes_into_a_vault_and_comes_back_the_same(string algorithm, string members, int octets)
    {
        using var made = SigningKey.Generate(algorithm);
        using var read = SigningKey.FromJwk(made.ExportPrivateJwk());

        Assert.Equal(algorithm, read.Algorithm);
        Assert.Equal(made.KeyId, read.KeyId);
        Assert.Equal(made.PublicJwk().ToString(), read.PublicJwk().ToString());
        Assert.Equal($"{members} kid alg use", string.Join(" ", read.PublicJwk().Select(static member => member.Key)));

        var signature = read.Sign(Data);
        Assert.Equal(octets, signature.Length);
        Assert.True(SignedJwt.IsSignature(made.PublicMembers, algorithm, Data, signature));
    }

    [Fact]
    public void Exports_every_number_of_the_key()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey, keyId: "one");
        var published = JsonBag.Parse(RfcVectors.RsaKey).With("kid", "one").With("alg", "RS256").With("use", "sig");
        Assert.Equal(Sorted(published), Sorted(JsonBag.Parse(key.ExportPrivateJwk())));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    public void Another_hash_can_be_chosen(string algorithm) => SignsBy(algorithm);

    [FullCryptographyTheory]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    public void Another_padding_can_be_chosen(string algorithm) => SignsBy(algorithm);

    [Fact]
    public void A_JWK_brings_its_algorithm_and_name_along_and_the_user_overrules_both()
    {
        var jwk = JsonBag.Parse(RfcVectors.RsaKey).With("alg", "RS384").With("kid", "its-own").ToString();
        using var own = SigningKey.FromJwk(jwk);
        using var chosen = SigningKey.FromJwk(jwk, "RS256", "given");

        Assert.Equal("RS384 its-own", $"{own.Algorithm} {own.KeyId}");
        Assert.Equal("RS256 given", $"{chosen.Algorithm} {chosen.KeyId}");
    }

    [Fact]
    public void A_key_without_a_name_goes_by_its_thumbprint()
    {
        using var key = SigningKey.FromPem(RfcPem.RsaPkcs8);
        Assert.Equal(JwkThumbprint.Of(JsonBag.Parse(RfcVectors.RsaKey)), key.KeyId);
        Assert.Equal(key.Thumbprint, key.KeyId);
    }

    [Fact]
    public async Task Several_workers_sign_at_once()
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey);
        var jws = new SignedJwt(RfcVectors.RsaJws);
        var signatures = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => key.Sign(jws.Input))));
        Assert.All(signatures, signature => Assert.Equal(jws.Signature, signature));
    }

#if NET
    [Theory]
    [InlineData("RS256")]
    [InlineData("ES384")]
    public void Reads_an_encrypted_PEM(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm == "RS256" ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var pem = key.ExportEncryptedPkcs8PrivateKeyPem(
            "pass word",
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)
        );
        using var read = SigningKey.FromPem(pem, "pass word");
        Assert.Equal(algorithm, read.Algorithm);
    }
#else
    // Also where the platform cannot make a key of what was read.
    [Fact]
    public void SEC1_is_read_to_the_published_numbers() => AreP256Numbers(Compat.PrivateKeyDer.ReadSec1(Der(RfcPem.P256Sec1)));

    [Fact]
    public void SEC1_within_PKCS8_is_read_to_the_published_numbers()
    {
        var info = new AsnReader(Der(RfcPem.P256Pkcs8), AsnEncodingRules.DER).ReadSequence();
        info.ReadInteger();
        var algorithm = info.ReadSequence();
        algorithm.ReadObjectIdentifier();
        AreP256Numbers(Compat.PrivateKeyDer.ReadSec1(info.ReadOctetString(), algorithm.ReadObjectIdentifier()));
    }

    private static byte[] Der(string pem) =>
        Convert.FromBase64String(string.Concat(pem.Split('\n').Where(static line => !line.StartsWith("-", StringComparison.Ordinal))));

    private static void AreP256Numbers(ECParameters read)
    {
        var published = JsonBag.Parse(RfcVectors.P256Key);
        Assert.Equal(published.Text("x"), Base64Url.Encode(read.Q.X));
        Assert.Equal(published.Text("y"), Base64Url.Encode(read.Q.Y));
        Assert.Equal(published.Text("d"), Base64Url.Encode(read.D));
        Assert.Equal(ECCurve.NamedCurves.nistP256.Oid.Value, read.Curve.Oid.Value);
    }
#endif

    private static void SignsBy(string algorithm)
    {
        using var key = SigningKey.FromJwk(RfcVectors.RsaKey, algorithm);
        Assert.Equal(algorithm, key.Algorithm);
        Assert.Equal(algorithm, key.PublicJwk().Text("alg"));
        Assert.True(SignedJwt.IsSignature(key.PublicMembers, algorithm, Data, key.Sign(Data)));
    }

    private static void IsRsaKey(string pem)
    {
        using var key = SigningKey.FromPem(pem);
        var jws = new SignedJwt(RfcVectors.RsaJws);
        Assert.Equal(jws.Signature, key.Sign(jws.Input));
    }

    private static void IsP256Key(string pem)
    {
        using var key = SigningKey.FromPem(pem);
        var published = JsonBag.Parse(RfcVectors.P256Key);
        Assert.Equal(published.Text("d"), JsonBag.Parse(key.ExportPrivateJwk()).Text("d"));
        Assert.Equal(published.Without("d").ToString(), key.PublicMembers.ToString());
        Assert.True(SignedJwt.IsSignature(published, "ES256", Data, key.Sign(Data)));
    }

    private static string Sorted(JsonBag json) =>
        string.Join(",", json.Select(static member => $"{member.Key}={member.Value}").OrderBy(static text => text, StringComparer.Ordinal));

    private static X509Certificate2 Certificate(string algorithm) =>
        algorithm == "RS256" ? TestCertificates.Rsa() : TestCertificates.Ec(ECCurve.NamedCurves.nistP384);
}
