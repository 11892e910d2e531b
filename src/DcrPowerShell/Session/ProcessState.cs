using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Files;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Session;

/// <summary>What all runspaces of this process share, because there can be one of it in a process.</summary>
internal sealed class ProcessState
{
    private static readonly ProcessState Current = new();

    private readonly LocalStores _stores;
    private readonly SecretManagement _vaults;

    private ProcessState()
    {
        _vaults = new SecretManagement(() => _stores!.Current.Folder is not MemoryFolder);
        _stores = new LocalStores(KeyVaults);
    }

    /// <summary>The local stores that are open: a ledger's file is read by one reader of a process.</summary>
    public static LocalStores Stores => Current._stores;

    public static SecretManagement Vaults => Current._vaults;

    /// <summary>Vaults that may hold the key of a local store, which itself is left out: it would wait for itself while it opens.</summary>
    private List<string> KeyVaults() =>
        _vaults.Registry.All().Select(static vault => vault.Name).Where(name => _vaults.Registry.Choose(name) is not null).ToList();
}
