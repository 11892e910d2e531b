using System;
using DcrPowerShell.Compat;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

/// <summary>When a request may be sent again, and after which wait.</summary>
internal static class RetryPolicy
{
    /// <summary>What one request may wait in all. Okta's and most others' limits are counted by the minute.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(3);

    private const int TriesAfterNoConnection = 3;
    private const int TriesAfterServerError = 3;

    /// <summary>The server surely did nothing, and wants a pause of everybody.</summary>
    public static bool WantsPause(ProtocolResponse response) =>
        response.Status == 429 || (response.Status == 503 && response.Header("Retry-After") is not null);

    /// <summary>The wait before the next try; null where the answer stands.</summary>
    /// <param name="tries">How often the request has been sent.</param>
    /// <param name="waited">What it has waited in all.</param>
    public static TimeSpan? AfterAnswer(RequestEffect effect, ProtocolResponse response, int tries, TimeSpan waited)
    {
        var advice = RetryAdvice.Read(response);
        TimeSpan? wait = response.Status switch
        {
            _ when WantsPause(response) => AtLeast(Growing(tries), advice),
            502 or 503 or 504 or 500 when effect == RequestEffect.None && tries < TriesAfterServerError => Growing(tries),
            _ => null,
        };
        return wait is { } span && waited + span <= LongestWait ? span : null;
    }

    /// <summary>The wait before the next try where no answer came; null where the failure stands.</summary>
    public static TimeSpan? AfterFailure(RequestEffect effect, TransportException failure, int tries) =>
        failure.Kind is not (TransportFailure.Tls or TransportFailure.TimedOut or TransportFailure.ProxyRefused)
        && (effect == RequestEffect.None || !failure.MayHaveArrived)
        && tries < TriesAfterNoConnection
            ? Growing(tries)
            : null;

    // A server that says "at once" for ever is not asked for ever: every wait counts towards the longest.
    private static TimeSpan AtLeast(TimeSpan least, TimeSpan? advice) => advice > least ? advice.Value : least;

    /// <summary>The wait after so many tries where the server names none: half a second, doubled each time, at most 30 seconds.</summary>
    public static TimeSpan Growing(int tries) => TimeSpan.FromSeconds(Math.Min(30, 0.5 * Math.Pow(2, tries - 1)));
}
