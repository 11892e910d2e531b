using System.Collections.Generic;

namespace DcrPowerShell.Errors;

/// <summary>What the server said of a failure, as data: cleaned of control characters and of secrets that were sent.</summary>
public sealed record ServerError
{
    /// <summary>The status code of HTTP.</summary>
    public int Status { get; init; }

    /// <summary>
    /// <c>error</c> of RFC 7591, section 3.2.2, or RFC 6750, section 3.1; <c>errorCode</c> of Okta and Auth0; null where there is none.
    /// </summary>
    public string? Code { get; init; }

    /// <summary>The server's words for people; null where it sent none.</summary>
    public string? Description { get; init; }

    /// <summary>Id to name to the server's support: Okta's <c>errorId</c>, or a request id header.</summary>
    public string? SupportId { get; init; }

    /// <summary>Scopes that the server names as missing (RFC 6750, section 3); empty where it names none.</summary>
    public IReadOnlyList<string> RequiredScope { get; init; } = [];
}
