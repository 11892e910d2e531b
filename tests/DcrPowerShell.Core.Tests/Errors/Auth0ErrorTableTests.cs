using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using Xunit;
using static DcrPowerShell.Core.Tests.Errors.ErrorTable;

namespace DcrPowerShell.Core.Tests.Errors;

/// <summary>The errors of Auth0.</summary>
public class Auth0ErrorTableTests
{
    /// <summary>
    /// Auth0's Management API has a shape of its own, with the reason phrase in <c>error</c> (recordings of terraform-provider-auth0;
    /// protocol notes, 2.6), and so has its registration; its token endpoint speaks OAuth, in words seen in the field.
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
    [MemberData(nameof(Auth0))]
    public Task What_Auth0_answers_is_told_by_its_error(
        string operation,
        string sent,
        string answer,
        string body,
        DcrErrorId id,
        string advice,
        string message
    ) =>
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

    private static string Auth0Shape(int status, string message, string? code = null) =>
        $$"""{"statusCode":{{status}},"error":"Reason Phrase","message":"{{message}}"{{(code is null ? "" : $",\"errorCode\":\"{code}\"")}}}""";
}
