using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Http;

public class RateGateTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public async Task Without_a_limit_nobody_waits()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 500, _ => Answer());
        Assert.Empty(_clock.Waits);
    }

    [Theory]
    [InlineData(50, 60, 50, 0)]
    [InlineData(50, 60, 110, 72)]
    [InlineData(5, 1, 15, 2)]
    public async Task A_known_limit_may_be_used_up_at_once_and_is_then_spread(int requests, int seconds, int count, int least)
    {
        var gate = new RateGate(_clock, new DcrRateLimit(requests, TimeSpan.FromSeconds(seconds)));
        var start = _clock.UtcNow;
        await PassAsync(gate, count, _ => Answer());
        var took = (_clock.UtcNow - start).TotalSeconds;
        Assert.InRange(took, least - 0.01, (least * 1.1) + 1);
    }

    [Fact]
    public async Task Says_how_long_more_requests_take_at_least()
    {
        Assert.Equal(TimeSpan.Zero, new RateGate(_clock).LeastFor(1000));
        var gate = new RateGate(_clock, new DcrRateLimit(20, TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.Zero, gate.LeastFor(20));
        Assert.Equal(TimeSpan.FromMinutes(2), gate.LeastFor(60));
        await PassAsync(gate, 20, _ => Answer());
        Assert.Equal(TimeSpan.FromMinutes(3), gate.LeastFor(60));
    }

    [Fact]
    public async Task After_a_429_everybody_waits_as_the_server_asks()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 1, _ => Answer(429, ("Retry-After", "7")));
        await PassAsync(gate, 3, _ => Answer());
        Assert.Equal([TimeSpan.FromSeconds(7)], _clock.Waits);
    }

    [Fact]
    public async Task Refusals_without_advice_are_waited_for_longer_and_longer_until_one_goes_through()
    {
        var gate = new RateGate(_clock);
        var statuses = new[] { 429, 429, 429, 201, 429, 201 };
        await PassAsync(gate, statuses.Length, left => Answer(statuses[statuses.Length - 1 - left]));
        Assert.Equal([0.5, 1, 2, 0.5], _clock.Waits.Select(static wait => wait.TotalSeconds));
    }

    /// <summary>A file of 300 rows would wait three minutes for each few of them.</summary>
    [Fact]
    public async Task What_a_server_has_refused_for_three_minutes_is_not_waited_for_by_the_next_request()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 4, _ => Answer(429, ("Retry-After", "50")));
        Assert.Equal(TimeSpan.FromSeconds(50), (await gate.EnterAsync(_ => { }, CancellationToken.None)).TooLong);

        // The pause is over: one asks again. A success ends the matter.
        _clock.UtcNow += TimeSpan.FromSeconds(50);
        await PassAsync(gate, 1, _ => Answer());
        await PassAsync(gate, 2, _ => Answer(429, ("Retry-After", "50")));
        await PassAsync(gate, 1, _ => Answer());
    }

    [Fact]
    public async Task An_outage_that_the_server_tells_the_length_of_is_a_pause_for_all()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 4, _ => Answer(503, ("Retry-After", "50")));
        Assert.Equal([50, 50, 50], _clock.Waits.Select(static wait => wait.TotalSeconds));
        var later = await gate.EnterAsync(_ => { }, CancellationToken.None);
        Assert.Equal((TimeSpan.FromSeconds(50), true), (later.TooLong, later.IsDown));
        await PassAsync(new RateGate(_clock), 2, _ => Answer(503));
        Assert.Equal(3, _clock.Waits.Count);
    }

    [Fact]
    public async Task Refusals_of_an_hour_ago_are_another_matter()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 4, _ => Answer(429, ("Retry-After", "50")));
        _clock.UtcNow += TimeSpan.FromHours(1);
        await PassAsync(gate, 4, _ => Answer(429, ("Retry-After", "50")));
        Assert.Equal(TimeSpan.FromSeconds(50), (await gate.EnterAsync(_ => { }, CancellationToken.None)).TooLong);
    }

    [Fact]
    public async Task Those_refused_together_are_one_refusal_and_then_one_goes_ahead()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 1, _ => Answer());
        var places = new List<long>();
        for (var count = 0; count < 16; count++)
        {
            places.Add(await GoesAsync(gate));
        }

        places.ForEach(place => gate.Leave(place, Answer(429)));
        var ahead = await GoesAsync(gate);
        Assert.Equal([TimeSpan.FromSeconds(0.5)], _clock.Waits);

        // The second one waits for the answer of the first.
        var second = gate.EnterAsync(_ => { }, CancellationToken.None);
        Assert.False(second.IsCompleted);
        gate.Leave(ahead, Answer());
        Assert.Null((await second).TooLong);
    }

    [Fact]
    public async Task Who_waits_for_the_first_answer_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        var gate = new RateGate(_clock);
        await GoesAsync(gate);
        var second = gate.EnterAsync(_ => { }, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    /// <summary>However their waits end: the newer one's clock rings first.</summary>
    [Fact]
    public async Task Who_came_first_goes_first_also_after_a_refusal()
    {
        var clock = new HeldClock();
        var gate = new RateGate(clock);
        var turn = gate.TakeTurn();
        var refused = await gate.EnterAsync(_ => { }, CancellationToken.None, turn: turn);
        gate.Leave(refused.Place, Answer(429, ("Retry-After", "7")));
        var newer = gate.EnterAsync(_ => { }, CancellationToken.None);
        var older = gate.EnterAsync(_ => { }, CancellationToken.None, turn: turn);
        clock.UtcNow += TimeSpan.FromSeconds(7);
        clock.Held[0].SetResult(true);
        Assert.False(newer.IsCompleted);
        clock.Held[1].SetResult(true);
        gate.Leave((await older).Place, Answer());
        Assert.Null((await newer).TooLong);
    }

    [Fact]
    public async Task Who_gives_up_keeps_nobody_waiting()
    {
        using var stop = new CancellationTokenSource();
        var clock = new HeldClock();
        var gate = new RateGate(clock);
        gate.Leave((await gate.EnterAsync(_ => { }, CancellationToken.None)).Place, Answer(429, ("Retry-After", "7")));
        var first = gate.EnterAsync(_ => { }, stop.Token);
        var second = gate.EnterAsync(_ => { }, CancellationToken.None);
        clock.UtcNow += TimeSpan.FromSeconds(7);
        clock.Held[1].SetResult(true);
        Assert.False(second.IsCompleted);
        stop.Cancel();
        clock.Held[0].SetCanceled();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Null((await second).TooLong);
    }

    [Fact]
    public async Task A_registration_that_waits_keeps_no_read_waiting()
    {
        var gate = new RateGate(new HeldClock());
        var last = await gate.EnterAsync(_ => { }, CancellationToken.None, registers: true);
        gate.Leave(last.Place, Answer(201, ("RateLimit-Limit", "20"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "3599")));
        var registration = gate.EnterAsync(_ => { }, CancellationToken.None, registers: true, patience: TimeSpan.FromHours(2));
        Assert.False(registration.IsCompleted);
        Assert.Null((await gate.EnterAsync(_ => { }, CancellationToken.None)).TooLong);
    }

    [Fact]
    public async Task A_pause_that_is_too_long_is_told_and_not_waited_for()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 1, _ => Answer(429, ("Retry-After", "3600")));
        Assert.Equal(TimeSpan.FromHours(1), (await gate.EnterAsync(_ => { }, CancellationToken.None)).TooLong);
        _clock.UtcNow += TimeSpan.FromHours(1);
        await GoesAsync(gate);
        Assert.Empty(_clock.Waits);
    }

    [Theory]
    [InlineData("RateLimit-Remaining: 0", "RateLimit-Limit: 20", "RateLimit-Reset: 3599")]
    [InlineData("X-RateLimit-Remaining: 0", "X-RateLimit-Limit: 20", "X-RateLimit-Reset: 3599")]
    [InlineData("RateLimit: limit=20, remaining=0, reset=3599", "A: b", "C: d")]
    [InlineData("RateLimit: \"hour\";r=0;t=3599", "A: b", "C: d")]
    public async Task What_a_success_says_of_an_hour_is_told_and_not_waited_for(params string[] lines)
    {
        var gate = new RateGate(_clock);
        var headers = lines
            .Select(static line => line.Split([": "], 2, StringSplitOptions.None))
            .Select(static parts => (parts[0], parts[1]))
            .ToArray();
        await PassAsync(gate, 1, _ => Answer(201, headers));
        var left = (await gate.EnterAsync(_ => throw new InvalidOperationException("It waits."), CancellationToken.None)).TooLong;
        Assert.InRange(left!.Value.TotalSeconds, 3598, 3601);
        _clock.UtcNow += TimeSpan.FromSeconds(3601);
        await GoesAsync(gate);
    }

    [Fact]
    public async Task An_hours_limit_on_registrations_keeps_nobody_from_reading()
    {
        var gate = new RateGate(_clock);
        var registration = await gate.EnterAsync(_ => { }, CancellationToken.None, registers: true);
        gate.Leave(registration.Place, Answer(201, ("RateLimit-Limit", "20"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "3599")));
        await PassAsync(gate, 3, _ => Answer(200));
        Assert.NotNull((await gate.EnterAsync(_ => { }, CancellationToken.None, registers: true)).TooLong);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task A_short_renewal_is_told_before_it_is_waited_for()
    {
        var gate = new RateGate(_clock);
        await PassAsync(gate, 1, _ => Answer(201, ("RateLimit-Limit", "20"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "170")));
        var told = new List<(TimeSpan Left, int Waits)>();
        Assert.Null((await gate.EnterAsync(wait => told.Add((wait, _clock.Waits.Count)), CancellationToken.None)).TooLong);
        Assert.Equal([(TimeSpan.FromSeconds(170), 0)], told);
    }

    /// <summary>Four at once, answered the last first: all of the limit is used, and no more.</summary>
    [Fact]
    public async Task Requests_that_the_server_has_counted_are_not_counted_again()
    {
        var gate = new RateGate(_clock);
        var (taken, sent) = (0, 0);
        await PassAsync(gate, 1, _ => Told(20 - ++taken));
        sent++;
        while (sent < 20)
        {
            var batch = new List<(long Place, int Left)>();
            while (batch.Count < 4 && await TryGoAsync(gate) is { } place)
            {
                batch.Add((place, 20 - ++taken));
            }

            Assert.NotEmpty(batch);
            sent += batch.Count;
            batch.Reverse();
            batch.ForEach(request => gate.Leave(request.Place, Told(request.Left)));
        }

        Assert.Equal((20, 20), (sent, taken));
        Assert.Null(await TryGoAsync(gate));

        ProtocolResponse Told(int left) =>
            Answer(
                201,
                ("RateLimit-Limit", "20"),
                ("RateLimit-Remaining", left.ToString(CultureInfo.InvariantCulture)),
                ("RateLimit-Reset", "3599")
            );
    }

    [Fact]
    public async Task What_the_user_set_is_waited_for_however_long_it_is()
    {
        var gate = new RateGate(_clock, new DcrRateLimit(1, TimeSpan.FromHours(1)), isFirm: true);
        await PassAsync(gate, 2, _ => Answer());
        Assert.Equal(1, _clock.Waits.Sum(static wait => wait.TotalHours), 3);
    }

    [Theory]
    [InlineData("X-Rate-Limit")]
    [InlineData("X-RateLimit")]
    public async Task What_the_server_says_is_left_is_not_exceeded(string family)
    {
        // A window of ten seconds that takes twenty, by a clock that is an hour wrong.
        var skew = TimeSpan.FromHours(1);
        var taken = new Dictionary<long, int>();
        var gate = new RateGate(_clock);
        var refused = 0;
        await PassAsync(gate, 100, _ =>
        {
            var now = _clock.UtcNow + skew;
            var window = now.ToUnixTimeSeconds() / 10;
            taken[window] = taken.TryGetValue(window, out var count) ? count + 1 : 1;
            refused += taken[window] > 20 ? 1 : 0;
            return Answer(
                taken[window] > 20 ? 429 : 201,
                ("Date", now.ToString("r", CultureInfo.InvariantCulture)),
                (family + "-Limit", "20"),
                (family + "-Remaining", Math.Max(0, 20 - taken[window]).ToString(CultureInfo.InvariantCulture)),
                (family + "-Reset", ((window + 1) * 10).ToString(CultureInfo.InvariantCulture)));
        });
        Assert.Equal(0, refused);
        Assert.InRange(taken.Count, 5, 6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(450)]
    [InlineData(930)]
    public async Task Whole_seconds_in_a_servers_headers_cost_no_time_where_the_clocks_agree(int millisecond)
    {
        // A token bucket of ten a second, whose reset is rounded up, as Okta's and Auth0's are told.
        _clock.UtcNow += TimeSpan.FromMilliseconds(millisecond);
        var (start, tokens, filledAt, refused) = (_clock.UtcNow, 10.0, _clock.UtcNow, 0);
        var gate = new RateGate(_clock);
        await PassAsync(gate, 120, _ =>
        {
            _clock.UtcNow += TimeSpan.FromMilliseconds(5);
            var now = _clock.UtcNow;
            (tokens, filledAt) = (Math.Min(10, tokens + ((now - filledAt).TotalSeconds * 10)), now);
            var isTaken = tokens >= 1;
            tokens -= isTaken ? 1 : 0;
            refused += isTaken ? 0 : 1;
            var reset = now.AddSeconds(tokens >= 1 ? 0 : (1 - tokens) / 10);
            return Answer(
                isTaken ? 201 : 429,
                ("Date", now.ToString("r", CultureInfo.InvariantCulture)),
                ("X-RateLimit-Limit", "10"),
                ("X-RateLimit-Remaining", ((int)tokens).ToString(CultureInfo.InvariantCulture)),
                ("X-RateLimit-Reset", ((reset.ToUnixTimeMilliseconds() + 999) / 1000).ToString(CultureInfo.InvariantCulture)));
        });
        Assert.Equal(0, refused);
        Assert.InRange((_clock.UtcNow - start).TotalSeconds, 10.9, 13.2);
    }

    [Fact]
    public async Task The_servers_words_take_the_place_of_what_was_known_but_not_of_what_the_user_said()
    {
        foreach (var (isFirm, waits) in new[] { (false, 0), (true, 1) })
        {
            var gate = new RateGate(_clock, new DcrRateLimit(2, TimeSpan.FromMinutes(1)), isFirm);
            _clock.Waits.Clear();
            await PassAsync(
                gate,
                3,
                left =>
                    Answer(
                        201,
                        ("X-RateLimit-Limit", "1000"),
                        ("X-RateLimit-Remaining", (900 + left).ToString(CultureInfo.InvariantCulture)),
                        ("X-RateLimit-Reset", (_clock.UtcNow.ToUnixTimeSeconds() + 60).ToString(CultureInfo.InvariantCulture))
                    )
            );
            Assert.Equal(waits, _clock.Waits.Count);
        }
    }

    [Theory]
    [InlineData("50/min", 50, 60)]
    [InlineData("5/s", 5, 1)]
    [InlineData("1000/h", 1000, 3600)]
    [InlineData(" 100 per minute ", 100, 60)]
    public void A_limit_is_read_as_a_person_writes_it(string text, int requests, int seconds)
    {
        var limit = DcrRateLimit.Parse(text);
        Assert.Equal((requests, seconds), (limit.Requests, (int)limit.Per.TotalSeconds));
    }

    [Theory]
    [InlineData("50")]
    [InlineData("0/s")]
    [InlineData("-5/s")]
    [InlineData("5/day")]
    public void What_is_no_limit_says_how_one_looks(string text) =>
        Assert.Contains("50/min", Assert.Throws<FormatException>(() => DcrRateLimit.Parse(text)).Message);

    private static async Task PassAsync(RateGate gate, int count, Func<int, ProtocolResponse> answer)
    {
        foreach (var left in Enumerable.Range(0, count).Reverse())
        {
            var pass = await gate.EnterAsync(_ => { }, CancellationToken.None);
            gate.Leave(pass.Place, answer(left));
        }
    }

    private static async Task<long> GoesAsync(RateGate gate)
    {
        var pass = await gate.EnterAsync(_ => { }, CancellationToken.None);
        Assert.Null(pass.TooLong);
        return pass.Place;
    }

    /// <summary>Null where the limit is spent, or another answer is waited for.</summary>
    private static async Task<long?> TryGoAsync(RateGate gate)
    {
        using var stop = new CancellationTokenSource();
        var entering = gate.EnterAsync(_ => { }, stop.Token);
        if (entering.IsCompleted)
        {
            var pass = await entering;
            return pass.TooLong is null ? pass.Place : null;
        }

        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => entering);
        return null;
    }

    /// <summary>A clock whose waits end when the test says so.</summary>
    private sealed class HeldClock : IClock
    {
        public DateTimeOffset UtcNow { get; set; } = new FakeClock().UtcNow;

        public List<TaskCompletionSource<bool>> Held { get; } = [];

        public Task Delay(TimeSpan span, CancellationToken cancellationToken)
        {
            Held.Add(new());
            return Held[Held.Count - 1].Task;
        }
    }

    private ProtocolResponse Answer(int status = 201, params (string Name, string Value)[] headers) =>
        new(
            status,
            headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value)).ToList(),
            [],
            BodyEnd.Whole,
            _clock.UtcNow
        );
}
