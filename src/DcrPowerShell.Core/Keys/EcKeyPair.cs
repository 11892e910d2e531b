using System.Security.Cryptography;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Keys;

/// <summary>ECDSA for ES256, ES384 and ES512 (RFC 7518, sections 3.4 and 6.2).</summary>
internal sealed class EcKeyPair : KeyPair
{
    private readonly ECDsa _ec;
    private readonly EcCurve _curve;

    public EcKeyPair(ECDsa ec)
    {
        // Not by size: other curves of 256 bits exist.
        _curve = EcCurve.Of(ec.ExportParameters(includePrivateParameters: false).Curve);
        _ec = ec;
    }

    public override EcCurve? Curve => _curve;

    public override string Description => $"an EC key on {_curve.Name}";

    public static KeyPair Generate(EcCurve curve) => Of(ECDsa.Create(curve.Platform));

    public override JsonBag PublicMembers()
    {
        var key = _ec.ExportParameters(includePrivateParameters: false);
        return JsonBag
            .Empty.With("kty", "EC")
            .With("crv", _curve.Name)
            .With("x", Base64Url.Encode(key.Q.X!))
            .With("y", Base64Url.Encode(key.Q.Y!));
    }

    public override JsonBag PrivateMembers() =>
        JsonBag.Empty.With("d", Base64Url.Encode(_ec.ExportParameters(includePrivateParameters: true).D!));

    /// <summary>R and S one after the other, each as long as the curve (RFC 7518, section 3.4): .NET's own form, not DER.</summary>
    public override byte[] Sign(byte[] data, SignatureAlgorithm algorithm) => _ec.SignData(data, algorithm.Hash);

    public override void Dispose() => _ec.Dispose();
}
