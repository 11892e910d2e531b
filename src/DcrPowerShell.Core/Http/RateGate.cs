using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

/// <summary>
/// Lets requests to a server through at the server's pace: by a limit that is known beforehand, by what the server says is left,
/// and for all at once when it says that there were too many.
/// </summary>
/// <param name="limit">Null where none is known.</param>
/// <param name="isFirm">It holds whatever the server says; else the server's own words take its place.</param>
internal sealed class RateGate(IClock clock, DcrRateLimit? limit = null, bool isFirm = false)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);

    // Nothing is known before the first answer: then one goes ahead, for many at once could be too many.
    private static readonly TimeSpan UntilOneIsBack = Timeout.InfiniteTimeSpan;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private double _tokens = limit?.Requests ?? 0;
    private DateTimeOffset _filledAt = clock.UtcNow;
    private DateTimeOffset _pausedUntil;
    private RateBudget? _told;
    private long _left;
    private DateTimeOffset _renewedAt;
    private TimeSpan _ahead = TimeSpan.MinValue;
    private bool _disagrees;
    private int _underWay;
    private TaskCompletionSource<bool> _back = NewSignal();
    private int _refusals;
    private bool _isHeard;

    /// <summary>Waits until a request may go.</summary>
    /// <param name="waiting">Told how long, before each wait.</param>
    /// <returns>Null when it may go; else how long the server wants a pause that is longer than any request waits.</returns>
    public async Task<TimeSpan?> EnterAsync(Action<TimeSpan> waiting, CancellationToken stop)
    {
        for (var back = Back; Enter() is { } wait; back = Back)
        {
            if (wait == UntilOneIsBack)
            {
                await UntilAsync(back, stop).ConfigureAwait(false);
                continue;
            }

            if (Pause is var pause && pause > RetryPolicy.LongestWait)
            {
                return pause;
            }

            waiting(wait);
            await clock.Delay(wait, stop).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Done when the next answer has come.</summary>
    private Task Back
    {
        get
        {
            lock (_gate)
            {
                return _back.Task;
            }
        }
    }

    private TimeSpan Pause
    {
        get
        {
            lock (_gate)
            {
                return _pausedUntil - clock.UtcNow;
            }
        }
    }

    /// <summary>The request that was let through has its answer; null where none came.</summary>
    public void Leave(ProtocolResponse? response)
    {
        lock (_gate)
        {
            _back.SetResult(true);
            _back = NewSignal();
            _underWay--;

            // After a refusal, one goes ahead again when the pause is over.
            _isHeard = response?.Status != 429;
            if (response is null)
            {
                return;
            }

            if (response.Status == 429)
            {
                _disagrees = true;

                // Those that were under way together are one refusal.
                _refusals += clock.UtcNow >= _pausedUntil ? 1 : 0;
                _pausedUntil = Later(_pausedUntil, clock.UtcNow + Longer(RetryPolicy.Growing(_refusals), RetryAdvice.Read(response) ?? TimeSpan.Zero));
                return;
            }

            _refusals = 0;
            if (RateBudget.Read(response) is { RenewedIn: { } renewedIn } told)
            {
                var renewedAt = clock.UtcNow + Longer(LeastPause, renewedIn - SinceFullSecond(response));

                // Answers come in another order than they were counted: of one period, the least counts.
                var left = told.Left - _underWay;
                (_left, _renewedAt) = _told is not null && clock.UtcNow < _renewedAt && left > _left ? (_left, _renewedAt) : (left, renewedAt);
                _told = told;
            }
        }
    }

    /// <summary>
    /// How far into its second the server's clock was, for its Date and its reset have whole seconds only. Where the clocks may agree,
    /// ours tells it, until a refusal shows that they do not. Otherwise, the clock that seemed furthest ahead of ours so far had just
    /// begun a second.
    /// </summary>
    private TimeSpan SinceFullSecond(ProtocolResponse response)
    {
        if (HttpDate.Parse(response.Header("Date")) is not { } date)
        {
            return TimeSpan.Zero;
        }

        var ahead = date - response.ReceivedAt;
        _ahead = _ahead > ahead && _ahead - ahead < Second ? _ahead : ahead;
        var mayAgree = _ahead <= TimeSpan.Zero && _ahead > -Second;
        return (mayAgree && !_disagrees ? TimeSpan.Zero : _ahead) - ahead;
    }

    /// <summary>Null where a request went through; else how long to wait before asking again.</summary>
    private TimeSpan? Enter()
    {
        lock (_gate)
        {
            var now = clock.UtcNow;
            if (!_isHeard && _underWay > 0)
            {
                return UntilOneIsBack;
            }

            var isSpent = _told is not null && _left <= 0;
            var wait = Longer(Later(_pausedUntil, isSpent ? _renewedAt : default) - now, ByLimit(now));
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            if (isSpent && _underWay > 0)
            {
                // One goes ahead and hears what is left now.
                return UntilOneIsBack;
            }

            _tokens--;
            _left--;
            _underWay++;
            return null;
        }
    }

    private bool IsUnlimited => limit is null || (_told is not null && !isFirm);

    private TimeSpan ByLimit(DateTimeOffset now)
    {
        if (IsUnlimited)
        {
            return TimeSpan.Zero;
        }

        _tokens = Math.Min(limit!.Requests, _tokens + ((now - _filledAt).TotalSeconds * limit.PerSecond));
        _filledAt = now;
        return _tokens >= 1 ? TimeSpan.Zero : Longer(LeastPause, TimeSpan.FromSeconds((1 - _tokens) / limit.PerSecond));
    }

    /// <summary>How long so many more requests take at least by the limit; zero where none is known.</summary>
    public TimeSpan LeastFor(int requests)
    {
        lock (_gate)
        {
            ByLimit(clock.UtcNow);
            return IsUnlimited || requests <= _tokens ? TimeSpan.Zero : TimeSpan.FromSeconds((requests - _tokens) / limit!.PerSecond);
        }
    }

    private static async Task UntilAsync(Task back, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(back, Task.Delay(Timeout.InfiniteTimeSpan, over.Token)).ConfigureAwait(false);
        over.Cancel();
        stop.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource<bool> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
