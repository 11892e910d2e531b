#if NETFRAMEWORK
using System;
using System.Security.Cryptography;

namespace DcrPowerShell.Compat;

/// <summary>
/// Steps through DER (ITU-T X.690): tag, length, content. No more than private keys need: tags of one octet, lengths below 16 MB.
/// </summary>
internal sealed class DerReader
{
    public const byte Integer = 0x02;
    public const byte BitString = 0x03;
    public const byte OctetString = 0x04;
    public const byte ObjectIdentifier = 0x06;
    public const byte Sequence = 0x30;

    private readonly byte[] _data;
    private int _at;

    public DerReader(byte[] data) => _data = data;

    public bool IsAt(byte tag) => _at < _data.Length && _data[_at] == tag;

    /// <summary>Steps over an element and reads what is within.</summary>
    public DerReader Enter(byte tag) => new(Read(tag));

    /// <summary>Steps over an element and gives its content.</summary>
    /// <exception cref="CryptographicException">Another element comes next, or it is cut off.</exception>
    public byte[] Read(byte tag)
    {
        if (!IsAt(tag))
        {
            throw new CryptographicException("The key's structure is another one.");
        }

        _at++;
        var content = new byte[ReadLength()];
        Array.Copy(_data, _at, content, 0, content.Length);
        _at += content.Length;
        return content;
    }

    private int ReadLength()
    {
        var length = (int)ReadOctet();
        if (length >= 0x80)
        {
            var octets = length - 0x80;
            if (octets is 0 or > 3)
            {
                throw new CryptographicException("The key's structure has a length that DER does not allow.");
            }

            for (length = 0; octets > 0; octets--)
            {
                length = (length << 8) | ReadOctet();
            }
        }

        return length <= _data.Length - _at ? length : throw CutOff();
    }

    private byte ReadOctet() => _at < _data.Length ? _data[_at++] : throw CutOff();

    private static CryptographicException CutOff() => new("The key is cut off.");
}
#endif
