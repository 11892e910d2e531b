using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

/// <summary>Client ID metadata documents: the rules of the draft, and what known servers refuse.</summary>
public class ClientDocumentTests
{
    private const string Url = "https://app.example.com/client.json";

    private const string Good = """
        {"client_id":"https://app.example.com/client.json","client_name":"Agent","redirect_uris":["https://app.example.com/callback"],
         "grant_types":["authorization_code"],"token_endpoint_auth_method":"none"}
        """;

    private const string Public = """{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}""";

    // Auth0 docs, register-applications-with-cimd, "Example CIMD", with addresses of ours.
    private const string Published = """
        {"client_id":"https://app.example.com/client.json","client_name":"Example MCP Tool Server",
         "description":"MCP server providing tools for data analysis","logo_uri":"https://app.example.com/logo.png",
         "application_type":"web","grant_types":["authorization_code","refresh_token"],
         "redirect_uris":["https://app.example.com/callback"],"token_endpoint_auth_method":"none","response_types":["code"]}
        """;

    [Theory]
    [InlineData(Good)]
    [InlineData(Published)]
    public void A_good_document_passes_every_check(string document)
    {
        var checks = Judge(document);
        Assert.All(checks, static check => Assert.Equal((DcrCheckStatus.Passed, (string?)null), (check.Status, check.RecommendedAction)));
        Assert.Equal(
            ["Size", "JSON", "client_id", "client_name", "redirect_uris", "Authentication", "Secrets", "Keys", "Other members"],
            checks.Select(static check => check.Name)
        );
    }

    [Theory]
    [InlineData("https://app.example.com/client.json")]
    [InlineData("https://app.example.com:8443/client.json")]
    [InlineData("https://app.example.com/a.b/..c/client%2Djson")]
    public void A_URL_that_can_be_a_client_id(string url) =>
        Assert.Equal(DcrCheckStatus.Passed, Assert.Single(ClientDocument.JudgeUri(url)).Status);

    [Theory]
    [InlineData("http://app.example.com/client.json", "scheme is http")]
    [InlineData("https://user@app.example.com/client.json", "user name")]
    [InlineData("https://user:pass@app.example.com/client.json", "user name")]
    [InlineData("https://app.example.com", "no path")]
    [InlineData("https://app.example.com?x=/", "no path")]
    [InlineData("https://app.example.com/a/../client.json", "dots")]
    [InlineData("https://app.example.com/./client.json", "dots")]
    [InlineData("https://app.example.com/a/%2E%2e/client.json", "dots")]
    [InlineData("https://app.example.com/a/..", "dots")]
    [InlineData("https://app.example.com/client.json#", "fragment")]
    [InlineData("https://app.example.com/client.json#top", "fragment")]
    [InlineData("https://app.example.com/client json", "character")]
    [InlineData(" https://app.example.com/client.json", "not an absolute URL")]
    [InlineData("https://app.example.com/client.json ", "character")]
    [InlineData("https://app.example.com\\client.json", "not an absolute URL")]
    [InlineData("https://app.example.com/a\\client.json", "character")]
    [InlineData("https://app.example.com/50%", "character")]
    [InlineData("https:///client.json", "not an absolute URL")]
    [InlineData("app.example.com/client.json", "not an absolute URL")]
    public void A_URL_that_no_server_takes(string url, string why) =>
        Assert.Contains(
            ClientDocument.JudgeUri(url),
            check => check.Status == DcrCheckStatus.Failed && check.Found.Contains(why) && check.Name == "URL"
        );

    [Theory]
    [InlineData("https://app.example.com/", "slash")]
    [InlineData("https://app.example.com/client.json?v=1", "query")]
    [InlineData(
        "https://app.example.com/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
        "120"
    )]
    public void A_URL_that_Auth0_refuses(string url, string why)
    {
        var check = Assert.Single(ClientDocument.JudgeUri(url));
        Assert.Equal(DcrCheckStatus.Warning, check.Status);
        Assert.Contains(why, check.Found);
        Assert.Contains("Auth0", check.Found);
    }

    [Fact]
    public void A_password_in_the_URL_is_not_repeated() =>
        Assert.DoesNotContain("hunter2", string.Concat(ClientDocument.JudgeUri("https://me:hunter2@app.example.com/a/../b")));

    [Theory]
    [InlineData("""{"client_id":null}""", "client_id", "no client_id")]
    [InlineData("""{"client_id":"https://app.example.com/Client.json"}""", "client_id", "letter by letter")]
    [InlineData("""{"client_id":"https://app.example.com:443/client.json"}""", "client_id", "letter by letter")]
    [InlineData("""{"client_name":" "}""", "client_name", "no client_name")]
    [InlineData("""{"redirect_uris":[]}""", "redirect_uris", "no redirect_uris")]
    [InlineData("""{"redirect_uris":["http://app.example.com/cb"]}""", "redirect_uris", "loopback addresses only")]
    [InlineData("""{"redirect_uris":["https://a.example/cb","https://a.example/#x"]}""", "redirect_uris", "fragment")]
    [InlineData("""{"token_endpoint_auth_method":null}""", "Authentication", "client_secret_basic")]
    [InlineData("""{"token_endpoint_auth_method":"client_secret_post"}""", "Authentication", "none and private_key_jwt")]
    [InlineData("""{"token_endpoint_auth_method":"client_secret_basic"}""", "Authentication", "none and private_key_jwt")]
    [InlineData("""{"token_endpoint_auth_method":"client_secret_jwt"}""", "Authentication", "none and private_key_jwt")]
    [InlineData("""{"token_endpoint_auth_method":"tls_client_auth"}""", "Authentication", "none and private_key_jwt")]
    [InlineData("""{"client_secret":"s3cr3t"}""", "Secrets", "client_secret")]
    [InlineData("""{"client_secret":null}""", "Secrets", "client_secret")]
    [InlineData("""{"client_secret_expires_at":0}""", "Secrets", "client_secret_expires_at")]
    [InlineData("""{"registration_access_token":"abc"}""", "Secrets", "registration_access_token")]
    [InlineData("""{"settings":{"apiKey":"abc"}}""", "Secrets", "settings")]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt"}""", "Keys", "is missing")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","d":"AQ"}]}}""", "Keys", "private or symmetric")]
    [InlineData("""{"jwks":{"keys":[{"kty":"oct","k":"AQ"}]}}""", "Keys", "private or symmetric")]
    [InlineData("""{"jwks_uri":"http://app.example.com/jwks.json"}""", "Keys", "not https")]
    [InlineData("""{"jwks_uri":"jwks.json"}""", "Keys", "not an absolute web address")]
    [InlineData("""{"client_uri":"app"}""", "Other members", "not an absolute web address")]
    [InlineData("""{"grant_types":["authorization_code"],"response_types":["token"]}""", "Other members", "implicit")]
    [InlineData("""{"jwks":{"keys":[]},"token_endpoint_auth_method":"private_key_jwt"}""", "Keys", "has no key")]
    [InlineData("""{"jwks":{"keys":[{"kty":"RSA","n":"n","e":"AQAB"},5]}}""", "Keys", "no JSON Web Key")]
    [InlineData("""{"jwks":{"keys":[{"kty":"RSA","n":"n","e":"AQAB"},null]}}""", "Keys", "no JSON Web Key")]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"HS256"}""", "Other members", "HS256")]
    [InlineData("""{"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"none"}""", "Other members", "none")]
    [InlineData("""{"token_endpoint_auth_method":["none"]}""", "Authentication", "is not a text")]
    [InlineData("""{"redirect_uris":"https://app.example.com/callback"}""", "redirect_uris", "is not an array of texts")]
    [InlineData("""{"grant_types":"authorization_code"}""", "Other members", "grant_types is not an array of texts")]
    [InlineData("""{"response_types":["code",1]}""", "Other members", "response_types is not an array of texts")]
    [InlineData("""{"contacts":"x"}""", "Other members", "contacts is not an array of texts")]
    [InlineData("""{"scope":["a"]}""", "Other members", "scope is not a text")]
    [InlineData("""{"client_name":["Agent"]}""", "client_name", "is not a text")]
    [InlineData("""{"logo_uri":"https://me:s3cr3t@app.example.com/logo.png"}""", "Other members", "logo_uri has a user name or password")]
    [InlineData("""{"redirect_uris":["https://me:s3cr3t@app.example.com/"]}""", "redirect_uris", "has a user name or password")]
    public void What_no_server_takes_of_a_document(string changes, string name, string why)
    {
        var failed = Judge(Changed(changes)).Where(static check => check.Status == DcrCheckStatus.Failed).ToList();
        Assert.Contains(failed, check => check.Name == name && check.Found.Contains(why) && check.RecommendedAction!.Length > 0);
        Assert.DoesNotContain("s3cr3t", string.Concat(failed));
    }

    [Theory]
    [InlineData("""{"grant_types":null}""", "Other members", "Auth0")]
    [InlineData("""{"grant_types":["authorization_code","urn:x"]}""", "Other members", "urn:x")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}}""", "Keys", "Auth0")]
    [InlineData("""{"jwks_uri":"https://keys.example.com/jwks.json"}""", "Keys", "Auth0")]
    [InlineData("""{"logo_uri":"http://app.example.com/logo.png"}""", "Other members", "oidc-provider")]
    [InlineData("""{"client_uri":"https://www.example.com"}""", "Other members", "better-auth")]
    [InlineData("""{"redirect_uris":["http://127.0.0.1:7777/cb"]}""", "redirect_uris", "native")]
    public void What_some_servers_refuse_of_a_document(string changes, string name, string who)
    {
        var check = Assert.Single(Judge(Changed(changes)), static check => check.Status != DcrCheckStatus.Passed);
        Assert.Equal((DcrCheckStatus.Warning, name), (check.Status, check.Name));
        Assert.Contains(who, check.Found);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("app.localhost:8443")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("10.0.0.1:8443")]
    public void A_host_that_servers_of_the_internet_do_not_reach(string host)
    {
        var check = Assert.Single(ClientDocument.JudgeUri($"https://{host}/client.json"));
        Assert.Equal(DcrCheckStatus.Warning, check.Status);
        Assert.Contains("special or private", check.Found);
    }

    /// <summary>The last one wins in most parsers, and the first one is published all the same.</summary>
    [Theory]
    [InlineData("jwks", """{"jwks":{"keys":[{"kty":"EC","d":"s3cr3t"}]},"jwks":""" + Public + ",")]
    [InlineData("keys", """{"jwks":{"keys":[{"kty":"EC","d":"s3cr3t"}],"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]},""")]
    [InlineData("client_name", """{"client_name":"Other",""")]
    public void A_member_that_is_there_twice_is_told(string member, string beginning)
    {
        var failed = Assert.Single(
            Judge(beginning + Good.TrimStart().Remove(0, 1)),
            static check => check is { Name: "JSON", Status: DcrCheckStatus.Failed }
        );
        Assert.Equal($"It has {member} twice.", failed.Found);
    }

    [Fact]
    public void Every_fault_is_told_by_itself()
    {
        const string Faulty =
            """{"client_id":null,"redirect_uris":["http://a.example","ftp://b.example"],"client_secret":"x","api_key":"y"}""";
        var failed = Judge(Changed(Faulty)).Where(static check => check.Status == DcrCheckStatus.Failed);
        Assert.Equal(["client_id", "redirect_uris", "redirect_uris", "Secrets", "Secrets"], failed.Select(static check => check.Name));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("")]
    [InlineData("""{"client_name":"\ud800"}""")]
    public void What_is_no_JSON_object_is_not_judged_further(string text) =>
        Assert.Equal(["Size: Passed", "JSON: Failed"], Judge(text).Select(static check => $"{check.Name}: {check.Status}"));

    [Fact]
    public void A_byte_order_mark_and_another_encoding_are_told()
    {
        var marked = ClientDocument.JudgeText(Url, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Good)], out var document);
        Assert.Contains("byte order mark", Assert.Single(marked, static check => check.Status == DcrCheckStatus.Failed).Found);
        Assert.NotNull(document);
        Assert.Contains(
            ClientDocument.JudgeText(Url, Encoding.GetEncoding("iso-8859-1").GetBytes(Good.Replace("Agent", "Ägent")), out _),
            static check => check.Name == "JSON" && check.Status == DcrCheckStatus.Failed
        );
    }

    [Theory]
    [InlineData(5000, DcrCheckStatus.Passed)]
    [InlineData(5001, DcrCheckStatus.Failed)]
    public void Five_kilobytes_are_read(int size, DcrCheckStatus status)
    {
        var text = Encoding.UTF8.GetBytes(Good + new string(' ', size - Good.Length));
        Assert.Equal(status, ClientDocument.JudgeText(Url, text, out _).Single(static check => check.Name == "Size").Status);
    }

    [Fact]
    public void A_document_is_made_of_what_is_named_and_what_must_be_named()
    {
        var (text, doubts) = ClientDocument.Make(
            Url,
            JsonBag.Parse("""{"client_name":"Ägent","redirect_uris":["https://app.example.com/cb"]}""")
        );
        Assert.Empty(doubts);
        Assert.Equal(
            """
            {
              "client_id": "https://app.example.com/client.json",
              "grant_types": [
                "authorization_code"
              ],
              "token_endpoint_auth_method": "none",
              "client_name": "Ägent",
              "redirect_uris": [
                "https://app.example.com/cb"
              ]
            }
            """.Replace("\r", ""),
            text.Replace("\r", "")
        );
    }

    [Theory]
    [InlineData("""{"jwks_uri":"https://app.example.com/jwks.json"}""", "private_key_jwt")]
    [InlineData("""{"jwks":""" + Public + "}", "private_key_jwt")]
    [InlineData("""{"jwks":""" + Public + ""","token_endpoint_auth_method":"none"}""", "none")]
    [InlineData("{}", "none")]
    public void The_method_is_named_by_the_keys_unless_the_user_names_it(string members, string method)
    {
        var (text, _) = ClientDocument.Make(
            Url,
            JsonBag.Parse("""{"client_name":"Agent","redirect_uris":["https://app.example.com/cb"]}""").With(JsonBag.Parse(members))
        );
        Assert.Equal(method, JsonBag.Parse(text).Text("token_endpoint_auth_method"));
    }

    [Theory]
    [InlineData("""{"client_secret":"s3cr3t"}""", "client_secret")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","d":"s3cr3t"}]}}""", "private")]
    [InlineData("""{"client_id":"https://other.example.com/client.json"}""", "client_id")]
    [InlineData("""{"token_endpoint_auth_method":"client_secret_basic"}""", "client_secret_basic")]
    public void What_would_be_refused_is_not_made(string members, string why)
    {
        var metadata = JsonBag.Parse("""{"client_name":"Agent","redirect_uris":["https://app.example.com/cb"]}""");
        var error = Assert.Throws<DcrException>(() => ClientDocument.Make(Url, metadata.With(JsonBag.Parse(members))));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, error.ErrorId);
        Assert.Contains(why, error.Message);
        Assert.DoesNotContain("s3cr3t", error.ToString());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.0.1")]
    [InlineData("198.19.0.1")]
    [InlineData("203.0.113.7")]
    [InlineData("255.255.255.255")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::")]
    public void An_address_that_is_special(string address) => Assert.True(SpecialAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("192.169.0.1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2001:4860::1")]
    public void An_address_of_the_internet(string address) => Assert.False(SpecialAddress.Is(IPAddress.Parse(address)));

    private static string Changed(string changes) => JsonBag.Parse(Good).With(JsonBag.Parse(changes)).ToString();

    private static IReadOnlyList<DcrCheck> Judge(string text) => ClientDocument.JudgeText(Url, Encoding.UTF8.GetBytes(text), out _);
}
