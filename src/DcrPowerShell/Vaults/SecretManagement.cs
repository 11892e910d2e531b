using System;
using System.Threading;
using DcrPowerShell.Vaults.SecretStore;

namespace DcrPowerShell.Vaults;

/// <summary>
/// SecretManagement as this process uses it. There is one, because SecretManagement itself has one runspace in a process, and SecretStore
/// one copy of its file.
/// </summary>
internal sealed class SecretManagement
{
    private int _toldOfNoLock;

    /// <param name="canMakeFiles">Whether the module can make files here.</param>
    public SecretManagement(Func<bool> canMakeFiles)
    {
        Runspace = new VaultRunspace();
        Registry = new VaultRegistry(Runspace);
        SecretStore = new OpenSecretStore(Runspace, canMakeFiles);
    }

    public VaultRunspace Runspace { get; }

    public VaultRegistry Registry { get; }

    public OpenSecretStore SecretStore { get; }

    /// <summary>How long one call of a vault may take.</summary>
    public TimeSpan LongestCall { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a call waits while another process uses the vault.</summary>
    public TimeSpan LongestTurn { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A vault as a command calls it.</summary>
    /// <param name="pump">The command's; null outside of any command.</param>
    public SecretManagementVault Vault(string name, IVaultPipeline? pump) => new(name, this, pump);

    /// <summary>True for the first who asks: a process says once that it can make no lock file.</summary>
    public bool TellsOfNoLock() => Interlocked.Exchange(ref _toldOfNoLock, 1) == 0;
}
