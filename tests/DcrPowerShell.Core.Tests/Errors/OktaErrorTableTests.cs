using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using Xunit;
using static DcrPowerShell.Core.Tests.Errors.ErrorTable;

namespace DcrPowerShell.Core.Tests.Errors;

/// <summary>The errors of Okta.</summary>
public class OktaErrorTableTests
{
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
                "In the Admin Console of id.example.com, grant an API Services app okta.clients.register",
                "lacks okta.clients.register"
            },
            {
                "list",
                "{}",
                "403",
                OktaShape("E0000006", "You do not have permission"),
                DcrErrorId.InsufficientScope,
                "an API Services app okta.clients.read",
                "lacks okta.clients.read"
            },
            {
                "delete",
                "{}",
                "403",
                OktaShape("E0000006", "You do not have permission"),
                DcrErrorId.InsufficientScope,
                "an API Services app okta.clients.manage",
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

    [Theory]
    [MemberData(nameof(Okta))]
    public Task What_Okta_answers_is_told_by_its_error(
        string operation,
        string sent,
        string answer,
        string body,
        DcrErrorId id,
        string advice,
        string message
    ) =>
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

    private static string OktaShape(string code, string summary, params string[] causes) =>
        $$"""{"errorCode":"{{code}}","errorSummary":"{{summary}}","errorLink":"{{code}}","errorId":"oae1","errorCauses":[{{string.Join(",", causes.Select(cause => $$"""{"errorSummary":"{{cause}}"}"""))}}]}""";
}
