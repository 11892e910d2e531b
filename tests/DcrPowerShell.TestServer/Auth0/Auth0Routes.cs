using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Auth0;

/// <summary>Which URL means what in an Auth0 tenant.</summary>
internal static class Auth0Routes
{
    public const string RegistrationPath = "/oidc/register";
    public const string TokenPath = "/oauth/token";

    /// <summary>Path of the Management API; with the origin before it, also its audience.</summary>
    public const string ApiPath = "/api/v2/";

    public static Route Of(HttpRequest request, Switches switches)
    {
        string path = request.Path.Value ?? "/";
        if (WellKnown.IsAtRoot(path, switches))
        {
            return new Route(request.Method == "GET" ? Operation.Discovery : Operation.MethodNotAllowed);
        }

        return (request.Method, path.Split('/')[1..]) switch
        {
            ("POST", ["oidc", "register"]) => new Route(Operation.Register),
            ("POST", ["oauth", "token"]) => new Route(Operation.Token),
            (var method, ["api", "v2", .. var below]) => Management(method, below),
            _ => new Route(Operation.NotFound),
        };
    }

    private static Route Management(string method, string[] below) => (method, below) switch
    {
        ("GET", ["clients"]) => new Route(Operation.List),
        ("POST", ["clients", "cimd", "preview"]) => new Route(Operation.PreviewDocument),
        ("POST", ["clients", "cimd", "register"]) => new Route(Operation.RegisterDocument),
        ("GET", ["clients", var id]) => new Route(Operation.Read, id),
        ("PATCH", ["clients", var id]) => new Route(Operation.Update, id),
        ("DELETE", ["clients", var id]) => new Route(Operation.Delete, id),
        ("POST", ["clients", var id, "rotate-secret"]) => new Route(Operation.RotateSecret, id),
        ("GET", ["clients", var id, "credentials"]) => new Route(Operation.ListCredentials, id),
        ("POST", ["clients", var id, "credentials"]) => new Route(Operation.CreateCredential, id),
        ("DELETE", ["clients", var id, "credentials", var credential]) => new Route(Operation.DeleteCredential, id, credential),
        ("GET", ["tenants", "settings"]) => new Route(Operation.ReadSettings),
        ("PATCH", ["tenants", "settings"]) => new Route(Operation.UpdateSettings),
        ("GET", ["client-grants"]) => new Route(Operation.ListClientGrants),
        ("POST", ["client-grants"]) => new Route(Operation.CreateClientGrant),
        ("GET", ["client-grants", var id]) => new Route(Operation.ReadClientGrant, ResourceId: id),
        ("PATCH", ["client-grants", var id]) => new Route(Operation.UpdateClientGrant, ResourceId: id),
        ("DELETE", ["client-grants", var id]) => new Route(Operation.DeleteClientGrant, ResourceId: id),
        ("GET", ["connections"]) => new Route(Operation.ListConnections),
        ("GET", ["connections", var id]) => new Route(Operation.ReadConnection, ResourceId: id),
        ("PATCH", ["connections", var id]) => new Route(Operation.UpdateConnection, ResourceId: id),
        ("GET", ["network-acls"]) => new Route(Operation.ListNetworkAcls),
        ("POST", ["network-acls"]) => new Route(Operation.CreateNetworkAcl),
        ("GET", ["network-acls", var id]) => new Route(Operation.ReadNetworkAcl, ResourceId: id),
        ("PATCH", ["network-acls", var id]) => new Route(Operation.UpdateNetworkAcl, ResourceId: id),
        ("PUT", ["network-acls", var id]) => new Route(Operation.ReplaceNetworkAcl, ResourceId: id),
        ("DELETE", ["network-acls", var id]) => new Route(Operation.DeleteNetworkAcl, ResourceId: id),
        ("GET", ["resource-servers"]) => new Route(Operation.ListResourceServers),
        _ => new Route(Operation.NotFound),
    };
}
