using System;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Http;

public sealed class HttpSenderTests : IDisposable
{
    private const string Token = "tok-123456";
    private static readonly Uri Url = new("https://as.example.com/register?client_id=c1&key=query-123456");

    private readonly RecordingHandler _server = new();
    private readonly FakeClock _clock = new();
    private readonly RecordingReporter _reporter = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _server.Dispose();
        _stop.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 echo of Bearer tok-123456\r\n\r\n")]
    [InlineData("tok-123456\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nBearer tok-123456\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: tok-123456\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ntok-123456\r\n")]
    public async Task An_answer_that_is_not_http_and_quotes_the_token_brings_it_into_no_text(string answer)
    {
        var step = new RawStep(System.Text.Encoding.ASCII.GetBytes(answer));
        using var server = new RawServer(step, step, step);
        using var sender = new HttpSender(
            new HttpTransport(Compat.HandlerFactory.Create(proxy: null, certificate: null), TimeSpan.FromSeconds(20), _clock),
            _clock
        );
        var failure = await Record.ExceptionAsync(() =>
            sender.SendAsync(
                new ProtocolRequest(HttpMethod.Get, server.Url, RequestEffect.None),
                StaticToken.Initial(Token),
                _reporter,
                _stop.Token
            )
        );
        Assert.NotEmpty(_reporter.VerboseLines);
        Assert.DoesNotContain(Token, failure + string.Concat(_reporter.VerboseLines));
    }

    [Fact]
    public async Task Secret_members_that_were_sent_are_cleaned_out_of_the_answer()
    {
        _server.Answer(400, """{"error":"invalid_client_metadata","error_description":"not sec-123456, api-123456 or statement-123456"}""");
        var body = JsonBag.Parse(
            """{"client_secret":"sec-123456","vendor_api_keys":["a"],"api_token":["api-123456"],"software_statement":"statement-123456"}"""
        );
        using var sender = new HttpSender(new HttpTransport(_server, TimeSpan.FromSeconds(60), _clock), _clock);
        var response = await sender.SendAsync(
            new ProtocolRequest(HttpMethod.Post, Url, RequestEffect.Registers, body),
            StaticToken.Initial(Token),
            _reporter,
            _stop.Token
        );
        Assert.Equal("not ***, *** or ***", ServerErrorReader.Read(response).Description);
    }

    [Theory]
    [InlineData("POST", 429)]
    [InlineData("POST", 503)]
    [InlineData("PUT", 429)]
    [InlineData("GET", 429)]
    public async Task Comes_back_after_the_wait_that_the_server_asks_for(string method, int status)
    {
        _server.Answer(status, "", "Retry-After: 7").Answer(200);
        Assert.Equal(200, (await SendAsync(method)).Status);
        Assert.Equal([TimeSpan.FromSeconds(7)], _clock.Waits);
        Assert.Equal(2, _server.Requests.Count);
        Assert.Equal(_server.Requests[0], _server.Requests[1]);
    }

    [Theory]
    [InlineData("POST", 500)]
    [InlineData("POST", 502)]
    [InlineData("POST", 503)]
    [InlineData("POST", 504)]
    [InlineData("PUT", 500)]
    [InlineData("DELETE", 503)]
    public async Task Does_not_repeat_what_may_have_been_done(string method, int status)
    {
        _server.Answer(status, "", "X-Rate-Limit-Reset: 1795255205");
        Assert.Equal(status, (await SendAsync(method)).Status);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Repeats_a_read_that_the_server_failed()
    {
        _server.Answer(500).Answer(503).Answer(200);
        Assert.Equal(200, (await SendAsync("GET")).Status);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("GET")]
    public async Task Repeats_what_never_left(string method)
    {
        _server.NameNotFound().Refuse().Answer(201);
        Assert.Equal(201, (await SendAsync(method)).Status);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData("POST", DcrErrorId.OutcomeUnknown)]
    [InlineData("PUT", DcrErrorId.OutcomeUnknown)]
    [InlineData("DELETE", DcrErrorId.OutcomeUnknown)]
    public async Task A_broken_connection_leaves_the_outcome_unknown(string method, DcrErrorId expected)
    {
        _server.Break();
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => SendAsync(method))).ErrorId);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_read_that_breaks_is_repeated_and_then_given_up()
    {
        _server.Break().Break().Break();
        var error = await Assert.ThrowsAsync<DcrException>(() => SendAsync("GET"));
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task A_host_without_an_address_is_given_up_after_three_tries()
    {
        _server.NameNotFound().NameNotFound().NameNotFound();
        var error = await Assert.ThrowsAsync<DcrException>(() => SendAsync("POST"));
        Assert.Equal(DcrErrorId.ConnectionFailed, error.ErrorId);
        Assert.Equal("as.example.com: the host name was not found. Nothing was sent.", error.Message);
        Assert.Equal(2, _clock.Waits.Count);
    }

    [Theory]
    [InlineData("Retry-After: 0")]
    [InlineData("Retry-After: Sat, 21 Nov 2020 10:00:00 GMT")]
    [InlineData("Retry-After: 59")]
    [InlineData("X-Other: x")]
    public async Task A_server_that_never_lets_anybody_in_is_given_up(string header)
    {
        _server.Answer(429, "", header).Always();
        Assert.Equal(429, (await SendAsync("POST")).Status);
        Assert.InRange(_clock.Waits.Sum(static wait => wait.TotalSeconds), 60, 180);
        Assert.InRange(_server.Requests.Count, 3, 30);
    }

    [Fact]
    public async Task A_wait_beyond_three_minutes_is_not_begun()
    {
        _server.Answer(429, "", "Retry-After: 3600");
        Assert.Equal(429, (await SendAsync("POST")).Status);
        Assert.Empty(_clock.Waits);
    }

    /// <summary>The pace is one place, and the repeats of a request another: what a request waits in both is one sum.</summary>
    [Theory]
    [InlineData(429, "Retry-After: 20")]
    [InlineData(503, "Retry-After: 20")]
    [InlineData(429, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 20")]
    [InlineData(429, "RateLimit: limit=1, remaining=0, reset=20", "Retry-After: 1")]
    public async Task No_request_waits_longer_than_three_minutes_in_all(int status, params string[] headers)
    {
        _server.Answer(status, "", headers).Always();
        using var sender = new HttpSender(new HttpTransport(_server, TimeSpan.FromSeconds(60), _clock), _clock);
        for (var request = 0; request < 3; request++)
        {
            var before = _clock.Waits.Count;
            _ = await Record.ExceptionAsync(() =>
                sender.SendAsync(
                    new ProtocolRequest(HttpMethod.Post, Url, RequestEffect.Registers),
                    StaticToken.Initial(Token),
                    _reporter,
                    _stop.Token
                )
            );
            Assert.InRange(_clock.Waits.Skip(before).Sum(static wait => wait.TotalSeconds), request == 0 ? 20 : 0, 180);
        }
    }

    [Fact]
    public async Task Each_wait_is_shown_and_its_end_too()
    {
        _server.Answer(429, "", "Retry-After: 7").Refuse().Answer(503, "", "Retry-After: 8").Answer(200);
        await SendAsync("POST");
        Assert.Equal(
            [
                "as.example.com: the server's rate limit is reached; trying again in 7 seconds", null,
                "as.example.com: the connection could not be made; trying again in 1 second", null,
                "as.example.com: the server answered HTTP 503; trying again in 8 seconds", null,
            ],
            _reporter.Waits);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_an_answer_and_not_a_way(int status)
    {
        _server.Answer(status, "", "Location: https://evil.example/");
        Assert.Equal(status, (await SendAsync("POST")).Status);
        Assert.Equal(Url, Assert.Single(_server.Requests).Uri);
    }

    [Theory]
    [InlineData("http://as.example.com/register")]
    [InlineData("http://10.0.0.1/register")]
    public async Task No_token_goes_over_plain_http(string url)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => SendAsync("POST", new Uri(url)));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task The_credential_goes_along_and_is_cleaned_out_of_the_answer()
    {
        _server.Answer(400, $$"""{"error_description":"Bearer {{Token}} sent with sec-123456 and a.jwt.signed"}""");
        var response = await SendAsync("POST");
        Assert.Equal($"Bearer {Token}", Assert.Single(_server.Requests).Authorization);
        Assert.Equal("Bearer *** sent with *** and ***", ServerErrorReader.Read(response).Description);
    }

    [Fact]
    public async Task Verbose_lines_hold_no_secret_and_no_query()
    {
        _server.Answer(429, Token, "Retry-After: 1").Refuse().Answer(400, Token);
        await SendAsync("POST");
        Assert.Equal(5, _reporter.VerboseLines.Count); // Two of them are told before a wait.
        Assert.StartsWith("POST https://as.example.com/register - 429 in ", _reporter.VerboseLines.First());
        Assert.All(_reporter.VerboseLines.Concat(_reporter.Waits.OfType<string>()), static line => Assert.DoesNotContain("123456", line));
    }

    [Fact]
    public async Task An_address_with_a_password_is_not_asked_and_not_shown()
    {
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            SendAsync("GET", new Uri("https://user:pass-123456@as.example.com/register"))
        );
        Assert.DoesNotContain("123456", error.ToString());
        Assert.Empty(_reporter.VerboseLines);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Stopped_before_it_begins_it_sends_nothing(string method)
    {
        _stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(method));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Stopped_in_a_wait_it_sends_no_more()
    {
        _server.Answer(429, "", "Retry-After: 60");
        _clock.OnWait = _stop.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync("POST"));
        Assert.Single(_server.Requests);
        Assert.Null(_reporter.Waits.Last());
    }

    [Fact]
    public async Task Stopped_a_read_ends_while_a_registration_still_has_its_grace_and_that_ends_with_an_unknown_outcome()
    {
        _clock.Held = new();
        _server.Hang().Hang(afterSending: _stop.Cancel);
        var registration = SendAsync("POST");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync("GET"));
        Assert.False(registration.IsCompleted);
        _clock.Held.SetResult(true);
        Assert.Equal(DcrErrorId.OutcomeUnknown, (await Assert.ThrowsAsync<DcrException>(() => registration)).ErrorId);
    }

    private async Task<ProtocolResponse> SendAsync(string method, Uri? url = null)
    {
        var effect =
            method == "GET" ? RequestEffect.None
            : method == "POST" ? RequestEffect.Registers
            : RequestEffect.Changes;
        var body = method is "POST" or "PUT"
            ? JsonBag.Parse("""{"client_secret":"sec-123456","software_statement":"a.jwt.signed"}""")
            : null;
        using var transport = new HttpTransport(_server, TimeSpan.FromSeconds(60), _clock);
        using var sender = new HttpSender(transport, _clock);
        var request = new ProtocolRequest(new HttpMethod(method), url ?? Url, effect, body);
        return await sender.SendAsync(request, StaticToken.Initial(Token), _reporter, _stop.Token);
    }
}
