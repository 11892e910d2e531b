using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Finds the code and the reason in the body of a refusal. RFC 7591 has a place for both; gateways, frameworks and FHIR servers have
/// others, and each shape here was seen in public. Members that are not known to hold words are not read: a body may repeat the request.
/// </summary>
/// <param name="Code">What a program tells refusals apart by; null where there is none.</param>
/// <param name="Words">The server's words for people; null where there are none.</param>
internal sealed record RefusalBody(string? Code, string? Words)
{
    private const int Deepest = 6;

    // How many faults of a list are shown: nobody reads more.
    private const int MostFaults = 5;

    // Comments in front of a page.
    private const int LongestHead = 1000;

    // Codes of the OAuth RFCs. Some servers write them in capitals, or at the end of a URI.
    private static readonly string[] Registered =
    [
        "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement",
        "invalid_token", "insufficient_scope", "unauthorized_client", "access_denied", "invalid_request", "invalid_client",
    ];

    // Members with words for people, by their names without underscores and dashes, best first.
    private static readonly string[] Sayings =
    [
        "errordescription", "errorsummary", "detail", "description", "diagnostics", "errormessage", "errormsg", "faultstring",
        "message", "msg", "developermessage", "usermessage", "localizedmessage", "statusmessage", "messagetext", "text", "title",
        "summary", "info",
    ];

    // What stands beside the words and says more.
    private static readonly string[] Additions = ["errordescription", "reason", "reasons", "cause", "hint", "errorhint", "errordebug"];

    private static readonly string[] Containers =
    [
        "error", "errors", "fault", "detail", "details", "issue", "issues", "violations", "fieldviolations", "validationerrors",
        "fielderrors", "invalidparams", "errorcauses", "causes", "messages", "message", "modelstate", "exception", "operationoutcome",
        "data", "response", "body", "result", "status", "fields", "embedded", "innererror", "odata.error",
    ];

    // Objects whose members are named after what is at fault, such as ASP.NET's errors.
    private static readonly string[] TextMaps =
    [
        "errors", "validationerrors", "fielderrors", "fields", "messages", "message", "modelstate",
    ];
    private static readonly string[] Maps = [.. TextMaps, "detail", "details", "error"];

    private static readonly string[] Places =
    [
        "loc",
        "field",
        "fieldname",
        "path",
        "property",
        "propertypath",
        "param",
        "parameter",
        "name",
        "expression",
        "pointer",
        "instancepath",
    ];

    private static readonly string[] Codes = ["errorcode", "error", "code", "errortype", "type", "status"];

    private static readonly Regex Tag = new(
        "<(?<name>title|h1)[^>]{0,200}>(?<text>[^<]{1,300})",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );
    private static readonly Regex Field = new("(?:^|&)(?<name>error(?:_description)?)=(?<value>[^&\\s]*)", RegexOptions.CultureInvariant);
    private static readonly Regex BrokenMember = new(
        "[\"'](?<name>error(?:_description)?|message)[\"']\\s*:\\s*[\"'](?<value>[^\"'\\\\]{1,500})(?<end>[\"'])?",
        RegexOptions.CultureInvariant
    );
    private static readonly Regex CodeForm = new("^[A-Za-z0-9][A-Za-z0-9_.:-]{1,79}$", RegexOptions.CultureInvariant);

    private static readonly Regex Status = new("^[1-5]\\d\\d$", RegexOptions.CultureInvariant);

    private static readonly RefusalBody Nothing = new(null, null);

    public static RefusalBody Read(ProtocolResponse response)
    {
        var text = response.End == BodyEnd.TooLong ? "" : response.Text().Trim().TrimStart('\uFEFF');
        return text.Length == 0 ? Nothing
            : ReadJson(text) is { } json ? OfJson(json, isRefusal: !response.IsSuccess)
            : text[0] is '{' or '[' ? OfBroken(text)
            : IsPage(text) ? new(null, TitleOf(text))
            : text[0] == '<' ? (ReadXml(text) is { } xml ? OfJson(xml, isRefusal: true) : Nothing)
            : OfText(text);
    }

    /// <summary>It begins as HTML does, maybe behind a comment.</summary>
    public static bool IsPage(string text) => text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
        || (text.StartsWith("<", StringComparison.Ordinal)
            && text.IndexOf("<html", 0, Math.Min(text.Length, LongestHead), StringComparison.OrdinalIgnoreCase) >= 0);

    private static RefusalBody OfJson(JsonElement root, bool isRefusal)
    {
        var words = Spoken(Say(root, depth: 0));

        // Django and Rails name the members at the top. In an answer that is none, they are a client's.
        words = words.Count == 0 && isRefusal ? Spoken(SayMap(root, depth: 0, hasTexts: false, hasLists: true)) : words;

        // "Bad Request" says nothing that the status does not, where something else is said.
        var telling = words.Where(static text => !IsPhrase(text)).ToList();
        var said = Joined(telling.Count > 0 ? telling : words);
        var uri = root.ValueKind == JsonValueKind.Object ? JsonBag.From(root).Text("error_uri") : null;
        var link = UriText.Absolute(uri)?.Scheme is "https" or "http" ? $"See {uri}" : null;
        return new(CodeOf(root, depth: 0), (said, link) switch
        {
            (_, null) => said,
            (null, _) => link,
            _ => $"{said.TrimEnd('.')}. {link}",
        });
    }

    private static List<string> Spoken(IEnumerable<string> words) =>
        words.Where(static text => !string.IsNullOrWhiteSpace(text)).Distinct().ToList();

    private static string? Joined(List<string> words) => words.Count switch
    {
        0 => null,
        1 => words[0],
        _ => string.Join(". ", words.Select(static text => text.TrimEnd('.', ' '))),
    };

    /// <summary>The words of a value, and of what it holds.</summary>
    private static IEnumerable<string> Say(JsonElement value, int depth)
    {
        if (depth > Deepest)
        {
            return [];
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => SayText(value.GetString()!, depth),
            JsonValueKind.Array => value.EnumerateArray().Take(MostFaults).SelectMany(item => Say(item, depth + 1)),
            JsonValueKind.Object => SayObject(value, depth),
            _ => [],
        };
    }

    /// <summary>Zod's issues come as JSON within a text (modelcontextprotocol/typescript-sdk).</summary>
    private static List<string> SayText(string text, int depth)
    {
        var inner = text.TrimStart().FirstOrDefault() is '{' or '[' ? ReadJson(text) : null;
        return inner is { } json && Say(json, depth + 1).ToList() is { Count: > 0 } words ? words : [text];
    }

    private static List<string> SayObject(JsonElement value, int depth)
    {
        var members = Members(value);
        var saying = Sayings
            .Select(name => Find(members, name, JsonValueKind.String))
            .FirstOrDefault(static found => !string.IsNullOrWhiteSpace(found?.GetString()));

        // OData has the words beside their language. Any other value may be what was sent.
        saying ??= Find(members, "lang", JsonValueKind.String) is null ? null : Find(members, "value", JsonValueKind.String);

        // Prose in `error` (Hydra, Keycloak) is taken only where nothing else is said.
        var prose =
            saying is null && Find(members, "error", JsonValueKind.String) is { } error && !IsCode(error.GetString()!)
                ? error
                : (JsonElement?)null;
        var words = new[] { saying ?? prose }
            .Concat(Additions.Select(name => Find(members, name, JsonValueKind.String, JsonValueKind.Array)))
            .OfType<JsonElement>()
            .SelectMany(text => Say(text, depth + 1))
            .ToList();
        foreach (var name in Containers)
        {
            if (Find(members, name, JsonValueKind.Array, JsonValueKind.Object) is { } container)
            {
                var held = Say(container, depth + 1).ToList();
                words.AddRange(
                    held.Count == 0 ? SayMap(container, depth, hasTexts: TextMaps.Contains(name), hasLists: Maps.Contains(name)) : held
                );
            }
        }

        var place = depth == 0 ? "" : PlaceOf(members);
        return words.Select(text => At(place, text)).ToList();
    }

    /// <summary>An object whose members are what is at fault, each with its words.</summary>
    private static IEnumerable<string> SayMap(JsonElement map, int depth, bool hasTexts, bool hasLists) =>
        map.ValueKind != JsonValueKind.Object
            ? []
            : map.EnumerateObject()
                .Where(member => member.Value.ValueKind switch
                {
                    JsonValueKind.Array => hasLists,
                    JsonValueKind.String or JsonValueKind.Object => hasTexts,
                    _ => false,
                })
                .Take(MostFaults)
                .SelectMany(member => Say(member.Value, depth + 1).Select(text => At(member.Name, text)));

    /// <summary>Words with what they are about, which they may begin with already.</summary>
    private static string At(string place, string text) =>
        place is "" or "non_field_errors" || text.StartsWith(place, StringComparison.Ordinal) ? text : $"{place}: {text}";

    /// <summary>Where a fault is: FastAPI's loc, JSON:API's source, FHIR's expression, and their like.</summary>
    private static string PlaceOf(List<KeyValuePair<string, JsonElement>> members)
    {
        var place =
            Places
                .Select(name => Find(members, name, JsonValueKind.String, JsonValueKind.Array))
                .FirstOrDefault(static found => found is not null)
            ?? (
                Find(members, "source", JsonValueKind.Object) is not { } source
                    ? null
                    : Find(Members(source), "pointer", JsonValueKind.String) ?? Find(Members(source), "parameter", JsonValueKind.String)
            );
        return place switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString()!.Trim('/'),
            { ValueKind: JsonValueKind.Array } path => string.Join(".", path.EnumerateArray()
                .Where(static part => part.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                .Select(static part => part.ToString()).SkipWhile(static part => part == "body")),
            _ => "",
        };
    }

    private static string? CodeOf(JsonElement value, int depth)
    {
        if (depth > Deepest || value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            return value
                .EnumerateArray()
                .Take(MostFaults)
                .Select(item => CodeOf(item, depth + 1))
                .FirstOrDefault(static code => code is not null);
        }

        var members = Members(value);
        var texts = Codes.Select(name => (Name: name, Text: Find(members, name, JsonValueKind.String, JsonValueKind.Number)?.ToString()))
            .Where(static found => found.Text is not null).ToList();
        var registered = texts.Select(static found => RegisteredCode(found.Text!)).FirstOrDefault(static code => code is not null);

        // A type or a status of its own is a code only within an error.
        return registered
            ?? texts
                .Where(found => depth > 0 || found.Name is not ("type" or "status"))
                .Select(static found => found.Text!)
                .FirstOrDefault(IsCode)
            ?? Containers
                .Select(name =>
                    Find(members, name, JsonValueKind.Object, JsonValueKind.Array) is { } inner ? CodeOf(inner, depth + 1) : null
                )
                .FirstOrDefault(static code => code is not null);
    }

    private static string? RegisteredCode(string text)
    {
        var tail = text.Substring(text.LastIndexOfAny([':', '/', '#']) + 1).Replace('-', '_');
        return Registered.FirstOrDefault(code => code.Equals(tail, StringComparison.OrdinalIgnoreCase));
    }

    // "422", and "Forbidden" beside a status, are the status itself; "forbidden" may be a code.
    private static bool IsCode(string text) =>
        CodeForm.IsMatch(text) && !Status.IsMatch(text) && !Enum.IsDefined(typeof(HttpStatusCode), text) && text != "about:blank";

    /// <summary>A status, by its number or its name.</summary>
    private static bool IsPhrase(string text) =>
        Enum.TryParse<HttpStatusCode>(new string(text.Where(char.IsLetterOrDigit).ToArray()), ignoreCase: true, out _);

    /// <summary>JSON that was cut off, that has single quotes, or more behind its end.</summary>
    private static RefusalBody OfBroken(string text)
    {
        var members = BrokenMember
            .Matches(text)
            .Cast<Match>()
            .Where(static match => match.Groups["end"].Success || match.Groups["name"].Value != "error") // Half a code is none.
            .ToLookup(static match => match.Groups["name"].Value, static match => match.Groups["value"].Value);
        var code = members["error"].FirstOrDefault();
        return new(
            code is null ? null : RegisteredCode(code) ?? (IsCode(code) ? code : null),
            members["error_description"].Concat(members["message"]).FirstOrDefault()
        );
    }

    private static RefusalBody OfText(string text)
    {
        if (text.Any(static character => char.IsControl(character) && !char.IsWhiteSpace(character)))
        {
            return Nothing;
        }

        var fields = Field
            .Matches(text)
            .Cast<Match>()
            .ToLookup(static match => match.Groups["name"].Value, static match => WebUtility.UrlDecode(match.Groups["value"].Value));
        return fields["error"].FirstOrDefault() is { } code
            ? new(RegisteredCode(code) ?? code, fields["error_description"].FirstOrDefault())
            : new(null, Regex.Replace(text, "\\s+", " "));
    }

    private static string? TitleOf(string page) => Tag.Matches(page).Cast<Match>()
        .OrderByDescending(static match => match.Groups["name"].Value.Equals("title", StringComparison.OrdinalIgnoreCase))
        .Select(static match => WebUtility.HtmlDecode(match.Groups["text"].Value).Trim()).FirstOrDefault(static text => text.Length > 0);

    private static JsonElement? ReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonBag.RequireUnicode(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// XML as JSON, so that both are read alike: elements by their local names, and the value that FHIR has in an attribute.
    /// </summary>
    private static JsonElement? ReadXml(string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return JsonSerializer.SerializeToElement(
                new Dictionary<string, object?> { ["error"] = Plain(XDocument.Load(reader).Root!, 0) }
            );
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static object? Plain(XElement element, int depth) => !element.HasElements
        ? (element.Attribute("value") ?? element.Attribute("message"))?.Value ?? element.Value
        : depth > Deepest ? null
        : element
            .Elements()
            .GroupBy(static child => child.Name.LocalName)
            .ToDictionary(
                static same => same.Key,
                same =>
                    same.Count() == 1
                        ? Plain(same.First(), depth + 1)
                        : same.Take(MostFaults).Select(child => Plain(child, depth + 1)).ToArray()
            );

    /// <summary>Names without underscores and dashes, in small letters.</summary>
    private static List<KeyValuePair<string, JsonElement>> Members(JsonElement value) =>
        value
            .EnumerateObject()
            .Select(static member => new KeyValuePair<string, JsonElement>(
                member.Name.Replace("_", "").Replace("-", "").ToLowerInvariant(),
                member.Value
            ))
            .ToList();

    private static JsonElement? Find(List<KeyValuePair<string, JsonElement>> members, string name, params JsonValueKind[] kinds) =>
        members
            .Where(member => member.Key == name && kinds.Contains(member.Value.ValueKind))
            .Select(static member => (JsonElement?)member.Value)
            .FirstOrDefault();
}
