using System;
using System.Collections.Generic;
using System.IO;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// Tells which process is at work on an entry. Each process holds a lock on a file of its own as long as it lives; the name of that file
/// stands in its intents. A process id would not do: two containers may have the same one, and do not see each other's.
/// </summary>
internal sealed class Owners(IStoreFolder folder) : IDisposable
{
    private const string Prefix = "alive-";
    private const string Extension = ".lock";
    private const string RoomPrefix = "room-";

    private readonly object _gate = new();
    private readonly HashSet<LedgerHash> _atWork = [];
    private readonly string _own = Prefix + Guid.NewGuid().ToString("n") + Extension;
    private IDisposable? _life;

    /// <summary>This process's name.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public string Own()
    {
        lock (_gate)
        {
            if (_life is null)
            {
                // Nobody sweeps while a file is there and its lock is not.
                using var alone = StoreLock.Take(folder, LedgerFile.LockName);
                Sweep();
                _life = folder.TryLock(_own);
            }

            return _own;
        }
    }

    /// <summary>The file in which this process keeps room for the answers to what it asks.</summary>
    public string Room => RoomOf(_own);

    /// <summary>How many entries this process is at work on.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _atWork.Count;
            }
        }
    }

    /// <summary>Whether this process asked.</summary>
    public bool IsOwn(string owner) => owner == _own || owner.Length == 0;

    public void Start(LedgerHash entry)
    {
        lock (_gate)
        {
            _atWork.Add(entry);
        }
    }

    public void End(LedgerHash entry)
    {
        lock (_gate)
        {
            _atWork.Remove(entry);
        }
    }

    /// <summary>Whether somebody is still at work on an entry. Where locks do not tell, others are taken to be.</summary>
    public bool IsAtWork(LedgerHash entry, string owner)
    {
        lock (_gate)
        {
            if (IsOwn(owner))
            {
                return _atWork.Contains(entry);
            }

            if (!folder.LocksWork)
            {
                return true;
            }

            // A file that is gone was locked by a process that is gone.
            if (folder.Length(owner) is null)
            {
                return false;
            }

            if (folder.TryLock(owner) is not { } free)
            {
                return true;
            }

            free.Dispose();
            Bury(owner);
            return false;
        }
    }

    private void Sweep()
    {
        if (folder.LocksWork)
        {
            StoreLock.Sweep(folder, Prefix, Bury);
        }
    }

    private void Bury(string owner)
    {
        folder.Delete(owner);
        folder.Delete(RoomOf(owner));
    }

    private static string RoomOf(string owner) => RoomPrefix + owner.Split('-', '.')[1];

    public void Dispose()
    {
        lock (_gate)
        {
            if (_life is not null)
            {
                _life.Dispose();
                _life = null;
                try
                {
                    folder.Delete(_own);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    // Whoever asks next deletes it.
                }
            }
        }
    }
}
