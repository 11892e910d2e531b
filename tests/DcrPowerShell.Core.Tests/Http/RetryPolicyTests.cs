using System;
using System.IO;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Http;

public class RetryPolicyTests
{
    [Theory]
    [InlineData(RequestEffect.Registers, 429, "Retry-After: 3", 1, 3.0)]
    [InlineData(RequestEffect.Changes, 429, "Retry-After: 3", 1, 3.0)]
    [InlineData(RequestEffect.None, 429, "Retry-After: 3", 1, 3.0)]
    [InlineData(RequestEffect.Registers, 429, "X-Other: x", 1, 0.5)]
    [InlineData(RequestEffect.Registers, 429, "X-Other: x", 4, 4.0)]
    [InlineData(RequestEffect.Registers, 429, "X-Other: x", 20, 30.0)]
    [InlineData(RequestEffect.Registers, 429, "Retry-After: 0", 1, 0.5)] // "At once" is not taken at its word.
    [InlineData(RequestEffect.Registers, 429, "Retry-After: 0", 4, 4.0)]
    [InlineData(RequestEffect.Registers, 429, "Retry-After: 181", 1, null)]
    [InlineData(RequestEffect.Registers, 503, "Retry-After: 3", 1, 3.0)]
    [InlineData(RequestEffect.Registers, 503, "X-Other: x", 1, null)]
    [InlineData(RequestEffect.Registers, 503, "X-Rate-Limit-Reset: 1795255205", 1, null)] // Okta has it on every answer.
    [InlineData(RequestEffect.Changes, 503, "RateLimit-Reset: 5", 1, null)]
    [InlineData(RequestEffect.None, 503, "X-Other: x", 1, 0.5)]
    [InlineData(RequestEffect.None, 503, "X-Other: x", 2, 1.0)]
    [InlineData(RequestEffect.None, 503, "X-Other: x", 3, null)]
    [InlineData(RequestEffect.None, 500, "X-Other: x", 1, 0.5)]
    [InlineData(RequestEffect.None, 502, "Retry-After: 60", 1, 0.5)]
    [InlineData(RequestEffect.Registers, 500, "Retry-After: 3", 1, null)]
    [InlineData(RequestEffect.Registers, 502, "Retry-After: 3", 1, null)]
    [InlineData(RequestEffect.Registers, 504, "Retry-After: 3", 1, null)]
    [InlineData(RequestEffect.Changes, 500, "Retry-After: 3", 1, null)]
    [InlineData(RequestEffect.None, 400, "Retry-After: 3", 1, null)]
    [InlineData(RequestEffect.None, 401, "X-Other: x", 1, null)]
    [InlineData(RequestEffect.None, 501, "X-Other: x", 1, null)]
    [InlineData(RequestEffect.None, 200, "Retry-After: 3", 1, null)]
    internal void After_an_answer(RequestEffect effect, int status, string header, int tries, double? seconds) =>
        Assert.Equal(Seconds(seconds), RetryPolicy.AfterAnswer(effect, Answers.Of(status, "", header), tries, TimeSpan.Zero));

    [Theory]
    [InlineData(170, 10, 10.0)]
    [InlineData(170, 11, null)]
    [InlineData(0, 180, 180.0)]
    public void A_request_waits_three_minutes_in_all(int waited, int asked, double? seconds) =>
        Assert.Equal(
            Seconds(seconds),
            RetryPolicy.AfterAnswer(RequestEffect.Registers, Answers.Of(429, "", $"Retry-After: {asked}"), 2, TimeSpan.FromSeconds(waited))
        );

    [Theory]
    [InlineData(RequestEffect.Registers, TransportFailure.Connect, false, 1, 0.5)]
    [InlineData(RequestEffect.Registers, TransportFailure.Connect, false, 2, 1.0)]
    [InlineData(RequestEffect.Registers, TransportFailure.Connect, false, 3, null)]
    [InlineData(RequestEffect.Registers, TransportFailure.NameResolution, false, 1, 0.5)]
    [InlineData(RequestEffect.Registers, TransportFailure.Interrupted, true, 1, null)]
    [InlineData(RequestEffect.Changes, TransportFailure.Interrupted, true, 1, null)]
    [InlineData(RequestEffect.None, TransportFailure.Interrupted, true, 1, 0.5)]
    [InlineData(RequestEffect.None, TransportFailure.TimedOut, true, 1, null)] // It would only wait as long again.
    [InlineData(RequestEffect.Registers, TransportFailure.TimedOut, true, 1, null)]
    [InlineData(RequestEffect.None, TransportFailure.Tls, false, 1, null)]
    internal void After_a_failure(RequestEffect effect, TransportFailure kind, bool mayHaveArrived, int tries, double? seconds) =>
        Assert.Equal(
            Seconds(seconds),
            RetryPolicy.AfterFailure(effect, new TransportException(kind, mayHaveArrived, new IOException("broken")), tries)
        );

    private static TimeSpan? Seconds(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;
}
