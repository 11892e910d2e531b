using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>A lock for each client, across the threads and processes that use this folder.</summary>
/// <param name="prefix">What the names of its lock files begin with.</param>
internal sealed class Turns(IStoreFolder folder, string prefix)
{
    private const string Guard = "turns.lock";
    private const string Extension = ".lock";

    private readonly object _gate = new();
    private readonly HashSet<LedgerHash> _taken = [];
    private bool _isSwept;

    /// <returns>Null where another command has it.</returns>
    public IDisposable? TryTake(LedgerHash client)
    {
        lock (_gate)
        {
            if (_taken.Contains(client))
            {
                return null;
            }

            IDisposable? held = null;
            try
            {
                if (folder.LocksWork)
                {
                    // Nobody deletes a file while another one opens it.
                    using var alone = StoreLock.Take(folder, Guard);
                    Sweep();
                    held = folder.TryLock(NameOf(client));
                    if (held is null)
                    {
                        return null;
                    }
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A disk that cannot be written: this process's own commands are kept apart all the same.
            }

            _taken.Add(client);
            return new Turn(this, client, held);
        }
    }

    /// <summary>Turns that other processes have, by what tells them apart.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public IReadOnlyList<string> HeldElsewhere()
    {
        lock (_gate)
        {
            if (!folder.LocksWork)
            {
                return [];
            }

            using var alone = StoreLock.Take(folder, Guard);
            var own = new HashSet<string>(_taken.Select(NameOf), StringComparer.Ordinal);
            return folder.List()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !own.Contains(name) && IsHeld(name))
                .ToList();
        }
    }

    private bool IsHeld(string name)
    {
        using var free = folder.TryLock(name);
        return free is null;
    }

    private string NameOf(LedgerHash client) => prefix + client + Extension;

    private void Sweep()
    {
        if (!_isSwept)
        {
            _isSwept = true;
            StoreLock.Sweep(folder, prefix, folder.Delete);
        }
    }

    private void End(LedgerHash client, IDisposable? held)
    {
        lock (_gate)
        {
            _taken.Remove(client);
            try
            {
                using var alone = held is null ? null : StoreLock.Take(folder, Guard);
                held?.Dispose();
                if (held is not null)
                {
                    folder.Delete(NameOf(client));
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The file stays until somebody sweeps.
                held?.Dispose();
            }
        }
    }

    private sealed class Turn(Turns turns, LedgerHash client, IDisposable? held) : IDisposable
    {
        public void Dispose() => turns.End(client, held);
    }
}
