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
    private readonly List<LedgerGap> _gaps = [];
    private List<Waiting> _queue = [];
    private bool _hasLeader;
    private IAppendFile _file;
    private FrameScanner _scanner;
    private LedgerState _state = new();
    private long _generation;
    private long _end;
    private long _sequence;
    private ulong _lastEpoch;
    private bool _mustRenew;
    private int _isCompacting;

    /// <summary>Opens the ledger, and makes it where there is none.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk refuses.</exception>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    public LedgerFile(IStoreFolder folder, ILedgerKeys keys)
    {
        (_folder, _keys, _codec) = (folder, keys, new FrameCodec(keys));
        if (Newest() == 0)
        {
            using var held = StoreLock.Take(folder, LockName);
            if (Newest() == 0)
            {
                using var first = folder.Open(NameOf(1), create: true);
                first.Flush();
            }
        }

        (_file, _scanner) = Open();
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
                return _gaps.ToList();
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
                return (_end, _state.LiveLength, _sequence, _lastEpoch);
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
            return look(_state);
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
    /// <param name="decide">Called under the ledger's lock, with the state as it is then. Gives what to write; may give nothing.</param>
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
        using var alone = _folder.TryLock(CompactLockName);
        return alone is not null && CompactAlone();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
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

        WriteBatch(batch);
        lock (_queueGate)
        {
            _hasLeader = _queue.Count > 0;
            if (_hasLeader)
            {
                _ = Task.Run(Lead);
            }
        }
    }

    private void WriteBatch(List<Waiting> batch)
    {
        try
        {
            // What takes long is done before the lock is taken.
            ReadOn();
            IAppendFile file;
            using (StoreLock.Take(_folder, LockName))
            {
                lock (_gate)
                {
                    ReadOn(hasLock: true);
                    if (_mustRenew)
                    {
                        throw new IOException("the disk has refused to keep what was written before");
                    }

                    Append(batch);
                    file = _file;
                }
            }

            if (batch.Exists(static waiting => waiting.IsDurable))
            {
                Flush(file);
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
        var bytes = new MemoryStream();
        var (end, sequence) = (_file.Length, _sequence);
        foreach (var waiting in batch)
        {
            try
            {
                // All of them are sealed before the first counts.
                var frames = waiting.Decide(_state).Select((draft, index) => _codec.Seal(draft, sequence + 1 + index, sequence + index, _epoch)).ToList();
                waiting.Headers = frames.ConvertAll(static frame => frame.Header);
                foreach (var (header, frame) in frames)
                {
                    _state.Apply(header, end + bytes.Length);
                    bytes.Write(frame, 0, frame.Length);
                    sequence = header.Sequence;
                }
            }
            catch (Exception failure) when (failure is not IOException)
            {
                waiting.Fail(failure);
            }
        }

        if (bytes.Length == 0)
        {
            return;
        }

        try
        {
            _file.Append(bytes.GetBuffer(), (int)bytes.Length);
        }
        catch
        {
            // The state has what the file has not, or only in part.
            Reload();
            throw;
        }

        (_end, _sequence, _lastEpoch) = (end + bytes.Length, sequence, _epoch);
    }

    /// <summary>A flush that failed is final: the system has forgotten what it could not write. The next generation is written anew.</summary>
    private void Flush(IAppendFile file)
    {
        try
        {
            file.Flush();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                _mustRenew = true;
            }

            throw;
        }
    }

    private void Renew()
    {
        if (_mustRenew)
        {
            try
            {
                _mustRenew = !Compact();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The next write tries again.
            }
        }
    }

    private void CompactIfWorth()
    {
        var (length, live, _, _) = Size;
        if (length > SmallestToCompact && live < length / 2 && Interlocked.Exchange(ref _isCompacting, 1) == 0)
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
            reshaped = new Reshaped(_generation, _end, _sequence, Live());
        }

        var name = NameOf(reshaped.Generation + 1);
        _folder.Delete(name + Unfinished);
        using (var fresh = _folder.Open(name + Unfinished, create: true))
        {
            var last = CopyLive(reshaped, fresh);
            using (StoreLock.Take(_folder, LockName))
            {
                lock (_gate)
                {
                    ReadOn(hasLock: true);
                    if (_generation != reshaped.Generation)
                    {
                        _folder.Delete(name + Unfinished);
                        return false;
                    }

                    CopySince(reshaped, fresh, last);
                    SetAside();
                    fresh.Flush();
                    _folder.Rename(name + Unfinished, name);
                    _folder.Delete(NameOf(reshaped.Generation));
                }
            }
        }

        ReadOn();
        return true;
    }

    /// <summary>The frames that count, in their order.</summary>
    private List<(FrameHeader Header, long Offset, bool IsStored)> Live() => _state.Rows.Select(static row => (row.Header, row.Offset, row.IsStored))
        .Concat(_state.Open.SelectMany(static entry => entry.Frames).Concat(_state.Moved).Select(static frame => (frame.Header, frame.Offset, false)))
        .Distinct()
        .OrderBy(static frame => frame.Header.Sequence)
        .ToList();

    private long CopyLive(Reshaped reshaped, IAppendFile target)
    {
        const int Most = 1024 * 1024;
        var previous = 0L;
        var bytes = new MemoryStream();
        foreach (var (header, offset, isStored) in reshaped.Live)
        {
            byte[] frame;
            lock (_gate)
            {
                if (_generation != reshaped.Generation)
                {
                    // Found again under the lock.
                    return previous;
                }

                frame = FrameScanner.Read(_file, offset, header.Length);
            }

            Write(bytes, Renewed(header, frame, isStored), ref previous);
            if (bytes.Length > Most)
            {
                Hand(bytes, target);
            }
        }

        Hand(bytes, target);
        return previous;
    }

    private void CopySince(Reshaped reshaped, IAppendFile target, long previous)
    {
        var bytes = new MemoryStream();
        _scanner.Scan(
            reshaped.End,
            reshaped.Sequence,
            checksEnd: false,
            (header, offset) => Write(bytes, Renewed(header, FrameScanner.Read(_file, offset, header.Length), isStored: false), ref previous),
            static _ => { });
        if (previous < _sequence)
        {
            // What came last does not count any more, and its number is not given to another.
            Write(bytes, _codec.Seal(new FrameDraft(new FrameHeader { Kind = FrameKind.Mark }, [], []), _sequence, previous, _epoch), ref previous);
        }

        Hand(bytes, target);
    }

    /// <summary>
    /// A frame for the next generation: without what a vault has; sealed with the active key. A damaged one stays as it is, for its
    /// header says whose it was.
    /// </summary>
    private (FrameHeader Header, byte[] Frame) Renewed(FrameHeader header, byte[] frame, bool isStored)
    {
        var dropsBody = isStored && header.Kind == FrameKind.Kept;
        var confirmsRemoval = isStored && header.Kind == FrameKind.Removed && header.Place != 0;
        if ((!dropsBody && !confirmsRemoval && header.KeyId == _keys.Active.Id) || _codec.Open(header, frame) is not { } content)
        {
            return (header, frame);
        }

        var renewed = header with { Kind = dropsBody ? FrameKind.Known : header.Kind, Place = confirmsRemoval ? 0 : header.Place, ClosesEntry = false };
        return _codec.Seal(new FrameDraft(renewed, content.Outline, dropsBody ? [] : content.Body), header.Sequence, header.Previous, header.Epoch);
    }

    private static void Write(MemoryStream bytes, (FrameHeader Header, byte[] Frame) frame, ref long previous)
    {
        (frame.Header with { Previous = previous }).Write(frame.Frame);
        bytes.Write(frame.Frame, 0, frame.Frame.Length);
        previous = frame.Header.Sequence;
    }

    private static void Hand(MemoryStream bytes, IAppendFile target)
    {
        target.Append(bytes.GetBuffer(), (int)bytes.Length);
        bytes.SetLength(0);
    }

    /// <summary>Bytes that no frame covers are kept in a file of their own before their generation is deleted.</summary>
    private void SetAside()
    {
        var aside = _gaps.Where(static gap => gap.Length > 0).ToList();
        if (_file.Length > _end)
        {
            aside.Add(new LedgerGap(_end, _file.Length - _end, IsTorn: true));
        }

        if (aside.Count == 0)
        {
            return;
        }

        using var lost = _folder.Open(Lost + NameOf(_generation), create: true);
        foreach (var gap in aside)
        {
            var bytes = FrameScanner.Read(_file, gap.Offset, (int)Math.Min(gap.Length, int.MaxValue));
            lost.Append(bytes, bytes.Length);
        }

        lost.Flush();
    }

    private bool TryRead(Func<LedgerState, (FrameHeader Header, long Offset)?> which, out FrameHeader header, out byte[] frame)
    {
        lock (_gate)
        {
            if (which(_state) is not { } place)
            {
                (header, frame) = (default, []);
                return false;
            }

            header = place.Header;
            frame = FrameScanner.Read(_file, place.Offset, header.Length);
            return true;
        }
    }

    private void ReadOn(bool hasLock)
    {
        // A backup that was put back has the same name, and is another file.
        var named = _folder.Length(NameOf(_generation));
        var length = _file.Length;
        if (named is null || (hasLock ? length != named : length < named) || length < _end || _folder.Length(NameOf(_generation + 1)) is not null)
        {
            Reload();
        }
        else if (length > _end)
        {
            (_end, _sequence) = _scanner.Scan(_end, _sequence, checksEnd: false, Found, _gaps.Add);
        }
    }

    private void Reload()
    {
        var (generation, sequence) = (_generation, _sequence);
        var former = _file;
        _keys.Refresh();
        (_file, _scanner) = Open();
        former.Dispose();
        WasRolledBack |= _generation < generation || _sequence < sequence;
    }

    private (IAppendFile File, FrameScanner Scanner) Open()
    {
        for (var left = 10; ; left--)
        {
            var generation = Newest();
            try
            {
                var file = _folder.Open(NameOf(generation), create: false);
                (_generation, _state, _end, _sequence) = (generation, new LedgerState(), 0, 0);
                _gaps.Clear();
                var scanner = new FrameScanner(file, _codec);
                (_end, _sequence) = scanner.Scan(0, 0, checksEnd: true, Found, _gaps.Add);
                return (file, scanner);
            }
            catch (FileNotFoundException) when (left > 0)
            {
                // Compacted by another process in this moment.
            }
        }
    }

    private void Found(FrameHeader header, long offset)
    {
        _lastEpoch = header.Epoch;
        _state.Apply(header, offset);
    }

    private long Newest() => _folder.List()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
        .Select(static name => name.Split('-', '.')[1])
        .Select(static number => long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0)
        .DefaultIfEmpty(0)
        .Max();

    private sealed record Reshaped(long Generation, long End, long Sequence, List<(FrameHeader Header, long Offset, bool IsStored)> Live);

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
