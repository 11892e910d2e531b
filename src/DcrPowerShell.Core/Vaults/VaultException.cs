using System;
using System.Threading.Tasks;

namespace DcrPowerShell.Vaults;

/// <summary>A vault did not do what it was asked. The message says why, in half a sentence, and holds no secret.</summary>
internal sealed class VaultException(string why, bool isLocked = false, Exception? inner = null) : Exception(why, inner)
{
    public bool IsLocked { get; } = isLocked;

    /// <summary>The command has ended, and no vault can be called any more: the next one goes on.</summary>
    public bool IsOver { get; init; }

    /// <summary>The call that was left behind, which may still change the vault. Null where it has ended.</summary>
    public Task? LeftBehind { get; init; }

    /// <summary>It did not remove what is gone, or kept elsewhere.</summary>
    public bool IsOfRemoval { get; init; }

    /// <summary>A newer version of the module wrote what is there: it stays, and nothing else in the vault fails for it.</summary>
    public bool IsNewer { get; init; }

    /// <summary>What helps, in whole sentences, where that is known.</summary>
    public string? NextStep { get; init; }
}
