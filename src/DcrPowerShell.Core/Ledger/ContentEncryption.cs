using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DcrPowerShell.Ledger;

/// <summary>Authenticated encryption by A256CBC-HS512 (RFC 7518, section 5.2.5): AES-256 in CBC mode, then HMAC SHA-512 cut to 32 bytes.</summary>
internal static class ContentEncryption
{
    public const int KeySize = 64;
    public const int VectorSize = 16;
    public const int TagSize = 32;
    private const int HalfKey = KeySize / 2;
    private const int BlockSize = 16;

    public static byte[] NewKey() => Random(KeySize);

    public static byte[] NewVector() => Random(VectorSize);

    /// <summary>How long initialization vector, ciphertext and tag are together.</summary>
    public static int SealedLength(int plainLength) => VectorSize + ((plainLength / BlockSize) + 1) * BlockSize + TagSize;

    /// <summary>Gives initialization vector, ciphertext and tag, one after another.</summary>
    /// <param name="associated">What is authenticated and not encrypted.</param>
    public static byte[] Encrypt(byte[] key, byte[] plain, byte[] associated, byte[] vector)
    {
        var result = new byte[SealedLength(plain.Length)];
        Buffer.BlockCopy(vector, 0, result, 0, VectorSize);
        using var aes = NewAes(key, vector);
        using var encryptor = aes.CreateEncryptor();
        var cipher = encryptor.TransformFinalBlock(plain, 0, plain.Length);
        Buffer.BlockCopy(cipher, 0, result, VectorSize, cipher.Length);
        var tag = Tag(key, associated, result, start: 0);
        Buffer.BlockCopy(tag, 0, result, result.Length - TagSize, TagSize);
        return result;
    }

    /// <summary>Whether nothing was changed, and key and associated data are the ones it was sealed with.</summary>
    /// <param name="start">Where it begins; it goes to the end.</param>
    public static bool IsGenuine(byte[] key, byte[] sealedText, byte[] associated, int start = 0)
    {
        var length = sealedText.Length - start;
        if (length < SealedLength(0) || (length - VectorSize - TagSize) % BlockSize != 0)
        {
            return false;
        }

        var tag = Tag(key, associated, sealedText, start);

        // In the same time whatever differs.
        var difference = 0;
        for (var index = 0; index < TagSize; index++)
        {
            difference |= tag[index] ^ sealedText[sealedText.Length - TagSize + index];
        }

        return difference == 0;
    }

    /// <summary>The plain text of what <see cref="IsGenuine"/>.</summary>
    public static byte[] Decrypt(byte[] key, byte[] sealedText, int start = 0)
    {
        using var aes = NewAes(key, VectorOf(sealedText, start));
        using var decryptor = aes.CreateDecryptor();
        return decryptor.TransformFinalBlock(sealedText, start + VectorSize, sealedText.Length - start - VectorSize - TagSize);
    }

    /// <summary>The beginning of the plain text of what <see cref="IsGenuine"/>.</summary>
    public static byte[] DecryptBeginning(byte[] key, byte[] sealedText, int length, int start = 0)
    {
        if (length == 0)
        {
            return [];
        }

        using var aes = NewAes(key, VectorOf(sealedText, start));
        aes.Padding = PaddingMode.None;
        using var decryptor = aes.CreateDecryptor();
        var blocks = (length + BlockSize - 1) / BlockSize * BlockSize;
        var plain = decryptor.TransformFinalBlock(sealedText, start + VectorSize, blocks);
        Array.Resize(ref plain, length);
        return plain;
    }

    private static byte[] VectorOf(byte[] sealedText, int start)
    {
        var vector = new byte[VectorSize];
        Buffer.BlockCopy(sealedText, start, vector, 0, VectorSize);
        return vector;
    }

    private static Aes NewAes(byte[] key, byte[] vector)
    {
        var half = new byte[HalfKey];
        Buffer.BlockCopy(key, HalfKey, half, 0, HalfKey);
        var aes = Aes.Create();
        aes.Mode = CipherMode.CBC;
        aes.Padding = PaddingMode.PKCS7;
        aes.Key = half;
        aes.IV = vector;
        return aes;
    }

    /// <summary>Of all but the place of the tag at the end.</summary>
    private static byte[] Tag(byte[] key, byte[] associated, byte[] sealedText, int start)
    {
        var half = new byte[HalfKey];
        Buffer.BlockCopy(key, 0, half, 0, HalfKey);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA512, half);
        mac.AppendData(associated);
        mac.AppendData(sealedText, start, sealedText.Length - start - TagSize);

        // The length of the associated data in bits, as a big-endian number of 64 bits.
        var bits = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bits, (long)associated.Length * 8);
        mac.AppendData(bits);
        return mac.GetHashAndReset();
    }

    private static byte[] Random(int size)
    {
        using var random = RandomNumberGenerator.Create();
        var bytes = new byte[size];
        random.GetBytes(bytes);
        return bytes;
    }
}
