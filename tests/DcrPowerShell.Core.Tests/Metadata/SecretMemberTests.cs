using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class SecretMemberTests
{
    [Theory]
    [InlineData("client_secret", "\"x\"", true)]
    [InlineData("registration_access_token", "\"x\"", true)]
    [InlineData("Client_Secret", "\"x\"", true)]
    [InlineData("x_vendor_password", "\"x\"", true)]
    [InlineData("client_secret", "[\"x\"]", true)] // An array of one is read as its item.
    [InlineData("clientSecret", "\"x\"", true)]
    [InlineData("registrationAccessToken", "\"x\"", true)]
    [InlineData("client_secrets", "[\"x\", \"y\"]", true)]
    [InlineData("secret_value", "\"x\"", true)]
    [InlineData("secret_hash", "\"x\"", true)] // Okta's
    [InlineData("x-api-key", "\"x\"", true)]
    [InlineData("apiKey", "\"x\"", true)]
    [InlineData("signing_key", "\"x\"", true)]
    [InlineData("PRIVATE_KEY", "\"x\"", true)]
    [InlineData("passphrase", "\"x\"", true)]
    [InlineData("credential", "\"x\"", true)]
    [InlineData("public_key", "\"x\"", false)]
    [InlineData("any_name", "\"-----BEGIN EC PRIVATE KEY-----\\nAAAA\"", true)]
    [InlineData("any_name", "\"-----BEGIN PUBLIC KEY-----\\nAAAA\"", false)]
    [InlineData("refresh_token", "{\"rotation_type\":\"rotating\"}", false)] // Auth0's
    [InlineData("client_secret_expires_at", "0", false)]
    [InlineData("token_endpoint_auth_method", "\"client_secret_basic\"", false)]
    [InlineData("client_secret", "null", false)]
    [InlineData("tls_client_certificate_bound_access_tokens", "true", false)]
    [InlineData("client_name", "\"Secret\"", false)]
    [InlineData("secretText", "\"x\"", true)] // Entra's
    [InlineData("client_secret_old", "\"x\"", true)]
    [InlineData("client_secret_2", "\"x\"", true)]
    [InlineData("clientSecret2", "\"x\"", true)]
    [InlineData("secret_v1", "\"x\"", true)]
    [InlineData("previousSecret", "\"x\"", true)]
    [InlineData("secret_base64", "\"x\"", true)]
    [InlineData("tokenB64Url", "\"x\"", false)]
    [InlineData("passwd", "\"x\"", true)]
    [InlineData("pwd", "\"x\"", true)]
    [InlineData("userPin", "\"x\"", true)]
    [InlineData("pin", "1234", true)]
    [InlineData("authorization", "\"x\"", true)]
    [InlineData("bearer", "\"x\"", true)]
    [InlineData("private_key_pem", "\"x\"", true)]
    [InlineData("privateKeyPkcs8", "\"x\"", true)]
    [InlineData("client_secrets", "[1, \"y\"]", true)]
    [InlineData("token_type", "\"x\"", false)]
    [InlineData("id_token_signed_response_alg", "\"x\"", false)]
    [InlineData("authorization_signed_response_alg", "\"x\"", false)]
    [InlineData("authorization_details_types", "[\"x\"]", false)]
    [InlineData("backchannel_token_delivery_mode", "\"x\"", false)]
    [InlineData("secret_expires", "\"x\"", false)]
    [InlineData("credential_type", "\"x\"", false)]
    [InlineData("client_assertion", "\"x\"", true)]
    [InlineData("jwt", "\"x\"", true)]
    [InlineData("client_secret_jwt", "\"x\"", true)]
    [InlineData("basicAuth", "\"x\"", true)]
    [InlineData("connectionString", "\"x\"", true)]
    [InlineData("registration_key", "\"x\"", true)]
    [InlineData("enc_key", "\"x\"", true)]
    [InlineData("otp_seed", "\"x\"", true)]
    [InlineData("backup_codes", "[\"x\"]", true)]
    [InlineData("user_code", "\"x\"", true)]
    [InlineData("authorization_encrypted_response_enc", "\"x\"", false)]
    [InlineData("status_code", "\"x\"", false)]
    [InlineData("basic", "\"x\"", false)]
    [InlineData("jwt_profile", "\"x\"", false)]
    [InlineData("mapping", "\"x\"", false)]
    public void Knows_secrets_by_the_end_of_their_name(string name, string value, bool isSecret)
    {
        var member = JsonBag.Parse($"{{\"{name}\":{value}}}").Single();
        Assert.Equal(isSecret, SecretMember.Is(member.Key, member.Value));
    }

    [Theory]
    [InlineData("""{"tokens":{"access":"S","refresh":"S","expires_in":300}}""")]
    [InlineData("""{"secrets":[{"id":"1","text":"S","hint":"abc"}]}""")]
    [InlineData("""{"client_secret":{"value":"S","created":"2026"}}""")]
    [InlineData("""{"secrets":[{"current":{"value":"S"},"old":["S"]}]}""")]
    [InlineData("""{"attributes":[{"name":"client_secret","value":"S"},{"name":"colour","value":"blue"}]}""")]
    [InlineData("""{"attributes":[{"key":"vendor.password","value":"S"}]}""")]
    [InlineData("""{"a":{"b":[[{"api_key":"S"}]]}}""")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","kid":"k1","d":"S","x":"eA"}]}}""")]
    [InlineData("""{"api":{"key":"S"},"name":{"key":"public"}}""")]
    [InlineData("""{"credentials":{"oauthClient":{"client_id":"c1","client_secret":"S","token_endpoint_auth_method":"none"}}}""")]
    public void Knows_secrets_by_what_is_around_them(string json)
    {
        var bag = JsonBag.Parse(json);
        Assert.All(SecretMember.Values(bag), static value => Assert.Equal("S", value));
        Assert.Equal(json.Split(["\"S\""], StringSplitOptions.None).Length - 1, SecretMember.Values(bag).Count());

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            MaskedJson.Write(writer, bag, Redaction.Nothing);
        }

        // An array of secrets is one of them to a mask.
        var expected = json.Replace("[\"S\"]", "\"S\"").Replace("\"S\"", "\"***\"");
        Assert.Equal(expected, Encoding.UTF8.GetString(buffer.ToArray()));
        Assert.Equal(JsonBag.Parse(expected).ToString(), JsonBag.From(JsonSerializer.SerializeToElement(PlainValue.From(bag))).ToString());
    }

    [Fact]
    public void Words_at_a_secret_place_are_not_taken_for_secrets_elsewhere() =>
        Assert.Equal(
            ["a1b2c3d4e5f6"],
            SecretMember.SureValues(JsonBag.Parse("""{"authorization":"client_secret_basic","credentials":["required","a1b2c3d4e5f6"]}"""))
        );
}
