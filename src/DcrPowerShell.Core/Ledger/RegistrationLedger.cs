using System;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What this user has asked of servers, what came back, and where it is kept (docs/ledger.md). For all threads of a process; several
/// processes may have the same folder open.
/// </summary>
internal sealed class RegistrationLedger : IDisposable
{
    private readonly LedgerDisk _disk;
    private readonly LedgerFrames _frames;

    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged: a newer version wrote it.</exception>
    public RegistrationLedger(IStoreFolder folder, ILedgerKeys keys)
    {
        _disk = new LedgerDisk(folder, keys);
        _frames = new LedgerFrames(keys);
        Registrations = new LedgerRegistrations(_disk, _frames);
        Secrets = new LedgerSecrets(_disk, _frames);
        Unreadable = new UnreadableSecrets(_disk, _frames);
        Requests = new LedgerRequests(_disk, _frames, Registrations, Unreadable);
        Vaults = new LedgerVaults(_disk, _frames, Registrations, Requests);
        Backup = new LedgerBackup(_disk, _frames, Vaults);
    }

    public LedgerRequests Requests { get; }

    public LedgerRegistrations Registrations { get; }

    public LedgerVaults Vaults { get; }

    public UnreadableSecrets Unreadable { get; }

    public LedgerSecrets Secrets { get; }

    public LedgerBackup Backup { get; }

    /// <summary>The ledger's own, whatever folder it is in.</summary>
    public string Id => _frames.LedgerId.ToString();

    /// <summary>The path of the store's folder, for messages.</summary>
    public string Path => _disk.Folder.Path;

    public LedgerFile File => _disk.File;

    /// <summary>Why it is in memory, and ends with the process; null where it is on the disk.</summary>
    public string? WhyInMemory => (_disk.Folder as MemoryFolder)?.Why;

    /// <summary>Why it can only be read; null where it can be written, too.</summary>
    public Exception? WhyReadOnly => (_disk.Folder as ReadOnlyFolder)?.Why;

    /// <summary>Whether other processes are kept out while one writes.</summary>
    public bool LocksWork => _disk.Folder.LocksWork;

    /// <summary>Whether frames are missing that may have been registrations of tenants which seem to be new.</summary>
    public bool LacksFrames => File.Look(static state => state.LacksFrames);

    /// <summary>Whether a backup was ever made.</summary>
    public bool HasBackup => _disk.Guard(() => StoreSettings.Read(_disk.Folder).LastBackupAt is not null);

    /// <exception cref="DcrException">StoreReadOnly: it can only be read.</exception>
    public void RequireWritable()
    {
        if (WhyReadOnly is { } why)
        {
            throw StoreErrors.NotWritable(Path, why);
        }
    }

    /// <summary>A lock across the processes that have this folder, for what is not the ledger's own.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public IDisposable TakeLock(string name) => _disk.Guard(() => StoreLock.Take(_disk.Folder, name));

    /// <inheritdoc cref="LedgerDisk.ReadOn"/>
    public void ReadOn() => _disk.ReadOn();

    /// <summary>Makes sure that the file can be written and flushed.</summary>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public void Prove() =>
        _disk
            .WriteAsync(static _ => [new FrameDraft(new FrameHeader { Kind = FrameKind.Mark }, [], [])], isDurable: true)
            .GetAwaiter()
            .GetResult();

    /// <summary>What is missing counts as lost: new tenants are registered again.</summary>
    /// <returns>False where nothing is missing.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public async Task<bool> GiveUpLostAsync()
    {
        var mark = new FrameDraft(new FrameHeader { Kind = FrameKind.Mark, Reference = FrameHeader.GivenUp }, [], []);
        var written = await _disk.WriteAsync(state => state.LacksFrames ? [mark] : [], isDurable: true).ConfigureAwait(false);
        return written.Count > 0;
    }

    /// <summary>Writes what counts into a new file, sealed with the active key, and drops the rest from the disk.</summary>
    /// <returns>False where another process compacts it at the moment.</returns>
    /// <exception cref="DcrException">StoreReadOnly.</exception>
    public bool Compact() => _disk.Guard(File.Compact);

    public void Dispose() => _disk.Dispose();
}
