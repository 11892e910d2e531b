using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Hosting;

/// <summary>Says how far a long command has come, four times a second at most, and nothing where there is little to do.</summary>
internal sealed class BatchProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 7592;
    private const int Few = 10;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Whoever is done within it needs no progress bar.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _time = Stopwatch.StartNew();

    // When requests of the last minute were done.
    private readonly Queue<TimeSpan> _lately = new();
    private TimeSpan _lastShown;
    private int _started;
    private int _ended;
    private int _doneAtOnce;
    private int _expected;
    private bool _isAllKnown;
    private bool _isShown;

    public int Failures { get; private set; }

    private int Done => _ended + _doneAtOnce;

    private int Known => Math.Max(_expected, _started + _doneAtOnce);

    /// <summary>How many there are, as far as is known.</summary>
    public void Expect(int count) => (_expected, _isAllKnown) = (_expected + count, true);

    /// <summary>There are no more than were begun.</summary>
    public void ExpectNoMore() => _isAllKnown = true;

    public void Started() => _started++;

    public void Failed() => Failures++;

    /// <summary>Without a request of its own.</summary>
    public void DoneAtOnce()
    {
        _doneAtOnce++;
        Show();
    }

    public void Ended()
    {
        _ended++;
        _lately.Enqueue(_time.Elapsed);
        Show();
    }

    public void End()
    {
        if (_isShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    /// <summary>"212 of 300, 3 failed, 47 a minute, done at 14:32".</summary>
    internal static string Say(int done, int? of, int failed, double perMinute, DateTimeOffset now) => string.Join(", ", Parts(done, of, failed, perMinute, now));

    private static IEnumerable<string> Parts(int done, int? of, int failed, double perMinute, DateTimeOffset now)
    {
        yield return of is null ? Say($"{done} done") : Say($"{done} of {of}");
        if (failed > 0)
        {
            yield return Say($"{failed} failed");
        }

        if (perMinute > 0)
        {
            yield return Say($"{perMinute:0} a minute");
            if (of is not null && Left(done, of.Value, perMinute) is var left)
            {
                yield return left < TimeSpan.FromHours(12) ? Say($"done at {now + left:HH:mm}") : $"done in {Duration.Say(left)}";
            }
        }

        static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static TimeSpan Left(int done, int of, double perMinute) => TimeSpan.FromMinutes((of - done) / perMinute);

    private void Show()
    {
        var now = _time.Elapsed;
        if (Known < Few || now < Patience || now - _lastShown < Beat)
        {
            return;
        }

        _lastShown = now;
        _isShown = true;
        while (_lately.Count > 0 && _lately.Peek() < now - Minute)
        {
            _lately.Dequeue();
        }

        var perMinute = _lately.Count / (now < Minute ? now : Minute).TotalMinutes;
        var record = new ProgressRecord(Id, activity, Say(Done, _isAllKnown ? Known : null, Failures, perMinute, DateTimeOffset.Now));
        if (_isAllKnown)
        {
            record.PercentComplete = Math.Min(100, 100 * Done / Known);
            record.SecondsRemaining = perMinute > 0 ? (int)Math.Min(int.MaxValue, Left(Done, Known, perMinute).TotalSeconds) : -1;
        }

        cmdlet.WriteProgress(record);
    }
}
