using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Vaults;

/// <summary>What is wrong with vaults before one is called, and with SecretStore's files.</summary>
internal static class VaultErrors
{
    public static DcrException VaultNotFound(string vault, IEnumerable<string> known) =>
        DcrException.Unsent(
            DcrErrorId.VaultNotFound,
            $"There is no vault named '{vault}'. {(known.Any() ? $"Registered: {string.Join(", ", known)}." : "None is registered.")}",
            known.Any()
                ? "Register it with Register-SecretVault, or name another with Connect-DcrServer -Vault."
                : "Register it with Register-SecretVault, or connect with -LocalStore."
        );

    public static DcrException StoreNotRestored(string why, string nextStep, Exception? inner = null) =>
        new(DcrErrorId.VaultWriteFailed, $"SecretStore was left as it is: {why}.", nextStep, inner);

    public static DcrException SecretManagementNotFound(Exception inner) =>
        DcrException.Unsent(
            DcrErrorId.SecretManagementNotFound,
            "The module Microsoft.PowerShell.SecretManagement could not be loaded.",
            "Install it: Install-Module Microsoft.PowerShell.SecretManagement. It keeps registration access tokens and client secrets.",
            inner
        );
}
