using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>Status of a successful registration, 201 or the 200 of older servers.</summary>
    /// <remarks>RFC 7591, section 3.2.1. 200: GluuFederation/oxAuth#1780, jans-auth-server#118</remarks>
    public int RegisterStatus { get; init; } = 201;

    /// <summary>
    /// What of RFC 7592 there is; the rest answers 405. An empty list also means that no registration token and no URI are given out.
    /// </summary>
    /// <remarks>RFC 7592, section 2. Duende IdentityServer and authentik have none of it, Spring Authorization Server reads only.</remarks>
    public IReadOnlyList<ManagementOperation> Operations { get; init; } =
        [ManagementOperation.Read, ManagementOperation.Update, ManagementOperation.Delete];

    /// <summary>What opens the client configuration endpoint.</summary>
    /// <remarks>RFC 7592, section 2. An access token: the UK's and Australia's banks. HTTP Basic: WSO2 Identity Server</remarks>
    public ManagementToken ManagementToken { get; init; }

    /// <summary>The answer for a client that doesn't exist (any more).</summary>
    /// <remarks>RFC 7592, section 2.1: 401, not 404</remarks>
    public UnknownClient UnknownClient { get; init; }

    /// <summary>When a new registration access token is given out and the old one dies.</summary>
    /// <remarks>RFC 7592, section 2. At an update: Keycloak, node-oidc-provider, Ory Hydra. At a read, too: Curity</remarks>
    public Rotation RotateToken { get; init; }

    /// <summary>When a new client secret is given out and the old one dies.</summary>
    /// <remarks>RFC 7592, section 2. At an update: IBM Verify Access</remarks>
    public Rotation RotateSecret { get; init; }

    /// <summary>What an update does about <c>client_secret</c> in its body. A wrong one is always a 400.</summary>
    /// <remarks>RFC 7592, section 2.2. Ory Hydra refuses one with 403, IBM Verify Access wants one.</remarks>
    public PutSecret PutSecret { get; init; }

    /// <summary>
    /// What another writer sets right after the first, second, ... update, before that is answered: members, of which null removes one.
    /// </summary>
    /// <remarks>RFC 7592 section 2.2: an update replaces, and knows no condition</remarks>
    public IReadOnlyList<JsonObject> OverwriteUpdates { get; init; } = [];

    /// <summary>Members of a new client that are overwritten once its registration is answered.</summary>
    /// <remarks>glewlwyd 2.7.5 with SQLite, where several clients are registered at the same time</remarks>
    public JsonObject? OverwriteRegistrations { get; init; }

    /// <summary>Refuses an update that leaves out a member which the client has, as Okta does; otherwise the member is removed.</summary>
    /// <remarks>RFC 7592, section 2.2; okta-management-openapi-spec, replaceClient</remarks>
    public bool RequireCompletePut { get; init; }

    /// <summary>What happens to members that no specification names.</summary>
    /// <remarks>RFC 7591, section 2: a server must ignore them. Keycloak refuses them: keycloak#14946, #22323</remarks>
    public UnknownMembers UnknownMembers { get; init; }

    /// <summary>Which clients get a secret.</summary>
    /// <remarks>Auth0's example has a secret with <c>none</c>. A method that needs one, and no secret: keycloak#44403</remarks>
    public IssueSecret IssueSecret { get; init; }

    /// <summary>Gives every client this identifier.</summary>
    public string? FixedClientId { get; init; }

    /// <summary>
    /// Members set by the server over what was asked, before anything is checked; null removes one. This is how a server changes the
    /// authentication method, or fills in a template from <c>software_id</c> alone.
    /// </summary>
    /// <remarks>RFC 7591, section 3.2.1: a server may replace what was asked. Method: keycloak#44403. Template: Epic, Curity</remarks>
    public JsonObject? Grant { get; init; }

    /// <summary>Scopes that the server doesn't grant.</summary>
    public IReadOnlyList<string> DropScope { get; init; } = [];

    /// <summary>Redirect URIs that the server silently leaves out.</summary>
    public IReadOnlyList<string> DropRedirectUris { get; init; } = [];

    /// <summary>Refuses every well-formed software statement with <c>unapproved_software_statement</c>.</summary>
    /// <remarks>RFC 7591, section 3.2.2</remarks>
    public bool UnapprovedSoftwareStatement { get; init; }

    /// <summary>
    /// Refuses a registration or an update without a software statement, and one with a statement that was issued longer ago than this.
    /// </summary>
    /// <remarks>Open Finance Brasil, Dynamic Client Registration 1.0, section 7.1, items 2 and 3</remarks>
    public int? StatementAgeSeconds { get; init; }

    /// <summary>
    /// Refuses a second client with the <c>software_id</c> of the statement, in the words of Australia's mock data holder.
    /// </summary>
    /// <remarks>Open Finance Brasil, Dynamic Client Registration 1.0, section 9.3.1, item 5</remarks>
    public bool OneClientPerSoftware { get; init; }
}

/// <summary>The operations of RFC 7592.</summary>
public enum ManagementOperation
{
    /// <summary>GET (section 2.1).</summary>
    Read,

    /// <summary>PUT (section 2.2).</summary>
    Update,

    /// <summary>DELETE (section 2.3).</summary>
    Delete,
}

/// <summary>What a client is managed with.</summary>
public enum ManagementToken
{
    /// <summary>The registration access token of RFC 7592.</summary>
    RegistrationToken,

    /// <summary>
    /// The token that also registers (the initial token or one of the token endpoint); no registration token is given out.
    /// </summary>
    AccessToken,

    /// <summary>Nothing: a URI is given out, a token isn't.</summary>
    Absent,

    /// <summary>
    /// An access token that the client got for itself at the token endpoint, as banks want it; no registration token is given out.
    /// </summary>
    ClientToken,
}

/// <summary>How an unknown client is answered.</summary>
public enum UnknownClient
{
    /// <summary>401 <c>invalid_token</c> (RFC 7592 section 2).</summary>
    Unauthorized,

    /// <summary>404.</summary>
    NotFound,
}

/// <summary>At which operations a credential is replaced.</summary>
public enum Rotation
{
    /// <summary>Never.</summary>
    None,

    /// <summary>At every update.</summary>
    Put,

    /// <summary>At every update and every read.</summary>
    GetAndPut,
}

/// <summary>How an update treats <c>client_secret</c> in its body.</summary>
public enum PutSecret
{
    /// <summary>May be there if it is the current one (RFC 7592 section 2.2).</summary>
    Optional,

    /// <summary>Refused with 403, as Hydra does.</summary>
    Forbidden,

    /// <summary>Its absence is refused with 400 for a client that has one, as IBM Verify does.</summary>
    Required,
}

/// <summary>How metadata of unknown name is treated.</summary>
public enum UnknownMembers
{
    /// <summary>Stored and returned.</summary>
    Keep,

    /// <summary>Left out silently (RFC 7591 section 2).</summary>
    Ignore,

    /// <summary>Refused in Keycloak's words.</summary>
    Reject,
}

/// <summary>Which clients get a secret.</summary>
public enum IssueSecret
{
    /// <summary>Those whose authentication method uses one.</summary>
    WhenNeeded,

    /// <summary>All, public ones too.</summary>
    Always,

    /// <summary>None, confidential ones neither.</summary>
    Never,
}
