using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

/// <summary>
/// Lets requests to a server through at the server's pace: by a limit that is known beforehand, by what the server says is left,
/// and for all at once when it says that there were too many. Who waits longest goes first.
/// </summary>
/// <param name="limit">Null where none is known.</param>
/// <param name="isFirm">It holds whatever the server says; else the server's own words take its place.</param>
internal sealed class RateGate(IClock clock, DcrRateLimit? limit = null, bool isFirm = false)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);

    // Nothing is known before the first answer. One request goes ahead then, because many at once could be too many.
    private static readonly TimeSpan UntilAnotherMoves = Timeout.InfiniteTimeSpan;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // Tries follow each other at once. A refusal that comes so long after a pause is another matter.
    private static readonly TimeSpan LongestLull = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private double _tokens = limit?.Requests ?? 0;
    private DateTimeOffset _filledAt = clock.UtcNow;
    private DateTimeOffset _pausedUntil;
    private RateBudget? _told;
    private long _left;
    private DateTimeOffset _renewedAt;
    private TimeSpan _ahead = TimeSpan.MinValue;
    private bool _disagrees;

    // Requests that are under way, by the order in which they were let through; and whether they register a client.
    private readonly Dictionary<long, bool> _underWay = [];
    private long _count;

    // Those that wait, by their turns. Registrations and other requests do not wait for each other: servers count them apart.
    private readonly Dictionary<long, bool> _line = [];
    private long _lastTurn;

    // Which request's answer told the least, in the period that is counted now.
    private long _toldBy;
    private bool _toldOfRegistrations;
    private TaskCompletionSource<bool> _moved = NewSignal();
    private int _refusals;

    // The last refusal was an outage, and no matter of pace.
    private bool _isDown;

    // The first of them; no request is patient with the same refusals again.
    private DateTimeOffset _refusedSince;
    private bool _isHeard;

    /// <summary>
    /// A request's turn. It is taken once for all tries: one that was refused would otherwise come behind all that came later, and run out
    /// of patience.
    /// </summary>
    public long TakeTurn() => Interlocked.Increment(ref _lastTurn);

    /// <summary>Waits until a request may go.</summary>
    /// <param name="waiting">Told how long, before each wait.</param>
    /// <returns>
    /// The request's place in the order, for <see cref="Leave"/>; or how long the server wants a wait that is longer than any request
    /// waits.
    /// </returns>
    /// <param name="registers">Whether it registers a client: servers count that apart.</param>
    /// <param name="patience">
    /// How long the request may still wait at the server's word, by whichever header; null for a whole
    /// <see cref="RetryPolicy.LongestWait"/>.
    /// </param>
    /// <param name="turn">As <see cref="TakeTurn"/> gave it; null for the last in the line.</param>
    public async Task<RatePass> EnterAsync(
        Action<TimeSpan> waiting,
        CancellationToken stop,
        bool registers = false,
        TimeSpan? patience = null,
        long? turn = null
    )
    {
        var own = turn ?? TakeTurn();
        lock (_gate)
        {
            _line.Add(own, registers);
        }

        try
        {
            return await WaitAsync(own, registers, patience ?? RetryPolicy.LongestWait, waiting, stop).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _line.Remove(own);
                Signal();
            }
        }
    }

    private async Task<RatePass> WaitAsync(long turn, bool registers, TimeSpan left, Action<TimeSpan> waiting, CancellationToken stop)
    {
        var waited = TimeSpan.Zero;
        while (true)
        {
            var moved = Moved;
            var (place, wait) = Enter(turn, registers);
            if (wait is not { } span)
            {
                return new(place, TooLong: null, waited);
            }

            if (span == UntilAnotherMoves)
            {
                await UntilAsync(moved, stop).ConfigureAwait(false);
                continue;
            }

            var (asked, patience, isDown) = ServersWait(registers);
            if (asked > left - waited || asked > patience)
            {
                return new(Place: 0, asked, waited, isDown);
            }

            waiting(span);
            await clock.Delay(span, stop).ConfigureAwait(false);
            waited += asked > TimeSpan.Zero ? asked : TimeSpan.Zero;
        }
    }

    /// <summary>Done when the next answer has come, or the next one has left the line.</summary>
    private Task Moved
    {
        get
        {
            lock (_gate)
            {
                return _moved.Task;
            }
        }
    }

    private void Signal()
    {
        _moved.SetResult(true);
        _moved = NewSignal();
    }

    /// <summary>
    /// How long the server wants the next request to wait, by a refusal or by what it said was left; and how long others leave it to wait,
    /// which the server has refused before: 300 rows would otherwise be patient one after another.
    /// </summary>
    private (TimeSpan Asked, TimeSpan Patience, bool IsDown) ServersWait(bool registers)
    {
        lock (_gate)
        {
            var now = clock.UtcNow;
            return (
                MayGoAt(registers) - now,
                _refusals == 0 ? TimeSpan.MaxValue : RetryPolicy.LongestWait - (now - _refusedSince),
                _refusals > 0 && _isDown
            );
        }
    }

    /// <summary>
    /// A limit by the hour is one kind of request's own: what says that no more clients are registered does not keep others from being
    /// read.
    /// </summary>
    private bool IsSpent(bool registers) =>
        _told is not null && _left <= 0 && (registers == _toldOfRegistrations || _renewedAt - clock.UtcNow <= RetryPolicy.LongestWait);

    private DateTimeOffset MayGoAt(bool registers) => Later(_pausedUntil, IsSpent(registers) ? _renewedAt : default);

    /// <summary>The request that was let through has its answer; null where none came.</summary>
    /// <param name="place">As <see cref="EnterAsync"/> gave it.</param>
    public void Leave(long place, ProtocolResponse? response)
    {
        lock (_gate)
        {
            Signal();
            var registers = _underWay.TryGetValue(place, out var known) && known;
            _underWay.Remove(place);

            // After a refusal, one goes ahead again when the pause is over.
            _isHeard = response is null || !RetryPolicy.WantsPause(response);
            var told = response is null ? null : RateBudget.Read(response);
            Recount();
            if (told is null && _told is not null && place > _toldBy)
            {
                // It was counted all the same, or may have been.
                _told = _told with { Left = _told.Left - 1 };
                Recount();
            }

            if (response is null)
            {
                return;
            }

            if (RetryPolicy.WantsPause(response))
            {
                _isDown = response.Status != 429;
                _disagrees |= !_isDown;
                if (_refusals == 0 || clock.UtcNow - _pausedUntil > LongestLull)
                {
                    _refusedSince = clock.UtcNow;
                }

                // Those that were under way together are one refusal.
                _refusals += clock.UtcNow >= _pausedUntil ? 1 : 0;
                _pausedUntil = Later(
                    _pausedUntil,
                    clock.UtcNow + Longer(RetryPolicy.Growing(_refusals), RetryAdvice.Read(response) ?? TimeSpan.Zero)
                );
                return;
            }

            _refusals = 0;
            if (told is { RenewedIn: { } renewedIn })
            {
                var renewedAt = clock.UtcNow + Longer(LeastPause, renewedIn - SinceFullSecond(response));

                // Answers come in another order than they were counted: of one period, the least counts.
                if (_told is null || clock.UtcNow >= _renewedAt || told.Left <= _told.Left)
                {
                    (_told, _toldBy, _toldOfRegistrations, _renewedAt) = (told, place, registers, renewedAt);
                    Recount();
                }
            }
        }
    }

    /// <summary>
    /// How far into its second the server's clock was: its Date and its reset have whole seconds only. Where the clocks may agree, ours
    /// tells it, until a refusal shows that they do not. Otherwise the clock that seemed furthest ahead of ours so far had just begun a
    /// second.
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

    /// <summary>
    /// The server counts requests about as they were sent: it has not counted those that were sent after the one which told what is left.
    /// </summary>
    private void Recount() => _left = _told is null ? 0 : _told.Left - _underWay.Keys.Count(place => place > _toldBy);

    /// <summary>The place of a request that went through; else how long to wait before asking again.</summary>
    private (long Place, TimeSpan? Wait) Enter(long turn, bool registers)
    {
        lock (_gate)
        {
            var now = clock.UtcNow;
            if (!_isHeard && _underWay.Count > 0)
            {
                return (0, UntilAnotherMoves);
            }

            var wait = Longer(MayGoAt(registers) - now, ByLimit(now));
            if (wait > TimeSpan.Zero)
            {
                return (0, wait);
            }

            // Where the limit was spent, one goes ahead and hears what is left now.
            if ((IsSpent(registers) && _underWay.Count > 0) || _line.Any(other => other.Value == registers && other.Key < turn))
            {
                return (0, UntilAnotherMoves);
            }

            _tokens--;
            _underWay.Add(++_count, registers);
            Recount();
            return (_count, null);
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

    private static async Task UntilAsync(Task moved, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(moved, Task.Delay(Timeout.InfiniteTimeSpan, over.Token)).ConfigureAwait(false);
        over.Cancel();
        stop.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource<bool> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}

/// <param name="Place">Of a request that may go.</param>
/// <param name="TooLong">
/// The wait that the server wants, where it is longer than the request may still wait; null for a request that may go.
/// </param>
/// <param name="Waited">How long it waited here at the server's word. What it waited for a limit that the user named is not in it.</param>
/// <param name="IsDown">The wait that is too long is for an outage.</param>
internal readonly record struct RatePass(long Place, TimeSpan? TooLong, TimeSpan Waited, bool IsDown = false);
