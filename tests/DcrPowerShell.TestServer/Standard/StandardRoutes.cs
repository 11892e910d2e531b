using System;
using System.Linq;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Udap;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Standard;

/// <summary>Which URL means what in the standard's dialect.</summary>
internal static class StandardRoutes
{
    public const string RegistrationPath = "/register";
    public const string TokenPath = "/token";
    public const string PushPath = "/par";

    /// <summary>
    /// Finds the operation. The client configuration endpoint is there in both forms that OpenID Connect Registration section 3.2 allows:
    /// id in the path, id in the query.
    /// </summary>
    public static Route Of(HttpRequest request, Switches switches)
    {
        if (UdapRoutes.Of(request, switches) is { } udap)
        {
            return udap;
        }

        string path = request.Path.Value ?? "/";
        if (ProtectedResource.Of(path, switches) is { } part)
        {
            return new Route(HttpMethods.IsGet(request.Method) ? Operation.Discovery : Operation.MethodNotAllowed, ResourceId: part);
        }

        if (path == ClientDocument.Path && switches.ClientDocument is not null)
        {
            return new Route(HttpMethods.IsGet(request.Method) ? Operation.Discovery : Operation.MethodNotAllowed, ResourceId: path);
        }

        if (path.Contains("/.well-known/", StringComparison.Ordinal))
        {
            bool isSmart = path == switches.IssuerPath + switches.FhirPath + WellKnown.Smart;
            return !isSmart && !IsDiscovery(path, switches) ? new Route(Operation.NotFound)
                : HttpMethods.IsGet(request.Method) ? new Route(Operation.Discovery, ResourceId: isSmart ? WellKnown.Smart : null)
                : new Route(Operation.MethodNotAllowed);
        }

        if (!path.StartsWith(switches.IssuerPath, StringComparison.Ordinal))
        {
            return new Route(Operation.NotFound);
        }

        string below = path[switches.IssuerPath.Length..];
        if (below == TokenPath)
        {
            return new Route(HttpMethods.IsPost(request.Method) ? Operation.Token : Operation.MethodNotAllowed);
        }

        if (below == PushPath && switches.PushedAuthorization)
        {
            return new Route(HttpMethods.IsPost(request.Method) ? Operation.Push : Operation.MethodNotAllowed);
        }

        if (below == RegistrationPath)
        {
            string? queried = request.Query["client_id"];
            return queried is not null ? Management(request.Method, queried)
                : new Route(HttpMethods.IsPost(request.Method) ? Operation.Register : Operation.MethodNotAllowed);
        }

        return below.StartsWith(RegistrationPath + "/", StringComparison.Ordinal)
            ? Management(request.Method, below[(RegistrationPath.Length + 1)..])
            : new Route(Operation.NotFound);
    }

    private static Route Management(string method, string clientId) => method switch
    {
        "GET" => new Route(Operation.Read, clientId),
        "PUT" => new Route(Operation.Update, clientId),
        "DELETE" => new Route(Operation.Delete, clientId),
        _ => new Route(Operation.MethodNotAllowed, clientId),
    };

    private static bool IsDiscovery(string path, Switches switches) => switches.Discovery.Any(place => path == place switch
    {
        DiscoveryPlace.OauthInsertion => WellKnown.Oauth + switches.IssuerPath,
        DiscoveryPlace.OpenidInsertion => WellKnown.Openid + switches.IssuerPath,
        DiscoveryPlace.OauthAppend => switches.IssuerPath + WellKnown.Oauth,
        _ => switches.IssuerPath + WellKnown.Openid,
    });
}
