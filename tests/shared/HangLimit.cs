using System;
using System.Diagnostics;
using System.Threading.Tasks;

namespace DcrPowerShell.Tests;

/// <summary>
/// Tests wait for conditions. These limits only end a test that hangs: no test may depend on how long they are. <c>Wait-Until</c> and
/// <c>Wait-Pwsh</c> have theirs in Pwsh.psm1.
/// </summary>
internal static class HangLimit
{
    /// <summary>For one wait of a test.</summary>
    public static readonly TimeSpan OfWait = TimeSpan.FromMinutes(5);

    /// <summary>For a process that runs a file of tests: a wait in it that hangs ends before, and says what it waited for.</summary>
    public static readonly TimeSpan OfFile = TimeSpan.FromMinutes(15);

    /// <summary>Waits for a condition.</summary>
    /// <param name="what">What is waited for, for whoever reads that it did not come.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var time = Stopwatch.StartNew();
        while (!await condition())
        {
            if (time.Elapsed > OfWait)
            {
                throw new TimeoutException($"Within {OfWait.TotalMinutes} minutes this did not come true: {what}");
            }

            await Task.Delay(10);
        }
    }
}
