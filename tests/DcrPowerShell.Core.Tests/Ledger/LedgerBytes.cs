using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>Builds the bytes of a ledger's file, and tells what a scanner finds in them.</summary>
internal sealed class LedgerBytes(ILedgerKeys keys, ulong epoch = 1)
{
    private readonly List<byte> _bytes = [];

    public FrameCodec Codec { get; } = new(keys);

    public List<(FrameHeader Header, long Offset)> Frames { get; } = [];

    public FrameHeader Last => Frames.Count == 0 ? default : Frames[Frames.Count - 1].Header;

    public byte[] All => _bytes.ToArray();

    /// <summary>A file of frames of different lengths.</summary>
    public static LedgerBytes Of(ILedgerKeys keys, int count)
    {
        var file = new LedgerBytes(keys);
        for (var index = 0; index < count; index++)
        {
            file.Add(index * 7);
        }

        return file;
    }

    /// <summary>Adds a frame of a body of that length.</summary>
    public LedgerBytes Add(int bodyLength = 10)
    {
        var (header, frame) = Seal(bodyLength);
        Frames.Add((header, _bytes.Count));
        _bytes.AddRange(frame);
        return this;
    }

    /// <summary>The frame that would come next.</summary>
    public (FrameHeader Header, byte[] Frame) Seal(int bodyLength = 10, ulong? byEpoch = null) =>
        Codec.Seal(
            new FrameDraft(
                new FrameHeader
                {
                    Kind = FrameKind.Kept,
                    Entry = LedgerHash.New(),
                    Tenant = LedgerHash.New(),
                    Client = LedgerHash.New(),
                },
                [1, 2, 3],
                new byte[bodyLength]
            ),
            Last.Sequence + 1,
            Last,
            byEpoch ?? epoch
        );

    /// <summary>Adds what a killed writer left.</summary>
    public LedgerBytes Leave(IEnumerable<byte> torn)
    {
        _bytes.AddRange(torn);
        return this;
    }

    public Found Scan(bool checksEnd = true, bool isSettled = true) => Scan(All, Codec, checksEnd, isSettled);

    /// <summary>The frames that a scanner finds from the beginning to the end.</summary>
    public static Found Scan(byte[] bytes, FrameCodec codec, bool checksEnd = true, bool isSettled = true)
    {
        var found = new Found();
        var (end, last) = new FrameScanner(FileOf(bytes), codec).Scan(
            0,
            default,
            checksEnd,
            isSettled,
            (header, offset) => found.Frames.Add((header, offset)),
            found.Gaps.Add
        );
        (found.End, found.Last) = (end, last);
        return found;
    }

    /// <summary>A file with this content.</summary>
    public static IAppendFile FileOf(byte[] bytes)
    {
        var file = new MemoryFolder().Open("file", create: true);
        file.Append(bytes, bytes.Length);
        return file;
    }

    /// <summary>The same frame with the version byte and the checksum that a newer module would write.</summary>
    public static byte[] Newer(byte[] frame)
    {
        var newer = frame.ToArray();
        newer[6]++;
        const int ChecksumAt = FrameHeader.Size - sizeof(uint);
        BinaryPrimitives.WriteUInt32LittleEndian(newer.AsSpan(ChecksumAt), Crc32C.Of(newer.AsSpan(0, ChecksumAt)));
        return newer;
    }

    internal sealed class Found
    {
        public List<(FrameHeader Header, long Offset)> Frames { get; } = [];

        public List<LedgerGap> Gaps { get; } = [];

        public long End { get; set; }

        public FrameHeader Last { get; set; }

        public IEnumerable<long> Sequences => Frames.Select(static frame => frame.Header.Sequence);
    }
}
