using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace DcrPowerShell.Keys;

/// <summary>An <c>alg</c> of a JWS with a key pair (RFC 7518, section 3.1).</summary>
internal sealed class SignatureAlgorithm
{
    private static readonly SignatureAlgorithm[] All =
    [
        new("RS256", HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        new("RS384", HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        new("RS512", HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),

        // The salt is as long as the hash (RFC 7518, section 3.5), which is what .NET does.
        new("PS256", HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        new("PS384", HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        new("PS512", HashAlgorithmName.SHA512, RSASignaturePadding.Pss),

        new("ES256", HashAlgorithmName.SHA256, EcCurve.P256),
        new("ES384", HashAlgorithmName.SHA384, EcCurve.P384),
        new("ES512", HashAlgorithmName.SHA512, EcCurve.P521),
    ];

    private SignatureAlgorithm(string name, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        Name = name;
        Hash = hash;
        Padding = padding;
    }

    private SignatureAlgorithm(string name, HashAlgorithmName hash, EcCurve curve)
    {
        Name = name;
        Hash = hash;
        Curve = curve;
    }

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = All.Select(static algorithm => algorithm.Name).ToList();

    public string Name { get; }

    public HashAlgorithmName Hash { get; }

    /// <summary>Null where the key is an EC key.</summary>
    public RSASignaturePadding? Padding { get; }

    /// <summary>The one curve that the algorithm is for (RFC 7518, section 3.4); null where the key is an RSA key.</summary>
    public EcCurve? Curve { get; }

    /// <param name="name">As the registry writes it: <c>alg</c> values are case-sensitive (RFC 7515, section 4.1.1).</param>
    /// <exception cref="KeyException">There is no such algorithm here; <c>none</c> and those with a shared secret neither.</exception>
    public static SignatureAlgorithm Named(string name) =>
        All.FirstOrDefault(algorithm => algorithm.Name == name) ?? throw KeyErrors.AlgorithmUnknown(name, Names);

    /// <param name="name">Null for the usual one.</param>
    /// <exception cref="KeyException">There is no such algorithm here.</exception>
    public static SignatureAlgorithm Choose(string? name, EcCurve? curve) => name is null ? For(curve).First() : Named(name);

    /// <summary>Those for EC keys on <paramref name="curve"/>, or for RSA keys where it is null; the usual one first.</summary>
    public static IEnumerable<SignatureAlgorithm> For(EcCurve? curve) => All.Where(algorithm => algorithm.Curve == curve);
}
