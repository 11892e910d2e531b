namespace DcrPowerShell;

/// <summary>What protects the key of the local store.</summary>
public enum DcrProtection : long
{
    /// <summary>The user's account: DPAPI on Windows, elsewhere a key file that only this account can read.</summary>
    User,

    /// <summary>A passphrase. No command asks for it: <c>Unlock-DcrStore</c> takes it.</summary>
    Passphrase,

    /// <summary>A SecretManagement vault that holds the key.</summary>
    Vault,
}
