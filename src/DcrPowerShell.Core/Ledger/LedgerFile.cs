using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// The ledger's file: one append-only file for all processes of a user, in generations. Writers that wait at the same time share one
/// write and one flush; the flush happens outside the lock. Safe to use from all threads.
/// </summary>
internal sealed class LedgerFile : IDisposable
{
    public const string LockName = "ledger.lock";
    private const string CompactLockName = "compact.lock";

    // Smaller files are not worth it.
    private const long SmallestToCompact = 4 * 1024 * 1024;

    private readonly object _gate = new();
    private readonly IStoreFolder _folder;
    private readonly FrameCodec _codec;
    private readonly ILedgerKeys _keys;
    private readonly ulong _epoch = LedgerHash.New().High;
    private readonly object _compactGate = new();
    private readonly WriteQueue _queue;
    private LedgerGeneration _now;
    private bool _isStale;
    private long _refused;
    private Exception? _whyRefused;
    private int _isCompacting;

    /// <summary>Opens the ledger, and makes it where there is none.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk refuses.</exception>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    public LedgerFile(IStoreFolder folder, ILedgerKeys keys)
    {
        (_folder, _keys, _codec, _queue) = (folder, keys, new FrameCodec(keys), new WriteQueue(WriteBatch));
        if (LedgerGeneration.Newest(folder) == 0)
        {
            using var held = StoreLock.Take(folder, LockName);
            if (LedgerGeneration.Newest(folder) == 0)
            {
                using var first = folder.Open(LedgerGeneration.NameOf(1), create: true);
                first.Flush();
            }
        }

        _now = LedgerGeneration.Open(folder, _codec, isSettled: false);
        if (_now.File.Length > _now.End)
        {
            // Nobody is writing under the lock: then it shows whether the rest is a damaged frame.
            using var held = StoreLock.Take(folder, LockName);
            ReadOn(hasLock: true);
        }
    }

    /// <summary>The opening's own number.</summary>
    public ulong Epoch => _epoch;

    /// <summary>What was found torn or damaged, as far as it was read.</summary>
    public IReadOnlyList<LedgerGap> Gaps
    {
        get
        {
            lock (_gate)
            {
                return _now.Gaps.ToList();
            }
        }
    }

    /// <summary>Nothing in it was written with a key that is known.</summary>
    public bool IsOfOtherKeys
    {
        get
        {
            lock (_gate)
            {
                var state = _now.State;
                return state.Rows.Count + state.Open.Count + state.Moved.Count > 0
                    && state.Rows.All(row => IsOther(row.Header))
                    && state.Open.All(entry => entry.Frames.TrueForAll(frame => IsOther(frame.Header)))
                    && state.Moved.TrueForAll(moved => IsOther(moved.Header));

                bool IsOther(FrameHeader header) => _keys.Find(header.KeyId) is null;
            }
        }
    }

    /// <summary>The name of the newest generation.</summary>
    public string Name
    {
        get
        {
            lock (_gate)
            {
                return LedgerGeneration.NameOf(_now.Number);
            }
        }
    }

    /// <summary>It has frames of this store.</summary>
    public bool IsOwn
    {
        get
        {
            lock (_gate)
            {
                return _now.IsOwn(_codec);
            }
        }
    }

    /// <summary>The folder holds an older state than this process has seen, and nobody has accepted that yet.</summary>
    public bool WasRolledBack { get; private set; }

    /// <summary>The user was told: the older state counts from now on.</summary>
    public void AcceptRollback() => WasRolledBack = false;

    /// <summary>The end of the file, the bytes that count, and the sequence and the epoch of the last frame.</summary>
    public (long Length, long Live, long Sequence, ulong Epoch) Size
    {
        get
        {
            lock (_gate)
            {
                return (_now.End, _now.State.LiveLength, _now.Last.Sequence, _now.Last.Epoch);
            }
        }
    }

    /// <summary>Reads what other processes have written since.</summary>
    /// <exception cref="Errors.DcrException">StoreLocked; StoreDamaged: something else has its place.</exception>
    public void ReadOn()
    {
        lock (_gate)
        {
            ReadOn(hasLock: false);
        }
    }

    /// <summary>Asks the state.</summary>
    public T Look<T>(Func<LedgerState, T> look)
    {
        lock (_gate)
        {
            return look(_now.State);
        }
    }

    /// <summary>Opens the summary of a frame that the state knows. False where there is none; null where it is damaged.</summary>
    public bool TryOpenSummary(Func<LedgerState, (FrameHeader Header, long Offset)?> which, out FrameHeader header, out byte[]? summary)
    {
        var isThere = TryRead(which, out header, out var frame);
        summary = isThere ? _codec.OpenSummary(header, frame) : null;
        return isThere;
    }

    /// <summary>Opens a frame that the state knows. False where there is none; null where it is damaged.</summary>
    public bool TryOpen(
        Func<LedgerState, (FrameHeader Header, long Offset)?> which,
        out FrameHeader header,
        out (byte[] Summary, byte[] Body)? content
    )
    {
        var isThere = TryRead(which, out header, out var frame);
        content = isThere ? _codec.Open(header, frame) : null;
        return isThere;
    }

    /// <summary>Writes frames, after everything that is in the file by then. Not cancelled by anything.</summary>
    /// <param name="decide">
    /// Called under the ledger's lock, with the state as it is then. Gives what to write; may give nothing. Called again where the file was
    /// replaced in that moment.
    /// </param>
    /// <param name="isDurable">Whether it is on the disk when this returns. Otherwise the next flush takes it along.</param>
    /// <returns>The headers of what was written.</returns>
    /// <exception cref="IOException">The disk refuses, or another process does not release the lock.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk refuses.</exception>
    /// <exception cref="InvalidDataException">It is too large to be read again.</exception>
    public Task<IReadOnlyList<FrameHeader>> WriteAsync(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable)
    {
        var waiting = new LedgerWrite(decide, isDurable);
        _queue.Add(waiting);
        return waiting.Task;
    }

    /// <summary>Writes what counts into the next generation, sealed with the active key. Killed at any byte, it loses nothing.</summary>
    /// <returns>False where another process is at it.</returns>
    /// <exception cref="IOException">The disk refuses.</exception>
    public bool Compact()
    {
        lock (_compactGate)
        {
            using var alone = _folder.TryLock(CompactLockName);
            return alone is not null && CompactAlone();
        }
    }

    /// <summary>Waits for what is being written.</summary>
    public void Dispose()
    {
        _queue.WaitUntilEmpty();
        lock (_gate)
        {
            _now.Dispose();
        }
    }

    private void WriteBatch(List<LedgerWrite> batch)
    {
        try
        {
            Renew();

            // What takes long is done before the lock is taken.
            ReadOn();
            LedgerGeneration written;
            using (StoreLock.Take(_folder, LockName))
            {
                lock (_gate)
                {
                    Append(batch);
                    written = _now;
                }
            }

            if (batch.Exists(static waiting => waiting.IsDurable))
            {
                Flush(written);
            }
        }
        catch (Exception failure)
        {
            batch.ForEach(waiting => waiting.Fail(failure));
            Renew();
            return;
        }

        batch.ForEach(static waiting => waiting.Succeed());
        CompactIfWorth();
    }

    private void Append(List<LedgerWrite> batch)
    {
        for (var left = 3; left > 0; left--)
        {
            ReadOn(hasLock: true);
            _now.NoteEnd();
            if (_now.Number == _refused)
            {
                throw new IOException($"the disk has refused what was written before: {_whyRefused!.Message}", _whyRefused.HResult);
            }

            try
            {
                if (TryAppend(batch))
                {
                    return;
                }
            }
            catch
            {
                // The state has what the file has not, or only in part.
                _isStale = true;
                ReadOn(hasLock: true);
                throw;
            }

            // It has gone to a file that is no longer in the folder.
            _isStale = true;
        }

        throw new IOException("another file was put in its place again and again");
    }

    /// <returns>False where another file has its name by now: a backup was put back.</returns>
    private bool TryAppend(List<LedgerWrite> batch)
    {
        var bytes = new MemoryStream();
        var (file, start, last) = (_now.File, _now.File.Length, _now.Last);
        foreach (var waiting in batch)
        {
            try
            {
                // All of them are sealed before the first counts.
                foreach (var (header, frame) in waiting.Seal(_now.State, _codec, last, _epoch))
                {
                    _now.State.Apply(header, start + bytes.Length);
                    bytes.Write(frame, 0, frame.Length);
                    last = header;
                }
            }
            catch (Exception failure)
            {
                waiting.Fail(failure);
            }
        }

        if (bytes.Length == 0)
        {
            return true;
        }

        file.Append(bytes.GetBuffer(), (int)bytes.Length);
        var end = start + bytes.Length;
        if (_folder.Length(LedgerGeneration.NameOf(_now.Number)) is not { } named || named < end)
        {
            return false;
        }

        _now.Wrote(start, end, last);

        // Where locks do not work, others may have written at the same time.
        _isStale = file.Length != end;
        return true;
    }

    /// <summary>
    /// A flush that failed is final: the system has forgotten what it could not write. The generation is marked as refused, and
    /// <see cref="Renew"/> writes the next one from what can be read.
    /// </summary>
    private void Flush(LedgerGeneration written)
    {
        try
        {
            while (!written.TryFlush())
            {
                lock (_gate)
                {
                    written = _now;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                (_refused, _whyRefused) = (written.Number, failure);
            }

            throw;
        }
    }

    private void Renew()
    {
        bool isNeeded;
        lock (_gate)
        {
            isNeeded = _now.Number == _refused;
        }

        if (isNeeded)
        {
            try
            {
                Compact();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
            {
                // The next write tries again.
            }
        }
    }

    private void CompactIfWorth()
    {
        var (length, live, _, _) = Size;
        if (length > SmallestToCompact && live < length / 2 && _folder.LocksWork && Interlocked.Exchange(ref _isCompacting, 1) == 0)
        {
            _ = Task.Run(() =>
            {
                try
                {
                    Compact();
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    // Another time: nothing is lost without it.
                }
                finally
                {
                    Interlocked.Exchange(ref _isCompacting, 0);
                }
            });
        }
    }

    private bool CompactAlone()
    {
        LedgerCompaction compaction;
        LedgerGeneration from;
        lock (_gate)
        {
            ReadOn(hasLock: false);
            from = _now;
            compaction = new LedgerCompaction(_folder, _codec, _keys, from);
        }

        using (compaction)
        {
            if (!compaction.CopyLive(TryRead))
            {
                return false;
            }

            using (StoreLock.Take(_folder, LockName))
            {
                lock (_gate)
                {
                    ReadOn(hasLock: true);
                    if (_now != from)
                    {
                        return false;
                    }

                    compaction.Finish();
                }
            }
        }

        ReadOn();
        return true;

        byte[]? TryRead(long offset, int length)
        {
            lock (_gate)
            {
                return _now == from ? FrameScanner.Read(from.File, offset, length) : null;
            }
        }
    }

    private bool TryRead(Func<LedgerState, (FrameHeader Header, long Offset)?> which, out FrameHeader header, out byte[] frame)
    {
        lock (_gate)
        {
            if (which(_now.State) is not { } place)
            {
                (header, frame) = (default, []);
                return false;
            }

            header = place.Header;
            frame = FrameScanner.Read(_now.File, place.Offset, header.Length);
            return true;
        }
    }

    private void ReadOn(bool hasLock)
    {
        // A backup that was put back has the same name, and is another file. The name is asked first, because others append meanwhile.
        var named = _folder.Length(LedgerGeneration.NameOf(_now.Number));
        var length = _now.File.Length;
        var isOther = named is null || named < _now.End || length < _now.End || length < named || (length > _now.End && !_now.HasLast);
        if (isOther || _isStale || _folder.Length(LedgerGeneration.NameOf(_now.Number + 1)) is not null)
        {
            Reload(isOther, hasLock);
        }
        else if (length > _now.End)
        {
            _now.ReadOn(checksEnd: false, hasLock);
        }
    }

    private void Reload(bool isOther, bool hasLock)
    {
        var former = _now;
        _keys.Refresh();

        // Without its key everything would look damaged.
        _ = _keys.Active;
        var next = LedgerGeneration.Open(_folder, _codec, isSettled: hasLock);
        if (former.Last.Sequence > 0 && !next.IsOwn(_codec))
        {
            next.Dispose();
            throw StoreErrors.LedgerForeign(_folder.Path, LedgerGeneration.NameOf(next.Number));
        }

        _now = next;
        _isStale = false;
        former.Dispose();
        WasRolledBack |=
            _now.Number < former.Number
            || _now.Last.Sequence < former.Last.Sequence
            || (
                isOther
                && _now.Number == former.Number
                && (_now.Last.Sequence, _now.Last.Epoch) != (former.Last.Sequence, former.Last.Epoch)
            );
    }
}
