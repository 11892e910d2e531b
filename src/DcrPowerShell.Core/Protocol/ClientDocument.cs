using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document-02): a client's id is the https URL of its metadata, and
/// servers fetch it there. Failed is what the draft or the authorization specification of MCP (2026-07-28) forbids; Warning is what some
/// servers refuse.
/// </summary>
internal static class ClientDocument
{
    /// <summary>What the draft recommends as the most that a server reads (section 8.7): 5 kilobytes.</summary>
    public const int LargestSize = 5_000;

    // Auth0 docs, cimd-validation-rules.
    private const int LargestKeys = 12_000;
    private const int LongestForAuth0 = 120;

    private const string ExpiresAt = ClientMember.ClientSecretExpiresAt;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    // As it is written: a parser would tidy it, and servers compare letter by letter.
    private static readonly Regex Parts = new(
        @"^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?<authority>[^/?#]*)(?<path>[^?#]*)(?<query>\?[^#]*)?(?<fragment>#.*)?$",
        RegexOptions.CultureInvariant
    );

    private static readonly Regex DotSegment = new(@"/(\.|%2e){1,2}(/|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    private static readonly Regex NoCharacterOfUrls = new(@"[^!-~]|[\\""<>^`{|}]|%(?![0-9A-Fa-f]{2})", RegexOptions.CultureInvariant);
    private static readonly Regex Json = new(
        @"^application/([A-Za-z0-9!#$&^_.+-]+\+)?json\s*(;|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    /// <summary>The text of a document, ready to be published.</summary>
    /// <param name="metadata">What the user named.</param>
    /// <returns>The text, and what some servers refuse of it.</returns>
    /// <exception cref="DcrException">InvalidClientMetadata: the document would be refused.</exception>
    public static (string Text, IReadOnlyList<DcrCheck> Doubts) Make(string uri, JsonBag metadata)
    {
        var hasKeys = metadata.Has(ClientMember.Jwks) || metadata.Has(ClientMember.JwksUri);
        var document = JsonBag.Empty
            .With(ClientMember.ClientId, uri)
            .With(ClientMember.GrantTypes, ["authorization_code"])
            .With(ClientMember.TokenEndpointAuthMethod, hasKeys ? "private_key_jwt" : "none")
            .With(metadata);
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, Readable))
        {
            document.Write(writer);
        }

        var checks = JudgeUri(uri).Concat(JudgeText(uri, text.ToArray(), out _)).ToList();
        return checks.FirstOrDefault(static check => check.Status == DcrCheckStatus.Failed) is { } refused
            ? throw ProtocolErrors.DocumentRefused(refused)
            : (Encoding.UTF8.GetString(text.ToArray()), checks.Where(static check => check.Status == DcrCheckStatus.Warning).ToList());
    }

    /// <summary>The client's id (section 3).</summary>
    public static IReadOnlyList<DcrCheck> JudgeUri(string uri) => Named("URL", FaultsOfUri(uri), $"{uri} can be a client_id.");

    /// <summary>How the document was given (section 5).</summary>
    public static IReadOnlyList<DcrCheck> JudgeAnswer(Uri place, ProtocolResponse response)
    {
        var type = response.Header("Content-Type");
        return
        [
            .. Named("Answer", FaultsOfStatus(place, response), "HTTP 200, and no redirect."),
            .. response.Status != 200 ? [] : Named(
                "Content type",
                type is not null && Json.IsMatch(type)
                    ? []
                    : [DcrCheck.Failed($"The content type is {type ?? "missing"}.", "Have it served as application/json.")],
                $"{type}."
            ),
        ];
    }

    /// <summary>What was published: its size and encoding (section 8.7; RFC 8259, section 8.1), then what it says.</summary>
    /// <param name="document">Null where it is none.</param>
    public static IReadOnlyList<DcrCheck> JudgeText(string uri, byte[] text, out JsonBag? document)
    {
        document = null;
        var checks = Named(
            "Size",
            text.Length <= LargestSize
                ? []
                :
                [
                    DcrCheck.Failed(
                        $"It has {text.Length} bytes, and servers read {LargestSize} at most (5 KB).",
                        "Leave out what servers do not need, such as a long list of keys: publish those at a jwks_uri."
                    ),
                ],
            $"{text.Length} bytes, of {LargestSize} at most.");
        try
        {
            var hasMark = text.Take(ByteOrderMark.Length).SequenceEqual(ByteOrderMark);
            document = JsonBag.Parse(Strict.GetString(text, hasMark ? ByteOrderMark.Length : 0, text.Length - (hasMark ? 3 : 0)));
            checks.AddRange(
                Named(
                    "JSON",
                    hasMark
                        ? [DcrCheck.Failed(
                            "It begins with a byte order mark, at which many parsers fail.",
                            "Write the file as UTF-8 without one; New-DcrClientDocument -Path does.")]
                        : [],
                    "One JSON object, in UTF-8."
                )
            );
            checks.AddRange(Judge(uri, document));
        }
        catch (Exception failure) when (failure is JsonException or DecoderFallbackException)
        {
            checks.AddRange(
                Named("JSON", [DcrCheck.Failed("It is not the text of one JSON object in UTF-8.", "Write it anew.")], passed: "")
            );
        }

        return checks;
    }

    /// <summary>The keys that a document publishes elsewhere.</summary>
    public static IReadOnlyList<DcrCheck> JudgeKeys(Uri place, ProtocolResponse response) =>
        Named("Published keys", FaultsOfKeys(place, response), $"{place} has public keys.");

    /// <summary>What a document says (section 4).</summary>
    private static IEnumerable<DcrCheck> Judge(string uri, JsonBag document)
    {
        // A client that is registered may leave out what a document must have.
        var broken = MetadataRules.Broken(document.Without(ClientMember.ClientId));
        var id = document.Text(ClientMember.ClientId);
        var method = document.Text(ClientMember.TokenEndpointAuthMethod);
        return
        [
            .. Named(
                "client_id",
                id == uri
                    ? []
                    : [DcrCheck.Failed(
                        id is null ? "It has no client_id." : $"client_id is {id}. Servers compare it with the URL letter by letter.",
                        "Make client_id the URL, letter by letter.")],
                "The same as the URL."
            ),
            .. Named(
                "client_name",
                document.Text(ClientMember.ClientName)?.Trim() is { Length: > 0 }
                    ? []
                    : [DcrCheck.Failed("It has no client_name, which users are asked about.", "Name the application: -ClientName.")],
                $"{document.Text(ClientMember.ClientName)}."
            ),
            .. Named("redirect_uris", FaultsOfRedirects(document, broken), string.Join(", ", document.Texts(ClientMember.RedirectUris)) + "."),
            .. Named("Authentication", FaultsOfMethod(method), $"{method}."),
            .. Named("Secrets", FaultsOfSecrets(document), "It has none."),
            .. Named("Keys", FaultsOfKeys(uri, document, broken), method == "private_key_jwt" ? "Public keys are named." : "It needs none."),
            .. Named("Other members", FaultsOfOthers(uri, document, broken), "They keep to RFC 7591."),
        ];
    }

    private static IEnumerable<DcrCheck> FaultsOfUri(string uri)
    {
        var parts = Parts.Match(uri);
        if (!parts.Success || parts.Groups["authority"].Length == 0 || UriText.Absolute(uri) is null)
        {
            yield return DcrCheck.Failed($"'{Redaction.Address(uri)}' is not an absolute URL.", "Give one such as https://app.example.com/client.json.");
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

    private static IEnumerable<DcrCheck> FaultsOfStatus(Uri place, ProtocolResponse response)
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

    private static IEnumerable<DcrCheck> FaultsOfRedirects(JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
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
        foreach (var uri in uris.Where(uri => !broken.Any(rule => rule.RedirectUri == uri)))
        {
            if (MetadataRules.DoubtOf(uri, type) is { } doubt)
            {
                yield return DcrCheck.Warning($"{uri} {doubt.Why}.", doubt.Fix);
            }
        }
    }

    /// <summary>Section 4: no shared secret. Servers know these two of the others.</summary>
    private static IEnumerable<DcrCheck> FaultsOfMethod(string? method) => method switch
    {
        "none" or "private_key_jwt" => [],
        null =>
        [
            DcrCheck.Failed(
                "It names no token_endpoint_auth_method. The default is client_secret_basic, which takes a secret, and a document has none.",
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
    private static IEnumerable<DcrCheck> FaultsOfSecrets(JsonBag document) => document
        .Where(static member => member.Key is ClientMember.ClientSecret or ExpiresAt
            || (member.Key is not ClientMember.Jwks && SecretMember.Values(JsonBag.Of([member])).Any()))
        .Select(static member => DcrCheck.Failed(
            $"It has {member.Key}, which is a secret or belongs to one, and everybody can read it.",
            $"Leave {member.Key} out. If it was published, replace the secret."));

    private static IEnumerable<DcrCheck> FaultsOfKeys(string uri, JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
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

    private static IEnumerable<DcrCheck> FaultsOfKeys(Uri place, ProtocolResponse response)
    {
        foreach (var fault in FaultsOfStatus(place, response))
        {
            yield return fault;
        }

        if (response.Status != 200)
        {
            yield break;
        }

        if (!response.TryReadJson(out var keys, out _) || !keys.Has("keys"))
        {
            yield return DcrCheck.Failed($"{place} has no JSON Web Key Set.", "Publish an object with an array 'keys' (RFC 7517, section 5).");
            yield break;
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

    private static IEnumerable<DcrCheck> FaultsOfOthers(string uri, JsonBag document, IEnumerable<MetadataRules.BrokenRule> broken)
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

        foreach (
            var member in new[] { ClientMember.ClientUri, ClientMember.LogoUri, ClientMember.TosUri, ClientMember.PolicyUri }.Where(member =>
                UriText.Absolute(document.Text(member))?.Scheme == Uri.UriSchemeHttp
            )
        )
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

    /// <summary>What was found, each by the name of the check; or that nothing is wrong.</summary>
    private static List<DcrCheck> Named(string name, IEnumerable<DcrCheck> faults, string passed) =>
        faults.DefaultIfEmpty(DcrCheck.Passed(passed)).Select(check => check with { Name = name }).ToList();
}
