namespace DcrPowerShell;

/// <summary>Where what a server shows once is kept.</summary>
public enum DcrStorage
{
    /// <summary>In the vault.</summary>
    Vault,

    /// <summary>In the journal until the vault works again: connecting, or <c>Restore-DcrRegistration</c>, brings it there.</summary>
    Journal,

    /// <summary>On the object alone.</summary>
    MemoryOnly,
}
