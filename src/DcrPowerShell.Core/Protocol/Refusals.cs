using System;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>
/// The one place that decides what the message of a refusal may claim (RFC 7591, section 3.2.2; RFC 6750, section 3.1). It depends on
/// what was sent: a client's own token, another credential, or none; and on who answered: the server, or something in front of it.
/// </summary>
internal static class Refusals
{
    // RFC 6585, section 6: the network wants a sign-in, and the request did not reach the server.
    private const int Captive = 511;

    // Cloudflare answers so in plain text: "error code: 1010".
    private static readonly Regex BotCode = new("^\\s*error code: \\d{3,4}\\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // Keycloak, ClientRegistrationPolicyException: "Policy 'Trusted Hosts' rejected request to client-registration service. Details: ...".
    private static readonly Regex KeycloakPolicy = new("^Policy '[^']+' rejected request", RegexOptions.CultureInvariant);

    private static readonly Regex Network = new(
        "network zone|(your|this|source|client|remote) ip\\b|ip address.{0,40}(not allowed|not permitted|blocked|denied|forbidden)"
        + "|not allowed from (this|your) (network|location|address)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // Australia's mock data holder: "Duplicate registrations for a given software_id are not valid"; WSO2: "Application with the name ...
    // already exist in the system"; in Portuguese for Brazil's banks.
    private static readonly Regex Twice = new(
        "\\balready (been |is |was )?(a )?(regist|exist|onboard|in use|used|taken|present|known)|(regist\\w*|exists?) already"
        + "|\\bduplicated? (registration|client|application|software)"
        + "|\\bj[aá]\\s(foi |est[aá] |se encontra |possui )*(regist|cadast|exist)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private static readonly Regex SwitchedOff = new(
        "(^|[_.-])(disabled|not_enabled|turned_off)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    private static readonly Regex NotDone = new(
        "^((client_)?registration|dcr|operation)_not_supported$|^unsupported_operation$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    private static readonly Regex TooFast = new(
        "^(slow_down|throttl\\w*|rate_?limit\\w*|too_many_requests)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    private static readonly Regex Full = new(
        "(quota|limit)_(exceeded|reached)$|^too_many_(clients|entities|applications)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    /// <param name="clientId">The client that it is about; null where it is about none.</param>
    public static DcrException Judge(ProtocolRequest request, ProtocolResponse response, ServerError server, string? clientId = null)
    {
        var isOwnToken = request.Proof == ProtocolRequest.OwnToken && clientId is not null;
        var isClientToken = request.Proof == ProtocolRequest.ClientToken && clientId is not null;
        return (response.Status, server.Code) switch
        {
            _ when InFront(request, response) is { } page => page,
            (_, "invalid_redirect_uri") when request.Body is not null => RedirectUri(request, server),
            _ when IsSecondOfSoftware(request, server) => RefusalErrors.AlreadyRegistered(server),
            (_, "invalid_client_metadata") when request.Body is not null =>
                RefusalErrors.MetadataRefused(server, RefusalSubject.Member(server, request.Body)),
            (_, "invalid_software_statement") => RefusalErrors.SoftwareStatementRefused(server, unapproved: false),
            (_, "unapproved_software_statement") => RefusalErrors.SoftwareStatementRefused(server, unapproved: true),
            (407, _) => ProtocolErrors.ProxyRefused(request.Uri),
            (429, _) => RefusalErrors.RateLimited(server, RetryAdvice.Read(response) ?? TimeSpan.Zero),
            (>= 400, { } code) when TooFast.IsMatch(code) => RefusalErrors.RateLimited(
                server,
                RetryAdvice.Read(response) ?? TimeSpan.Zero
            ),
            (>= 500, _) or (>= 400, "server_error" or "temporarily_unavailable") => RefusalErrors.Unavailable(server, request.Uri),
            (301 or 302 or 303 or 307 or 308, _) => ProtocolErrors.NotConformant(
                request.Uri,
                $"it redirects{Target(request, response)} (HTTP {response.Status}), and a token follows no redirect",
                server
            ),
            (401 or 403, _) when isOwnToken => AuthorizationErrors.OwnTokenRejected(server, clientId!),
            (400, _) when isOwnToken && IsOfToken(server.Code) => AuthorizationErrors.OwnTokenRejected(server, clientId!),
            (401, _) or (403, not "insufficient_scope") when isClientToken => AuthorizationErrors.ClientTokenRejected(server, clientId!),
            (400, _) when isClientToken && IsOfToken(server.Code) => AuthorizationErrors.ClientTokenRejected(server, clientId!),
            (>= 400, _) when KeycloakPolicy.IsMatch(server.Description ?? "") => AuthorizationErrors.KeycloakPolicyForbids(
                server,
                hasToken: request.Proof != ProtocolRequest.NoProof
            ),
            (>= 400, { } code) when SwitchedOff.IsMatch(code) => RefusalErrors.SwitchedOff(server, request.Uri),
            (>= 400, { } code) when NotDone.IsMatch(code) => RefusalErrors.NotDone(server, request.Uri),
            (>= 400, { } code) when Full.IsMatch(code) => RefusalErrors.Full(server, request.Uri),
            (400 or 401 or 403, "insufficient_scope") when request.Proof != ProtocolRequest.NoProof =>
                AuthorizationErrors.InsufficientScope(server, request.Uri),
            (401, not "unauthorized_client") or (400 or 403, "invalid_token") => TokenRefused(request, server),
            (_, "unauthorized_client") => AuthorizationErrors.UnauthorizedClient(
                server,
                request.Uri,
                hasCredential: request.Proof != ProtocolRequest.NoProof
            ),
            (403 or 451, _) or (400, "access_denied" or "insufficient_scope") =>
                request.Proof == ProtocolRequest.NoProof
                ? AuthorizationErrors.ForbiddenWithoutToken(server)
                : AuthorizationErrors.Forbidden(server),
            (402, _) => RefusalErrors.PaymentWanted(server, request.Uri),
            (406 or 415, _) => RefusalErrors.MediaTypeRefused(server, request.Uri),
            (431, _) => RefusalErrors.HeadersTooLarge(server, request.Uri),
            (413 or 414, _) => RefusalErrors.TooLarge(server, request.Uri),
            (409 or 412 or 423 or 428, _) when RefusalSubject.Member(server, request.Body) is null => RefusalErrors.Conflict(
                server,
                request.Uri,
                registers: request.Effect == RequestEffect.Registers
            ),
            (408 or 425, _) => RefusalErrors.Unavailable(server, request.Uri),
            ( >= 400 or (>= 200 and < 300), _) when request.Body is not null => Metadata(request, server),
            (>= 400, _) when server.Code is not null || server.Description is not null => RefusalErrors.Refused(server, request.Uri),
            _ => ProtocolErrors.NotConformant(request.Uri, $"HTTP {response.Status} is no answer to this request", server),
        };
    }

    private static bool IsOfToken(string? code) =>
        code is "access_denied" or "invalid_token" or "expired_token" or "token_expired" or "invalid_client" or "unauthorized_client";

    /// <summary>
    /// The refusal of something in front of the server, or of where the request came from: it says nothing of tokens and metadata. Else
    /// null.
    /// </summary>
    public static DcrException? InFront(ProtocolRequest request, ProtocolResponse response)
    {
        if (response.Status is < 400 or 402 or 404 or 405 or 407 or 410 or 413 or 414 or 415 or 429 or 431 or (>= 500 and not Captive))
        {
            return null;
        }

        // An authorization server may have an HTML page for its own 401, and then a challenge of its own (RFC 6750, section 3).
        var text = response.Text();
        var isSure = response.Status == Captive || response.Header("cf-mitigated") is not null || BotCode.IsMatch(text);
        var isPage = RefusalBody.IsPage(text.TrimStart()) && response.Status != 401 && response.Header("WWW-Authenticate") is null;
        var server = ServerErrorReader.Read(response);
        return isSure || isPage ? RefusalErrors.PageInFront(server, request.Uri, isSure)
            : response.Status is 401 or 403 && Network.IsMatch(server.Description ?? "")
                ? RefusalErrors.NetworkRefused(server, request.Uri)
            : null;
    }

    /// <summary>
    /// RFC 7591, section 3.2.2, has no code for it: Brazil leaves the choice, Australia has invalid_client_metadata, others a 409. So the
    /// words decide, unless they are about another member.
    /// </summary>
    private static bool IsSecondOfSoftware(ProtocolRequest request, ServerError server) =>
        request is { Effect: RequestEffect.Registers, Body: { } sent }
        && sent.Has(ClientMember.SoftwareStatement)
        && server.Status is 400 or 403 or 409 or 422
        && (server.Status == 409 || Twice.IsMatch($"{server.Code?.Replace('_', ' ')} {server.Description}"))
        && RefusalSubject.Member(server, sent)
            is null
                or ClientMember.SoftwareStatement
                or ClientMember.SoftwareId
                or ClientMember.ClientName;

    private static DcrException TokenRefused(ProtocolRequest request, ServerError server) => (request.Effect, request.Proof) switch
    {
        (RequestEffect.Registers, ProtocolRequest.NoProof) => AuthorizationErrors.RegistrationTokenMissing(server),
        (RequestEffect.Registers, "InitialAccessToken") => AuthorizationErrors.InitialTokenRejected(server),
        _ => AuthorizationErrors.CredentialRejected(server, request.Proof == ProtocolRequest.NoProof ? null : request.Proof),
    };

    /// <summary>Codes that the RFC does not know, such as Okta's E0000001: what the server names decides.</summary>
    private static DcrException Metadata(ProtocolRequest request, ServerError server) =>
        RefusalSubject.Member(server, request.Body) is var member && member == ClientMember.RedirectUris
            ? RedirectUri(request, server)
            : RefusalErrors.MetadataRefused(server, member);

    private static DcrException RedirectUri(ProtocolRequest request, ServerError server)
    {
        var member =
            RefusalSubject.Member(server, request.Body) == ClientMember.PostLogoutRedirectUris
                ? ClientMember.PostLogoutRedirectUris
                : ClientMember.RedirectUris;
        var (uris, advice) = RefusalSubject.RedirectUris(server, request.Body, member);
        return RefusalErrors.RedirectUriRefused(server, member, uris, advice);
    }

    private static string Target(ProtocolRequest request, ProtocolResponse response) =>
        UriText.Against(request.Uri, response.Header("Location")) is { } target ? $" to {target.GetLeftPart(UriPartial.Authority)}" : "";
}
