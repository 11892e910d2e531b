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

    public Task<string?> GetAsync(string secretName) => RunAsync(writes: false, () => Read(secretName));

    public async Task<int> StoreAsync(string secretName, string value)
    {
        await WriteAsync(new PendingWrite(secretName, value)).ConfigureAwait(false);
        return ChangesByOthers;
    }

    public Task RemoveAsync(string secretName) => WriteAsync(new PendingWrite(secretName, null));

    public Task<int> ChangesByOthersAsync() => RunAsync(writes: false, () => ChangesByOthers);

    public Task<IReadOnlyList<string>> ListAsync(string prefix) => RunAsync<IReadOnlyList<string>>(writes: false, () =>
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

    private async Task WriteAsync(PendingWrite write)
    {
        _writes.Enqueue(write);
        try
        {
            // Whoever comes first writes for all.
            await RunAsync(writes: true, WriteWaiting).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            write.Done.TrySetException(failure);
        }

        await write.Done.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// SecretStore writes its whole file for one secret: all that wait go in at once. Of another vault one, so that other processes get
    /// their turn.
    /// </summary>
    private bool WriteWaiting()
    {
        if (!IsSecretStore || SecretStoreMembers.Found is not { } members)
        {
            if (NextWrites().FirstOrDefault() is { } write)
            {
                Attempt(() => WriteOne(write), [write]);
            }

            return true;
        }

        var batch = new Dictionary<string, List<PendingWrite>>(StringComparer.OrdinalIgnoreCase);
        foreach (var write in NextWrites())
        {
            batch[write.Name] = batch.TryGetValue(write.Name, out var same) ? [.. same, write] : [write];
        }

        if (batch.Count == 0)
        {
            return true;
        }

        // Of several for one secret the last one counts.
        Attempt(
            () => OpenSecretStore.Write(members, batch.ToDictionary(static pair => pair.Key, static pair => pair.Value.Last().Value)),
            batch.Values.SelectMany(static same => same).ToList()
        );
        return true;
    }

    private IEnumerable<PendingWrite> NextWrites()
    {
        while (_writes.TryDequeue(out var write))
        {
            if (!write.Done.Task.IsCompleted)
            {
                yield return write;
            }
        }
    }

    /// <summary>More than once, where that may help: what is written may be the only copy.</summary>
    private static void Attempt(Action write, List<PendingWrite> writes)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                write();
                writes.ForEach(static written => written.Done.TrySetResult(true));
                return;
            }
            catch (VaultException failure) when (left <= 1 || failure.IsLocked || failure.IsOver)
            {
                writes.ForEach(written => written.Done.TrySetException(failure));
                return;
            }
            catch (VaultException)
            {
                // Once more.
            }
            catch (Exception failure)
            {
                writes.ForEach(written => written.Done.TrySetException(failure));
                return;
            }
        }
    }

    // Never with -Metadata: on a vault without metadata SecretManagement then removes the secret that it has just written.
    // The SecureString is not disposed: it is handed to the vault itself, which may keep it.
    private void WriteOne(PendingWrite write)
    {
        if (write.Value is { } value)
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

    /// <summary>
    /// Runs an action on the pipeline thread: a write alone among the processes of this user, and a read on fresh data. The
    /// lock is held only while the action runs; whoever waits for it leaves the pipeline thread to the messages.
    /// </summary>
    /// <exception cref="VaultException">It failed, or another process kept the vault too long.</exception>
    private async Task<T> RunAsync<T>(bool writes, Func<T> action)
    {
        var time = Stopwatch.StartNew();
        var pauses = new Random();
        using var wait = new Wait(pump is null ? null : pump.Waiting);
        while (true)
        {
            var result = default(T)!;
            if (await OnPipelineThread(() => TryRun(writes, action, out result)).ConfigureAwait(false))
            {
                return result;
            }

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

    /// <summary>False while another process has the lock.</summary>
    private bool TryRun<T>(bool writes, Func<T> action, out T result)
    {
        var hasNothingToDo = writes && _writes.IsEmpty;
        if (hasNothingToDo || (!writes && !(IsSecretStore && OpenSecretStore.IsStale)))
        {
            result = hasNothingToDo ? default! : action();
            return true;
        }

        // The runspaces of this process share SecretStore's copy, and should wait in line instead of polling.
        lock (VaultLock.InProcess)
        {
            IDisposable? held = null;
            try
            {
                held = VaultLock.TryTake(LockName);
                if (held is null)
                {
                    result = default!;
                    return false;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                TellOfNoLock(failure);
            }

            using (held)
            {
                if (!writes && SecretStoreMembers.Found is { } members)
                {
                    OpenSecretStore.Renew(members);
                }

                result = action();
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

    /// <summary>A secret that is to be written; null for one that is to be removed.</summary>
    private sealed record PendingWrite(string Name, string? Value)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
