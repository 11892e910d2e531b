using System;
using System.Diagnostics;
using DcrPowerShell.Errors;

namespace DcrPowerShell;

/// <summary>
/// What a <c>New-DcrClient</c> did, by <c>-SummaryVariable</c>. It is there from the command's beginning and counts as it goes.
/// </summary>
public sealed class DcrSummary
{
    private readonly Stopwatch _time = Stopwatch.StartNew();

    internal DcrSummary()
    {
    }

    internal Func<(int Requests, int Waits)> Counts { get; set; } = static () => (0, 0);

    /// <summary>Clients that were registered.</summary>
    public int Made { get; private set; }

    /// <summary>Rows whose tenant had a client already, as the row has it.</summary>
    public int Found { get; private set; }

    /// <summary>Rows whose tenant had a client that differs from the row. With <c>-Update</c> it was changed.</summary>
    public int Differs { get; private set; }

    /// <summary>Rows that ended in an error, except those of unknown outcome.</summary>
    public int Failed { get; private set; }

    /// <summary>Rows of unknown outcome: the server may have made a client. <c>Find-DcrOrphan</c> looks them up.</summary>
    public int Unknown { get; private set; }

    /// <summary>The id of this process in the audit log, for <c>Get-DcrAuditLog -Run</c>; null where no log is written.</summary>
    public string? Run { get; internal set; }

    /// <summary>How long the command took, or has taken so far.</summary>
    public TimeSpan Time => _time.Elapsed;

    /// <summary>Requests that were sent, those for tokens among them.</summary>
    public int Requests => Counts().Requests;

    /// <summary>
    /// How often a request was held back for more than a second (for the server's pace, or to try again), or a vault was waited for.
    /// </summary>
    public int Waits => Counts().Waits;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Made} made, {Found} found, {Differs} differ, {Failed} failed, {Unknown} unknown in {Duration.Say(Time)}";

    internal void CountMade() => Made++;

    internal void CountFound() => Found++;

    internal void CountDiffering() => Differs++;

    internal void CountFailure(DcrErrorId id)
    {
        if (id == DcrErrorId.OutcomeUnknown)
        {
            Unknown++;
        }
        else
        {
            Failed++;
        }
    }

    internal void Stop() => _time.Stop();
}
