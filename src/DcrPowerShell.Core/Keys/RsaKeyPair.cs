using System.Security.Cryptography;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>RSA for RS256 to PS512 (RFC 7518, sections 3.3, 3.5 and 6.3).</summary>
internal sealed class RsaKeyPair : KeyPair
{
    /// <summary>Bits; RFC 7518, section 3.3.</summary>
    public const int Smallest = 2048;

    /// <summary>Bits; what NIST SP 800-57 part 1 asks of keys that are in use after 2030.</summary>
    private const int Generated = 3072;

    private readonly RSA _rsa;

    public RsaKeyPair(RSA rsa)
    {
        if (rsa.KeySize < Smallest)
        {
            throw KeyErrors.RsaTooSmall(rsa.KeySize);
        }

        _rsa = rsa;
    }

    public override EcCurve? Curve => null;

    public override string Description => "an RSA key";

    public static KeyPair Generate() => Of(RSA.Create(Generated));

    public override JsonBag PublicMembers()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return JsonBag.Empty.With("kty", "RSA").With("n", Number(key.Modulus)).With("e", Number(key.Exponent));
    }

    public override JsonBag PrivateMembers()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: true);
        return JsonBag.Empty
            .With("d", Number(key.D))
            .With("p", Number(key.P))
            .With("q", Number(key.Q))
            .With("dp", Number(key.DP))
            .With("dq", Number(key.DQ))
            .With("qi", Number(key.InverseQ));
    }

    public override byte[] Sign(byte[] data, SignatureAlgorithm algorithm) => _rsa.SignData(data, algorithm.Hash, algorithm.Padding!);

    public override void Dispose() => _rsa.Dispose();

    /// <summary>Base64urlUInt: no octet of zero before the number (RFC 7518, section 2).</summary>
    private static string Number(byte[]? number) => Base64Url.Encode(KeyNumbers.Trim(number!));
}
