using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using Xunit;
using static DcrPowerShell.Core.Tests.Errors.ErrorTable;

namespace DcrPowerShell.Core.Tests.Errors;

/// <summary>The errors of a server that keeps to the standards.</summary>
public class StandardErrorTableTests
{
    public static TheoryData<string, string, string, string, DcrErrorId, string, string> Standard { get; } =
        new()
        {
            // RFC 7591, section 3.2.2.
            {
                "register",
                OneUri,
                "400",
                Rfc("invalid_redirect_uri"),
                DcrErrorId.InvalidRedirectUri,
                "'http://localhost/cb' is a loopback address, which many servers allow native applications only. Use -ApplicationType "
                    + "native",
                "does not accept redirect URI 'http://localhost/cb' (invalid_redirect_uri)"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_redirect_uri", "https://app.example.com/cb2 is not on the list"),
                DcrErrorId.InvalidRedirectUri,
                "Compare it with the server's rules",
                "does not accept redirect URI 'https://app.example.com/cb2' (invalid_redirect_uri)"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_redirect_uri", "no"),
                DcrErrorId.InvalidRedirectUri,
                "try them one by one",
                "does not accept a redirect URI (invalid_redirect_uri)"
            },
            {
                "register",
                """{"redirect_uris":["https://app.example.com/","https://app.example.com/#top"]}""",
                "400",
                Rfc("invalid_redirect_uri"),
                DcrErrorId.InvalidRedirectUri,
                "'https://app.example.com/#top' has a fragment. Leave out everything from the # on.",
                "redirect URI 'https://app.example.com/#top'"
            },
            {
                "register",
                """{"redirect_uris":["https://app.example.com/","https://app.example.com/*"]}""",
                "400",
                Rfc("invalid_redirect_uri"),
                DcrErrorId.InvalidRedirectUri,
                "'https://app.example.com/*' has a wildcard",
                "redirect URI 'https://app.example.com/*'"
            },
            {
                "register",
                """{"redirect_uris":["com.example.app:/cb"]}""",
                "400",
                Rfc("invalid_redirect_uri"),
                DcrErrorId.InvalidRedirectUri,
                "'com.example.app:/cb' has a private-use scheme, which is for native applications. Use -ApplicationType native",
                "'com.example.app:/cb'"
            },
            {
                "update",
                """{"post_logout_redirect_uris":["https://app.example.com/bye"]}""",
                "400",
                Rfc("invalid_redirect_uri", "post_logout_redirect_uris: unknown host"),
                DcrErrorId.InvalidRedirectUri,
                "exact https URLs",
                "redirect URI 'https://app.example.com/bye'"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_client_metadata", "grant_types: authorization_code is not allowed for client_name Clinic"),
                DcrErrorId.InvalidClientMetadata,
                "Change grant_types, or leave it out",
                "does not accept grant_types (invalid_client_metadata). The server said: \"grant_types: authorization_code"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_client_metadata", "contacts is mandatory"),
                DcrErrorId.InvalidClientMetadata,
                "Change, add or leave out the member that the server names",
                "does not accept the client metadata (invalid_client_metadata)"
            },
            {
                "update",
                Sent,
                "400",
                Rfc("invalid_client_metadata", "'jwks_uri' can not be loaded"),
                DcrErrorId.InvalidClientMetadata,
                "Change jwks_uri",
                "does not accept jwks_uri"
            },
            {
                "register",
                Sent,
                "409",
                Rfc("conflict", "client_name is taken"),
                DcrErrorId.InvalidClientMetadata,
                "Change client_name",
                "does not accept client_name (conflict)"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_software_statement"),
                DcrErrorId.InvalidSoftwareStatement,
                "get a fresh one from its issuer",
                "invalid_software_statement"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("unapproved_software_statement"),
                DcrErrorId.UnapprovedSoftwareStatement,
                "which issuers of software statements it trusts",
                "unapproved_software_statement"
            },
            // RFC 6750, section 3.1.
            {
                "register",
                Sent,
                "401",
                Rfc("invalid_token"),
                DcrErrorId.AccessTokenRejected,
                "Get a fresh one, which may be good for one registration only",
                "wrong, expired or used up"
            },
            {
                "register with None",
                Sent,
                "401",
                "",
                DcrErrorId.AccessTokenRejected,
                "Get an initial access token from the server's operator",
                "only with an initial access token"
            },
            {
                "register with ClientCredential",
                Sent,
                "401",
                Rfc("invalid_token"),
                DcrErrorId.AccessTokenRejected,
                "-Audience and -Scope",
                "rejected the access token that this connection got (HTTP 401), and a fresh one too"
            },
            {
                "read",
                "{}",
                "401",
                Rfc("invalid_token"),
                DcrErrorId.AccessTokenRejected,
                "Remove-DcrClient -StoreOnly",
                "rejected the registration access token of client 'c1'"
            },
            {
                "register",
                Sent,
                "401",
                Rfc("unauthorized_client"),
                DcrErrorId.UnauthorizedClient,
                "At id.example.com, grant the client that you connect with the scope that registering clients needs there",
                "id.example.com does not let this credential do that"
            },
            {
                "register with ClientCredential",
                Sent,
                "403 WWW-Authenticate: Bearer scope=\"dcr\"",
                Rfc("unauthorized_client"),
                DcrErrorId.UnauthorizedClient,
                "At id.example.com, grant dcr to the client that you connect with",
                "unauthorized_client"
            },
            {
                "register",
                Sent,
                "403 WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"dcr clients\"",
                "",
                DcrErrorId.InsufficientScope,
                "At id.example.com, grant dcr clients to the client that you connect with. Then connect again, with -Scope",
                "id.example.com wants dcr clients"
            },
            {
                "delete",
                "{}",
                "403",
                Rfc("insufficient_scope"),
                DcrErrorId.AccessTokenRejected,
                "own administration",
                "does not let client 'c1' be managed with its registration access token (HTTP 403, insufficient_scope)"
            },
            {
                "read",
                "{}",
                "400",
                Rfc("access_denied"),
                DcrErrorId.AccessTokenRejected,
                "Remove-DcrClient -StoreOnly",
                "rejected the registration access token of client 'c1' (HTTP 400, access_denied)"
            },
            {
                "register with None",
                Sent,
                "403",
                Rfc(
                    "insufficient_scope",
                    "Policy 'Trusted Hosts' rejected request to client-registration service. Details: Host not trusted."
                ),
                DcrErrorId.RegistrationForbidden,
                "Anonymous access policies",
                "A client registration policy of Keycloak forbids it"
            },
            {
                "register with None",
                Sent,
                "403",
                Rfc("access_denied"),
                DcrErrorId.RegistrationForbidden,
                "-InitialAccessToken",
                "no token was sent"
            },
            {
                "register",
                Sent,
                "403 cf-mitigated: challenge",
                "<html><title>Just a moment...</title>",
                DcrErrorId.RegistrationForbidden,
                "user agent DcrPowerShell",
                "Something in front of id.example.com stopped the request"
            },
            {
                "read",
                "{}",
                "403 Server: nginx",
                "<html><title>403 Forbidden</title></html>",
                DcrErrorId.RegistrationForbidden,
                "user agent DcrPowerShell",
                "answered with a web page, not with JSON"
            },
            {
                "register",
                Sent,
                "402",
                "",
                DcrErrorId.RegistrationForbidden,
                "Look at the plan",
                "plan at id.example.com does not allow it"
            },
            { "register", Sent, "413", "", DcrErrorId.InvalidClientMetadata, "Send less", "larger than id.example.com" },
            { "register", Sent, "415", "", DcrErrorId.ResponseNotConformant, "application/jose", "does not take or give JSON" },
            {
                "register",
                Sent,
                "400",
                Rfc("registration_disabled"),
                DcrErrorId.OperationNotSupported,
                "switch it on",
                "switched off at id.example.com"
            },
            {
                "register",
                Sent,
                "403",
                Rfc("access_denied"),
                DcrErrorId.RegistrationForbidden,
                "Ask the server's operator which clients may be registered",
                "access_denied"
            },
            // The rest.
            { "read", "{}", "404", "", DcrErrorId.ClientNotFound, "Repair-DcrClient", "knows no client 'c1'" },
            { "delete", "{}", "410", "", DcrErrorId.ClientNotFound, "Remove-DcrClient -StoreOnly", "knows no client 'c1'" },
            { "register", Sent, "429 Retry-After: 7200", "", DcrErrorId.RateLimited, "later", "2 hours" },
            { "read", "{}", "503", "", DcrErrorId.ServerUnavailable, "later", "cannot answer now" },
            { "read", "{}", "500", "", DcrErrorId.ServerUnavailable, "later", "HTTP 500" },
            { "register", Sent, "503 Retry-After: 7200", "", DcrErrorId.ServerUnavailable, "later", "HTTP 503" },
            {
                "register",
                Sent,
                "500",
                "<html>",
                DcrErrorId.OutcomeUnknown,
                "Find-DcrOrphan looks for the client",
                "may have registered the client"
            },
            { "update", Sent, "502", "", DcrErrorId.OutcomeUnknown, "Run Get-DcrClient", "may have made it" },
            { "register", Sent, "404", "", DcrErrorId.OperationNotSupported, "-RegistrationEndpoint", "does not register clients" },
            { "update", Sent, "405", "", DcrErrorId.OperationNotSupported, "own administration", "does not let a client be changed" },
            { "delete", "{}", "501", "", DcrErrorId.OperationNotSupported, "own administration", "does not let a client be deleted" },
            {
                "register",
                Sent,
                "302 Location: https://login.example.com/?a=b",
                "",
                DcrErrorId.ResponseNotConformant,
                "login page",
                "https://login.example.com (HTTP 302)"
            },
            {
                "register with ClientCredential, token",
                Sent,
                "401",
                Rfc("invalid_client"),
                DcrErrorId.AccessTokenRejected,
                "client id, its secret or key",
                "no access token (invalid_client)"
            },
            {
                "register with ClientCredential, token",
                Sent,
                "400",
                Rfc("unauthorized_client"),
                DcrErrorId.UnauthorizedClient,
                "Allow the grant type client_credentials",
                "does not let this client get a token"
            },
            {
                "register with ClientCredential, token",
                Sent,
                "400",
                Rfc("invalid_scope"),
                DcrErrorId.InsufficientScope,
                "At id.example.com, grant dcr.test",
                "no access token for 'dcr.test'"
            },
            { "connect", "{}", "404", "", DcrErrorId.DiscoveryFailed, "Connect-DcrServer -RegistrationEndpoint", Origin },
            {
                "connect",
                "{}",
                "200",
                """{"issuer":"https://other.example.com","registration_endpoint":"https://other.example.com/r"}""",
                DcrErrorId.IssuerMismatch,
                "run Connect-DcrServer https://other.example.com",
                "names another issuer"
            },
        };

    [Theory]
    [MemberData(nameof(Standard))]
    public Task What_a_standard_server_answers_is_told_by_its_error(
        string operation,
        string sent,
        string answer,
        string body,
        DcrErrorId id,
        string advice,
        string message
    ) =>
        AssertTellsAsync(
            $"{Found}/register\"}}",
            () => InitialToken.Of("iat_1234567"),
            "dcr.test",
            operation,
            sent,
            answer,
            body,
            id,
            advice,
            message
        );
}
