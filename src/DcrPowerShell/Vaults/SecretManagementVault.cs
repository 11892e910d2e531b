using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Vaults.SecretStore;

namespace DcrPowerShell.Vaults;

/// <summary>
/// A registered SecretManagement vault, called from the pipeline thread, or where there is none on the caller's. Secrets go in and out as
/// SecureStrings. What workers wait for at the same time is written in one go. Writes wait for those of other processes: many vaults,
/// SecretStore among them, read, change and write a whole file.
/// </summary>
internal sealed class SecretManagementVault(string name, SecretManagement vaults, IVaultPipeline? pump) : ISecretVault
{
    private const int Tries = 3;

    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(1);

    private readonly VaultCommands _commands = new(name, new VaultPatience(name, vaults.LongestCall, pump), vaults);
    private readonly ConcurrentQueue<PendingWrite> _writes = new();
    private readonly object _checkGate = new();
    private Task? _check;

    public string Name => name;

    /// <summary>One look is enough for all workers that wait for one at the same time.</summary>
    public Task CheckOpenAsync()
    {
        if (pump is null)
        {
            CheckOpen();
            return Task.CompletedTask;
        }

        lock (_checkGate)
        {
            return _check ??= CheckAsync(pump);
        }
    }

    public Task<string?> GetAsync(string secretName) => ReadAsync(() => _commands.Read(secretName));

    public async Task<int> WriteAsync(string secretName, Func<VaultWrite?> begin)
    {
        var write = new PendingWrite(secretName, begin);
        _writes.Enqueue(write);
        try
        {
            await WhenFreeAsync(() => write.IsDone || (TryAlone(() => Write(write)) && write.IsDone)).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            write.End(failure);
        }

        await write.Done.ConfigureAwait(false);
        return ChangesByOthers;
    }

    public Task<int> ChangesByOthersAsync() => ReadAsync(() => ChangesByOthers);

    public Task<IReadOnlyList<string>> ListAsync(string prefix) => ReadAsync(() => _commands.List(prefix));

    private int ChangesByOthers => IsSecretStore ? vaults.SecretStore.ChangesByOthers : 0;

    private bool IsSecretStore => ModuleName == VaultLock.SecretStore;

    private string ModuleName => vaults.Registry.ModuleOf(name);

    /// <summary>What the lock is about: SecretStore's vaults are one store.</summary>
    private string LockName => IsSecretStore ? VaultLock.SecretStore : $"{ModuleName}-{name}";

    private async Task CheckAsync(IVaultPipeline pipeline)
    {
        try
        {
            await pipeline.OnPipelineThread(() =>
            {
                ForgetCheck();
                CheckOpen();
                return true;
            }).ConfigureAwait(false);
        }
        finally
        {
            ForgetCheck();
        }

        void ForgetCheck()
        {
            lock (_checkGate)
            {
                _check = null;
            }
        }
    }

    private void CheckOpen()
    {
        var registered = vaults.Registry.All();
        var vault =
            registered.FirstOrDefault(found => found.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw VaultErrors.VaultNotFound(name, registered.Select(static found => found.Name).ToList());
        if (IsSecretStore && vaults.SecretStore.Members is null && _commands.ModuleMissing(vault.ModulePath) is { } missing)
        {
            throw missing;
        }

        if (IsSecretStore && vaults.SecretStore.Load(vault.ModulePath) is { } members)
        {
            CheckUnlocked(members);
        }
        else
        {
            // Listing would be dearer: some vaults fetch everything for it.
            _commands.Read("dcr-lock-check");
        }
    }

    /// <summary>
    /// The first look of a process reads SecretStore's files, or makes them, and another process may be doing the same. So it is alone,
    /// and what fails is looked at once more.
    /// </summary>
    private void CheckUnlocked(SecretStoreMembers members)
    {
        string? tell;
        try
        {
            tell = members.OpenStore is null ? LookAlone() : vaults.SecretStore.CheckUnlocked(members);
        }
        catch (VaultException first) when (!first.IsLocked)
        {
            tell = LookAlone();
        }

        if (tell is not null)
        {
            pump?.Warning(tell);
        }

        string? LookAlone()
        {
            IDisposable? alone = null;
            try
            {
                alone = VaultLock.TryTake(VaultLock.SecretStore, vaults.LongestTurn);
            }
            catch (Exception noLock) when (noLock is IOException or UnauthorizedAccessException)
            {
                // Then side by side, as with a write.
            }

            using (alone)
            {
                return vaults.SecretStore.CheckUnlocked(members);
            }
        }
    }

    /// <summary>
    /// SecretStore writes its whole file for one secret: whoever comes first writes all that wait. Of another vault one, so that other
    /// processes get their turn.
    /// </summary>
    private void Write(PendingWrite own)
    {
        var members = IsSecretStore ? vaults.SecretStore.Members : null;
        var begun = new Dictionary<string, PendingWrite>(StringComparer.OrdinalIgnoreCase);
        foreach (var write in TakeWaiting())
        {
            // Of several for one secret the last one counts: it comes last.
            if ((members is null && write != own) || begun.ContainsKey(write.Name) || !write.TryBegin())
            {
                _writes.Enqueue(write);
            }
            else if (!write.IsDone)
            {
                begun[write.Name] = write;
            }
        }

        if (begun.Count == 0)
        {
            return;
        }

        var failure = Attempt(
            members is null
                ? () => _commands.Write(own.Name, own.Text)
                : () => vaults.SecretStore.Write(members, begun.ToDictionary(static pair => pair.Key, static pair => pair.Value.Text))
        );
        foreach (var write in begun.Values)
        {
            write.End(failure);
        }
    }

    private List<PendingWrite> TakeWaiting()
    {
        var waiting = new List<PendingWrite>();
        while (_writes.TryDequeue(out var write))
        {
            if (!write.IsDone)
            {
                waiting.Add(write);
            }
        }

        return waiting;
    }

    /// <summary>More than once, where that may help: what is written may be the only copy.</summary>
    /// <returns>Why it failed; null where it did not.</returns>
    private static Exception? Attempt(Action write)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                write();
                return null;
            }
            catch (VaultException failure) when (left > 1 && !failure.IsLocked && !failure.IsOver)
            {
                // Once more.
            }
            catch (Exception failure)
            {
                return failure;
            }
        }
    }

    private async Task<T> OnPipelineThread<T>(Func<T> action) =>
        pump is null ? action() : await pump.OnPipelineThread(action).ConfigureAwait(false);

    /// <summary>Reads on the pipeline thread, and fresh data.</summary>
    /// <exception cref="VaultException">It failed, or another process kept the vault too long.</exception>
    private async Task<T> ReadAsync<T>(Func<T> read)
    {
        var result = default(T)!;
        await WhenFreeAsync(() =>
        {
            if (!(IsSecretStore && vaults.SecretStore.IsStale))
            {
                result = read();
                return true;
            }

            return TryAlone(() =>
            {
                if (vaults.SecretStore.Members is { } members)
                {
                    vaults.SecretStore.Renew(members);
                }

                result = read();
            });
        }).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Tries something on the pipeline thread until it is done. Whoever waits for another process leaves that thread to the messages.
    /// </summary>
    /// <exception cref="VaultException">It failed, or another process kept the vault too long.</exception>
    private async Task WhenFreeAsync(Func<bool> attempt)
    {
        Stopwatch? time = null;
        var pauses = new Random();
        using var wait = new Wait(pump is null ? null : pump.Waiting);
        while (!await OnPipelineThread(attempt).ConfigureAwait(false))
        {
            // The pipeline thread may have been busy until now.
            time ??= Stopwatch.StartNew();
            if (time.Elapsed > vaults.LongestTurn)
            {
                throw new VaultException($"another process has been writing to it for {Duration.Say(vaults.LongestTurn)}");
            }

            if (!wait.IsTold && time.Elapsed > LongWait)
            {
                var text = $"Another process is writing to vault '{name}'; waiting for it.";
                pump?.Verbose(text);
                wait.Tell(text);
            }

            // At uneven times: the others may write at a fixed beat.
            await Task.Delay(pauses.Next(10, 50)).ConfigureAwait(false);
        }
    }

    /// <summary>Does something alone among the processes of this user: the lock is held only meanwhile.</summary>
    /// <returns>False while another process has the lock.</returns>
    private bool TryAlone(Action action)
    {
        // The runspaces of this process share SecretStore's copy, and should wait in line instead of polling.
        lock (vaults.Runspace.Line)
        {
            IDisposable? held = null;
            try
            {
                held = VaultLock.TryTake(LockName);
                if (held is null)
                {
                    return false;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                TellOfNoLock(failure);
            }

            using (held)
            {
                action();
                return true;
            }
        }
    }

    /// <summary>
    /// Without a lock it goes on: most vaults are written by one process at a time, and to fail would keep a read-only home from
    /// working with a vault elsewhere. Only of SecretStore is it known that writes at the same time take each other's away.
    /// </summary>
    private void TellOfNoLock(Exception failure)
    {
        if (pump is not null && vaults.TellsOfNoLock())
        {
            Action<string> tell = IsSecretStore ? pump.Warning : pump.Verbose;
            tell(
                $"No lock file could be made for vault '{name}': {Redaction.Printable(failure.Message)} Until that is possible, write to "
                    + "it from one process at a time."
            );
        }
    }

    /// <summary>A write that waits for the vault.</summary>
    private sealed class PendingWrite(string name, Func<VaultWrite?> begin)
    {
        private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private VaultWrite? _write;

        public string Name => name;

        public Task Done => _done.Task;

        public bool IsDone => _done.Task.IsCompleted;

        /// <summary>Null where the secret is to be removed.</summary>
        public string? Text => _write?.Text;

        /// <summary>Looks what is to be written. It may be done with that.</summary>
        /// <returns>False while another process writes this secret.</returns>
        public bool TryBegin()
        {
            try
            {
                _write = begin();
                if (_write is { IsOver: true })
                {
                    End(failure: null);
                }

                return _write is not null;
            }
            catch (Exception failure)
            {
                End(failure);
                return true;
            }
        }

        public void End(Exception? failure)
        {
            if (failure is VaultException { LeftBehind: { } call })
            {
                // It may still write: nobody writes this secret before it has come back, or this process has ended.
                call.ContinueWith(_ => _write?.Turn?.Dispose(), TaskScheduler.Default);
            }
            else
            {
                _write?.Turn?.Dispose();
            }

            _ = failure is null ? _done.TrySetResult(true) : _done.TrySetException(failure);
        }
    }
}
