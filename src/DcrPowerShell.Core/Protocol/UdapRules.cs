using System;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// What a UDAP registration has to say, by its grant (HL7 UDAP Security STU 2, section 3.2), and how its software statement says it.
/// </summary>
internal static class UdapRules
{
    private const string Code = "authorization_code";
    private const string Credentials = "client_credentials";
    private const string Refresh = "refresh_token";
    private const string Mail = "mailto:";

    private static readonly string[] Grants = [Code, Credentials, Refresh];
    private static readonly string[] Pictures = [".png", ".jpg", ".jpeg", ".gif"];

    /// <summary>
    /// All that a statement says of a client: what was named, and what the profile leaves no choice about. Contacts that are plain e-mail
    /// addresses become URIs.
    /// </summary>
    public static JsonBag Complete(JsonBag named)
    {
        var contacts = named.Texts(ClientMember.Contacts);
        var grants = named.Has(ClientMember.GrantTypes) ? named.Texts(ClientMember.GrantTypes)
            : named.Texts(ClientMember.RedirectUris).Count > 0 ? [Code]
            : null;
        var all = named.Without(ClientMember.ClientId).WithoutAbsent();
        all = contacts.Count == 0 ? all : all.With(ClientMember.Contacts, contacts.Select(AsUri));
        all = grants is null ? all : all.With(ClientMember.GrantTypes, grants);
        all = all.Has(ClientMember.TokenEndpointAuthMethod) ? all : all.With(ClientMember.TokenEndpointAuthMethod, "private_key_jwt");
        return all.Has(ClientMember.ResponseTypes) || grants?.Contains(Code) != true ? all : all.With(ClientMember.ResponseTypes, ["code"]);
    }

    /// <summary>Judges metadata before it is sent.</summary>
    /// <param name="named">What is named; with a client_id where a client is changed, and then the rest is there already.</param>
    /// <exception cref="DcrException">InvalidRedirectUri or InvalidClientMetadata, naming the member.</exception>
    public static void Check(JsonBag named)
    {
        if (named.Has(ClientMember.SoftwareStatement))
        {
            throw UdapErrors.Rule(
                ClientMember.SoftwareStatement,
                "cannot be given over a UDAP connection, which makes it",
                "Leave it out. -Certification takes what others sign."
            );
        }

        var isChange = named.Has(ClientMember.ClientId);
        if (Faults(isChange ? named : Complete(named), isChange).FirstOrDefault() is { } fault)
        {
            throw fault;
        }

        // That there is a statement stands for keys and what else it says.
        MetadataRules.Check(named.Without(ClientMember.Certifications).With(ClientMember.SoftwareStatement, "this"));
    }

    /// <summary>The certifications that are to go along, each a signed JWT.</summary>
    /// <exception cref="DcrException">
    /// InvalidClientMetadata: one is none, or has expired, or one that the server requires is missing.
    /// </exception>
    public static IReadOnlyList<string> Certifications(JsonBag metadata, UdapMetadata server, DateTimeOffset now)
    {
        var all = metadata.Texts(ClientMember.Certifications);
        var claims = all
            .Select(static (jwt, index) => (Claims: Jws.Header(jwt) is null ? null : Jws.Claims(jwt), Place: index + 1))
            .ToList();
        foreach (var (said, place) in claims)
        {
            if (said is null)
            {
                throw UdapErrors.Rule(
                    ClientMember.Certifications,
                    $"has a text in place {place} that is no signed JWT",
                    "Give each certification as its issuer wrote it: three parts with dots between them."
                );
            }

            if (Jws.Time(said, "exp") is { } end && end <= now)
            {
                throw UdapErrors.Rule(
                    ClientMember.Certifications,
                    $"has one in place {place} that expired at {end:yyyy-MM-dd HH:mm:ss} UTC",
                    "Get a new one from its issuer, and give it with -Certification."
                );
            }
        }

        var missing = server
            .RequiredCertifications.Where(uri => !claims.Any(each => each.Claims!.Texts("certification_uris").Contains(uri)))
            .ToList();
        return missing.Count == 0
            ? all
            : throw UdapErrors.Rule(
                ClientMember.Certifications,
                $"lacks {string.Join(", ", missing.Select(static uri => Redaction.Printable(uri)))}, which the server requires",
                "Get the certification from the trust community, and give it with -Certification."
            );
    }

    /// <summary>The claims of a software statement about a client, without those about the JWT.</summary>
    public static JsonBag Claims(JsonBag complete) => complete.Without(ClientMember.Certifications);

    /// <summary>A cancellation says the same of the client, but for its grants (section 3.4).</summary>
    public static JsonBag Cancelled(JsonBag complete) =>
        Claims(complete)
            .Without(ClientMember.RedirectUris, ClientMember.ResponseTypes)
            .With(ClientMember.GrantTypes, Array.Empty<string>());

    private static IEnumerable<DcrException> Faults(JsonBag client, bool isChange)
    {
        var grants = client.Texts(ClientMember.GrantTypes);
        var method = client.Text(ClientMember.TokenEndpointAuthMethod);
        if (method is not null && method != "private_key_jwt")
        {
            yield return UdapErrors.Rule(
                ClientMember.TokenEndpointAuthMethod,
                $"cannot be {Redaction.Printable(method)}: UDAP clients authenticate with their certificate's key",
                "Leave -TokenEndpointAuthMethod out, or give private_key_jwt."
            );
        }

        if (grants.FirstOrDefault(grant => !Grants.Contains(grant)) is { } other)
        {
            yield return UdapErrors.Rule(
                ClientMember.GrantTypes,
                $"has {Redaction.Printable(other)}, which UDAP does not register",
                $"Give {Code}, alone or with {Refresh}, or {Credentials}."
            );
        }

        if (grants.Count > 0 && grants.Contains(Code) == grants.Contains(Credentials))
        {
            yield return UdapErrors.Rule(
                ClientMember.GrantTypes,
                grants.Contains(Code)
                    ? $"has both {Code} and {Credentials}, and one registration has one of them"
                    : $"lacks {Code}, which {Refresh} needs",
                $"Give {Code}, alone or with {Refresh}, or {Credentials}. A client for the other one needs a certificate with another URI."
            );
        }
        else if (grants.Contains(Credentials) && grants.Contains(Refresh))
        {
            yield return UdapErrors.Rule(ClientMember.GrantTypes, $"has {Refresh} beside {Credentials}", $"Leave {Refresh} out.");
        }

        foreach (var uri in client.Texts(ClientMember.RedirectUris).Where(static uri => !IsHttps(uri)))
        {
            yield return UdapErrors.RedirectUri(uri);
        }

        if (client.Text(ClientMember.LogoUri) is { } logo && !(IsHttps(logo) && IsPicture(logo)))
        {
            yield return UdapErrors.Rule(
                ClientMember.LogoUri,
                "is not the https address of a PNG, JPG or GIF file",
                "Give one that ends with .png, .jpg or .gif."
            );
        }

        var contacts = client.Texts(ClientMember.Contacts);
        if (contacts.Count > 0 && !contacts.Any(static contact => IsMail(AsUri(contact))))
        {
            yield return UdapErrors.Rule(
                ClientMember.Contacts,
                "has no e-mail address",
                "Give one with -Contact, such as mailto:operations@example.com."
            );
        }

        foreach (var fault in isChange ? [] : Lacks(client, grants))
        {
            yield return fault;
        }
    }

    private static IEnumerable<DcrException> Lacks(JsonBag client, IReadOnlyList<string> grants)
    {
        if (grants.Count == 0)
        {
            yield return UdapErrors.Rule(ClientMember.GrantTypes, "is missing", $"Give -GrantType {Credentials}, or {Code}.");
        }

        var isForUsers = grants.Contains(Code);
        foreach (
            var (member, fix) in new[]
            {
                (ClientMember.ClientName, "Give -ClientName."),
                (ClientMember.Contacts, "Give -Contact, with an e-mail address."),
                (ClientMember.Scope, "Give -Scope; Get-DcrServer shows in ScopesSupported what the server offers."),
            }.Concat(
                isForUsers
                    ? new[]
                    {
                        (ClientMember.RedirectUris, "Give -RedirectUri."),
                        (ClientMember.LogoUri, "Give -LogoUri, the https address of a PNG, JPG or GIF file."),
                    }
                    : []
            )
        )
        {
            if (!client.Has(member) || client.Words(member).Count == 0)
            {
                yield return UdapErrors.Rule(member, "is missing, and UDAP wants it", fix);
            }
        }

        var responses = client.Texts(ClientMember.ResponseTypes);
        if (isForUsers ? responses.Count != 1 || responses[0] != "code" : responses.Count > 0)
        {
            yield return UdapErrors.Rule(
                ClientMember.ResponseTypes,
                isForUsers ? $"must be code alone with {Code}" : $"does not go with {Credentials}",
                "Leave -ResponseType out."
            );
        }

        if (!isForUsers && client.Texts(ClientMember.RedirectUris).Count > 0)
        {
            yield return UdapErrors.Rule(
                ClientMember.RedirectUris,
                $"does not go with {Credentials}",
                "Leave -RedirectUri out, or remove what the client has with -RedirectUri @()."
            );
        }
    }

    private static string AsUri(string contact) => contact.IndexOf('@') > 0 && contact.IndexOf(':') < 0 ? Mail + contact : contact;

    private static bool IsMail(string contact) =>
        contact.StartsWith(Mail, StringComparison.OrdinalIgnoreCase) && contact.IndexOf('@') > Mail.Length;

    private static bool IsHttps(string uri) => UriText.Absolute(uri) is { Scheme: "https" };

    private static bool IsPicture(string uri) =>
        Pictures.Any(ending => new Uri(uri).AbsolutePath.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
