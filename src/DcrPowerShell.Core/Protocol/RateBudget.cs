using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Protocol;

/// <summary>How much of a rate limit a server says is left.</summary>
/// <param name="Left">Requests that it still takes.</param>
/// <param name="Limit">Requests that it takes in all; null where it does not say.</param>
/// <param name="RenewedIn">When it starts again; null where it does not say.</param>
internal sealed record RateBudget(long Left, long? Limit, TimeSpan? RenewedIn)
{
    // Okta (developer docs, rl2-monitor), Auth0 (docs, rate-limit-policy), draft-ietf-httpapi-ratelimit-headers-05.
    private static readonly string[] Families = ["X-Rate-Limit", "X-RateLimit", "RateLimit"];

    /// <summary>Null where the server does not say.</summary>
    public static RateBudget? Read(ProtocolResponse response) => ReadField(response.Header("RateLimit")) ?? Families
        .Select(family => (Left: Number(response.Header(family + "-Remaining")), Limit: Number(response.Header(family + "-Limit"))))
        .Where(static budget => budget.Left is not null)
        .Select(budget => new RateBudget(budget.Left!.Value, budget.Limit, RetryAdvice.Renewal(response)))
        .FirstOrDefault();

    /// <summary>
    /// The single field of later drafts: <c>limit=100, remaining=50, reset=5</c> (-07), or <c>"burst";r=50;t=5</c> for one or more
    /// policies (-08 and later), of which the one with the least left counts. Null where it is of no such form.
    /// </summary>
    public static RateBudget? ReadField(string? field) =>
        (field?.IndexOf("remaining", StringComparison.OrdinalIgnoreCase) >= 0 ? [field] : field?.Split(',') ?? [])
            .Select(static policy =>
                (Left: Parameter(policy, "remaining|r"), Limit: Parameter(policy, "limit"), RenewedIn: Parameter(policy, "reset|t"))
            )
            .Where(static policy => policy.Left is not null)
            .OrderBy(static policy => policy.Left)
            .Select(static policy => new RateBudget(
                policy.Left!.Value,
                policy.Limit,
                policy.RenewedIn is { } seconds ? RetryAdvice.Sane(TimeSpan.FromSeconds(seconds)) : null
            ))
            .FirstOrDefault();

    private static long? Parameter(string policy, string names) =>
        Regex.Match(policy, $@"(?:^|[;,\s])(?:{names})\s*=\s*(\d{{1,9}})(?!\d)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)
            is { Success: true } match
            ? Number(match.Groups[1].Value)
            : null;

    // A limit may have its window behind it: "60, 60;w=60".
    private static long? Number(string? text) =>
        long.TryParse(text?.Split(',', ';')[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
