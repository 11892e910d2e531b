using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Nothing that goes wrong on the wire makes a client twice, or loses a token that has arrived.</summary>
public class RegistrationFaultTests
{
    [Theory]
    [InlineData(""" "drop":"beforeAnswer" """)]
    [InlineData(""" "status":500,"when":"afterProcessing" """)]
    [InlineData(""" "status":502 """)]
    [InlineData(""" "status":503 """)]
    [InlineData(""" "status":504,"when":"afterProcessing" """)]
    [InlineData(""" "status":503,"rateLimitHeaders":"okta" """)]
    public async Task A_registration_of_unknown_outcome_is_not_sent_again(string fault)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"register",{{fault}}}]}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Contains("The server may have registered the client, so it was not sent again.", error.Message);
        Assert.Single(await session.SentAsync("register"));
    }

    [Fact]
    public async Task A_registration_whose_answer_does_not_come_in_time_is_of_unknown_outcome()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"register","delayMs":60000}]}""",
            static request => request with { Timeout = TimeSpan.FromSeconds(2) }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Contains("no answer came in time", error.Message);
        Assert.Single(await session.SentAsync("register"));
        Assert.Single(await session.Server.ClientsAsync()); // It did register it.
    }

    [Theory]
    [InlineData(429, "retryAfterSeconds")]
    [InlineData(429, "retryAfterDate")]
    [InlineData(429, "okta")]
    [InlineData(429, "auth0")]
    [InlineData(429, "none")]
    [InlineData(503, "retryAfterSeconds")]
    [InlineData(503, "retryAfterDate")]
    public async Task A_server_that_did_nothing_is_asked_again_after_the_wait(int status, string headers)
    {
        using var session = await Session.StartAsync(
            $$"""{"clockSkewSeconds":7200,"faults":[{"on":"register","status":{{status}},"rateLimitHeaders":"{{headers}}","retryAfter":20,"shape":"text"}]}"""
        );
        var client = await session.RegisterAsync();
        var wait = Assert.Single(session.Clock.Waits).TotalSeconds;
        Assert.InRange(wait, headers == "none" ? 0.5 : 15, 22); // By the server's clock, which is two hours ahead.
        Assert.Equal(client.ClientId, (await session.AtServerAsync()).ClientId);
        Assert.Equal(2, (await session.SentAsync("register")).Count);
    }

    [Fact]
    public async Task A_rate_limit_that_does_not_end_is_told()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"register","status":429,"rateLimitHeaders":"retryAfterSeconds","retryAfter":0,"times":1000}]}"""
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.RateLimited, error.ErrorId);
        Assert.InRange((await session.SentAsync("register")).Count, 3, 30);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_takes_no_token_along(int status)
    {
        using var other = await SharedTestServer.StartAsync();
        using var session = await Session.StartAsync(
            $$"""{"initialToken":"tok-123456","faults":[{"on":"register","status":{{status}},"headers":{"Location":"{{other.Url}}register?x=secret-words"} }]}""",
            static request => request with { Credential = InitialToken.Of("tok-123456") });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Contains($"redirects to {other.Url.GetLeftPart(UriPartial.Authority)} (HTTP {status})", error.Message);
        Assert.DoesNotContain("secret-words", error.ToString());
        Assert.Empty(await other.RequestsAsync());
    }

    [Theory]
    [InlineData(""" "body":"half" """, DcrErrorId.ResponseNotConformant, "not the JSON object")]
    [InlineData(""" "body":"html" """, DcrErrorId.ResponseNotConformant, "an HTML page")]
    [InlineData(""" "body":"text" """, DcrErrorId.ResponseNotConformant, "not the JSON object")]
    [InlineData(""" "body":"huge" """, DcrErrorId.ResponseNotConformant, "longer than 1 MiB")]
    [InlineData(""" "body":"endless" """, DcrErrorId.ResponseNotConformant, "longer than 1 MiB")]
    [InlineData(""" "drop":"midBody" """, DcrErrorId.OutcomeUnknown, "broke in the middle")]
    [InlineData(""" "drop":"stallMidBody" """, DcrErrorId.OutcomeUnknown, "broke in the middle")]
    [InlineData(
        """ "content":"{\"client_name\":\"no id\",\"registration_access_token\":\"t\"}" """,
        DcrErrorId.ResponseNotConformant,
        "has no client_id"
    )]
    [InlineData(
        """ "content":"{\"client_id\":\"\\ud800\",\"registration_access_token\":\"t\"}" """,
        DcrErrorId.ResponseNotConformant,
        "not the JSON object"
    )]
    public async Task An_answer_that_cannot_be_used_is_kept_as_it_came(string fault, DcrErrorId expected, string why)
    {
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"register",{{fault}}}]}""",
            request => request with { Timeout = TimeSpan.FromSeconds(fault.Contains("stall") ? 2 : 30) }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains("said that it registered the client", error.Message);
        Assert.Contains(why, error.Message);

        Assert.Contains("The answer is kept as it came", error.Message);
        Assert.NotEmpty(Assert.Single(Assert.Single(session.Ledger.Requests.Open()).Answers).Body);
        Assert.Single(await session.SentAsync("register"));
    }

    [Theory]
    [InlineData(""" "body":"empty" """, DcrErrorId.ResponseNotConformant)]
    [InlineData(""" "drop":"afterStatusLine" """, DcrErrorId.OutcomeUnknown)]
    public async Task An_answer_of_nothing_is_kept_too(string fault, DcrErrorId expected)
    {
        using var session = await Session.StartAsync($$"""{"faults":[{"on":"register",{{fault}}}]}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
        Assert.Equal(expected, error.ErrorId);
        Assert.Contains("said that it registered the client", error.Message);
        Assert.Empty(Assert.Single(Assert.Single(session.Ledger.Requests.Open()).Answers).Body);
    }

    [Fact]
    public async Task A_page_that_repeats_the_request_repeats_no_token_to_the_user()
    {
        const string Token = "tok-123456";
        using var session = await Session.StartAsync(
            $$"""{"initialToken":"{{Token}}","faults":[{"on":"register","status":400,"body":"echo"},{"on":"register","status":400,"errorDescription":"what is Bearer {{Token}}?"}]}""",
            static request => request with { Credential = InitialToken.Of(Token) });
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync());
            Assert.DoesNotContain("123456", error.ToString() + error.ServerError!.Description);
        }

        Assert.All(session.Reporter.VerboseLines.Concat(session.Reporter.Warnings), static line => Assert.DoesNotContain("123456", line));
    }

    [Fact]
    public async Task Stopped_while_it_is_under_way_its_answer_is_still_kept()
    {
        using var session = await Session.StartAsync("""{"faults":[{"on":"register","delayMs":1000}]}""");
        var registering = session.RegisterAsync();
        await session.ArrivalAsync("register");
        session.Clock.Held = new();
        session.Stop.Cancel();
        var client = await registering;
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }
}
