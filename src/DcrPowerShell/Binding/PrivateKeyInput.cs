using System;
using System.IO;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Binding;

/// <summary>A private key as the administrator gives it, and how it is to be used.</summary>
/// <param name="Password">Of an encrypted key; null for none.</param>
/// <param name="Algorithm">Null for the key's own.</param>
/// <param name="KeyId">Null for the key's own.</param>
internal sealed record PrivateKeyInput(SecureString? Password, string? Algorithm, string? KeyId)
{
    private string? PlainPassword => Password is null ? null : SecureText.Reveal(Password);

    /// <summary>The key, from the first of these that was given; null where none was.</summary>
    /// <param name="text">PEM or a JWK.</param>
    /// <param name="path">A file with PEM, a JWK or a PFX.</param>
    /// <exception cref="DcrException">InvalidPrivateKey: also where the file cannot be read.</exception>
    public SigningKey? From(SecureString? text, string? path, X509Certificate2? certificate) =>
        text is not null ? Read(() => SigningKey.FromText(SecureText.Reveal(text), PlainPassword, Algorithm, KeyId))
        : path is not null ? Read(() => SigningKey.FromFile(File.ReadAllBytes(path), PlainPassword, Algorithm, KeyId))
        : certificate is not null ? Read(() => SigningKey.FromCertificate(certificate, Algorithm, KeyId))
        : null;

    private static SigningKey Read(Func<SigningKey> read)
    {
        try
        {
            return read();
        }
        catch (KeyException failure)
        {
            throw InputErrors.BadKey(failure.Message, failure.Fix, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InputErrors.BadKey(
                $"-PrivateKeyPath: {failure.Message}",
                "Check the path, and that this account may read the file.",
                failure
            );
        }
    }
}
