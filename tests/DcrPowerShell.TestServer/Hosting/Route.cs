using System;
using System.Linq;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>What a request wants.</summary>
internal enum Operation
{
    NotFound,
    MethodNotAllowed,
    Discovery,
    Token,
    Register,
    Read,
    Update,
    Delete,
}

/// <summary>A request's operation and, for management, the client that it names.</summary>
internal readonly record struct Route(Operation Operation, string? ClientId = null)
{
    public const string RegistrationPath = "/register";
    public const string TokenPath = "/token";

    private const string OauthWellKnown = "/.well-known/oauth-authorization-server";
    private const string OpenidWellKnown = "/.well-known/openid-configuration";

    /// <summary>Finds the operation. The client configuration endpoint is there in both forms that OpenID Connect Registration section 3.2 allows: id in the path, id in the query.</summary>
    public static Route Of(HttpRequest request, Switches switches)
    {
        string path = request.Path.Value ?? "/";
        if (path.Contains("/.well-known/", StringComparison.Ordinal))
        {
            return new Route(!IsDiscovery(path, switches) ? Operation.NotFound
                : HttpMethods.IsGet(request.Method) ? Operation.Discovery : Operation.MethodNotAllowed);
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
        DiscoveryPlace.OauthInsertion => OauthWellKnown + switches.IssuerPath,
        DiscoveryPlace.OpenidInsertion => OpenidWellKnown + switches.IssuerPath,
        _ => switches.IssuerPath + OpenidWellKnown,
    });
}
