using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Keys;

/// <summary>
/// Writes a public RSA key as PEM, which .NET Framework does not: SubjectPublicKeyInfo (RFC 5280, section 4.1; RFC 7468, section 13).
/// </summary>
internal static class RsaPublicPem
{
    private const byte IntegerTag = 0x02;
    private const byte BitStringTag = 0x03;
    private const byte SequenceTag = 0x30;
    private const int LineLength = 64;

    // AlgorithmIdentifier of rsaEncryption, with its NULL (RFC 8017, appendix A.1).
    private static readonly byte[] Algorithm = [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00];

    /// <param name="modulus">Big-endian, as is <paramref name="exponent"/>; zeros in front do not matter.</param>
    public static string Write(byte[] modulus, byte[] exponent)
    {
        var key = Element(SequenceTag, [.. Integer(modulus), .. Integer(exponent)]);

        // The zero: all bits of the last octet count.
        var info = Element(SequenceTag, [.. Algorithm, .. Element(BitStringTag, [0, .. key])]);
        return $"-----BEGIN PUBLIC KEY-----\n{string.Join("\n", Lines(Convert.ToBase64String(info)))}\n-----END PUBLIC KEY-----\n";
    }

    /// <summary>With a zero in front where the number would else be negative.</summary>
    private static byte[] Integer(byte[] number)
    {
        var trimmed = KeyNumbers.Trim(number);
        return Element(IntegerTag, trimmed[0] >= 0x80 ? [0, .. trimmed] : trimmed);
    }

    private static byte[] Element(byte tag, byte[] content) => [tag, .. Length(content.Length), .. content];

    /// <summary>Below 128 in one octet; else their number, then the octets (ITU-T X.690, section 8.1.3).</summary>
    private static byte[] Length(int length) => length switch
    {
        < 0x80 => [(byte)length],
        < 0x100 => [0x81, (byte)length],
        _ => [0x82, (byte)(length >> 8), (byte)length],
    };

    private static IEnumerable<string> Lines(string text) => Enumerable.Range(0, (text.Length + LineLength - 1) / LineLength)
        .Select(line => text.Substring(line * LineLength, Math.Min(LineLength, text.Length - (line * LineLength))));
}
