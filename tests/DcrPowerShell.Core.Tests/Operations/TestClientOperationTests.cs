using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What Test-DcrClient finds of a client, over each thing that may be wrong with it.</summary>
public class TestClientOperationTests
{
    private const string Service = """
        "client_name":"Export","grant_types":["client_credentials"],"response_types":[],"redirect_uris":[]
        """;

    private const string Web = """
        "client_name":"Clinic portal","redirect_uris":["https://app.example.com/callback","https://app.example.com/other"],"scope":"read"
        """;

    private const string Pushes = """ "pushedAuthorization":true """;

    [Fact]
    public async Task A_service_that_works_passes_and_says_whose_check_it_is()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync($$"""{{{Service}},"scope":"system/*.rs"}""", tenant: "north");
        var checks = await RunAsync(session, client);
        Assert.Equal(
            ["Record", "Registration", "Authentication", "Secret expiry", "Posture", "Posture"],
            checks.Select(check => check.Name)
        );
        Assert.All(checks.Where(check => check.Name != "Posture"), check => Assert.Equal(DcrCheckStatus.Passed, check.Status));
        Assert.All(
            checks,
            check => Assert.Equal(
                (session.Connection.Name, client.ClientId, "Export", "north"),
                (check.Connection, check.ClientId, check.ClientName, check.Tenant)
            )
        );
        Assert.Equal(["read", "token"], (await session.Server.RequestsAsync()).Select(request => request.Operation).Skip(2));
    }

    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    public async Task Nothing_that_is_issued_or_kept_is_shown(string method)
    {
        using var session = await StartAsync(Pushes);
        var service = await session.RegisterAsync($$"""{{{Service}},"token_endpoint_auth_method":"{{method}}"}""");
        var web = await session.RegisterAsync($$"""{{{Web}},"token_endpoint_auth_method":"{{method}}"}""");
        var shown = string.Join(
            "\n",
            (await RunAsync(session, service))
                .Concat(await RunAsync(session, web, probes: true))
                .Select(check => $"{check} {check.RecommendedAction}")
                .Concat(session.Reporter.VerboseLines)
                .Concat(session.Reporter.Warnings)
        );
        Assert.Contains("/par", shown);
        Assert.DoesNotContain("at_", shown);
        Assert.DoesNotContain("request_uri:", shown);
        Assert.DoesNotContain(session.Stored(service.ClientId).ClientSecret!, shown);
        Assert.DoesNotContain(session.Stored(service.ClientId).RegistrationAccessToken!, shown);
    }

    [Fact]
    public async Task A_secret_that_is_not_the_server_s_fails_with_what_to_do()
    {
        using var session = await StartAsync("""
            "repeatSecret":false,"answerOverrides":{"register":{"client_secret":"not-the-secret-of-the-server"}}
            """);
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Authentication"));
        Failed(check, "refused its authentication (client_secret_basic; invalid_client)", "Reset-DcrClientSecret");
        Assert.DoesNotContain("not-the-secret-of-the-server", check.Found);
    }

    [Fact]
    public async Task Gone_at_the_server_fails_and_ends_no_other_check()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync($"{{{Service}}}");
        await session.Server.RemoveClientAsync(client.ClientId);
        var checks = await RunAsync(session, client);
        Assert.Equal(DcrCheckStatus.Failed, checks.Single(Named("Registration")).Status);
        Failed(checks.Single(Named("Authentication")), "invalid_client", "Reset-DcrClientSecret");
    }

    [Fact]
    public async Task A_server_without_management_is_no_failure()
    {
        using var session = await StartAsync("""
            "omitFromAnswer":["registration_access_token","registration_client_uri"]
            """);
        var checks = await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"));
        Assert.All(checks, static check => Assert.DoesNotContain("Nothing was sent", check.Found));
        Assert.Equal(
            [DcrCheckStatus.Warning, DcrCheckStatus.Skipped, DcrCheckStatus.Passed],
            checks.Take(3).Select(check => check.Status)
        );
    }

    [Fact]
    public async Task A_store_that_fails_is_an_error_and_no_check()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync($"{{{Service}}}");
        session.Vault.Fault = VaultFault.Locked;
        var error = await Assert.ThrowsAsync<DcrException>(() => RunAsync(session, client));
        Assert.Equal(DcrErrorId.VaultLocked, error.ErrorId);
    }

    [Theory]
    [InlineData(400, "unauthorized_client", DcrCheckStatus.Failed, "does not let it use client_credentials")]
    [InlineData(400, "invalid_scope", DcrCheckStatus.Failed, "refused its scope")]
    [InlineData(400, "invalid_target", DcrCheckStatus.Warning, "not for its authentication")]
    [InlineData(403, "access_denied", DcrCheckStatus.Warning, "access_denied")]
    [InlineData(401, "access_denied", DcrCheckStatus.Failed, "refused its authentication")]
    [InlineData(400, "invalid_client", DcrCheckStatus.Failed, "refused its authentication")]
    [InlineData(501, "server_error", DcrCheckStatus.Failed, "HTTP 501")]
    public async Task What_the_token_endpoint_refuses_is_told_apart(int status, string code, DcrCheckStatus expected, string found)
    {
        using var session = await StartAsync(Fault("token", status, code));
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Authentication"));
        Assert.Equal(expected, check.Status);
        Assert.Contains(found, check.Found);
    }

    [Fact]
    public async Task An_answer_without_a_token_fails()
    {
        using var session = await StartAsync(TokenAnswer("{}"));
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Authentication"));
        Failed(check, "without an access token", "tell the server's operator");
    }

    [Fact]
    public async Task Scopes_of_users_are_not_asked_for_a_service_and_missing_ones_are_named()
    {
        using var session = await StartAsync(TokenAnswer("""{"access_token":"at_1","scope":"read"}"""));
        var client = await session.RegisterAsync($$"""{{{Service}},"scope":"openid read write"}""");
        var check = (await RunAsync(session, client)).Single(Named("Authentication"));
        Assert.Equal(DcrCheckStatus.Warning, check.Status);
        Assert.EndsWith("without the scope write.", check.Found);
        Assert.Contains("scope=read+write", (await session.SentAsync("token")).Single().Body);
    }

    [Fact]
    public async Task A_web_client_is_not_tried_without_Probe_where_nothing_is_pushed()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync($"{{{Web}}}");
        var check = (await RunAsync(session, client)).Single(Named("Authentication"));
        Assert.Equal(DcrCheckStatus.Skipped, check.Status);
        Assert.Contains("-Probe", check.RecommendedAction);
        Assert.Empty(await session.SentAsync("token"));

        var probed = (await RunAsync(session, client, probes: true)).Single(Named("Authentication"));
        Assert.Equal(DcrCheckStatus.Passed, probed.Status);
        Assert.Contains("likely accepted", probed.Found);
    }

    [Theory]
    [InlineData(401, "invalid_client", DcrCheckStatus.Failed, "refused its authentication")]
    [InlineData(400, "unsupported_grant_type", DcrCheckStatus.Warning, "does not say whether")]
    public async Task A_made_up_code_proves_what_the_answer_says(int status, string code, DcrCheckStatus expected, string found)
    {
        using var session = await StartAsync(Fault("token", status, code));
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"), probes: true)).Single(Named("Authentication"));
        Assert.Equal(expected, check.Status);
        Assert.Contains(found, check.Found);
    }

    [Fact]
    public async Task A_token_for_a_made_up_code_fails()
    {
        using var session = await StartAsync(TokenAnswer("""{"access_token":"at_1"}"""));
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"), probes: true)).Single(Named("Authentication"));
        Failed(check, "issued an access token for a made-up code", "at once");
    }

    [Fact]
    public async Task A_public_client_has_nothing_to_prove()
    {
        using var session = await StartAsync(Pushes);
        var client = await session.RegisterAsync($$"""{{{Web}},"token_endpoint_auth_method":"none"}""");
        var checks = await RunAsync(session, client);
        Assert.Equal(DcrCheckStatus.Skipped, checks.Single(Named("Authentication")).Status);
        Assert.Equal(DcrCheckStatus.Passed, checks.Single(Named("Pushed request")).Status);
        var probed = (await RunAsync(session, client, probes: true)).Single(Named("Authentication"));
        Assert.Contains("it knows the public client", probed.Found);
    }

    [Fact]
    public async Task A_pushed_request_proves_authentication_redirect_URIs_and_scope()
    {
        using var session = await StartAsync(Pushes);
        var checks = await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"));
        Assert.Equal(DcrCheckStatus.Passed, checks.Single(Named("Authentication")).Status);
        Assert.Contains("RFC 9126, section 2", checks.Single(Named("Authentication")).Found);
        Assert.Contains("each of its 2 redirect URIs and its scope, 'read'", checks.Single(Named("Pushed request")).Found);
        Assert.Equal(2, (await session.SentAsync("push")).Count);
    }

    [Fact]
    public async Task A_redirect_URI_that_the_server_does_not_take_is_named()
    {
        using var session = await StartAsync(
            Pushes + ""","answerOverrides":{"any":{"redirect_uris":["https://app.example.com/callback","https://old.example.com/cb"]}}"""
        );
        var checks = await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"));
        Failed(checks.Single(Named("Pushed request")), "the redirect URI https://old.example.com/cb (invalid_request)", "-RedirectUri");
        Assert.Equal(DcrCheckStatus.Passed, checks.Single(Named("Authentication")).Status);
    }

    [Fact]
    public async Task A_scope_that_the_server_does_not_grant_is_named()
    {
        using var session = await StartAsync(Pushes + ""","answerOverrides":{"any":{"scope":"read admin"}}""");
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"))).Single(Named("Pushed request"));
        Failed(check, "'read admin' (invalid_scope)", "-Scope");
    }

    [Fact]
    public async Task A_refused_authentication_is_told_by_a_pushed_request_too()
    {
        using var session = await StartAsync($"{Pushes},{Fault("push", 401, "invalid_client")}");
        var checks = await RunAsync(session, await session.RegisterAsync($"{{{Web}}}"));
        Failed(checks.Single(Named("Authentication")), "invalid_client", "Reset-DcrClientSecret");
        Failed(checks.Single(Named("Pushed request")), "invalid_client", "Reset-DcrClientSecret");
        Assert.Single(await session.SentAsync("push"));
    }

    [Fact]
    public async Task A_client_that_signs_its_requests_is_not_pushed_for()
    {
        using var session = await StartAsync(Pushes);
        var checks = await RunAsync(session, await session.RegisterAsync($$"""{{{Web}},"require_signed_request_object":true}"""));
        Assert.Equal(DcrCheckStatus.Skipped, checks.Single(Named("Pushed request")).Status);
        Assert.Empty(await session.SentAsync("push"));
    }

    [FullCryptographyTheory]
    [InlineData("off")]
    [InlineData("nonce")]
    public async Task A_key_of_the_local_store_is_found_and_proves_the_client(string dpop)
    {
        using var session = await StartAsync($$""" "pushedAuthorization":true,"dpop":"{{dpop}}" """, hasVault: false);
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        using var key = SigningKey.Generate("ES256");
        await session.Ledger.Secrets.KeepAsync("note", "no key at all");
        await session.Ledger.Secrets.KeepAsync("export-key", key.ExportPrivateJwk());
        var client = await session.RegisterAsync(Keyed("private_key_jwt", $"{key.PublicJwk()}", ",\"dpop_bound_access_tokens\":true"));
        var checks = await RunAsync(session, client);
        Assert.Equal(["Record", "Registration", "Authentication", "Keys", "Posture"], checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.Equal(DcrCheckStatus.Passed, check.Status));
        Assert.Contains("'export-key'", checks.Single(Named("Keys")).Found);
    }

    [FullCryptographyFact]
    public async Task A_server_that_wants_assertions_for_its_issuer_refuses_nobody_who_has_the_key()
    {
        using var session = await StartAsync(Pushes + ""","assertionsForIssuerOnly":true""", hasVault: false);
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        using var key = SigningKey.Generate("ES256");
        await session.Ledger.Secrets.KeepAsync("export-key", key.ExportPrivateJwk());
        var service = await RunAsync(session, await session.RegisterAsync(Keyed("private_key_jwt", $"{key.PublicJwk()}")));
        Assert.Equal(DcrCheckStatus.Passed, service.Single(Named("Authentication")).Status);
        var keyed = $",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{{\"keys\":[{key.PublicJwk()}]}}";
        var web = await RunAsync(session, await session.RegisterAsync($"{{{Web}{keyed}}}"));
        Assert.Equal(DcrCheckStatus.Passed, web.Single(Named("Authentication")).Status);
        Assert.Equal(3, (await session.SentAsync("push")).Count);
    }

    [Fact]
    public async Task What_a_server_repeats_of_a_secret_is_masked()
    {
        using var session = await StartAsync("""
            "faults":[{"on":"token","status":400,"error":"odd","errorDescription":"your token is rat-of-this-client"}],
            "answerOverrides":{"any":{"registration_access_token":"rat-of-this-client","scope":"read rat-of-this-client"}}
            """);
        var client = await session.RegisterAsync($"{{{Service}}}");
        var shown = string.Join("\n", (await RunAsync(session, client)).Select(check => $"{check}").Concat(session.Reporter.VerboseLines));
        Assert.Contains("your token is ***", shown);
        Assert.DoesNotContain("rat-of-this-client", shown);
    }

    [Fact]
    public async Task Other_commands_about_the_client_wait_for_the_read_alone()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync($"{{{Service}}}");
        await session.Server.SetAsync(new { faults = new[] { new { on = "token", delayMs = 60_000 } } });
        var test = RunAsync(session, client);
        await session.ArrivalAsync("token");
        await session.ReadAsync(client.ClientId);
        Assert.False(test.IsCompleted);
        session.Stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test);
    }

    [Fact]
    public async Task What_it_sends_as_the_client_keeps_to_the_pace_of_the_connection()
    {
        using var session = await StartAsync(
            Pushes,
            request => request with { RateLimit = new DcrRateLimit(1, TimeSpan.FromMinutes(1)) }
        );
        var client = await session.RegisterAsync($"{{{Web}}}");
        var before = session.Clock.UtcNow;
        await RunAsync(session, client, probes: true);
        Assert.Equal(3, (await session.SentAsync("push")).Count + (await session.SentAsync("token")).Count);
        Assert.True(session.Clock.UtcNow - before >= TimeSpan.FromMinutes(3), $"{session.Clock.UtcNow - before}");
    }

    [Theory]
    [InlineData(0, DcrCheckStatus.Passed)]
    [InlineData(long.MaxValue, DcrCheckStatus.Skipped)]
    [InlineData(long.MinValue, DcrCheckStatus.Skipped)]
    public async Task A_secret_that_never_expires_or_at_no_time_of_a_calendar(long at, DcrCheckStatus expected)
    {
        using var session = await StartAsync();
        await session.Server.SetAsync(new { answerOverrides = new { any = new { client_secret_expires_at = at } } });
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Secret expiry"));
        Assert.Equal(expected, check.Status);
    }

    [FullCryptographyFact]
    public async Task A_named_key_is_read_from_the_vault_and_has_to_be_the_client_s()
    {
        using var session = await StartAsync();
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        using var key = SigningKey.Generate("ES256");
        using var other = SigningKey.Generate("ES256");
        session.Vault.Secrets["right"] = key.ExportPrivateJwk();
        session.Vault.Secrets["wrong"] = other.ExportPrivateJwk();
        session.Vault.Secrets["broken"] = "{}";
        var client = await session.RegisterAsync(Keyed("private_key_jwt", $"{key.PublicJwk()}"));

        var right = await RunAsync(session, client, keyName: "right");
        Assert.Equal(DcrCheckStatus.Passed, right.Single(Named("Authentication")).Status);
        Assert.Equal(DcrCheckStatus.Passed, right.Single(Named("Keys")).Status);

        var wrong = await RunAsync(session, client, keyName: "wrong");
        Failed(wrong.Single(Named("Authentication")), "private_key_jwt; invalid_client", "Keys");
        Failed(wrong.Single(Named("Keys")), "none is the public half of the secret 'wrong'", "Publish");

        foreach (var (name, found) in new[] { ("broken", "'broken'"), ("missing", "has no secret 'missing'") })
        {
            var checks = await RunAsync(session, client, keyName: name);
            Assert.Contains(found, checks.Single(Named("Keys")).Found);
            Assert.Equal(DcrCheckStatus.Skipped, checks.Single(Named("Authentication")).Status);
        }

        var none = await RunAsync(session, client);
        Assert.Equal(DcrCheckStatus.Warning, none.Single(Named("Keys")).Status);
        Assert.Contains("-KeyName", none.Single(Named("Authentication")).RecommendedAction);
    }

    [Theory]
    [InlineData("""{"keys":[]}""", 200, "has no key")]
    [InlineData("<html>", 200, "no JSON Web Key Set")]
    [InlineData("{}", 404, "HTTP 404")]
    [InlineData("{}", 302, "redirect")]
    public async Task Keys_that_are_not_published_where_the_registration_says_fail(string text, int status, string found)
    {
        using var session = await StartAsync();
        await session.Server.SetAsync(new { clientDocument = new { text, status, contentType = "application/json" } });
        var client = await RegisterWithKeysAtAsync(session, $"{session.Server.Url}client.json");
        var checks = await RunAsync(session, client);
        Failed(checks.Single(Named("Keys")), found, "ublish");
        Assert.Equal(DcrCheckStatus.Skipped, checks.Single(Named("Authentication")).Status);
    }

    [FullCryptographyFact]
    public async Task Keys_that_are_published_are_compared_and_no_credential_goes_there()
    {
        using var session = await StartAsync(hasVault: false);
        using var key = SigningKey.Generate("ES256");
        await session.Ledger.Secrets.KeepAsync("portal-key", key.ExportPrivateJwk());
        await session.Server.SetAsync(
            new { clientDocument = new { text = $"{{\"keys\":[{key.PublicJwk()}]}}", contentType = "application/json" } }
        );
        var client = await RegisterWithKeysAtAsync(session, $"{session.Server.Url}client.json");
        await session.Server.ClearRequestsAsync();
        Assert.Equal(DcrCheckStatus.Passed, (await RunAsync(session, client)).Single(Named("Keys")).Status);
        var fetched = (await session.Server.RequestsAsync()).Single(request => request.Target == "/client.json");
        Assert.DoesNotContain(fetched.Headers, header => header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("http://keys.example.com/jwks.json", "is not https")]
    [InlineData("http://127.0.0.1:1/jwks.json", "connection could not be made")]
    public async Task An_address_of_keys_that_leads_nowhere_fails(string address, string found)
    {
        using var session = await StartAsync();
        var client = await RegisterWithKeysAtAsync(session, address);
        Assert.Contains(found, (await RunAsync(session, client)).Single(Named("Keys")).Found);
    }

    [Theory]
    [InlineData(90, DcrCheckStatus.Passed, "expires in 90 days")]
    [InlineData(12, DcrCheckStatus.Warning, "expires in 12 days")]
    [InlineData(-3, DcrCheckStatus.Failed, "expired 3 days ago")]
    public async Task A_secret_is_judged_by_when_it_expires(int days, DcrCheckStatus expected, string found)
    {
        using var session = await StartAsync();
        var at = session.Clock.UtcNow.AddDays(days).ToUnixTimeSeconds();
        await session.Server.SetAsync(new { answerOverrides = new { any = new { client_secret_expires_at = at } } });
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Secret expiry"));
        Assert.Equal(expected, check.Status);
        Assert.Contains(found, check.Found);
    }

    [FullCryptographyFact]
    public async Task A_certificate_among_the_keys_is_judged_by_when_it_expires()
    {
        using var session = await StartAsync();
        using var certificate = TestCertificates.Rsa();
        var certified = $$"""{"kty":"RSA","n":"AQAB","e":"AQAB","x5c":["{{Convert.ToBase64String(certificate.RawData)}}"]}""";
        var client = await session.RegisterAsync(
            Keyed("self_signed_tls_client_auth", certified + """,{"kty":"oct"},{"kty":"RSA","x5c":["no certificate"]}""")
        );
        session.Clock.UtcNow = new DateTimeOffset(certificate.NotAfter).AddDays(5);
        var checks = await RunAsync(session, client);
        Failed(checks.Single(Named("Certificate expiry")), "expired 5 days ago", "Publish");
        Assert.Contains("3 keys", checks.Single(Named("Keys")).Found);
        Assert.Contains("TLS certificate", checks.Single(Named("Authentication")).Found);
    }

    [Theory]
    [InlineData("token_endpoint", Service, "Authentication")]
    [InlineData("pushed_authorization_request_endpoint", Web, "Pushed request")]
    public async Task No_secret_goes_to_another_origin_unless_the_user_allows_it(string endpoint, string client, string name)
    {
        using var other = await SharedTestServer.StartAsync();
        var switches = $$""" "discoveryOverrides":{"{{endpoint}}":"{{other.Url}}token"} """;
        using var session = await StartAsync(switches);
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{client}}}"))).Single(Named(name));
        Assert.Equal(DcrCheckStatus.Skipped, check.Status);
        Assert.Contains($"-AllowedOrigin {other.Url.GetLeftPart(UriPartial.Authority)}", check.RecommendedAction);
        Assert.Empty(await other.RequestsAsync());

        using var allowed = await StartAsync(switches, request => request with { AllowedOrigins = [other.Url] });
        check = (await RunAsync(allowed, await allowed.RegisterAsync($"{{{client}}}"))).Single(Named(name));
        Assert.Contains("invalid_client", check.Found);
    }

    [Fact]
    public async Task A_connection_that_discovered_nothing_has_no_token_endpoint()
    {
        using var session = await StartAsync(
            change: request => new ConnectRequest { RegistrationEndpoint = new Uri(request.Issuer!, "/register") }
        );
        var check = (await RunAsync(session, await session.RegisterAsync($"{{{Service}}}"))).Single(Named("Authentication"));
        Assert.Equal((DcrCheckStatus.Skipped, "Connect by the issuer."), (check.Status, check.RecommendedAction));
    }

    private static async Task<Session> StartAsync(
        string switches = "",
        Func<ConnectRequest, ConnectRequest>? change = null,
        bool hasVault = true
    ) => await Session.StartAsync($"{{{switches}}}", change, hasVault);

    private static string Fault(string on, int status, string error) =>
        $$""" "faults":[{"on":"{{on}}","times":9,"status":{{status}},"error":"{{error}}"}] """;

    private static string TokenAnswer(string json) =>
        $$""" "faults":[{"on":"token","status":200,"content":{{JsonSerializer.Serialize(json)}},"contentType":"application/json"}] """;

    private static string Keyed(string method, string keys, string further = "") =>
        $"{{{Service},\"token_endpoint_auth_method\":\"{method}\",\"jwks\":{{\"keys\":[{keys}]}}{further}}}";

    private static Task<DcrClient> RegisterWithKeysAtAsync(Session session, string address) =>
        session.RegisterAsync($$"""{{{Service}},"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"{{address}}"}""");

    private static Task<IReadOnlyList<DcrCheck>> RunAsync(
        Session session,
        DcrClient client,
        string? keyName = null,
        bool probes = false
    ) =>
        session.RunAsync(async context =>
        {
            RegistrationRecord record = await FindOperation.RunAsync(context, client.ClientId, piped: null);
            return await new TestClientOperation(context, new HeldKeys(session.Ledger), keyName, probes, JsonBag.Empty).RunAsync(record);
        });

    private static Func<DcrCheck, bool> Named(string name) => check => check.Name == name;

    private static void Failed(DcrCheck check, string found, string action)
    {
        Assert.Equal(DcrCheckStatus.Failed, check.Status);
        Assert.Contains(found, check.Found);
        Assert.Contains(action, check.RecommendedAction);
    }
}
