using System.Linq;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>
/// Refusals in Okta's own words: codes and summaries from okta-developer-docs data/error-codes.json, causes from management's examples.
/// </summary>
internal static class OktaErrors
{
    /// <summary>A request without any credentials.</summary>
    public static Refused InvalidSession() => Make(403, "E0000005", "Invalid session");

    public static Refused InvalidToken() => Make(401, "E0000011", "Invalid token provided");

    public static Refused Denied() => Make(403, "E0000006", "You do not have permission to perform the requested action");

    /// <summary>In the words of the older Dynamic Client Registration page (reference/api/oauth-clients).</summary>
    /// <param name="id">What was looked for.</param>
    /// <param name="kind">Okta's name for its kind, such as PublicClientApp.</param>
    public static Refused NotFound(string? id, string kind) => Make(404, "E0000007", $"Not found: Resource not found: {id} ({kind})");

    public static Refused Malformed() => Make(400, "E0000003", "The request body was not well-formed.");

    public static Refused WrongMediaType() =>
        Make(400, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match supported values.");

    /// <summary>A precondition that isn't met: E0000001 with its causes.</summary>
    public static Refused Validation(string subject, params string[] causes) =>
        Make(400, "E0000001", "Api validation failed: " + subject, causes);

    public static Refused ForStatus(int status) => status switch
    {
        400 => Refused.ForStatus(400),
        401 => InvalidToken(),
        403 => Denied(),
        404 => Make(404, "E0000007", "Not found: Resource not found"),
        405 => Make(405, "E0000022", "The endpoint does not support the provided HTTP method"),
        429 => Make(429, "E0000047", "API call exceeded rate limit due to too many requests."),
        _ => Make(status, "E0000009", "Internal Server Error"),
    };

    private static Refused Make(int status, string code, string summary, params string[] causes) => new(status, code, summary)
    {
        Body = new JsonObject
        {
            ["errorCode"] = code,
            ["errorSummary"] = summary,
            ["errorLink"] = code,
            ["errorId"] = "oae" + RandomText.Make(22),
            ["errorCauses"] = new JsonArray([.. causes.Select(cause => new JsonObject { ["errorSummary"] = cause })]),
        },
    };
}
