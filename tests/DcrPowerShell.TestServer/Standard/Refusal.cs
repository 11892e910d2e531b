using System;
using System.Net;
using System.Text.Json.Nodes;
using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.WebUtilities;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Writes refusals in the forms that servers have for them.</summary>
internal static class Refusal
{
    /// <param name="state">The server.</param>
    /// <param name="operation">What was wanted.</param>
    /// <param name="refused">What is refused, and why.</param>
    /// <param name="shape">The form that a fault asks for.</param>
    public static Answer Write(ServerState state, Operation operation, Refused refused, ErrorShape? shape = null)
    {
        shape ??= operation is Operation.Token or Operation.Push ? null : state.Switches.ErrorShape;
        bool bringsBody = shape is null && refused.Body is not null;
        Answer answer = bringsBody ? WithOwnBody(refused) : InShape(refused, shape ?? state.Dialect.ShapeOf(operation, refused.Status));
        if (refused.Status is 401 or 403 && !bringsBody)
        {
            answer.WithHeader("WWW-Authenticate", Challenge(refused));
        }

        foreach ((string name, string value) in refused.Headers)
        {
            answer.WithHeader(name, value);
        }

        return answer;
    }

    /// <summary>A web page such as a proxy or a login wall sends.</summary>
    public static string Page(string heading) =>
        $"<!DOCTYPE html>\n<html><head><title>{heading}</title></head><body><h1>{heading}</h1><form "
            + "method=\"post\"></form></body></html>\n";

    private static Answer WithOwnBody(Refused refused) =>
        refused.Body!.Count == 0 ? Answer.Empty(refused.Status) : Answer.Json(refused.Status, refused.Body.DeepClone());

    private static Answer InShape(Refused refused, ErrorShape shape) =>
        shape switch
        {
            ErrorShape.Okta => Answer.Json(refused.Status, Okta(refused)),
            ErrorShape.Auth0 => Answer.Json(refused.Status, Auth0(refused)),
            ErrorShape.Hydra => Answer.Json(refused.Status, OAuth(HydraProse(refused.Status), refused.Description)),
            ErrorShape.Html => Answer.Empty(refused.Status).WithText(Page(Reason(refused.Status)), "text/html; charset=utf-8"),
            ErrorShape.Empty => Answer.Empty(refused.Status),
            ErrorShape.Text => Answer
                .Empty(refused.Status)
                .WithText($"{refused.Status} {Reason(refused.Status)}: {refused.Description}", "text/plain"),
            _ => Answer.Json(refused.Status, OAuth(refused.Error, refused.Description)),
        };

    /// <summary>RFC 6750 section 3.</summary>
    private static string Challenge(Refused refused)
    {
        string challenge = $"{refused.Scheme} realm=\"dcr\"";
        if (refused.WithoutCredentials)
        {
            return challenge;
        }

        challenge += $", error=\"{refused.Error}\", error_description=\"{refused.Description?.Replace('"', '\'')}\"";
        return refused.Scope is null ? challenge : challenge + $", scope=\"{refused.Scope}\"";
    }

    private static JsonObject OAuth(string error, string? description)
    {
        JsonObject body = new() { ["error"] = error };
        if (description is not null)
        {
            body["error_description"] = description;
        }

        return body;
    }

    /// <summary>developer.okta.com, error codes.</summary>
    private static JsonObject Okta(Refused refused)
    {
        (string code, string summary) = refused.Status switch
        {
            400 => ("E0000001", "Api validation failed: " + refused.Error),
            401 => ("E0000011", "Invalid token provided"),
            403 => ("E0000006", "You do not have permission to perform the requested action"),
            404 => ("E0000007", "Not found: Resource not found"),
            405 => ("E0000022", "The endpoint does not support the provided HTTP method"),
            429 => ("E0000047", "API call exceeded rate limit due to too many requests."),
            _ => ("E0000009", "Internal Server Error"),
        };
        JsonArray causes = refused.Description is null ? [] : [new JsonObject { ["errorSummary"] = refused.Description }];
        if (refused.Error.StartsWith("E0", StringComparison.Ordinal))
        {
            (code, summary, causes) = (refused.Error, refused.Description ?? summary, []);
        }

        return new JsonObject
        {
            ["errorCode"] = code,
            ["errorSummary"] = summary,
            ["errorLink"] = code,
            ["errorId"] = "oae" + RandomText.Make(16),
            ["errorCauses"] = causes,
        };
    }

    /// <summary>Auth0's Management API: <c>error</c> is the reason phrase, and <c>errorCode</c> may be absent.</summary>
    private static JsonObject Auth0(Refused refused)
    {
        JsonObject body = new()
        {
            ["statusCode"] = refused.Status,
            ["error"] = Reason(refused.Status),
            ["message"] = refused.Description,
        };
        string? code = refused.Status switch
        {
            _ when !Refused.IsOfStandard(refused.Error) => refused.Error,
            400 => "invalid_body",
            403 => refused.Error,
            404 => "inexistent_client",
            429 => "too_many_requests",
            _ => null,
        };
        if (code is not null)
        {
            body["errorCode"] = code;
        }

        return body;
    }

    private static string HydraProse(int status) => status switch
    {
        400 => "The request was malformed or contained invalid parameters",
        401 => "The request could not be authorized",
        403 => "The requested action was forbidden",
        404 => "Unable to locate the requested resource",
        429 => "Too many requests",
        _ => "An internal server error occurred, please contact the system administrator",
    };

    private static string Reason(int status)
    {
        string phrase = ReasonPhrases.GetReasonPhrase(status);
        return phrase.Length > 0 ? phrase : ((HttpStatusCode)status).ToString();
    }
}
