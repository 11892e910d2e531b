using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Reads an error answer. The status comes first; of the body, as much as can be understood: RFC 7591 and RFC 6750, Okta,
/// Auth0, Hydra and Keycloak (prose in <c>error</c>), RFC 9457. HTML and other text say nothing.
/// </summary>
internal static class ServerErrorReader
{
    private const int LongestChallenge = 4096;

    private static readonly Regex AuthParameter = new("(?<![a-zA-Z_])(?<name>(?>[a-zA-Z_]+))\\s*=\\s*(?:\"(?<value>(?:[^\"\\\\]|\\\\.)*)\"|(?<value>[^\\s,\"]+))", RegexOptions.CultureInvariant);
    private static readonly string[] RequestIdHeaders = ["x-okta-request-id", "x-auth0-requestid", "x-request-id", "x-correlation-id"];

    public static ServerError Read(ProtocolResponse response)
    {
        var challenge = Challenge(response);
        var body = response.TryReadJson(out var json, out _) ? json : JsonBag.Empty;

        // `error` is a code in the RFCs, the HTTP reason phrase in Auth0's management API, and prose in Hydra and Keycloak.
        var error = body.Text("error");
        var errorIsCode = error is not null && !error.Contains(' ') && !body.Has("statusCode");
        var code = body.Text("errorCode") ?? (errorIsCode ? error : null) ?? Member(challenge, "error");
        var description = body.Text("error_description") ?? OktaSummary(body) ?? body.Text("message") ?? body.Text("errorMessage")
            ?? body.Text("detail") ?? body.Text("title") ?? (errorIsCode ? null : error) ?? Member(challenge, "error_description");

        return response.Redaction.Clean(new ServerError
        {
            Status = response.Status,
            Code = code,
            Description = description,
            SupportId = body.Text("errorId") ?? RequestId(response),
            RequiredScope = Member(challenge, "scope") is { } scope ? JsonBag.SplitWords(scope).ToList() : [],
        });
    }

    /// <summary>The server's id of a request, from a header of any answer, as it came; null where there is none.</summary>
    public static string? RequestId(ProtocolResponse response) => RequestIdHeaders.Select(response.Header).FirstOrDefault(id => id is not null);

    /// <summary>The parameters of all <c>WWW-Authenticate</c> challenges together (RFC 6750, section 3); the first of a name counts.</summary>
    private static List<KeyValuePair<string, string>> Challenge(ProtocolResponse response) => response.HeaderValues("WWW-Authenticate")
        .Select(header => header.Substring(0, Math.Min(header.Length, LongestChallenge)))
        .SelectMany(header => AuthParameter.Matches(header).Cast<Match>())
        .Select(match => new KeyValuePair<string, string>(match.Groups["name"].Value, match.Groups["value"].Value.Replace("\\\"", "\"")))
        .ToList();

    private static string? Member(List<KeyValuePair<string, string>> challenge, string name) =>
        challenge.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value).FirstOrDefault();

    /// <summary>Okta: <c>errorSummary</c>, and the causes where they say more.</summary>
    private static string? OktaSummary(JsonBag body)
    {
        if (body.Text("errorSummary") is not { } summary)
        {
            return null;
        }

        var causes = body.TryGet("errorCauses", out var array) && array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray().Where(cause => cause.ValueKind == JsonValueKind.Object).Select(cause => JsonBag.From(cause).Text("errorSummary")).OfType<string>()
            : [];
        return string.Join(". ", new[] { summary }.Concat(causes));
    }
}
