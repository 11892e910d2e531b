using System;
using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.Http;

namespace DcrPowerShell.TestServer.Udap;

/// <summary>Which URL means what to a server that speaks UDAP.</summary>
internal static class UdapRoutes
{
    public const string RegistrationPath = "/udap/register";
    public const string TokenPath = "/udap/token";
    public const string RevocationListPath = "/udap/crl/";

    /// <summary>The operation; null where the URL is not one of UDAP's.</summary>
    public static Route? Of(HttpRequest request, Switches switches)
    {
        string path = request.Path.Value ?? "/";
        if (switches.Udap is null || !path.StartsWith(switches.IssuerPath, StringComparison.Ordinal))
        {
            return null;
        }

        string below = path[switches.IssuerPath.Length..];
        return below switch
        {
            RegistrationPath => Only("POST", request, new Route(Operation.Register, ResourceId: RegistrationPath)),
            TokenPath => Only("POST", request, new Route(Operation.Token, ResourceId: TokenPath)),
            _ when below == switches.FhirPath + WellKnown.Udap =>
                Only("GET", request, new Route(Operation.Discovery, ResourceId: WellKnown.Udap)),
            _ when below.StartsWith(RevocationListPath, StringComparison.Ordinal) =>
                Only("GET", request, new Route(Operation.RevocationList, ResourceId: below[RevocationListPath.Length..])),
            _ => null,
        };
    }

    private static Route Only(string allowed, HttpRequest request, Route route) =>
        request.Method == allowed ? route : route with { Operation = Operation.MethodNotAllowed };
}
