using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.Keys;

/// <summary>What a certificate says of whom it is for.</summary>
internal static class CertificateNames
{
    private const string SubjectAlternativeName = "2.5.29.17";

    // GeneralName, uniformResourceIdentifier (RFC 5280, section 4.2.1.6).
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>
    /// The URIs of its subject alternative name (RFC 5280, section 4.2.1.6), as they are written; none where it has none.
    /// </summary>
    public static IReadOnlyList<string> Uris(X509Certificate2 certificate) =>
        certificate.Extensions.Cast<X509Extension>().FirstOrDefault(static extension => extension.Oid?.Value == SubjectAlternativeName)
            is { } names
            ? Uris(names.RawData)
            : [];

    /// <summary>For people: the common name, or all of the name where it has none.</summary>
    public static string Show(X509Certificate2 certificate) =>
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? name : certificate.Subject;

    private static List<string> Uris(byte[] names)
    {
        var uris = new List<string>();
        try
        {
            var each = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
            while (each.HasData)
            {
                if (each.PeekTag().HasSameClassAndValue(UriTag))
                {
                    uris.Add(each.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                }
                else
                {
                    each.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            // What cannot be read names nobody.
        }

        return uris;
    }
}
