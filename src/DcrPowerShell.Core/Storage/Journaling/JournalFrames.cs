using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>
/// The bytes of a journal file: a header, then frames of a length (4 bytes, little-endian), a checksum (8 bytes of SHA-256 over the
/// content) and the content. A process may be killed while it writes: what does not add up at the end is cut off.
/// </summary>
internal static class JournalFrames
{
    private const string Magic = "DCRJ";
    private const byte Version = 1;
    private const int LengthSize = 4;
    private const int ChecksumSize = 8;

    // An answer has at most a mebibyte, and base64 makes it a third longer.
    private const int LargestContent = 4 * 1024 * 1024;

    public static byte[] Header { get; } = [.. Encoding.ASCII.GetBytes(Magic), Version];

    public static byte[] Frame(byte[] content) => [.. LittleEndian(content.Length), .. Checksum(content), .. content];

    /// <summary>The contents of the frames, up to the first that is torn.</summary>
    /// <exception cref="FormatException">It is no journal, or one of a newer version.</exception>
    public static IReadOnlyList<byte[]> Read(byte[] file)
    {
        if (file.Length < Header.Length)
        {
            // The process died when it had just made the file.
            return Header.Take(file.Length).SequenceEqual(file) ? [] : throw new FormatException("it is no journal");
        }

        if (!file.Take(Magic.Length).SequenceEqual(Header.Take(Magic.Length)))
        {
            throw new FormatException("it is no journal");
        }

        if (file[Magic.Length] != Version)
        {
            throw new FormatException($"it is of version {file[Magic.Length]}, and this version of the module reads version {Version}");
        }

        var contents = new List<byte[]>();
        for (var at = Header.Length; at + LengthSize + ChecksumSize <= file.Length;)
        {
            var length = file[at] | (file[at + 1] << 8) | (file[at + 2] << 16) | (file[at + 3] << 24);
            var start = at + LengthSize + ChecksumSize;
            if (length is < 0 or > LargestContent || length > file.Length - start)
            {
                break;
            }

            var content = new ArraySegment<byte>(file, start, length).ToArray();
            if (!Checksum(content).SequenceEqual(file.Skip(at + LengthSize).Take(ChecksumSize)))
            {
                break;
            }

            contents.Add(content);
            at = start + length;
        }

        return contents;
    }

    private static byte[] LittleEndian(int number) => [(byte)number, (byte)(number >> 8), (byte)(number >> 16), (byte)(number >> 24)];

    private static byte[] Checksum(byte[] content)
    {
        using var sha = SHA256.Create();
        return sha.ComputeHash(content).Take(ChecksumSize).ToArray();
    }
}
