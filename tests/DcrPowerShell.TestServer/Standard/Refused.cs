using System;
using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>A request that the server refuses, and why.</summary>
internal sealed class Refused(int status, string error, string? description) : Exception(description)
{
    public int Status { get; } = status;

    /// <summary>The error code of RFC 7591 section 3.2.2, RFC 6750 section 3.1 or RFC 6749 section 5.2.</summary>
    public string Error { get; } = error;

    public string? Description { get; } = description;

    /// <summary>The scope that would do (RFC 6750 section 3).</summary>
    public string? Scope { get; init; }

    /// <summary>The scheme that a challenge names.</summary>
    public string Scheme { get; init; } = "Bearer";

    /// <summary>
    /// Whether there were no credentials at all, so that the challenge says nothing about an error (RFC 6750 section 3.1).
    /// </summary>
    public bool WithoutCredentials { get; init; }

    /// <summary>
    /// The body as the vendor writes it, sent unless <see cref="Switches.ErrorShape"/> asks for another form; an empty object for no body.
    /// With it there is no challenge but the one among the <see cref="Headers"/>.
    /// </summary>
    public JsonObject? Body { get; init; }

    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>
    /// Whether this is one of the RFCs' codes that <see cref="ForStatus"/> and its neighbours use, rather than a vendor's.
    /// </summary>
    public static bool IsOfStandard(string error) => error is "invalid_client_metadata" or "invalid_redirect_uri" or "invalid_token"
        or "insufficient_scope" or "not_found" or "invalid_request" or "too_many_requests" or "temporarily_unavailable" or "server_error";

    public static Refused Metadata(string description) => new(400, "invalid_client_metadata", description);

    public static Refused RedirectUri(string description) => new(400, "invalid_redirect_uri", description);

    public static Refused Token(string description) => new(401, "invalid_token", description);

    /// <summary>A refusal whose code and words go with nothing but the status.</summary>
    public static Refused ForStatus(int status) => status switch
    {
        400 => Metadata("client metadata is invalid"),
        401 => Token("the access token is invalid"),
        403 => new Refused(403, "insufficient_scope", "the access token may not do this"),
        404 => new Refused(404, "not_found", "there is nothing here"),
        405 => new Refused(405, "invalid_request", "the method is not supported"),
        429 => new Refused(429, "too_many_requests", "the rate limit is exceeded"),
        503 => new Refused(503, "temporarily_unavailable", "the server is down for maintenance"),
        >= 500 => new Refused(status, "server_error", "the server has failed"),
        _ => new Refused(status, "invalid_request", "the request is refused"),
    };
}
