using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Fetching a client ID metadata document as the strictest server does.</summary>
public class ClientDocumentOperationTests
{
    private const string Url = "https://app.example.com/client.json";
    private const string Json = "Content-Type: application/json";

    private const string Good = """
        {"client_id":"https://app.example.com/client.json","client_name":"Agent","redirect_uris":["https://app.example.com/callback"],
         "grant_types":["authorization_code"],"token_endpoint_auth_method":"none"}
        """;

    private const string WithKeys = """
        {"client_id":"https://app.example.com/client.json","client_name":"Agent","redirect_uris":["https://app.example.com/callback"],
         "grant_types":["authorization_code"],"token_endpoint_auth_method":"private_key_jwt",
         "jwks_uri":"https://app.example.com/jwks.json"}
        """;

    [Fact]
    public async Task What_a_registered_client_has_is_kept_and_what_is_named_counts_more()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(
            """
            {"client_name":"App","client_name#fr":"Appli","redirect_uris":["https://app.example.com/cb"],"contacts":[],"default_max_age":60,
             "logo_uri":"https://app.example.com/logo.png","software_id":"app","post_logout_redirect_uris":["https://app.example.com/out"],
             "policy_uri":"https://app.example.com/policy","jwks_uri":"https://app.example.com/jwks","x_vendor":"x"}
            """
        );
        var metadata = ClientDocumentOperation.MetadataOf(client, JsonBag.Parse("""{"client_name":"Agent","contacts":[],"scope":"a"}"""));
        Assert.Equal("Agent", metadata.Text("client_name"));
        string[] kept =
        [
            "client_name#fr", "default_max_age", "logo_uri", "software_id", "post_logout_redirect_uris", "policy_uri", "jwks_uri",
            "redirect_uris", "scope",
        ];
        Assert.All(kept, name => Assert.True(metadata.Has(name), name));
        string[] others = ["contacts", "client_secret", "client_id", "registration_access_token", "registration_client_uri", "x_vendor"];
        Assert.All(others, name => Assert.False(metadata.Has(name), name));
    }

    [Fact]
    public async Task A_good_document_is_asked_for_once_and_without_a_credential()
    {
        using var handler = new RecordingHandler().Answer(200, Good, Json);
        var checks = await RunAsync(handler);
        Assert.All(checks, static check => Assert.Equal(DcrCheckStatus.Passed, check.Status));
        Assert.Equal(["URL", "Address", "Answer", "Content type", "Size", "JSON"], checks.Take(6).Select(static check => check.Name));
        Assert.Equal(new SentRequest("GET", new Uri(Url), null, ""), Assert.Single(handler.Requests));
    }

    [Theory]
    [InlineData(301, "a redirect to https://app.example.com/elsewhere")]
    [InlineData(302, "a redirect")]
    [InlineData(201, "HTTP 201")]
    [InlineData(203, "HTTP 203")]
    [InlineData(304, "a redirect")]
    [InlineData(401, "HTTP 401")]
    [InlineData(404, "HTTP 404")]
    public async Task Nothing_but_200_counts_and_no_redirect_is_followed(int status, string why)
    {
        using var handler = new RecordingHandler().Answer(status, Good, Json, "Location: https://app.example.com/elsewhere");
        var failed = Assert.Single(await RunAsync(handler), static check => check.Status != DcrCheckStatus.Passed);
        Assert.Equal(("Answer", DcrCheckStatus.Failed), (failed.Name, failed.Status));
        Assert.Contains(why, failed.Found);
        Assert.Single(handler.Requests);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/cimd+json", true)]
    [InlineData("Application/JSON", true)]
    [InlineData("text/plain", false)]
    [InlineData("text/json", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/jsonp", false)]
    public async Task The_content_type_is_JSON(string type, bool isGood)
    {
        using var handler = new RecordingHandler().Answer(200, Good, $"Content-Type: {type}");
        var check = (await RunAsync(handler)).Single(static check => check.Name == "Content type");
        Assert.Equal(isGood ? DcrCheckStatus.Passed : DcrCheckStatus.Failed, check.Status);
        Assert.Contains(type, check.Found);
    }

    [Theory]
    [InlineData("93.184.216.34", DcrCheckStatus.Passed)]
    [InlineData("93.184.216.34 10.0.0.7", DcrCheckStatus.Failed)]
    [InlineData("", DcrCheckStatus.Warning)]
    public async Task The_addresses_of_the_host_are_looked_at(string addresses, DcrCheckStatus status)
    {
        using var handler = new RecordingHandler().Answer(200, Good, Json);
        var check = (await RunAsync(handler, addresses)).Single(static check => check.Name == "Address");
        Assert.Equal(status, check.Status);
    }

    [Theory]
    [InlineData("http://app.example.com/client.json")]
    [InlineData("https://me:hunter2@app.example.com/client.json")]
    [InlineData("client.json")]
    public async Task What_must_not_be_asked_for_is_not(string url)
    {
        using var handler = new RecordingHandler();
        var checks = await RunAsync(handler, url: url);
        Assert.All(checks, static check => Assert.Equal("URL: Failed", $"{check.Name}: {check.Status}"));
        Assert.Empty(handler.Requests);
    }

    [Fact]
    public async Task No_answer_is_a_fault_of_the_document()
    {
        using var handler = new RecordingHandler().NameNotFound().Always();
        var failed = (await RunAsync(handler)).Single(static check => check.Status == DcrCheckStatus.Failed);
        Assert.Equal("Answer", failed.Name);
        Assert.Contains("host name was not found", failed.Found);
        Assert.DoesNotContain("-Proxy", failed.RecommendedAction);
    }

    [Theory]
    [InlineData(200, """{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}""", null)]
    [InlineData(200, """{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","d":"s3cr3t"}]}""", "private or symmetric key")]
    [InlineData(200, "[]", "no JSON Web Key Set")]
    [InlineData(200, "{}", "no JSON Web Key Set")]
    [InlineData(404, "{}", "HTTP 404")]
    public async Task Published_keys_are_looked_at(int status, string keys, string? why)
    {
        using var handler = new RecordingHandler().Answer(200, WithKeys, Json).Answer(status, keys, Json);
        var check = (await RunAsync(handler)).Single(static check => check.Name == "Published keys");
        Assert.Equal(why is null ? DcrCheckStatus.Passed : DcrCheckStatus.Failed, check.Status);
        Assert.Contains(why ?? "public keys", check.Found);
        Assert.DoesNotContain("s3cr3t", check.ToString());
        Assert.Equal("https://app.example.com/jwks.json", handler.Requests[1].Uri.AbsoluteUri);
    }

    private static async Task<IReadOnlyList<DcrCheck>> RunAsync(
        RecordingHandler handler,
        string addresses = "93.184.216.34",
        string url = Url
    )
    {
        var clock = new FakeClock();
        using var sender = new HttpSender(new HttpTransport(handler, TimeSpan.FromSeconds(10), clock), clock);
        var operation = new ClientDocumentOperation(
            sender,
            _ => addresses.Length == 0
                ? throw new SocketException((int)SocketError.HostNotFound)
                : Task.FromResult(addresses.Split(' ').Select(IPAddress.Parse).ToArray()),
            new RecordingReporter()
        );
        return (await operation.RunAsync(url, CancellationToken.None)).Checks;
    }
}
