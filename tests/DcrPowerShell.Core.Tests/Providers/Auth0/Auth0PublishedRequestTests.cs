using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Keys;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers.Auth0;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

/// <summary>
/// What goes over the wire, compared with Auth0's published requests: auth0/docs-v2, main/docs (2026-08-20); where a page has no
/// example, the parameters and members of auth0/node-auth0, src/management/api (v6.1.0), and recordings of auth0/terraform-provider-auth0,
/// test/data/recordings (2026-08-18). What the bodies of Enable-Auth0Dcr say is in EnableAuth0OperationTests.
/// </summary>
public class Auth0PublishedRequestTests
{
    private const string Api = "https://api.example.com";
    private const string Database = "Username-Password-Authentication";

    // docs, api/management/v2: "Offset-Based Pagination"; include_totals is in node-auth0, requests.ts, and in each recorded list.
    private static readonly string[] Paging = ["page", "per_page", "include_totals"];

    private static readonly PublishedExample Register = new(
        "docs, get-started/applications/dynamic-client-registration, Register an application",
        "POST /oidc/register",
        null,
        """
        {"client_name":"Partner portal","redirect_uris":["https://partner.example.com/cb"],"token_endpoint_auth_method":"client_secret_post",
         "grant_types":["authorization_code","refresh_token"],"response_types":["code"]}
        """);

    private static readonly PublishedExample Read = new(
        "node-auth0, resources/clients: get; api/management/v2/clients/get-clients-by-id",
        "GET /api/v2/clients/{id}",
        "Bearer"
    );
    private static readonly PublishedExample List = new(
        "node-auth0, requests.ts: ListClientsRequestParameters; recordings, TestAccDataClients",
        "GET /api/v2/clients",
        "Bearer"
    )
    {
        Query = [.. Paging, "is_first_party"],
    };
    private static readonly PublishedExample RotateSecret = new(
        "docs, get-started/applications/rotate-client-secret, Use the Management API",
        "POST /api/v2/clients/{id}/rotate-secret",
        "Bearer"
    );
    private static readonly PublishedExample Delete = new(
        "node-auth0, resources/clients: delete; api/management/v2/clients/delete-clients-by-id",
        "DELETE /api/v2/clients/{id}",
        "Bearer"
    );

    private static readonly PublishedExample Update = new(
        "node-auth0, requests.ts: UpdateClientRequestContent; docs, configure-third-party-applications (cURL)",
        "PATCH /api/v2/clients/{id}",
        "Bearer",
        """
        {"name":"Partner portal 2","callbacks":["https://partner.example.com/cb2"],"allowed_logout_urls":["https://partner.example.com/bye"],
         "logo_uri":"https://partner.example.com/logo.png","initiate_login_uri":"https://partner.example.com/login","grant_types":["authorization_code"],
         "app_type":"native","require_proof_of_possession":true,"client_metadata":{"tos_uri":"https://partner.example.com/tos"}}
        """);

    private static readonly PublishedExample PreviewDocument = new(
        "docs, register-applications-with-cimd, Preview CIMD (cURL)",
        "POST /api/v2/clients/cimd/preview",
        "Bearer",
        """
        {"external_client_id":"https://mcpserver.example.com/client.json"}
        """);

    private static readonly PublishedExample RegisterDocument = new(
        "docs, register-applications-with-cimd, Register CIMD client (cURL)",
        "POST /api/v2/clients/cimd/register",
        "Bearer",
        """
        {"external_client_id":"https://mcpserver.example.com/client.json"}
        """);

    private static readonly PublishedExample TokenBySecret = new(
        "docs, get-management-api-access-tokens-for-production",
        "POST /oauth/token",
        null,
        """
        grant_type=client_credentials
        client_id=m2m
        client_secret=m2m-secret-5d1f
        audience=…
        """);

    // client_id: the page leaves it to the assertion's sub; RFC 7521, section 4.2, lets it go along where it is the same.
    private static readonly PublishedExample TokenByKey = new(
        "docs, authenticate-with-private-key-jwt, Exchange assertion for access tokens",
        "POST /oauth/token",
        null,
        """
        grant_type=client_credentials
        client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
        client_assertion=…
        audience=…
        """)
    {
        Further = ["client_id"],
    };

    private static readonly PublishedExample ReadSettings = new(
        "recordings, TestAccTenant_Main; api/management/v2/tenants/tenant-settings-route",
        "GET /api/v2/tenants/settings",
        "Bearer"
    );

    private static readonly PublishedExample SetFlag = new(
        "docs, dynamic-client-registration, Enable Dynamic Client Registration",
        "PATCH /api/v2/tenants/settings",
        "Bearer",
        """
        {"flags":{"enable_dynamic_client_registration":true}}
        """);

    private static readonly PublishedExample SetMode = new(
        "docs, permissive-mode; recordings, TestAccTenant_DynamicClientRegistrationSecurityMode",
        "PATCH /api/v2/tenants/settings",
        "Bearer",
        """
        {"dynamic_client_registration_security_mode":"strict"}
        """);

    private static readonly PublishedExample ListGrants = new(
        "node-auth0, requests.ts: ListClientGrantsRequestParameters; recordings, TestAccClientGrant",
        "GET /api/v2/client-grants",
        "Bearer"
    )
    {
        Query = [.. Paging, "default_for"],
    };

    private static readonly PublishedExample CreateGrant = new(
        "docs, configure-third-party-applications, Default permissions for all third-party applications",
        "POST /api/v2/client-grants",
        "Bearer",
        """
        {"default_for":"third_party_clients","audience":"https://api.example.com","scope":["read:items","write:items"],"subject_type":"user"}
        """);

    private static readonly PublishedExample UpdateGrant = new(
        "node-auth0, requests.ts: UpdateClientGrantRequestContent; recordings, TestAccClientGrant",
        "PATCH /api/v2/client-grants/{id}",
        "Bearer",
        """
        {"scope":["read:items"]}
        """);

    private static readonly PublishedExample ListConnections = new(
        "node-auth0, requests.ts: ListConnectionsQueryParameters; docs, migrate-nodejs-22 (per_page, include_totals)",
        "GET /api/v2/connections",
        "Bearer"
    )
    {
        Query = [.. Paging, "fields", "include_fields"],
    };

    private static readonly PublishedExample Promote = new(
        "docs, promote-connections-to-domain-level",
        "PATCH /api/v2/connections/{id}",
        "Bearer",
        """
        {"is_domain_connection":true}
        """);

    private static readonly PublishedExample ListRules = new(
        "node-auth0, requests.ts: ListNetworkAclsRequestParameters",
        "GET /api/v2/network-acls",
        "Bearer"
    )
    {
        Query = Paging,
    };

    // The recorded rule matches asns; the signal and its negation are those of docs, tenant-access-control-list/reference.
    private static readonly PublishedExample CreateRule = new("recordings, TestAccNetworkACL", "POST /api/v2/network-acls", "Bearer", """
        {"description":"From the office only","active":true,"priority":1,"rule":{"action":{"block":true},"not_match":{"ipv4_cidrs":["203.0.113.0/24"]},"scope":"dynamic_client_registration"}}
        """);

    private static readonly PublishedExample ListApis = new(
        "node-auth0, requests.ts: ListResourceServerRequestParameters",
        "GET /api/v2/resource-servers",
        "Bearer"
    )
    {
        Query = Paging,
    };

    [Fact]
    public async Task A_client_with_a_management_token()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Register.Body!);
        Register.AssertIs(await LastAsync(session, "register"));
        await session.ReadAsync(client.ClientId);
        Read.AssertIs(await LastAsync(session, "read"));
        await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        List.AssertIs(await LastAsync(session, "list"));
        await session.UpdateAsync(client.ClientId, """
            {"client_name":"Partner portal 2","redirect_uris":["https://partner.example.com/cb2"],"post_logout_redirect_uris":["https://partner.example.com/bye"],
             "logo_uri":"https://partner.example.com/logo.png","initiate_login_uri":"https://partner.example.com/login","grant_types":["authorization_code"],
             "application_type":"native","dpop_bound_access_tokens":true,"tos_uri":"https://partner.example.com/tos"}
            """);
        Update.AssertIs(await LastAsync(session, "update"));
        await session.ResetSecretAsync(client.ClientId);
        RotateSecret.AssertIs(await LastAsync(session, "rotateSecret"));
        await session.DeleteAsync(client.ClientId);
        Delete.AssertIs(await LastAsync(session, "delete"));
    }

    [Fact]
    public async Task A_client_ID_metadata_document()
    {
        const string Url = "https://mcpserver.example.com/client.json";
        using var session = await StartAsync();
        await session.RunAsync(context => context.Provider.Documents!.PreviewAsync(Url, context.Call));
        PreviewDocument.AssertIs(await LastAsync(session, "previewDocument"));
        await Assert.ThrowsAsync<DcrException>(() =>
            session.RunAsync(context => context.Provider.Documents!.RegisterAsync(Url, context.Call))
        );
        RegisterDocument.AssertIs(await LastAsync(session, "registerDocument"));
    }

    [Fact]
    public async Task A_token_by_a_client_secret()
    {
        using var session = await StartAsync(
            root: ""","tokenClient":{"clientId":"m2m","clientSecret":"m2m-secret-5d1f"}""",
            change: request => request with { Credential = new CredentialInput.Secret("m2m", "m2m-secret-5d1f") });
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        TokenBySecret.AssertIs(await LastAsync(session, "token"));
        List.AssertIs(await LastAsync(session, "list"));
    }

    [FullCryptographyFact]
    public async Task A_token_by_private_key_jwt()
    {
        using var key = SigningKey.Generate("RS256");
        using var session = await StartAsync(
            root: $$$""","tokenClient":{"clientId":"m2m","jwks":{"keys":[{{{key.PublicJwk()}}}] } }""",
            change: request => request with { Credential = new CredentialInput.Key("m2m", key) });
        session.Clock.UtcNow = DateTimeOffset.UtcNow;
        await ListOperation.FromServerAsync(session.Context, namePrefix: null, cursor: null);
        var token = await LastAsync(session, "token");
        TokenByKey.AssertIs(token);

        // The page's claims, all required but iat and nbf; "a maximum of 5 minutes"; its limits in characters and bytes.
        var compact = token
            .Body.Split('&')
            .Single(field => field.StartsWith("client_assertion=", StringComparison.Ordinal))
            .Substring("client_assertion=".Length);
        var assertion = new SignedJwt(compact);
        Assert.Equal("aud exp iat iss jti sub", SignedJwt.Names(assertion.Claims));
        Assert.Equal("alg kid typ", SignedJwt.Names(assertion.Header));
        Assert.Equal(("m2m", "m2m"), (assertion.Claims.Text("iss"), assertion.Claims.Text("sub")));
        Assert.Equal(new Uri(session.Connection.RegistrationEndpoint, "/").AbsoluteUri, assertion.Claims.Text("aud"));
        Assert.InRange(assertion.Claims.Integer("exp")!.Value - assertion.Claims.Integer("iat")!.Value, 1, 300);
        Assert.InRange(assertion.Claims.Text("jti")!.Length, 1, 64);
        Assert.InRange(compact.Length, 1, 2048);
    }

    [Fact]
    public async Task The_setup_of_a_tenant()
    {
        const string Grant =
            """{"audience":"https://api.example.com","scope":["read:items"],"subject_type":"user","default_for":"third_party_clients"}""";
        using var session = await StartAsync("""{"settings":{"dynamic_client_registration_security_mode":"permissive"}}""");
        await EnableAsync(session);
        ReadSettings.AssertIs(await LastAsync(session, "readSettings"));
        ListGrants.AssertIs(await LastAsync(session, "listClientGrants"));
        ListConnections.AssertIs(await LastAsync(session, "listConnections"));
        ListRules.AssertIs(await LastAsync(session, "listNetworkAcls"));
        ListApis.AssertIs(await LastAsync(session, "listResourceServers"));
        CreateGrant.AssertIs(await LastAsync(session, "createClientGrant"));
        Promote.AssertIs(await LastAsync(session, "updateConnection"));
        CreateRule.AssertIs(await LastAsync(session, "createNetworkAcl"));
        var settings = await session.SentAsync("updateSettings");
        SetMode.AssertIs(settings[0]);
        SetFlag.AssertIs(settings[1]);

        using var second = await StartAsync($$"""{"clientGrants":[{{Grant}}]}""");
        await EnableAsync(second);
        UpdateGrant.AssertIs(await LastAsync(second, "updateClientGrant"));
    }

    private static async Task EnableAsync(Session session)
    {
        var mode = (await session.Server.StateAsync())
            .GetProperty("settings")
            .TryGetProperty("dynamic_client_registration_security_mode", out _)
            ? "strict"
            : null;
        var wishes = new Auth0Wishes
        {
            Registration = true,
            DefaultPermissions = [new(Api, ["read:items", "write:items"])],
            DomainConnections = [Database],
            SecurityMode = mode,
            AllowedNetworks = Auth0Network.ParseAll(["198.51.100.0/24"]),
        };
        foreach (var step in await EnableAuth0Operation.PlanAsync(session.Context, wishes, onlyLooks: false))
        {
            if (step.Change is not null)
            {
                await EnableAuth0Operation.ApplyAsync(session.Context, step);
            }
        }
    }

    private static Task<Session> StartAsync(
        string tenant = """{"settings":{"flags":{"enable_dynamic_client_registration":true}}}""",
        string root = "",
        Func<ConnectRequest, ConnectRequest>? change = null
    )
    {
        return Session.StartAuth0Async(
            $$$"""{"dialect":"auth0","auth0":{"managementToken":{},"registerLimit":null,"managementLimit":null,"tenant":{{{tenant}}} }{{{root}}}}""",
            change
        );
    }

    private static async Task<ServerRequest> LastAsync(Session session, string operation)
    {
        var sent = await session.SentAsync(operation);
        return sent[sent.Count - 1];
    }
}
