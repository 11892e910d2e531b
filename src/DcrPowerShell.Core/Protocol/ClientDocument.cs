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

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    // Members with a check of their own.
    private static readonly string[] HaveChecks =
        [ClientMember.ClientId, ClientMember.ClientName, ClientMember.RedirectUris, ClientMember.TokenEndpointAuthMethod];

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
            ? throw MetadataErrors.DocumentRefused(refused)
            : (Encoding.UTF8.GetString(text.ToArray()), checks.Where(static check => check.Status == DcrCheckStatus.Warning).ToList());
    }

    /// <summary>The client's id (section 3).</summary>
    public static IReadOnlyList<DcrCheck> JudgeUri(string uri) => Named("URL", DocumentFaults.OfUri(uri), $"{uri} can be a client_id.");

    /// <summary>How the document was given (section 5).</summary>
    public static IReadOnlyList<DcrCheck> JudgeAnswer(Uri place, ProtocolResponse response)
    {
        var type = response.Header("Content-Type");
        return
        [
            .. Named("Answer", DocumentFaults.OfStatus(place, response), "HTTP 200, and no redirect."),
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
            var json = Strict.GetString(text, hasMark ? ByteOrderMark.Length : 0, text.Length - (hasMark ? 3 : 0));
            document = JsonBag.Parse(json);
            var repeats = DocumentFaults.OfRepeats(json);
            checks.AddRange(
                Named(
                    "JSON",
                    hasMark
                        ? repeats.Prepend(
                            DcrCheck.Failed(
                                "It begins with a byte order mark, at which many parsers fail.",
                                "Write the file as UTF-8 without one; New-DcrClientDocument -Path does."
                            )
                        )
                        : repeats,
                    "One JSON object, in UTF-8."
                )
            );
            checks.AddRange(Judge(uri, document));
        }
        catch (Exception failure) when (failure is JsonException or DecoderFallbackException)
        {
            checks.AddRange(
                Named(
                    "JSON",
                    [
                        DcrCheck.Failed(
                            "It is not the text of one JSON object in UTF-8.",
                            "Make it with New-DcrClientDocument, or save its JSON as UTF-8."
                        ),
                    ],
                    passed: ""
                )
            );
        }

        return checks;
    }

    /// <summary>The keys that a document publishes elsewhere.</summary>
    public static IReadOnlyList<DcrCheck> JudgeKeys(Uri place, ProtocolResponse response) =>
        Named("Published keys", DocumentFaults.OfPublishedKeys(place, response), $"{place} has public keys.");

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
                    ? Types(ClientMember.ClientId)
                    : [DcrCheck.Failed(
                        id is null ? "It has no client_id." : $"client_id is {id}. Servers compare it with the URL letter by letter.",
                        "Make client_id the URL, letter by letter.")],
                "The same as the URL."
            ),
            .. Named(
                "client_name",
                document.Text(ClientMember.ClientName)?.Trim() is { Length: > 0 }
                    ? Types(ClientMember.ClientName)
                    : [DcrCheck.Failed("It has no client_name, which users are asked about.", "Name the application: -ClientName.")],
                $"{document.Text(ClientMember.ClientName)}."
            ),
            .. Named(
                "redirect_uris",
                Types(ClientMember.RedirectUris).Concat(DocumentFaults.OfRedirects(document, broken)),
                $"{string.Join(", ", document.Texts(ClientMember.RedirectUris))}."
            ),
            .. Named(
                "Authentication",
                Types(ClientMember.TokenEndpointAuthMethod).Concat(DocumentFaults.OfMethod(method)),
                $"{method}."
            ),
            .. Named("Secrets", DocumentFaults.OfSecrets(document), "It has none outside its keys."),
            .. Named(
                "Keys",
                DocumentFaults.OfKeys(uri, document, broken),
                method == "private_key_jwt" ? "Public keys are named." : "It needs none."
            ),
            .. Named(
                "Other members",
                DocumentFaults.OfTypes(document.Without(HaveChecks)).Concat(DocumentFaults.OfOthers(uri, document, broken)),
                "They keep to RFC 7591."
            ),
        ];

        IEnumerable<DcrCheck> Types(string member) => DocumentFaults.OfTypes(document.Where((name, _) => name == member));
    }

    /// <summary>What was found, each by the name of the check; or that nothing is wrong.</summary>
    private static List<DcrCheck> Named(string name, IEnumerable<DcrCheck> faults, string passed) =>
        faults.DefaultIfEmpty(DcrCheck.Passed(passed)).Select(check => check with { Name = name }).ToList();
}
