using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace DcrPowerShell.Files;

/// <summary>Waits for a lock.</summary>
internal static class StoreLock
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <exception cref="IOException">Another process has not released it for half a minute, or the disk refuses.</exception>
    public static IDisposable Take(IStoreFolder folder, string name)
    {
        var time = Stopwatch.StartNew();
        Random? pauses = null;
        while (true)
        {
            if (folder.TryLock(name) is { } held)
            {
                return held;
            }

            if (time.Elapsed > Longest)
            {
                throw new IOException($"another process has held the lock '{name}' for half a minute");
            }

            // At uneven times: the others may come at a fixed beat.
            pauses ??= new Random();
            Thread.Sleep(pauses.Next(1, 4));
        }
    }
}
