using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DcrPowerShell.Compat;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

/// <summary>What cannot sign is refused in words that help, and that hold nothing of the key.</summary>
public class KeyRefusalTests
{
    private const string Secret = "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50L";

    [Theory]
    [InlineData("")]
    [InlineData("no key at all")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n" + Secret)]
    [InlineData("-----BEGIN " + Secret)]
    public void A_text_that_is_no_PEM(string text) => Refused("no private key in PEM form", () => SigningKey.FromPem(text));

    [Theory]
    [InlineData("PUBLIC KEY")]
    [InlineData("RSA PUBLIC KEY")]
    [InlineData("CERTIFICATE")]
    public void A_PEM_with_the_public_half_only(string label) =>
        Refused("only its public half", () => SigningKey.FromPem(RfcPem.Block(label, "AAAA")));

    [Theory]
    [InlineData("OPENSSH PRIVATE KEY")]
    [InlineData("DSA PRIVATE KEY")]
    public void A_PEM_of_another_kind(string label) => Refused($"'{label}'", () => SigningKey.FromPem(RfcPem.Block(label, Secret)));

    [Theory]
    [InlineData("PRIVATE KEY", Secret)]
    [InlineData("RSA PRIVATE KEY", Secret)]
    [InlineData("EC PRIVATE KEY", Secret)]
    [InlineData("PRIVATE KEY", "!" + Secret)]
    [InlineData("PRIVATE KEY", "")]
    [InlineData("PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // Ed25519, a key of zeros
    public void A_damaged_PEM(string label, string body) =>
        Refused("could not be read", () => SigningKey.FromPem(RfcPem.Block(label, body)));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(600)]
    [InlineData(1215)]
    public void A_PEM_that_is_cut_off(int octets)
    {
        var body = Convert.FromBase64String(
            string.Concat(RfcPem.RsaPkcs8.Split('\n').Where(static line => !line.StartsWith("-", StringComparison.Ordinal)))
        );
        Refused("could not be read", () => SigningKey.FromPem(RfcPem.Block("PRIVATE KEY", Convert.ToBase64String(body, 0, octets))));
    }

    [Fact]
    public void A_PEM_that_OpenSSL_encrypted_in_its_old_way() =>
        Refused(
            "old way",
            () =>
                SigningKey.FromPem(
                    RfcPem.Block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n" + Secret),
                    "password"
                )
        );

#if NET
    [Fact]
    public void An_encrypted_PEM_without_a_password() =>
        Refused("no password", () => SigningKey.FromPem(RfcPem.Block("ENCRYPTED PRIVATE KEY", "AAAA")));

    [Fact]
    public void An_encrypted_PEM_with_a_wrong_password()
    {
        using var key = RSA.Create(2048);
        var pem = key.ExportEncryptedPkcs8PrivateKeyPem(
            "right",
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)
        );
        Refused("password is wrong", () => SigningKey.FromPem(pem, "wrong"));
    }
#else
    [Fact]
    public void An_encrypted_PEM_on_Windows_PowerShell() =>
        Refused(
            "Windows PowerShell cannot read an encrypted PEM",
            () => SigningKey.FromPem(RfcPem.Block("ENCRYPTED PRIVATE KEY", "AAAA"), "password")
        );
#endif

    [FullCryptographyFact]
    public void A_PFX_with_a_wrong_password()
    {
        using var certificate = TestCertificates.Ec(ECCurve.NamedCurves.nistP256);
        var pfx = certificate.Export(X509ContentType.Pfx, "right");
        Refused("could not be opened", () => SigningKey.FromPfx(pfx, "wrong"));
        Refused("could not be opened", () => SigningKey.FromPfx([1, 2, 3], "right"));
    }

    [FullCryptographyFact]
    public void A_certificate_without_its_private_key()
    {
        using var certificate = TestCertificates.Ec(ECCurve.NamedCurves.nistP256);
        using var bare = new X509Certificate2(certificate.RawData);
        Refused("'CN=test' comes without its private key", () => SigningKey.FromCertificate(bare));
        Refused("'CN=test' comes without its private key", () => SigningKey.FromPfx(certificate.RawData));
    }

    [Theory]
    [InlineData("", "one JSON object was expected")]
    [InlineData("nul" + Secret, "one JSON object was expected")]
    [InlineData("[]", "one JSON object was expected")]
    [InlineData("""{"keys":[]}""", "a JWK set")]
    [InlineData("{}", "names no key type")]
    [InlineData("""{"kty":"oct","k":"AAAA"}""", "'oct'")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","d":"AAAA"}""", "'OKP'")]
    [InlineData("""{"kty":"RSA","n":"AAAA","e":"AQAB"}""", "only its public half")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}""", "only its public half")]
    [InlineData("""{"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA","d":"AAAA"}""", "'secp256k1'")]
    [InlineData("""{"kty":"EC","x":"AAAA","y":"AAAA","d":"AAAA"}""", "lacks the member 'crv'")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AAAA","d":"AAAA"}""", "lacks the member 'y'")]
    [InlineData("""{"kty":"RSA","n":"AAAA","e":"AQAB","d":"AAAA"}""", "lacks the member 'p'")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"!","y":"AAAA","d":"AAAA"}""", "could not be read")]
    [InlineData("""{"kty":"RSA","use":"enc","d":"AAAA"}""", "for encryption")]
    public void A_JWK_that_makes_no_signing_key(string json, string why) => Refused(why, () => SigningKey.FromJwk(json));

    [Fact]
    public void A_JWK_whose_number_is_longer_than_its_curve() =>
        Refused("could not be read", () => SigningKey.FromJwk(RfcVectors.P256Key.Replace("\"d\":\"", "\"d\":\"_w")));

    [FullCryptographyFact]
    public void A_JWK_whose_point_is_not_on_its_curve() =>
        Refused("could not be read", () => SigningKey.FromJwk(RfcVectors.P256Key.Replace("\"x\":\"f", "\"x\":\"g")));

    [Fact]
    public void An_RSA_key_below_2048_bits()
    {
        using var rsa = RSA.Create(1024);
        var key = rsa.ExportParameters(includePrivateParameters: true);
        var jwk = new[]
        {
            ("n", key.Modulus),
            ("e", key.Exponent),
            ("d", key.D),
            ("p", key.P),
            ("q", key.Q),
            ("dp", key.DP),
            ("dq", key.DQ),
            ("qi", key.InverseQ),
        }.Aggregate(JsonBag.Empty.With("kty", "RSA"), static (bag, number) => bag.With(number.Item1, Base64Url.Encode(number.Item2!)));
        Refused("1024 bits", () => SigningKey.FromJwk(jwk.ToString()));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("rs256")]
    [InlineData("ES256K")]
    [InlineData("RSA-OAEP")]
    public void An_algorithm_that_is_not_known(string algorithm)
    {
        var error = Refused($"'{algorithm}'", () => SigningKey.FromJwk(JsonBag.Parse(RfcVectors.RsaKey).With("alg", algorithm).ToString()));
        Assert.Contains("RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512", error.Fix);
        Refused($"'{algorithm}'", () => SigningKey.Generate(algorithm));
    }

    [Fact]
    public void An_EC_algorithm_for_an_RSA_key()
    {
        var error = Refused(
            "ES256 does not fit the private key, which is an RSA key",
            () => SigningKey.FromJwk(RfcVectors.RsaKey, "ES256")
        );
        Assert.Contains("RS256, RS384, RS512, PS256, PS384, PS512", error.Fix);
    }

    [FullCryptographyTheory]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("RS512")]
    [InlineData("PS512")]
    public void An_algorithm_for_another_curve(string algorithm)
    {
        var error = Refused(
            $"{algorithm} does not fit the private key, which is an EC key on P-521",
            () => SigningKey.FromJwk(RfcVectors.P521Key, algorithm)
        );
        Assert.Contains("Use ES512", error.Fix);
    }

    [Theory]
    [InlineData("1.3.132.0.10", "secP256k1")] // 256 bits, as P-256 has
    [InlineData("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1")]
    public void A_curve_that_no_algorithm_is_for(string oid, string name) =>
        Refused(name, () => EcCurve.Of(ECCurve.CreateFromOid(new Oid(oid, name))));

    [Theory]
    [InlineData("ECDSA_P256", "P-256")]
    [InlineData("nistP384", "P-384")]
    [InlineData("secP521r1", "P-521")]
    public void Curves_that_Windows_knows_by_its_own_names_are_the_same_curves(string name, string expected) =>
        Assert.Equal(expected, EcCurve.Of(ECCurve.CreateFromFriendlyName(name)).Name);

    [Fact]
    public void Numbers_are_padded_to_the_size_of_the_key()
    {
        var key = KeyNumbers.Rsa([0, 0x80, 2, 3, 4, 5, 6, 7, 8], [0, 1, 0, 1], [9], [1, 1, 1, 1], [2], [0, 0, 0, 0, 0, 3], [4], [5]);
        Assert.Equal(
            "8002030405060708 010001 0000000000000009 01010101 00000002 00000003 00000004 00000005",
            string.Join(" ", new[] { key.Modulus, key.Exponent, key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ }.Select(Hex))
        );

        static string Hex(byte[]? number) => BitConverter.ToString(number!).Replace("-", "");
    }

    private static KeyException Refused(string why, Action make)
    {
        var error = Assert.Throws<KeyException>(make);
        Assert.Contains(why, error.Message);
        Assert.NotEmpty(error.Fix);

        var all = new StringBuilder(error.Fix);
        for (Exception? link = error; link is not null; link = link.InnerException)
        {
            all.Append(link.Message);
        }

        Assert.DoesNotContain(Secret.Substring(0, 6), all.ToString());
        return error;
    }
}
