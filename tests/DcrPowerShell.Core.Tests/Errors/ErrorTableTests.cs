using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Errors;

/// <summary>
/// The table of docs/errors.md, for each provider: what the server answers, and the error's id, what its advice says and
/// what its message says (each a part). The categories of the ids are in tests/cmdlets/Errors.Tests.ps1. What has no answer of
/// the server is tested where it happens: HttpSenderTests (connection), VaultFaultTests and Vault.Tests.ps1.
/// </summary>
public class ErrorTableTests
{
    private const string Origin = "https://id.example.com";
    private const string Found = $$"""{"issuer":"{{Origin}}","token_endpoint":"{{Origin}}/token","registration_endpoint":"{{Origin}}""";
    private const string Token = """{"access_token":"at_1234567","token_type":"Bearer"}""";
    private const string Sent =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/cb","https://app.example.com/cb2"],"grant_types":["authorization_code"],"jwks_uri":"https://app.example.com/keys"}""";
    private const string Changed =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/cb","https://app.example.com/cb2"]}""";
    private const string OneUri = """{"redirect_uris":["http://localhost/cb"]}""";

    /// <summary>Operation, what it sent, the answer as "status header; header", its body; then what the error says.</summary>
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
                "Get a fresh one; an initial access token may be good for one registration only",
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

    /// <summary>Okta has two shapes: RFC 7591's for metadata, its own for all else (oauth-minimal.yaml, examples Error*).</summary>
    public static TheoryData<string, string, string, string, DcrErrorId, string, string> Okta { get; } =
        new()
        {
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_client_metadata", "`client_name`: The field can't be left blank."),
                DcrErrorId.InvalidClientMetadata,
                "Change client_name",
                "does not accept client_name (invalid_client_metadata)"
            },
            {
                "register",
                Sent,
                "400",
                OktaShape("E0000001", "Api validation failed: client", "jwks_uri: The URI is invalid."),
                DcrErrorId.InvalidClientMetadata,
                "Change jwks_uri",
                "does not accept jwks_uri (E0000001)"
            },
            {
                "register",
                OneUri,
                "400",
                OktaShape("E0000001", "Api validation failed: redirect_uris", "redirect_uris: Invalid."),
                DcrErrorId.InvalidRedirectUri,
                "'http://localhost/cb' is a loopback address",
                "redirect URI 'http://localhost/cb' (E0000001)"
            },
            {
                "register",
                Sent,
                "400",
                Rfc("invalid_redirect_uri", "https://app.example.com/cb: no"),
                DcrErrorId.InvalidRedirectUri,
                "Compare it with the server's rules",
                "redirect URI 'https://app.example.com/cb' (invalid_redirect_uri)"
            },
            {
                "update",
                Sent,
                "400",
                OktaShape("E0000003", "The request body was not well-formed."),
                DcrErrorId.InvalidClientMetadata,
                "the member that the server names",
                "(E0000003)"
            },
            {
                "register",
                Sent,
                "401",
                OktaShape("E0000011", "Invalid token provided"),
                DcrErrorId.AccessTokenRejected,
                "Create a new one in the Admin Console (Security, API, Tokens) and connect again with -ApiToken",
                "Okta rejected the API token"
            },
            {
                "list",
                "{}",
                "401",
                OktaShape("E0000011", "Invalid token provided"),
                DcrErrorId.AccessTokenRejected,
                "-ApiToken",
                "support id oae1"
            },
            {
                "register with ClientCredential",
                Sent,
                "401",
                OktaShape("E0000011", "Invalid token provided"),
                DcrErrorId.AccessTokenRejected,
                "-Scope",
                "a fresh one too"
            },
            {
                "register with None",
                Sent,
                "403",
                OktaShape("E0000005", "Invalid session"),
                DcrErrorId.AccessTokenRejected,
                "Connect with -ApiToken, or with -ClientId and -PrivateKey",
                "only with an administrator's credential"
            },
            {
                "register",
                Sent,
                "401",
                OktaShape("E0000015", "You do not have permission to access the feature you are requesting"),
                DcrErrorId.RegistrationForbidden,
                "Okta's support",
                "does not offer this to the organisation"
            },
            {
                "register",
                Sent,
                "403",
                OktaShape("E0000006", "You do not have permission"),
                DcrErrorId.InsufficientScope,
                "In the Admin Console of id.example.com: for an API Services app, grant it okta.clients.register",
                "lacks okta.clients.register"
            },
            {
                "list",
                "{}",
                "403",
                OktaShape("E0000006", "You do not have permission"),
                DcrErrorId.InsufficientScope,
                "grant it okta.clients.read",
                "lacks okta.clients.read"
            },
            {
                "delete",
                "{}",
                "403",
                OktaShape("E0000006", "You do not have permission"),
                DcrErrorId.InsufficientScope,
                "grant it okta.clients.manage",
                "lacks okta.clients.manage"
            },
            {
                "read",
                "{}",
                "404",
                OktaShape("E0000007", "Not found: Resource not found: c1 (PublicClientApp)"),
                DcrErrorId.ClientNotFound,
                "Remove-DcrClient -StoreOnly",
                "knows no client 'c1'"
            },
            {
                "delete",
                "{}",
                "404",
                OktaShape("E0000007", "Not found"),
                DcrErrorId.ClientNotFound,
                "Remove-DcrClient -StoreOnly",
                "knows no client 'c1'"
            },
            {
                "register",
                Sent,
                "405",
                OktaShape("E0000022", "The endpoint does not support the provided HTTP method"),
                DcrErrorId.OperationNotSupported,
                "-RegistrationEndpoint",
                "does not register clients"
            },
            {
                "register",
                Sent,
                "429 X-Rate-Limit-Reset: 4102444800",
                OktaShape("E0000047", "API call exceeded rate limit due to too many requests."),
                DcrErrorId.RateLimited,
                "later",
                "HTTP 429"
            },
            {
                "register",
                Sent,
                "500",
                OktaShape("E0000009", "Internal Server Error"),
                DcrErrorId.OutcomeUnknown,
                "Find-DcrOrphan looks for the client",
                "may have registered the client"
            },
            {
                "list",
                "{}",
                "404",
                OktaShape("E0000007", "Not found"),
                DcrErrorId.OperationNotSupported,
                "Get-DcrClient -Offline",
                "does not list clients"
            },
            {
                "list",
                "{}",
                "403",
                "<html><title>Access denied</title></html>",
                DcrErrorId.RegistrationForbidden,
                "user agent DcrPowerShell",
                "answered with a web page"
            },
            {
                "list",
                "{}",
                "403",
                OktaShape("E0000006", "Your IP address is not allowed by the network zone"),
                DcrErrorId.RegistrationForbidden,
                "Another token does not help",
                "takes no such requests from this machine's network"
            },
            { "list", "{}", "500", OktaShape("E0000009", "Internal Server Error"), DcrErrorId.ServerUnavailable, "later", "HTTP 500" },
            { "list", "{}", "200", "<html>", DcrErrorId.ResponseNotConformant, "login page", "not the list of clients" },
            {
                "secrets",
                "{}",
                "200",
                """[{"status":"ACTIVE","client_secret":"cs_1234567"}]""",
                DcrErrorId.ResponseNotConformant,
                "login page",
                "a secret in its answer has no id"
            },
            {
                "register with ClientCredential, token",
                Sent,
                "400",
                Rfc("invalid_scope", "One or more scopes are not configured"),
                DcrErrorId.InsufficientScope,
                "At id.example.com, grant okta.clients.register",
                "okta.clients.register"
            },
            {
                "register with ClientCredential, token",
                Sent,
                "401",
                Rfc(
                    "invalid_client",
                    "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method."
                ),
                DcrErrorId.AccessTokenRejected,
                "the authentication method that the server expects",
                "private_key_jwt"
            },
        };

    /// <summary>
    /// Auth0's Management API has a shape of its own, with the reason phrase in <c>error</c> (recordings of terraform-provider-auth0;
    /// protocol
    /// notes, 2.6), and so has its registration; its token endpoint speaks OAuth, in words seen in the field.
    /// </summary>
    public static TheoryData<string, string, string, string, DcrErrorId, string, string> Auth0 { get; } =
        new()
        {
            // /oidc/register.
            {
                "register",
                OneUri,
                "400",
                Auth0Shape(
                    400,
                    "Payload validation error: 'Object didn't pass validation for format absolute-uri-or-empty: http://localhost/cb' on "
                        + "property redirect_uris[0].",
                    "invalid_body"
                ),
                DcrErrorId.InvalidRedirectUri,
                "'http://localhost/cb' is a loopback address",
                "redirect URI 'http://localhost/cb' (invalid_body)"
            },
            {
                "register",
                Sent,
                "400",
                Auth0Shape(
                    400,
                    "Payload validation error: 'Array items are not unique (indexes 0 and 1)' on property callbacks (the URLs after "
                        + "login).",
                    "invalid_body"
                ),
                DcrErrorId.InvalidRedirectUri,
                "try them one by one",
                "does not accept a redirect URI (invalid_body)"
            },
            {
                "register",
                Sent,
                "400",
                Auth0Shape(
                    400,
                    "Payload validation error: 'Expected type array but found type string' on property grant_types.",
                    "invalid_body"
                ),
                DcrErrorId.InvalidClientMetadata,
                "Change grant_types",
                "does not accept grant_types (invalid_body)"
            },
            {
                "register",
                Sent,
                "400",
                Auth0Shape(400, "Payload validation error: 'Too many characters' on property name (for the client_name).", "invalid_body"),
                DcrErrorId.InvalidClientMetadata,
                "Change client_name",
                "does not accept client_name (invalid_body)"
            },
            {
                "register",
                Sent,
                "400",
                Auth0Shape(400, "Invalid request payload JSON format"),
                DcrErrorId.InvalidClientMetadata,
                "the member that the server names",
                "the client metadata (HTTP 400)"
            },
            {
                "register",
                Sent,
                "403",
                Auth0Shape(403, "You reached the limit of entities of this type for this tenant.", "too_many_entities"),
                DcrErrorId.RegistrationForbidden,
                "Remove-DcrClient deletes them",
                "as many applications as its plan allows (too_many_entities)"
            },
            {
                "register",
                Sent,
                "403",
                Auth0Shape(403, "Forbidden"),
                DcrErrorId.RegistrationForbidden,
                "Enable-Auth0Dcr -WhatIf",
                "Dynamic registration may be off there, or limited to certain networks"
            },
            {
                "register",
                Sent,
                "404",
                Auth0Shape(404, "Not Found"),
                DcrErrorId.RegistrationForbidden,
                "Enable-Auth0Dcr -WhatIf",
                "Dynamic registration may be off there"
            },
            {
                "register",
                Sent,
                "401",
                Auth0Shape(401, "Missing authentication"),
                DcrErrorId.AccessTokenRejected,
                "New-DcrClient -InitialAccessToken",
                "only with an initial access token"
            },
            {
                "register with InitialToken",
                Sent,
                "401",
                Auth0Shape(401, "Invalid token"),
                DcrErrorId.AccessTokenRejected,
                "Get a fresh one",
                "rejected the initial access token"
            },
            {
                "register",
                Sent,
                "429 X-RateLimit-Limit: 5; X-RateLimit-Remaining: 0; X-RateLimit-Reset: 4102444800; Date: Thu, 31 Dec 2099 22:00:00 GMT",
                Auth0Shape(429, "Global limit has been reached", "too_many_requests"),
                DcrErrorId.RateLimited,
                "later",
                "asks for a wait of"
            },
            {
                "register",
                Sent,
                "500",
                Auth0Shape(500, "An internal server error occurred"),
                DcrErrorId.OutcomeUnknown,
                "Find-DcrOrphan looks for the client",
                "may have registered the client"
            },
            {
                "register",
                Sent,
                "503",
                "",
                DcrErrorId.OutcomeUnknown,
                "Find-DcrOrphan looks for the client",
                "may have registered the client"
            },
            // The Management API.
            {
                "list with None",
                "{}",
                "200",
                "",
                DcrErrorId.AccessTokenRejected,
                "is authorized for the Auth0 Management API with read:clients",
                "no credential for that. Nothing was sent"
            },
            {
                "read",
                "{}",
                "401",
                Auth0Shape(401, "Expired token received for JSON Web Token validation"),
                DcrErrorId.AccessTokenRejected,
                "with a fresh -ManagementToken",
                "Auth0's Management API rejected the token (HTTP 401)"
            },
            {
                "list",
                "{}",
                "401",
                Auth0Shape(401, "Invalid token"),
                DcrErrorId.AccessTokenRejected,
                "-Audience https://<tenant>.auth0.com/api/v2/",
                "\"Invalid token\""
            },
            {
                "list with ClientCredential",
                "{}",
                "401",
                Auth0Shape(401, "Bad audience: https://login.example.com/api/v2/"),
                DcrErrorId.AccessTokenRejected,
                "Connect again with -Audience",
                "that this connection got (HTTP 401), and a fresh one too"
            },
            {
                "list",
                "{}",
                "403",
                Auth0Shape(403, "Insufficient scope, expected any of: read:clients,read:client_summary", "insufficient_scope"),
                DcrErrorId.InsufficientScope,
                "Application Access, give the application that you connect with the permission read:clients",
                "lacks a scope of Auth0's Management API: read:clients (insufficient_scope)"
            },
            {
                "update",
                Changed,
                "403",
                Auth0Shape(403, "Insufficient scope, expected any of: update:clients", "insufficient_scope"),
                DcrErrorId.InsufficientScope,
                "the permission update:clients",
                "update:clients"
            },
            {
                "delete",
                "{}",
                "403",
                Auth0Shape(403, "Insufficient scope, expected any of: delete:clients", "insufficient_scope"),
                DcrErrorId.InsufficientScope,
                "the permission delete:clients",
                "delete:clients"
            },
            {
                "update",
                Changed,
                "400",
                Auth0Shape(
                    400,
                    "Payload validation error: 'Object didn't pass validation for format callback-url: https://app.example.com/cb2' on "
                        + "property callbacks.1 (the URLs after login).",
                    "invalid_body"
                ),
                DcrErrorId.InvalidRedirectUri,
                "exact https URLs",
                "redirect URI 'https://app.example.com/cb2' (invalid_body)"
            },
            {
                "update",
                OneUri,
                "400",
                Auth0Shape(400, "Payload validation error: 'Invalid' on property callbacks.", "invalid_body"),
                DcrErrorId.InvalidRedirectUri,
                "'http://localhost/cb' is a loopback address",
                "redirect URI 'http://localhost/cb'"
            },
            {
                "update",
                """{"post_logout_redirect_uris":["https://app.example.com/bye"]}""",
                "400",
                Auth0Shape(400, "Payload validation error: 'Invalid' on property allowed_logout_urls.", "invalid_body"),
                DcrErrorId.InvalidRedirectUri,
                "exact https URLs",
                "redirect URI 'https://app.example.com/bye'"
            },
            {
                "update",
                """{"application_type":"desktop"}""",
                "400",
                Auth0Shape(
                    400,
                    "Payload validation error: 'No enum match for: desktop' on property app_type (the type of application).",
                    "invalid_body"
                ),
                DcrErrorId.InvalidClientMetadata,
                "Change application_type",
                "does not accept application_type"
            },
            {
                "update",
                """{"tos_uri":"https://app.example.com/tos"}""",
                "400",
                Auth0Shape(400, "Payload validation error: 'String is too long' on property client_metadata.tos_uri.", "invalid_body"),
                DcrErrorId.InvalidClientMetadata,
                "Change tos_uri",
                "does not accept tos_uri"
            },
            {
                "update",
                """{"software_statement":"a.b.c"}""",
                "400",
                Auth0Shape(400, "Payload validation error: 'Additional properties not allowed: software_statement'.", "invalid_body"),
                DcrErrorId.InvalidClientMetadata,
                "Change software_statement, or leave it out",
                "does not accept software_statement"
            },
            {
                "read",
                "{}",
                "404",
                Auth0Shape(404, "The client does not exist", "inexistent_client"),
                DcrErrorId.ClientNotFound,
                "Remove-DcrClient -StoreOnly",
                "knows no client 'c1'"
            },
            {
                "update",
                Changed,
                "404",
                Auth0Shape(404, "The client does not exist", "inexistent_client"),
                DcrErrorId.ClientNotFound,
                "Remove-DcrClient -StoreOnly",
                "knows no client 'c1'"
            },
            {
                "delete",
                "{}",
                "404",
                Auth0Shape(404, "The client does not exist", "inexistent_client"),
                DcrErrorId.ClientNotFound,
                "Remove-DcrClient -StoreOnly",
                "knows no client 'c1'"
            },
            {
                "list",
                "{}",
                "404",
                "<html>",
                DcrErrorId.ResponseNotConformant,
                "-Audience https://<tenant>.auth0.com/api/v2/",
                "id.example.com has no Management API"
            },
            {
                "update",
                Changed,
                "409",
                Auth0Shape(409, "The client_name is in use"),
                DcrErrorId.InvalidClientMetadata,
                "Change client_name",
                "does not accept client_name (HTTP 409)"
            },
            {
                "list",
                "{}",
                "429 X-RateLimit-Limit: 2; X-RateLimit-Remaining: 0; X-RateLimit-Reset: 4102444800; Date: Thu, 31 Dec 2099 22:00:00 GMT",
                Auth0Shape(429, "Global limit has been reached", "too_many_requests"),
                DcrErrorId.RateLimited,
                "later",
                "asks for a wait of"
            },
            { "list", "{}", "503", Auth0Shape(503, "Service Unavailable"), DcrErrorId.ServerUnavailable, "later", "HTTP 503" },
            { "delete", "{}", "503", Auth0Shape(503, "Service Unavailable"), DcrErrorId.ServerUnavailable, "later", "HTTP 503" },
            {
                "update",
                Changed,
                "500",
                Auth0Shape(500, "An internal server error occurred"),
                DcrErrorId.OutcomeUnknown,
                "Run Get-DcrClient",
                "may have made it"
            },
            { "list", "{}", "200", "[]", DcrErrorId.ResponseNotConformant, "proxy or a login page", "not the JSON object it should be" },
            { "list", "{}", "200", """{"clients":{}}""", DcrErrorId.ResponseNotConformant, "proxy or a login page", "no list 'clients'" },
            // The token endpoint.
            {
                "list with ClientCredential, token",
                "{}",
                "401",
                Rfc("access_denied", "Unauthorized"),
                DcrErrorId.AccessTokenRejected,
                "Check the client id, its secret or key",
                "no access token (access_denied). The server said: \"Unauthorized\""
            },
            {
                "list with ClientCredential, token",
                "{}",
                "403",
                Rfc("access_denied", "Service not enabled within domain: https://id.example.com/api/v2/"),
                DcrErrorId.AccessTokenRejected,
                "connect again with -Audience https://<tenant>.auth0.com/api/v2/",
                "knows no API 'https://id.example.com/api/v2/'"
            },
            {
                "list with ClientCredential, token",
                "{}",
                "403",
                Rfc(
                    "access_denied",
                    """Client is not authorized to access \"https://id.example.com/api/v2/\". You might probably want to create a \"client-grant\" associated to this API."""
                ),
                DcrErrorId.UnauthorizedClient,
                "open Applications > APIs > Auth0 Management API > Application Access, and authorize the application",
                "does not let this application get a token for https://id.example.com/api/v2/ (access_denied)"
            },
            {
                "list with ClientCredential, token",
                "{}",
                "403",
                Rfc("access_denied", "Client has not been granted scopes: read:users"),
                DcrErrorId.InsufficientScope,
                "Connect-DcrServer without -Scope",
                "Client has not been granted scopes: read:users"
            },
            {
                "list with ClientCredential, token",
                "{}",
                "403",
                Rfc("unauthorized_client", "Grant type 'client_credentials' not allowed for the client."),
                DcrErrorId.UnauthorizedClient,
                "Allow the grant type client_credentials",
                "does not let this client get a token"
            },
            {
                "read with ClientCredential, token",
                "{}",
                "404",
                "<html>",
                DcrErrorId.AccessTokenRejected,
                "Check the client id",
                "no access token (HTTP 404)"
            },
            {
                "list with ClientCredential, token",
                "{}",
                "429 Retry-After: 7200",
                Rfc("too_many_requests", "Global limit has been reached"),
                DcrErrorId.RateLimited,
                "later",
                "HTTP 429"
            },
        };

    [Theory]
    [MemberData(nameof(Standard))]
    public Task Of_a_standard_server(
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

    [Theory]
    [MemberData(nameof(Okta))]
    public Task Of_Okta(string operation, string sent, string answer, string body, DcrErrorId id, string advice, string message) =>
        AssertTellsAsync(
            $"{Found}/oauth2/v1/clients\"}}",
            () => new CredentialInput.Token(StaticToken.Ssws("00-not-a-token")),
            null,
            operation,
            sent,
            answer,
            body,
            id,
            advice,
            message
        );

    [Theory]
    [MemberData(nameof(Auth0))]
    public Task Of_Auth0(string operation, string sent, string answer, string body, DcrErrorId id, string advice, string message) =>
        AssertTellsAsync(
            $"{Found}/oidc/register\",\"mfa_challenge_endpoint\":\"{Origin}/mfa/challenge\"}}",
            () => new CredentialInput.Token(StaticToken.Management("not.a-real.token")),
            null,
            operation,
            sent,
            answer,
            body,
            id,
            advice,
            message
        );

    private static async Task AssertTellsAsync(
        string discovery,
        Func<CredentialInput?> usual,
        string? scope,
        string operation,
        string sent,
        string answer,
        string body,
        DcrErrorId id,
        string advice,
        string message
    )
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => RunAsync(discovery, usual, scope, operation, sent, answer, body));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(advice, error.RecommendedAction);
        Assert.Contains(message, error.Message);
    }

    private static async Task RunAsync(
        string discovery,
        Func<CredentialInput?> usual,
        string? scope,
        string operation,
        string sent,
        string answer,
        string body
    )
    {
        var credential = operation.Contains("with None") ? null
            : operation.Contains("with ClientCredential") ? new CredentialInput.Secret("ops", "cs_1234567")
            : operation.Contains("with InitialToken") ? InitialToken.Of("iat_1234567")
            : usual();
        using var handler = new RecordingHandler();
        if (!operation.StartsWith("connect", StringComparison.Ordinal))
        {
            handler.Answer(200, discovery);
        }

        // A token that is refused is fetched once more.
        var isAtTokenEndpoint = operation.EndsWith("token", StringComparison.Ordinal);
        for (var tries = 0; credential is CredentialInput.Secret && !isAtTokenEndpoint && tries < 3; tries++)
        {
            Answer(handler.Answer(200, Token), answer, body);
        }

        Answer(handler, answer, body).Always();
        var (reporter, clock) = (new RecordingReporter(), new FakeClock());
        using var process = new Machine().Start();
        var request = new ConnectRequest
        {
            Issuer = new Uri(Origin),
            Credential = credential,
            Scope = scope,
        };
        var connection = await ConnectOperation.RunAsync(
            request,
            process.Ledger,
            vault: null,
            reporter,
            clock,
            CancellationToken.None,
            handler
        );
        var (service, call, metadata) = (connection.Service, new ProviderCall(reporter, CancellationToken.None), JsonBag.Parse(sent));
        var client = new RegistrationRecord
        {
            Issuer = Origin,
            ClientId = "c1",
            CreatedAt = clock.UtcNow,
            UpdatedAt = clock.UtcNow,
            Metadata = JsonBag.Empty,
            RegistrationClientUri = connection.Provider == "Standard" ? new Uri($"{Origin}/register/c1") : null,
            RegistrationAccessToken = connection.Provider == "Standard" ? "rat_1234567" : null,
        };
        await (operation.Split(' ')[0] switch
        {
            "register" => service.RegisterAsync(metadata, call),
            "read" => service.ReadAsync(client, call),
            "update" => service.UpdateAsync(client, new MetadataUpdate(metadata, metadata, JsonBag.Empty), call),
            "list" => service.ListAsync(null, null, call),
            "delete" => service.DeleteAsync(client, call),
            "secrets" => service.SecretsOf(client).ListAsync(call),
            _ => throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation)),
        });
    }

    private static RecordingHandler Answer(RecordingHandler handler, string answer, string body)
    {
        var parts = answer.Split([' '], 2);
        return handler.Answer(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            body,
            parts.Skip(1).SelectMany(static headers => headers.Split([';'])).Select(static header => header.Trim()).ToArray()
        );
    }

    private static string Rfc(string code, string description = "words of the server") =>
        $$"""{"error":"{{code}}","error_description":"{{description}}"}""";

    private static string Auth0Shape(int status, string message, string? code = null) =>
        $$"""{"statusCode":{{status}},"error":"Reason Phrase","message":"{{message}}"{{(code is null ? "" : $",\"errorCode\":\"{code}\"")}}}""";

    private static string OktaShape(string code, string summary, params string[] causes) =>
        $$"""{"errorCode":"{{code}}","errorSummary":"{{summary}}","errorLink":"{{code}}","errorId":"oae1","errorCauses":[{{string.Join(",", causes.Select(cause => $$"""{"errorSummary":"{{cause}}"}"""))}}]}""";
}
