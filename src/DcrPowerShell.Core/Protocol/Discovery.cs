using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Finding a server's metadata: RFC 8414, section 3, and OpenID Connect Discovery 1.0, section 4.</summary>
internal static class Discovery
{
    private static readonly Regex WellKnown = new(
        @"^(?<before>https?://.*)/\.well-known/"
            + @"(oauth-authorization-server|openid-configuration|(?<smart>smart-configuration)|(?<udap>udap)(\?[^#]*)?)"
            + "(?<after>(/[^?#]*)?)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    );

    /// <summary>
    /// The issuer that is meant where the address of its metadata was pasted, inserted or appended; and how it is discovered, where that is
    /// a FHIR base.
    /// </summary>
    /// <param name="given">As the user wrote it.</param>
    public static (string Issuer, DcrDiscovery? How) Meant(string given)
    {
        var text = Given.Trim(given);
        var match = WellKnown.Match(text);
        return match.Success
            ? (
                match.Groups["before"].Value + match.Groups["after"].Value,
                match.Groups["smart"].Success ? DcrDiscovery.Smart
                : match.Groups["udap"].Success ? DcrDiscovery.Udap
                : null
            )
            : (text, null);
    }

    /// <summary>
    /// Where the metadata may be, in the order to try: RFC 8414 insertion, OpenID insertion, OpenID append, and RFC 8414 append, which some
    /// servers have instead. Without a path they are two places.
    /// </summary>
    public static IReadOnlyList<Uri> Candidates(Uri issuer)
    {
        var origin = issuer.GetLeftPart(UriPartial.Authority);
        var path = issuer.AbsolutePath.TrimEnd('/');
        return path.Length == 0
            ? [new(origin + "/.well-known/oauth-authorization-server"), new(origin + "/.well-known/openid-configuration")]
            :
            [
                new(origin + "/.well-known/oauth-authorization-server" + path),
                new(origin + "/.well-known/openid-configuration" + path),
                new(origin + path + "/.well-known/openid-configuration"),
                new(origin + path + "/.well-known/oauth-authorization-server"),
            ];
    }

    public static ProtocolRequest Request(Uri candidate) => new(HttpMethod.Get, candidate, RequestEffect.None);

    /// <summary>
    /// Where else on the same server the metadata is, such as at an address that ends with a slash; null where it does not say so.
    /// </summary>
    public static Uri? Redirect(Uri place, ProtocolResponse response) =>
        LocationOf(place, response) is { } next && SafeUrl.IsSameOrigin(place, next) ? next : null;

    /// <summary>Judges one candidate's answer.</summary>
    /// <param name="issuer">As the user wrote it: the comparison is of texts (RFC 8414, section 3.3).</param>
    public static DiscoveryFinding Judge(string issuer, Uri candidate, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            // Any web server has a page for an address that it does not know.
            var server = ServerErrorReader.Read(response);
            return new(
                candidate,
                LocationOf(candidate, response) is { } elsewhere
                    ? $"HTTP {response.Status}, a redirect to {Redaction.Address(elsewhere.OriginalString)}"
                : response.Status is 404 && RefusalBody.IsPage(response.Text().TrimStart()) ? $"HTTP {response.Status}"
                : server.Description is null ? ErrorWords.Status(server)
                : $"{ErrorWords.Status(server)}.{ErrorWords.Said(server)}"
            )
            {
                IsOutage = response.Status >= 500,
                InFront = Refusals.InFront(Request(candidate), response),
            };
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            return new(candidate, why);
        }

        var metadata = new ServerMetadata(members);
        if (metadata.Issuer is not { } found)
        {
            return new(candidate, "its metadata names no issuer");
        }

        if (found.TrimEnd('/') != issuer.TrimEnd('/'))
        {
            return new(candidate, $"its metadata names the issuer {Redaction.Address(found)}") { OtherIssuer = found };
        }

        return metadata.RegistrationEndpoint is null
                ? new(candidate, "its metadata has no registration_endpoint: the server does not offer dynamic registration there")
                {
                    Server = metadata,
                }
            : SafeUri(metadata.RegistrationEndpoint) is { } endpoint
                ? new(candidate, "found")
                {
                    Issuer = found,
                    RegistrationEndpoint = endpoint,
                    Server = metadata,
                }
            : new(
                candidate,
                $"its registration_endpoint '{Redaction.Address(metadata.RegistrationEndpoint)}' is not an absolute https URL"
            )
            {
                EndpointMeant = metadata.RegistrationEndpoint[0] == '/'
                    && SafeUri(UriText.Against(candidate, metadata.RegistrationEndpoint)?.AbsoluteUri) is { } meant
                    && SafeUrl.IsSameOrigin(candidate, meant)
                        ? meant
                        : null,
            };
    }

    private static Uri? LocationOf(Uri place, ProtocolResponse response) =>
        response.Status is 301 or 302 or 303 or 307 or 308 && response.Header("Location") is { } location
            ? UriText.Against(place, location)
            : null;

    /// <summary>A URL of the metadata; null where no token may go there, or where it steers the terminal of whoever looks at it.</summary>
    public static Uri? SafeUri(string? text) =>
        UriText.Absolute(text) is { } uri && SafeUrl.IsSafe(uri) && ReferenceEquals(UriText.Shown(uri), uri) ? uri : null;
}

/// <summary>What one place held.</summary>
/// <param name="What">For people, half a sentence.</param>
internal sealed record DiscoveryFinding(Uri Candidate, string What)
{
    /// <summary>The issuer as the server writes it; null where this place is of no use.</summary>
    public string? Issuer { get; init; }

    public Uri? RegistrationEndpoint { get; init; }

    /// <summary>What a relative endpoint may mean. It is a guess, because RFC 8414, section 2, wants an absolute URL.</summary>
    public Uri? EndpointMeant { get; init; }

    public ServerMetadata? Server { get; init; }

    /// <summary>The protected resource that led here; null where none did.</summary>
    public ResourceFinding? Resource { get; init; }

    /// <summary>What UDAP found; null where that was not asked.</summary>
    public UdapFinding? Udap { get; init; }

    /// <summary>The issuer that the metadata names instead of the one asked for.</summary>
    public string? OtherIssuer { get; init; }

    /// <summary>What something in front of the server refused.</summary>
    public DcrException? InFront { get; init; }

    /// <summary>The server failed there.</summary>
    public bool IsOutage { get; init; }

    public override string ToString() => $"{Candidate} ({What})";
}
