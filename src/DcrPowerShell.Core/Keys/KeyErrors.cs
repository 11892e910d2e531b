using System;
using System.Collections.Generic;
using System.Linq;

namespace DcrPowerShell.Keys;

/// <summary>
/// The one place where failures of keys are worded. No parser's own message becomes part of them, because those quote the text that they
/// choke on, which here is a secret.
/// </summary>
internal static class KeyErrors
{
    private const string ConvertIt =
        "Convert it to PKCS#8 (-----BEGIN PRIVATE KEY-----), for example with: openssl pkcs8 -topk8 -in old.pem -out new.pem";
    private const string Supported = "an RSA key, or an EC key on the curve P-256, P-384 or P-521";

    // Reading.

    public static KeyException NoPem() =>
        new(
            "The text holds no private key in PEM form.",
            "Give the whole text of a PEM file, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."
        );

    public static KeyException PublicOnly() =>
        new(
            "The key has only its public half, and signing needs the private one.",
            "Give the private key: PEM that begins with -----BEGIN PRIVATE KEY-----, or a JWK that has the member d."
        );

    public static KeyException PemUnsupported(string label) =>
        new($"A PEM of the kind '{label}' cannot be read.", ConvertIt);

    public static KeyException OldEncryption() =>
        new("The PEM is encrypted in OpenSSL's old way (Proc-Type: 4,ENCRYPTED), which cannot be read.", ConvertIt);

    public static KeyException PasswordMissing() =>
        new("The private key is encrypted, and no password was given.", "Give it with -PrivateKeyPassword.");

    public static KeyException EncryptedPemUnsupported() =>
        new(
            "Windows PowerShell cannot read an encrypted PEM.",
            "Use PowerShell 7, or keep the key in a PFX file: openssl pkcs12 -export -inkey key.pem -in certificate.pem -out key.pfx"
        );

    public static KeyException NotDecrypted(Exception inner) =>
        new(
            $"The private key could not be decrypted: the password is wrong, or the text is damaged, or it is not {Supported}.",
            "Check -PrivateKeyPassword.",
            inner
        );

    public static KeyException Unreadable(Exception? inner = null) =>
        new($"The private key could not be read: it is damaged, or it is not {Supported}.", $"Give {Supported}.", inner);

    public static KeyException PfxUnreadable(Exception inner) =>
        new(
            "The PFX could not be opened: the password is wrong, or it is not a PFX (PKCS#12).",
            "Check the file, and -PrivateKeyPassword.",
            inner
        );

    public static KeyException CertificateWithoutKey(string subject) =>
        new(
            $"The certificate '{subject}' comes without its private key.",
            "Give a PFX that includes the private key, or a certificate from the store of the account that holds the key."
        );

    public static KeyException KeyOutOfReach(string subject, Exception inner) =>
        new(
            $"The private key of the certificate '{subject}' cannot be opened by this account.",
            "Give this account the right to read the private key, or give the key as a PFX.",
            inner
        );

    // JWK (RFC 7517).

    public static KeyException NoJwk() =>
        new(
            "The text is not a JWK: one JSON object was expected.",
            "Give one private key as JSON, such as {\"kty\":\"EC\",\"crv\":\"P-256\",…}."
        );

    public static KeyException JwkSet() =>
        new(
            "The text is a JWK set, and it does not say which of its keys is meant.",
            "Give one of its keys, the object within \"keys\", alone."
        );

    public static KeyException JwkForEncryption() =>
        new("The JWK is for encryption (\"use\":\"enc\"), not for signatures.", "Give a key whose use is sig, or that names no use.");

    public static KeyException KeyTypeUnsupported(string? kty) =>
        new(kty is null ? "The JWK names no key type (kty)." : $"A JWK of the type '{kty}' cannot be used.", $"Give {Supported}.");

    public static KeyException JwkMemberMissing(string member) =>
        new(
            $"The JWK lacks the member '{member}'.",
            "Export the private key again, with all its numbers: an RSA key has n, e, d, p, q, dp, dq and qi; an EC key has crv, x, y and "
                + "d."
        );

    // Using.

    public static KeyException RsaTooSmall(int bits) =>
        new($"The RSA key has {bits} bits; signatures need 2048 or more (RFC 7518, section 3.3).", "Make a new key.");

    public static KeyException CurveUnsupported(string? curve) =>
        new($"The EC key is on {(curve is null ? "a curve without a name" : $"the curve '{curve}'")}.", $"Give {Supported}.");

    public static KeyException AlgorithmUnknown(string name, IEnumerable<string> known) =>
        new($"The signature algorithm '{name}' is not known.", $"Give one of {string.Join(", ", known)}.");

    public static KeyException AlgorithmMismatch(string algorithm, string key, IEnumerable<string> fitting) =>
        new($"{algorithm} does not fit the private key, which is {key}.", $"Use {string.Join(", ", fitting)}, or give another key.");

    public static KeyException SigningFailed(string algorithm, Exception inner) =>
        new(
            $"The private key could not sign with {algorithm}: {inner.Message.TrimEnd('.')}.",
            "A key in an old Windows key store cannot make PS256, PS384 or PS512: use RS256, or give the key as a PFX.",
            inner
        );

    public static KeyException NotExportable(Exception inner) =>
        new("The private key does not leave the place where it is kept.", "Use it from there, or make a new key.", inner);

    public static KeyException AlgorithmNotTaken(string key, IEnumerable<string> taken) =>
        new(
            $"The private key is {key}, and the server takes signatures by {string.Join(", ", taken)} only.",
            "Give a key and certificate for one of these."
        );

    // Certificates.

    public static KeyException NoCertificate() =>
        new(
            "The file holds no certificate.",
            "Give a file with it by -CertificatePath: PEM that has -----BEGIN CERTIFICATE-----, DER, or a PFX."
        );

    public static KeyException KeyOfCertificateMissing(string name) =>
        new(
            $"The private key of the certificate '{name}' was not given, and the local store does not have it.",
            "Give it with -PrivateKeyPath or -PrivateKey, or give a PFX that has both."
        );

    public static KeyException CertificateUnreadable(Exception? inner = null) =>
        new("A certificate could not be read: it is damaged, or it is none.", "Export it again, as PEM, DER or PFX.", inner);

    public static KeyException CertificateOfOtherKey(IEnumerable<string> given) =>
        new(
            $"None of the certificates is the private key's: {Quoted(given)}.",
            "Give the certificate that was issued for this key, beside those of its issuers."
        );

    /// <param name="when">"expired on 2026-01-31".</param>
    public static KeyException CertificateNotValidNow(string name, string when) =>
        new($"The certificate '{name}' {when}.", "Get a new one, or correct this machine's clock.");

    public static KeyException CertificateNotForSigning(string name) =>
        new(
            $"The certificate '{name}' is not for signatures: its key usage lacks digitalSignature (RFC 5280, section 4.2.1.3).",
            "Give the certificate that the community issued for signing."
        );

    public static KeyException CertificateWithoutUri(string name) =>
        new(
            $"The certificate '{name}' names no URI in its subject alternative name, and UDAP knows a client by that URI.",
            "Have the community issue a certificate that has it."
        );

    public static KeyException CertificateWithBadUri(string name, IEnumerable<string> written) =>
        new(
            $"The certificate '{name}' has {Quoted(written)} in its subject alternative name, which is no absolute URI, and UDAP knows a "
                + "client by that URI.",
            "Have the community issue a certificate that has one, such as https://app.example.com."
        );

    public static KeyException CertificateWithSeveralUris(string name, IEnumerable<string> uris) =>
        new(
            $"The certificate '{name}' names several URIs: {Quoted(uris)}.",
            "Say with -SubjectUri which one the client is known by."
        );

    public static KeyException CertificateOfOtherUri(string name, string wanted, IEnumerable<string> uris) =>
        new(
            $"The certificate '{name}' does not name the URI '{wanted}': it names {Quoted(uris)}.",
            "Correct -SubjectUri, to the letter, or give the certificate of that name."
        );

    /// <summary>A list for people, each in quotes.</summary>
    public static string Quoted(IEnumerable<string> texts) => string.Join(", ", texts.Select(static text => $"'{text}'"));
}
