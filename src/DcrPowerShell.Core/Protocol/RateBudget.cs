using System;
using System.Globalization;
using System.Linq;

namespace DcrPowerShell.Protocol;

/// <summary>How much of a rate limit a server says is left.</summary>
/// <param name="Left">Requests that it still takes.</param>
/// <param name="Limit">Requests that it takes in all.</param>
/// <param name="RenewedIn">When it counts anew; null where it does not say.</param>
internal sealed record RateBudget(long Left, long Limit, TimeSpan? RenewedIn)
{
    // Okta (developer docs, rl2-monitor), Auth0 (docs, rate-limit-policy), draft-ietf-httpapi-ratelimit-headers-05.
    private static readonly string[] Families = ["X-Rate-Limit", "X-RateLimit", "RateLimit"];

    /// <summary>Null where the server does not say.</summary>
    public static RateBudget? Read(ProtocolResponse response) => Families
        .Select(family => (Left: Number(response.Header(family + "-Remaining")), Limit: Number(response.Header(family + "-Limit"))))
        .Where(static budget => budget is { Left: not null, Limit: not null })
        .Select(budget => new RateBudget(budget.Left!.Value, budget.Limit!.Value, RetryAdvice.Renewal(response)))
        .FirstOrDefault();

    // A limit may have its window behind it: "60, 60;w=60".
    private static long? Number(string? text) =>
        long.TryParse(text?.Split(',', ';')[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
