using System;
using System.Security.Cryptography;

namespace DcrPowerShell.Compat;

/// <summary>
/// Puts the numbers of a key into the platform's structures, which want each to be exactly as long as the key's size says. JWK (RFC 7518,
/// section 2) and DER write them without leading zeros, or with one. All are big-endian.
/// </summary>
internal static class KeyNumbers
{
    /// <exception cref="CryptographicException">A number is too long for the modulus.</exception>
    public static RSAParameters Rsa(byte[] n, byte[] e, byte[] d, byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] qi)
    {
        var modulus = Trim(n);
        var half = (modulus.Length + 1) / 2;
        return new RSAParameters
        {
            Modulus = modulus,
            Exponent = Trim(e),
            D = OfLength(d, modulus.Length),
            P = OfLength(p, half),
            Q = OfLength(q, half),
            DP = OfLength(dp, half),
            DQ = OfLength(dq, half),
            InverseQ = OfLength(qi, half),
        };
    }

    /// <param name="size">Octets of a coordinate.</param>
    /// <exception cref="CryptographicException">A number is too long for the curve.</exception>
    public static ECParameters Ec(ECCurve curve, int size, byte[] x, byte[] y, byte[] d) => new()
    {
        Curve = curve,
        Q = new ECPoint { X = OfLength(x, size), Y = OfLength(y, size) },
        D = OfLength(d, size),
    };

    /// <summary>Without leading zeros; zero itself keeps one.</summary>
    public static byte[] Trim(byte[] number)
    {
        var zeros = 0;
        while (zeros < number.Length - 1 && number[zeros] == 0)
        {
            zeros++;
        }

        var trimmed = new byte[number.Length - zeros];
        Array.Copy(number, zeros, trimmed, 0, trimmed.Length);
        return trimmed;
    }

    private static byte[] OfLength(byte[] number, int length)
    {
        var trimmed = Trim(number);
        if (trimmed.Length > length)
        {
            throw new CryptographicException("A number of the key is longer than the key.");
        }

        var padded = new byte[length];
        trimmed.CopyTo(padded, length - trimmed.Length);
        return padded;
    }
}
