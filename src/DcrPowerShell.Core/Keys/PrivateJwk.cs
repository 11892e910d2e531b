using System;
using System.Security.Cryptography;
using System.Text.Json;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>A private key as JSON (RFC 7517; members of RFC 7518, section 6).</summary>
internal sealed class PrivateJwk
{
    private readonly JsonBag _members;

    private PrivateJwk(JsonBag members) => _members = members;

    /// <summary>The algorithm that the key is meant for (RFC 7517, section 4.4); null where it does not say.</summary>
    public string? Algorithm => _members.Text("alg");

    /// <summary>Null where it has none.</summary>
    public string? KeyId => _members.Text("kid");

    /// <exception cref="KeyException">The text is no JWK, or one that signs nothing.</exception>
    public static PrivateJwk Parse(string json)
    {
        JsonBag members;
        try
        {
            members = JsonBag.Parse(json);
        }
        catch (JsonException)
        {
            // Its message may quote the key.
            throw KeyErrors.NoJwk();
        }

        if (members.Has("keys"))
        {
            throw KeyErrors.JwkSet();
        }

        return members.Text("use") == "enc" ? throw KeyErrors.JwkForEncryption() : new(members);
    }

    /// <exception cref="KeyException">
    /// It is of another type, lacks its private half or another member, or its numbers make no key.
    /// </exception>
    public KeyPair ToKeyPair()
    {
        var type = _members.Text("kty");
        if (type is not ("RSA" or "EC"))
        {
            throw KeyErrors.KeyTypeUnsupported(type);
        }

        if (!_members.Has("d"))
        {
            throw KeyErrors.PublicOnly();
        }

        try
        {
            return KeyPair.Of(type == "RSA" ? Rsa() : Ec());
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException)
        {
            throw KeyErrors.Unreadable(failure);
        }
    }

    // A key of n, e and d alone is a legal JWK (RFC 7518, section 6.3.2); no platform takes it, and hardly any tool writes it.
    private RSA Rsa() => RSA.Create(KeyNumbers.Rsa(
        Number("n"), Number("e"), Number("d"), Number("p"), Number("q"), Number("dp"), Number("dq"), Number("qi")));

    private ECDsa Ec()
    {
        var curve = EcCurve.Named(_members.Text("crv") ?? throw KeyErrors.JwkMemberMissing("crv"));
        return ECDsa.Create(KeyNumbers.Ec(curve.Platform, curve.Size, Number("x"), Number("y"), Number("d")));
    }

    private byte[] Number(string member) => Base64Url.Decode(_members.Text(member) ?? throw KeyErrors.JwkMemberMissing(member));
}
