using System;
using System.Globalization;

namespace DcrPowerShell.Protocol;

/// <summary>How long a server asks its clients to wait, by whichever header it uses.</summary>
internal static class RetryAdvice
{
    // No quota is longer than a month: a connection that waited for more would be of no use any more.
    private static readonly TimeSpan LongestRelative = TimeSpan.FromDays(31);

    // The years 5138 and 2286: what is meant is clear with room to spare.
    private const long FirstMilliseconds = 100_000_000_000;
    private const long FirstThatIsNoTime = 10_000_000_000_000;

    /// <summary>
    /// Reads <c>Retry-After</c> (seconds or a date, RFC 9110, section 10.2.3), else <c>RateLimit</c> or <c>RateLimit-Reset</c> (seconds),
    /// else <c>X-Rate-Limit-Reset</c> (Okta) or <c>X-RateLimit-Reset</c> (Auth0), a Unix time in seconds. Times are measured against the
    /// answer's own Date, because this machine's clock may be wrong; Okta advises one second more. Other servers give seconds to wait
    /// there, or milliseconds since 1970: the number's size tells.
    /// </summary>
    public static TimeSpan? Read(ProtocolResponse response)
    {
        if (response.Header("Retry-After") is { } retryAfter)
        {
            return Sane(Seconds(retryAfter) ?? (HttpDate.Parse(retryAfter) is { } date ? AtLeastZero(date - ServerNow(response)) : null));
        }

        return Relative(response) ?? (Absolute(response) is { } reset ? reset + TimeSpan.FromSeconds(1) : null);
    }

    /// <summary>
    /// When a limit starts again, by the server's own words and its Date, without anything added; null where it does not say.
    /// </summary>
    public static TimeSpan? Renewal(ProtocolResponse response) => Relative(response) ?? Absolute(response);

    private static TimeSpan? Relative(ProtocolResponse response) => RateBudget.ReadField(response.Header("RateLimit"))?.RenewedIn
        ?? Sane(Seconds(response.Header("RateLimit-Reset")))
        ?? Sane(Seconds(VendorReset(response)));

    /// <summary>Null for a span that nobody can mean.</summary>
    public static TimeSpan? Sane(TimeSpan? span) => span < LongestRelative ? span : null;

    private static TimeSpan? Absolute(ProtocolResponse response)
    {
        if (
            !long.TryParse(VendorReset(response), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > FirstThatIsNoTime
        )
        {
            return null;
        }

        var at = number < FirstMilliseconds ? DateTimeOffset.FromUnixTimeSeconds(number) : DateTimeOffset.FromUnixTimeMilliseconds(number);
        return Sane(AtLeastZero(at - ServerNow(response)));
    }

    private static string? VendorReset(ProtocolResponse response) =>
        response.Header("X-Rate-Limit-Reset") ?? response.Header("X-RateLimit-Reset");

    private static DateTimeOffset ServerNow(ProtocolResponse response) =>
        HttpDate.Parse(response.Header("Date")) ?? response.ReceivedAt;

    private static TimeSpan? Seconds(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    private static TimeSpan AtLeastZero(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;
}
