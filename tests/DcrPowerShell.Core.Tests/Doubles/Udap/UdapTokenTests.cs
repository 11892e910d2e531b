#if NET // .NET Framework has no PEM.
using System.Collections.Generic;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Xunit;

namespace DcrPowerShell.Core.Tests.Doubles.Udap;

/// <summary>What the test server's token endpoint for UDAP takes and refuses, by requests that are made by hand.</summary>
public class UdapTokenTests
{
    [Fact]
    public async Task Gives_a_token_to_a_registered_client()
    {
        using var client = await HandMadeClient.StartAsync("""{"requireB2b":true}""");
        var answer = await client.TokenAsync(client.AssertionClaims(await RegisterAsync(client)));
        Assert.Equal("200 : ", answer.ToString());
        Assert.Equal("Bearer", (string?)answer.Body["token_type"]);
        Assert.InRange((int)answer.Body["expires_in"]!, 1, 3600);
        Assert.StartsWith("at_", (string?)answer.Body["access_token"]);
    }

    [Theory]
    [InlineData("udap", null, "400 invalid_request")]
    [InlineData("udap", "2", "400 invalid_request")]
    [InlineData("client_assertion_type", "urn:other", "400 invalid_request")]
    [InlineData("client_secret", "secret", "400 invalid_request")]
    [InlineData("scope", null, "400 invalid_request")]
    [InlineData("scope", "system/Patient.write", "400 invalid_scope")]
    [InlineData("grant_type", null, "400 unsupported_grant_type")]
    [InlineData("grant_type", "password", "400 unsupported_grant_type")]
    [InlineData("grant_type", "authorization_code", "400 unauthorized_client")]
    [InlineData("client_assertion", null, "401 invalid_client")]
    public async Task Refuses_a_form_with(string name, string? value, string expected)
    {
        using var client = await HandMadeClient.StartAsync();
        var answer = await client.TokenAsync(client.AssertionClaims(await RegisterAsync(client)), form => Set(form, name, value));
        Assert.StartsWith(expected, answer.ToString());
    }

    [Theory]
    [InlineData("iss", "\"https://app.example.com/backend\"")]
    [InlineData("sub", "\"other\"")]
    [InlineData("aud", "\"https://other.example.org/token\"")]
    [InlineData("exp", "4000000000")]
    [InlineData("iat", "4000000000")]
    [InlineData("jti", null)]
    public async Task Refuses_an_assertion_with(string claim, string? value)
    {
        using var client = await HandMadeClient.StartAsync();
        var claims = client.AssertionClaims(await RegisterAsync(client));
        claims[claim] = value is null ? null : JsonNode.Parse(value);
        Assert.StartsWith("401 invalid_client: client_assertion: ", (await client.TokenAsync(claims)).ToString());
    }

    [Fact]
    public async Task Takes_an_assertion_once_and_from_the_registered_application_only()
    {
        using var client = await HandMadeClient.StartAsync();
        var clientId = await RegisterAsync(client);
        var claims = client.AssertionClaims(clientId);
        Assert.Equal(200, (await client.TokenAsync(claims)).Status);
        Assert.Matches("^401 invalid_client: .*jti", (await client.TokenAsync(claims)).ToString());
        foreach (
            var order in new object[]
            {
                new { uris = new[] { "https://app.example.com/other" }, key = "p256" },
                new { uris = new[] { HandMadeClient.Uri }, key = "p256", community = client.Server.Communities[1].Uri },
                new { uris = new[] { HandMadeClient.Uri }, key = "p256", kind = "expired" },
            }
        )
        {
            var other = await client.Server.CertificateAsync(order);
            Assert.Matches(
                "^401 invalid_client: .*certificate", (await client.TokenAsync(client.AssertionClaims(clientId), null, other)).ToString());
        }

        // A renewed certificate of the same application is as good as the first.
        var renewed = await client.Server.CertificateAsync(new { uris = new[] { HandMadeClient.Uri }, key = "p256" });
        Assert.Equal(200, (await client.TokenAsync(client.AssertionClaims(clientId), null, renewed)).Status);
    }

    [Theory]
    [InlineData(null, "required")]
    [InlineData("""{"version":"2"}""", "version")]
    [InlineData("""{"version":"1","purpose_of_use":["TREAT"]}""", "organization_id")]
    [InlineData("""{"version":"1","organization_id":"urn:org:1"}""", "purpose_of_use")]
    [InlineData("""{"version":"1","organization_id":"urn:org:1","purpose_of_use":"TREAT"}""", "purpose_of_use")]
    [InlineData("""{"version":"1","organization_id":"urn:org:1","purpose_of_use":[]}""", "purpose_of_use")]
    [InlineData("\"hl7-b2b\"", "object")]
    public async Task Demands_the_B2B_extension(string? extension, string word)
    {
        using var client = await HandMadeClient.StartAsync("""{"requireB2b":true}""");
        var claims = client.AssertionClaims(await RegisterAsync(client));
        claims["extensions"] = extension is null ? null : new JsonObject { ["hl7-b2b"] = JsonNode.Parse(extension) };
        Assert.Matches($"^400 invalid_grant: .*{word}", (await client.TokenAsync(claims)).ToString());
    }

    [Fact]
    public async Task Does_without_the_B2B_extension_where_it_is_not_required()
    {
        using var client = await HandMadeClient.StartAsync();
        var claims = client.AssertionClaims(await RegisterAsync(client));
        claims.Remove("extensions");
        Assert.Equal(200, (await client.TokenAsync(claims)).Status);
    }

    [Fact]
    public async Task Knows_no_code_and_no_cancelled_client()
    {
        using var client = await HandMadeClient.StartAsync();
        var clientId = (await client.RegisterAsync(client.CodeClaims())).ClientId!;
        var answer = await client.TokenAsync(client.AssertionClaims(clientId), static form =>
        {
            form["grant_type"] = "authorization_code";
            form["code"] = "made up";
        });
        Assert.StartsWith("400 invalid_grant", answer.ToString());
        var cancelling = client.Claims();
        cancelling["grant_types"] = new JsonArray();
        Assert.Equal(200, (await client.RegisterAsync(cancelling)).Status);
        Assert.StartsWith("401 invalid_client", (await client.TokenAsync(client.AssertionClaims(clientId))).ToString());
    }

    private static async Task<string> RegisterAsync(HandMadeClient client) => (await client.RegisterAsync(client.Claims())).ClientId!;

    private static void Set(Dictionary<string, string> form, string name, string? value)
    {
        if (value is null)
        {
            form.Remove(name);
        }
        else
        {
            form[name] = value;
        }
    }
}
#endif
