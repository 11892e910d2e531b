using System;
using System.Linq;
using DcrPowerShell.Storage.Journaling;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage.Journaling;

public class JournalFramesTests
{
    private static readonly byte[][] Contents = [[1, 2, 3], [], [4, 5, 6, 7]];

    private static readonly byte[] Whole = [.. JournalFrames.Header, .. Contents.SelectMany(JournalFrames.Frame)];

    [Fact]
    public void What_was_framed_is_read() => Assert.Equal(Contents, JournalFrames.Read(Whole));

    [Fact]
    public void A_tail_torn_at_any_byte_is_cut_off()
    {
        var last = Whole.Length - JournalFrames.Frame(Contents[2]).Length;
        for (var length = last; length < Whole.Length; length++)
        {
            Assert.Equal(Contents.Take(2), JournalFrames.Read(Whole.Take(length).ToArray()));
        }
    }

    [Fact]
    public void So_is_one_of_which_any_byte_is_wrong()
    {
        for (var place = Whole.Length - JournalFrames.Frame(Contents[2]).Length; place < Whole.Length; place++)
        {
            var file = Whole.ToArray();
            file[place] ^= 0x80;
            Assert.Equal(Contents.Take(2), JournalFrames.Read(file));
        }
    }

    [Fact]
    public void A_file_torn_in_its_header_is_empty()
    {
        for (var length = 0; length <= JournalFrames.Header.Length; length++)
        {
            Assert.Empty(JournalFrames.Read(JournalFrames.Header.Take(length).ToArray()));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0x7F })] // 2 GiB less one
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })] // -1
    [InlineData(new byte[] { 0, 0, 0, 0x80 })] // the least there is
    public void A_length_that_cannot_be_ends_it(byte[] length) =>
        Assert.Equal(Contents, JournalFrames.Read([.. Whole, .. length, .. new byte[100]]));

    [Fact]
    public void Zeros_at_the_end_are_no_frames()
    {
        // What a file system may leave of a file that was growing when the power failed.
        Assert.Equal(Contents, JournalFrames.Read([.. Whole, .. new byte[4096]]));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'x' })]
    [InlineData(new byte[] { (byte)'D', (byte)'C', (byte)'R', (byte)'X', 1 })]
    public void Something_else_is_no_journal(byte[] file) =>
        Assert.Equal("it is no journal", Assert.Throws<FormatException>(() => JournalFrames.Read(file)).Message);

    [Fact]
    public void A_newer_version_is_refused() => Assert.Equal(
        "it is of version 2, and this version of the module reads version 1",
        Assert.Throws<FormatException>(() => JournalFrames.Read([.. JournalFrames.Header.Take(4), 2, 0])).Message);
}
