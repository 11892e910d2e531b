using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Metadata;

/// <summary>
/// Knows which members are secret: of an answer, so that no public object shows them; of a request, so that no error quotes them.
/// </summary>
internal static class SecretMember
{
    // A path may be as long as a server likes; its end decides.
    private const int LongestPath = 200;

    // A shorter text without digits may be any word: "required" at a member `authorization`.
    private const int ShortestSure = 12;

    // What the secret is, and then in which form or which of several: client_secret_2, secretText, private_key_pem, tokens.access.
    private static readonly Regex Name = new(
        """
        ( secret | token | password | passwd | pwd | pass | passphrase | passcode | pin | otp | credential | authorization | bearer | cookie
        | assertion | jwt | seed | basic [\W_]* auth | connection [\W_]* string
        | ( device | user | one [\W_]* time | backup | recovery ) [\W_]* code
        | ( api | app | access | private | signing | encryption | enc | shared | symmetric | master | session | storage | account
          | subscription | registration | hmac )
          [\W_]* key
        ) s?
        ( [\W_]* ( values? | hash | text | string | plain | plaintext | clear | raw | data | content | encoded | encrypted
                 | base64(url)? | b64 | hex | pem | der | pkcs8 | jwk
                 | old | older | new | newer | current | previous | prev | former | next | last | first | second | primary | secondary
                 | backup | initial | access | refresh | v? \d ) )*
        [\W_]* $
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture);

    private static readonly Regex Mask = new(
        "\\*{3}|[\u2022\u25CF\u2026]|^[xX*.#_-]+$"
            + "|^[\\[<(]?\\s*(redacted|hidden|masked|secret|null|nil|none|undefined|true|false|n/a)\\s*[\\])>]?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // RFC 7518, sections 6.2.2, 6.3.2 and 6.4; priv is of key type AKP. A name that is written otherwise hides nothing.
    private static readonly HashSet<string> PrivateKeyMembers = new(StringComparer.OrdinalIgnoreCase)
    {
        "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv",
    };

    /// <summary>
    /// True for a text, a number, or an array of texts, whose path ends like a secret: <c>client_secret</c>, <c>masterApiToken</c>,
    /// <c>secrets.text</c>; and for a private key as PEM, whatever its name.
    /// </summary>
    /// <param name="path">As <see cref="Path"/> gives it; of a member that stands at the top, its name.</param>
    public static bool Is(string path, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => IsNamed(path) || value.GetString()!.Contains("PRIVATE KEY-----"),
        JsonValueKind.Number => IsNamed(path),
        JsonValueKind.Array => value.GetArrayLength() > 0
            && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number && Is(path, item)),
        _ => false,
    };

    /// <summary>True for a member of a JWK that is part of its private half.</summary>
    public static bool IsOfPrivateKey(JsonBag bag, string name) => PrivateKeyMembers.Contains(name)
        && bag.Any(static member => member.Key.Equals("kty", StringComparison.OrdinalIgnoreCase));

    /// <summary>True where anything in a set of public keys is not public: part of a private or symmetric key, or another secret.</summary>
    public static bool IsIn(JsonElement keys) =>
        IsPrivate(keys) || (keys.ValueKind == JsonValueKind.Object && Values(JsonBag.From(keys)).Any());

    /// <summary>
    /// The names that tell what a member is: its own, and those around it, because within <c>client_secret</c> a mere <c>value</c> is the
    /// secret. Where an object says in a member what it holds (<c>"name": "client_secret", "value": "…"</c>), that counts too.
    /// </summary>
    public static string Path(string owner, JsonBag bag, string name)
    {
        var kind = owner.Length == 0 || name is "name" or "key" ? null : bag.Text("name") ?? bag.Text("key");
        var path = string.Join(".", new[] { owner, kind, name }.Where(static part => !string.IsNullOrEmpty(part)));
        return path.Length > LongestPath ? path.Substring(path.Length - LongestPath) : path;
    }

    /// <summary>All texts at secret places, however deep.</summary>
    public static IEnumerable<string> Values(JsonBag bag) => ValuesIn("", bag);

    /// <summary>Those of <see cref="Values"/> that look like secrets by themselves: a server may have words at such a place.</summary>
    public static IEnumerable<string> SureValues(JsonBag bag) => Values(bag)
        .Where(static text => text.Length >= ShortestSure && text.Any(char.IsDigit) && text.Any(char.IsLetter));

    /// <summary>
    /// The one rule for what may be a secret or a token at all: a text that no server masked ("****", "abc***", "[hidden]") and no
    /// charset broke; also one alone in an array, or in an object: {"value": "…"}. Else null: it must not replace a good one.
    /// </summary>
    public static string? Usable(string member, JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String when value.GetString()! is var text => string.IsNullOrWhiteSpace(text)
            || text.Contains('\uFFFD')
            || Mask.IsMatch(text)
                ? null
                : text,
            JsonValueKind.Array when value.GetArrayLength() == 1 => Usable(member, value[0]),
            JsonValueKind.Object => value.EnumerateObject()
                .Where(part => Is($"{member}.{part.Name}", part.Value))
                .Select(part => Usable(member, part.Value))
                .ToList() is { Count: 1 } parts ? parts[0] : null,
            _ => null,
        };

    // Of keys, whoever reads them may take a text for what it says: it is read as JSON, too.
    private static bool IsPrivate(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(static member =>
            PrivateKeyMembers.Contains(member.Name) || IsPrivate(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(IsPrivate),
        JsonValueKind.String => Is("", value) || IsPrivateJson(value.GetString()!),
        _ => false,
    };

    private static bool IsPrivateJson(string text)
    {
        if (text.TrimStart().FirstOrDefault() is not ('{' or '['))
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return IsPrivate(json.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsNamed(string path) => Name.IsMatch(path);

    private static IEnumerable<string> ValuesIn(string owner, JsonBag bag) => bag.SelectMany(member =>
        IsOfPrivateKey(bag, member.Key) ? Texts(member.Value) : ValuesAt(Path(owner, bag, member.Key), member.Value));

    private static IEnumerable<string> ValuesAt(string path, JsonElement value) => value.ValueKind switch
    {
        _ when Is(path, value) => Texts(value),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(item => ValuesAt(path, item)),
        JsonValueKind.Object => ValuesIn(path, JsonBag.From(value)),
        _ => [],
    };

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number => [value.GetRawText()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(static member => Texts(member.Value)),
        _ => [],
    };
}
