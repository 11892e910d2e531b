using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults;

/// <summary>A vault that is registered with SecretManagement.</summary>
/// <param name="ModuleName">The module of its extension.</param>
/// <param name="ModulePath">Where that module was when the vault was registered.</param>
/// <param name="IsDefault">Whether SecretManagement's own commands use it where none is named.</param>
internal sealed record RegisteredVault(string Name, string ModuleName, string ModulePath, bool IsDefault);

/// <summary>SecretManagement's registry of vaults. Calls no vault.</summary>
internal sealed class VaultRegistry(VaultRunspace runspace)
{
    private readonly ConcurrentDictionary<string, string> _modules = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public IReadOnlyList<RegisteredVault> All()
    {
        var vaults = runspace
            .Use(static shell => shell.AddCommand($@"{VaultRunspace.SecretManagement}\Get-SecretVault").Invoke())
            .Select(static vault => new RegisteredVault(
                Property<string>(vault, "Name"),
                Property<string>(vault, "ModuleName"),
                Property<string>(vault, "ModulePath"),
                Property<bool>(vault, "IsDefault")
            ))
            .ToList();
        vaults.ForEach(vault => _modules[vault.Name] = vault.ModuleName);
        return vaults;
    }

    /// <summary>Null where no vault of that name is registered.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public RegisteredVault? Find(string name) =>
        All().FirstOrDefault(vault => vault.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The module of a vault's extension, as it was last seen; empty where no such vault is registered.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public string ModuleOf(string name) => _modules.GetOrAdd(name, name => Find(name)?.ModuleName ?? "");

    /// <summary>
    /// Which vault the user means by a name: null for the local store, also where this module's own extension has that name.
    /// </summary>
    /// <exception cref="DcrException">SecretManagementNotFound.</exception>
    public string? Choose(string? name) =>
        name is null || Find(name)?.ModuleName.Equals("DcrPowerShell", StringComparison.OrdinalIgnoreCase) == true ? null : name;

    /// <summary>Where SecretStore is, of whose vaults at least one must be registered.</summary>
    /// <exception cref="DcrException">SecretManagementNotFound, VaultWriteFailed.</exception>
    public string SecretStorePath() =>
        All().FirstOrDefault(static vault => vault.ModuleName == VaultLock.SecretStore)?.ModulePath
        ?? throw VaultErrors.StoreNotRestored(
            "no vault of it is registered",
            $"Register one: Register-SecretVault -Name DcrVault -ModuleName {VaultLock.SecretStore}."
        );

    private static T Property<T>(PSObject vault, string property) => (T)vault.Properties[property].Value;
}
