using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Vaults.SecretStore;

namespace DcrPowerShell.Vaults;

/// <summary>
/// A registered SecretManagement vault, called from the pipeline thread, or where there is none on the caller's. Secrets go in and out as
/// SecureStrings. What workers wait for at the same time is written in one go. Writes wait for those of other processes: many vaults,
/// SecretStore among them, read, change and write a whole file.
/// </summary>
internal sealed class SecretManagementVault(string name, IVaultPipeline? pump) : ISecretVault
{
    private const int Tries = 3;

    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<string, string> Modules = new(StringComparer.OrdinalIgnoreCase);
    private static int _lacksLock;

    private readonly VaultPatience _patience = new(name, pump);
    private readonly ConcurrentQueue<PendingWrite> _writes = new();
    private readonly object _checkGate = new();
    private Task? _check;

    /// <summary>How long a call waits for another process.</summary>
    internal static TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(10);

    public string Name => name;

    /// <summary>Names of the registered vaults, and the default one's. Reads the registry of vaults, not a vault.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public static (IReadOnlyList<string> Names, string? Default) Registered()
    {
        var vaults = VaultRunspace.RegisteredVaults();
        return (vaults.Select(NameOf).ToList(), vaults.Where(vault => Property<bool>(vault, "IsDefault")).Select(NameOf).FirstOrDefault());
    }

    /// <summary>The module of a registered vault's extension; null where there is no vault of that name.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public static string? ModuleOf(string vault) => Registration(vault) is { } found ? Property<string>(found, "ModuleName") : null;

    /// <summary>Where SecretStore is, of whose vaults at least one must be registered.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound, VaultWriteFailed.</exception>
    public static string SecretStorePath() =>
        VaultRunspace
            .RegisteredVaults()
            .Where(vault => Property<string>(vault, "ModuleName") == VaultLock.SecretStore)
            .Select(vault => Property<string>(vault, "ModulePath"))
            .FirstOrDefault()
        ?? throw InputErrors.StoreNotRestored(
            "no vault of it is registered",
            $"Register one: Register-SecretVault -Name DcrVault -ModuleName {VaultLock.SecretStore}."
        );

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

    public Task<string?> GetAsync(string secretName) => ReadAsync(() => Read(secretName));

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

    public Task<IReadOnlyList<string>> ListAsync(string prefix) => ReadAsync<IReadOnlyList<string>>(() =>
        Call("Get-SecretInfo", written: null, ("Name", prefix + "*"), ("Vault", name))
            .Select(NameOf)
            .Where(found => found.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(found => found, StringComparer.Ordinal)
            .ToList());

    private int ChangesByOthers => IsSecretStore ? OpenSecretStore.ChangesByOthers : 0;

    private bool IsSecretStore => ModuleName == VaultLock.SecretStore;

    /// <summary>
    /// Of the vault's extension; empty where no such vault is registered, which calling it will tell. It hardly ever changes.
    /// </summary>
    private string ModuleName => Modules.GetOrAdd(name, static name => ModuleOf(name) ?? "");

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
        var vault = Registration(name) ?? throw InputErrors.VaultNotFound(name, Registered().Names);
        var (module, path) = (Property<string>(vault, "ModuleName"), Property<string>(vault, "ModulePath"));
        Modules[name] = module;
        if (module == VaultLock.SecretStore && SecretStoreMembers.Found is null && WhereMissing(path) is { } missing)
        {
            throw missing;
        }

        if (module == VaultLock.SecretStore && SecretStoreMembers.Load(path) is { } members)
        {
            CheckUnlocked(members);
        }
        else
        {
            // Listing would be dearer: some vaults fetch everything for it.
            Read("dcr-lock-check");
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
            tell = members.OpenStore is null ? LookAlone() : OpenSecretStore.CheckUnlocked(members);
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
                alone = VaultLock.TryTake(VaultLock.SecretStore, LongestWait);
            }
            catch (Exception noLock) when (noLock is IOException or UnauthorizedAccessException)
            {
                // Then side by side, as with a write.
            }

            using (alone)
            {
                return OpenSecretStore.CheckUnlocked(members);
            }
        }
    }

    /// <summary>
    /// SecretStore writes its whole file for one secret: whoever comes first writes all that wait. Of another vault one, so that other
    /// processes get their turn.
    /// </summary>
    private void Write(PendingWrite own)
    {
        var members = IsSecretStore ? SecretStoreMembers.Found : null;
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
                ? () => WriteOne(own)
                : () => OpenSecretStore.Write(members, begun.ToDictionary(static pair => pair.Key, static pair => pair.Value.Text))
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

    // Never with -Metadata: on a vault without metadata SecretManagement then removes the secret that it has just written.
    // The SecureString is not disposed: it is handed to the vault itself, which may keep it.
    private void WriteOne(PendingWrite write)
    {
        if (write.Text is { } value)
        {
            Call(
                "Set-Secret",
                value,
                ("Name", write.Name),
                (value.Length <= SecureText.Longest ? "SecureStringSecret" : "Secret", SecureText.ForVault(value)),
                ("Vault", name)
            );
            if (Read(write.Name, value) != value)
            {
                throw new VaultException("it reported success, and reading back gave something else");
            }
        }
        else if (Read(write.Name) is not null)
        {
            Call("Remove-Secret", written: null, ("Name", write.Name), ("Vault", name));
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
            if (!(IsSecretStore && OpenSecretStore.IsStale))
            {
                result = read();
                return true;
            }

            return TryAlone(() =>
            {
                if (SecretStoreMembers.Found is { } members)
                {
                    OpenSecretStore.Renew(members);
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
            if (time.Elapsed > LongestWait)
            {
                throw new VaultException($"another process has been writing to it for {Duration.Say(LongestWait)}");
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
        lock (VaultLock.InProcess)
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
        if (pump is not null && Interlocked.Exchange(ref _lacksLock, 1) == 0)
        {
            Action<string> tell = IsSecretStore ? pump.Warning : pump.Verbose;
            tell(
                $"No lock file could be made for vault '{name}': {Redaction.Printable(failure.Message)} Until that is possible, write to "
                    + "it from one process at a time."
            );
        }
    }

    /// <summary>As plain text: of a text that is too long for a SecureString, Get-Secret gives nothing otherwise.</summary>
    /// <param name="written">What was written there just now, if anything: no message may show it.</param>
    private string? Read(string secretName, string? written = null)
    {
        var (output, errors) = CallWithErrors("Get-Secret", written, ("Name", secretName), ("Vault", name), ("AsPlainText", true));
        if (
            errors.FirstOrDefault(static error => !error.FullyQualifiedErrorId.StartsWith("GetSecretNotFound", StringComparison.Ordinal)) is
            { } failure
        )
        {
            throw Failure(failure.Exception, written);
        }

        return output.Select(item => item?.BaseObject).FirstOrDefault() switch
        {
            SecureString secure => SecureText.Reveal(secure),
            string text => text,
            _ => null,
        };
    }

    private IReadOnlyList<PSObject> Call(string command, string? written, params (string Name, object? Value)[] parameters)
    {
        var (output, errors) = CallWithErrors(command, written, parameters);
        return errors.Count == 0 ? output : throw Failure(errors[0].Exception, written);
    }

    /// <summary>
    /// Calls a command, again and again while another runspace of this process is using SecretManagement, which then refuses to
    /// be called, or says "not found" of what is there: what was registered cannot be had a second time.
    /// </summary>
    private (IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors) CallWithErrors(
        string command,
        string? written,
        params (string Name, object? Value)[] parameters
    )
    {
        var time = Stopwatch.StartNew();
        var pauses = new Random();
        while (true)
        {
            try
            {
                var result = VaultRunspace.Invoke(_patience, command, parameters);
                if (!result.Errors.Any(static error => VaultFailure.IsOfRunspace(error.Exception)))
                {
                    return result;
                }

                if (time.Elapsed > VaultRunspace.LongestBusy)
                {
                    throw Failure(result.Errors.First(static error => VaultFailure.IsOfRunspace(error.Exception)).Exception, written);
                }
            }
            catch (Exception failure) when (failure is not (DcrException or VaultException))
            {
                // Whatever a vault throws is a refusal: what it was to keep must not get lost for it.
                if (time.Elapsed > VaultRunspace.LongestBusy || !VaultFailure.IsOfRunspace(failure))
                {
                    throw Failure(failure, written);
                }
            }

            // At uneven times: the others may call at a fixed beat.
#pragma warning disable RS0030 // SecretManagement does not say when others are done with it.
            Thread.Sleep(pauses.Next(1, 20));
#pragma warning restore RS0030
        }
    }

    /// <summary>A vault whose module is gone from where it was registered fails in words that tell nothing of that.</summary>
    private VaultException Failure(Exception failure, string? written) =>
        WhereMissing(Registration(name) is { } vault ? Property<string>(vault, "ModulePath") : null) ?? VaultFailure.Of(failure, written);

    private VaultException? WhereMissing(string? path) =>
        path is { Length: > 0 } && Path.IsPathRooted(path) && !Directory.Exists(path) && !File.Exists(path)
            ? new VaultException($"its module is no longer in '{path}'")
            {
                NextStep =
                    $"Register the vault again: Register-SecretVault -Name '{name}' -AllowClobber -ModuleName with where the module is "
                        + "now.",
            }
            : null;

    private static PSObject? Registration(string vault) =>
        VaultRunspace.RegisteredVaults().FirstOrDefault(found => NameOf(found).Equals(vault, StringComparison.OrdinalIgnoreCase));

    private static string NameOf(PSObject item) => Property<string>(item, "Name");

    private static T Property<T>(PSObject item, string property) => (T)item.Properties[property].Value;

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
