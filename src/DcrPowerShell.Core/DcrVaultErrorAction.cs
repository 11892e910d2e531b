namespace DcrPowerShell;

/// <summary>What to do where the vault fails and the journal works.</summary>
public enum DcrVaultErrorAction
{
    /// <summary>An error, and nothing more is sent.</summary>
    Stop,

    /// <summary>A warning; what arrives is kept in the journal.</summary>
    Continue,
}
