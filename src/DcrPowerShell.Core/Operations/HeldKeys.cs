using System;
using System.Collections.Generic;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Operations;

/// <summary>
/// The private keys among the secrets of the local store, as New-DcrKey makes them. They are read once, when one is first asked for.
/// </summary>
internal sealed class HeldKeys
{
    private readonly RegistrationLedger _ledger;
    private readonly Lazy<Dictionary<string, string>> _names;

    public HeldKeys(RegistrationLedger ledger) => (_ledger, _names) = (ledger, new(Read));

    /// <summary>The name of the secret that has the private half of one of these keys; null where none has.</summary>
    /// <param name="thumbprints">Of RFC 7638.</param>
    public string? Find(IEnumerable<string> thumbprints)
    {
        foreach (var thumbprint in thumbprints)
        {
            if (_names.Value.TryGetValue(thumbprint, out var name))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>One of these keys; null where none is here.</summary>
    /// <param name="algorithm">Null for the key's own.</param>
    /// <exception cref="KeyException">It is not for that algorithm.</exception>
    public SigningKey? Read(IEnumerable<string> thumbprints, string? algorithm) =>
        Find(thumbprints) is { } name && _ledger.Secrets.Find(name) is { } text ? SigningKey.FromText(text, algorithm: algorithm) : null;

    private Dictionary<string, string> Read()
    {
        var names = new Dictionary<string, string>();
        foreach (var name in _ledger.Secrets.Names())
        {
            if (ThumbprintOf(name) is { } thumbprint)
            {
                names[thumbprint] = name;
            }
        }

        return names;
    }

    /// <summary>Null for a secret that is no private key, or that cannot be read: then it is nobody's.</summary>
    private string? ThumbprintOf(string name)
    {
        try
        {
            return _ledger.Secrets.Find(name) is { } text
                && text.StartsWith("{", StringComparison.Ordinal)
                && JsonBag.Parse(text) is var jwk
                && jwk.Has("d")
                && jwk.Text("kty") is "RSA" or "EC"
                ? JwkThumbprint.Of(jwk)
                : null;
        }
        catch (Exception failure) when (failure is JsonException or DcrException)
        {
            return null;
        }
    }
}
