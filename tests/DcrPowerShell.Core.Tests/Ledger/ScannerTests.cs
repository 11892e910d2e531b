using System;
using System.Linq;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class ScannerTests
{
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public void Whole_frames_are_found_in_order()
    {
        var file = LedgerBytes.Of(_keys, 8);
        var found = file.Scan();
        Assert.Equal(file.Frames, found.Frames);
        Assert.Empty(found.Gaps);
        Assert.Equal((file.All.Length, file.Last), (found.End, found.Last));
    }

    [Fact]
    public void An_empty_file_has_no_frames()
    {
        var found = new LedgerBytes(_keys).Scan();
        Assert.Empty(found.Frames);
        Assert.Empty(found.Gaps);
        Assert.Equal((0, default(FrameHeader)), (found.End, found.Last));
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void One_spoilt_byte_anywhere_costs_its_own_frame_and_is_told(byte change)
    {
        var file = LedgerBytes.Of(_keys, 8);
        for (var place = 0; place < file.All.Length; place++)
        {
            var bytes = file.All;
            bytes[place] ^= change;
            var found = LedgerBytes.Scan(bytes, file.Codec);
            var touched = file.Frames.Last(frame => frame.Offset <= place);
            var inHeader = place - touched.Offset < FrameHeader.Size;
            var isLast = touched.Header == file.Last;
            Assert.Equal(inHeader ? file.Frames.Where(frame => frame != touched) : file.Frames, found.Frames);
            if (inHeader && isLast)
            {
                // It looks like what is being written.
                Assert.Empty(found.Gaps);
                Assert.Equal(touched.Offset, found.End);
            }
            else
            {
                Assert.Equal([new LedgerGap(touched.Offset, touched.Header.Length, IsTorn: false, HasHeader: !inHeader)], found.Gaps);
                Assert.Equal(file.All.Length, found.End);
            }
        }
    }

    [Fact]
    public void A_file_cut_anywhere_keeps_every_frame_before_the_cut()
    {
        var file = LedgerBytes.Of(_keys, 8);
        for (var length = 0; length <= file.All.Length; length++)
        {
            var found = LedgerBytes.Scan(file.All.Take(length).ToArray(), file.Codec);
            var whole = file.Frames.Where(frame => frame.Offset + frame.Header.Length <= length).ToList();
            Assert.Equal(whole, found.Frames);
            Assert.Empty(found.Gaps);
            Assert.Equal(whole.Count == 0 ? 0 : whole[whole.Count - 1].Offset + whole[whole.Count - 1].Header.Length, found.End);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_torn_frame_in_the_middle_costs_nobody_anything(bool checksEnd)
    {
        var length = LedgerBytes.Of(_keys, 3).Seal(40).Frame.Length;
        for (var written = 1; written < length; written++)
        {
            var file = LedgerBytes.Of(_keys, 3);
            var start = file.All.Length;
            file.Leave(file.Seal(40, byEpoch: 2).Frame.Take(written)).Add(20).Add();
            var found = file.Scan(checksEnd);
            Assert.Equal(file.Frames, found.Frames);
            Assert.Equal([new LedgerGap(start, written, IsTorn: true)], found.Gaps);
        }
    }

    /// <summary>One in 256 that lack a byte: the tag holds by the first byte of the frame behind it, which would be lost.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_torn_frame_that_is_completed_by_the_next_one_costs_nobody_anything(bool checksEnd)
    {
        LedgerBytes file;
        byte[] torn;
        do
        {
            file = LedgerBytes.Of(_keys, 3);
            torn = file.Seal(40, byEpoch: 2).Frame;
        }
        while (torn[torn.Length - 1] != FrameHeader.Beginning[0]);

        var start = file.All.Length;
        file.Leave(torn.Take(torn.Length - 1)).Add(20).Add();
        var found = file.Scan(checksEnd);
        Assert.Equal(file.Frames, found.Frames);
        Assert.Equal([new LedgerGap(start, torn.Length - 1, IsTorn: true)], found.Gaps);
    }

    /// <summary>The torn frame says that it ends where the next but one begins, which says that it follows that sequence.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_torn_frame_is_not_taken_for_the_one_behind_it_that_ends_at_its_claimed_end(bool checksEnd)
    {
        var file = LedgerBytes.Of(_keys, 3);
        var start = file.All.Length;
        var (torn, next) = (file.Seal(400, byEpoch: 2).Frame, file.Seal(20).Header.Length);
        file.Leave(torn.Take(torn.Length - next)).Add(20).Add().Add();
        Assert.Equal(start + torn.Length, file.Frames[4].Offset);
        var found = file.Scan(checksEnd);
        Assert.Equal(file.Frames, found.Frames);
        Assert.Equal([new LedgerGap(start, torn.Length - next, IsTorn: true)], found.Gaps);
    }

    /// <summary>Nobody kept the next writer from taking it for torn: a killed writer leaves no header that was changed.</summary>
    [Fact]
    public void A_last_frame_whose_header_was_spoilt_is_damage_though_the_next_writer_did_not_know_of_it()
    {
        var file = LedgerBytes.Of(_keys, 3);
        var start = file.All.Length;
        var last = file.Seal(40).Frame;
        for (var place = 0; place < FrameHeader.Size; place++)
        {
            var spoilt = LedgerBytes.Of(_keys, 3);
            spoilt.Leave(last.Select((one, index) => index == place ? (byte)(one ^ 1) : one)).Add(20);
            Assert.Equal([new LedgerGap(start, last.Length, IsTorn: false)], spoilt.Scan().Gaps);
        }
    }

    [Fact]
    public void Several_torn_frames_one_behind_another_are_one_torn_gap()
    {
        var file = LedgerBytes.Of(_keys, 2);
        var start = file.All.Length;
        file.Leave(file.Seal(40, byEpoch: 2).Frame.Take(150))
            .Leave(file.Seal(60, byEpoch: 3).Frame.Take(30))
            .Leave(file.Seal(80, byEpoch: 4).Frame.Take(200));
        var end = file.All.Length;
        file.Add().Add();
        var found = file.Scan();
        Assert.Equal(file.Frames, found.Frames);
        Assert.Equal([new LedgerGap(start, end - start, IsTorn: true)], found.Gaps);
    }

    [Fact]
    public void A_batch_whose_writer_was_killed_keeps_the_frames_that_were_written_whole()
    {
        var file = LedgerBytes.Of(_keys, 4);
        var start = file.All.Length;
        file.Leave(file.Seal(50, byEpoch: 2).Frame.Take(180)).Add();
        Assert.Equal(file.Frames, file.Scan().Frames);
        Assert.Equal([new LedgerGap(start, 180, IsTorn: true)], file.Scan().Gaps);
    }

    /// <summary>Both headers hold, and so does what they say: whose the frame was, and that its tenant is taken.</summary>
    [Fact]
    public void A_frame_whose_content_lacks_bytes_is_still_found_and_the_damage_is_told()
    {
        var file = LedgerBytes.Of(_keys, 8);
        foreach (var (header, offset) in file.Frames.Take(7))
        {
            for (var cut = 1; cut < header.Length - FrameHeader.Size; cut++)
            {
                var bytes = Without(file.All, (int)offset + header.Length - cut, cut);
                if (IsWhole(bytes, file, header, offset))
                {
                    continue;
                }

                var found = LedgerBytes.Scan(bytes, file.Codec);
                Assert.Equal(file.Frames.Select(static frame => frame.Header), found.Frames.Select(static frame => frame.Header));
                Assert.Equal([new LedgerGap(offset, header.Length - cut, IsTorn: false, HasHeader: true)], found.Gaps);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void A_damaged_frame_before_one_with_a_damaged_header_is_still_found(int place)
    {
        var file = LedgerBytes.Of(_keys, 8);
        var bytes = file.All;
        bytes[file.Frames[3].Offset + FrameHeader.Size + 20] ^= 1;
        bytes[file.Frames[4].Offset + place] ^= 1;
        var found = LedgerBytes.Scan(bytes, file.Codec);
        Assert.Equal(file.Frames.Where((_, index) => index != 4), found.Frames);
        Assert.Equal(
            [(file.Frames[3].Offset, false), (file.Frames[4].Offset, false)],
            found.Gaps.Select(static gap => (gap.Offset, gap.IsTorn))
        );
    }

    [Fact]
    public void A_frame_that_is_missing_altogether_is_told_as_damage()
    {
        for (var missing = 0; missing < 7; missing++)
        {
            var file = LedgerBytes.Of(_keys, 8);
            var (header, offset) = file.Frames[missing];
            var found = LedgerBytes.Scan(Without(file.All, (int)offset, header.Length), file.Codec);
            Assert.Equal(
                file.Frames.Select(static frame => frame.Header).Where(frame => frame != header),
                found.Frames.Select(static frame => frame.Header)
            );
            Assert.Equal([new LedgerGap(offset, 0, IsTorn: false)], found.Gaps);
        }
    }

    [Fact]
    public void Garbage_in_front_between_and_behind_costs_no_frame()
    {
        var random = new Mutator(5);
        foreach (var length in new[] { 1, 5, 6, 7, 8, FrameHeader.Size - 1, FrameHeader.Size, 1000 })
        {
            var garbage = Garbage(random, length);
            var file = new LedgerBytes(_keys).Leave(garbage).Add().Add().Leave(garbage).Add();
            var end = file.All.Length;
            file.Leave(garbage);
            var found = file.Scan();
            Assert.Equal(file.Frames, found.Frames);
            Assert.Equal(
                [(0, length), (file.Frames[1].Offset + file.Frames[1].Header.Length, length)],
                found.Gaps.Select(static gap => (gap.Offset, (int)gap.Length))
            );
            Assert.Equal(end, found.End);
        }
    }

    /// <summary>The scanner reads pieces of 1 MiB; a header may lie across their border.</summary>
    [Fact]
    public void A_frame_is_found_wherever_it_lies_across_what_is_read_at_once()
    {
        const int Piece = 1024 * 1024;
        var frame = LedgerBytes.Of(_keys, 1);
        for (var before = Piece - FrameHeader.Size - 10; before <= Piece + 10; before++)
        {
            byte[] bytes = [.. new byte[before], .. frame.All];
            var found = LedgerBytes.Scan(bytes, frame.Codec);
            Assert.Equal([(frame.Last, (long)before)], found.Frames);
        }
    }

    [Fact]
    public void Frames_larger_than_what_is_read_at_once_are_found()
    {
        var file = new LedgerBytes(_keys).Add(10).Add(3_000_000).Add(1_048_576).Add(10).Add(700_000).Add(10);
        Assert.Equal(file.Frames, file.Scan(checksEnd: false).Frames);
        Assert.Equal(file.Frames, file.Scan().Frames);
        Assert.Empty(file.Scan().Gaps);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(2000)]
    public void Overwritten_bytes_cost_at_most_the_frames_they_touch(int length)
    {
        var file = LedgerBytes.Of(_keys, 60);
        var random = new Mutator(7);
        for (var round = 0; round < 300; round++)
        {
            var place = random.Below(file.All.Length - length);
            byte[] bytes = [.. file.All.Take(place), .. Garbage(random, length), .. file.All.Skip(place + length)];
            var found = LedgerBytes.Scan(bytes, file.Codec);
            var untouched = file
                .Frames.Where(frame => frame.Offset + frame.Header.Length <= place || frame.Offset >= place + length)
                .ToList();
            Assert.Empty(untouched.Except(found.Frames));
            Assert.Empty(found.Frames.Except(file.Frames));
            Assert.True(found.Gaps.Exists(static gap => !gap.IsTorn) || found.End < bytes.Length);
        }
    }

    [Fact]
    public void Bytes_that_were_cut_out_cost_at_most_the_frames_they_touch()
    {
        var file = LedgerBytes.Of(_keys, 60);
        var random = new Mutator(9);
        for (var round = 0; round < 300; round++)
        {
            var length = 1 + random.Below(59);
            var place = random.Below(file.All.Length - length);
            var bytes = Without(file.All, place, length);
            var (touched, offset) = file.Frames.Last(frame => frame.Offset <= place);
            if (IsWhole(bytes, file, touched, offset))
            {
                continue;
            }

            var found = LedgerBytes.Scan(bytes, file.Codec);
            var untouched = file
                .Frames.Where(frame => frame.Offset + frame.Header.Length <= place || frame.Offset >= place + length)
                .Select(static frame => frame.Header)
                .ToList();
            Assert.Empty(untouched.Except(found.Frames.Select(static frame => frame.Header)));
            Assert.True(found.Gaps.Exists(static gap => !gap.IsTorn) || found.End < bytes.Length);
        }
    }

    [Fact]
    public void A_newer_frame_is_refused_wherever_it_stands()
    {
        var file = LedgerBytes.Of(_keys, 3);
        var newer = LedgerBytes.Newer(file.Seal().Frame);
        Assert.Throws<FormatException>(() => LedgerBytes.Scan([.. newer, .. file.All], file.Codec));
        Assert.Throws<FormatException>(() => LedgerBytes.Scan([.. file.All, .. newer], file.Codec));

        // Torn by its writer; behind what an older writer left torn.
        Assert.Throws<FormatException>(() => LedgerBytes.Scan([.. file.All, .. newer.Take(20)], file.Codec));
        Assert.Throws<FormatException>(() => LedgerBytes.Scan([.. file.All, .. file.Seal(90).Frame.Take(150), .. newer], file.Codec));
        Assert.Throws<FormatException>(() => LedgerBytes.Scan([.. file.All, .. Garbage(new Mutator(1), 50), .. newer], file.Codec));
    }

    /// <summary>That would cost too much: a frame that is used is checked then.</summary>
    [Fact]
    public void Of_frames_far_from_the_end_only_the_headers_are_checked()
    {
        var file = new LedgerBytes(_keys).Add().Add().Add(2_000_000).Add();
        var bytes = file.All;
        bytes[file.Frames[1].Offset + FrameHeader.Size] ^= 1;
        var found = LedgerBytes.Scan(bytes, file.Codec);
        Assert.Equal(file.Frames, found.Frames);
        Assert.Empty(found.Gaps);
        bytes[file.Frames[3].Offset + FrameHeader.Size] ^= 1;
        Assert.Equal(
            [new LedgerGap(file.Frames[3].Offset, file.Last.Length, IsTorn: false, HasHeader: true)],
            LedgerBytes.Scan(bytes, file.Codec).Gaps
        );
    }

    /// <summary>A writer's bytes need not come into sight in their order.</summary>
    [Fact]
    public void A_last_frame_without_its_content_is_left_for_later_while_others_may_write()
    {
        var file = LedgerBytes.Of(_keys, 3);
        var (offset, bytes) = (file.Frames[2].Offset, file.All);
        bytes[bytes.Length - 1] ^= 1;
        var meanwhile = LedgerBytes.Scan(bytes, file.Codec, isSettled: false);
        Assert.Equal(file.Frames.Take(2), meanwhile.Frames);
        Assert.Empty(meanwhile.Gaps);
        Assert.Equal(offset, meanwhile.End);
        Assert.Equal(file.Frames, LedgerBytes.Scan(bytes, file.Codec, isSettled: true).Frames);
    }

    [Fact]
    public void What_is_read_while_others_write_is_the_same_in_the_end()
    {
        var random = new Mutator(11);
        for (var round = 0; round < 200; round++)
        {
            var whole = Grown(random);
            var expected = whole.Scan();
            var file = LedgerBytes.FileOf([]);
            var scanner = new FrameScanner(file, whole.Codec);
            var (bytes, written, found) = (whole.All, 0, new LedgerBytes.Found());
            while (written < bytes.Length)
            {
                var piece = bytes.Skip(written).Take(1 + random.Below(300)).ToArray();
                file.Append(piece, piece.Length);
                written += piece.Length;
                (found.End, found.Last) = scanner.Scan(
                    found.End,
                    found.Last,
                    checksEnd: false,
                    isSettled: false,
                    (header, offset) => found.Frames.Add((header, offset)),
                    found.Gaps.Add
                );
            }

            Assert.Equal(expected.Frames, found.Frames);
            Assert.Equal(expected.Gaps, found.Gaps);
            Assert.Equal((expected.End, expected.Last), (found.End, found.Last));
        }
    }

    /// <summary>
    /// Thousands of spoilt files, of some of which the headers were given valid checksums again. For more of them: DCR_FUZZ_CASES=1000000.
    /// </summary>
    [Fact]
    public void Spoilt_files_are_read_in_few_reads_of_limited_size()
    {
        var random = new Mutator(13);
        var seeds = Enumerable.Range(0, 10).Select(_ => Grown(random).All).ToList();
        for (var left = LedgerFuzz.Cases; left > 0; left--)
        {
            var bytes = LedgerFuzz.Spoil(random, seeds);
            var file = new MeasuredFile(bytes);
            try
            {
                new FrameScanner(file, new FrameCodec(_keys)).Scan(
                    0,
                    default,
                    checksEnd: true,
                    isSettled: true,
                    static (_, _) => { },
                    static _ => { }
                );
            }
            catch (FormatException)
            {
                Assert.Contains(Enumerable.Range(0, bytes.Length), place => FrameHeader.IsNewer(bytes.AsSpan(place)));
            }

            Assert.InRange(file.LargestRead, 0, FrameHeader.LargestFrame);
            Assert.InRange(file.Reads, 0, 100 + (bytes.Length / 10));
        }
    }

    /// <summary>The next frame begins with the bytes that were cut off: one in 256 frames ends with a D.</summary>
    private static bool IsWhole(byte[] bytes, LedgerBytes file, FrameHeader header, long offset) =>
        bytes.Skip((int)offset).Take(header.Length).SequenceEqual(file.All.Skip((int)offset).Take(header.Length));

    private LedgerBytes Grown(Mutator random)
    {
        var file = new LedgerBytes(_keys);
        for (var left = 1 + random.Below(8); left > 0; left--)
        {
            if (random.Below(3) == 0)
            {
                var torn = file.Seal(random.Below(300), byEpoch: 2).Frame;
                file.Leave(torn.Take(random.Below(torn.Length)));
            }

            file.Add(random.Below(300));
        }

        return file;
    }

    private static byte[] Without(byte[] bytes, int place, int length) => [.. bytes.Take(place), .. bytes.Skip(place + length)];

    private static byte[] Garbage(Mutator random, int length) => Enumerable.Range(0, length).Select(_ => (byte)random.Below(256)).ToArray();

    private sealed class MeasuredFile(byte[] bytes) : IAppendFile
    {
        public int Reads { get; private set; }

        public int LargestRead { get; private set; }

        public long Length => bytes.Length;

        public int Read(long position, byte[] buffer, int start, int count)
        {
            (Reads, LargestRead) = (Reads + 1, Math.Max(LargestRead, count));
            var there = (int)Math.Max(0, Math.Min(count, bytes.Length - position));
            Array.Copy(bytes, Math.Min(position, bytes.Length), buffer, start, there);
            return there;
        }

        public void Append(byte[] more, int count) => throw new NotSupportedException();

        public void Flush() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
