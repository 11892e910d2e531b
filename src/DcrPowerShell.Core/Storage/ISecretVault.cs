using System.Collections.Generic;
using System.Threading.Tasks;

namespace DcrPowerShell.Storage;

/// <summary>
/// The port to a vault. None of its calls is cancelled: what has arrived is kept even while a pipeline is being stopped.
/// Implementations serialise the calls of the process and never prompt.
/// </summary>
internal interface ISecretVault
{
    string Name { get; }

    /// <summary>Makes sure that the vault is there and open, as far as that can be told without writing or prompting.</summary>
    /// <exception cref="Errors.DcrException">VaultNotFound or SecretManagementNotFound.</exception>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task CheckOpenAsync();

    /// <summary>The secret's text; null where there is none of that name.</summary>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<string?> GetAsync(string name);

    /// <summary>Hands the vault a secret. Success means little: read it back.</summary>
    /// <returns>The vault's change, where it has stamps.</returns>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<VaultChange?> SetAsync(string name, string value);

    /// <inheritdoc cref="SetAsync"/>
    Task<VaultChange?> RemoveAsync(string name);

    /// <summary>What tells the vault's content from any other, also where it is locked; null where nothing does.</summary>
    Task<string?> StampAsync();

    /// <summary>Names of secrets that begin with a prefix of <c>[0-9a-z-]</c>.</summary>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<IReadOnlyList<string>> ListAsync(string prefix);

    /// <summary>
    /// How often others than this process's commands were seen to have changed it, for whoever writes it whole from an old copy
    /// drops what was written since. 0 for ever where that cannot be told.
    /// </summary>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<int> ChangesByOthersAsync();
}
