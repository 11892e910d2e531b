#if NET // .NET Framework has no PEM.
using System;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Xunit;

namespace DcrPowerShell.Core.Tests.Doubles.Udap;

/// <summary>What the test server's registration endpoint takes and refuses, by requests that are made by hand.</summary>
public class UdapRegistrationTests
{
    [Theory]
    [InlineData("rsa", "RS256")]
    [InlineData("rsa", "RS384")]
    [InlineData("p256", "ES256")]
    [InlineData("p384", "ES384")]
    public async Task Registers_a_client_for_client_credentials(string key, string algorithm)
    {
        using var client = await HandMadeClient.StartAsync(key: key);
        var statement = HandMadeJwt.Sign(client.Certificate, client.Claims(), algorithm);
        var answer = await client.PostStatementAsync(statement);
        Assert.Equal("201 : ", answer.ToString());
        Assert.Equal("Backend", (string?)answer.Body["client_name"]);
        Assert.Equal(statement, (string?)answer.Body["software_statement"]);
        Assert.Empty(answer.Body.Select(static member => member.Key).Intersect(
            ["iss", "sub", "aud", "exp", "iat", "jti", "registration_access_token", "registration_client_uri", "client_secret"]));
        Assert.Equal(answer.ClientId, Assert.Single(await client.Server.ClientsAsync()).ClientId);
        Assert.Equal("register", Assert.Single(await client.Server.RequestsAsync()).Operation);
    }

    [Fact]
    public async Task Registers_a_client_for_the_authorization_code_grant()
    {
        using var client = await HandMadeClient.StartAsync();
        Assert.Equal(201, (await client.RegisterAsync(client.CodeClaims())).Status);
    }

    [Theory]
    [InlineData("""{"udap":null}""", "invalid_client_metadata", "udap")]
    [InlineData("""{"udap":1}""", "invalid_client_metadata", "udap")]
    [InlineData("""{"software_statement":null}""", "invalid_software_statement", "not a JWT")]
    [InlineData("""{"software_statement":"e30.e30"}""", "invalid_software_statement", "not a JWT")]
    [InlineData("""{"client_name":"Backend"}""", "invalid_client_metadata", "client_name")]
    [InlineData("""{"certifications":"e30.e30.e30"}""", "invalid_client_metadata", "certifications")]
    [InlineData("""{"certifications":["e30.e30"]}""", "invalid_client_metadata", "certifications")]
    public async Task Refuses_a_body_with(string members, string error, string word)
    {
        using var client = await HandMadeClient.StartAsync();
        var answer = await client.RegisterAsync(client.Claims(), body => Put(body, members));
        Assert.Matches($"^400 {error}: .*{word}", answer.ToString());
        Assert.Empty(await client.Server.ClientsAsync());
    }

    [Theory]
    [InlineData("""{"x5c":null}""", "x5c")]
    [InlineData("""{"x5c":[]}""", "x5c")]
    [InlineData("""{"x5c":["bm8gY2VydGlmaWNhdGU="]}""", "x5c")]
    [InlineData("""{"alg":"none"}""", "algorithm")]
    [InlineData("""{"alg":"PS256"}""", "algorithm")]
    [InlineData("""{"alg":"RS256"}""", "signature")]
    public async Task Refuses_a_statement_whose_header_has(string members, string word)
    {
        using var client = await HandMadeClient.StartAsync();
        var statement = HandMadeJwt.Sign(client.Certificate, client.Claims(), editHeader: header => Put(header, members));
        Assert.Matches($"^400 invalid_software_statement: .*{word}", (await client.PostStatementAsync(statement)).ToString());
    }

    [Fact]
    public async Task Refuses_a_statement_that_another_key_or_claim_is_in()
    {
        using var client = await HandMadeClient.StartAsync();
        var parts = HandMadeJwt.Sign(client.Certificate, client.Claims()).Split('.');
        var other = HandMadeJwt.Sign(client.Certificate, client.Claims()).Split('.');
        Assert.Contains("signature", (await client.PostStatementAsync($"{parts[0]}.{other[1]}.{parts[2]}")).ToString());
        var foreign = await client.Server.CertificateAsync(new { uris = new[] { HandMadeClient.Uri }, key = "p256" });
        var header = HandMadeJwt.Header(HandMadeJwt.Sign(foreign, client.Claims()))["x5c"]!.DeepClone();
        var statement = HandMadeJwt.Sign(client.Certificate, client.Claims(), editHeader: own => own["x5c"] = header);
        Assert.Contains("signature", (await client.PostStatementAsync(statement)).ToString());
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("notYetValid")]
    [InlineData("noDigitalSignature")]
    [InlineData("unknownRoot")]
    [InlineData("selfSigned")]
    [InlineData("intermediateExpired")]
    [InlineData("intermediateNotCa")]
    [InlineData("weakKey")]
    [InlineData("revoked")]
    [InlineData("intermediateRevoked")]
    public async Task Does_not_approve_of_a_certificate_that_is(string kind)
    {
        using var client = await HandMadeClient.StartAsync(kind: kind);
        Assert.StartsWith("400 unapproved_software_statement: ", (await client.RegisterAsync(client.Claims())).ToString());
    }

    [Theory]
    [InlineData("goodByCrl")]
    [InlineData("crlUnanswered")]
    public async Task Knows_by_itself_what_its_communities_have_revoked(string kind)
    {
        using var client = await HandMadeClient.StartAsync(kind: kind);
        Assert.Equal(201, (await client.RegisterAsync(client.Claims())).Status);
    }

    [Fact]
    public async Task Does_not_approve_of_certificates_that_are_missing_or_out_of_order()
    {
        using var client = await HandMadeClient.StartAsync();
        foreach (var edit in new Action<JsonArray>[] { static x5c => x5c.RemoveAt(1), static x5c => x5c.Add(x5c[0]!.DeepClone()) })
        {
            var statement = HandMadeJwt.Sign(
                client.Certificate, client.Claims(), editHeader: header => edit(header["x5c"]!.AsArray()));
            Assert.StartsWith("400 unapproved_software_statement: ", (await client.PostStatementAsync(statement)).ToString());
        }
    }

    [Theory]
    [InlineData("""{"iss":"https://app.example.com/other","sub":"https://app.example.com/other"}""", "iss")]
    [InlineData("""{"iss":"https://app.example.com/backend/","sub":"https://app.example.com/backend/"}""", "iss")]
    [InlineData("""{"iss":null}""", "iss")]
    [InlineData("""{"sub":"https://app.example.com/other"}""", "sub")]
    [InlineData("""{"sub":null}""", "sub")]
    [InlineData("""{"aud":"https://other.example.org/register"}""", "aud")]
    [InlineData("""{"aud":null}""", "aud")]
    [InlineData("""{"exp":null}""", "exp")]
    [InlineData("""{"iat":null}""", "iat")]
    [InlineData("""{"iat":"1700000000"}""", "iat")]
    [InlineData("""{"iat":1700000000,"exp":1700000300}""", "expired")]
    [InlineData("""{"iat":4000000000,"exp":4000000300}""", "future")]
    [InlineData("""{"exp":4000000000}""", "300 seconds")]
    [InlineData("""{"jti":null}""", "jti")]
    [InlineData("""{"jti":""}""", "jti")]
    public async Task Refuses_a_statement_with(string claims, string word)
    {
        using var client = await HandMadeClient.StartAsync();
        var statement = client.Claims();
        Put(statement, claims);
        Assert.Matches($"^400 invalid_software_statement: .*{word}", (await client.RegisterAsync(statement)).ToString());
    }

    [Fact]
    public async Task Takes_a_URI_of_the_certificate_and_no_other_kind_of_name()
    {
        using var client = await HandMadeClient.StartAsync(kind: "noUri");
        Assert.Matches("^400 invalid_software_statement: .*iss", (await client.RegisterAsync(client.Claims())).ToString());
        var several = await client.Server.CertificateAsync(new { uris = new[] { "urn:app:1", HandMadeClient.Uri }, key = "p256" });
        Assert.Equal(201, (await client.PostStatementAsync(HandMadeJwt.Sign(several, client.Claims()))).Status);
    }

    [Fact]
    public async Task Takes_a_statement_once()
    {
        using var client = await HandMadeClient.StartAsync();
        var claims = client.Claims();
        Assert.Equal(201, (await client.RegisterAsync(claims)).Status);
        Assert.Matches("^400 invalid_software_statement: .*jti", (await client.RegisterAsync(claims)).ToString());
    }

    [Theory]
    [InlineData("""{"client_name":null}""", "client_name")]
    [InlineData("""{"scope":" "}""", "scope")]
    [InlineData("""{"scope":"system/Patient.read system/*.read"}""", "wildcard")]
    [InlineData("""{"contacts":null}""", "contacts")]
    [InlineData("""{"contacts":["operations@example.com"]}""", "contacts")]
    [InlineData("""{"contacts":"mailto:operations@example.com"}""", "contacts")]
    [InlineData("""{"contacts":["https://example.com/contact"]}""", "contacts")]
    [InlineData("""{"token_endpoint_auth_method":"client_secret_basic"}""", "token_endpoint_auth_method")]
    [InlineData("""{"token_endpoint_auth_method":null}""", "token_endpoint_auth_method")]
    [InlineData("""{"grant_types":null}""", "grant_types")]
    [InlineData("""{"grant_types":["client_credentials","authorization_code"]}""", "grant_types")]
    [InlineData("""{"grant_types":["refresh_token"]}""", "grant_types")]
    [InlineData("""{"grant_types":["client_credentials","refresh_token"]}""", "refresh_token")]
    [InlineData("""{"grant_types":["client_credentials","password"]}""", "password")]
    [InlineData("""{"redirect_uris":["https://app.example.com/callback"]}""", "redirect_uris")]
    [InlineData("""{"redirect_uris":[]}""", "redirect_uris")]
    [InlineData("""{"response_types":[]}""", "response_types")]
    [InlineData("""{"logo_uri":"http://app.example.com/logo.png"}""", "logo_uri")]
    public async Task Refuses_a_client_for_client_credentials_with(string claims, string word)
    {
        using var client = await HandMadeClient.StartAsync();
        var statement = client.Claims();
        Put(statement, claims);
        Assert.Matches($"^400 invalid_client_metadata: .*{word}", (await client.RegisterAsync(statement)).ToString());
    }

    [Theory]
    [InlineData("""{"redirect_uris":null}""", "redirect_uris")]
    [InlineData("""{"redirect_uris":[]}""", "redirect_uris")]
    [InlineData("""{"redirect_uris":["https://app.example.com/callback","http://localhost/callback"]}""", "redirect_uris")]
    [InlineData("""{"response_types":null}""", "response_types")]
    [InlineData("""{"response_types":["code","token"]}""", "response_types")]
    [InlineData("""{"logo_uri":null}""", "logo_uri")]
    [InlineData("""{"logo_uri":"http://app.example.com/logo.png"}""", "logo_uri")]
    [InlineData("""{"logo_uri":"https://app.example.com/logo.svg"}""", "logo_uri")]
    public async Task Refuses_a_client_for_the_authorization_code_grant_with(string claims, string word)
    {
        using var client = await HandMadeClient.StartAsync();
        var statement = client.CodeClaims();
        Put(statement, claims);
        Assert.Matches($"^400 invalid_(client_metadata|redirect_uri): .*{word}", (await client.RegisterAsync(statement)).ToString());
    }

    [Fact]
    public async Task Changes_a_registered_client()
    {
        using var client = await HandMadeClient.StartAsync();
        var first = await client.RegisterAsync(client.Claims());
        var changed = client.Claims();
        changed["client_name"] = "Other";
        var second = await client.RegisterAsync(changed);
        Assert.Equal((200, first.ClientId), (second.Status, second.ClientId));
        Assert.Equal("Other", Assert.Single(await client.Server.ClientsAsync()).Metadata.GetProperty("client_name").GetString());

        await client.Server.SetAsync(new { udap = new { modification = "newClient" } });
        var third = await client.RegisterAsync(client.Claims());
        Assert.Equal(201, third.Status);
        Assert.NotEqual(first.ClientId, third.ClientId);
        Assert.Equal(third.ClientId, Assert.Single(await client.Server.ClientsAsync()).ClientId);
    }

    [Fact]
    public async Task Keeps_the_communities_apart()
    {
        using var client = await HandMadeClient.StartAsync();
        var first = await client.RegisterAsync(client.Claims());
        var other = await client.Server.CertificateAsync(
            new { uris = new[] { HandMadeClient.Uri }, key = "p256", community = client.Server.Communities[1].Uri });
        var second = await client.PostStatementAsync(HandMadeJwt.Sign(other, client.Claims()));
        Assert.Equal(201, second.Status);
        Assert.NotEqual(first.ClientId, second.ClientId);
        Assert.Equal(2, (await client.Server.ClientsAsync()).Count);
    }

    [Theory]
    [InlineData("confirmed", 200, 0)]
    [InlineData("noContent", 204, 0)]
    [InlineData("withoutGrantTypes", 200, 0)]
    [InlineData("removed", 200, 0)]
    [InlineData("refused", 400, 1)]
    public async Task Cancels_a_client_that_asks_for_no_grant_types(string cancellation, int status, int left)
    {
        using var client = await HandMadeClient.StartAsync($$"""{"cancellation":"{{cancellation}}"}""");
        var claims = client.Claims();
        claims["grant_types"] = new JsonArray();
        var nobody = await client.RegisterAsync(claims);
        Assert.Equal((400, cancellation == "removed"), (nobody.Status, nobody.Body.Count == 0));
        var registered = await client.RegisterAsync(client.Claims());
        claims["jti"] = "another";
        var answer = await client.RegisterAsync(claims);
        Assert.Equal(status, answer.Status);
        Assert.Equal(left, (await client.Server.ClientsAsync()).Count);
        if (status == 200)
        {
            Assert.Equal(cancellation == "removed" ? "removed" : registered.ClientId, answer.ClientId);
            Assert.Equal(cancellation == "confirmed" ? "[]" : null, answer.Body["grant_types"]?.ToJsonString());
        }
    }

    [Fact]
    public async Task Demands_certifications()
    {
        const string Demanded = "https://trust.example.org/certifications/1";
        using var client = await HandMadeClient.StartAsync($$"""{"certificationsRequired":["{{Demanded}}"]}""");
        var certifier = await client.Server.CertificateAsync(new { uris = new[] { "https://certifier.example.org" }, key = "p256" });
        JsonObject Certification() => new()
        {
            ["iss"] = "https://certifier.example.org",
            ["sub"] = HandMadeClient.Uri,
            ["iat"] = DateTimeOffset.UtcNow.AddDays(-10).ToUnixTimeSeconds(),
            ["exp"] = DateTimeOffset.UtcNow.AddDays(1000).ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString(),
            ["certification_name"] = "Example",
            ["certification_uris"] = new JsonArray(Demanded),
        };
        async Task<string> PostAsync(Action<JsonObject>? edit = null)
        {
            var claims = Certification();
            edit?.Invoke(claims);
            var certification = HandMadeJwt.Sign(certifier, claims);
            return (await client.RegisterAsync(client.Claims(), body => body["certifications"] = new JsonArray(certification))).ToString();
        }

        Assert.Contains("is missing", (await client.RegisterAsync(client.Claims())).ToString());
        Assert.Contains("is missing", await PostAsync(static claims => claims["certification_uris"] = new JsonArray("urn:other")));
        foreach (
            var spoil in new[]
            {
                """{"sub":"https://app.example.com/other"}""", """{"iss":"https://other.example.org"}""", """{"jti":null}""",
                """{"aud":"https://other.example.org"}""", """{"exp":4000000000}""", """{"exp":1700000000,"iat":1690000000}""",
                """{"certification_name":null}""",
            }
        )
        {
            Assert.StartsWith("400 invalid_client_metadata: certification: ", await PostAsync(claims => Put(claims, spoil)));
        }

        Assert.Equal("201 : ", await PostAsync());
    }

    [Fact]
    public async Task Has_the_habits_of_the_other_endpoints_too()
    {
        using var client = await HandMadeClient.StartAsync();
        await client.Server.SetAsync(new
        {
            dropScope = new[] { "b" },
            omitFromAnswer = new[] { "software_statement" },
            answerOverrides = new { register = new { x = 1 } },
        });
        var claims = client.Claims();
        claims["scope"] = "a b";
        var answer = await client.RegisterAsync(claims);
        Assert.Equal("a", (string?)answer.Body["scope"]);
        Assert.Equal(1, (int?)answer.Body["x"]);
        Assert.False(answer.Body.ContainsKey("software_statement"));
        await client.Server.SetAsync(new { faults = new[] { new { on = "register", status = 503 } } });
        Assert.Equal(503, (await client.RegisterAsync(client.Claims())).Status);
        await client.Server.SetAsync(new { unapprovedSoftwareStatement = true });
        Assert.StartsWith("400 unapproved_software_statement", (await client.RegisterAsync(client.Claims())).ToString());
    }

    private static void Put(JsonObject target, string members)
    {
        foreach (var (name, value) in JsonNode.Parse(members)!.AsObject())
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
#endif
