using System;
using System.IO;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>Bytes that no frame covers, or frames that are missing.</summary>
/// <param name="Length">0 where frames are missing and nothing is in their place.</param>
/// <param name="IsTorn">A writer was killed there; the next frame says that nothing is missing. Otherwise it is damage.</param>
internal readonly record struct LedgerGap(long Offset, long Length, bool IsTorn);

/// <summary>
/// Finds the frames of a file by their headers, without decrypting. A frame behind which another one says that it follows it is
/// taken as whole; of any other the tag is checked. What does not add up is searched for the next header, at any byte.
/// </summary>
internal sealed class FrameScanner(IAppendFile file, FrameCodec codec)
{
    // Of so many bytes at the end the tags are checked.
    private const int CheckedEnd = 1024 * 1024;
    private const int WindowSize = 1024 * 1024;

    private readonly byte[] _window = new byte[WindowSize];
    private long _windowStart;
    private int _windowLength;

    /// <summary>Reads on from the end of a frame.</summary>
    /// <param name="start">Where it ended; 0 for the beginning of the file.</param>
    /// <param name="previous">Its sequence; 0 for none.</param>
    /// <param name="checksEnd">Whether the last frames are checked also where others follow them.</param>
    /// <param name="found">Told of each frame; of one whose content was damaged too, for its header says whose it was.</param>
    /// <returns>The end of the last frame, and its sequence. What comes behind it is torn, or is being written.</returns>
    /// <exception cref="FormatException">It is of a newer version.</exception>
    public (long End, long Sequence) Scan(long start, long previous, bool checksEnd, Action<FrameHeader, long> found, Action<LedgerGap> lost)
    {
        var length = file.Length;
        var checkFrom = checksEnd ? length - CheckedEnd : long.MaxValue;
        var (end, last, at, gap) = (start, previous, start, -1L);
        while (at >= 0 && at < length)
        {
            var header = HeaderAt(at);
            var state = header is { } begun ? StateOf(begun, at, length, checkFrom) : FrameState.Torn;
            if (state == FrameState.Torn)
            {
                if (gap < 0 && header is null && FrameHeader.IsNewer(At(at, sizeof(ulong))))
                {
                    throw new FormatException("a newer DcrPowerShell wrote it");
                }

                gap = gap < 0 ? at : gap;
                at = Find(at + 1, length);
                continue;
            }

            var frame = header!.Value;
            if (gap >= 0 || frame.Previous != last)
            {
                var from = gap < 0 ? at : gap;
                lost(new LedgerGap(from, at - from, IsTorn: gap >= 0 && frame.Previous == last));
            }

            found(frame, at);
            if (state == FrameState.Damaged)
            {
                lost(new LedgerGap(at, frame.Length, IsTorn: false));
            }

            (gap, last, at) = (-1, frame.Sequence, at + frame.Length);
            end = at;
        }

        return (end, last);
    }

    /// <summary>The bytes of a frame.</summary>
    public static byte[] Read(IAppendFile file, long offset, int length)
    {
        var frame = new byte[length];
        return file.Read(offset, frame, 0, length) == length ? frame : throw new IOException("it was cut off while it was read");
    }

    private FrameState StateOf(FrameHeader header, long at, long length, long checkFrom)
    {
        var end = at + header.Length;
        if (end > length)
        {
            return FrameState.Torn;
        }

        var isFollowed = HeaderAt(end)?.Previous == header.Sequence;
        return (isFollowed && at < checkFrom) || codec.IsGenuine(header, Read(file, at, header.Length)) ? FrameState.Whole
            : isFollowed || Find(at + 1, end) < 0 ? FrameState.Damaged
            : FrameState.Torn;
    }

    private FrameHeader? HeaderAt(long at) => FrameHeader.Read(At(at, FrameHeader.Size));

    /// <summary>Where the next header may begin; -1 where none does.</summary>
    private long Find(long from, long length)
    {
        while (from < length)
        {
            var part = At(from, WindowSize);
            var place = part.IndexOf(FrameHeader.Beginning);
            if (place < 0)
            {
                from += Math.Max(1, part.Length - FrameHeader.Beginning.Length + 1);
            }
            else if (HeaderAt(from + place) is not null)
            {
                return from + place;
            }
            else
            {
                from += place + 1;
            }
        }

        return -1;
    }

    /// <summary>Bytes of the file, as many as are wanted and there.</summary>
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

        /// <summary>Its writer was killed, and another frame stands within its length; or it is being written.</summary>
        Torn,
    }
}
