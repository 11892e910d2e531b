using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Files;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Ledger;

/// <summary>
/// A backup of a ledger: a line of JSON with a key that is sealed with a passphrase, and then frames that are sealed with that key. It
/// holds registrations with their secrets, removals, and requests that are not done.
/// </summary>
internal static class BackupFile
{
    private const int Version = 1;
    private const int LongestHead = 4096;
    private const byte LineFeed = (byte)'\n';

    /// <param name="contents">What counts in the ledger, opened.</param>
    /// <param name="seal">Seals the backup's key, together with the first line.</param>
    public static void Write(
        Stream target,
        LedgerHash ledgerId,
        DateTimeOffset now,
        IReadOnlyList<FrameDraft> contents,
        Func<byte[], byte[], PassphraseSeal> seal
    )
    {
        var keys = new BackupKeys(ledgerId, LedgerKey.New());
        var madeAt = now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        var key = seal(keys.Active.ToBytes(), Associated(ledgerId, madeAt, contents.Count));
        var head = JsonBag.Empty
            .With("backup", "DcrPowerShell")
            .With("version", Element(Version))
            .With("ledger", ledgerId.ToString())
            .With("made_at", madeAt)
            .With("frames", Element(contents.Count))
            .With("salt", Convert.ToBase64String(key.Salt))
            .With("iterations", Element(key.Iterations))
            .With("key", Convert.ToBase64String(key.Sealed))
            .ToUtf8();
        target.Write(head, 0, head.Length);
        target.WriteByte(LineFeed);
        var codec = new FrameCodec(keys);
        var epoch = LedgerHash.New().High;
        var previous = default(FrameHeader);
        foreach (var content in contents)
        {
            (previous, var frame) = codec.Seal(content, previous.Sequence + 1, previous, epoch);
            target.Write(frame, 0, frame.Length);
        }
    }

    /// <summary>What a backup holds, and how many of its frames cannot be read.</summary>
    /// <exception cref="FormatException">
    /// It is no backup, damaged at its beginning, or of a newer version; the message says which.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The passphrase is another.</exception>
    public static (LedgerHash LedgerId, IReadOnlyList<FrameDraft> Contents, int Damaged) Read(byte[] file, SecureString passphrase)
    {
        var end = Array.IndexOf(file, LineFeed, 0, Math.Min(file.Length, LongestHead));
        if (end < 0)
        {
            throw new FormatException("it is no backup of DcrPowerShell");
        }

        var (ledgerId, madeAt, count, seal) = ReadHead(Encoding.UTF8.GetString(file, 0, end));
        var key =
            seal.Open(passphrase, Associated(ledgerId, madeAt, count))
            ?? throw new UnauthorizedAccessException("the passphrase does not open it, or its first line was changed");
        var keys = new BackupKeys(ledgerId, LedgerKey.FromBytes(key));
        var codec = new FrameCodec(keys);
        using var frames = new BytesFile(file, end + 1);
        var contents = new List<FrameDraft>();
        var last = 0L;
        new FrameScanner(frames, codec).Scan(
            0,
            default,
            checksEnd: true,
            isSettled: true,
            (header, offset) =>
            {
                // They are numbered: a file that was written twice into one has each once.
                if (header.Sequence > last && codec.Open(header, FrameScanner.Read(frames, offset, header.Length)) is { } content)
                {
                    last = header.Sequence;
                    contents.Add(new FrameDraft(header, content.Summary, content.Body));
                }
            },
            static _ => { });
        return (ledgerId, contents, (int)(count - contents.Count));
    }

    /// <summary>The whole first line is sealed: who cuts frames off cannot give another number of them.</summary>
    private static byte[] Associated(LedgerHash ledgerId, string madeAt, long count) =>
        Encoding.UTF8.GetBytes(FormattableString.Invariant($"DcrPowerShell backup {ledgerId}\n{madeAt}\n{count}"));

    private static (LedgerHash LedgerId, string MadeAt, long Count, PassphraseSeal Seal) ReadHead(string text)
    {
        try
        {
            var json = JsonBag.Parse(text);
            if (json.Text("backup") != "DcrPowerShell")
            {
                throw new FormatException("it is no backup of DcrPowerShell");
            }

            if (json.Integer("version") is not (> 0 and <= Version))
            {
                throw new FormatException("a newer DcrPowerShell wrote it");
            }

            return (
                LedgerHash.Parse(json.Text("ledger") ?? ""),
                json.Text("made_at") ?? "",
                json.Integer("frames") ?? 0,
                new PassphraseSeal(
                    Convert.FromBase64String(json.Text("salt") ?? ""),
                    (int)Math.Min(json.Integer("iterations") ?? 0, int.MaxValue),
                    Convert.FromBase64String(json.Text("key") ?? "")
                )
            );
        }
        catch (JsonException failure)
        {
            throw new FormatException("it is no backup of DcrPowerShell", failure);
        }
    }

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value);

    private sealed class BackupKeys(LedgerHash ledgerId, LedgerKey key) : ILedgerKeys
    {
        public LedgerHash LedgerId => ledgerId;

        public LedgerKey Active => key;

        public LedgerKey? Find(ulong id) => id == key.Id ? key : null;

        public void RequireKept()
        {
        }

        public void Refresh()
        {
        }
    }

    private sealed class BytesFile(byte[] bytes, int start) : IAppendFile
    {
        public long Length => bytes.Length - start;

        public int Read(long position, byte[] buffer, int at, int count)
        {
            var length = (int)Math.Min(count, Math.Max(0, Length - position));
            Buffer.BlockCopy(bytes, start + (int)position, buffer, at, length);
            return length;
        }

        public void Append(byte[] added, int count) => throw new NotSupportedException();

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
