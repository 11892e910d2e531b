using System;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace DcrPowerShell.Hosting;

/// <summary>Says how far a long command has come, four times a second at most, and nothing where it is done soon.</summary>
internal sealed class BatchProgress(Cmdlet cmdlet, string activity)
{
    private const int Id = 7592;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    // Whoever is done within it needs no progress bar.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _time = Stopwatch.StartNew();
    private TimeSpan _lastShown;
    private int _done;
    private bool _isShown;

    public int Failures { get; private set; }

    public void Failed() => Failures++;

    public void Done()
    {
        _done++;
        if (_time.Elapsed > Patience && _time.Elapsed - _lastShown >= Beat)
        {
            _lastShown = _time.Elapsed;
            _isShown = true;
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, Say()));
        }
    }

    public void End()
    {
        if (_isShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id, activity, Say()) { RecordType = ProgressRecordType.Completed });
        }
    }

    private string Say()
    {
        var rate = _done / Math.Max(_time.Elapsed.TotalMinutes, 1.0 / 60);
        var failed = Failures == 0 ? "" : $", {Failures.ToString(CultureInfo.InvariantCulture)} failed";
        return string.Format(CultureInfo.InvariantCulture, "{0} done{1}, {2:0} a minute", _done, failed, rate);
    }
}
