using System;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Protocol;

/// <summary>What an error answer means where registration and management agree (RFC 7591, section 3.2.2; RFC 6750, section 3.1).</summary>
internal static class Refusals
{
    public static DcrException Judge(ProtocolRequest request, ProtocolResponse response, ServerError server) => (response.Status, server.Code) switch
    {
        (_, "invalid_redirect_uri") => DcrErrors.RedirectUriRefused(server),
        (_, "invalid_client_metadata") => DcrErrors.MetadataRefused(server),
        (_, "invalid_software_statement") => DcrErrors.SoftwareStatementRefused(server, unapproved: false),
        (_, "unapproved_software_statement") => DcrErrors.SoftwareStatementRefused(server, unapproved: true),
        (401, not "unauthorized_client") => DcrErrors.CredentialRejected(server),
        (401 or 403, "unauthorized_client") => DcrErrors.UnauthorizedClient(server),
        (403, "insufficient_scope") => DcrErrors.InsufficientScope(server),
        (403, _) => DcrErrors.Forbidden(server),
        (407, _) => DcrErrors.ProxyRefused(request.Uri),
        (429, _) => DcrErrors.RateLimited(server, RetryAdvice.Read(response) ?? TimeSpan.Zero),
        ( >= 500, _) => DcrErrors.Unavailable(server, request.Uri),
        ( >= 300 and < 400, _) => DcrErrors.NotConformant(request.Uri, $"it redirects{Target(request, response)} (HTTP {response.Status}), and a token follows no redirect", server),
        ( >= 400, _) => DcrErrors.MetadataRefused(server),
        _ => DcrErrors.NotConformant(request.Uri, $"HTTP {response.Status} is no answer to this request", server),
    };

    private static string Target(ProtocolRequest request, ProtocolResponse response) =>
        Uri.TryCreate(request.Uri, response.Header("Location"), out var target) ? $" to {target.GetLeftPart(UriPartial.Authority)}" : "";
}
