using System;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>What an error answer means where registration and management agree (RFC 7591, section 3.2.2; RFC 6750, section 3.1).</summary>
internal static class Refusals
{
    public static DcrException Judge(ProtocolRequest request, ProtocolResponse response, ServerError server) => (response.Status, server.Code) switch
    {
        (_, "invalid_redirect_uri") => RedirectUri(request, server),
        (_, "invalid_client_metadata") => DcrErrors.MetadataRefused(server, Suspects.Member(server, request.Body)),
        (_, "invalid_software_statement") => DcrErrors.SoftwareStatementRefused(server, unapproved: false),
        (_, "unapproved_software_statement") => DcrErrors.SoftwareStatementRefused(server, unapproved: true),
        (401, not "unauthorized_client") => DcrErrors.CredentialRejected(server),
        (401 or 403, "unauthorized_client") => DcrErrors.UnauthorizedClient(server, request.Uri),
        (403, "insufficient_scope") => DcrErrors.InsufficientScope(server, request.Uri),
        (403, _) => DcrErrors.Forbidden(server),
        (407, _) => DcrErrors.ProxyRefused(request.Uri),
        (429, _) => DcrErrors.RateLimited(server, RetryAdvice.Read(response) ?? TimeSpan.Zero),
        ( >= 500, _) => DcrErrors.Unavailable(server, request.Uri),
        ( >= 300 and < 400, _) => DcrErrors.NotConformant(request.Uri, $"it redirects{Target(request, response)} (HTTP {response.Status}), and a token follows no redirect", server),
        ( >= 400 or (>= 200 and < 300), _) => Metadata(request, server),
        _ => DcrErrors.NotConformant(request.Uri, $"HTTP {response.Status} is no answer to this request", server),
    };

    /// <summary>Codes that the RFC does not know, such as Okta's E0000001: what the server names decides.</summary>
    private static DcrException Metadata(ProtocolRequest request, ServerError server) => Suspects.Member(server, request.Body) is var member && member == ClientMember.RedirectUris
        ? RedirectUri(request, server)
        : DcrErrors.MetadataRefused(server, member);

    private static DcrException RedirectUri(ProtocolRequest request, ServerError server)
    {
        var member = Suspects.Member(server, request.Body) == ClientMember.PostLogoutRedirectUris ? ClientMember.PostLogoutRedirectUris : ClientMember.RedirectUris;
        var (uris, advice) = Suspects.RedirectUris(server, request.Body, member);
        return DcrErrors.RedirectUriRefused(server, member, uris, advice);
    }

    private static string Target(ProtocolRequest request, ProtocolResponse response) =>
        UriText.Against(request.Uri, response.Header("Location")) is { } target ? $" to {target.GetLeftPart(UriPartial.Authority)}" : "";
}
