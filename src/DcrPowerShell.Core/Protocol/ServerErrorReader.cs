using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// Reads an error answer: the status, what its body says (<see cref="RefusalBody"/>), and its challenge (RFC 6750, section 3).
/// </summary>
internal static class ServerErrorReader
{
    private const int LongestChallenge = 4096;

    private static readonly Regex AuthParameter = new(
        "(?<![a-zA-Z_])(?<name>(?>[a-zA-Z_]+))\\s*=\\s*(?:\"(?<value>(?:[^\"\\\\]|\\\\.)*)\"|(?<value>[^\\s,\"]+))",
        RegexOptions.CultureInvariant
    );
    private static readonly string[] RequestIdHeaders = ["x-okta-request-id", "x-auth0-requestid", "x-request-id", "x-correlation-id"];
    private static readonly string[] SupportIds = ["errorId", "traceId", "requestId", "request_id"];

    public static ServerError Read(ProtocolResponse response)
    {
        var challenge = Challenge(response);
        var body = RefusalBody.Read(response);
        return response.Redaction.Clean(
            new ServerError
            {
                Status = response.Status,
                Code = body.Code ?? Member(challenge, "error"),
                Description = body.Words ?? Member(challenge, "error_description"),
                SupportId =
                    (
                        response.TryReadJson(out var json, out _)
                            ? SupportIds.Select(json.Text).FirstOrDefault(static id => id is not null)
                            : null
                    ) ?? RequestId(response),
                RequiredScope = Member(challenge, "scope") is { } scope ? JsonBag.SplitWords(scope).ToList() : [],
            }
        );
    }

    /// <summary>The server's id of a request, from a header of any answer, as it came; null where there is none.</summary>
    public static string? RequestId(ProtocolResponse response) =>
        RequestIdHeaders.Select(response.Header).FirstOrDefault(id => id is not null);

    /// <summary>A parameter of a <c>WWW-Authenticate</c> challenge; null where there is none.</summary>
    public static string? ChallengeParameter(ProtocolResponse response, string name) => Member(Challenge(response), name);

    /// <summary>
    /// The parameters of all <c>WWW-Authenticate</c> challenges together (RFC 6750, section 3); the first of a name counts.
    /// </summary>
    private static List<KeyValuePair<string, string>> Challenge(ProtocolResponse response) => response.HeaderValues("WWW-Authenticate")
        .Select(header => header.Substring(0, Math.Min(header.Length, LongestChallenge)))
        .SelectMany(header => AuthParameter.Matches(header).Cast<Match>())
        .Select(match => new KeyValuePair<string, string>(match.Groups["name"].Value, match.Groups["value"].Value.Replace("\\\"", "\"")))
        .ToList();

    private static string? Member(List<KeyValuePair<string, string>> challenge, string name) =>
        challenge.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value).FirstOrDefault();
}
