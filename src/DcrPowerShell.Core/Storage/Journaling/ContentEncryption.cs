using System;
using System.Linq;
using System.Security.Cryptography;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>Authenticated encryption by A256CBC-HS512 (RFC 7518, section 5.2.5): AES-256 in CBC mode, then HMAC SHA-512 cut to 32 bytes.</summary>
internal static class ContentEncryption
{
    public const int KeySize = 64;
    private const int HalfKey = KeySize / 2;
    private const int VectorSize = 16;
    private const int TagSize = 32;

    public static byte[] NewKey() => Random(KeySize);

    /// <summary>Gives initialization vector, ciphertext and tag, one after another.</summary>
    /// <param name="associated">What is authenticated and not encrypted.</param>
    public static byte[] Encrypt(byte[] key, byte[] plain, byte[] associated) => Encrypt(key, plain, associated, Random(VectorSize));

    /// <inheritdoc cref="Encrypt(byte[], byte[], byte[])"/>
    internal static byte[] Encrypt(byte[] key, byte[] plain, byte[] associated, byte[] vector)
    {
        using var aes = NewAes(key, vector);
        using var encryptor = aes.CreateEncryptor();
        var cipher = encryptor.TransformFinalBlock(plain, 0, plain.Length);
        return [.. vector, .. cipher, .. Tag(key, associated, vector, cipher)];
    }

    /// <summary>The plain text; null where key or associated data are others, or something was changed.</summary>
    public static byte[]? Decrypt(byte[] key, byte[] sealedText, byte[] associated)
    {
        if (sealedText.Length < VectorSize + TagSize)
        {
            return null;
        }

        var vector = sealedText.Take(VectorSize).ToArray();
        var cipher = sealedText.Skip(VectorSize).Take(sealedText.Length - VectorSize - TagSize).ToArray();
        if (!AreEqual(Tag(key, associated, vector, cipher), sealedText.Skip(sealedText.Length - TagSize).ToArray()))
        {
            return null;
        }

        using var aes = NewAes(key, vector);
        using var decryptor = aes.CreateDecryptor();
        return decryptor.TransformFinalBlock(cipher, 0, cipher.Length);
    }

    private static Aes NewAes(byte[] key, byte[] vector)
    {
        var aes = Aes.Create();
        aes.Mode = CipherMode.CBC;
        aes.Padding = PaddingMode.PKCS7;
        aes.Key = key.Skip(HalfKey).ToArray();
        aes.IV = vector;
        return aes;
    }

    private static byte[] Tag(byte[] key, byte[] associated, byte[] vector, byte[] cipher)
    {
        // The length of the associated data in bits, as a big-endian number of 64 bits.
        var length = BitConverter.GetBytes((long)associated.Length * 8);
        using var mac = new HMACSHA512(key.Take(HalfKey).ToArray());
        return mac.ComputeHash([.. associated, .. vector, .. cipher, .. BitConverter.IsLittleEndian ? length.Reverse() : length]).Take(TagSize).ToArray();
    }

    /// <summary>In the same time whatever differs.</summary>
    private static bool AreEqual(byte[] left, byte[] right) => left.Length == right.Length && left.Zip(right, static (a, b) => a ^ b).Aggregate(0, static (sum, difference) => sum | difference) == 0;

    private static byte[] Random(int size)
    {
        using var random = RandomNumberGenerator.Create();
        var bytes = new byte[size];
        random.GetBytes(bytes);
        return bytes;
    }
}
