using System;
using System.Diagnostics;
using System.Threading;

namespace DcrPowerShell.Vaults;

/// <summary>Waits for others in this process who are calling SecretManagement, which does not say when it is free.</summary>
internal sealed class BusyWait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Random _pauses = new();

    public bool IsOver => _time.Elapsed > Longest;

    public void Pause()
    {
        // At uneven times: the others may call at a fixed beat.
#pragma warning disable RS0030 // There is nothing to wait for.
        Thread.Sleep(_pauses.Next(1, 20));
#pragma warning restore RS0030
    }
}
