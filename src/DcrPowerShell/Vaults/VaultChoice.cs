using System;

namespace DcrPowerShell.Vaults;

/// <summary>Which vault the user means by a name.</summary>
internal static class VaultChoice
{
    /// <summary>The name of a vault; null for the local store, also where a vault of that name is this module's own extension.</summary>
    public static string? Of(string? name) =>
        name is null || VaultRegistry.Find(name)?.ModuleName.Equals("DcrPowerShell", StringComparison.OrdinalIgnoreCase) == true
            ? null
            : name;
}
