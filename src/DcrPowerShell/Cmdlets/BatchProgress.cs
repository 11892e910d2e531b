using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>Says how far a long command has come, four times a second at most, and nothing where there is little to do.</summary>
internal sealed class BatchProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 7592;
    private const int Few = 10;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // A command that is done sooner needs no progress bar.
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

    /// <summary>How long so many more take at least.</summary>
    public Func<int, TimeSpan> AtLeast { get; set; } = static _ => TimeSpan.Zero;

    /// <summary>Whether there are so many that people want to know how far it came.</summary>
    public bool IsLong => Known >= Few;

    public int EndedCount => _ended;

    private int Done => _ended + _doneAtOnce;

    private int Known => Math.Max(_expected, _started + _doneAtOnce);

    /// <summary>How many there are, as far as is known.</summary>
    public void Expect(int count) => (_expected, _isAllKnown) = (_expected + count, true);

    /// <summary>No more come than were begun.</summary>
    public void ExpectNoMore() => _isAllKnown = true;

    public void Started() => _started++;

    public void Failed() => Failures++;

    /// <summary>Counts something that was done without a request of its own.</summary>
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

    /// <summary>
    /// Ends the progress bar, and after a long run writes a line about its outcome. Where PowerShell's own output is redirected,
    /// the line goes to the information stream only, so that it does not get into the file.
    /// </summary>
    public void End(string outcome)
    {
        if (_isShown)
        {
            Complete();
            cmdlet.WriteInformation(
                new HostInformationMessage { Message = $"{activity}: {outcome}." },
                Console.IsOutputRedirected ? ["DcrSummary"] : ["DcrSummary", "PSHOST"]
            );
        }
    }

    public void Complete()
    {
        if (!_isShown)
        {
            return;
        }

        _isShown = false;
        try
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // The host clears what a command that was stopped has shown.
        }
    }

    public override string ToString() => $"{Done} done{(Failures > 0 ? $", {Failures} failed" : "")} in {Duration.Say(_time.Elapsed)}";

    private static IEnumerable<string> Parts(int done, int? of, int failed, double perMinute, TimeSpan? left, DateTimeOffset now)
    {
        yield return of is null ? Say($"{done} done") : Say($"{done} of {of}");
        if (failed > 0)
        {
            yield return Say($"{failed} failed");
        }

        if (perMinute > 0)
        {
            yield return Say($"{perMinute:0} a minute");
        }

        if (left is { } span)
        {
            yield return span < TimeSpan.FromHours(12) ? Say($"done at {now + span:HH:mm}") : $"done in {Duration.Say(span)}";
        }

        static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The time that is left, by the pace of the last minute; but no less than the server's limit allows, because a limit lets the first
    /// ones go at once.
    /// </summary>
    private TimeSpan? Left(double perMinute)
    {
        var least = AtLeast(_started - _ended);
        var measured = perMinute > 0 ? TimeSpan.FromMinutes((Known - Done) / perMinute) : TimeSpan.Zero;
        var left = measured > least ? measured : least;
        return _isAllKnown && (perMinute > 0 || left > TimeSpan.Zero) ? left : null;
    }

    private void Show()
    {
        var now = _time.Elapsed;
        if (!IsLong || now < Patience || now - _lastShown < Beat)
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
        var left = Left(perMinute);
        if (left is { Ticks: > 0 } span)
        {
            perMinute = Math.Min(perMinute, (Known - Done) / span.TotalMinutes);
        }

        var record = new ProgressRecord(
            Id,
            activity,
            string.Join(", ", Parts(Done, _isAllKnown ? Known : null, Failures, perMinute, left, DateTimeOffset.UtcNow.ToLocalTime()))
        );
        if (_isAllKnown)
        {
            record.PercentComplete = Math.Min(100, 100 * Done / Known);
            record.SecondsRemaining = left is null ? -1 : (int)Math.Min(int.MaxValue, left.Value.TotalSeconds);
        }

        cmdlet.WriteProgress(record);
    }
}
