using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>Refusals of the Management API: <c>error</c> is the reason phrase, <c>errorCode</c> may be absent (recordings).</summary>
internal static class Auth0Errors
{
    /// <summary>No token at all.</summary>
    public static Refused NoToken() => Make(401, "Missing authentication", null, challenge: "Bearer");

    /// <param name="message">"Invalid token", or the words for an expired one.</param>
    public static Refused InvalidToken(string message = "Invalid token")
    {
        Refused refused = Make(401, message, null, challenge: $"Bearer error=\"{message}\"");
        refused.Body!["attributes"] = new JsonObject { ["error"] = message };
        return refused;
    }

    /// <summary>As in auth0-cli#538.</summary>
    public static Refused InsufficientScope(params string[] expected) =>
        Make(403, "Insufficient scope, expected any of: " + string.Join(',', expected), "insufficient_scope");

    /// <summary>Modelled on recordings, TestAccAttackProtection: "Please upgrade your subscription to use bot detection".</summary>
    public static Refused NotEntitled(string feature) =>
        Make(403, $"Please upgrade your subscription to use {feature}", "insufficient_entitlement");

    /// <summary>As a deployment's runbook has it.</summary>
    public static Refused TooManyEntities() =>
        Make(403, "You reached the limit of entities of this type for this tenant.", "too_many_entities");

    public static Refused InvalidBody(string message) => Make(400, message, "invalid_body");

    /// <summary>A body that doesn't fit the schema.</summary>
    /// <param name="problem">Such as "Missing required property: audience".</param>
    /// <param name="property">Where it is.</param>
    public static Refused Payload(string problem, string? property = null) =>
        InvalidBody($"Payload validation error: '{problem}'{(property is null ? "" : $" on property {property}")}.");

    /// <summary>A query that doesn't fit the schema.</summary>
    public static Refused Query(string problem, string property) =>
        Make(400, $"Query validation error: '{problem}' on property {property}.", "invalid_query_string");

    public static Refused InvalidUri(string message) => Make(400, message, "invalid_uri");

    /// <summary>The body isn't JSON: the words of hapi, which the Management API runs on.</summary>
    public static Refused NotJson() => Make(400, "Invalid request payload JSON format", null);

    public static Refused NotFound(string message, string? code) => Make(404, message, code);

    public static Refused Conflict(string message) => Make(409, message, null);

    public static Refused ForStatus(int status) => status switch
    {
        400 => InvalidBody("Payload validation error: 'Invalid payload'."),
        401 => InvalidToken(),
        403 => Make(403, "Insufficient scope", "insufficient_scope"),
        404 => NotFound("Not Found", null),
        429 => Make(429, "Global limit has been reached", "too_many_requests"),
        >= 500 => Make(status, "An internal server error occurred", null),
        _ => Make(status, ReasonPhrases.GetReasonPhrase(status), null),
    };

    private static Refused Make(int status, string message, string? code, string? challenge = null)
    {
        JsonObject body = new()
        {
            ["statusCode"] = status,
            ["error"] = ReasonPhrases.GetReasonPhrase(status),
            ["message"] = message,
        };
        if (code is not null)
        {
            body["errorCode"] = code;
        }

        Refused refused = new(status, code ?? "", message) { Body = body };
        if (challenge is not null)
        {
            refused.Headers["WWW-Authenticate"] = challenge;
        }

        return refused;
    }
}
