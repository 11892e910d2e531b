using System;

namespace DcrPowerShell.Vaults;

/// <summary>What a vault is to have under a name, as of the moment when it is written.</summary>
/// <param name="Text">Null where the secret is to be removed.</param>
/// <param name="Turn">
/// Keeps whoever else has the same local store from writing this secret. Whoever writes disposes of it, when no call to the vault is left.
/// </param>
internal sealed record VaultWrite(string? Text, IDisposable? Turn = null)
{
    /// <summary>Something newer came meanwhile: nothing is to be written.</summary>
    public bool IsOver { get; init; }
}
