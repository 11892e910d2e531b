using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;

namespace DcrPowerShell.Binding;

/// <summary>A certificate to sign with, as the administrator gives it: its parts may be in one place or in several.</summary>
internal sealed record CertificateInput
{
    /// <summary>PEM: a key, and maybe certificates.</summary>
    public SecureString? KeyText { get; init; }

    /// <summary>A file with a key, and maybe certificates.</summary>
    public string? KeyPath { get; init; }

    /// <summary>From a certificate store, say.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>A file with certificates, and maybe a key.</summary>
    public string? CertificatePath { get; init; }

    public SecureString? Password { get; init; }

    /// <summary>Null for the key's own.</summary>
    public string? Algorithm { get; init; }

    /// <summary>Null where nothing was given.</summary>
    /// <param name="anchors">Where issuers may be found, too.</param>
    /// <param name="held">Finds one of these keys, by their thumbprints, in the local store, for an algorithm.</param>
    /// <exception cref="DcrException">InvalidCertificate, InvalidPrivateKey: also where a file cannot be read.</exception>
    public SigningCertificate? Read(IReadOnlyList<X509Certificate2> anchors, Func<IEnumerable<string>, string?, SigningKey?> held)
    {
        if (KeyText is null && KeyPath is null && Certificate is null && CertificatePath is null)
        {
            return null;
        }

        try
        {
            var given = Certificates();
            return given.Count == 0
                ? throw KeyErrors.NoCertificate()
                : SigningCertificate.Of(Key(given, held), given, anchors);
        }
        catch (KeyException failure)
        {
            throw InputErrors.BadCertificate(failure.Message, failure.Fix, failure);
        }
    }

    private string? PlainPassword => Password is null ? null : SecureText.Reveal(Password);

    private List<X509Certificate2> Certificates()
    {
        var given = Certificate is null ? [] : new List<X509Certificate2> { CertificateFile.Public(Certificate) };
        if (CertificatePath is not null)
        {
            given.AddRange(CertificateFile.Read(Bytes(CertificatePath, nameof(CertificatePath)), PlainPassword));
        }

        if (KeyText is not null)
        {
            given.AddRange(CertificateFile.OfPem(SecureText.Reveal(KeyText)));
        }

        if (KeyPath is not null)
        {
            var file = Bytes(KeyPath, "PrivateKeyPath");
            given.AddRange(
                CertificateFile.Text(file) is { } text ? CertificateFile.OfPem(text) : CertificateFile.Read(file, PlainPassword)
            );
        }

        return given;
    }

    private SigningKey Key(List<X509Certificate2> given, Func<IEnumerable<string>, string?, SigningKey?> held)
    {
        var own = Certificate is { HasPrivateKey: true } ? Certificate : null;
        if (new PrivateKeyInput(Password, Algorithm, KeyId: null).From(KeyText, KeyPath, own) is { } key)
        {
            return key;
        }

        if (CertificatePath is not null && Bytes(CertificatePath, nameof(CertificatePath)) is var file && CertificateFile.HasKey(file))
        {
            return SigningKey.FromFile(file, PlainPassword, Algorithm);
        }

        return held(given.Select(SigningCertificate.ThumbprintOf).OfType<string>(), Algorithm)
            ?? throw KeyErrors.KeyOfCertificateMissing(CertificateNames.Show(given[0]));
    }

    private static byte[] Bytes(string path, string parameter)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InputErrors.BadCertificate(
                $"-{parameter}: {failure.Message}",
                "Check the path, and that this account may read the file.",
                failure
            );
        }
    }
}
