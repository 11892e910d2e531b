using System;
using System.Globalization;

namespace DcrPowerShell.Protocol;

/// <summary>How long a server asks its clients to wait, by whichever header it uses.</summary>
internal static class RetryAdvice
{
    /// <summary>
    /// Reads <c>Retry-After</c> (seconds or a date, RFC 9110, section 10.2.3), else <c>RateLimit-Reset</c> (seconds), else
    /// <c>X-Rate-Limit-Reset</c> (Okta) or <c>X-RateLimit-Reset</c> (Auth0), a Unix time in seconds. Times are measured against
    /// the answer's own Date, for this machine's clock may be wrong; Okta advises one second more.
    /// </summary>
    public static TimeSpan? Read(ProtocolResponse response)
    {
        if (response.Header("Retry-After") is { } retryAfter)
        {
            return Seconds(retryAfter) ?? (HttpDate.Parse(retryAfter) is { } date ? AtLeastZero(date - ServerNow(response)) : null);
        }

        return Renewal(response) is { } renewal
            ? renewal + (response.Header("RateLimit-Reset") is null ? TimeSpan.FromSeconds(1) : TimeSpan.Zero)
            : null;
    }

    /// <summary>When a limit is counted anew, by the server's own words and its Date, without anything added; null where it does not say.</summary>
    public static TimeSpan? Renewal(ProtocolResponse response)
    {
        if (response.Header("RateLimit-Reset") is { } reset)
        {
            return Seconds(reset);
        }

        return (response.Header("X-Rate-Limit-Reset") ?? response.Header("X-RateLimit-Reset")) is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var unix) && unix <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? AtLeastZero(DateTimeOffset.FromUnixTimeSeconds(unix) - ServerNow(response))
                : null;
    }

    private static DateTimeOffset ServerNow(ProtocolResponse response) =>
        HttpDate.Parse(response.Header("Date")) ?? response.ReceivedAt;

    private static TimeSpan? Seconds(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    private static TimeSpan AtLeastZero(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;
}
