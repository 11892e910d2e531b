using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>
/// What vaults have under registrations' names that cannot be taken in: of another layout, spoilt, or another's record. Each of them may
/// be a tenant's client.
/// </summary>
internal sealed class UnreadableSecrets(LedgerDisk disk, LedgerFrames frames)
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _names = new();

    /// <summary>All that a vault has of them now.</summary>
    public void Note(string vaultId, IReadOnlyList<string> secretNames) => _names[vaultId] = secretNames;

    /// <summary>Whether that was noted in this process.</summary>
    public bool Has(string secretName) => _names.Values.Any(names => names.Contains(secretName, StringComparer.OrdinalIgnoreCase));

    /// <summary>One of a vault that may be a registration at an issuer, and of which nothing else is known; null for none.</summary>
    public string? At(string issuer, string? vaultId) =>
        vaultId is not null && _names.TryGetValue(vaultId, out var names)
            ? names.FirstOrDefault(name =>
                name.StartsWith(SecretName.PrefixFor(issuer), StringComparison.OrdinalIgnoreCase)
                && !disk.File.Look(state => state.Knows(frames.Named(name), frames.Place(vaultId)))
            )
            : null;
}
