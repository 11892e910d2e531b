using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace DcrPowerShell.Ledger;

/// <summary>Frames that wait for their turn to be written.</summary>
/// <param name="decide">Gives them, under the ledger's lock.</param>
/// <param name="isDurable">Whether they are to be on the disk.</param>
internal sealed class LedgerWrite(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable)
{
    private readonly TaskCompletionSource<IReadOnlyList<FrameHeader>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<FrameHeader> _headers = [];

    public bool IsDurable => isDurable;

    /// <summary>Gives the headers of what was written.</summary>
    public Task<IReadOnlyList<FrameHeader>> Task => _done.Task;

    /// <summary>Decides and seals.</summary>
    /// <param name="last">The last frame of the file.</param>
    public List<(FrameHeader Header, byte[] Frame)> Seal(LedgerState state, FrameCodec codec, FrameHeader last, ulong epoch)
    {
        var frames = new List<(FrameHeader Header, byte[] Frame)>();
        foreach (var draft in decide(state))
        {
            frames.Add(codec.Seal(draft, last.Sequence + 1, last, epoch));
            last = frames[frames.Count - 1].Header;
        }

        _headers = frames.ConvertAll(static frame => frame.Header);
        return frames;
    }

    public void Succeed() => _done.TrySetResult(_headers);

    public void Fail(Exception failure) => _done.TrySetException(failure);
}
