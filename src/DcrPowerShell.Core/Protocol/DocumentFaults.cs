using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>What servers refuse of a client ID metadata document; nothing where all is well. See <see cref="ClientDocument"/>.</summary>
internal static class DocumentFaults
{
    // Auth0 docs, cimd-validation-rules.
    private const int LargestKeys = 12_000;
    private const int LongestForAuth0 = 120;

    private static readonly string[] Pages =
        [ClientMember.ClientUri, ClientMember.LogoUri, ClientMember.TosUri, ClientMember.PolicyUri];

    private static readonly HashSet<string> SingleTexts =
    [
        .. Pages, ClientMember.ClientId, ClientMember.ClientName, ClientMember.JwksUri, ClientMember.Scope, ClientMember.SoftwareId,
        ClientMember.SoftwareVersion, ClientMember.ApplicationType, ClientMember.TokenEndpointAuthMethod,
        ClientMember.TokenEndpointAuthSigningAlg,
    ];

    // The URL is taken apart as it is written: a parser would tidy it, and servers compare letter by letter.
    private static readonly Regex Parts = new(
        @"^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?<authority>[^/?#]*)(?<path>[^?#]*)(?<query>\?[^#]*)?(?<fragment>#.*)?$",
        RegexOptions.CultureInvariant
    );

    private static readonly Regex DotSegment = new(@"/(\.|%2e){1,2}(/|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    private static readonly Regex NoCharacterOfUrls = new(@"[^!-~]|[\\""<>^`{|}]|%(?![0-9A-Fa-f]{2})", RegexOptions.CultureInvariant);

    /// <summary>Faults of the client's id (section 3).</summary>
    public static IEnumerable<DcrCheck> OfUri(string uri)
    {
        var parts = Parts.Match(uri);
        if (!parts.Success || parts.Groups["authority"].Length == 0 || UriText.Absolute(uri) is null)
        {
            yield return DcrCheck.Failed(
                $"'{Redaction.Address(uri)}' is not an absolute URL.",
                "Give one such as https://app.example.com/client.json."
            );
            yield break;
        }

        if (NoCharacterOfUrls.Match(uri) is { Success: true })
        {
            yield return DcrCheck.Failed(
                "The URL has a character that no URL has (RFC 3986, section 2).",
                "Percent-encode it, or choose another URL."
            );
        }

        if (!parts.Groups["scheme"].Value.Equals("https", StringComparison.OrdinalIgnoreCase))
        {
            yield return DcrCheck.Failed($"The URL's scheme is {parts.Groups["scheme"].Value}.", "Publish the document at an https URL.");
        }

        if (parts.Groups["authority"].Value.Contains('@'))
        {
            yield return DcrCheck.Failed("The URL has a user name or password.", "Leave it out: the document must be open to everybody.");
        }

        if (IsSpecial(UriText.Absolute(uri)!))
        {
            yield return DcrCheck.Warning(
                "The URL's host is special or private (RFC 6890), which servers of the internet refuse.",
                "Publish the document where the internet reaches it, unless the server runs beside it."
            );
        }

        if (parts.Groups["path"].Length == 0)
        {
            yield return DcrCheck.Failed("The URL has no path.", "Add one, such as /client.json.");
        }

        if (DotSegment.IsMatch(parts.Groups["path"].Value))
        {
            yield return DcrCheck.Failed("The URL's path has a segment of dots (. or ..).", "Write the path without them.");
        }

        if (parts.Groups["fragment"].Success)
        {
            yield return DcrCheck.Failed("The URL has a fragment (#).", "Leave it out.");
        }

        if (parts.Groups["path"].Value == "/")
        {
            yield return DcrCheck.Warning("The URL's path is only a slash, which Auth0 refuses.", "Add a path, such as /client.json.");
        }

        if (parts.Groups["query"].Success)
        {
            yield return DcrCheck.Warning(
                "The URL has a query, which the draft advises against and Auth0 refuses.",
                "Choose a URL without one."
            );
        }

        if (Encoding.UTF8.GetByteCount(uri) > LongestForAuth0)
        {
            yield return DcrCheck.Warning($"The URL is longer than {LongestForAuth0} bytes, which Auth0 refuses.", "Choose a shorter one.");
        }
    }

    public static IEnumerable<DcrCheck> OfStatus(Uri place, ProtocolResponse response)
    {
        if (response.Status is >= 300 and < 400)
        {
            var target = response.Header("Location") is { } location ? $" to {Redaction.Address(location)}" : "";
            yield return DcrCheck.Failed(
                $"HTTP {response.Status}, a redirect{target}. Servers follow none.",
                "Publish the document at the URL itself, or take the URL where it is for the client_id."
            );
        }
        else if (response.Status != 200)
        {
            yield return DcrCheck.Failed(
                $"{place.Authority} answered HTTP {response.Status}. Servers take 200 alone.",
                "Publish the document there, open to everybody."
            );
        }
    }

    /// <summary>Faults of members that have another JSON type than the standard's.</summary>
    public static IEnumerable<DcrCheck> OfTypes(JsonBag document) => document
        .Where(static member => member.Value.ValueKind != JsonValueKind.Null)
        .Select(static member => (member.Key, member.Value, IsList: ClientMember.Lists.Contains(member.Key)))
        .Where(static member => member.IsList ? !IsList(member.Value) : SingleTexts.Contains(member.Key) && !IsText(member.Value))
        .Select(static member => DcrCheck.Failed(
            $"{member.Key} is not {(member.IsList ? "an array of texts" : "a text")}.",
            $"Write it as {(member.IsList ? "[\"...\"]" : "\"...\"")} (RFC 7591, section 2)."));

    private static bool IsList(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(IsText);

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;

    // *.localhost is the browser's own machine, too (RFC 6761, section 6.3).
    private static bool IsSpecial(Uri uri) =>
        IPAddress.TryParse(uri.DnsSafeHost, out var address)
            ? SpecialAddress.Is(address)
            : uri.IsLoopback || uri.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Parsers differ in which one counts, and whoever reads the text sees both.</summary>
    /// <param name="json">The text of a JSON object.</param>
    public static IEnumerable<DcrCheck> OfRepeats(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Repeats(document.RootElement)
            .Distinct()
            .Select(static name => DcrCheck.Failed($"It has {name} twice.", "Keep one of them: parsers differ in which one counts."))
            .ToList();
    }

    private static IEnumerable<string> Repeats(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value
            .EnumerateObject()
            .GroupBy(static member => member.Name)
            .SelectMany(static same =>
                same.Skip(1).Select(static member => member.Name).Concat(same.SelectMany(static member => Repeats(member.Value)))),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Repeats),
        _ => [],
    };

    public static IEnumerable<DcrCheck> OfRedirects(JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
    {
        var uris = document.Texts(ClientMember.RedirectUris);
        var grants = document.Texts(ClientMember.GrantTypes);
        if (uris.Count == 0 && (grants.Count == 0 || grants.Any(static grant => grant is "authorization_code" or "implicit")))
        {
            yield return DcrCheck.Failed("It has no redirect_uris.", "Name where users come back to: -RedirectUri.");
        }

        foreach (var rule in broken.Where(static rule => rule.RedirectUri is not null))
        {
            yield return DcrCheck.Failed($"{rule.RedirectUri} {rule.Fault.Why}.", rule.Fault.Fix);
        }

        var type = document.Text(ClientMember.ApplicationType);
        foreach (var uri in uris.Where(uri => !broken.Any(rule => rule.RedirectUri == MetadataRules.Shown(uri))))
        {
            if (MetadataRules.DoubtOf(uri, type) is { } doubt)
            {
                yield return DcrCheck.Warning($"{uri} {doubt.Why}.", doubt.Fix);
            }
        }
    }

    /// <summary>Section 4: no shared secret. Servers know these two of the others.</summary>
    public static IEnumerable<DcrCheck> OfMethod(string? method) => method switch
    {
        "none" or "private_key_jwt" => [],
        null =>
        [
            DcrCheck.Failed(
                "It names no token_endpoint_auth_method. The default, client_secret_basic, takes a secret, which no document has.",
                "Set token_endpoint_auth_method to none, or to private_key_jwt with jwks or jwks_uri."
            ),
        ],
        _ =>
        [
            DcrCheck.Failed(
                $"token_endpoint_auth_method is {method}. Servers take none and private_key_jwt from a document.",
                "Set token_endpoint_auth_method to none, or to private_key_jwt with jwks or jwks_uri."
            ),
        ],
    };

    /// <summary>Whoever asks gets the document: nothing in it stays secret, whatever it is called.</summary>
    public static IEnumerable<DcrCheck> OfSecrets(JsonBag document) => document
        .Where(static member => member.Key is ClientMember.ClientSecret or ClientMember.ClientSecretExpiresAt
            || (member.Key is not ClientMember.Jwks && SecretMember.Values(JsonBag.Of([member])).Any()))
        .Select(static member => DcrCheck.Failed(
            $"It has {member.Key}, which is a secret or belongs to one, and everybody can read it.",
            $"Leave {member.Key} out. If it was published, replace the secret."));

    public static IEnumerable<DcrCheck> OfKeys(string uri, JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
    {
        foreach (var rule in broken.Where(static rule => rule.Member is ClientMember.Jwks or ClientMember.JwksUri))
        {
            yield return DcrCheck.Failed($"{rule.Member} {rule.Fault.Why}.", rule.Fault.Fix);
        }

        if (document.Has(ClientMember.Jwks))
        {
            yield return DcrCheck.Warning(
                "The keys are in the document (jwks), which Auth0 refuses.",
                "For Auth0, publish them at the same origin, and name that place: -JwksUri."
            );
        }

        if (UriText.Absolute(document.Text(ClientMember.JwksUri)) is not { } keys)
        {
            yield break;
        }

        if (keys.Scheme != Uri.UriSchemeHttps || keys.UserInfo.Length > 0 || keys.Fragment.Length > 0)
        {
            yield return DcrCheck.Failed(
                "jwks_uri is not https, or has a user name, a password or a fragment.",
                "Publish the keys at a plain https URL."
            );
        }
        else if (UriText.Absolute(uri) is { } place && !SafeUrl.IsSameOrigin(keys, place))
        {
            yield return DcrCheck.Warning(
                "jwks_uri is at another origin than the document, which Auth0 refuses.",
                "For Auth0, publish the keys at the document's own origin."
            );
        }
    }

    public static IEnumerable<DcrCheck> OfPublishedKeys(Uri place, ProtocolResponse response)
    {
        foreach (var fault in OfStatus(place, response))
        {
            yield return fault;
        }

        if (response.Status != 200)
        {
            yield break;
        }

        if (!response.TryReadJson(out var keys, out _) || !keys.Has("keys"))
        {
            yield return DcrCheck.Failed(
                $"{place} has no JSON Web Key Set.",
                "Publish an object with an array 'keys' (RFC 7517, section 5)."
            );
            yield break;
        }

        foreach (var repeat in OfRepeats(response.Text()))
        {
            yield return repeat;
        }

        foreach (var rule in MetadataRules.Broken(JsonBag.Empty.With(ClientMember.Jwks, keys.ToElement())))
        {
            yield return DcrCheck.Failed($"What {place} has {rule.Fault.Why}.", rule.Fault.Fix);
        }

        if (response.Body.Length > LargestKeys)
        {
            yield return DcrCheck.Warning($"{place} has more than 12 KB, which Auth0 refuses.", "Publish only the keys that are in use.");
        }
    }

    public static IEnumerable<DcrCheck> OfOthers(string uri, JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
    {
        foreach (
            var rule in broken.Where(static rule =>
                rule.Member is not (ClientMember.Jwks or ClientMember.JwksUri or ClientMember.RedirectUris)
            )
        )
        {
            yield return DcrCheck.Failed($"{rule.Member} {rule.Fault.Why}.", rule.Fault.Fix);
        }

        var grants = document.Texts(ClientMember.GrantTypes);
        if (grants.Count == 0)
        {
            yield return DcrCheck.Warning("It names no grant_types, which Auth0 refuses.", "Name them, such as authorization_code.");
        }

        var unusual = grants.Where(static grant => grant is not ("authorization_code" or "refresh_token")).ToList();
        if (unusual.Count > 0)
        {
            yield return DcrCheck.Warning(
                $"grant_types has {string.Join(", ", unusual)}, which many servers refuse or leave out.",
                "Most take authorization_code and refresh_token from a document, and nothing else."
            );
        }

        foreach (var member in Pages.Where(member => UriText.Absolute(document.Text(member))?.Scheme == Uri.UriSchemeHttp))
        {
            yield return DcrCheck.Warning($"{member} is not https, which oidc-provider refuses.", "Use https.");
        }

        if (
            UriText.Absolute(document.Text(ClientMember.ClientUri)) is { } page
            && UriText.Absolute(uri) is { } place
            && !SafeUrl.IsSameOrigin(page, place)
        )
        {
            yield return DcrCheck.Warning(
                "client_uri is at another origin than the document, which better-auth refuses.",
                "Publish the document at the application's own origin."
            );
        }
    }
}
