using System.Collections;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;

namespace DcrPowerShell;

/// <summary>A key pair whose private half is in a vault or the local store. Holds the public half only.</summary>
public sealed class DcrKey
{
    internal DcrKey(SigningKey key, string secretName, string? vault)
    {
        Algorithm = key.Algorithm;
        KeyId = key.KeyId;
        SecretName = secretName;
        Vault = vault;
        Jwks = PlainValue.From(JsonBag.Parse($$"""{"keys":[{{key.PublicJwk()}}]}"""));
    }

    /// <summary>How the key signs: <c>alg</c> (RFC 7518, section 3.1).</summary>
    public string Algorithm { get; }

    /// <summary><c>kid</c>: the thumbprint of the public half (RFC 7638).</summary>
    public string KeyId { get; }

    /// <summary>The name of the secret with the private half, a JWK (RFC 7517) as JSON text.</summary>
    public string SecretName { get; }

    /// <summary>The name of the vault; null for the local store.</summary>
    public string? Vault { get; }

    /// <summary>
    /// The public half as a JSON Web Key Set (RFC 7517, section 5), for <c>-Jwks</c> or to publish. A read-only dictionary.
    /// </summary>
    public IDictionary Jwks { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{SecretName} ({Algorithm})";
}
