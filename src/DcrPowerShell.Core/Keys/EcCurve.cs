using System;
using System.Linq;
using System.Security.Cryptography;

namespace DcrPowerShell.Keys;

/// <summary>A curve that JWS signs on (RFC 7518, section 6.2.1.1).</summary>
internal sealed class EcCurve
{
    public static readonly EcCurve P256 = new("P-256", ECCurve.NamedCurves.nistP256, 32, "nistP256", "ECDSA_P256", "secP256r1");
    public static readonly EcCurve P384 = new("P-384", ECCurve.NamedCurves.nistP384, 48, "nistP384", "ECDSA_P384", "secP384r1");
    public static readonly EcCurve P521 = new("P-521", ECCurve.NamedCurves.nistP521, 66, "nistP521", "ECDSA_P521", "secP521r1");

    private static readonly EcCurve[] All = [P256, P384, P521];

    private readonly string[] _windowsNames;

    private EcCurve(string name, ECCurve platform, int size, params string[] windowsNames)
    {
        Name = name;
        Platform = platform;
        Size = size;
        _windowsNames = windowsNames;
    }

    /// <summary><c>crv</c> of a JWK.</summary>
    public string Name { get; }

    /// <summary>The platform's name of it.</summary>
    public ECCurve Platform { get; }

    /// <summary>Octets of a coordinate and of the private number.</summary>
    public int Size { get; }

    /// <exception cref="KeyException">It is a curve without an algorithm of ours.</exception>
    public static EcCurve Named(string name) => All.FirstOrDefault(curve => curve.Name == name) ?? throw KeyErrors.CurveUnsupported(name);

    /// <exception cref="KeyException">It is a curve without an algorithm of ours.</exception>
    public static EcCurve Of(ECCurve platform)
    {
        if (!platform.IsNamed)
        {
            throw KeyErrors.CurveUnsupported(null);
        }

        // Windows knows some keys' curves by its own names only.
        var oid = platform.Oid;
        return All.FirstOrDefault(curve =>
                oid.Value == curve.Platform.Oid.Value || curve._windowsNames.Contains(oid.FriendlyName, StringComparer.OrdinalIgnoreCase)
            ) ?? throw KeyErrors.CurveUnsupported(oid.FriendlyName ?? oid.Value);
    }
}
