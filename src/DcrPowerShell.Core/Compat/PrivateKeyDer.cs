#if NETFRAMEWORK
using System;
using System.Security.Cryptography;

namespace DcrPowerShell.Compat;

/// <summary>Reads the structures that private keys are written in. The platform judges whether their numbers make a key.</summary>
/// <remarks>All throw <see cref="CryptographicException"/> where the bytes are of another structure, or cut off.</remarks>
internal static class PrivateKeyDer
{
    // Object identifiers as DER writes them.
    private const string RsaEncryption = "2A-86-48-86-F7-0D-01-01-01";
    private const string EcPublicKey = "2A-86-48-CE-3D-02-01";
    private const string P256 = "2A-86-48-CE-3D-03-01-07";
    private const string P384 = "2B-81-04-00-22";
    private const string P521 = "2B-81-04-00-23";

    // Context-specific tags 0 and 1 of RFC 5915, section 3.
    private const byte Parameters = 0xA0;
    private const byte PublicKey = 0xA1;
    private const byte Uncompressed = 4;

    /// <summary>PrivateKeyInfo (RFC 5958, section 2): the algorithm's name, and the algorithm's own structure within.</summary>
    public static AsymmetricAlgorithm ReadPkcs8(byte[] der)
    {
        var info = new DerReader(der).Enter(DerReader.Sequence);
        info.Read(DerReader.Integer);
        var algorithm = info.Enter(DerReader.Sequence);
        var name = BitConverter.ToString(algorithm.Read(DerReader.ObjectIdentifier));
        var key = info.Read(DerReader.OctetString);
        return name switch
        {
            RsaEncryption => RSA.Create(ReadPkcs1(key)),
            EcPublicKey => ECDsa.Create(ReadSec1(key, algorithm.Read(DerReader.ObjectIdentifier))),
            _ => throw new CryptographicException("The key is for another algorithm."),
        };
    }

    /// <summary>RSAPrivateKey (RFC 8017, appendix A.1.2).</summary>
    public static RSAParameters ReadPkcs1(byte[] der)
    {
        var key = new DerReader(der).Enter(DerReader.Sequence);
        key.Read(DerReader.Integer); // the version
        return KeyNumbers.Rsa(Number(), Number(), Number(), Number(), Number(), Number(), Number(), Number());

        byte[] Number() => key.Read(DerReader.Integer);
    }

    /// <summary>ECPrivateKey (RFC 5915, section 3).</summary>
    /// <param name="curve">Where the structure around it says so; it may then leave it out.</param>
    public static ECParameters ReadSec1(byte[] der, byte[]? curve = null)
    {
        var key = new DerReader(der).Enter(DerReader.Sequence);
        key.Read(DerReader.Integer); // the version
        var number = key.Read(DerReader.OctetString);
        if (key.IsAt(Parameters))
        {
            curve = key.Enter(Parameters).Read(DerReader.ObjectIdentifier);
        }

        var (platform, size) = Curve(curve);

        // RFC 5915 lets it be left out, and .NET Framework cannot work it out.
        var point = key.Enter(PublicKey).Read(DerReader.BitString);
        if (point.Length != 2 + (2 * size) || point[0] != 0 || point[1] != Uncompressed)
        {
            throw new CryptographicException("The key's public point is not uncompressed, or not of its curve.");
        }

        var x = new byte[size];
        var y = new byte[size];
        Array.Copy(point, 2, x, 0, size);
        Array.Copy(point, 2 + size, y, 0, size);
        return KeyNumbers.Ec(platform, size, x, y, number);
    }

    private static (ECCurve Curve, int Size) Curve(byte[]? name) => (name is null ? null : BitConverter.ToString(name)) switch
    {
        P256 => (ECCurve.NamedCurves.nistP256, 32),
        P384 => (ECCurve.NamedCurves.nistP384, 48),
        P521 => (ECCurve.NamedCurves.nistP521, 66),
        _ => throw new CryptographicException("The key is on another curve."),
    };
}
#endif
