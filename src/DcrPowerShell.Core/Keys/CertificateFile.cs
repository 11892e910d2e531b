using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Keys;

/// <summary>The certificates of a file: PEM with any number of them (RFC 7468, section 5), DER with one, or a PFX (RFC 7292).</summary>
internal static class CertificateFile
{
    private static readonly Regex Block = new(
        "-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END",
        RegexOptions.CultureInvariant
    );

    /// <summary>
    /// An ephemeral key is not written to the user's key store. macOS knows none: it makes a key chain for the while.
    /// </summary>
    public static X509KeyStorageFlags Storage =>
        RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;

    /// <summary>Without their private keys, in the order of the file.</summary>
    /// <param name="password">Of a PFX; null where it has none.</param>
    /// <exception cref="KeyException">The file holds no certificate, or a PFX cannot be opened.</exception>
    public static IReadOnlyList<X509Certificate2> Read(byte[] file, string? password = null)
    {
        var text = Text(file);
        var found = text is not null ? OfPem(text) : [.. OfBinary(file, password).Select(static one => Public(one))];
        return found.Count > 0 ? found : throw KeyErrors.NoCertificate();
    }

    /// <summary>Those of a PEM text; none where it has none.</summary>
    /// <exception cref="KeyException">A certificate in it is damaged.</exception>
    public static IReadOnlyList<X509Certificate2> OfPem(string text) =>
        [.. Block.Matches(text).Cast<Match>().Select(static block => Of(block.Groups[1].Value))];

    /// <summary>One certificate of an <c>x5c</c> header: base64, not base64url, of its DER (RFC 7515, section 4.1.6).</summary>
    /// <exception cref="KeyException">It is none.</exception>
    public static X509Certificate2 Of(string base64)
    {
        try
        {
            // The constructor would open a PFX, too, which puts a key that a stranger sent into the user's key store.
            var der = Convert.FromBase64String(base64);
            return IsBinary(der) && X509Certificate2.GetCertContentType(der) == X509ContentType.Cert
                ? new X509Certificate2(der)
                : throw KeyErrors.CertificateUnreadable();
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            throw KeyErrors.CertificateUnreadable(failure);
        }
    }

    /// <summary>Whether there is a private key beside the certificates.</summary>
    public static bool HasKey(byte[] file) =>
        Text(file) is { } text ? text.Contains("PRIVATE KEY-----") : X509Certificate2.GetCertContentType(file) == X509ContentType.Pkcs12;

    /// <summary>The text of a file that is one; null for a binary one, which DER makes begin with a sequence.</summary>
    public static string? Text(byte[] file)
    {
        if (file.Length == 0 || IsBinary(file))
        {
            return null;
        }

        // Windows PowerShell writes UTF-16.
        var unmarked = file[0] == 0 ? Encoding.BigEndianUnicode : file.Length > 1 && file[1] == 0 ? Encoding.Unicode : Encoding.UTF8;
        using var reader = new StreamReader(new MemoryStream(file), unmarked, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    public static X509Certificate2 Public(X509Certificate2 certificate) => new(certificate.RawData);

    private static bool IsBinary(byte[] file) => file.Length > 0 && file[0] == 0x30;

    private static IEnumerable<X509Certificate2> OfBinary(byte[] file, string? password)
    {
        if (X509Certificate2.GetCertContentType(file) == X509ContentType.Cert)
        {
            return [new X509Certificate2(file)];
        }

        try
        {
            var all = new X509Certificate2Collection();
            all.Import(file, password, Storage);
            return all.Cast<X509Certificate2>();
        }
        catch (CryptographicException failure)
        {
            throw KeyErrors.PfxUnreadable(failure);
        }
    }
}
