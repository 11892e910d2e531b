using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// Writes what counts of a generation into the next one, sealed with the active key: most of it while others write, and under the lock
/// what has come since. Killed at any byte, it leaves an unfinished file beside the generation, or both.
/// </summary>
internal sealed class LedgerCompaction : IDisposable
{
    private const string Unfinished = ".new";
    private const string Lost = "lost-";
    private const int Together = 1024 * 1024;

    private readonly IStoreFolder _folder;
    private readonly FrameCodec _codec;
    private readonly ILedgerKeys _keys;
    private readonly LedgerGeneration _from;
    private readonly long _end;
    private readonly FrameHeader _last;
    private readonly List<(FrameHeader Header, long Offset, bool IsStored)> _live;
    private readonly List<LedgerGap> _damaged = [];
    private readonly MemoryStream _bytes = new();
    private readonly string _name;
    private IAppendFile? _target;
    private FrameHeader _previous;
    private bool _endsDamaged;
    private bool _isDone;

    /// <summary>Notes what counts now. Under the ledger's gate.</summary>
    public LedgerCompaction(IStoreFolder folder, FrameCodec codec, ILedgerKeys keys, LedgerGeneration from)
    {
        (_folder, _codec, _keys, _from) = (folder, codec, keys, from);
        (_end, _last, _live) = (from.End, from.Last, Live(from.State));
        _name = LedgerGeneration.NameOf(from.Number + 1);
    }

    /// <summary>Copies what counted then, and has it on the disk.</summary>
    /// <param name="tryRead">Reads a part of the generation; null where another one took its place.</param>
    /// <returns>False where that is so.</returns>
    /// <exception cref="IOException">The disk refuses.</exception>
    public bool CopyLive(Func<long, int, byte[]?> tryRead)
    {
        _folder.Delete(_name + Unfinished);
        _target = _folder.Open(_name + Unfinished, create: true);
        foreach (var (header, offset, isStored) in _live)
        {
            if (tryRead(offset, header.Length) is not { } frame)
            {
                return false;
            }

            Copy(header, offset, frame, isStored);
        }

        Hand();
        _target.Flush();
        return true;
    }

    /// <summary>Copies what has come since, and puts the new generation in place. Under the ledger's lock and gate.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Finish()
    {
        CopySince();
        SetAside();
        _target!.Flush();
        _folder.Rename(_name + Unfinished, _name);
        _isDone = true;

        // The oldest first: whoever has one of them open finds by the next number, or by its own that is gone, that it was replaced.
        foreach (var older in LedgerGeneration.Numbers(_folder).Where(older => older <= _from.Number))
        {
            _folder.Delete(LedgerGeneration.NameOf(older));
        }
    }

    public void Dispose()
    {
        _target?.Dispose();
        if (!_isDone)
        {
            _folder.Delete(_name + Unfinished);
        }
    }

    /// <summary>The frames that count, in their order.</summary>
    private static List<(FrameHeader Header, long Offset, bool IsStored)> Live(LedgerState state) =>
        state
            .Rows.Select(static row => (row.Header, row.Offset, row.IsStored))
            .Concat(
                state
                    .Open.SelectMany(static entry => entry.Frames)
                    .Concat(state.Moved)
                    .Select(static frame => (frame.Header, frame.Offset, false))
            )
            .OrderBy(static frame => frame.Header.Sequence)
            .ToList();

    private void CopySince()
    {
        _from.Scanner.Scan(
            _end,
            _last,
            checksEnd: false,
            isSettled: true,
            (header, offset) => Copy(header, offset, FrameScanner.Read(_from.File, offset, header.Length), isStored: false),
            static _ => { });
        _from.NoteEnd();
        var lacks = _from.State.LacksFrames;
        if (_previous.Sequence < _from.Last.Sequence || _endsDamaged || lacks)
        {
            // What came last does not count any more, and its number is not given to another. Behind a damaged frame, it shows that that
            // one is not being written. And that frames are missing is not to be forgotten.
            var kind = new FrameHeader { Kind = FrameKind.Mark, Reference = lacks ? FrameHeader.Loss : FrameHeader.NoLoss };
            var mark = new FrameDraft(kind, [], []);
            Write(_codec.Seal(mark, Math.Max(_from.Last.Sequence, _previous.Sequence + 1), _previous, _from.Last.Epoch));
        }

        Hand();
    }

    /// <summary>
    /// Keeps the header of a damaged frame, which says whose it was. The rest, which may be parts of others, is set aside. A removal is
    /// whole again by that: all that counts of it is that the client is gone.
    /// </summary>
    private void Copy(FrameHeader header, long offset, byte[] frame, bool isStored)
    {
        var renewed = Renewed(header, frame, isStored);
        if (renewed is null)
        {
            _damaged.Add(new LedgerGap(offset, header.Length, IsTorn: false));
            renewed = header.Kind == FrameKind.Removed ? Sealed(header, new FrameDraft(header, [], [])) : null;
        }

        _endsDamaged = renewed is null;
        Write(renewed ?? (header, new byte[header.Length]));
        if (_bytes.Length > Together)
        {
            Hand();
        }
    }

    /// <summary>
    /// A frame for the next generation: without what a vault has, and sealed with the active key. Null where it is damaged.
    /// </summary>
    private (FrameHeader Header, byte[] Frame)? Renewed(FrameHeader header, byte[] frame, bool isStored)
    {
        var dropsBody = isStored && header.Kind == FrameKind.Kept;
        var confirmsRemoval = isStored && header.Kind == FrameKind.Removed && header.Place != 0;
        if (_keys.Find(header.KeyId) is null)
        {
            // Whoever has the key can read it.
            return (header, frame);
        }

        if (!dropsBody && !confirmsRemoval && header.KeyId == _keys.Active.Id)
        {
            return _codec.IsGenuine(header, frame) ? (header, frame) : null;
        }

        if (_codec.Open(header, frame) is not { } content)
        {
            return null;
        }

        var renewed = header with { Kind = dropsBody ? FrameKind.Known : header.Kind, Place = confirmsRemoval ? 0 : header.Place };
        return Sealed(header, new FrameDraft(renewed, content.Summary, dropsBody ? [] : content.Body));
    }

    private (FrameHeader Header, byte[] Frame) Sealed(FrameHeader header, FrameDraft draft) =>
        _codec.Seal(draft, header.Sequence, previous: default, header.Epoch);

    private void Write((FrameHeader Header, byte[] Frame) frame)
    {
        (frame.Header with { Previous = _previous.Sequence, PreviousLength = _previous.Length }).Write(frame.Frame);
        _bytes.Write(frame.Frame, 0, frame.Frame.Length);
        _previous = frame.Header;
    }

    private void Hand()
    {
        _target!.Append(_bytes.GetBuffer(), (int)_bytes.Length);
        _bytes.SetLength(0);
    }

    /// <summary>
    /// Damaged frames, and bytes that no frame covers, are kept in a file of their own before their generation is deleted.
    /// </summary>
    private void SetAside()
    {
        var aside = _from.Gaps.Where(static gap => gap.Length > 0).ToList();
        aside.AddRange(_damaged.Where(frame => !aside.Exists(gap => gap.Offset == frame.Offset)));
        if (_from.File.Length > _from.End)
        {
            aside.Add(new LedgerGap(_from.End, _from.File.Length - _from.End, IsTorn: true));
        }

        if (aside.Count == 0)
        {
            return;
        }

        using var lost = _folder.Open(Lost + LedgerGeneration.NameOf(_from.Number), create: true);
        foreach (var gap in aside)
        {
            var bytes = FrameScanner.Read(_from.File, gap.Offset, (int)Math.Min(gap.Length, int.MaxValue));
            lost.Append(bytes, bytes.Length);
        }

        lost.Flush();
    }
}
