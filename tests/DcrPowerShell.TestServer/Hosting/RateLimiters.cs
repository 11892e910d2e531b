using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.TestServer.Faults;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>
/// The limits of one server: the one of <see cref="Switches.RateLimit"/>, then those of its dialect. A request draws from the first that is
/// for it.
/// </summary>
internal sealed class RateLimiters
{
    private readonly IReadOnlyList<RateLimiter> _limiters;

    private RateLimiters(IReadOnlyList<RateLimiter> limiters) => _limiters = limiters;

    public static RateLimiters For(Switches switches) => new([.. Wanted(switches).Select(limit => new RateLimiter(limit))]);

    /// <summary>The limiters for changed switches; one whose limit is as before keeps its level.</summary>
    public RateLimiters ChangedFor(Switches switches) => new([.. Wanted(switches).Select(limit =>
        _limiters.FirstOrDefault(limiter => limiter.Limit == limit) ?? new RateLimiter(limit))]);

    public RateLimiter? Of(Operation operation) => _limiters.FirstOrDefault(limiter => limiter.Limit.On.Includes(operation));

    private static IEnumerable<RateLimit> Wanted(Switches switches) =>
        new[] { switches.RateLimit }.OfType<RateLimit>().Concat(Dialects.Of(switches).Limits(switches));
}
