using System;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Ledger;

/// <summary>Bytes sealed with a passphrase: PBKDF2 with HMAC-SHA-512 (RFC 8018, section 5.2), then A256CBC-HS512.</summary>
/// <param name="Iterations">At least 600,000 for what is sealed here.</param>
internal sealed record PassphraseSeal(byte[] Salt, int Iterations, byte[] Sealed)
{
    public const int SaltSize = 16;
    private const int LeastIterations = 600_000;

    // A file of others must not keep a process busy for hours.
    private const int MostIterations = 20_000_000;

    /// <exception cref="DcrException">InvalidSetup: the passphrase is empty.</exception>
    public static PassphraseSeal Of(byte[] content, SecureString passphrase, byte[] associated)
    {
        if (passphrase.Length == 0)
        {
            throw StoreErrors.PassphraseEmpty();
        }

        var salt = ContentEncryption.NewKey().AsSpan(0, SaltSize).ToArray();
        return new(
            salt,
            LeastIterations,
            ContentEncryption.Encrypt(Key(passphrase, salt, LeastIterations), content, associated, ContentEncryption.NewVector())
        );
    }

    /// <summary>The content; null where the passphrase is another, or something was changed.</summary>
    public byte[]? Open(SecureString passphrase, byte[] associated)
    {
        if (Salt.Length < SaltSize || Iterations is < 1 or > MostIterations)
        {
            return null;
        }

        var key = Key(passphrase, Salt, Iterations);
        return ContentEncryption.IsGenuine(key, Sealed, associated) ? ContentEncryption.Decrypt(key, Sealed) : null;
    }

    private static byte[] Key(SecureString passphrase, byte[] salt, int iterations)
    {
        var text = Encoding.UTF8.GetBytes(SecureText.Reveal(passphrase).Normalize(NormalizationForm.FormC));
        try
        {
#if NET
            return Rfc2898DeriveBytes.Pbkdf2(text, salt, iterations, HashAlgorithmName.SHA512, ContentEncryption.KeySize);
#else
            using var derive = new Rfc2898DeriveBytes(text, salt, iterations, HashAlgorithmName.SHA512);
            return derive.GetBytes(ContentEncryption.KeySize);
#endif
        }
        finally
        {
            Array.Clear(text, 0, text.Length);
        }
    }
}
