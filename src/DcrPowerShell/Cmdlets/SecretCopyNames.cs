using System;
using System.Collections.Generic;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>The names of secret copies that a command was given. Two clients with one name would overwrite each other's copy.</summary>
internal sealed class SecretCopyNames
{
    private readonly Dictionary<string, string> _owners = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="name">Null for no copy.</param>
    /// <param name="owner">The client or row that the copy is for.</param>
    /// <exception cref="DcrException">InvalidClientMetadata: another client of this command has it.</exception>
    public void Claim(string? name, string owner)
    {
        if (name is null)
        {
            return;
        }

        if (_owners.TryGetValue(name, out var first) && first != owner)
        {
            throw CmdletErrors.SecretNameTwice(name, first);
        }

        _owners[name] = owner;
    }
}
