using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// What can be judged of client metadata before it is sent: RFC 7591, section 2, and OpenID Connect Dynamic Client
/// Registration 1.0, section 2. Only members that the user named are judged.
/// </summary>
internal static class MetadataRules
{
    private static readonly HashSet<string> NeverARedirect = new(StringComparer.OrdinalIgnoreCase)
    {
        "javascript", "data", "vbscript", "file", "ftp", "blob", "about", "mailto", "ws", "wss",
    };

    // Read by machines: no character belongs there that nobody sees.
    private static readonly HashSet<string> ForMachines =
    [
        ClientMember.PostLogoutRedirectUris,
        ClientMember.GrantTypes,
        ClientMember.ResponseTypes,
        ClientMember.Scope,
        ClientMember.Contacts,
        ClientMember.TokenEndpointAuthMethod,
        ClientMember.ApplicationType,
        ClientMember.SoftwareId,
        ClientMember.SoftwareVersion,
        ClientMember.ClientUri,
        ClientMember.LogoUri,
        ClientMember.TosUri,
        ClientMember.PolicyUri,
        ClientMember.JwksUri,
        ClientMember.SoftwareStatement,
    ];

    private static readonly HashSet<string> ListsOfWords = [ClientMember.GrantTypes, ClientMember.ResponseTypes, ClientMember.Scope];
    private static readonly Regex SeveralUris = new("(,[A-Za-z][A-Za-z0-9+.-]*:|,$)");
    private static readonly Dictionary<string, Regex> Commas = new()
    {
        [ClientMember.PostLogoutRedirectUris] = SeveralUris,
        [ClientMember.Contacts] = new("(@.*,.*@|,$)"),
    };

    private static readonly string[] WebUris =
    [
        ClientMember.ClientUri,
        ClientMember.LogoUri,
        ClientMember.TosUri,
        ClientMember.PolicyUri,
        ClientMember.JwksUri,
    ];

    // RFC 3986, section 2, has none of them. A placeholder has some, and what was copied from a table may end with an ellipsis.
    private static readonly Regex NeverInUri = new("[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|[^\\x21-\\x7E]|[\"<>\\\\^`{|}]");

    private static readonly Regex WildcardHost = new("^[^:/]+://[^/?#]*\\*");

    private static readonly Fault NamesUser = new("has a user name or password, which others get to read", "Leave it out of the address.");

    private static readonly Fault NotPublic = new(
        "holds a private or symmetric key, or another secret",
        "Send public keys only; a private key stays with the client."
    );

    /// <exception cref="DcrException">InvalidRedirectUri or InvalidClientMetadata, naming the member.</exception>
    public static void Check(JsonBag metadata)
    {
        CheckKeysArePublic(metadata);
        if (Broken(metadata).FirstOrDefault() is { } broken)
        {
            throw broken.RedirectUri is { } uri
                ? MetadataErrors.InvalidRedirectUri(uri, broken.Fault.Why, broken.Fault.Fix)
                : MetadataErrors.BrokenRule(broken.Member, broken.Fault.Why, broken.Fault.Fix);
        }
    }

    /// <summary>Holds whoever judges the rest: what has left the machine is no longer private.</summary>
    /// <exception cref="DcrException">InvalidClientMetadata.</exception>
    public static void CheckKeysArePublic(JsonBag metadata)
    {
        if (metadata.TryGet(ClientMember.Jwks, out var jwks) && SecretMember.IsIn(jwks))
        {
            throw MetadataErrors.KeysNotPublic(NotPublic.Why, NotPublic.Fix);
        }
    }

    /// <summary>Whether a change takes the keys away that the client signs with.</summary>
    /// <param name="kept">What the client was when it was last seen.</param>
    /// <param name="changes">Members to set; null removes one.</param>
    /// <exception cref="DcrException">InvalidClientMetadata.</exception>
    public static void CheckKeysStay(JsonBag kept, JsonBag changes)
    {
        var removesKeys = new[] { ClientMember.Jwks, ClientMember.JwksUri }
            .Any(member => changes.TryGet(member, out var value) && JsonBag.IsAbsent(value));
        if (removesKeys && JudgeLackOfKeys(kept.With(changes).Without(ClientMember.ClientId)).FirstOrDefault() is { } lack)
        {
            throw MetadataErrors.BrokenRule(lack.Member, lack.Fault.Why, lack.Fault.Fix);
        }
    }

    /// <summary>All rules that the metadata breaks.</summary>
    public static IEnumerable<BrokenRule> Broken(JsonBag metadata) =>
    [
        .. JudgeCharacters(metadata),
        .. metadata.Texts(ClientMember.RedirectUris).SelectMany(uri => JudgeRedirectUri(uri, metadata.Text(ClientMember.ApplicationType))),
        .. WebUris.SelectMany(member => JudgeWebUri(member, metadata.Text(member))),
        .. JudgeKeys(metadata),
        .. JudgeAlgorithm(metadata),
        .. JudgeFlows(metadata),
        .. metadata.Has(ClientMember.Certifications)
            ?
            [
                Rule(
                    ClientMember.Certifications,
                    "are for servers that register by UDAP",
                    "Connect with -Discovery Udap, or leave them out."
                ),
            ]
            : Enumerable.Empty<BrokenRule>(),
    ];

    /// <summary>
    /// What a server may mean that refuses a redirect URI: a rule that it breaks, or what is allowed and still refused by many;
    /// null where it looks like any other.
    /// </summary>
    public static Fault? DoubtOf(string redirectUri, string? applicationType) =>
        FaultOf(redirectUri, applicationType)
        ?? (
            redirectUri.Contains('*')
                ? new("has a wildcard, which most servers refuse", "Name each address in a redirect URI of its own.")
                : ForNativeOnly(redirectUri, applicationType)
        );

    /// <summary>
    /// What <c>application_type</c> redirect URIs speak for, where nobody named it: <c>native</c> where all of them are loopback addresses
    /// or have private-use schemes, else <c>web</c> (OpenID Connect Dynamic Client Registration 1.0, section 2).
    /// </summary>
    public static string ApplicationTypeOf(JsonBag metadata)
    {
        var uris = metadata.Texts(ClientMember.RedirectUris);
        return
            uris.Count > 0
            && uris.All(static uri => UriText.Absolute(uri) is not null && ForNativeOnly(uri, applicationType: null) is not null)
            ? "native"
            : "web";
    }

    // OpenID Connect Dynamic Client Registration 1.0, section 2, application_type.
    private static Fault? ForNativeOnly(string redirectUri, string? applicationType) =>
        applicationType == "native" ? null
        : IsLoopback(new Uri(redirectUri))
            ? new(
                "is a loopback address, which many servers allow native applications only",
                "Use -ApplicationType native, or an https URL."
            )
        : redirectUri.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? null
        : new("has a private-use scheme, which is for native applications", "Use -ApplicationType native, or an https URL.");

    // *.localhost is the browser's own machine, too (RFC 6761, section 6.3).
    private static bool IsLoopback(Uri uri) => uri.IsLoopback || uri.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>What files, web pages and spreadsheets add or spoil without anybody seeing it.</summary>
    private static IEnumerable<BrokenRule> JudgeCharacters(JsonBag metadata)
    {
        foreach (
            var (member, text) in metadata
                .SelectMany(static member => TextsOf(member.Value).Select(text => (member.Key, text)))
                .Where(static pair => pair.Key != ClientMember.RedirectUris)
        )
        {
            if (SpoiltBy(text, ForMachines.Contains(member)) is { } spoilt)
            {
                yield return Rule(member, $"{Quoted(text)}{spoilt.Why}", spoilt.Fix);
            }

            if (ListsOfWords.Contains(member) ? text.Contains(',') : Commas.TryGetValue(member, out var several) && several.IsMatch(text))
            {
                yield return Rule(
                    member,
                    $"{Quoted(text)}has a comma, so it is one value",
                    "Separate several values by semicolons or blanks."
                );
            }
        }
    }

    /// <param name="isForMachines">Names are for people, and some scripts need characters that nobody sees.</param>
    private static Fault? SpoiltBy(string text, bool isForMachines) =>
        text.Contains(Given.Lost) ? new(Given.WhyLost, Given.FixLost)
        : (isForMachines ? Given.Unseen(text) : Given.Control(text)) is { } unseen ? new(Given.WhyUnseen(unseen), Given.FixUnseen)
        : Given.Spoilt(text) is { } spoilt ? new(spoilt.Why, spoilt.Fix)
        : null;

    private static string Quoted(string text) => text.Length > 100 ? "" : $"'{Given.Shown(text)}' ";

    private static IEnumerable<string> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(TextsOf),
        _ => [],
    };

    private static IEnumerable<BrokenRule> JudgeRedirectUri(string text, string? applicationType) =>
        FaultOf(text, applicationType) is { } fault ? [new(ClientMember.RedirectUris, Shown(text), fault)] : [];

    /// <summary>A redirect URI as errors and checks have it.</summary>
    public static string Shown(string redirectUri) =>
        Given.Shown(UriText.Absolute(redirectUri) is { UserInfo.Length: > 0 } uri ? Redaction.Address(uri) : redirectUri);

    private static Fault? FaultOf(string text, string? applicationType)
    {
        if (SpoiltBy(text, isForMachines: true) is { } spoilt)
        {
            return spoilt;
        }

        // Before the rest: with a wildcard the text is no URI, which would be true and no help.
        if (WildcardHost.IsMatch(text))
        {
            return new("has a wildcard in its host", "Name each host in a redirect URI of its own.");
        }

        if (UriText.Absolute(text) is not { } uri || !text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase))
        {
            return new("is not an absolute URI", "Give the whole URI, such as https://app.example.com/callback.");
        }

        if (NeverInUri.Match(text) is { Success: true } odd)
        {
            return new(
                $"has the character {odd.Value}, which no URI has",
                "Replace a placeholder; write other characters percent-encoded, and the host in its form with xn--."
            );
        }

        if (uri.UserInfo.Length > 0)
        {
            return NamesUser;
        }

        if (text.Contains('#'))
        {
            return new("has a fragment", "Leave out everything from the # on.");
        }

        if (SeveralUris.IsMatch(text))
        {
            return new("has a comma and another address behind it", "Separate several addresses by semicolons or blanks.");
        }

        if (uri.Scheme == Uri.UriSchemeHttp && !IsLoopback(uri))
        {
            return new("uses http, which is for loopback addresses only", "Use https.");
        }

        if (NeverARedirect.Contains(uri.Scheme))
        {
            return new(
                $"has the scheme {uri.Scheme}, which no client can receive an answer on",
                "Use https, or a private-use scheme such as com.example.app for a native application."
            );
        }

        return applicationType == "web" && uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp
            ? new("has a private-use scheme, and application_type is web", "Use https, or -ApplicationType native.")
            : null;
    }

    private static IEnumerable<BrokenRule> JudgeWebUri(string member, string? text)
    {
        var uri = UriText.Absolute(text);
        if (text is not null && uri?.Scheme is not ("https" or "http"))
        {
            yield return Rule(
                member,
                $"'{text}' is not an absolute web address",
                "Give the whole address, such as https://app.example.com/."
            );
        }
        else if (uri?.UserInfo.Length > 0)
        {
            yield return new(member, RedirectUri: null, NamesUser);
        }
    }

    private static IEnumerable<BrokenRule> JudgeKeys(JsonBag metadata)
    {
        if (Names(metadata, ClientMember.Jwks) && Names(metadata, ClientMember.JwksUri))
        {
            yield return Rule(
                ClientMember.Jwks,
                "and jwks_uri cannot be used together",
                "Give the keys themselves, or the address where they are published, not both."
            );
        }

        if (!metadata.TryGet(ClientMember.Jwks, out var jwks) || JsonBag.IsAbsent(jwks))
        {
            foreach (var lack in JudgeLackOfKeys(metadata))
            {
                yield return lack;
            }

            yield break;
        }

        if (SecretMember.IsIn(jwks))
        {
            yield return new(ClientMember.Jwks, RedirectUri: null, NotPublic);
        }

        if (jwks.ValueKind != JsonValueKind.Object || !jwks.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
        {
            yield return Rule(
                ClientMember.Jwks,
                "is not a JSON Web Key Set",
                "Give an object with an array 'keys' (RFC 7517, section 5)."
            );
            yield break;
        }

        if (keys.GetArrayLength() == 0)
        {
            yield return Rule(ClientMember.Jwks, "has no key", "Publish the client's public key in 'keys', or leave jwks out.");
        }

        if (!keys.EnumerateArray().All(IsKey))
        {
            yield return Rule(
                ClientMember.Jwks,
                "has something in 'keys' that is no JSON Web Key",
                "Give each key as an object with 'kty' (RFC 7517, section 4)."
            );
        }
    }

    private static bool IsKey(JsonElement key) =>
        key.ValueKind == JsonValueKind.Object && key.TryGetProperty("kty", out var type) && type.ValueKind == JsonValueKind.String;

    /// <summary>
    /// A key must be known to the server (OpenID Connect Core 1.0, section 9; RFC 8705, section 2.2). A client that is registered may have
    /// one.
    /// </summary>
    private static IEnumerable<BrokenRule> JudgeLackOfKeys(JsonBag metadata)
    {
        if (
            metadata.Text(ClientMember.TokenEndpointAuthMethod) is "private_key_jwt" or "self_signed_tls_client_auth"
            && !Names(metadata, ClientMember.JwksUri)
            && !Names(metadata, ClientMember.SoftwareStatement)
            && !Names(metadata, ClientMember.ClientId)
        )
        {
            yield return Rule(
                ClientMember.Jwks,
                $"is missing, and {metadata.Text(ClientMember.TokenEndpointAuthMethod)} needs it",
                "Give the client's public key with -Jwks (New-DcrKey makes a pair), or its address with -JwksUri."
            );
        }
    }

    /// <summary>
    /// A client that signs with a key does not sign with a shared secret (RFC 7518, section 3.1; OpenID Connect registration, section 2).
    /// </summary>
    private static IEnumerable<BrokenRule> JudgeAlgorithm(JsonBag metadata)
    {
        if (
            metadata.Text(ClientMember.TokenEndpointAuthMethod) == "private_key_jwt"
            && metadata.Text(ClientMember.TokenEndpointAuthSigningAlg) is { } algorithm
            && (algorithm == "none" || algorithm.StartsWith("HS", StringComparison.Ordinal))
        )
        {
            yield return Rule(
                ClientMember.TokenEndpointAuthSigningAlg,
                $"{algorithm} does not go with private_key_jwt",
                "Name the algorithm of the client's key, such as ES256, or leave the member out."
            );
        }
    }

    /// <summary>Grant types, response types and authentication must fit each other (RFC 7591, section 2.1).</summary>
    private static IEnumerable<BrokenRule> JudgeFlows(JsonBag metadata)
    {
        var grants = metadata.Texts(ClientMember.GrantTypes);
        var responses = metadata.Texts(ClientMember.ResponseTypes).SelectMany(JsonBag.SplitWords).ToList();
        if (grants.Count > 0 && responses.Count > 0)
        {
            foreach (
                var lack in new[]
                {
                    Lacking(responses.Contains("code"), "code", "authorization_code", grants),
                    Lacking(responses.Contains("token") || responses.Contains("id_token"), "token or id_token", "implicit", grants),
                }
            )
            {
                if (lack is not null)
                {
                    yield return lack;
                }
            }

            if (grants.Contains("authorization_code") && !responses.Contains("code"))
            {
                yield return Rule(
                    ClientMember.ResponseTypes,
                    "lacks code, which the grant type authorization_code needs",
                    "Add code to -ResponseType."
                );
            }
        }

        if (grants.Any(grant => grant is "authorization_code" or "implicit") && metadata.Texts(ClientMember.RedirectUris).Count == 0
            && !Names(metadata, ClientMember.SoftwareStatement) && !Names(metadata, ClientMember.ClientId))
        {
            yield return Rule(ClientMember.RedirectUris, "is missing, and the grant types need it", "Give -RedirectUri.");
        }

        var method = metadata.Text(ClientMember.TokenEndpointAuthMethod);
        if (method == "none" && grants.Contains("client_credentials"))
        {
            yield return Rule(
                ClientMember.TokenEndpointAuthMethod,
                "none does not go with the grant type client_credentials",
                "A client that acts for itself has to authenticate: choose another -TokenEndpointAuthMethod."
            );
        }
    }

    // A response type of `id_token` or `token` beside `code` is the hybrid flow, which needs the implicit grant too.
    private static BrokenRule? Lacking(bool isNeeded, string response, string grant, IReadOnlyList<string> grants) =>
        isNeeded && !grants.Contains(grant)
            ? Rule(
                ClientMember.GrantTypes,
                $"({string.Join(", ", grants)}) lacks {grant}, which the response type {response} needs",
                $"Add {grant} to -GrantType, or change -ResponseType."
            )
            : null;

    private static BrokenRule Rule(string member, string why, string fix) => new(member, RedirectUri: null, new(why, fix));

    private static bool Names(JsonBag metadata, string member) => metadata.TryGet(member, out var value) && !JsonBag.IsAbsent(value);

    /// <param name="Why">The rest of a sentence that begins with what is at fault.</param>
    internal sealed record Fault(string Why, string Fix);

    /// <summary>A rule that metadata breaks.</summary>
    /// <param name="RedirectUri">Which of the redirect URIs is at fault; null where it is the member.</param>
    internal sealed record BrokenRule(string Member, string? RedirectUri, Fault Fault);
}
