using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// The ledger's file: one append-only file for all processes of a user, in generations. Writers that wait at the same time share one
/// write and one flush; the flush happens outside the lock. For all threads of a process.
/// </summary>
internal sealed class LedgerFile : IDisposable
{
    public const string LockName = "ledger.lock";
    private const string CompactLockName = "compact.lock";
    private const string Prefix = "ledger-";
    private const string Extension = ".dcrl";
    private const string Unfinished = ".new";
    private const string Lost = "lost-";

    // Smaller files are not worth it.
    private const long SmallestToCompact = 4 * 1024 * 1024;

    private readonly object _gate = new();
    private readonly object _queueGate = new();
    private readonly IStoreFolder _folder;
    private readonly FrameCodec _codec;
    private readonly ILedgerKeys _keys;
    private readonly ulong _epoch = LedgerHash.New().High;
    private readonly object _compactGate = new();
    private List<Waiting> _queue = [];
    private bool _hasLeader;
    private Generation _now;
    private bool _isStale;
    private long _refused;
    private int _isCompacting;

    /// <summary>Opens the ledger, and makes it where there is none.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk refuses.</exception>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    public LedgerFile(IStoreFolder folder, ILedgerKeys keys)
    {
        (_folder, _keys, _codec) = (folder, keys, new FrameCodec(keys));
        if (!Numbers().Any())
        {
            using var held = StoreLock.Take(folder, LockName);
            if (!Numbers().Any())
            {
                using var first = folder.Open(NameOf(1), create: true);
                first.Flush();
            }
        }

        _now = Open(hasLock: false);
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

    /// <summary>The folder holds an older state than this process has seen.</summary>
    public bool WasRolledBack { get; private set; }

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

    /// <summary>Opens the outline of a frame that the state knows. False where there is none; null where it is damaged.</summary>
    public bool TryOpenOutline(Func<LedgerState, (FrameHeader Header, long Offset)?> which, out FrameHeader header, out byte[]? outline)
    {
        var isThere = TryRead(which, out header, out var frame);
        outline = isThere ? _codec.OpenOutline(header, frame) : null;
        return isThere;
    }

    /// <summary>Opens a frame that the state knows. False where there is none; null where it is damaged.</summary>
    public bool TryOpen(Func<LedgerState, (FrameHeader Header, long Offset)?> which, out FrameHeader header, out (byte[] Outline, byte[] Body)? content)
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
        var waiting = new Waiting(decide, isDurable);
        lock (_queueGate)
        {
            _queue.Add(waiting);
            if (_hasLeader)
            {
                return waiting.Task;
            }

            _hasLeader = true;
        }

        Lead();
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
        lock (_queueGate)
        {
            while (_hasLeader)
            {
                Monitor.Wait(_queueGate);
            }
        }

        lock (_gate)
        {
            _now.Dispose();
        }
    }

    private static string NameOf(long generation) => Prefix + generation.ToString("000000", CultureInfo.InvariantCulture) + Extension;

    /// <summary>One batch; where others have come meanwhile, the next one is written by another thread, so that nobody serves them for ever.</summary>
    private void Lead()
    {
        List<Waiting> batch;
        lock (_queueGate)
        {
            (batch, _queue) = (_queue, []);
        }

        try
        {
            WriteBatch(batch);
        }
        finally
        {
            lock (_queueGate)
            {
                _hasLeader = _queue.Count > 0;
                if (_hasLeader)
                {
                    _ = Task.Run(Lead);
                }
                else
                {
                    Monitor.PulseAll(_queueGate);
                }
            }
        }
    }

    private void WriteBatch(List<Waiting> batch)
    {
        try
        {
            Renew();

            // What takes long is done before the lock is taken.
            ReadOn();
            Generation written;
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

    private void Append(List<Waiting> batch)
    {
        for (var left = 3; left > 0; left--)
        {
            ReadOn(hasLock: true);
            if (_now.Number == _refused)
            {
                throw new IOException("the disk has refused to keep what was written before");
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
    private bool TryAppend(List<Waiting> batch)
    {
        var bytes = new MemoryStream();
        var (file, start, last) = (_now.File, _now.File.Length, _now.Last);
        foreach (var waiting in batch)
        {
            try
            {
                // All of them are sealed before the first counts.
                var (frames, previous) = (new List<(FrameHeader Header, byte[] Frame)>(), last);
                foreach (var draft in waiting.Decide(_now.State))
                {
                    frames.Add(_codec.Seal(draft, previous.Sequence + 1, previous, _epoch));
                    previous = frames[frames.Count - 1].Header;
                }

                waiting.Headers = frames.ConvertAll(static frame => frame.Header);
                foreach (var (header, frame) in frames)
                {
                    _now.State.Apply(header, start + bytes.Length);
                    bytes.Write(frame, 0, frame.Length);
                }

                last = previous;
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
        if (_folder.Length(NameOf(_now.Number)) is not { } named || named < end)
        {
            return false;
        }

        _now.Wrote(start, end, last);

        // Where locks do not work, others may have written at the same time.
        _isStale = file.Length != end;
        return true;
    }

    /// <summary>A flush that failed is final: the system has forgotten what it could not write. The next generation is written anew.</summary>
    private void Flush(Generation written)
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
                _refused = written.Number;
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
        Reshaped reshaped;
        lock (_gate)
        {
            ReadOn(hasLock: false);
            reshaped = new Reshaped(_now, _now.End, _now.Last, Live(), []);
        }

        var name = NameOf(reshaped.From.Number + 1);
        var isDone = false;
        _folder.Delete(name + Unfinished);
        try
        {
            using var fresh = _folder.Open(name + Unfinished, create: true);
            var last = CopyLive(reshaped, fresh);
            fresh.Flush();
            using (StoreLock.Take(_folder, LockName))
            {
                lock (_gate)
                {
                    ReadOn(hasLock: true);
                    if (_now != reshaped.From)
                    {
                        return false;
                    }

                    CopySince(reshaped, fresh, last);
                    SetAside(reshaped.Damaged);
                    fresh.Flush();
                    _folder.Rename(name + Unfinished, name);
                    isDone = true;
                    DeleteUpTo(reshaped.From.Number);
                }
            }
        }
        finally
        {
            if (!isDone)
            {
                _folder.Delete(name + Unfinished);
            }
        }

        ReadOn();
        return true;
    }

    /// <summary>
    /// Deletes older generations, the oldest first: whoever has one of them open finds by the next number, or by its own that is gone,
    /// that it was replaced.
    /// </summary>
    private void DeleteUpTo(long number)
    {
        foreach (var older in Numbers().Where(older => older <= number).OrderBy(static older => older))
        {
            _folder.Delete(NameOf(older));
        }
    }

    /// <summary>The frames that count, in their order.</summary>
    private List<(FrameHeader Header, long Offset, bool IsStored)> Live() => _now.State.Rows.Select(static row => (row.Header, row.Offset, row.IsStored))
        .Concat(_now.State.Open.SelectMany(static entry => entry.Frames).Concat(_now.State.Moved).Select(static frame => (frame.Header, frame.Offset, false)))
        .OrderBy(static frame => frame.Header.Sequence)
        .ToList();

    private FrameHeader CopyLive(Reshaped reshaped, IAppendFile target)
    {
        const int Most = 1024 * 1024;
        var previous = default(FrameHeader);
        var bytes = new MemoryStream();
        foreach (var (header, offset, isStored) in reshaped.Live)
        {
            byte[] frame;
            lock (_gate)
            {
                if (_now != reshaped.From)
                {
                    // Found again under the lock.
                    return previous;
                }

                frame = FrameScanner.Read(_now.File, offset, header.Length);
            }

            Write(bytes, Renewed(header, frame, isStored) ?? Emptied(header, offset, reshaped), ref previous);
            if (bytes.Length > Most)
            {
                Hand(bytes, target);
            }
        }

        Hand(bytes, target);
        return previous;
    }

    private void CopySince(Reshaped reshaped, IAppendFile target, FrameHeader previous)
    {
        var bytes = new MemoryStream();
        _now.Scanner.Scan(
            reshaped.End,
            reshaped.Last,
            checksEnd: false,
            isSettled: true,
            (header, offset) => Write(bytes, Renewed(header, FrameScanner.Read(_now.File, offset, header.Length), isStored: false) ?? Emptied(header, offset, reshaped), ref previous),
            static _ => { });
        if (previous.Sequence < _now.Last.Sequence)
        {
            // What came last does not count any more, and its number is not given to another.
            var mark = new FrameDraft(new FrameHeader { Kind = FrameKind.Mark }, [], []);
            Write(bytes, _codec.Seal(mark, _now.Last.Sequence, previous, _now.Last.Epoch), ref previous);
        }

        Hand(bytes, target);
    }

    /// <summary>A frame for the next generation: without what a vault has, and sealed with the active key. Null where it is damaged.</summary>
    private (FrameHeader Header, byte[] Frame)? Renewed(FrameHeader header, byte[] frame, bool isStored)
    {
        var dropsBody = isStored && header.Kind == FrameKind.Kept;
        var confirmsRemoval = isStored && header.Kind == FrameKind.Removed && header.Place != 0;
        if (_keys.Find(header.KeyId) is null)
        {
            // Whoever has the key can read it.
            return (header, frame);
        }

        if (!dropsBody && !confirmsRemoval && header.KeyId == _keys.Active.Id)
        {
            return _codec.IsGenuine(header, frame) ? (header, frame) : null;
        }

        if (_codec.Open(header, frame) is not { } content)
        {
            return null;
        }

        var renewed = header with { Kind = dropsBody ? FrameKind.Known : header.Kind, Place = confirmsRemoval ? 0 : header.Place };
        return _codec.Seal(new FrameDraft(renewed, content.Outline, dropsBody ? [] : content.Body), header.Sequence, previous: default, header.Epoch);
    }

    /// <summary>Of a damaged frame the header stays, which says whose it was. The rest, which may be parts of others, is set aside.</summary>
    private static (FrameHeader Header, byte[] Frame) Emptied(FrameHeader header, long offset, Reshaped reshaped)
    {
        reshaped.Damaged.Add(new LedgerGap(offset, header.Length, IsTorn: false));
        return (header, new byte[header.Length]);
    }

    private static void Write(MemoryStream bytes, (FrameHeader Header, byte[] Frame) frame, ref FrameHeader previous)
    {
        (frame.Header with { Previous = previous.Sequence, PreviousLength = previous.Length }).Write(frame.Frame);
        bytes.Write(frame.Frame, 0, frame.Frame.Length);
        previous = frame.Header;
    }

    private static void Hand(MemoryStream bytes, IAppendFile target)
    {
        target.Append(bytes.GetBuffer(), (int)bytes.Length);
        bytes.SetLength(0);
    }

    /// <summary>Damaged frames, and bytes that no frame covers, are kept in a file of their own before their generation is deleted.</summary>
    private void SetAside(List<LedgerGap> damaged)
    {
        var aside = _now.Gaps.Where(static gap => gap.Length > 0).ToList();
        aside.AddRange(damaged.Where(frame => !aside.Exists(gap => gap.Offset == frame.Offset)));
        if (_now.File.Length > _now.End)
        {
            aside.Add(new LedgerGap(_now.End, _now.File.Length - _now.End, IsTorn: true));
        }

        if (aside.Count == 0)
        {
            return;
        }

        using var lost = _folder.Open(Lost + NameOf(_now.Number), create: true);
        foreach (var gap in aside)
        {
            var bytes = FrameScanner.Read(_now.File, gap.Offset, (int)Math.Min(gap.Length, int.MaxValue));
            lost.Append(bytes, bytes.Length);
        }

        lost.Flush();
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
        var named = _folder.Length(NameOf(_now.Number));
        var length = _now.File.Length;
        var isOther = named is null || named < _now.End || length < _now.End || length < named;
        if (isOther || _isStale || _folder.Length(NameOf(_now.Number + 1)) is not null)
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
        _now = Open(hasLock);
        _isStale = false;
        former.Dispose();
        WasRolledBack |= _now.Number < former.Number || _now.Last.Sequence < former.Last.Sequence
            || (isOther && _now.Number == former.Number && (_now.Last.Sequence, _now.Last.Epoch) != (former.Last.Sequence, former.Last.Epoch));
    }

    private Generation Open(bool hasLock)
    {
        for (var left = 10; ; left--)
        {
            var number = Numbers().DefaultIfEmpty(0).Max();
            try
            {
                var file = _folder.Open(NameOf(number), create: false);
                var generation = new Generation(number, file, new FrameScanner(file, _codec));
                try
                {
                    generation.ReadOn(checksEnd: true, hasLock);
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

    /// <summary>Of the generations that are there.</summary>
    private IEnumerable<long> Numbers() => _folder.List()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
        .Select(static name => name.Split('-', '.')[1])
        .Select(static text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(static number => number > 0);

    /// <summary>The file of one generation, as far as it was read. All but <see cref="TryFlush"/> and <see cref="Dispose"/> under the ledger's gate.</summary>
    private sealed class Generation(long number, IAppendFile file, FrameScanner scanner) : IDisposable
    {
        private readonly object _flushGate = new();
        private bool _isFlushing;
        private bool _isReplaced;

        public long Number => number;

        public IAppendFile File => file;

        public FrameScanner Scanner => scanner;

        public LedgerState State { get; } = new();

        public List<LedgerGap> Gaps { get; } = [];

        public long End { get; private set; }

        public FrameHeader Last { get; private set; }

        public void ReadOn(bool checksEnd, bool isSettled) => (End, Last) = scanner.Scan(End, Last, checksEnd, isSettled, State.Apply, Gaps.Add);

        /// <summary>Frames were appended at the file's end, behind whatever stood there.</summary>
        public void Wrote(long start, long end, FrameHeader last)
        {
            if (start > End)
            {
                Gaps.Add(new LedgerGap(End, start - End, IsTorn: true));
            }

            (End, Last) = (end, last);
        }

        /// <summary>By the leader alone. Who replaces the file meanwhile does not wait for the disk.</summary>
        /// <returns>False where the file was opened anew before, or another one took its place.</returns>
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

    private sealed record Reshaped(Generation From, long End, FrameHeader Last, List<(FrameHeader Header, long Offset, bool IsStored)> Live, List<LedgerGap> Damaged);

    private sealed class Waiting(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable)
    {
        private readonly TaskCompletionSource<IReadOnlyList<FrameHeader>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<LedgerState, IReadOnlyList<FrameDraft>> Decide => decide;

        public bool IsDurable => isDurable;

        public IReadOnlyList<FrameHeader> Headers { get; set; } = [];

        public Task<IReadOnlyList<FrameHeader>> Task => _done.Task;

        public void Succeed() => _done.TrySetResult(Headers);

        public void Fail(Exception failure) => _done.TrySetException(failure);
    }
}
