using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>
/// A private key with the algorithm that it signs by and the name that it goes by. Safe for use by several workers at once;
/// whoever made it disposes it.
/// </summary>
/// <remarks>
/// The makers take two optional choices. <c>algorithm</c>: one of <see cref="SignatureAlgorithm.Names"/>; else the JWK's own
/// <c>alg</c>, else RS256, or the one ES algorithm of the curve. <c>keyId</c>: else the JWK's own <c>kid</c>, else the
/// thumbprint (RFC 7638). What makes no usable signing key is a <see cref="KeyException"/>.
/// </remarks>
internal sealed class SigningKey : IDisposable
{
    // .NET promises of no key object that two threads may use it at once.
    private readonly object _oneAtATime;
    private readonly KeyPair _pair;
    private readonly SignatureAlgorithm _algorithm;
    private bool _isDisposed;

    private SigningKey(KeyPair pair, SignatureAlgorithm algorithm, string? keyId, object? oneAtATime = null)
    {
        _oneAtATime = oneAtATime ?? new object();
        _pair = pair;
        _algorithm = algorithm;
        PublicMembers = pair.PublicMembers();
        Thumbprint = JwkThumbprint.Of(PublicMembers);
        KeyId = keyId ?? Thumbprint;
    }

    /// <summary><c>alg</c> (RFC 7518, section 3.1).</summary>
    public string Algorithm => _algorithm.Name;

    /// <summary><c>kid</c>.</summary>
    public string KeyId { get; }

    /// <summary>The SHA-256 thumbprint of the public half (RFC 7638), base64url.</summary>
    public string Thumbprint { get; }

    /// <summary>The public half with the members that it needs and no others: kty, n, e; or kty, crv, x, y.</summary>
    public JsonBag PublicMembers { get; }

    /// <param name="file">The bytes of a file with PEM, a JWK or a PFX. Texts may be in UTF-16, as Windows PowerShell writes them.</param>
    /// <param name="password">Of an encrypted key.</param>
    public static SigningKey FromFile(byte[] file, string? password = null, string? algorithm = null, string? keyId = null) =>
        CertificateFile.Text(file) is { } text
            ? FromText(text, password, algorithm, keyId)
            : FromPfx(file, password, algorithm, keyId);

    /// <param name="text">PEM or a JWK.</param>
    /// <param name="password">Of an encrypted PEM.</param>
    public static SigningKey FromText(string text, string? password = null, string? algorithm = null, string? keyId = null) =>
        Given.Trim(text).StartsWith("{", StringComparison.Ordinal)
            ? FromJwk(Given.Trim(text), algorithm, keyId)
            : FromPem(text, password, algorithm, keyId);

    /// <param name="pem">PKCS#8, PKCS#1 (RSA), SEC 1 (EC), or encrypted PKCS#8.</param>
    /// <param name="password">Of an encrypted key. Windows PowerShell reads no encrypted PEM.</param>
    public static SigningKey FromPem(string pem, string? password = null, string? algorithm = null, string? keyId = null) =>
        Of(PemKey.Read(pem, password), algorithm, keyId);

    /// <param name="pfx">The bytes of a PKCS#12 file.</param>
    /// <param name="password">Null where it has none.</param>
    public static SigningKey FromPfx(byte[] pfx, string? password = null, string? algorithm = null, string? keyId = null) =>
        Of(CertificateKey.Read(pfx, password), algorithm, keyId);

    /// <param name="json">One private key (RFC 7517).</param>
    public static SigningKey FromJwk(string json, string? algorithm = null, string? keyId = null)
    {
        var jwk = PrivateJwk.Parse(json);
        return Of(jwk.ToKeyPair(), algorithm ?? jwk.Algorithm, keyId ?? jwk.KeyId);
    }

    /// <param name="certificate">One with its private key. It stays the caller's, who may dispose it.</param>
    public static SigningKey FromCertificate(X509Certificate2 certificate, string? algorithm = null, string? keyId = null) =>
        Of(CertificateKey.Read(certificate), algorithm, keyId);

    /// <summary>Makes a new key pair: RSA of 3072 bits for RS and PS algorithms, else on the algorithm's curve.</summary>
    public static SigningKey Generate(string algorithm, string? keyId = null)
    {
        var chosen = SignatureAlgorithm.Named(algorithm);
        return new(chosen.Curve is { } curve ? EcKeyPair.Generate(curve) : RsaKeyPair.Generate(), chosen, keyId);
    }

    /// <summary>Signs as a JWS wants it (RFC 7515, section 5.1, step 5): RSA as one number, EC as R and S one after the other.</summary>
    /// <exception cref="KeyException">The key's keeper refuses, or does not know the algorithm.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed meanwhile.</exception>
    public byte[] Sign(byte[] data)
    {
        try
        {
            lock (_oneAtATime)
            {
                // Not left to the key: .NET Framework makes a new one in the place of a CNG key that is disposed.
                return _isDisposed ? throw new ObjectDisposedException(nameof(SigningKey)) : _pair.Sign(data, _algorithm);
            }
        }
        catch (CryptographicException failure)
        {
            throw KeyErrors.SigningFailed(Algorithm, failure);
        }
    }

    /// <summary>The same key, to sign by the first of these algorithms that is for it; it is disposed in the place of this one.</summary>
    /// <exception cref="KeyException">None of them is for the key.</exception>
    public SigningKey Using(IReadOnlyList<string> algorithms)
    {
        var fitting = SignatureAlgorithm.For(_pair.Curve).Select(static algorithm => algorithm.Name).ToList();
        return algorithms.FirstOrDefault(fitting.Contains) is { } chosen
            ? new(_pair, SignatureAlgorithm.Named(chosen), KeyId, _oneAtATime)
            : throw KeyErrors.AlgorithmNotTaken(_pair.Description, algorithms);
    }

    /// <summary>The public half as it is published in a JWK set: what makes it, and kid, alg and use.</summary>
    public JsonBag PublicJwk() => PublicMembers.With("kid", KeyId).With("alg", Algorithm).With("use", "sig");

    /// <summary>JSON text of the whole key, for a vault: <see cref="FromJwk"/> makes the same signing key of it.</summary>
    /// <exception cref="KeyException">The key may be used and not taken out, as in a certificate store.</exception>
    public string ExportPrivateJwk()
    {
        try
        {
            lock (_oneAtATime)
            {
                return PublicJwk().With(_pair.PrivateMembers()).ToString();
            }
        }
        catch (CryptographicException failure)
        {
            throw KeyErrors.NotExportable(failure);
        }
    }

    public void Dispose()
    {
        // No worker may be signing meanwhile.
        lock (_oneAtATime)
        {
            _isDisposed = true;
            _pair.Dispose();
        }
    }

    private static SigningKey Of(KeyPair pair, string? algorithm, string? keyId)
    {
        try
        {
            var chosen = SignatureAlgorithm.Choose(algorithm, pair.Curve);
            pair.Require(chosen);
            return new(pair, chosen, keyId);
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }
}
