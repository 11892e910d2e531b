using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// The ledger's file and what stands beside it in its folder. What the disk refuses is an error with a next step here, and what a server
/// has done is written even where the disk is full.
/// </summary>
internal sealed class LedgerDisk : IDisposable
{
    private readonly ILedgerKeys _keys;
    private readonly AnswerRoom _room;

    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged: a newer version wrote it.</exception>
    public LedgerDisk(IStoreFolder folder, ILedgerKeys keys)
    {
        (Folder, _keys) = (folder, keys);
        File = Guard(() => new LedgerFile(folder, keys));
        Owners = new Owners(folder);
        _room = new AnswerRoom(folder, Owners.Room);
    }

    public IStoreFolder Folder { get; }

    public LedgerFile File { get; }

    /// <summary>Tells which process is at work on an entry.</summary>
    public Owners Owners { get; }

    /// <summary>What could not be written when it came.</summary>
    public HeldAnswers Held { get; } = new();

    /// <summary>Makes sure, before something is asked, that its answer can be kept.</summary>
    /// <exception cref="DcrException">StoreKeyMissing.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public void KeepRoom()
    {
        _keys.RequireKept();
        _room.Keep(Owners.Count);
    }

    /// <summary>Reads what other processes have written since.</summary>
    /// <exception cref="DcrException">StoreReadOnly: the disk refuses. StoreLocked.</exception>
    public void ReadOn() =>
        Guard(() =>
        {
            // Without its key nothing could be read, and all would look damaged.
            _ = _keys.Active;
            TryWriteHeld();
            File.ReadOn();
            return true;
        });

    /// <inheritdoc cref="LedgerFile.WriteAsync"/>
    /// <exception cref="DcrException">StoreReadOnly, StoreLocked, InvalidClientMetadata: it is too large.</exception>
    public Task<IReadOnlyList<FrameHeader>> WriteAsync(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable) =>
        GuardAsync(() => File.WriteAsync(decide, isDurable));

    /// <summary>Writes what a server has done: where the disk is full, in the room that was kept for it.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public Task<IReadOnlyList<FrameHeader>> BringAsync(Func<LedgerState, IReadOnlyList<FrameDraft>> decide, bool isDurable) =>
        GuardAsync(async () =>
        {
            while (true)
            {
                var releases = _room.Releases;
                try
                {
                    return await File.WriteAsync(decide, isDurable).ConfigureAwait(false);
                }
                catch (IOException) when (_room.Release(releases))
                {
                    // Once more.
                }
            }
        });

    /// <summary>Writes what could not be written when it came.</summary>
    /// <exception cref="DcrException">StoreReadOnly, StoreLocked: it still cannot.</exception>
    public async Task WriteHeldAsync()
    {
        while (Held.TryTake() is { } held)
        {
            try
            {
                foreach (var write in held.Writes)
                {
                    await BringAsync(write(), isDurable: true).ConfigureAwait(false);
                }
            }
            catch (DcrException failure) when (HeldAnswers.CanWait(failure))
            {
                Held.Return(held);
                throw;
            }

            Owners.End(held.Entry);
        }
    }

    /// <summary>The sequence of the last frame about a client or secret, if that is damaged, and no removal.</summary>
    public long? DamagedAt(LedgerHash client) =>
        File.TryOpen(state => state.Client(client) is { IsRemoved: false } row ? row.Frame : null, out var header, out var content)
        && content is null
            ? header.Sequence
            : null;

    /// <summary>Which of the clients of these frames are damaged here, and in which frame.</summary>
    public HashSet<(LedgerHash Client, long Sequence)> DamagedOf(IEnumerable<FrameDraft> drafts) =>
        new(
            drafts
                .Select(draft => (draft.Header.Client, Sequence: DamagedAt(draft.Header.Client)))
                .Where(static found => found.Sequence is not null)
                .Select(static found => (found.Client, found.Sequence!.Value))
        );

    public T Guard<T>(Func<T> action) => GuardAsync(() => Task.FromResult(action())).GetAwaiter().GetResult();

    /// <summary>What the disk refuses, as an error with a next step.</summary>
    public async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (InvalidDataException tooLarge)
        {
            throw StoreErrors.TooLarge(tooLarge);
        }
        catch (FormatException newer)
        {
            throw StoreErrors.Newer(Folder.Path, newer);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.NotWritable(Folder.Path, failure);
        }
    }

    public void Dispose()
    {
        TryWriteHeld();

        // It waits for what is being written, of which this process is the owner.
        File.Dispose();
        _room.Dispose();
        Owners.Dispose();
    }

    private void TryWriteHeld()
    {
        try
        {
            WriteHeldAsync().GetAwaiter().GetResult();
        }
        catch (DcrException)
        {
            // Whoever uses the ledger next tries again.
        }
    }
}
