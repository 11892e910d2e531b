namespace DcrPowerShell;

/// <summary>Where a registration is kept, with the token and secret that a server shows once.</summary>
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

    /// <summary>Nowhere but on the object: it is lost when the process ends.</summary>
    MemoryOnly,
}
