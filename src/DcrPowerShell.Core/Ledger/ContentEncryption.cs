using System.Security.Cryptography;

namespace DcrPowerShell.Ledger;

/// <summary>
/// Authenticated encryption by A256CBC-HS512 (RFC 7518, section 5.2.5): AES-256 in CBC mode, then HMAC SHA-512 cut to 32 bytes.
/// </summary>
internal static class ContentEncryption
{
    public const int KeySize = 64;
    public const int VectorSize = 16;
    public const int TagSize = 32;
    private const int BlockSize = 16;

    public static byte[] NewKey() => RandomBytes(KeySize);

    public static byte[] NewVector() => RandomBytes(VectorSize);

    /// <summary>How long initialization vector, ciphertext and tag are together.</summary>
    public static int SealedLength(int plainLength) => VectorSize + ((plainLength / BlockSize) + 1) * BlockSize + TagSize;

    /// <summary>Gives initialization vector, ciphertext and tag, one after another.</summary>
    /// <param name="associated">What is authenticated and not encrypted.</param>
    public static byte[] Encrypt(byte[] key, byte[] plain, byte[] associated, byte[] vector)
    {
        using var cipher = new ContentCipher(key);
        return cipher.Encrypt(plain, associated, vector);
    }

    /// <summary>Whether nothing was changed, and key and associated data are the ones it was sealed with.</summary>
    public static bool IsGenuine(byte[] key, byte[] sealedText, byte[] associated)
    {
        using var cipher = new ContentCipher(key);
        return cipher.IsGenuine(sealedText, associated, start: 0);
    }

    /// <summary>The plain text of what <see cref="IsGenuine"/>.</summary>
    public static byte[] Decrypt(byte[] key, byte[] sealedText)
    {
        using var cipher = new ContentCipher(key);
        return cipher.Decrypt(sealedText, start: 0);
    }

    /// <summary>The beginning of the plain text of what <see cref="IsGenuine"/>.</summary>
    public static byte[] DecryptBeginning(byte[] key, byte[] sealedText, int length)
    {
        using var cipher = new ContentCipher(key);
        return cipher.DecryptBeginning(sealedText, length, start: 0);
    }

    /// <summary>Bytes that nobody can guess, and that no file system can compress.</summary>
    public static byte[] RandomBytes(int size)
    {
        using var random = RandomNumberGenerator.Create();
        var bytes = new byte[size];
        random.GetBytes(bytes);
        return bytes;
    }
}
