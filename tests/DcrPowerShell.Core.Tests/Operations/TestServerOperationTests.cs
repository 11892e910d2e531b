using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>The doctor over each dialect, and over each thing that may be wrong. Nothing may be registered by it.</summary>
public class TestServerOperationTests
{
    private const string ApiToken = "00-not-a-real-api-token";

    [Fact]
    public async Task An_open_server_is_looked_at_from_all_sides()
    {
        using var session = await StartAsync();
        var checks = await RunAsync(session);
        Assert.Equal(["Discovery", "Registration endpoint", "Credential", "Client documents", "Store", "Clock", "Rate limit"], checks.Keys);
        Assert.All(checks.Values, check => Assert.Equal(session.Connection.Name, check.Connection));
        Assert.Equal(
            ["Credential", "Client documents", "Rate limit"],
            checks.Values.Where(check => check.Status != DcrCheckStatus.Passed).Select(check => check.Name)
        );
        Assert.All(checks.Values, check => Assert.Equal(check.Status == DcrCheckStatus.Passed, check.RecommendedAction is null));
        Assert.Empty(session.Vault.Registrations);
        Assert.NotEmpty(session.Vault.Writes);
    }

    [Fact]
    public async Task Metadata_that_is_gone_ends_no_other_check()
    {
        using var session = await StartAsync();
        await session.Server.SetAsync(new { discovery = Array.Empty<string>() });
        var checks = await RunAsync(session);
        Failed(checks["Discovery"], "HTTP 404", "spelling");
        Assert.Equal(DcrCheckStatus.Passed, checks["Registration endpoint"].Status);
        Assert.Equal(DcrCheckStatus.Passed, checks["Store"].Status);
    }

    [Fact]
    public async Task Metadata_that_names_another_endpoint_than_before_is_told()
    {
        using var handler = new RecordingHandler();
        handler.Answer(200, """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/old"}""")
            .Answer(200, """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/new"}""")
            .Answer(405).Always();
        var checks = await RunAsync(handler, new ConnectRequest { Issuer = new Uri("https://as.example.com") });
        Failed(checks["Discovery"], "https://as.example.com/new", "Connect again");
    }

    [Fact]
    public async Task A_SMART_configuration_is_looked_up_again()
    {
        using var handler = new RecordingHandler();
        handler.Answer(200, """{"issuer":"https://ehr.example.com","registration_endpoint":"https://ehr.example.com/register"}""").Always();
        var checks = await RunAsync(
            handler,
            new ConnectRequest { Issuer = new Uri("https://ehr.example.com/fhir"), Discovery = DcrDiscovery.Smart }
        );
        Assert.Equal(DcrCheckStatus.Passed, checks["Discovery"].Status);
        Assert.Equal(2, handler.Requests.Count(sent => sent.Uri.AbsolutePath == "/fhir/.well-known/smart-configuration"));
    }

    [Theory]
    [InlineData(200, DcrCheckStatus.Passed, "can be reached")]
    [InlineData(401, DcrCheckStatus.Passed, "HTTP 401")]
    [InlineData(405, DcrCheckStatus.Passed, "HTTP 405")]
    [InlineData(501, DcrCheckStatus.Passed, "HTTP 501")]
    [InlineData(404, DcrCheckStatus.Warning, "a wrong address looks alike")]
    [InlineData(302, DcrCheckStatus.Warning, "sends it elsewhere")]
    [InlineData(407, DcrCheckStatus.Failed, "proxy")]
    [InlineData(500, DcrCheckStatus.Failed, "HTTP 500")]
    [InlineData(503, DcrCheckStatus.Failed, "HTTP 503")]
    public async Task An_endpoint_is_judged_by_its_answer_to_a_GET_without_a_token(int status, DcrCheckStatus expected, string found)
    {
        using var handler = new RecordingHandler();
        handler.Answer(status).Always();
        var request = new ConnectRequest
        {
            RegistrationEndpoint = new Uri("https://as.example.com/register"),
            Credential = new CredentialInput.Token(StaticToken.Initial("initial-token")),
        };
        var checks = await RunAsync(handler, request);
        Assert.Equal(expected, checks["Registration endpoint"].Status);
        Assert.Contains(found, checks["Registration endpoint"].Found);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Discovery"].Status);
        Assert.All(handler.Requests, sent => Assert.Equal(("GET", null), (sent.Method, sent.Authorization)));
    }

    [Fact]
    public async Task A_discovered_endpoint_that_is_not_there_is_no_pass()
    {
        using var handler = new RecordingHandler();
        const string Metadata = """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register"}""";
        handler.Answer(200, Metadata).Answer(200, Metadata).Answer(404).Always();
        var check = (await RunAsync(handler, new ConnectRequest { Issuer = new Uri("https://as.example.com") }))["Registration endpoint"];
        Assert.Equal(DcrCheckStatus.Warning, check.Status);
        Assert.Contains("switched off", check.Found);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_server_that_wants_a_credential_is_told_where_there_is_none(int status)
    {
        using var handler = new RecordingHandler();
        handler.Answer(status).Always();
        var checks = await RunAsync(handler, new ConnectRequest { RegistrationEndpoint = new Uri("https://as.example.com/register") });
        foreach (var name in new[] { "Registration endpoint", "Credential" })
        {
            Assert.Equal(DcrCheckStatus.Warning, checks[name].Status);
            Assert.Contains("-InitialAccessToken", checks[name].RecommendedAction);
        }
    }

    [Fact]
    public async Task A_bot_check_in_front_is_no_pass()
    {
        using var handler = new RecordingHandler();
        handler.Answer(403, "error code: 1010", "Server: cloudflare").Always();
        Failed(
            (await RunAsync(handler, new ConnectRequest { RegistrationEndpoint = new Uri("https://as.example.com/register") }))[
                "Registration endpoint"
            ],
            "in front of as.example.com",
            "user agent"
        );
    }

    [Fact]
    public async Task A_server_that_is_gone_fails_what_asks_it_and_nothing_else()
    {
        using var session = await StartAsync();
        await session.Server.StopAsync();
        var checks = await RunAsync(session, isUp: false);
        Failed(checks["Discovery"], "could not be made", "network");
        Failed(checks["Registration endpoint"], "could not be made", "network");
        Assert.Equal(DcrCheckStatus.Passed, checks["Store"].Status);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Clock"].Status);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Rate limit"].Status);
    }

    [Theory]
    [InlineData("Locked", "is locked", "Unlock-SecretStore")]
    [InlineData("LosesWrites", "does not keep", "Test-SecretVault")]
    public async Task A_vault_that_does_not_keep_is_told(string fault, string found, string advice)
    {
        using var session = await StartAsync();
        session.Vault.Fault = (VaultFault)Enum.Parse(typeof(VaultFault), fault);
        Failed((await RunAsync(session))["Store"], found, advice);
    }

    [Fact]
    public async Task The_local_store_is_written_too()
    {
        using var session = await Session.StartAsync(hasVault: false);
        Assert.Equal(DcrCheckStatus.Passed, (await RunAsync(session))["Store"].Status);
        session.Process.Machine.Disk.Room = 0;
        Failed((await RunAsync(session))["Store"], "not enough space", "Make room");
    }

    [Theory]
    [InlineData(0, DcrCheckStatus.Passed, "agrees")]
    [InlineData(20, DcrCheckStatus.Passed, "agrees")]
    [InlineData(120, DcrCheckStatus.Warning, "2 minutes behind")]
    [InlineData(-120, DcrCheckStatus.Warning, "2 minutes ahead of")]
    [InlineData(3600, DcrCheckStatus.Warning, "60 minutes behind")]
    public async Task Clocks_are_compared(int skew, DcrCheckStatus expected, string found)
    {
        using var session = await StartAsync($$"""{"clockSkewSeconds":{{skew}}}""");
        var clock = (await RunAsync(session))["Clock"];
        Assert.Equal(expected, clock.Status);
        Assert.Contains(found, clock.Found);
    }

    [FullCryptographyFact]
    public async Task A_wrong_clock_spoils_what_is_signed()
    {
        using var key = SigningKey.Generate("ES256");
        using var session = await StartAsync(
            """{"clockSkewSeconds":900}""",
            request => request with { Credential = new CredentialInput.Key("ops", key) }
        );
        Failed((await RunAsync(session))["Clock"], "15 minutes behind", "time server");
    }

    /// <summary>A cache gives the time at which it got the answer.</summary>
    [Fact]
    public async Task An_answer_out_of_a_cache_tells_no_time()
    {
        using var handler = new RecordingHandler();
        handler.Answer(405, "{}", "Date: Sat, 21 Nov 2026 09:00:00 GMT", "Age: 3600").Always();
        var checks = await RunAsync(handler, new ConnectRequest { RegistrationEndpoint = new Uri("https://as.example.com/register") });
        Assert.Equal(DcrCheckStatus.Skipped, checks["Clock"].Status);
    }

    [Theory]
    [InlineData(100, DcrCheckStatus.Passed, "97 of 100")]
    [InlineData(3, DcrCheckStatus.Warning, "0 of 3")]
    public async Task The_requests_that_are_left_are_told(int burst, DcrCheckStatus expected, string left)
    {
        using var session = await StartAsync($$"""{"rateLimit":{"on":"any","perSecond":0.01,"burst":{{burst}},"headers":"okta"} }""");
        var rate = (await RunAsync(session))["Rate limit"];
        Assert.Equal(expected, rate.Status);
        Assert.StartsWith($"{left} requests to /register are left; the count starts over in ", rate.Found);
    }

    [Theory]
    [InlineData(null, DcrCheckStatus.Skipped, "cannot be known")]
    [InlineData(-3600, DcrCheckStatus.Failed, "expired 60 minutes ago")]
    [InlineData(300, DcrCheckStatus.Warning, "expires in")]
    [InlineData(86400, DcrCheckStatus.Passed, "good for another 24 hours")]
    public async Task A_token_that_was_given_is_judged_by_what_it_says_of_itself(int? seconds, DcrCheckStatus expected, string found)
    {
        var token = seconds is { } life ? Jwt(DateTimeOffset.UtcNow.AddSeconds(life)) : "opaque-token";
        using var session = await StartAsync(change: request =>
            request with
            {
                Credential = new CredentialInput.Token(StaticToken.Initial(token)),
            }
        );
        var checks = await RunAsync(session);
        Assert.Equal(expected, checks["Credential"].Status);
        Assert.Contains(found, checks["Credential"].Found);
        Assert.Equal(seconds is null ? DcrCheckStatus.Skipped : DcrCheckStatus.Passed, checks["Scope"].Status);
        Assert.DoesNotContain(checks.Values, check => check.Found.Contains(token));
    }

    [Theory]
    [InlineData("ops-secret", DcrCheckStatus.Passed, "gave client 'ops' an access token")]
    [InlineData("wrong-secret", DcrCheckStatus.Failed, "gives this credential no access token")]
    public async Task A_client_credential_is_tried(string secret, DcrCheckStatus expected, string found)
    {
        using var session = await StartAsync(
            """{"tokenClient":{"clientId":"ops","clientSecret":"ops-secret"}}""",
            request => request with { Credential = new CredentialInput.Secret("ops", secret) }
        );
        var checks = await RunAsync(session);
        Assert.Equal(expected, checks["Credential"].Status);
        Assert.Contains(found, checks["Credential"].Found);
    }

    [Fact]
    public async Task Okta_proves_an_api_token_by_reading()
    {
        using var session = await StartOktaAsync();
        var checks = await RunAsync(session);
        Assert.Equal(
            ["Discovery", "Registration endpoint", "Credential", "Scope", "Admin role", "Client documents", "Store", "Clock", "Rate limit"],
            checks.Keys
        );
        Assert.Equal(DcrCheckStatus.Passed, checks["Credential"].Status);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Scope"].Status);
        Assert.Contains("Security > Administrators", checks["Admin role"].RecommendedAction);
        Assert.Equal(DcrCheckStatus.Passed, checks["Rate limit"].Status);
    }

    [Theory]
    [InlineData("wrong-token", "", "HTTP 401", "connect again")]
    [InlineData(ApiToken, ",\"apiTokenScopes\":[]", "HTTP 403", "admin role")]
    public async Task Okta_says_what_is_wrong_with_an_api_token(string token, string switches, string found, string advice)
    {
        using var session = await StartOktaAsync(switches, token);
        Failed((await RunAsync(session))["Credential"], found, advice);
    }

    [Fact]
    public async Task A_password_has_no_scope_and_only_its_use_shows_whether_it_is_good()
    {
        using var session = await StartAsync(change: static request =>
            request with { Credential = new CredentialInput.Basic(new BasicCredential("admin", "a-password")) }
        );
        var checks = await RunAsync(session);
        Assert.Contains("password of -Credential", checks["Credential"].Found);
        Assert.DoesNotContain("Scope", checks.Keys);
    }

    [Fact]
    public async Task Okta_needs_a_credential()
    {
        using var session = await StartAsync("""{"dialect":"okta"}""");
        Failed((await RunAsync(session))["Credential"], "administrators only", "-ApiToken");
    }

    [FullCryptographyTheory]
    [InlineData(null, "SUPER_ADMIN", DcrCheckStatus.Passed, DcrCheckStatus.Warning, DcrCheckStatus.Passed)]
    [InlineData(
        "okta.clients.register okta.clients.read okta.clients.manage",
        "SUPER_ADMIN",
        DcrCheckStatus.Passed,
        DcrCheckStatus.Skipped,
        DcrCheckStatus.Skipped
    )]
    [InlineData(
        "okta.clients.register okta.clients.read okta.appGrants.read okta.roles.read",
        "",
        DcrCheckStatus.Failed,
        DcrCheckStatus.Passed,
        DcrCheckStatus.Failed
    )]
    public async Task Okta_shows_scopes_grants_and_role_of_a_service_app(
        string? scopes,
        string role,
        DcrCheckStatus scope,
        DcrCheckStatus grants,
        DcrCheckStatus roles
    )
    {
        using var session = await StartServiceAppAsync(scopes, role);
        var checks = await RunAsync(session);
        Assert.Equal(["Credential", "Scope", "Reading clients", "Grants", "Admin role"], checks.Keys.Skip(2).Take(5));
        Assert.Equal(DcrCheckStatus.Passed, checks["Credential"].Status);
        Assert.Equal(DcrCheckStatus.Passed, checks["Reading clients"].Status);
        Assert.Equal((scope, grants, roles), (checks["Scope"].Status, checks["Grants"].Status, checks["Admin role"].Status));
        if (scope == DcrCheckStatus.Failed)
        {
            Failed(checks["Scope"], "okta.clients.manage: without it, clients cannot be changed, reset or removed", "Okta API Scopes");
            Assert.Contains("okta.appGrants.read", checks["Grants"].Found);
        }
    }

    [FullCryptographyFact]
    public async Task Okta_knows_an_app_that_was_granted_nothing()
    {
        using var session = await StartServiceAppAsync("okta.users.read", "SUPER_ADMIN");
        var checks = await RunAsync(session);
        Failed(checks["Credential"], "for none of okta.clients.register, okta.clients.read, okta.clients.manage", "Okta API Scopes");
        Assert.Equal(DcrCheckStatus.Skipped, checks["Scope"].Status);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Reading clients"].Status);
    }

    [FullCryptographyFact]
    public async Task Okta_may_want_DPoP_where_it_was_ruled_out()
    {
        using var session = await StartServiceAppAsync("okta.clients.read", "", dpop: DcrDPoP.Never);
        Failed((await RunAsync(session))["Credential"], "invalid_dpop_proof", "-DPoP Never");
    }

    [FullCryptographyFact]
    public async Task Okta_refuses_an_app_that_it_does_not_know()
    {
        using var session = await StartServiceAppAsync("okta.clients.read", "", clientId: "0oaother");
        var checks = await RunAsync(session);
        Failed(checks["Credential"], "invalid_client", "client id");
        Assert.Equal(
            [DcrCheckStatus.Skipped],
            new[] { "Scope", "Reading clients", "Grants", "Admin role" }.Select(name => checks[name].Status).Distinct()
        );
    }

    [Fact]
    public async Task Auth0s_chain_is_followed_in_a_new_tenant()
    {
        using var session = await StartAuth0Async("\"managementToken\":{}");
        var checks = await RunAsync(session);
        Assert.Equal(
            [
                "Credential",
                "Scope",
                "Reading clients",
                "Dynamic registration",
                "Security mode",
                "Default permissions",
                "Domain connections",
                "Access control list",
            ],
            checks.Keys.Skip(2).Take(8)
        );
        Failed(checks["Dynamic registration"], "switched off", "Enable-Auth0Dcr");
        Assert.Equal(DcrCheckStatus.Passed, checks["Security mode"].Status);
        Assert.All(
            ["Default permissions", "Domain connections", "Access control list"],
            name => Assert.Equal(DcrCheckStatus.Warning, checks[name].Status)
        );
    }

    [Fact]
    public async Task Auth0s_chain_holds_in_a_tenant_that_is_ready()
    {
        const string Tenant = """
            "managementToken":{},"tenant":{
              "settings":{"flags":{"enable_dynamic_client_registration":true},"dynamic_client_registration_security_mode":"strict",
              "client_id_metadata_document_supported":true},
              "clientGrants":[{"default_for":"third_party_clients","audience":"https://api.example.com","scope":["read:items"],"subject_type":"user"}],
              "connections":[{"name":"staff","strategy":"auth0","is_domain_connection":true}],
              "networkAcls":[{"description":"CI","active":true,"priority":1,"rule":{"action":{"block":true},"not_match":{"ipv4_cidrs":["198.51.100.0/24"]},"scope":"dynamic_client_registration"}}] }
            """;
        using var session = await StartAuth0Async(Tenant);
        var checks = await RunAsync(session);
        Assert.All(checks.Values, check => Assert.Equal(DcrCheckStatus.Passed, check.Status));
        Assert.Contains("https://api.example.com (read:items)", checks["Default permissions"].Found);
        Assert.Contains("198.51.100.0/24", checks["Access control list"].Found);
        Assert.Contains("-DocumentUri", checks["Client documents"].Found);
    }

    [Theory]
    [InlineData("{}", DcrCheckStatus.Skipped, "does not say")]
    [InlineData("""{"client_id_metadata_document_supported":false}""", DcrCheckStatus.Skipped, "does not say")]
    [InlineData("""{"client_id_metadata_document_supported":true}""", DcrCheckStatus.Passed, "nothing is registered")]
    [InlineData(
        """{"client_id_metadata_document_supported":true,"token_endpoint_auth_methods_supported":["client_secret_basic"]}""",
        DcrCheckStatus.Warning,
        "neither none nor private_key_jwt"
    )]
    [InlineData(
        """{"client_id_metadata_document_supported":true,"token_endpoint_auth_methods_supported":["private_key_jwt"]}""",
        DcrCheckStatus.Passed,
        "nothing is registered"
    )]
    public async Task Whether_the_server_takes_documents_is_told(string metadata, DcrCheckStatus status, string found)
    {
        using var session = await StartAsync($$"""{"discoveryOverrides":{{metadata}}}""");
        var check = (await RunAsync(session))["Client documents"];
        Assert.Equal(status, check.Status);
        Assert.Contains(found, check.Found);
    }

    /// <summary>Each looks right at a glance, and is of no use to a client that registers.</summary>
    [Fact]
    public async Task Auth0s_traps_are_told()
    {
        const string Tenant = """
            "managementToken":{},"tenant":{
              "settings":{"flags":{"enable_dynamic_client_registration":true},"dynamic_client_registration_security_mode":"permissive"},
              "clientGrants":[{"default_for":"third_party_clients","audience":"https://api.example.com","scope":["read:items"],"subject_type":"client"}],
              "networkAcls":[{"description":"watch","active":true,"priority":1,"rule":{"action":{"log":true},"match":{"ipv4_cidrs":["198.51.100.0/24"]},"scope":"dynamic_client_registration"}}] }
            """;
        using var session = await StartAuth0Async(Tenant);
        var checks = await RunAsync(session);
        Assert.All(
            ["Security mode", "Default permissions", "Domain connections", "Access control list"],
            name => Assert.Equal(DcrCheckStatus.Warning, checks[name].Status)
        );
        Assert.Contains("subject_type client", checks["Default permissions"].Found);
        Assert.Contains("log", checks["Access control list"].Found);
    }

    [Fact]
    public async Task Auth0_leaves_out_what_the_token_may_not_read()
    {
        using var session = await StartAuth0Async("\"managementToken\":{\"scopes\":[\"read:clients\",\"read:connections\"]}");
        var checks = await RunAsync(session);
        Failed(checks["Scope"], "update:clients, delete:clients, update:client_keys", "Auth0 Management API");
        Assert.Equal(DcrCheckStatus.Passed, checks["Reading clients"].Status);
        Assert.Equal(DcrCheckStatus.Warning, checks["Domain connections"].Status);
        Assert.All(
            ["Dynamic registration", "Security mode", "Default permissions", "Access control list"],
            name => Assert.Equal(DcrCheckStatus.Skipped, checks[name].Status)
        );
        Assert.Contains("read:tenant_settings", checks["Dynamic registration"].Found);
    }

    [Fact]
    public async Task Auth0_is_not_asked_with_a_token_that_has_expired()
    {
        using var session = await StartAuth0Async("\"managementToken\":{\"expiresInSeconds\":-60}");
        var checks = await RunAsync(session);
        Failed(checks["Credential"], "expired", "-ManagementToken");
        Assert.Equal(DcrCheckStatus.Skipped, checks["Dynamic registration"].Status);
        Assert.DoesNotContain(
            await session.Server.RequestsAsync(),
            request => request.Target.StartsWith("/api/v2", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Auth0_without_a_credential_registers_only()
    {
        using var session = await StartAsync("""{"dialect":"auth0"}""", request => request with { Provider = DcrProvider.Auth0 });
        var checks = await RunAsync(session);
        Assert.Equal(DcrCheckStatus.Skipped, checks["Credential"].Status);
        Assert.Equal(7, checks.Count);
    }

    private static async Task<Session> StartAsync(string switches = "{}", Func<ConnectRequest, ConnectRequest>? change = null)
    {
        var session = await Session.StartAsync(switches, change);
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }

    private static Task<Session> StartOktaAsync(string switches = "", string token = ApiToken) =>
        StartAsync(
            $$$"""{"dialect":"okta","okta":{"apiToken":"{{{ApiToken}}}"{{{switches}}}}}""",
            request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws(token)) }
        );

    /// <param name="scopes">Granted to the app; null for all.</param>
    private static Task<Session> StartServiceAppAsync(
        string? scopes,
        string role,
        string clientId = "0oaservice",
        DcrDPoP dpop = DcrDPoP.Auto
    )
    {
        var key = SigningKey.Generate("ES256");
        var granted = scopes is null ? "" : $",\"scopes\":[\"{scopes.Replace(" ", "\",\"")}\"]";
        var roles = role.Length == 0 ? "" : $"\"{role}\"";
        return StartAsync(
            $$$"""{"dialect":"okta","dpop":"nonce","okta":{"roles":[{{{roles}}}]},"tokenClient":{"clientId":"0oaservice"{{{granted}}},"jwks":{"keys":[{{{key.PublicJwk()}}}] } } }""",
            request => request with { Credential = new CredentialInput.Key(clientId, key), DPoP = dpop });
    }

    private static async Task<Session> StartAuth0Async(string switches)
    {
        var session = await Session.StartAuth0Async($$$"""{"dialect":"auth0","auth0":{ {{{switches}}} } }""");
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        return session;
    }

    /// <summary>Runs all checks, and makes sure that nothing was sent but reads and requests for tokens.</summary>
    private static async Task<Dictionary<string, DcrCheck>> RunAsync(Session session, bool isUp = true)
    {
        var checks = await RunAsync(session.Context);
        if (isUp)
        {
            Assert.All(
                (await session.Server.RequestsAsync()).Where(request => request.Operation != "token"),
                request => Assert.Equal("GET", request.Method)
            );
            Assert.Empty(await session.SentAsync("register"));
        }

        return checks;
    }

    private static async Task<Dictionary<string, DcrCheck>> RunAsync(RecordingHandler handler, ConnectRequest request)
    {
        var (vault, reporter, clock) = (new MemoryVault(), new RecordingReporter(), new FakeClock());
        using var process = new Machine().Start();
        var connection = await ConnectOperation.RunAsync(request, process.Ledger, vault, reporter, clock, CancellationToken.None, handler);
        var checks = await RunAsync(
            new OperationContext(
                connection,
                new Registrations(process.Ledger, vault, connection.VaultId),
                reporter,
                clock,
                CancellationToken.None
            )
        );
        connection.Close();
        return checks;
    }

    private static async Task<Dictionary<string, DcrCheck>> RunAsync(OperationContext context)
    {
        var checks = new Dictionary<string, DcrCheck>();
        foreach (var check in new TestServerOperation(context.Connection).Checks)
        {
            var found = await check(context);
            checks.Add(found.Name, found);
        }

        return checks;
    }

    private static void Failed(DcrCheck check, string found, string advice)
    {
        Assert.Equal(DcrCheckStatus.Failed, check.Status);
        Assert.Contains(found, check.Found);
        Assert.Contains(advice, check.RecommendedAction);
    }

    private static string Jwt(DateTimeOffset expiry) =>
        string.Join(
            ".",
            new[] { """{"alg":"none"}""", $$"""{"exp":{{expiry.ToUnixTimeSeconds()}},"scope":"dcr"}""", "signature" }.Select(part =>
                Base64Url.Encode(Encoding.UTF8.GetBytes(part))
            )
        );
}
