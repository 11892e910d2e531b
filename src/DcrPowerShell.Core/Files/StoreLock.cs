using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace DcrPowerShell.Files;

/// <summary>Waits for a lock, and clears those away that were left.</summary>
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
#pragma warning disable RS0030 // Nothing says when another process lets go of a file.
            Thread.Sleep(pauses.Next(1, 4));
#pragma warning restore RS0030
        }
    }

    /// <summary>Killed processes leave lock files behind. To be called while nobody else makes one.</summary>
    /// <param name="prefix">What the names of the files begin with.</param>
    /// <param name="bury">Deletes one that nobody holds.</param>
    public static void Sweep(IStoreFolder folder, string prefix, Action<string> bury)
    {
        foreach (var name in folder.List())
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && folder.TryLock(name) is { } free)
            {
                free.Dispose();
                bury(name);
            }
        }
    }
}
