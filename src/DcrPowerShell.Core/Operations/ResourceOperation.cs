using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>Finds the authorization server of a protected resource (RFC 9728).</summary>
internal static class ResourceOperation
{
    /// <param name="picked">The issuer that the user chose; null to take the only one.</param>
    /// <returns>What the resource says of itself, and the issuer to go to.</returns>
    /// <exception cref="DcrException">
    /// DiscoveryFailed: the resource names no server, several and none was chosen, or not the chosen one.
    /// </exception>
    public static async Task<(ResourceFinding Resource, string Issuer)> RunAsync(
        Uri resource, string? picked, HttpSender sender, IReporter reporter, CancellationToken stop)
    {
        var tried = new List<ResourceFinding>();
        foreach (var place in await PlacesAsync(resource, sender, reporter, stop).ConfigureAwait(false))
        {
            var (at, response) = await DiscoveryOperation.AskAsync(place, sender, reporter, stop).ConfigureAwait(false);
            var finding = ResourceDiscovery.Judge(resource, at, response);
            tried.Add(finding);
            if (finding.Resource is { } named)
            {
                if (named != resource.OriginalString)
                {
                    reporter.Verbose(
                        $"The metadata is about {named}, not {resource.OriginalString}. It is accepted, because both are at one origin."
                    );
                }

                return (finding, Choose(resource, finding.Servers, picked));
            }
        }

        throw ConnectErrors.ResourceDiscoveryFailed(resource.OriginalString, tried.Select(static finding => finding.ToString()));
    }

    /// <summary>Where its challenge says, then the well-known places.</summary>
    private static async Task<IReadOnlyList<Uri>> PlacesAsync(Uri resource, HttpSender sender, IReporter reporter, CancellationToken stop)
    {
        var places = ResourceDiscovery.Candidates(resource);
        try
        {
            var response = await sender
                .SendAsync(Discovery.Request(resource), new Credentials.NoCredential(), reporter, stop)
                .ConfigureAwait(false);
            return ResourceDiscovery.Challenged(response) is { } challenged
                ? [challenged, .. places.Where(place => place != challenged)]
                : places;
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.RequestTimedOut)
        {
            // Some resources answer without a challenge, with a stream of events that never ends.
            return places;
        }
    }

    private static string Choose(Uri resource, IReadOnlyList<string> servers, string? picked)
    {
        if (picked is null)
        {
            return servers.Count == 1 ? servers[0] : throw ConnectErrors.SeveralAuthorizationServers(resource.OriginalString, servers);
        }

        return servers.FirstOrDefault(server => server.TrimEnd('/') == picked.TrimEnd('/'))
            ?? throw ConnectErrors.NotAnAuthorizationServer(resource.OriginalString, picked, servers);
    }
}
