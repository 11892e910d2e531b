using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DcrPowerShell.Ledger;

/// <summary><see cref="ContentEncryption"/> with one key, whose objects are used again. Not for several threads at once.</summary>
internal sealed class ContentCipher : IDisposable
{
    private const int HalfKey = ContentEncryption.KeySize / 2;
    private const int BlockSize = 16;

    private readonly IncrementalHash _mac;
    private readonly Aes _aes;

    public ContentCipher(byte[] key)
    {
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA512, Half(key, 0));
        _aes = Aes.Create();
        _aes.Mode = CipherMode.CBC;
        _aes.Padding = PaddingMode.PKCS7;
        _aes.Key = Half(key, HalfKey);
    }

    /// <inheritdoc cref="ContentEncryption.Encrypt"/>
    public byte[] Encrypt(byte[] plain, byte[] associated, byte[] vector)
    {
        var result = new byte[ContentEncryption.SealedLength(plain.Length)];
        Buffer.BlockCopy(vector, 0, result, 0, ContentEncryption.VectorSize);
        using var encryptor = _aes.CreateEncryptor(_aes.Key, vector);
        var cipher = encryptor.TransformFinalBlock(plain, 0, plain.Length);
        Buffer.BlockCopy(cipher, 0, result, ContentEncryption.VectorSize, cipher.Length);
        var tag = Tag(associated, result, start: 0);
        Buffer.BlockCopy(tag, 0, result, result.Length - ContentEncryption.TagSize, ContentEncryption.TagSize);
        return result;
    }

    /// <inheritdoc cref="ContentEncryption.IsGenuine"/>
    /// <param name="start">Where it begins; it goes to the end.</param>
    public bool IsGenuine(byte[] sealedText, byte[] associated, int start)
    {
        var length = sealedText.Length - start;
        if (
            length < ContentEncryption.SealedLength(0)
            || (length - ContentEncryption.VectorSize - ContentEncryption.TagSize) % BlockSize != 0
        )
        {
            return false;
        }

        var tag = Tag(associated, sealedText, start);

        // In the same time whatever differs.
        var difference = 0;
        for (var index = 0; index < ContentEncryption.TagSize; index++)
        {
            difference |= tag[index] ^ sealedText[sealedText.Length - ContentEncryption.TagSize + index];
        }

        return difference == 0;
    }

    /// <inheritdoc cref="ContentEncryption.Decrypt"/>
    public byte[] Decrypt(byte[] sealedText, int start)
    {
        using var decryptor = _aes.CreateDecryptor(_aes.Key, VectorOf(sealedText, start));
        return decryptor.TransformFinalBlock(
            sealedText,
            start + ContentEncryption.VectorSize,
            sealedText.Length - start - ContentEncryption.VectorSize - ContentEncryption.TagSize
        );
    }

    /// <inheritdoc cref="ContentEncryption.DecryptBeginning"/>
    public byte[] DecryptBeginning(byte[] sealedText, int length, int start)
    {
        if (length == 0)
        {
            return [];
        }

        var blocks = (length + BlockSize - 1) / BlockSize * BlockSize;
#if NET
        var plain = new byte[blocks];
        _aes.DecryptCbc(
            sealedText.AsSpan(start + ContentEncryption.VectorSize, blocks),
            sealedText.AsSpan(start, ContentEncryption.VectorSize),
            plain,
            PaddingMode.None
        );
#else
        _aes.Padding = PaddingMode.None;
        using var decryptor = _aes.CreateDecryptor(_aes.Key, VectorOf(sealedText, start));
        _aes.Padding = PaddingMode.PKCS7;
        var plain = decryptor.TransformFinalBlock(sealedText, start + ContentEncryption.VectorSize, blocks);
#endif
        Array.Resize(ref plain, length);
        return plain;
    }

    public void Dispose()
    {
        _mac.Dispose();
        _aes.Dispose();
    }

    private static byte[] VectorOf(byte[] sealedText, int start)
    {
        var vector = new byte[ContentEncryption.VectorSize];
        Buffer.BlockCopy(sealedText, start, vector, 0, vector.Length);
        return vector;
    }

    private static byte[] Half(byte[] key, int start)
    {
        var half = new byte[HalfKey];
        Buffer.BlockCopy(key, start, half, 0, HalfKey);
        return half;
    }

    /// <summary>The tag over everything before its own place at the end.</summary>
    private byte[] Tag(byte[] associated, byte[] sealedText, int start)
    {
        _mac.AppendData(associated);
        _mac.AppendData(sealedText, start, sealedText.Length - start - ContentEncryption.TagSize);

        // The length of the associated data in bits, as a big-endian number of 64 bits.
        var bits = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bits, (long)associated.Length * 8);
        _mac.AppendData(bits);
        return _mac.GetHashAndReset();
    }
}
