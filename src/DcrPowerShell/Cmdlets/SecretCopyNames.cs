using System;
using System.Collections.Generic;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// Names for the applications' copies of their secrets that a command was given: two clients with one name would overwrite each other.
/// </summary>
internal sealed class SecretCopyNames
{
    private readonly Dictionary<string, string> _owners = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="name">Null for no copy.</param>
    /// <param name="owner">Whose secret it is to be.</param>
    /// <exception cref="DcrException">InvalidClientMetadata: another client of this command has it.</exception>
    public void Claim(string? name, string owner)
    {
        if (name is null)
        {
            return;
        }

        if (_owners.TryGetValue(name, out var first) && first != owner)
        {
            throw InputErrors.SecretNameTwice(name, first);
        }

        _owners[name] = owner;
    }
}
