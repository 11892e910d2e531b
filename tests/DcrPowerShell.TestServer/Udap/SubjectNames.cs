using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>
/// The URIs among a certificate's subject alternative names (RFC 5280 section 4.2.1.6), character by character: .NET's own builder would
/// put a slash behind a bare host.
/// </summary>
internal static class SubjectNames
{
    private const string Identifier = "2.5.29.17";
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    /// <summary>An extension with these URIs, and with a host name, as certificates often have one.</summary>
    public static X509Extension Extension(IReadOnlyList<string> uris)
    {
        AsnWriter names = new(AsnEncodingRules.DER);
        using (names.PushSequence())
        {
            names.WriteCharacterString(UniversalTagNumber.IA5String, "member.example.org", DnsName);
            foreach (string uri in uris)
            {
                names.WriteCharacterString(UniversalTagNumber.IA5String, uri, UriName);
            }
        }

        return new X509Extension(Identifier, names.Encode(), critical: false);
    }

    public static IReadOnlyList<string> UrisOf(X509Certificate2 certificate)
    {
        List<string> uris = [];
        if (certificate.Extensions[Identifier] is { } extension)
        {
            AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag() == UriName)
                {
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }
        }

        return uris;
    }
}
