using System;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>Bytes that no frame covers, or frames that are missing.</summary>
/// <param name="Length">0 where frames are missing and nothing is in their place.</param>
/// <param name="IsTorn">A writer was killed there; the next frame says that nothing is missing. Otherwise it is damage.</param>
/// <param name="IsFork">
/// The frame after the gap does not know of the frame before it: two machines have written at the same time, because neither sees the
/// other's lock.
/// </param>
/// <param name="HasHeader">The frame's header holds: its client and tenant are known.</param>
internal readonly record struct LedgerGap(long Offset, long Length, bool IsTorn, bool IsFork = false, bool HasHeader = false)
{
    /// <summary>What was written there is lost.</summary>
    public bool IsDamage => !IsTorn && !IsFork;
}

/// <summary>
/// Finds the frames of a file by their headers, without decrypting. A frame behind which another one says that it follows it is
/// taken as whole; of any other the tag is checked. What does not add up is searched for the next header, at any byte.
/// </summary>
internal sealed class FrameScanner(IAppendFile file, FrameCodec codec)
{
    // The tags of frames within this many bytes of the end are checked.
    private const int CheckedEnd = 1024 * 1024;
    private const int WindowSize = 256 * 1024;

    private readonly byte[] _window = new byte[WindowSize];
    private long _windowStart;
    private int _windowLength;

    /// <summary>A tag was checked and held.</summary>
    public bool HasGenuine { get; private set; }

    /// <summary>Reads on from the end of a frame.</summary>
    /// <param name="start">Where it ended; 0 for the beginning of the file.</param>
    /// <param name="previous">That frame; the default for none.</param>
    /// <param name="checksEnd">Whether the last frames are checked also where others follow them.</param>
    /// <param name="isSettled">Nobody is writing meanwhile: otherwise a last frame whose content does not hold is left for later.</param>
    /// <param name="found">Told of each frame, also of one whose content was damaged: its header says whose it was.</param>
    /// <returns>The end of the last frame, and its header. What comes behind it is torn, or is being written.</returns>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public (long End, FrameHeader Last) Scan(
        long start,
        FrameHeader previous,
        bool checksEnd,
        bool isSettled,
        Action<FrameHeader, long> found,
        Action<LedgerGap> lost
    )
    {
        var length = file.Length;
        var checkFrom = checksEnd ? length - CheckedEnd : long.MaxValue;
        var (end, last, at, gap) = (start, previous, start, -1L);
        while (at >= 0 && at < length)
        {
            var header = HeaderAt(at);
            if (header is null && FrameHeader.IsNewer(At(at, FrameHeader.Size)))
            {
                throw new FormatException("a newer DcrPowerShell wrote it");
            }

            var state = header is { } begun ? StateOf(begun, last, at, length, checkFrom, isSettled) : FrameState.Torn;
            if (state == FrameState.Torn)
            {
                gap = gap < 0 ? at : gap;
                at = Find(at + 1, length);
                continue;
            }

            var frame = header!.Value;
            if (gap >= 0 || frame.Previous != last.Sequence)
            {
                var from = gap < 0 ? at : gap;
                lost(
                    new LedgerGap(
                        from,
                        at - from,
                        IsTorn: gap >= 0 && frame.Previous == last.Sequence && !HasSpoiltHeader(gap, at),
                        IsFork: frame.Sequence <= last.Sequence
                    )
                );
            }

            found(frame, at);
            (gap, last, end) = (-1, frame, at + frame.Length);
            if (state == FrameState.Damaged)
            {
                // Where bytes are missing, the next frame begins within its length.
                var next = Find(at + 1, Math.Min(end, length));
                end = next < 0 ? Math.Min(end, length) : next;
                lost(new LedgerGap(at, end - at, IsTorn: false, HasHeader: true));
            }

            at = end;
        }

        return (end, last);
    }

    /// <summary>
    /// Whether bytes that no frame covers begin with a header that was changed: a killed writer leaves a whole one, or the beginning of
    /// one, and lost power zeros.
    /// </summary>
    public bool HasSpoiltHeader(long at, long end) =>
        end - at >= FrameHeader.Size && HeaderAt(at) is null && FrameHeader.WasWritten(At(at, FrameHeader.Size));

    /// <summary>The bytes of a frame. Where the file ends before, the rest is zeros, and the tag does not hold.</summary>
    public static byte[] Read(IAppendFile file, long offset, int length)
    {
        var frame = new byte[length];
        file.Read(offset, frame, 0, length);
        return frame;
    }

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private FrameState StateOf(FrameHeader header, FrameHeader last, long at, long length, long checkFrom, bool isSettled)
    {
        var end = at + header.Length;
        if (end <= length && at < checkFrom && HeaderAt(end) is { } follower && header.Precedes(follower))
        {
            return FrameState.Whole;
        }

        if (end <= length && codec.IsGenuine(header, Read(file, at, header.Length)))
        {
            HasGenuine = true;

            // A frame that lacks its last bytes only holds all the same where the next writer's first ones happen to be those.
            if (Find(at + 1, end) is var inner && (inner < 0 || HeaderAt(inner)?.Previous != last.Sequence))
            {
                return FrameState.Whole;
            }
        }

        // Whoever wrote the next frame knew whether this one was there. Where that is not to be seen, it keeps what it is about.
        var next = Find(at + 1, length);
        return next < 0 ? (isSettled && end <= length ? FrameState.Damaged : FrameState.Torn)
            : HeaderAt(next)?.Previous == last.Sequence ? FrameState.Torn
            : FrameState.Damaged;
    }

    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private FrameHeader? HeaderAt(long at) => FrameHeader.Read(At(at, FrameHeader.Size));

    /// <summary>Where the next header begins, of whatever version; -1 where none does before an end.</summary>
    private long Find(long from, long end)
    {
        while (from < end)
        {
            var part = At(from, WindowSize);
            if (part.IsEmpty)
            {
                return -1;
            }

            var place = part.IndexOf(FrameHeader.Beginning);
            if (place < 0)
            {
                from += Math.Max(1, part.Length - FrameHeader.Beginning.Length + 1);
                continue;
            }

            from += place;
            if (from < end && (HeaderAt(from) is not null || FrameHeader.IsNewer(At(from, FrameHeader.Size))))
            {
                return from;
            }

            from++;
        }

        return -1;
    }

    /// <summary>Bytes of the file, as many as are wanted and there.</summary>
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    private ReadOnlySpan<byte> At(long position, int count)
    {
        if (position < _windowStart || position + Math.Min(count, FrameHeader.Size) > _windowStart + _windowLength)
        {
            _windowStart = position;
            _windowLength = file.Read(position, _window, 0, _window.Length);
        }

        var start = (int)(position - _windowStart);
        return _window.AsSpan(start, Math.Min(count, _windowLength - start));
    }

    private enum FrameState
    {
        Whole,

        /// <summary>Its header holds, its content does not.</summary>
        Damaged,

        /// <summary>Its writer was killed, and the next frame does not count it; or it is being written.</summary>
        Torn,
    }
}
