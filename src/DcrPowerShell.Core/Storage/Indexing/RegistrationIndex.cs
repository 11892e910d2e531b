using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>
/// What is known of a vault's registrations without asking it, and without secrets. It may always be lost: then it is made anew
/// from the vault. So nothing here fails; a file that cannot be kept is dropped, and one in memory takes its place.
/// </summary>
internal sealed class RegistrationIndex(IIndexFile file)
{
    private const long SmallestToCompact = 1024 * 1024;

    private readonly object _gate = new();
    private IIndexFile _file = file;
    private long _lookAt = SmallestToCompact;

    /// <summary>Why there is none on disk; null where there is.</summary>
    public string? Trouble { get; private set; }

    /// <summary>As it is now; empty where there is none that can be read.</summary>
    public IndexView Open()
    {
        try
        {
            return new IndexView(_file.OpenRead());
        }
        catch (FormatException)
        {
            Drop();
            return new IndexView(null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp(failure);
            return new IndexView(null);
        }
    }

    /// <summary>Adds a line.</summary>
    public void Add(byte[] line) => TryAdd([line], ifLength: null);

    /// <summary>Adds lines, if nobody has added any to what was seen.</summary>
    /// <param name="ifLength">The length of the view that was seen; null for whatever there is.</param>
    /// <returns>The length then; null where somebody has.</returns>
    public long? TryAdd(IReadOnlyList<byte[]> lines, long? ifLength)
    {
        lock (_gate)
        {
            try
            {
                return Append(lines, ifLength);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It lacks what happened now, and must not be believed any more.
                GiveUp(failure);
                return null;
            }
        }
    }

    /// <summary>Deletes it, because it tells something else than the vault has.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            try
            {
                using var held = _file.Lock();
                _file.Delete();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                GiveUp(failure);
            }
        }
    }

    private long? Append(IReadOnlyList<byte[]> lines, long? ifLength)
    {
        using var held = _file.Lock();
        var content = _file.OpenWrite();
        long length;
        using (content)
        {
            var isOurs = content.Length == 0 || Begins(content);
            if (!isOurs)
            {
                content.SetLength(0);
            }

            if (ifLength is { } seen && seen != content.Length)
            {
                return null;
            }

            var torn = content.Length > 0 && !EndsWell(content);
            content.Position = content.Length;
            using var bytes = new MemoryStream();
            foreach (var line in lines.Prepend(content.Length == 0 ? IndexLine.Header : torn ? [IndexLine.End] : []))
            {
                bytes.Write(line, 0, line.Length);
            }

            bytes.WriteTo(content);
            length = content.Length;
        }

        if (length > _lookAt)
        {
            length = CompactIfWorth(length);
            _lookAt = Math.Max(SmallestToCompact, length * 2);
        }

        return length;
    }

    private long CompactIfWorth(long length)
    {
        try
        {
            using var view = new IndexView(_file.OpenRead());
            if (view.LiveLength > length / 2)
            {
                return length;
            }

            _file.Replace(view.Compact);
            using var compact = _file.OpenRead();
            return compact!.Length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            // On Windows somebody may be reading it. Another time, then.
            return length;
        }
    }

    private void GiveUp(Exception failure)
    {
        lock (_gate)
        {
            Trouble = failure.Message;
            try
            {
                _file.Delete();
            }
            catch (Exception deletion) when (deletion is IOException or UnauthorizedAccessException)
            {
                // What remains shows by the vault's stamp or names to be old.
            }

            _file = new MemoryIndexFile();
        }
    }

    private static bool Begins(Stream content)
    {
        var begin = new byte[IndexLine.Header.Length];
        content.Position = 0;
        return content.Read(begin, 0, begin.Length) == begin.Length && begin.SequenceEqual(IndexLine.Header);
    }

    private static bool EndsWell(Stream content)
    {
        content.Position = content.Length - 1;
        return content.ReadByte() == IndexLine.End;
    }
}
