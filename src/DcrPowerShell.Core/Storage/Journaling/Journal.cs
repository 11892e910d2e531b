using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>
/// A write-ahead journal beside a vault: what is to be asked is on the disk before the request, and the raw answer the moment it has
/// arrived, so that no token that a server delivered is lost with the process or with the vault. Encrypted with a key that the vault
/// keeps. Used by all workers of a process at once.
/// </summary>
internal sealed class Journal : IDisposable
{
    // Then what is done is dropped from the file.
    private const int CompactAt = 1024 * 1024;

    private readonly object _gate = new();
    private readonly IJournalFile _file;
    private readonly byte[] _key;
    private readonly Dictionary<string, JournalEntry> _open = [];
    private long _size;
    private int _lines;

    // A write failed half way: what came after its torn line would not be read.
    private bool _isTorn;

    private Journal(IJournalFile file, byte[] key)
    {
        (_file, _key) = (file, key);
        var head = Head(key);
        _file.Append(head);
        _size = head.Length;
    }

    /// <summary>What is not done yet, in order of beginning.</summary>
    public IReadOnlyList<JournalEntry> Open
    {
        get
        {
            lock (_gate)
            {
                return _open.Values.OrderBy(entry => entry.Intent.At).ToList();
            }
        }
    }

    /// <summary>All that came back and is in the file still, done or not, in order of beginning.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<JournalEntry> Answered()
    {
        lock (_gate)
        {
            return Entries(Lines(_file.Read(), _key).Where(static line => !line.IsDone)).Where(static entry => entry.Answer is not null).ToList();
        }
    }

    /// <summary>Begins a journal of this process.</summary>
    /// <exception cref="IOException">The file cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static Journal Begin(IJournalFile file, byte[] key)
    {
        try
        {
            return new(file, key);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What a process that has ended left undone, in order of beginning.</summary>
    /// <exception cref="FormatException">It is no journal, of a newer version, of another key, or was tampered with.</exception>
    public static IReadOnlyList<JournalEntry> ReadAbandoned(IJournalFile file, byte[] key) => Entries(Lines(file.Read(), key));

    /// <summary>Notes what is about to be asked. On the disk when it returns.</summary>
    /// <returns>The entry's id.</returns>
    /// <exception cref="IOException">It cannot be written: the disk is full, say.</exception>
    public string Begin(JournalIntent intent) => Write(new(Guid.NewGuid().ToString("n"), intent, null));

    /// <summary>Notes what came back. On the disk when it returns.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Answered(string id, JournalAnswer answer) => Write(new(id, null, answer));

    /// <summary>Takes over an entry that another process left.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void TakeOver(JournalEntry entry) => Write(new(entry.Id, entry.Intent, entry.Answer));

    /// <summary>Closes an entry: it is in the vault, or the server surely did nothing.</summary>
    public void Done(string id)
    {
        try
        {
            Write(new(id, null, null));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What stays open is looked at again, which does no harm.
        }
    }

    /// <summary>Ends the journal; where nothing is open, its file goes too.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_open.Count == 0)
            {
                _file.Delete();
            }
            else
            {
                _file.Dispose();
            }
        }
    }

    /// <summary>What lines leave open, in order of beginning.</summary>
    private static List<JournalEntry> Entries(IEnumerable<JournalLine> lines)
    {
        var open = new Dictionary<string, JournalEntry>();
        foreach (var line in lines)
        {
            Apply(open, line);
        }

        return open.Values.OrderBy(entry => entry.Intent.At).ToList();
    }

    private static IEnumerable<JournalLine> Lines(byte[] file, byte[] key)
    {
        var frames = JournalFrames.Read(file);
        if (frames.Count > 0 && !frames[0].SequenceEqual(KeyId(key)))
        {
            throw new FormatException("it was written with another key than the vault has");
        }

        for (var index = 1; index < frames.Count; index++)
        {
            var plain = ContentEncryption.Decrypt(key, frames[index], Associated(index)) ?? throw new FormatException($"line {index} of it was changed");
            yield return JournalLine.Parse(Encoding.UTF8.GetString(plain));
        }
    }

    private string Write(JournalLine line)
    {
        lock (_gate)
        {
            if (_isTorn)
            {
                Compact();
            }

            var frame = JournalFrames.Frame(ContentEncryption.Encrypt(_key, line.ToUtf8(), Associated(_lines + 1)));
            _isTorn = true;
            _file.Append(frame);
            _isTorn = false;
            _lines++;
            _size += frame.Length;
            Apply(_open, line);
            if (_size > CompactAt && line.IsDone)
            {
                Compact();
            }

            return line.Id;
        }
    }

    /// <summary>Drops what is done.</summary>
    private void Compact()
    {
        var lines = _open.Values.Select(entry => new JournalLine(entry.Id, entry.Intent, entry.Answer))
            .Select((line, index) => JournalFrames.Frame(ContentEncryption.Encrypt(_key, line.ToUtf8(), Associated(index + 1))));
        var whole = Head(_key).Concat(lines.SelectMany(static frame => frame)).ToArray();
        _file.Replace(whole);
        (_size, _lines, _isTorn) = (whole.Length, _open.Count, false);
    }

    private static void Apply(Dictionary<string, JournalEntry> open, JournalLine line)
    {
        if (line.IsDone)
        {
            open.Remove(line.Id);
        }
        else if (line.Intent is { } intent)
        {
            open[line.Id] = new(line.Id, intent, line.Answer);
        }
        else if (open.TryGetValue(line.Id, out var entry))
        {
            open[line.Id] = entry with { Answer = line.Answer };
        }
    }

    private static byte[] Head(byte[] key) => [.. JournalFrames.Header, .. JournalFrames.Frame(KeyId(key))];

    /// <summary>Tells keys apart and gives nothing of them away.</summary>
    private static byte[] KeyId(byte[] key)
    {
        using var sha = SHA256.Create();
        return sha.ComputeHash([.. Encoding.ASCII.GetBytes("DcrPowerShell journal key id"), .. key]).Take(16).ToArray();
    }

    /// <summary>A line's place belongs to what is authenticated: none can be moved, repeated or left out unnoticed.</summary>
    private static byte[] Associated(int line) => [.. JournalFrames.Header, .. BitConverter.GetBytes(line)];
}
