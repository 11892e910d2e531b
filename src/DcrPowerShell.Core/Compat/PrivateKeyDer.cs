#if NETFRAMEWORK
using System;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace DcrPowerShell.Compat;

/// <summary>Reads the structures that private keys are written in. The platform judges whether their numbers make a key.</summary>
/// <remarks>All throw <see cref="CryptographicException"/> where the bytes are of another structure, or cut off.</remarks>
internal static class PrivateKeyDer
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const string P521 = "1.3.132.0.35";
    private const byte Uncompressed = 4;

    // RFC 5915, section 3.
    private static readonly Asn1Tag Parameters = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag PublicKey = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <summary>PrivateKeyInfo (RFC 5958, section 2): the algorithm's name, and the algorithm's own structure within.</summary>
    public static AsymmetricAlgorithm ReadPkcs8(byte[] der) => Read<AsymmetricAlgorithm>(der, static info =>
    {
        info.ReadInteger(); // the version
        var algorithm = info.ReadSequence();
        var name = algorithm.ReadObjectIdentifier();
        var key = info.ReadOctetString();
        return name switch
        {
            RsaEncryption => RSA.Create(ReadPkcs1(key)),
            EcPublicKey => ECDsa.Create(ReadSec1(key, algorithm.ReadObjectIdentifier())),
            _ => throw new CryptographicException("The key is for another algorithm."),
        };
    });

    /// <summary>RSAPrivateKey (RFC 8017, appendix A.1.2).</summary>
    public static RSAParameters ReadPkcs1(byte[] der) => Read(der, static key =>
    {
        key.ReadInteger(); // the version
        return KeyNumbers.Rsa(Number(key), Number(key), Number(key), Number(key), Number(key), Number(key), Number(key), Number(key));
    });

    /// <summary>ECPrivateKey (RFC 5915, section 3).</summary>
    /// <param name="curve">Where the structure around it says so; it may then leave it out.</param>
    public static ECParameters ReadSec1(byte[] der, string? curve = null) => Read(der, key =>
    {
        key.ReadInteger(); // the version
        var number = key.ReadOctetString();
        if (key.HasData && key.PeekTag() == Parameters)
        {
            curve = key.ReadSequence(Parameters).ReadObjectIdentifier();
        }

        var (platform, size) = Curve(curve);

        // RFC 5915 lets it be left out, and .NET Framework cannot work it out.
        var point = key.ReadSequence(PublicKey).ReadBitString(out _);
        if (point.Length != 1 + (2 * size) || point[0] != Uncompressed)
        {
            throw new CryptographicException("The key's public point is not uncompressed, or not of its curve.");
        }

        var x = new byte[size];
        var y = new byte[size];
        Array.Copy(point, 1, x, 0, size);
        Array.Copy(point, 1 + size, y, 0, size);
        return KeyNumbers.Ec(platform, size, x, y, number);
    });

    private static T Read<T>(byte[] der, Func<AsnReader, T> read)
    {
        try
        {
            return read(new AsnReader(der, AsnEncodingRules.BER).ReadSequence());
        }
        catch (AsnContentException failure)
        {
            throw new CryptographicException("The key's structure is another one, or cut off.", failure);
        }
    }

    private static byte[] Number(AsnReader key) => key.ReadIntegerBytes().ToArray();

    private static (ECCurve Curve, int Size) Curve(string? name) => name switch
    {
        P256 => (ECCurve.NamedCurves.nistP256, 32),
        P384 => (ECCurve.NamedCurves.nistP384, 48),
        P521 => (ECCurve.NamedCurves.nistP521, 66),
        _ => throw new CryptographicException("The key is on another curve."),
    };
}
#endif
