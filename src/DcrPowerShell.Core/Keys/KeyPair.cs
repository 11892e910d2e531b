using System;
using System.Linq;
using System.Security.Cryptography;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>A private key of the platform: what it signs, and what a JWK says of it.</summary>
internal abstract class KeyPair : IDisposable
{
    /// <summary>Null for RSA.</summary>
    public abstract EcCurve? Curve { get; }

    /// <summary>For people: "an RSA key", "an EC key on P-256".</summary>
    public abstract string Description { get; }

    /// <summary>Takes the key over.</summary>
    /// <exception cref="KeyException">No algorithm of ours uses such a key.</exception>
    public static KeyPair Of(AsymmetricAlgorithm key)
    {
        try
        {
            return key switch
            {
                RSA rsa => new RsaKeyPair(rsa),
                ECDsa ec => new EcKeyPair(ec),
                _ => throw KeyErrors.Unreadable(),
            };
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <exception cref="KeyException">The algorithm is for other keys.</exception>
    public void Require(SignatureAlgorithm algorithm)
    {
        if (algorithm.Curve != Curve)
        {
            throw KeyErrors.AlgorithmMismatch(
                algorithm.Name,
                Description,
                SignatureAlgorithm.For(Curve).Select(static fitting => fitting.Name)
            );
        }
    }

    /// <summary>The members that make a public JWK, no others (RFC 7638, section 3.2).</summary>
    public abstract JsonBag PublicMembers();

    /// <summary>The further members of a private JWK (RFC 7518, sections 6.2.2 and 6.3.2).</summary>
    /// <exception cref="CryptographicException">The key may be used and not taken out.</exception>
    public abstract JsonBag PrivateMembers();

    /// <summary>Makes a signature in the form of JWS.</summary>
    /// <exception cref="CryptographicException">The key's keeper refuses, or does not know the algorithm.</exception>
    public abstract byte[] Sign(byte[] data, SignatureAlgorithm algorithm);

    public abstract void Dispose();
}
