using System;
using System.Security.Cryptography;
using DcrPowerShell.Compat;

namespace DcrPowerShell.Keys;

/// <summary>A private key in a PEM text (RFC 7468), which may hold certificates and curve parameters beside it.</summary>
internal static class PemKey
{
    private const string Begin = "-----BEGIN ";
    private const string Dashes = "-----";

    /// <summary>Reads the first private key of the text.</summary>
    /// <param name="password">For <c>ENCRYPTED PRIVATE KEY</c>; others do without.</param>
    /// <exception cref="KeyException">There is none, or it cannot be read.</exception>
    public static KeyPair Read(string pem, string? password)
    {
        // Environment variables and JSON settings have line breaks written out, of which no PEM has a backslash.
        var (label, body) = FindPrivate(pem.Replace("\\r", "").Replace("\\n", "\n"));
        if (body.Contains("Proc-Type:"))
        {
            throw KeyErrors.OldEncryption();
        }

        var isEncrypted = label == "ENCRYPTED PRIVATE KEY";
        try
        {
            return KeyPair.Of(
                label switch
                {
                    "PRIVATE KEY" => PrivateKeys.ImportPkcs8(Convert.FromBase64String(body)),
                    "RSA PRIVATE KEY" => PrivateKeys.ImportPkcs1(Convert.FromBase64String(body)),
                    "EC PRIVATE KEY" => PrivateKeys.ImportSec1(Convert.FromBase64String(body)),
                    _ when isEncrypted => PrivateKeys.ImportEncryptedPkcs8(
                        Convert.FromBase64String(body),
                        password ?? throw KeyErrors.PasswordMissing()
                    ),
                    _ => throw KeyErrors.PemUnsupported(label),
                }
            );
        }
        catch (PlatformNotSupportedException) when (isEncrypted)
        {
            throw KeyErrors.EncryptedPemUnsupported();
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException)
        {
            throw isEncrypted ? KeyErrors.NotDecrypted(failure) : KeyErrors.Unreadable(failure);
        }
    }

    private static (string Label, string Body) FindPrivate(string pem)
    {
        var isPublic = false;
        for (var at = pem.IndexOf(Begin, StringComparison.Ordinal); at >= 0; at = pem.IndexOf(Begin, at + 1, StringComparison.Ordinal))
        {
            var labelAt = at + Begin.Length;
            var labelEnd = pem.IndexOf(Dashes, labelAt, StringComparison.Ordinal);
            if (labelEnd < 0)
            {
                break;
            }

            var label = pem.Substring(labelAt, labelEnd - labelAt);
            var bodyAt = labelEnd + Dashes.Length;
            var bodyEnd = pem.IndexOf($"-----END {label}-----", bodyAt, StringComparison.Ordinal);
            if (bodyEnd >= 0 && label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
            {
                return (label, pem.Substring(bodyAt, bodyEnd - bodyAt));
            }

            isPublic |= label.EndsWith("PUBLIC KEY", StringComparison.Ordinal) || label == "CERTIFICATE";
        }

        throw isPublic ? KeyErrors.PublicOnly() : KeyErrors.NoPem();
    }
}
