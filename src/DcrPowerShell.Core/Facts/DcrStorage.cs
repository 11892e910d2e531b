namespace DcrPowerShell;

/// <summary>Where what a server shows once is kept.</summary>
public enum DcrStorage : long
{
    /// <summary>In the local store.</summary>
    Local,

    /// <summary>In a SecretManagement vault.</summary>
    Vault,

    /// <summary>
    /// In the local store until the vault takes it: at the command's end, at the next connect, or by <c>Restore-DcrRegistration</c>.
    /// </summary>
    Pending,

    /// <summary>On the object alone.</summary>
    MemoryOnly,
}
