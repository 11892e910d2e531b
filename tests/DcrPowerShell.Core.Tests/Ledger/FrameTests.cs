using System;
using System.IO;
using System.Linq;
using System.Text;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class FrameTests
{
    private readonly LedgerKeysDouble _keys = new();

    private FrameCodec Codec => new(_keys);

    /// <summary>RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.</summary>
    [Fact]
    public void The_checksum_gives_its_published_values()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0u, Crc32C.Of([]));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Of(Enumerable.Range(0, 32).Select(static number => (byte)number).ToArray()));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 100)]
    [InlineData(100, 0)]
    [InlineData(16, 16)]
    [InlineData(300, 5000)]
    public void A_frame_gives_back_its_summary_and_its_body(int summaryLength, int bodyLength)
    {
        var (summary, body) = (Bytes(summaryLength, 1), Bytes(bodyLength, 2));
        var (header, frame) = Codec.Seal(new FrameDraft(new FrameHeader { Kind = FrameKind.Kept }, summary, body), 7, default, 9);
        Assert.Equal(header, FrameHeader.Read(frame));
        Assert.Equal(frame.Length, header.Length);
        Assert.True(Codec.IsGenuine(header, frame));
        Assert.Equal(summary, Codec.OpenSummary(header, frame));
        var opened = Codec.Open(header, frame);
        Assert.Equal(summary, opened!.Value.Summary);
        Assert.Equal(body, opened.Value.Body);
    }

    [Fact]
    public void Every_field_of_a_header_is_read_as_it_was_written()
    {
        var header = new FrameHeader
        {
            Kind = FrameKind.Removed,
            ClosesEntry = true,
            Length = 1234,
            SummaryLength = 56,
            Sequence = long.MaxValue,
            Previous = long.MaxValue - 1,
            PreviousLength = 789,
            Reference = 3,
            Epoch = ulong.MaxValue,
            KeyId = 4,
            Entry = LedgerHash.New(),
            Tenant = LedgerHash.New(),
            Client = LedgerHash.New(),
            Issuer = 5,
            Place = 6,
        };
        var bytes = new byte[FrameHeader.Size];
        header.Write(bytes);
        Assert.Equal(header, FrameHeader.Read(bytes));
        Assert.Equal(header with { ClosesEntry = false }, Rewritten(header with { ClosesEntry = false }));
    }

    [Fact]
    public void One_flipped_bit_of_a_header_is_noticed()
    {
        var (_, frame) = Sealed();
        for (var bit = 0; bit < FrameHeader.Size * 8; bit++)
        {
            var changed = frame.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(FrameHeader.Read(changed));
        }

        Assert.NotNull(FrameHeader.Read(frame));
    }

    [Fact]
    public void One_flipped_bit_behind_the_header_is_noticed()
    {
        var (header, frame) = Sealed();
        for (var bit = FrameHeader.Size * 8; bit < frame.Length * 8; bit++)
        {
            var changed = frame.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Codec.IsGenuine(header, changed));
            Assert.Null(Codec.Open(header, changed));
            Assert.Null(Codec.OpenSummary(header, changed));
        }
    }

    /// <summary>Whoever can write the file, and has no key, can make a header of valid checksum.</summary>
    [Fact]
    public void A_header_changed_by_somebody_without_the_key_is_noticed()
    {
        var (header, frame) = Sealed();
        var changes = new[]
        {
            header with { Kind = FrameKind.Closed },
            header with { ClosesEntry = !header.ClosesEntry },
            header with { SummaryLength = header.SummaryLength - 1 },
            header with { Sequence = header.Sequence + 1 },
            header with { Reference = header.Reference + 1 },
            header with { Epoch = header.Epoch + 1 },
            header with { Entry = LedgerHash.New() },
            header with { Tenant = LedgerHash.New() },
            header with { Client = LedgerHash.New() },
            header with { Issuer = header.Issuer + 1 },
            header with { Place = header.Place + 1 },
        };
        foreach (var change in changes)
        {
            var changed = frame.ToArray();
            change.Write(changed);
            Assert.Equal(change, FrameHeader.Read(changed));
            Assert.False(Codec.IsGenuine(change, changed));
        }
    }

    /// <summary>Compaction copies frames that it has no key for.</summary>
    [Fact]
    public void A_frame_stays_genuine_behind_another_frame()
    {
        var (header, frame) = Sealed();
        var moved = header with { Previous = 77, PreviousLength = 777 };
        moved.Write(frame);
        Assert.True(Codec.IsGenuine(moved, frame));
    }

    [Fact]
    public void A_frame_of_another_ledger_is_not_genuine()
    {
        var (header, frame) = Sealed();
        var other = new FrameCodec(_keys.WithId(LedgerHash.New()));
        Assert.False(other.IsGenuine(header, frame));
        Assert.Null(other.Open(header, frame));
        Assert.True(new FrameCodec(_keys.WithId(_keys.LedgerId)).IsGenuine(header, frame));
    }

    [Fact]
    public void A_frame_of_an_unknown_key_cannot_be_opened()
    {
        var (header, frame) = Sealed();
        _keys.Renew();
        Assert.NotNull(Codec.Open(header, frame));
        _keys.ForgetOlder();
        Assert.False(Codec.IsGenuine(header, frame));
        Assert.Null(Codec.Open(header, frame));
        Assert.Null(Codec.OpenSummary(header, frame));
    }

    [Fact]
    public void A_frame_that_could_not_be_read_again_is_refused()
    {
        var room = FrameHeader.LargestFrame - FrameHeader.Size - ContentEncryption.SealedLength(0);
        var largest = new FrameDraft(default, [], new byte[room]);
        var (header, frame) = Codec.Seal(largest, 1, default, 1);
        Assert.Equal(header, FrameHeader.Read(frame));
        Assert.Throws<InvalidDataException>(() => Codec.Seal(largest with { Body = new byte[room + 16] }, 1, default, 1));
    }

    [Fact]
    public void Equal_contents_are_sealed_differently()
    {
        var draft = new FrameDraft(new FrameHeader { Kind = FrameKind.Kept }, [1], [2]);
        var (one, other) = (Codec.Seal(draft, 1, default, 1), Codec.Seal(draft, 1, default, 1));
        Assert.Equal(one.Header, other.Header);
        Assert.NotEqual(one.Frame.Skip(FrameHeader.Size), other.Frame.Skip(FrameHeader.Size));
    }

    [Fact]
    public void A_frame_names_the_one_before_it_by_sequence_and_length()
    {
        var (first, _) = Codec.Seal(new FrameDraft(default, [], new byte[50]), 1, default, 1);
        var (second, _) = Codec.Seal(new FrameDraft(default, [], []), 2, first, 1);
        Assert.True(first.Precedes(second));
        Assert.False(second.Precedes(first));
        Assert.False((first with { Length = first.Length + 16 }).Precedes(second));
        Assert.Equal((0, 0), (first.Previous, first.PreviousLength));
    }

    [Fact]
    public void A_newer_version_is_told_from_a_damaged_one()
    {
        var (_, frame) = Sealed();
        Assert.False(FrameHeader.IsNewer(frame));
        var damaged = frame.ToArray();
        damaged[6] = 2;
        Assert.Null(FrameHeader.Read(damaged));
        Assert.False(FrameHeader.IsNewer(damaged));
        Assert.True(FrameHeader.IsNewer(LedgerBytes.Newer(frame)));
        var older = frame.ToArray();
        older[6] = 0;
        Assert.False(FrameHeader.IsNewer(older));
    }

    [Fact]
    public void Headers_of_impossible_lengths_are_none()
    {
        var (header, _) = Sealed();
        Assert.Null(Rewritten(header with { Length = FrameHeader.LargestFrame + 1 }));
        Assert.Null(Rewritten(header with { Length = -1 }));
        Assert.Null(Rewritten(header with { Length = FrameHeader.Size }));
        Assert.Null(Rewritten(header with { SummaryLength = header.Length }));
        Assert.Null(Rewritten(header with { SummaryLength = -1 }));
        Assert.Null(Rewritten(header with { Sequence = 0 }));
        Assert.Null(Rewritten(header with { Sequence = -1 }));
        Assert.Null(FrameHeader.Read(new byte[FrameHeader.Size - 1]));
        Assert.NotNull(Rewritten(header));
    }

    [Fact]
    public void A_hash_is_read_from_its_text()
    {
        var hash = LedgerHash.New();
        Assert.Equal(hash, LedgerHash.Parse(hash.ToString()));
        Assert.Throws<FormatException>(() => LedgerHash.Parse("no hash"));
        Assert.True(LedgerHash.None.IsNone);
        Assert.False(hash.IsNone);
    }

    [Fact]
    public void A_key_is_read_from_its_bytes_and_a_renewed_one_makes_the_same_hashes()
    {
        var key = LedgerKey.New();
        var read = LedgerKey.FromBytes(key.ToBytes());
        Assert.Equal((key.Id, key.Hash("a"), key.ShortHash("a")), (read.Id, read.Hash("a"), read.ShortHash("a")));
        var renewed = key.Renewed();
        Assert.NotEqual(key.Id, renewed.Id);
        Assert.NotEqual(key.Data, renewed.Data);
        Assert.Equal(key.Hash("a"), renewed.Hash("a"));
        Assert.NotEqual(key.Hash("a"), key.Hash("b"));
        Assert.NotEqual(key.Hash("a"), LedgerKey.New().Hash("a"));
        Assert.Throws<FormatException>(() => LedgerKey.FromBytes(new byte[LedgerKey.Size - 1]));
    }

    private static byte[] Bytes(int length, byte seed) => Enumerable.Range(0, length).Select(number => (byte)(number + seed)).ToArray();

    private static FrameHeader? Rewritten(FrameHeader header)
    {
        var bytes = new byte[FrameHeader.Size];
        header.Write(bytes);
        return FrameHeader.Read(bytes);
    }

    private (FrameHeader Header, byte[] Frame) Sealed() =>
        Codec.Seal(
            new FrameDraft(
                new FrameHeader
                {
                    Kind = FrameKind.Kept,
                    Entry = LedgerHash.New(),
                    Tenant = LedgerHash.New(),
                    Client = LedgerHash.New(),
                    Reference = 2,
                    Issuer = 3,
                    Place = 5,
                },
                Bytes(20, 3),
                Bytes(40, 4)
            ),
            11,
            default,
            13
        );
}
