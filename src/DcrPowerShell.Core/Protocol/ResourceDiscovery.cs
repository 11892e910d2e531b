using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Finding the authorization servers of a protected resource (RFC 9728), such as an MCP server.</summary>
internal static class ResourceDiscovery
{
    private const string WellKnown = "/.well-known/oauth-protected-resource";

    private static readonly Regex Place = new(
        @"^(?<origin>https?://[^/?#]+)/\.well-known/oauth-protected-resource(?<path>[^?#]*)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    /// <summary>The resource that is meant where the address of its metadata was pasted.</summary>
    public static string Meant(string given)
    {
        var text = Given.Trim(given);
        return Place.Match(text) is { Success: true } match ? match.Groups["origin"].Value + match.Groups["path"].Value : text;
    }

    /// <summary>
    /// Where a challenge says that the metadata is (RFC 9728, section 5.1); null where it says nothing that can be asked.
    /// </summary>
    public static Uri? Challenged(ProtocolResponse response) =>
        Discovery.SafeUri(ServerErrorReader.ChallengeParameter(response, "resource_metadata"));

    /// <summary>
    /// Where the metadata may be without a challenge: inserted before the resource's path (RFC 9728, section 3.1), then at the root.
    /// </summary>
    public static IReadOnlyList<Uri> Candidates(Uri resource)
    {
        var origin = resource.GetLeftPart(UriPartial.Authority);
        var path = resource.AbsolutePath.TrimEnd('/');
        var root = new Uri(origin + WellKnown);
        return path.Length == 0 && resource.Query.Length == 0 ? [root] : [new(origin + WellKnown + path + resource.Query), root];
    }

    /// <summary>Judges one place's answer.</summary>
    /// <param name="resource">As the user wrote it.</param>
    public static ResourceFinding Judge(Uri resource, Uri place, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            return new(place, $"HTTP {response.Status}");
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            return new(place, why);
        }

        // Another resource's metadata would send the user, and a credential, to a server of its choice (RFC 9728, section 3.3).
        if (members.Text("resource") is not { } named)
        {
            return new(place, "it names no resource");
        }

        if (!IsOf(resource, named))
        {
            return new(place, $"it is about another resource: {named}");
        }

        var servers = members
            .Texts("authorization_servers")
            .GroupBy(static server => server.TrimEnd('/'))
            .Select(static same => same.First())
            .ToList();
        return servers.Count == 0
            ? new(place, "it names no authorization server")
            : new(place, "found") { Resource = named, Servers = servers, Scopes = members.Texts("scopes_supported") };
    }

    /// <summary>
    /// The same URL; or, as many MCP servers have it and draft-mcguinness-oauth-rfc9728bis would allow, the beginning of its path at the
    /// same origin.
    /// </summary>
    private static bool IsOf(Uri resource, string named)
    {
        var (asked, whole) = (resource.OriginalString.TrimEnd('/'), named.TrimEnd('/'));
        return asked == whole
            || (UriText.Absolute(named) is { Query: "", Fragment: "" } uri && SafeUrl.IsSameOrigin(uri, resource)
                && (resource.AbsolutePath.TrimEnd('/') + "/").StartsWith(uri.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal));
    }
}

/// <summary>What one place said of a resource.</summary>
/// <param name="What">For people, half a sentence.</param>
internal sealed record ResourceFinding(Uri Place, string What)
{
    /// <summary>As the metadata writes it; null where this place is of no use.</summary>
    public string? Resource { get; init; }

    /// <summary>Issuers of the authorization servers, one at least.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Scopes that the resource offers.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    public override string ToString() => $"{Place} ({What})";
}
