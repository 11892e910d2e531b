using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What servers have answered and the ledger does not take now, because the disk is full or the store locked. For all threads.
/// </summary>
internal sealed class HeldAnswers
{
    private readonly object _gate = new();
    private readonly Dictionary<LedgerHash, HeldAnswer> _held = [];

    /// <summary>Whether what was refused may be written later.</summary>
    public static bool CanWait(DcrException failure) =>
        failure.ErrorId is DcrErrorId.StoreReadOnly or DcrErrorId.StoreLocked or DcrErrorId.StoreKeyMissing;

    public bool Has(LedgerHash entry)
    {
        lock (_gate)
        {
            return _held.ContainsKey(entry);
        }
    }

    /// <summary>Holds one more answer of an entry.</summary>
    /// <param name="write">Makes the frames again: until then the key may be another.</param>
    public void Add(LedgerHash entry, Func<Func<LedgerState, IReadOnlyList<FrameDraft>>> write)
    {
        lock (_gate)
        {
            _held[entry] = _held.TryGetValue(entry, out var held)
                ? held with
                {
                    Writes = [.. held.Writes, write],
                }
                : new HeldAnswer(entry, [write], IsLeft: false);
        }
    }

    /// <summary>Holds what all answers of an entry came to.</summary>
    /// <param name="entry">None for what no request has brought.</param>
    public void Replace(LedgerHash entry, Func<Func<LedgerState, IReadOnlyList<FrameDraft>>> write)
    {
        lock (_gate)
        {
            var key = entry.IsNone ? LedgerHash.New() : entry;
            _held[key] = new HeldAnswer(key, [write], IsLeft: entry.IsNone);
        }
    }

    /// <summary>It is written.</summary>
    public void Drop(LedgerHash entry)
    {
        lock (_gate)
        {
            _held.Remove(entry);
        }
    }

    /// <summary>The operation that it came to has ended.</summary>
    /// <returns>Whether anything of it is held.</returns>
    public bool Leave(LedgerHash entry)
    {
        lock (_gate)
        {
            var isHeld = _held.TryGetValue(entry, out var held);
            if (isHeld)
            {
                _held[entry] = held! with { IsLeft = true };
            }

            return isHeld;
        }
    }

    /// <summary>Takes one that nobody is at work on; null for none.</summary>
    public HeldAnswer? TryTake()
    {
        lock (_gate)
        {
            if (_held.Count == 0 || _held.Values.FirstOrDefault(static held => held.IsLeft) is not { } first)
            {
                return null;
            }

            _held.Remove(first.Entry);
            return first;
        }
    }

    public void Return(HeldAnswer held)
    {
        lock (_gate)
        {
            _held[held.Entry] = held;
        }
    }
}

/// <param name="Writes">Each gives what is to be written, as <see cref="LedgerFile.WriteAsync"/> takes it.</param>
/// <param name="IsLeft">Whether nobody is at work on it any more.</param>
internal sealed record HeldAnswer(LedgerHash Entry, IReadOnlyList<Func<Func<LedgerState, IReadOnlyList<FrameDraft>>>> Writes, bool IsLeft);
