using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace DcrPowerShell.Vaults;

/// <summary>
/// The port to a vault. None of its calls is cancelled, and each has an end: a vault that hangs is left behind. Implementations
/// serialise the calls of the process and never prompt.
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

    /// <summary>
    /// Writes a secret and reads it back, or removes one that is there: some vaults report a failure as a success, or lose what another
    /// process overwrote.
    /// </summary>
    /// <param name="begin">
    /// Says what to write. Called right before; and again, a little later, while it gives null: another process is writing this secret.
    /// </param>
    /// <returns><see cref="ChangesByOthersAsync"/> as it was then.</returns>
    /// <exception cref="VaultException">It is locked or failed, or gave back something else.</exception>
    Task<int> WriteAsync(string name, Func<VaultWrite?> begin);

    /// <summary>
    /// How often the vault was seen to be changed by others than this process's commands: who writes it whole from an old copy drops what
    /// was written since. Always 0 where that cannot be told.
    /// </summary>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<int> ChangesByOthersAsync();

    /// <summary>Names of secrets that begin with a prefix of <c>[0-9a-z-]</c>.</summary>
    /// <exception cref="VaultException">It is locked or failed.</exception>
    Task<IReadOnlyList<string>> ListAsync(string prefix);
}
