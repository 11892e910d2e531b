using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class MetadataRulesTests
{
    private const string Keys = """{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}""";

    [Theory]
    [InlineData("https://app.example.com/callback")]
    [InlineData("https://app.example.com/cb?x=1")]
    [InlineData("https://app.example.com:8443/*")]
    [InlineData("http://localhost:1234/cb")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("http://[::1]:1234/cb")]
    [InlineData("http://app.localhost:1234/cb")]
    [InlineData("https://app.example.com/a,b")]
    [InlineData("https://app.example.com/?x=1,2")]
    [InlineData("com.example.app:/cb")]
    [InlineData("com.example.app://cb")]
    [InlineData("urn:ietf:wg:oauth:2.0:oob")]
    [InlineData("HTTPS://APP.EXAMPLE.COM/cb")]
    public void A_redirect_uri_that_may_be(string uri) => Check($$"""{"redirect_uris":["{{uri}}"]}""");

    [Theory]
    [InlineData("/callback", "is not an absolute URI")]
    [InlineData("app.example.com/callback", "is not an absolute URI")]
    [InlineData("callback", "is not an absolute URI")]
    [InlineData("https://", "is not an absolute URI")]
    [InlineData("https://app.example.com/cb#part", "has a fragment")]
    [InlineData("https://app.example.com/cb#", "has a fragment")]
    [InlineData("https://*.example.com/cb", "has a wildcard in its host")]
    [InlineData("https://app.*.com/cb", "has a wildcard in its host")]
    [InlineData("com.example.app://*/cb", "has a wildcard in its host")]
    [InlineData("http://app.example.com/cb", "uses http, which is for loopback addresses only")]
    [InlineData("http://192.168.0.1/cb", "uses http, which is for loopback addresses only")]
    [InlineData("http://localhost.example.com/cb", "uses http, which is for loopback addresses only")]
    [InlineData("javascript:alert(1)", "has the scheme javascript, which no client can receive an answer on")]
    [InlineData("JavaScript:alert(1)", "has the scheme javascript, which no client can receive an answer on")]
    [InlineData("data:text/html,x", "has the scheme data, which no client can receive an answer on")]
    [InlineData("file:///etc/passwd", "has the scheme file, which no client can receive an answer on")]
    [InlineData("https://a.example.com/cb,https://b.example.com/cb", "has a comma and another address behind it")]
    [InlineData("https://a.example.com/cb,com.example.app:/cb", "has a comma and another address behind it")]
    [InlineData("https://a.example.com/cb,", "has a comma and another address behind it")]
    [InlineData("https://a.example.com/auth/call\u2026", "has the character \u2026, which no URI has")]
    [InlineData("https://{host}.example.com/cb", "is not an absolute URI")]
    [InlineData("https://a.example.com/{id}", "has the character {, which no URI has")]
    [InlineData("https://a.example.com/<path>", "has the character <, which no URI has")]
    [InlineData("https://b\u00FCcher.example.com/cb", "has the character \u00FC, which no URI has")]
    [InlineData("https://a.example.com/c\uFFFDb", "has a letter that was lost when its file was read (U+FFFD)")]
    public void A_redirect_uri_that_may_not_be(string uri, string why)
    {
        var error = Refuse($$"""{"redirect_uris":["https://good.example.com/","{{uri}}"]}""");
        Assert.Equal((DcrErrorId.InvalidRedirectUri, "redirect_uris"), (error.ErrorId, error.Member));
        Assert.Equal($"Redirect URI '{uri}' {why}. Nothing was sent.", error.Message);
        Assert.Contains("-SkipValidation", error.RecommendedAction);
    }

    [Theory]
    [InlineData("https://a.example.com/\u00A0cb", "https://a.example.com/<U+00A0>cb", "U+00A0")]
    [InlineData("https://a\u200B.example.com/cb", "https://a<U+200B>.example.com/cb", "U+200B")]
    [InlineData("https://a.example.com/\uFEFFcb", "https://a.example.com/<U+FEFF>cb", "U+FEFF")]
    public void A_redirect_uri_with_a_character_that_nobody_sees_is_shown_with_it(string uri, string shown, string code) =>
        Assert.Equal(
            $"Redirect URI '{shown}' has a character that nobody sees ({code}). Nothing was sent.",
            Refuse($$"""{"redirect_uris":["{{uri}}"]}""").Message
        );

    [Theory]
    [InlineData("client_name", "Klinik\u00A0Nord", true)]
    [InlineData("client_name", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", true)] // Persian needs U+200C.
    [InlineData("client_name", "Klinik\uFFFDNord", false)]
    [InlineData("client_name", "Klinik\\nNord", false)]
    [InlineData("client_name#de", "Klinik\uFFFDNord", false)]
    [InlineData("scope", "read\u00A0write", false)]
    [InlineData("scope", "read,write", false)]
    [InlineData("scope", "read write", true)]
    [InlineData("software_id", "a\u200Bb", false)]
    [InlineData("software_statement", "a.b\\n.c", false)]
    [InlineData("client_uri", "https://a.example.com/\u200B", false)]
    [InlineData("x_vendor", "text, with a comma", true)]
    public void A_text_has_no_character_that_was_lost_or_that_nobody_sees(string member, string text, bool isFine) =>
        CheckEither(isFine, $$"""{"{{member}}":"{{text}}"}""", member);

    [Theory]
    [InlineData("grant_types", "authorization_code,refresh_token", false)]
    [InlineData("contacts", "a@example.com,b@example.com", false)]
    [InlineData("contacts", "a@example.com,", false)]
    [InlineData("contacts", "Clinic, 1 Main Street", true)]
    [InlineData("post_logout_redirect_uris", "https://a.example.com/,https://b.example.com/", false)]
    [InlineData("post_logout_redirect_uris", "https://a.example.com/?x=1,2", true)]
    public void Several_values_with_commas_between_them_are_not_one(string member, string text, bool isFine) =>
        CheckEither(isFine, $$"""{"redirect_uris":["https://a.example.com/"],"{{member}}":["{{text}}"]}""", member);

    [Theory]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt"}""", false)]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","jwks":null}""", false)]
    [InlineData("""{"token_endpoint_auth_method":"self_signed_tls_client_auth"}""", false)]
    [InlineData($$"""{"token_endpoint_auth_method":"private_key_jwt","jwks":{{Keys}}}""", true)]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://a.example.com/jwks"}""", true)]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","software_statement":"a.b.c"}""", true)] // It may hold them.
    // A change: the client may have them already.
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","client_id":"c1"}""", true)]
    [InlineData("""{"token_endpoint_auth_method":"tls_client_auth"}""", true)]
    public void A_client_that_signs_has_a_key(string metadata, bool isFine) => CheckEither(isFine, metadata, "jwks");

    [Theory]
    [InlineData("private_key_jwt", """{"jwks":null}""", false)]
    [InlineData("private_key_jwt", """{"jwks":null,"jwks_uri":"https://a.example.com/jwks"}""", true)]
    [InlineData("private_key_jwt", """{"jwks":null,"token_endpoint_auth_method":"client_secret_basic"}""", true)]
    [InlineData("private_key_jwt", """{"client_name":"x"}""", true)]
    [InlineData("client_secret_basic", """{"jwks":null}""", true)]
    [InlineData("client_secret_basic", """{"jwks":null,"token_endpoint_auth_method":"private_key_jwt"}""", false)]
    public void A_change_leaves_the_keys_of_a_client_that_signs(string method, string changes, bool isFine)
    {
        var kept = JsonBag.Parse($$"""{"client_id":"c1","token_endpoint_auth_method":"{{method}}","jwks":{{Keys}}}""");
        var error = Record.Exception(() => MetadataRules.CheckKeysStay(kept, JsonBag.Parse(changes)));
        Assert.Equal(isFine ? null : "jwks", (error as DcrException)?.Member);
    }

    [Theory]
    [InlineData("web", "https://app.example.com/cb", true)]
    [InlineData("web", "http://localhost/cb", true)]
    [InlineData("web", "com.example.app:/cb", false)]
    [InlineData("native", "com.example.app:/cb", true)]
    [InlineData("native", "http://127.0.0.1/cb", true)]
    public void A_private_use_scheme_is_for_native_applications(string applicationType, string uri, bool isFine) =>
        CheckEither(isFine, $$"""{"application_type":"{{applicationType}}","redirect_uris":["{{uri}}"]}""", "redirect_uris");

    [Theory]
    [InlineData("client_uri")]
    [InlineData("logo_uri")]
    [InlineData("tos_uri")]
    [InlineData("policy_uri")]
    [InlineData("jwks_uri")]
    public void A_web_address_is_absolute(string member)
    {
        Check($$"""{"{{member}}":"https://app.example.com/x"}""");
        Check($$"""{"{{member}}":"http://app.example.com/x"}""");
        Check($$"""{"{{member}}":null}""");
        foreach (var wrong in new[] { "app.example.com", "/x", "ftp://app.example.com/x", "mailto:a@example.com" })
        {
            Assert.Equal(member, Refuse($$"""{"{{member}}":"{{wrong}}"}""").Member);
        }
    }

    [Theory]
    [InlineData($$"""{"jwks":{{Keys}}}""", true)]
    [InlineData("""{"jwks_uri":"https://app.example.com/jwks"}""", true)]
    [InlineData($$"""{"jwks":{{Keys}},"jwks_uri":null}""", true)]
    [InlineData("""{"jwks":{},"jwks_uri":"https://app.example.com/jwks"}""", true)]
    [InlineData($$"""{"jwks":{{Keys}},"jwks_uri":"https://app.example.com/jwks"}""", false)]
    [InlineData("""{"jwks":{"keys":[]}}""", false)]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"},null]}}""", false)]
    [InlineData("""{"jwks":{"keys":[{"kty":1}]}}""", false)]
    [InlineData("""{"jwks":{"key":[]}}""", false)]
    [InlineData("""{"jwks":[]}""", false)]
    [InlineData("""{"jwks":"text"}""", false)]
    [InlineData("""{"jwks":{"keys":"text"}}""", false)]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","x":"x","y":"y","d":"private"}]}}""", false)]
    [InlineData("""{"jwks":{"keys":[{"kty":"RSA","n":"n","e":"AQAB"},{"kty":"oct","k":"symmetric"}]}}""", false)]
    public void Keys_are_public_and_given_once(string metadata, bool isFine) => CheckEither(isFine, metadata, "jwks");

    /// <summary>Nothing judges it away: what has left the machine is no longer private.</summary>
    [Theory]
    [InlineData("""{"keys":["{\"kty\":\"EC\",\"x\":\"x\",\"y\":\"y\",\"d\":\"s3cr3t\"}"]}""")]
    [InlineData(""" "{\"keys\":[{\"kty\":\"EC\",\"x\":\"x\",\"y\":\"y\",\"d\":\"s3cr3t\"}]}" """)]
    [InlineData("""{"keys":[{"kty":"EC","x":"x","y":"y"}],"backup":{"kty":"EC","x":"x","y":"y","d":"s3cr3t"}}""")]
    [InlineData("""{"keys":[{"kty":"EC","x":"x","y":"y","signing":{"kty":"EC","d":"s3cr3t"}}]}""")]
    [InlineData("""{"keys":[[{"kty":"EC","x":"x","y":"y","d":"s3cr3t"}]]}""")]
    [InlineData("""{"keys":[{"kty":"EC","x":"x","y":"y"}],"client_secret":"s3cr3t"}""")]
    [InlineData("""{"keys":[{"kty":"EC","x":"x","y":"y","note":"-----BEGIN PRIVATE KEY-----s3cr3t"}]}""")]
    [InlineData("""{"keys":[{"kty":"AKP","alg":"ML-DSA-44","pub":"x","priv":"s3cr3t"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","x":"x","y":"y","D":"s3cr3t"}]}""")]
    [InlineData("""{"keys":[{"x":"x","y":"y","d":"s3cr3t"}]}""")]
    public void A_private_key_is_refused_wherever_it_is(string jwks)
    {
        var error = Refuse($$"""{"jwks":{{jwks}}}""");
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "jwks"), (error.ErrorId, error.Member));
        Assert.Contains("private or symmetric key", error.Message);
        Assert.DoesNotContain("-SkipValidation", error.Message + error.RecommendedAction);
        Assert.DoesNotContain("s3cr3t", error.ToString());
    }

    [Theory]
    [InlineData("authorization_code", "code", true)]
    [InlineData("authorization_code refresh_token", "code", true)]
    [InlineData("client_credentials", "none", true)]
    [InlineData("implicit", "token", true)]
    [InlineData("implicit", "id_token token", true)]
    [InlineData("authorization_code implicit", "code id_token", true)]
    [InlineData("client_credentials", "code", false)]
    [InlineData("authorization_code", "code token", false)]
    [InlineData("authorization_code implicit", "id_token", false)]
    [InlineData("authorization_code", "id_token", false)]
    public void Grant_types_and_response_types_fit_each_other(string grants, string responses, bool isFine)
    {
        var metadata =
            $$"""{"redirect_uris":["https://a.example.com/"],"grant_types":["{{grants.Replace(" ", "\",\"")}}"],"response_types":["{{responses}}"]}""";
        CheckEither(isFine, metadata, grants.Contains("implicit") ? "response_types" : "grant_types");
    }

    [Theory]
    [InlineData("""{"grant_types":["authorization_code"]}""", false)]
    [InlineData("""{"grant_types":["implicit"],"redirect_uris":[]}""", false)]
    [InlineData("""{"grant_types":["authorization_code"],"redirect_uris":"https://a.example.com/"}""", true)]
    [InlineData("""{"grant_types":["client_credentials"]}""", true)]
    [InlineData("""{"grant_types":["authorization_code"],"software_statement":"a.b.c"}""", true)] // It may hold them.
    [InlineData("""{"grant_types":["authorization_code"],"client_id":"c1"}""", true)] // A change: the client has them already.
    [InlineData("""{"client_name":"n"}""", true)] // What is not named is not judged: the server may have a template.
    [InlineData("{}", true)]
    public void A_grant_that_redirects_needs_somewhere_to(string metadata, bool isFine) => CheckEither(isFine, metadata, "redirect_uris");

    [Theory]
    [InlineData("none", "client_credentials", false)]
    [InlineData("client_secret_basic", "client_credentials", true)]
    [InlineData("none", "urn:ietf:params:oauth:grant-type:device_code", true)]
    public void A_client_that_acts_for_itself_authenticates(string method, string grant, bool isFine) =>
        CheckEither(isFine, $$"""{"token_endpoint_auth_method":"{{method}}","grant_types":["{{grant}}"]}""", "token_endpoint_auth_method");

    private static void Check(string metadata) => MetadataRules.Check(JsonBag.Parse(metadata));

    private static DcrException Refuse(string metadata) => Assert.Throws<DcrException>(() => Check(metadata));

    private static void CheckEither(bool isFine, string metadata, string member)
    {
        if (isFine)
        {
            Check(metadata);
            return;
        }

        var error = Refuse(metadata);
        Assert.Equal(member, error.Member);
        Assert.EndsWith("Nothing was sent.", error.Message);
    }
}
