using System.Linq;
using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Okta;

/// <summary>Which URL means what in an Okta org.</summary>
internal static class OktaRoutes
{
    public const string ClientsPath = "/oauth2/v1/clients";
    public const string TokenPath = "/oauth2/v1/token";

    public static Route Of(HttpRequest request, Switches switches)
    {
        string path = request.Path.Value ?? "/";
        string method = request.Method;
        if (WellKnown.IsAtRoot(path, switches))
        {
            return Only("GET", method, new Route(Operation.Discovery));
        }

        return path.Split('/')[1..] switch
        {
            // Appended, never inserted: "Okta does not support RFC 8414 path-based issuer format" (agentgateway#1831).
            ["oauth2", var server, ".well-known", "openid-configuration" or "oauth-authorization-server"] when IsServer(server, switches) =>
                Only("GET", method, new Route(Operation.Discovery, ResourceId: server)),
            ["oauth2", "v1", "token"] => Only("POST", method, new Route(Operation.Token)),
            ["oauth2", var server, "v1", "token"] when IsServer(server, switches) => Only(
                "POST",
                method,
                new Route(Operation.Token, ResourceId: server)
            ),
            ["oauth2", "v1", "clients", .. var below] => Clients(method, below),
            ["oauth2", var server, "v1", "clients", .. var below]
                when switches.Okta.CustomServerRegistration && IsServer(server, switches) => Clients(method, below),
            ["api", "v1", "apps", var app, "credentials", "secrets", .. var below] => Secrets(method, app, below),
            ["api", "v1", "apps", var app, "grants"] => Only("GET", method, new Route(Operation.ListGrants, app)),
            _ => new Route(Operation.NotFound),
        };
    }

    /// <summary>oauth: paths /oauth2/v1/clients…; the roles are in management.</summary>
    private static Route Clients(string method, string[] below) =>
        below switch
        {
            [] => new Route(
                method switch
                {
                    "GET" => Operation.List,
                    "POST" => Operation.Register,
                    _ => Operation.MethodNotAllowed,
                }
            ),
            [var id] => new Route(
                method switch
                {
                    "GET" => Operation.Read,
                    "PUT" => Operation.Update,
                    "DELETE" => Operation.Delete,
                    _ => Operation.MethodNotAllowed,
                },
                id
            ),
            [var id, "lifecycle", "newSecret"] => Only("POST", method, new Route(Operation.NewSecret, id)),
            [var id, "roles"] => Only("GET", method, new Route(Operation.ListRoles, id)),
            _ => new Route(Operation.NotFound),
        };

    /// <summary>management: paths /api/v1/apps/{appId}/credentials/secrets….</summary>
    private static Route Secrets(string method, string app, string[] below) =>
        below switch
        {
            [] => new Route(
                method switch
                {
                    "GET" => Operation.ListSecrets,
                    "POST" => Operation.CreateSecret,
                    _ => Operation.MethodNotAllowed,
                },
                app
            ),
            [var id] => new Route(
                method switch
                {
                    "GET" => Operation.ReadSecret,
                    "DELETE" => Operation.DeleteSecret,
                    _ => Operation.MethodNotAllowed,
                },
                app,
                id
            ),
            [var id, "lifecycle", "activate"] => Only("POST", method, new Route(Operation.ActivateSecret, app, id)),
            [var id, "lifecycle", "deactivate"] => Only("POST", method, new Route(Operation.DeactivateSecret, app, id)),
            _ => new Route(Operation.NotFound),
        };

    private static bool IsServer(string name, Switches switches) => switches.Okta.AuthorizationServers.Contains(name);

    private static Route Only(string allowed, string method, Route route) =>
        method == allowed ? route : route with { Operation = Operation.MethodNotAllowed };
}
