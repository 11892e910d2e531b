using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace DcrPowerShell.TestServer;

public sealed partial record Switches
{
    /// <summary>How <c>registration_client_uri</c> is written.</summary>
    /// <remarks>
    /// RFC 7592, section 3. Query: IBM Verify Access. Relative: cloudflare/workers-oauth-provider#279. Another host behind a proxy:
    /// metamcp#317.
    /// </remarks>
    public ClientUri RegistrationClientUri { get; init; }

    /// <summary>How <c>client_secret_expires_at</c> is written for a client with a secret.</summary>
    /// <remarks>
    /// RFC 7591, section 3.2.1. Absent: doorkeeper-openid_connect#311, workers-oauth-provider#163. Null: wso2/product-is#11025. Past:
    /// fastmcp#4520.
    /// </remarks>
    public SecretExpiry SecretExpiresAt { get; init; } = SecretExpiry.Zero;

    /// <summary>How members without a value are written.</summary>
    /// <remarks>Null: Okta. Ory Hydra, client/.snapshots; claude-code#13685</remarks>
    public EmptyMembers EmptyMembers { get; init; }

    /// <summary>Writes <c>redirect_uris</c> as one string, the first of them.</summary>
    /// <remarks>IBM Verify Access, oidc-dynamic-*</remarks>
    public bool RedirectUrisAsString { get; init; }

    /// <summary>Writes <c>scope</c> as an array.</summary>
    /// <remarks>GluuFederation/oxAuth#700, toolhive#2596</remarks>
    public bool ScopeAsArray { get; init; }

    /// <summary>Writes <c>token_endpoint_auth_method</c> as an array of one.</summary>
    public bool AuthMethodAsArray { get; init; }

    /// <summary>Writes every number as a string.</summary>
    public bool NumbersAsStrings { get; init; }

    /// <summary>Whether reads and updates repeat an unchanged registration token and its URI.</summary>
    /// <remarks>OpenID Connect Dynamic Client Registration 1.0, section 4.3: need not be repeated; Ory Hydra does not</remarks>
    public bool RepeatToken { get; init; } = true;

    /// <summary>Whether reads and updates repeat an unchanged client secret.</summary>
    public bool RepeatSecret { get; init; } = true;

    /// <summary>
    /// Members put into the answers last: <c>any</c>, <c>register</c>, <c>read</c> and <c>update</c> each hold an object. A null is written
    /// as null.
    /// </summary>
    /// <remarks>For another <c>client_id</c>, and whatever else a server may say</remarks>
    public AnswerOverrides AnswerOverrides { get; init; } = new();

    /// <summary>How reads write what was registered; the answers to a registration and an update have it as it was sent.</summary>
    public Shown ShownAtRead { get; init; }

    /// <summary>Names of members that the answers leave out, such as <c>client_id_issued_at</c>.</summary>
    /// <remarks>Auth0 and Stytch leave out client_id_issued_at.</remarks>
    public IReadOnlyList<string> OmitFromAnswer { get; init; } = [];

    /// <summary>
    /// The form of every refusal (that of the token endpoint apart, which is always OAuth's); null for the dialect's own.
    /// </summary>
    /// <remarks>RFC 7591, section 3.2.2; Okta and Auth0 have their own forms, Ory Hydra puts prose into error</remarks>
    public ErrorShape? ErrorShape { get; init; }
}

/// <summary>Members to put into answers, by operation.</summary>
public sealed record AnswerOverrides
{
    /// <summary>For every operation; the other three come after it.</summary>
    public JsonObject? Any { get; init; }

    /// <summary>For the answer to POST.</summary>
    public JsonObject? Register { get; init; }

    /// <summary>For the answer to GET.</summary>
    public JsonObject? Read { get; init; }

    /// <summary>For the answer to PUT.</summary>
    public JsonObject? Update { get; init; }
}

/// <summary>
/// How <c>registration_client_uri</c> is written. The server itself answers at the path form and at the query form, whichever it gave out.
/// </summary>
public enum ClientUri
{
    /// <summary><c>http://127.0.0.1:1234/register/c1</c></summary>
    Absolute,

    /// <summary><c>/register/c1</c></summary>
    Relative,

    /// <summary><c>http://127.0.0.1:1234/register?client_id=c1</c></summary>
    Query,

    /// <summary>On <see cref="Switches.ForeignOrigin"/>.</summary>
    Foreign,

    /// <summary>Over plain http: this server's address if it speaks https, another host's otherwise.</summary>
    PlainHttp,

    /// <summary>Not at all.</summary>
    Missing,
}

/// <summary>How <c>client_secret_expires_at</c> is written.</summary>
public enum SecretExpiry
{
    /// <summary>Not at all.</summary>
    Absent,

    /// <summary>JSON null.</summary>
    Null,

    /// <summary>0: never.</summary>
    Zero,

    /// <summary>"0".</summary>
    ZeroString,

    /// <summary>A day ago.</summary>
    Past,

    /// <summary>In 90 days.</summary>
    Future,

    /// <summary>In 90 days, as a string.</summary>
    FutureString,

    /// <summary>4102444800: the year 2100, beyond 32 bits.</summary>
    BeyondInt32,

    /// <summary>9223372036854775807: beyond any date.</summary>
    BeyondDate,
}

/// <summary>How absent members are written.</summary>
public enum EmptyMembers
{
    /// <summary>They aren't.</summary>
    Absent,

    /// <summary>As null.</summary>
    Null,

    /// <summary>Ory Hydra's way: "" for texts, {} for objects, null for lists.</summary>
    Hydra,
}

/// <summary>How a server writes the metadata of a client that is read.</summary>
public enum Shown
{
    /// <summary>As it was sent.</summary>
    AsSent,

    /// <summary>
    /// Redirect URIs with a slash at their end, scopes in lower case, <c>client_credentials</c> added, and no member of unknown name.
    /// </summary>
    InItsOwnWay,
}

/// <summary>The form of a refusal's body.</summary>
public enum ErrorShape
{
    /// <summary><c>{"error","error_description"}</c> of RFC 7591 section 3.2.2 and RFC 6750.</summary>
    Rfc,

    /// <summary><c>{"errorCode":"E00000…","errorSummary",…}</c></summary>
    Okta,

    /// <summary><c>{"statusCode","error":"Bad Request","message","errorCode"}</c></summary>
    Auth0,

    /// <summary>OAuth's members with prose in <c>error</c>.</summary>
    Hydra,

    /// <summary>A web page.</summary>
    Html,

    /// <summary>No body.</summary>
    Empty,

    /// <summary>A line of plain text.</summary>
    Text,
}
