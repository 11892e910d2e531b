using System;
using System.Diagnostics;
using System.Globalization;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>A token bucket, and the headers in which vendors tell about theirs.</summary>
internal sealed class RateLimiter
{
    private readonly object _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private double _tokens;
    private double _filledAt;

    public RateLimiter(RateLimit limit)
    {
        Limit = limit;
        _tokens = limit.Burst;
    }

    public RateLimit Limit { get; }

    /// <summary>Takes one token if there is one.</summary>
    /// <param name="now">The server's time, from which resets are told.</param>
    /// <param name="describe">Writes what the headers have to say onto an answer.</param>
    public bool TryTake(DateTimeOffset now, out Action<Answer> describe)
    {
        lock (_gate)
        {
            double time = _clock.Elapsed.TotalSeconds;
            _tokens = Math.Min(Limit.Burst, _tokens + ((time - _filledAt) * Limit.PerSecond));
            _filledAt = time;

            bool taken = _tokens >= 1;
            if (taken)
            {
                _tokens--;
            }

            int remaining = (int)_tokens;
            double wait = remaining > 0 ? 0 : (1 - _tokens) / Limit.PerSecond;
            bool mayTell = !taken || Limit.Headers is RateLimitHeaders.Okta or RateLimitHeaders.Auth0;
            describe = mayTell ? answer => AddHeaders(answer, Limit.Headers, Limit.Burst, remaining, now, wait) : static _ => { };
            return taken;
        }
    }

    /// <summary>
    /// Adds one family of headers: Okta's and Auth0's (epoch seconds of the reset, by the server's clock) or RFC 9110 section 10.2.3's
    /// Retry-After.
    /// </summary>
    public static void AddHeaders(Answer answer, RateLimitHeaders family, int limit, int remaining, DateTimeOffset now, double waitSeconds)
    {
        // Epoch seconds and Retry-After are whole: round up, as a server that means it must.
        DateTimeOffset reset = now.AddSeconds(waitSeconds);
        long epoch = (reset.ToUnixTimeMilliseconds() + 999) / 1000;
        switch (family)
        {
            case RateLimitHeaders.Okta:
                AddBudget("X-Rate-Limit");
                break;
            case RateLimitHeaders.Auth0:
                AddBudget("X-RateLimit");
                break;
            case RateLimitHeaders.RetryAfterSeconds:
                answer.WithHeader("Retry-After", Math.Ceiling(waitSeconds).ToString(CultureInfo.InvariantCulture));
                break;
            case RateLimitHeaders.RetryAfterDate:
                answer.WithHeader("Retry-After", DateTimeOffset.FromUnixTimeSeconds(epoch).ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                break;
        }

        void AddBudget(string prefix) => answer
            .WithHeader(prefix + "-Limit", limit.ToString(CultureInfo.InvariantCulture))
            .WithHeader(prefix + "-Remaining", remaining.ToString(CultureInfo.InvariantCulture))
            .WithHeader(prefix + "-Reset", epoch.ToString(CultureInfo.InvariantCulture));
    }
}
