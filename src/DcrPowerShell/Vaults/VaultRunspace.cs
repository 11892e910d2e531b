using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Vaults.SecretStore;

namespace DcrPowerShell.Vaults;

/// <summary>
/// The one runspace of the process where SecretManagement's commands run, one at a time: SecretManagement itself uses a single
/// static runspace and fails when two call at once. Being its own, it still works while the user's pipeline is being
/// stopped, and finds the real commands whatever functions the user has defined. A vault of another maker can prompt here all the same,
/// on the user's console, once the user has called SecretManagement there: its static runspace has that console's host from then on.
/// </summary>
internal sealed class VaultRunspace
{
    public const string SecretManagement = "Microsoft.PowerShell.SecretManagement";

    private readonly object _gate = new();
    private PowerShell? _shell;
    private LeftBehind? _leftBehind;

    /// <summary>Held with a vault's lock (<see cref="VaultLock"/>) by the one thread of this process that is using it.</summary>
    public object Line { get; } = new();

    /// <summary>Runs something in the runspace, alone in this process.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public T Use<T>(Func<PowerShell, T> use)
    {
        lock (_gate)
        {
            _shell ??= Open();
            _shell.Commands.Clear();
            _shell.Streams.ClearStreams();
            return use(_shell);
        }
    }

    /// <summary>Does something while no command runs there.</summary>
    public void Alone(Action action)
    {
        lock (_gate)
        {
            action();
        }
    }

    /// <summary>
    /// Runs one command of SecretManagement. The calling thread waits for it, but not without end: a vault that hangs cannot be stopped
    /// (PowerShell.Stop comes back only when the vault does), so its call is left behind.
    /// </summary>
    /// <returns>What it gave, and the errors it wrote without throwing.</returns>
    /// <exception cref="RuntimeException">It threw.</exception>
    /// <exception cref="VaultException">It hangs, now or since an earlier call.</exception>
    public (IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors) Invoke(
        VaultPatience patience,
        string command,
        params (string Name, object? Value)[] parameters
    )
    {
        _leftBehind?.Refuse(patience.Vault);
        return Use(shell =>
        {
            // Once more: the caller that this one waited for may have left its call behind.
            _leftBehind?.Refuse(patience.Vault);
            shell.AddCommand($@"{SecretManagement}\{command}");
            foreach (var (name, value) in parameters)
            {
                shell.AddParameter(name, value);
            }

            var call = Task.Factory.StartNew(shell.Invoke, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (patience.Wait(call, command) is { } why)
            {
                _leftBehind = new LeftBehind(patience.Vault, call, why);
                _shell = null;
                throw _leftBehind.Refusal(patience.Vault, call);
            }

            return ((IReadOnlyList<PSObject>)call.GetAwaiter().GetResult(), (IReadOnlyList<ErrorRecord>)shell.Streams.Error.ToList());
        });
    }

    /// <summary>
    /// Does something to a vault's extension that must not happen while the user calls it from another runspace: SecretStore's
    /// own helper runspace does not bear two callers, and takes the process down. A command that waits for input occupies
    /// SecretManagement's single runspace meanwhile, so that the user's calls fail as they do during any call of ours.
    /// </summary>
    /// <exception cref="VaultException">Others kept it busy.</exception>
    public void WithSecretManagementOccupied(Action action) => Use(_ =>
    {
        // Where there is none, nobody is calling.
        if (SecretStoreMembers.RunspaceOfSecretManagement(LoadedAssembly()) is not { } runspace)
        {
            action();
            return true;
        }

        var wait = new BusyWait();
        while (true)
        {
            using var input = new PSDataCollection<object>();
            using var shell = PowerShell.Create();
            shell.Runspace = runspace;
            var running = shell.AddCommand("Out-Null").BeginInvoke(input);
            if (!running.IsCompleted)
            {
                try
                {
                    action();
                    return true;
                }
                finally
                {
                    input.Complete();
                    shell.EndInvoke(running);
                }
            }

            if (wait.IsOver)
            {
                throw new VaultException("others in this process kept SecretManagement busy");
            }

            wait.Pause();
        }
    });

    private static PowerShell Open()
    {
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([LoadedModulePath() ?? SecretManagement]);
        var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        try
        {
            runspace.Open();
            var shell = PowerShell.Create();
            shell.Runspace = runspace;
            shell
                .AddCommand("Get-Command")
                .AddParameter("Name", $@"{SecretManagement}\Get-Secret")
                .AddParameter("ErrorAction", ActionPreference.Stop)
                .Invoke();
            return shell;
        }
        catch (RuntimeException failure)
        {
            runspace.Dispose();
            throw VaultErrors.SecretManagementNotFound(failure);
        }
    }

    /// <summary>
    /// The very module that is loaded, should several versions be installed: its unlocked vaults are the ones that are open.
    /// </summary>
    private static string? LoadedModulePath()
    {
        var loaded = LoadedAssembly();
        return loaded is null ? null
            : Path.Combine(Path.GetDirectoryName(loaded.Location)!, SecretManagement + ".psd1") is var path && File.Exists(path) ? path
            : null;
    }

    private static Assembly? LoadedAssembly() =>
        AppDomain
            .CurrentDomain.GetAssemblies()
            .FirstOrDefault(assembly => !assembly.IsDynamic && assembly.GetName().Name == SecretManagement);

    /// <summary>
    /// A call that did not come back: SecretManagement serves one at a time, so that no vault can be used before it does.
    /// </summary>
    private sealed class LeftBehind(string vault, Task call, WhyLeft why)
    {
        private readonly DateTime _since = DateTime.UtcNow.ToLocalTime();

        /// <exception cref="VaultException">The vault cannot be called.</exception>
        public void Refuse(string other)
        {
            if (!call.IsCompleted || (why == WhyLeft.TookTooLong && other.Equals(vault, StringComparison.OrdinalIgnoreCase)))
            {
                throw Refusal(other);
            }
        }

        /// <param name="leaves">The call that is being left behind just now.</param>
        public VaultException Refusal(string other, Task? leaves = null) =>
            new(
                other.Equals(vault, StringComparison.OrdinalIgnoreCase)
                    ? $"it has not answered a call of {_since:HH:mm:ss}, which was left "
                        + $"behind{(why == WhyLeft.TookTooLong ? ", and it is not called again in this process" : "")}"
                    : $"vault '{vault}' has not answered a call of {_since:HH:mm:ss}, and SecretManagement serves one call at a time"
            )
            {
                IsOver = true,
                LeftBehind = leaves,
                NextStep =
                    "See what the vault waits for: its network, or an answer at a prompt. Then start a new PowerShell and connect: the "
                        + "local store has what the vault lacks, and gives it then.",
            };
    }
}
