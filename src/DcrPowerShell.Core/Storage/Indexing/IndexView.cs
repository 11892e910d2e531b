using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>
/// An index as it was at one moment. Which line counts for each name is known from the start; the outlines are read as they are
/// asked for, so that many need little memory.
/// </summary>
internal sealed class IndexView : IDisposable
{
    private const int PartLength = 256 * 1024;

    private readonly Stream? _content;
    private readonly Dictionary<string, Place> _places = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IndexLine> _checks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _moves = new(StringComparer.Ordinal);

    // What is read goes on where the last one ended: a call to the system for each would cost more than the rest.
    private byte[] _part = [];
    private long _partStart;

    /// <param name="content">Owned; null for an empty index.</param>
    /// <exception cref="FormatException">It is of another version, or no index at all.</exception>
    public IndexView(Stream? content)
    {
        _content = content;
        if (content is null)
        {
            return;
        }

        try
        {
            Scan(content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Of the file.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of the lines that count.</summary>
    public long LiveLength => _places.Values.Sum(static place => (long)place.Length);

    /// <summary>Whether, at a vault with that stamp, all registrations whose names begin so are in the index as they are in the vault.</summary>
    public bool IsCurrent(string prefix, string stamp) => _checks.TryGetValue(prefix, out var check) && Reached(check) == stamp;

    /// <summary>When the contents were last read of those whose names begin so.</summary>
    public DateTimeOffset? ReadAt(string prefix) => _checks.TryGetValue(prefix, out var check) ? new DateTimeOffset(check.At, TimeSpan.Zero) : null;

    /// <summary>The names that begin so.</summary>
    public IEnumerable<string> Names(string prefix) => _places.Keys.Where(name => Begins(name, prefix));

    public bool Has(string secretName) => _places.ContainsKey(secretName);

    /// <summary>Whether there is an outline; otherwise the vault is to be asked.</summary>
    public bool Knows(string secretName) => _places.TryGetValue(secretName, out var place) && place.At > 0;

    /// <summary>The registrations at an issuer, in the order of their last change; without an outline where the vault is to be asked.</summary>
    public IEnumerable<(string SecretName, RegistrationRecord? Outline)> At(string issuer)
    {
        var prefix = SecretName.PrefixFor(issuer);
        foreach (var (name, place) in _places.Where(pair => Begins(pair.Key, prefix)).Select(static pair => (pair.Key, pair.Value)).OrderBy(static found => found.Value.Start))
        {
            var outline = OutlineAt(place, issuer);
            if (outline is null || outline.Issuer == issuer)
            {
                yield return (name, outline);
            }
        }
    }

    /// <summary>Writes what counts to a new file.</summary>
    public void Compact(Stream target)
    {
        Write(IndexLine.Header);
        foreach (var place in _places.Values.OrderBy(static place => place.Start))
        {
            Write(Bytes(place.Start, place.Length));
            target.WriteByte(IndexLine.End);
        }

        foreach (var check in _checks.Values)
        {
            Write(IndexLine.Checked(check.Name, Reached(check), new DateTimeOffset(check.At, TimeSpan.Zero)));
        }

        void Write(byte[] bytes) => target.Write(bytes, 0, bytes.Length);
    }

    public void Dispose() => _content?.Dispose();

    [MethodImpl(Hot.Path)]
    private void Scan(Stream content)
    {
        var part = new byte[PartLength];
        int filled = 0, read;
        long place = 0;
        while ((read = content.Read(part, filled, part.Length - filled)) > 0)
        {
            Length += read;
            filled += read;
            var start = 0;
            for (int length; (length = part.AsSpan(start, filled - start).IndexOf(IndexLine.End)) >= 0; start += length + 1)
            {
                Take(part.AsSpan(start, length), place);
                place += length + 1;
            }

            if (start == 0 && filled == part.Length)
            {
                Array.Resize(ref part, part.Length * 2);
            }

            filled -= start;
            Buffer.BlockCopy(part, start, part, 0, filled);
        }
    }

    [MethodImpl(Hot.Path)]
    private void Take(ReadOnlySpan<byte> bytes, long start)
    {
        if (start == 0)
        {
            if (!bytes.SequenceEqual(IndexLine.Header.AsSpan(0, IndexLine.Header.Length - 1)))
            {
                throw new FormatException("it is of another version");
            }

            return;
        }

        // What a process that was killed has torn tells nothing; that the vault was changed then shows by its stamp.
        if (IndexLine.Read(bytes) is not { } line)
        {
            return;
        }

        switch (line.Kind)
        {
            // Of two that changed it at once, the older may have come later to the index.
            case IndexLineKind.Save when !(_places.TryGetValue(line.Name, out var known) && known.At > line.At):
                _places[line.Name] = new Place(start, bytes.Length, line.At, line.Outline);
                break;
            case IndexLineKind.Ask:
                _places[line.Name] = new Place(start, bytes.Length, At: 0, Outline: 0);
                break;
            case IndexLineKind.Remove:
                _places.Remove(line.Name);
                break;
            case IndexLineKind.Check:
                _checks[line.Name] = line;
                break;
        }

        if (line.Change is { } change)
        {
            _moves[change.Before] = change.After;
        }
    }

    /// <summary>Where the changes since a check have led, in whatever order they came to the index.</summary>
    private string? Reached(IndexLine check)
    {
        var stamp = check.Stamp;
        for (var left = _moves.Count; left > 0 && stamp is not null && _moves.TryGetValue(stamp, out var next); left--)
        {
            stamp = next;
        }

        return stamp;
    }

    private static bool Begins(string name, string prefix) => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private RegistrationRecord? OutlineAt(Place place, string issuer)
    {
        if (place.At == 0)
        {
            return null;
        }

        try
        {
            return Outline.Read(Bytes(place.Start + place.Outline, place.Length - 1 - place.Outline), issuer);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private byte[] Bytes(long start, int length)
    {
        if (start < _partStart || start + length > _partStart + _part.Length)
        {
            FillPart(start, Math.Max(length, PartLength));
        }

        return _part.AsSpan((int)(start - _partStart), length).ToArray();
    }

    private void FillPart(long start, int length)
    {
        if (_part.Length < length)
        {
            _part = new byte[length];
        }

        _partStart = start;
        _content!.Position = start;
        for (int read, done = 0; done < _part.Length && (read = _content.Read(_part, done, _part.Length - done)) > 0;)
        {
            done += read;
        }
    }

    private readonly record struct Place(long Start, int Length, long At, int Outline);
}
