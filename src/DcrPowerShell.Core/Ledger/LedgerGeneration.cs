using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// The file of one generation, as far as it was read. All but <see cref="TryFlush"/> and <see cref="Dispose"/> under the ledger's gate.
/// </summary>
internal sealed class LedgerGeneration(long number, IAppendFile file, FrameScanner scanner) : IDisposable
{
    private const string Prefix = "ledger-";
    private const string Extension = ".dcrl";

    private readonly object _flushGate = new();
    private bool _isFlushing;
    private bool _isReplaced;
    private long _lastAt;

    public long Number => number;

    public IAppendFile File => file;

    public FrameScanner Scanner => scanner;

    public LedgerState State { get; } = new();

    public List<LedgerGap> Gaps { get; } = [];

    public long End { get; private set; }

    public FrameHeader Last { get; private set; }

    /// <summary>The last frame is where it was: nobody has overwritten the file.</summary>
    public bool HasLast =>
        Last.Sequence == 0
        || (
            FrameHeader.Read(FrameScanner.Read(file, _lastAt, FrameHeader.Size)) is { } there
            && (there.Sequence, there.Epoch) == (Last.Sequence, Last.Epoch)
        );

    public static string NameOf(long number) => Prefix + number.ToString("000000", CultureInfo.InvariantCulture) + Extension;

    /// <summary>The numbers of the generations in a folder.</summary>
    public static List<long> Numbers(IStoreFolder folder)
    {
        var numbers = new List<long>();
        foreach (var name in folder.List())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal)
                && long.TryParse(name.Split('-', '.')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }

    /// <summary>The highest of these numbers; 0 for none.</summary>
    public static long Newest(IStoreFolder folder) => Numbers(folder) is { Count: > 0 } numbers ? numbers[numbers.Count - 1] : 0;

    /// <summary>Opens the newest one and reads it.</summary>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    public static LedgerGeneration Open(IStoreFolder folder, FrameCodec codec, bool isSettled)
    {
        for (var left = 10; ; left--)
        {
            try
            {
                var number = Newest(folder) is > 0 and var newest
                    ? newest
                    : throw new FileNotFoundException("its ledger is not there any more");
                var file = folder.Open(NameOf(number), create: false);
                var generation = new LedgerGeneration(number, file, new FrameScanner(file, codec));
                try
                {
                    generation.ReadOn(checksEnd: true, isSettled);
                    return generation;
                }
                catch
                {
                    generation.Dispose();
                    throw;
                }
            }
            catch (FileNotFoundException) when (left > 0)
            {
                // Compacted by another process in this moment.
            }
        }
    }

    public void ReadOn(bool checksEnd, bool isSettled) => (End, Last) = scanner.Scan(
        End,
        Last,
        checksEnd,
        isSettled,
        (header, offset) =>
        {
            _lastAt = offset;
            State.Apply(header, offset);
        },
        gap =>
        {
            Gaps.Add(gap);
            State.LacksFrames |= gap is { IsDamage: true, HasHeader: false };
        });

    /// <summary>Notes what stands at the end of the file, before something is written behind it. Under the ledger's lock.</summary>
    public void NoteEnd() => State.LacksFrames |= scanner.HasSpoiltHeader(End, file.Length);

    /// <summary>Whether any of its frames was sealed with this store's keys: a backup, or something else, may have its name.</summary>
    public bool IsOwn(FrameCodec codec) => scanner.HasGenuine
        || State.Rows.Any(row => codec.IsGenuine(row.Header, FrameScanner.Read(file, row.Offset, row.Header.Length)));

    /// <summary>Frames were appended at the file's end, behind whatever stood there.</summary>
    public void Wrote(long start, long end, FrameHeader last)
    {
        if (start > End)
        {
            Gaps.Add(new LedgerGap(End, start - End, IsTorn: !scanner.HasSpoiltHeader(End, start)));
        }

        (End, Last, _lastAt) = (end, last, end - last.Length);
    }

    /// <summary>By the leader alone. Who replaces the file meanwhile does not wait for the disk.</summary>
    /// <returns>False where the file was opened again before, or another one took its place.</returns>
    public bool TryFlush()
    {
        lock (_flushGate)
        {
            if (_isReplaced)
            {
                return false;
            }

            _isFlushing = true;
        }

        try
        {
            file.Flush();
            return true;
        }
        finally
        {
            lock (_flushGate)
            {
                _isFlushing = false;
                if (_isReplaced)
                {
                    file.Dispose();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_flushGate)
        {
            _isReplaced = true;
            if (!_isFlushing)
            {
                file.Dispose();
            }
        }
    }
}
