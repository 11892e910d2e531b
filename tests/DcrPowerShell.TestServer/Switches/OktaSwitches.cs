using System.Collections.Generic;

namespace DcrPowerShell.TestServer;

/// <summary>Habits of Okta's dialect. The defaults are what Okta's OpenAPI documents of 2026.06.3 say.</summary>
/// <remarks>The remarks name where a habit was read or seen.</remarks>
public sealed record OktaSwitches
{
    /// <summary>The API token that is good as <c>Authorization: SSWS …</c>; null for none.</summary>
    /// <remarks>okta-management-openapi-spec, oauth-minimal.yaml: securitySchemes.apiToken</remarks>
    public string? ApiToken { get; init; }

    /// <summary>The scopes whose operations the API token's administrator may do; null for all. The others answer 403.</summary>
    /// <remarks>Okta docs, error codes: E0000006</remarks>
    public IReadOnlyList<string>? ApiTokenScopes { get; init; }

    /// <summary>Identifiers of the custom authorization servers, whose issuers are <c>/oauth2/{id}</c>.</summary>
    /// <remarks>okta-management-openapi-spec, oauth-minimal.yaml: example CustomASOAuthMetadata</remarks>
    public IReadOnlyList<string> AuthorizationServers { get; init; } = ["default"];

    /// <summary>How a call with an OAuth token that lacks the scope is refused.</summary>
    /// <remarks>okta-management-openapi-spec; okta/okta-sdk-golang#145</remarks>
    public OktaScopeRefusal ScopeRefusal { get; init; }

    /// <summary>
    /// Refuses a PUT that leaves out a setting which the client has, and names it; otherwise the setting goes back to its default.
    /// </summary>
    /// <remarks>
    /// okta-management-openapi-spec, replaceClient; the guide secure-oauth-between-orgs shows a PUT without some settings
    /// </remarks>
    public bool StrictPut { get; init; } = true;

    /// <summary>
    /// What happens to members that Okta's schema doesn't have, such as <c>scope</c>, <c>contacts</c> and <c>software_id</c>.
    /// </summary>
    /// <remarks>okta-management-openapi-spec, schema Client. What the real Okta does is not known.</remarks>
    public UnknownMembers UnknownMembers { get; init; } = UnknownMembers.Ignore;

    /// <summary>Refuses a second client of the same name, as Okta's older documentation has it.</summary>
    public bool UniqueClientNames { get; init; }

    /// <summary>Whether a GET of one client shows its secret.</summary>
    /// <remarks>okta-management-openapi-spec: the schema says no, its example yes</remarks>
    public bool SecretInRead { get; init; }

    /// <summary>How a client that doesn't exist is answered.</summary>
    public OktaUnknownClient UnknownClient { get; init; }

    /// <summary>Where the <c>next</c> link of a list leads, and whether there is one.</summary>
    /// <remarks>Okta release notes of 2023: OKTA-658169</remarks>
    public OktaNextLink NextLink { get; init; }

    /// <summary>
    /// Gives out <c>registration_access_token</c> and <c>registration_client_uri</c>, and takes the token for everything below the client's
    /// own URL.
    /// Okta doesn't; common write-ups say it does, and somebody's server behaves so.
    /// </summary>
    /// <remarks>okta-management-openapi-spec: the schema Client has neither</remarks>
    public bool RegistrationToken { get; init; }

    /// <summary>
    /// Has the clients at <c>/oauth2/{authorization server}/v1/clients</c> too, and advertises that in a custom authorization server's
    /// discovery document. Okta hasn't; common write-ups say it has.
    /// </summary>
    /// <remarks>okta-management-openapi-spec: no such path</remarks>
    public bool CustomServerRegistration { get; init; }

    /// <summary>The admin roles that every client's role list shows.</summary>
    /// <remarks>okta-management-openapi-spec: GET /oauth2/v1/clients/{clientId}/roles</remarks>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>How Okta refuses a token without the scope.</summary>
public enum OktaScopeRefusal
{
    /// <summary>403 with E0000006, as the OpenAPI document says.</summary>
    Body,

    /// <summary>403 without a body, the scope in <c>WWW-Authenticate</c>, as seen in the field.</summary>
    Challenge,
}

/// <summary>How Okta answers for a client that doesn't exist.</summary>
public enum OktaUnknownClient
{
    /// <summary>404 with E0000007, as the OpenAPI document says.</summary>
    NotFound,

    /// <summary>401 <c>invalid_client</c> to GET, PUT and DELETE, as the older documentation says.</summary>
    InvalidClient,
}

/// <summary>The <c>next</c> link of a list.</summary>
public enum OktaNextLink
{
    /// <summary>There if there is more.</summary>
    WhenMore,

    /// <summary>There although there is nothing more: the page that it leads to is empty and has none.</summary>
    OnceTooOften,

    /// <summary>There if there is more, but on <see cref="Switches.ForeignOrigin"/>.</summary>
    Foreign,
}
