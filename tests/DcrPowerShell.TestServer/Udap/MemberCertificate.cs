using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>A certificate of a member of a trust community, its issuers up to the anchor, which is not among them, and its key.</summary>
internal sealed record MemberCertificate(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Issuers, AsymmetricAlgorithm Key)
{
    /// <summary>A new key for a certificate of this kind.</summary>
    public static AsymmetricAlgorithm NewKey(CertificateKey key, CertificateKind kind) => (key, kind) switch
    {
        (_, CertificateKind.WeakKey) => RSA.Create(1024),
        (CertificateKey.P256, _) => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        (CertificateKey.P384, _) => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => RSA.Create(2048),
    };

    /// <summary>All of it for the control API: <c>pfx</c> (base64, no password), <c>certificate</c> and <c>key</c> (PEM).</summary>
    public JsonObject Describe()
    {
        using X509Certificate2 withKey = Key is RSA rsa ? Leaf.CopyWithPrivateKey(rsa) : Leaf.CopyWithPrivateKey((ECDsa)Key);
        // .NET writes the last one first, and Mono takes the first one for the certificate.
        X509Certificate2Collection all = [.. Issuers, withKey];
        return new JsonObject
        {
            ["pfx"] = Convert.ToBase64String(all.Export(X509ContentType.Pkcs12)!),
            ["certificate"] = string.Join('\n', new[] { Leaf }.Concat(Issuers).Select(certificate => certificate.ExportCertificatePem())),
            ["key"] = Key.ExportPkcs8PrivateKeyPem(),
        };
    }
}
