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
using DcrPowerShell.Files;
using DcrPowerShell.Hosting;
using DcrPowerShell.Vaults.SecretStore;

namespace DcrPowerShell.Vaults;

/// <summary>
/// A registered SecretManagement vault, called from the pipeline thread, or where there is none on the caller's. Secrets go in and out as SecureStrings. Writes wait for
/// those of other processes: many vaults, SecretStore among them, read, change and write a whole file.
/// </summary>
internal sealed class SecretManagementVault(string name, PipelinePump? pump) : ISecretVault
{
    private const int Tries = 3;

    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<string, string> Modules = new(StringComparer.OrdinalIgnoreCase);
    private static int _lacksLock;
    private static int _lacksCopy;

    /// <summary>How long a call waits for another process. RegistrationStore repeats what fails: its writes wait three times as long.</summary>
    internal static TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(10);

    public string Name => name;

    /// <summary>What the vault is known by among those of this user: SecretStore's vaults are one store.</summary>
    public string Key => IsSecretStore ? VaultLock.SecretStore : $"{ModuleName}-{name}";

    /// <summary>Names of the registered vaults, and the default one's. Reads the registry of vaults, not a vault.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public static (IReadOnlyList<string> Names, string? Default) Registered()
    {
        var vaults = VaultRunspace.Invoke("Get-SecretVault").Output;
        return (vaults.Select(NameOf).ToList(), vaults.Where(vault => Property<bool>(vault, "IsDefault")).Select(NameOf).FirstOrDefault());
    }

    /// <summary>The module of a registered vault's extension; null where there is no vault of that name.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public static string? ModuleOf(string vault) =>
        VaultRunspace.Invoke("Get-SecretVault").Output.Where(found => NameOf(found).Equals(vault, StringComparison.OrdinalIgnoreCase)).Select(found => Property<string>(found, "ModuleName")).FirstOrDefault();

    /// <summary>Where SecretStore is, of whose vaults at least one must be registered.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound, VaultWriteFailed.</exception>
    public static string SecretStorePath() =>
        VaultRunspace.Invoke("Get-SecretVault").Output.Where(vault => Property<string>(vault, "ModuleName") == VaultLock.SecretStore).Select(vault => Property<string>(vault, "ModulePath")).FirstOrDefault()
            ?? throw DcrErrors.StoreNotRestored("no vault of it is registered", $"Register one: Register-SecretVault -Name DcrVault -ModuleName {VaultLock.SecretStore}.");

    public Task CheckOpenAsync() => OnPipelineThread(() =>
    {
        var vault = VaultRunspace.Invoke("Get-SecretVault").Output.FirstOrDefault(vault => NameOf(vault).Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw DcrErrors.VaultNotFound(name, Registered().Names);
        Modules[name] = Property<string>(vault, "ModuleName");
        if (Modules[name] == VaultLock.SecretStore)
        {
            CheckUnlocked(Property<string>(vault, "ModulePath"));
        }
        else
        {
            // Listing would be dearer: some vaults fetch everything for it.
            Read("dcr-lock-check");
        }

        return true;
    });

    /// <summary>
    /// The first look of a process reads SecretStore's files, and another process may be in the middle of writing them. So what
    /// fails is looked at once more with no writer beside it.
    /// </summary>
    private static void CheckUnlocked(string modulePath)
    {
        try
        {
            SecretStoreCopy.CheckUnlocked(modulePath);
        }
        catch (Exception first) when (first is not DcrException)
        {
            try
            {
                using var alone = VaultLock.TryTake(VaultLock.SecretStore, LongWait);
                SecretStoreCopy.CheckUnlocked(modulePath);
            }
            catch (Exception noLock) when (noLock is IOException or UnauthorizedAccessException)
            {
                throw Refusal(first);
            }
            catch (Exception failure) when (failure is not DcrException)
            {
                throw Refusal(failure);
            }
        }
    }

    public Task<string?> GetAsync(string secretName) => RunAsync(writes: false, () => Read(secretName));

    // Never with -Metadata: on a vault without metadata SecretManagement then removes the secret that it has just written.
    // The SecureString is not disposed: it is handed to the vault itself, which may keep it.
    public async Task<int> StoreAsync(string secretName, string value)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await RunAsync(writes: true, () =>
                {
                    Write(() => Call("Set-Secret", ("Name", secretName), ("SecureStringSecret", SecureText.Protect(value)), ("Vault", name)));
                    return Read(secretName) == value ? ChangesByOthers : throw new VaultException("it reported success, and reading back gave something else");
                }).ConfigureAwait(false);
            }
            catch (VaultException failure) when (left > 1 && !failure.IsLocked && !failure.IsOver)
            {
                // Once more: what it keeps may be the only copy.
            }
        }
    }

    public Task RemoveAsync(string secretName) => RunAsync(writes: true, () =>
    {
        if (Read(secretName) is not null)
        {
            Write(() => Call("Remove-Secret", ("Name", secretName), ("Vault", name)));
        }

        return true;
    });

    public Task<int> ChangesByOthersAsync() => RunAsync(writes: false, () => ChangesByOthers);

    public Task<IReadOnlyList<string>> ListAsync(string prefix) => RunAsync<IReadOnlyList<string>>(writes: false, () =>
        Call("Get-SecretInfo", ("Name", prefix + "*"), ("Vault", name))
            .Select(NameOf)
            .Where(found => found.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(found => found, StringComparer.Ordinal)
            .ToList());

    private int ChangesByOthers => IsSecretStore ? SecretStoreCopy.ChangesByOthers : 0;

    private bool IsSecretStore => ModuleName == VaultLock.SecretStore;

    /// <summary>Of the vault's extension; empty where no such vault is registered, which calling it will tell. It hardly ever changes.</summary>
    private string ModuleName => Modules.GetOrAdd(name, _ =>
        VaultRunspace.Invoke("Get-SecretVault").Output.Where(vault => NameOf(vault).Equals(name, StringComparison.OrdinalIgnoreCase)).Select(vault => Property<string>(vault, "ModuleName")).FirstOrDefault() ?? "");

    private void Write(Action write)
    {
        if (IsSecretStore)
        {
            SecretStoreCopy.Write(write);
        }
        else
        {
            write();
        }
    }

    private async Task<T> OnPipelineThread<T>(Func<T> action) => pump is null ? action() : await pump.OnPipelineThread(action).ConfigureAwait(false);

    /// <summary>
    /// Runs an action on the pipeline thread: a write alone among the processes of this user, and a read on fresh data. The
    /// lock is held only while the action runs; whoever waits for it leaves the pipeline thread to the messages.
    /// </summary>
    /// <exception cref="VaultException">It failed, or another process kept the vault too long.</exception>
    private async Task<T> RunAsync<T>(bool writes, Func<T> action)
    {
        var time = Stopwatch.StartNew();
        var pauses = new Random();
        var isTold = false;
        try
        {
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

                if (!isTold && time.Elapsed > LongWait)
                {
                    isTold = true;
                    var text = $"Another process is writing to vault '{name}'; waiting for it.";
                    pump?.Verbose(text);
                    pump?.Waiting(text);
                }

                // At uneven times: the others may write at a fixed beat.
                await Task.Delay(pauses.Next(10, 50)).ConfigureAwait(false);
            }
        }
        finally
        {
            if (isTold)
            {
                pump?.Waiting(null);
            }
        }
    }

    /// <summary>False while another process has the lock.</summary>
    private bool TryRun<T>(bool writes, Func<T> action, out T result)
    {
        if (!writes && !(IsSecretStore && SecretStoreCopy.IsStale))
        {
            result = action();
            return true;
        }

        // The runspaces of this process share SecretStore's copy, and should wait in line instead of polling.
        lock (VaultLock.InProcess)
        {
            IDisposable? held = null;
            try
            {
                held = VaultLock.TryTake(Key);
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
                result = IsSecretStore ? WithRenewedCopy(writes, action) : action();
                return true;
            }
        }
    }

    private T WithRenewedCopy<T>(bool writes, Func<T> action)
    {
        try
        {
            SecretStoreCopy.Renew();
        }
        catch (Exception failure) when (failure is not VaultException)
        {
            throw Refusal(failure);
        }

        if (!writes)
        {
            return action();
        }

        KeepCopy();
        var result = action();
        KeepCopy();
        return result;
    }

    /// <summary>What cannot be copied is written all the same.</summary>
    private void KeepCopy()
    {
        try
        {
            SecretStoreBackup.Keep();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (Interlocked.Exchange(ref _lacksCopy, 1) == 0)
            {
                pump?.Verbose($"No copy of SecretStore's files could be made: {Redaction.Printable(failure.Message)} If a process is killed while it writes them, they are lost.");
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
            tell($"No lock file could be made for vault '{name}': {Redaction.Printable(failure.Message)} Until that is possible, write to it from one process at a time.");
        }
    }

    private string? Read(string secretName)
    {
        var (output, errors) = CallWithErrors("Get-Secret", ("Name", secretName), ("Vault", name));
        if (errors.Count > 0 && !errors.All(error => error.FullyQualifiedErrorId.StartsWith("GetSecretNotFound", StringComparison.Ordinal)))
        {
            throw Refusal(errors[0].Exception);
        }

        return output.Select(item => item?.BaseObject).FirstOrDefault() switch
        {
            SecureString secure => SecureText.Reveal(secure),
            string text => text,
            _ => null,
        };
    }

    private static IReadOnlyList<PSObject> Call(string command, params (string Name, object? Value)[] parameters)
    {
        var (output, errors) = CallWithErrors(command, parameters);
        return errors.Count == 0 ? output : throw Refusal(errors[0].Exception);
    }

    /// <summary>
    /// Calls a command, again and again while another runspace of this process is using SecretManagement, which then refuses to
    /// be called: what was registered cannot be had a second time.
    /// </summary>
    private static (IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors) CallWithErrors(string command, params (string Name, object? Value)[] parameters)
    {
        var time = Stopwatch.StartNew();
        var pauses = new Random();
        while (true)
        {
            try
            {
                var result = VaultRunspace.Invoke(command, parameters);
                if (time.Elapsed > VaultRunspace.LongestBusy || !result.Errors.Any(error => IsBusy(error.Exception)))
                {
                    return result;
                }
            }
            catch (Exception failure) when (failure is not DcrException)
            {
                // Whatever a vault throws is a refusal: what it was to keep must not get lost for it.
                if (time.Elapsed > VaultRunspace.LongestBusy || !IsBusy(failure))
                {
                    throw Refusal(failure);
                }
            }

            // At uneven times: the others may call at a fixed beat.
            Thread.Sleep(pauses.Next(1, 20));
        }
    }

    /// <summary>
    /// "Pipelines cannot be run concurrently" has no type or id of its own, and its words are translated in Windows PowerShell:
    /// the engine's check is told by its name.
    /// </summary>
    private static bool IsBusy(Exception failure) =>
        failure.InnerException is PSInvalidOperationException inner && (inner.StackTrace?.Contains("DoConcurrentCheck") == true || inner.Message.Contains("concurrent"));

    private static VaultException Refusal(Exception failure)
    {
        var root = failure;
        while (root.InnerException is { } inner)
        {
            root = inner;
        }

        // SecretManagement's own exception type, which this assembly does not reference.
        var isLocked = root.GetType().Name == "PasswordRequiredException";
        return root.Message.StartsWith("Store file integrity check failed", StringComparison.Ordinal)
            ? SecretStoreBackup.Unreadable("SecretStore's file fails its integrity check, as it does when a process was killed while writing it", failure)
            : new VaultException(isLocked ? "it is locked" : new Redaction([]).Clean(root.Message)!.TrimEnd('.'), isLocked, failure);
    }

    private static string NameOf(PSObject item) => Property<string>(item, "Name");

    private static T Property<T>(PSObject item, string property) => (T)item.Properties[property].Value;
}
