using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

/// <summary>
/// Habits of Auth0's dialect. The defaults make a new tenant of the Enterprise plan: registration off, one connection, one API.
/// </summary>
/// <remarks>The remarks name where a habit was read or seen.</remarks>
public sealed record Auth0Switches
{
    /// <summary>A token that the Management API takes; null for none. The control API tells it as <c>managementToken</c>.</summary>
    /// <remarks>Auth0 docs, secure/tokens/access-tokens/management-api-access-tokens</remarks>
    public Auth0StaticToken? ManagementToken { get; init; }

    /// <summary>What the tenant holds at first. Setting it later starts the tenant again, its registered clients included.</summary>
    public Auth0InitialTenant Tenant { get; init; } = new();

    /// <summary>Status of a registration while the tenant's flag is off; the body is Auth0's.</summary>
    /// <remarks>What the real Auth0 answers is not known.</remarks>
    public int RegisterOffStatus { get; init; } = 404;

    /// <summary>
    /// How many third-party clients there may be before a registration answers 403 <c>too_many_entities</c>; null for no end.
    /// </summary>
    /// <remarks>
    /// Seen in the field: {"errorCode":"too_many_entities","message":"You reached the limit of entities of this type for this tenant."}
    /// </remarks>
    public int? ClientLimit { get; init; }

    /// <summary>
    /// How many access control lists there may be before one more answers 403 <c>insufficient_entitlement</c>: 1 on the Enterprise plan, 10
    /// with Attack Protection, 0 on others.
    /// </summary>
    /// <remarks>Auth0 docs, secure/tenant-access-control-list</remarks>
    public int NetworkAclLimit { get; init; } = 1;

    /// <summary>
    /// What is published on the net for Auth0 to fetch: by its URL, a document's members, or the text of a fault in the place of an answer.
    /// </summary>
    /// <remarks>Auth0 Management API, POST /api/v2/clients/cimd/preview and /register</remarks>
    public IReadOnlyDictionary<string, JsonNode> Documents { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>The limit on registrations; null for none.</summary>
    /// <remarks>Auth0 docs, dynamic-client-registration: 5 a second</remarks>
    public RateLimit? RegisterLimit { get; init; } =
        new()
        {
            On = FaultTarget.Register,
            PerSecond = 5,
            Burst = 5,
            Headers = RateLimitHeaders.Auth0,
        };

    /// <summary>The limit on the whole Management API; null for none.</summary>
    /// <remarks>Auth0 docs, rate-limit-configurations/enterprise-public: burst 50, 16 a second in production</remarks>
    public RateLimit? ManagementLimit { get; init; } =
        new()
        {
            On = FaultTarget.ManagementApi,
            PerSecond = 16,
            Burst = 50,
            Headers = RateLimitHeaders.Auth0,
        };
}

/// <summary>A Management API token that is good without being fetched: a JWT to look at, its <c>scope</c> claim as in real ones.</summary>
public sealed record Auth0StaticToken
{
    /// <summary>The token word for word; unless set, the server makes a JWT.</summary>
    public string? Value { get; init; }

    /// <summary>Its scopes; null for all that this server knows.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Its lifetime from the server's start; negative for one that has expired.</summary>
    public int ExpiresInSeconds { get; init; } = 86400;
}

/// <summary>
/// What an Auth0 tenant holds at first. Lists hold objects as the Management API shows them; ids are made up where they are missing.
/// </summary>
public sealed record Auth0InitialTenant
{
    /// <summary>
    /// Members put over the settings of a new tenant; <c>flags</c> is merged, null removes a member. A tenant that is to have the choice
    /// between strict and
    /// permissive needs a <c>dynamic_client_registration_security_mode</c>.
    /// </summary>
    /// <remarks>
    /// Auth0 docs, third-party-applications/permissive-mode: only accounts with third-party applications before April 2026 have the mode
    /// </remarks>
    public JsonObject? Settings { get; init; }

    /// <summary>Applications, third-party ones unless <c>is_first_party</c> is true.</summary>
    /// <remarks>Auth0 Management API, GET /api/v2/clients?is_first_party=false</remarks>
    public IReadOnlyList<JsonObject> Clients { get; init; } = [];

    /// <summary>Connections; null for the one database connection of a new tenant.</summary>
    public IReadOnlyList<JsonObject>? Connections { get; init; }

    /// <summary>Client grants.</summary>
    public IReadOnlyList<JsonObject> ClientGrants { get; init; } = [];

    /// <summary>Access control lists.</summary>
    public IReadOnlyList<JsonObject> NetworkAcls { get; init; } = [];

    /// <summary>
    /// APIs, beside the Management API itself, which is always there; null for one, <c>https://api.example.com</c> with read:items and
    /// write:items.
    /// </summary>
    public IReadOnlyList<JsonObject>? ResourceServers { get; init; }
}
