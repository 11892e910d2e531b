using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public sealed class ConnectOperationTests : IDisposable
{
    private readonly RecordingHandler _server = new();
    private readonly MemoryVault _vault = new();
    private readonly StoreProcess _process = new Machine().Start();

    public void Dispose()
    {
        _server.Dispose();
        _process.Dispose();
    }

    [Theory]
    [InlineData("", "oauthInsertion", "/.well-known/oauth-authorization-server")]
    [InlineData("", "openidInsertion", "/.well-known/oauth-authorization-server /.well-known/openid-configuration")]
    [InlineData("/t1", "oauthInsertion", "/.well-known/oauth-authorization-server/t1")]
    [InlineData("/t1", "openidInsertion", "/.well-known/oauth-authorization-server/t1 /.well-known/openid-configuration/t1")]
    [InlineData(
        "/t1",
        "openidAppend",
        "/.well-known/oauth-authorization-server/t1 /.well-known/openid-configuration/t1 /t1/.well-known/openid-configuration"
    )]
    [InlineData(
        "/t1",
        "oauthAppend",
        "/.well-known/oauth-authorization-server/t1 /.well-known/openid-configuration/t1 /t1/.well-known/openid-configuration "
            + "/t1/.well-known/oauth-authorization-server"
    )]
    public async Task Finds_the_endpoint_where_the_server_has_it(string path, string place, string tried)
    {
        using var session = await Session.StartAsync($$"""{"issuerPath":"{{path}}","discovery":["{{place}}"]}""");
        Assert.Equal(tried, string.Join(" ", (await session.Server.RequestsAsync()).Select(static request => request.Target)));
        Assert.Equal($"{session.Server.Url.Authority}{path}", session.Connection.Name);
        Assert.Equal(session.Server.Issuer, session.Connection.Issuer);
        Assert.Equal(new Uri(session.Server.Url, path + "/register"), session.Connection.RegistrationEndpoint);
    }

    [Fact]
    public async Task An_issuer_that_differs_by_its_trailing_slash_is_taken_as_the_server_writes_it()
    {
        using var server = await SharedTestServer.StartAsync("""{"issuerTrailingSlash":true}""");
        using var session = await Session.ConnectAsync(server.Url.AbsoluteUri.TrimEnd('/'));
        Assert.Equal(server.Url.AbsoluteUri, session.Connection.Issuer);
        Assert.Contains(
            session.Reporter.VerboseLines,
            static line => line.EndsWith("the difference of the trailing slash is accepted.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_server_that_takes_documents_alone_is_told_as_that()
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.StartAsync(
            """{"registrationEndpoint":"missing","discoveryOverrides":{"client_id_metadata_document_supported":true}}"""));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains("takes client ID metadata documents", error.Message);
        Assert.Contains("New-DcrClientDocument", error.RecommendedAction);
    }

    [Theory]
    [InlineData("""{"discovery":[]}""", DcrErrorId.DiscoveryFailed, "HTTP 404")]
    [InlineData("""{"registrationEndpoint":"missing"}""", DcrErrorId.DiscoveryFailed, "has no registration_endpoint")]
    [InlineData(
        """{"registrationEndpoint":"plainHttp"}""",
        DcrErrorId.DiscoveryFailed,
        "'http://dcr.example.net/register' is not an absolute https URL"
    )]
    [InlineData("""{"registrationEndpoint":"relative"}""", DcrErrorId.DiscoveryFailed, "'/register' is not an absolute https URL")]
    [InlineData("""{"issuer":"https://other.example.com"}""", DcrErrorId.IssuerMismatch, "names another issuer: https://other.example.com")]
    [InlineData("""{"faults":[{"on":"discovery","body":"html","times":9}]}""", DcrErrorId.DiscoveryFailed, "its answer is an HTML page")]
    [InlineData("""{"faults":[{"on":"discovery","body":"endless","times":9}]}""", DcrErrorId.DiscoveryFailed, "longer than 1 MiB")]
    [InlineData(
        """{"faults":[{"on":"discovery","status":302,"headers":{"Location":"https://evil.example/"},"times":9}]}""",
        DcrErrorId.DiscoveryFailed,
        "HTTP 302"
    )]
    public async Task Says_why_nothing_was_found_and_where_it_looked(string switches, DcrErrorId expected, string why)
    {
        using var server = await SharedTestServer.StartAsync(switches);
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Url.AbsoluteUri));
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains(why, error.Message);
        Assert.Contains("/.well-known/oauth-authorization-server", error.Message);
        Assert.Contains("/.well-known/openid-configuration", error.Message);
    }

    [Fact]
    public async Task A_relative_endpoint_is_told_with_what_it_may_mean()
    {
        using var server = await SharedTestServer.StartAsync("""{"registrationEndpoint":"relative"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Url.AbsoluteUri));
        Assert.Contains($"Connect-DcrServer -RegistrationEndpoint {server.Url.AbsoluteUri}register.", error.RecommendedAction);
    }

    [Fact]
    public async Task A_firewall_is_not_told_as_a_wrong_address()
    {
        using var server = await SharedTestServer.StartAsync(
            """{"faults":[{"on":"discovery","status":403,"headers":{"cf-mitigated":"challenge"},"times":9}]}"""
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Url.AbsoluteUri));
        Assert.Equal(DcrErrorId.RegistrationForbidden, error.ErrorId);
        Assert.Contains("a bot check or a firewall", error.Message);
        Assert.DoesNotContain("spelling", error.RecommendedAction);
    }

    [Fact]
    public async Task A_server_that_fails_is_not_told_as_a_wrong_address()
    {
        using var server = await SharedTestServer.StartAsync("""{"faults":[{"on":"discovery","status":503,"times":99}]}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Url.AbsoluteUri));
        Assert.Equal(DcrErrorId.ServerUnavailable, error.ErrorId);
        Assert.Contains("HTTP 503", error.Message);
        Assert.StartsWith("Run the command again later", error.RecommendedAction);
    }

    [Fact]
    public async Task A_rate_limit_is_waited_for_once_and_not_at_each_place()
    {
        var clock = new FakeClock();
        _server.Answer(429, "", "Retry-After: 50").Always();
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            Session.ConnectAsync("https://as.example.com/t1", handler: _server, clock: clock)
        );
        Assert.Equal(DcrErrorId.RateLimited, error.ErrorId);
        Assert.InRange(clock.Waits.Sum(static wait => wait.TotalSeconds), 50, 180);
        Assert.Single(_server.Requests.Select(static request => request.Uri).Distinct());
    }

    [Theory]
    [InlineData("https://login.example.com/{tenantid}/v2.0", "your own tenant's issuer")]
    [InlineData("https://other.example.com", "Connect-DcrServer https://other.example.com")]
    [InlineData("http://inner.example.com", "-RegistrationEndpoint")] // Connecting to it would be refused.
    [InlineData("the server", "-RegistrationEndpoint")]
    public async Task What_to_do_about_another_issuer_can_be_done(string issuer, string advice)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"issuer":"{{issuer}}"}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Url.AbsoluteUri));
        Assert.Equal(DcrErrorId.IssuerMismatch, error.ErrorId);
        Assert.Contains(advice, error.RecommendedAction);
        Assert.Equal(
            issuer.StartsWith("https://other", StringComparison.Ordinal),
            error.RecommendedAction.Contains($"Connect-DcrServer {issuer}")
        );
    }

    [Theory]
    [InlineData("{0}/.well-known/openid-configuration/t1")]
    [InlineData("{0}/t1/.well-known/openid-configuration")]
    [InlineData(" {0}/t1 ")]
    [InlineData("{0}/t1/fhir/.well-known/smart-configuration")]
    public async Task A_pasted_address_of_metadata_means_its_issuer(string pasted)
    {
        using var server = await SharedTestServer.StartAsync("""{"issuerPath":"/t1"}""");
        using var session = await Session.ConnectAsync(
            string.Format(System.Globalization.CultureInfo.InvariantCulture, pasted, server.Url.GetLeftPart(UriPartial.Authority))
        );
        Assert.Equal(server.Issuer, session.Connection.Issuer);
        Assert.Contains(session.Reporter.VerboseLines, static line => line.StartsWith("Connecting to ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_of_the_metadata_on_the_same_server_is_followed()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"discovery","status":301,"headers":{"Location":"/.well-known/openid-configuration"}}]}"""
        );
        Assert.Equal(
            "/.well-known/oauth-authorization-server /.well-known/openid-configuration",
            string.Join(" ", (await session.Server.RequestsAsync()).Select(static request => request.Target))
        );
    }

    [Fact]
    public async Task A_redirect_that_goes_round_in_circles_ends()
    {
        using var server = await SharedTestServer.StartAsync(
            """{"faults":[{"on":"discovery","status":302,"headers":{"Location":"/.well-known/openid-configuration"},"times":99}]}"""
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Issuer));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
    }

    [Theory]
    [InlineData("""{"body":"html"}""")]
    [InlineData("""{"status":500,"times":3}""")]
    [InlineData("""{"content":"{}"}""")]
    public async Task A_place_of_no_use_is_passed_over(string fault)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"discovery",{{fault.Substring(1)}}]}""");
        Assert.EndsWith("/register", session.Connection.RegistrationEndpoint.AbsolutePath);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("utf8Bom")]
    [InlineData("utf16")]
    [InlineData("latin1")]
    public async Task Metadata_is_read_in_every_encoding(string encoding)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"discovery","encoding":"{{encoding}}"}]}""");
        Assert.Single(await session.SentAsync("discovery"));
    }

    [Fact]
    public async Task With_the_endpoint_given_nothing_is_asked()
    {
        var connection = await RunAsync(
            new ConnectRequest { RegistrationEndpoint = new Uri("https://as.example.com/t1/register/"), Name = "mine" }
        );
        Assert.Equal(
            ("mine", "https://as.example.com/t1/register/", "None", "TestVault"),
            (connection.Name, connection.Issuer, connection.Credential, connection.Vault)
        );
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("http://as.example.com", null, null)]
    [InlineData("ftp://as.example.com", null, null)]
    [InlineData(null, "http://as.example.com/register", null)]
    [InlineData(null, "https://as.example.com/register", "http://other.example.com")]
    public async Task Where_no_token_may_go_it_does_not_connect(string? issuer, string? endpoint, string? origin)
    {
        var request = new ConnectRequest
        {
            Issuer = issuer is null ? null : new Uri(issuer),
            RegistrationEndpoint = endpoint is null ? null : new Uri(endpoint),
            AllowedOrigins = origin is null ? [] : [new Uri(origin)],
        };
        var error = await Assert.ThrowsAsync<DcrException>(() => RunAsync(request));
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
        Assert.Contains("https", error.Message);
        Assert.Contains("http is allowed to a loopback address", error.Message);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tok\r\nX-Injected: 1")]
    [InlineData("tök")]
    public async Task A_text_that_is_no_token_is_refused_and_not_shown(string token)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            RunAsync(new ConnectRequest { Issuer = new Uri("https://as.example.com"), Credential = InitialToken.Of(token) })
        );
        Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
        Assert.True(token.Length == 0 || !error.Message.Contains(token));
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData(VaultFault.Locked, DcrErrorId.VaultLocked)]
    [InlineData(VaultFault.RefusesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.LosesWrites, DcrErrorId.VaultWriteFailed)]
    internal async Task A_vault_that_does_not_keep_is_found_before_anything_is_sent(VaultFault fault, DcrErrorId expected)
    {
        _vault.Fault = fault;
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            RunAsync(new ConnectRequest { Issuer = new Uri("https://as.example.com") })
        );
        Assert.Equal(expected, error.ErrorId);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task The_initial_token_does_not_go_to_discovery_and_is_not_shown()
    {
        using var session = await Session.StartAsync("{}", static request => request with { Credential = InitialToken.Of("tok-123456") });
        Assert.All(await session.Server.RequestsAsync(), static request => Assert.Null(request.Header("Authorization")));
        Assert.Equal("InitialAccessToken", session.Connection.Credential);
        Assert.All(
            typeof(DcrConnection).GetProperties(),
            property => Assert.DoesNotContain("123456", Convert.ToString(property.GetValue(session.Connection), null))
        );
    }

    [Fact]
    public async Task No_connection_is_told_apart_from_no_metadata()
    {
        using var server = await SharedTestServer.StartAsync();
        await server.StopAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(server.Issuer));
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
    }

    [Theory]
    [InlineData("127.0.0.1:{port}", null)]
    [InlineData("http://127.0.0.1:{port}", null)]
    [InlineData("http://us%40er:p%3Ass%20word@127.0.0.1:{port}", "us@er:p:ss word")]
    public async Task A_proxy_is_taken_as_people_write_it_and_gets_its_password(string proxy, string? credential)
    {
        using var front = new RawServer(
            RawStep.Of("HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic realm=\"p\"", [], keepsOpen: true),
            RawStep.Close
        );
        var request = new ConnectRequest
        {
            RegistrationEndpoint = new Uri("https://as.example.com/register"),
            Proxy = new Uri(proxy.Replace("{port}", $"{front.Url.Port}"), UriKind.RelativeOrAbsolute),
        };
        using var process = new Machine().Start();
        var connection = await ConnectOperation.RunAsync(
            request,
            process.Ledger,
            null,
            new RecordingReporter(),
            new FakeClock(),
            CancellationToken.None
        );
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            connection.Service.RegisterAsync(JsonBag.Empty, new ProviderCall(new RecordingReporter(), CancellationToken.None))
        );
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
        Assert.StartsWith("CONNECT as.example.com:443", front.Requests.First());
        if (credential is not null)
        {
            Assert.Contains(
                front.Requests,
                sent => sent.Contains("Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credential)))
            );
        }
        else if (Type.GetType("Mono.Runtime") is null)
        {
            // Mono does not say what the proxy answered.
            Assert.Contains("407", error.Message);
            Assert.Contains("-Proxy http://user:password@host:port", error.RecommendedAction);
            Assert.Single(front.Requests); // Once: the same again would be refused again.
        }

        Assert.DoesNotContain("ss word", error.ToString());
        connection.Close();
    }

    [Fact]
    public async Task A_proxy_that_is_dead_is_not_told_as_the_servers_failure()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var process = new Machine().Start();
        var request = new ConnectRequest { Issuer = new Uri("https://as.example.com"), Proxy = new Uri($"http://127.0.0.1:{port}") };
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            ConnectOperation.RunAsync(request, process.Ledger, null, new RecordingReporter(), new FakeClock(), CancellationToken.None)
        );
        Assert.Equal($"The proxy 127.0.0.1:{port} on the way to as.example.com could not be reached. Nothing was sent.", error.Message);
    }

    [Theory]
    [InlineData("ftp://proxy.example.com")]
    [InlineData("proxy")]
    [InlineData("user:secret-word@proxy.example.com:8080")]
    public async Task What_is_no_proxy_is_refused_without_showing_it(string proxy)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            RunAsync(new ConnectRequest { Issuer = new Uri("https://as.example.com"), Proxy = new Uri(proxy, UriKind.RelativeOrAbsolute) })
        );
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
        Assert.Contains("http://host:port", error.RecommendedAction);
        Assert.DoesNotContain("secret-word", error.ToString());
        Assert.Empty(_server.Requests);
    }

    /// <summary>An Auth0-compatible server leaves the endpoint out while registration is off; Enable-Auth0Dcr has to be reached.</summary>
    [Theory]
    [InlineData(DcrProvider.Auth0, true)]
    [InlineData(DcrProvider.Auto, false)]
    public async Task A_tenant_whose_metadata_has_no_registration_endpoint_can_be_connected_to_as_Auth0(DcrProvider provider, bool connects)
    {
        _server
            .Answer(200, """{"issuer":"https://login.example.com/","token_endpoint":"https://login.example.com/oauth/token"}""")
            .Always();
        var connecting = RunAsync(new ConnectRequest { Issuer = new Uri("https://login.example.com/"), Provider = provider });
        if (connects)
        {
            Assert.Equal(
                ("https://login.example.com/oidc/register", "Auth0"),
                ((await connecting).RegistrationEndpoint.AbsoluteUri, (await connecting).Provider)
            );
        }
        else
        {
            Assert.Equal(DcrErrorId.DiscoveryFailed, (await Assert.ThrowsAsync<DcrException>(() => connecting)).ErrorId);
        }
    }

    private Task<DcrConnection> RunAsync(ConnectRequest request) =>
        ConnectOperation.RunAsync(
            request,
            _process.Ledger,
            _vault,
            new RecordingReporter(),
            new FakeClock(),
            CancellationToken.None,
            _server
        );
}
