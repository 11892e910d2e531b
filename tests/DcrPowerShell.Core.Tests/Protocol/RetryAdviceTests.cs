using System;
using System.Globalization;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class RetryAdviceTests
{
    [Theory]
    [InlineData("Retry-After: 3", 3)]
    [InlineData("Retry-After: 0", 0)]
    [InlineData("retry-after: 120", 120)]
    [InlineData("Retry-After: Sat, 21 Nov 2026 10:00:05 GMT", 5)]
    [InlineData("Retry-After: Sat, 21 Nov 2026 09:00:00 GMT", 0)]
    [InlineData("RateLimit-Reset: 7", 7)]
    [InlineData("X-Rate-Limit-Reset: 1795255205", 6)] // Okta; one second more, as it advises.
    [InlineData("X-RateLimit-Reset: 1795255205", 6)] // Auth0
    [InlineData("X-RateLimit-Reset: 1795255000", 1)]
    [InlineData("X-RateLimit-Reset: 1795255205000", 6)] // Milliseconds since 1970.
    [InlineData("X-RateLimit-Reset: 30", 30)] // Seconds to wait.
    [InlineData("RateLimit: \"default\";r=0;t=9", 9)]
    [InlineData("RateLimit: limit=10, remaining=0, reset=8", 8)]
    public void Reads_each_header_family(string header, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Read(header));

    [Theory]
    [InlineData("Retry-After: -5")]
    [InlineData("Retry-After: 1.5")]
    [InlineData("Retry-After: soon")]
    [InlineData("Retry-After: ")]
    [InlineData("Retry-After: 99999999999")]
    [InlineData("Retry-After: 99999999")]
    [InlineData("RateLimit: \"b\";r=0;t=999999999")]
    [InlineData("RateLimit-Reset: soon")]
    [InlineData("X-Rate-Limit-Reset: 99999999999999999")]
    [InlineData("X-RateLimit-Reset: -1")]
    [InlineData("X-Other: 5")]
    public void Makes_nothing_of_nonsense(string header) => Assert.Null(Read(header));

    [Theory]
    // The server is 3 hours ahead of this machine.
    [InlineData("Sat, 21 Nov 2026 13:00:00 GMT", "Retry-After: Sat, 21 Nov 2026 13:00:05 GMT", 5)]
    [InlineData("Sat, 21 Nov 2026 07:00:00 GMT", "Retry-After: Sat, 21 Nov 2026 07:00:05 GMT", 5)] // Or behind.
    [InlineData("Sat, 21 Nov 2026 13:00:00 GMT", "X-Rate-Limit-Reset: 1795266005", 6)]
    [InlineData("Sat, 21 Nov 2026 07:00:00 GMT", "X-RateLimit-Reset: 1795244405", 6)]
    [InlineData("Sat, 21 Nov 2026 13:00:00 GMT", "Retry-After: 5", 5)]
    [InlineData("not a date", "Retry-After: Sat, 21 Nov 2026 10:00:05 GMT", 5)]
    public void Times_are_measured_against_the_clock_of_the_server(string date, string header, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read($"Date: {date}", header));

    [Fact]
    public void Retry_after_comes_first() =>
        Assert.Equal(TimeSpan.FromSeconds(3), Read("X-RateLimit-Reset: 1795266005", "RateLimit-Reset: 60", "Retry-After: 3"));

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void The_culture_of_the_user_is_no_matter(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        try
        {
            Assert.Equal(
                TimeSpan.FromSeconds(5),
                Read("Date: Sat, 21 Nov 2026 13:00:00 GMT", "Retry-After: Sat, 21 Nov 2026 13:00:05 GMT")
            );
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static TimeSpan? Read(params string[] headers) => RetryAdvice.Read(Answers.Of(429, "", headers));
}
