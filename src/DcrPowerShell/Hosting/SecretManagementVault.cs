using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Hosting;

/// <summary>A registered SecretManagement vault, called from the pipeline thread. Secrets go in and out as SecureStrings.</summary>
internal sealed class SecretManagementVault(string name, PipelinePump pump) : ISecretVault
{
    private const string SecretStore = "Microsoft.PowerShell.SecretStore";
    private static readonly TimeSpan LongestBusy = TimeSpan.FromSeconds(15);

    private const string LockCheck = "dcr-lock-check";

    // Found once: it is asked for at every registration, and a process has many assemblies.
    private static Type? _localSecretStore;

    public string Name => name;

    /// <summary>Names of the registered vaults, and the default one's. Reads the registry of vaults, not a vault.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public static (IReadOnlyList<string> Names, string? Default) Registered()
    {
        var vaults = VaultRunspace.Invoke("Get-SecretVault").Output;
        return (vaults.Select(NameOf).ToList(), vaults.Where(vault => Property<bool>(vault, "IsDefault")).Select(NameOf).FirstOrDefault());
    }

    public Task CheckOpenAsync() => pump.OnPipelineThread(() =>
    {
        var vault = VaultRunspace.Invoke("Get-SecretVault").Output.FirstOrDefault(vault => NameOf(vault).Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw DcrErrors.VaultNotFound(name, Registered().Names);
        if (Property<string>(vault, "ModuleName") == SecretStore)
        {
            CheckSecretStoreUnlocked(Property<string>(vault, "ModulePath"));
        }
        else
        {
            // Listing would be dearer: some vaults fetch everything for it.
            Read(LockCheck);
        }

        return true;
    });

    public Task<string?> GetAsync(string secretName) => pump.OnPipelineThread(() => Read(secretName));

    public Task SetAsync(string secretName, string value) => pump.OnPipelineThread(() =>
    {
        // Never with -Metadata: on a vault without metadata SecretManagement then removes the secret that it has just written.
        // The SecureString is not disposed: it is handed to the vault itself, which may keep it.
        Call("Set-Secret", ("Name", secretName), ("SecureStringSecret", SecureText.Protect(value)), ("Vault", name));
        return true;
    });

    public Task RemoveAsync(string secretName) => pump.OnPipelineThread(() =>
    {
        Call("Remove-Secret", ("Name", secretName), ("Vault", name));
        return true;
    });

    public Task<IReadOnlyList<string>> ListAsync(string prefix) => pump.OnPipelineThread<IReadOnlyList<string>>(() =>
        Call("Get-SecretInfo", ("Name", prefix + "*"), ("Vault", name))
            .Select(NameOf)
            .Where(found => found.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(found => found, StringComparer.Ordinal)
            .ToList());

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

    /// <summary>
    /// Asks SecretStore's own class, as its extension does: reading is what needs the password, and Get-Secret would prompt for
    /// it where the store's configuration allows that.
    /// </summary>
    private static void CheckSecretStoreUnlocked(string modulePath)
    {
        try
        {
            var type = _localSecretStore ??= FindLocalSecretStore() ?? VaultRunspace.Use(shell =>
            {
                shell.AddCommand("Import-Module").AddParameter("Name", modulePath).Invoke();
                return FindLocalSecretStore();
            });
            var store = type!.GetMethod("GetInstance")!.Invoke(null, [null, null]);
            type.GetMethod("ReadObject")!.Invoke(store, [LockCheck, null, null]);
        }
        catch (Exception failure) when (failure is not DcrException)
        {
            throw Refusal(failure);
        }
    }

    private static Type? FindLocalSecretStore() =>
        AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType("Microsoft.PowerShell.SecretStore.LocalSecretStore")).FirstOrDefault(type => type is not null);

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
                if (time.Elapsed > LongestBusy || !result.Errors.Any(error => IsBusy(error.Exception)))
                {
                    return result;
                }
            }
            catch (Exception failure) when (failure is not DcrException)
            {
                // Whatever a vault throws is a refusal: what it was to keep must not get lost for it.
                if (time.Elapsed > LongestBusy || !IsBusy(failure))
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
        return new VaultException(isLocked ? "it is locked" : new Redaction([]).Clean(root.Message)!.TrimEnd('.'), isLocked, failure);
    }

    private static string NameOf(PSObject item) => Property<string>(item, "Name");

    private static T Property<T>(PSObject item, string property) => (T)item.Properties[property].Value;
}
