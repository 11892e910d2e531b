using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Operations;

/// <summary>What to connect to, as the user named it.</summary>
internal sealed record ConnectRequest
{
    private static readonly Regex HostAndPort = new(@"^[A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5}/?$", RegexOptions.CultureInvariant);

    /// <summary>As the user wrote it; for SMART, the FHIR base URL. Either this or the endpoint.</summary>
    public Uri? Issuer { get; init; }

    /// <summary>How the endpoint is found from the issuer.</summary>
    public DcrDiscovery Discovery { get; init; }

    /// <summary>
    /// The protected resource whose authorization server is meant; then the issuer is the user's choice among several, or null.
    /// </summary>
    public Uri? Resource { get; init; }

    /// <summary>Skips discovery.</summary>
    public Uri? RegistrationEndpoint { get; init; }

    /// <summary>Null for the URL's host and path.</summary>
    public string? Name { get; init; }

    public DcrProvider Provider { get; init; }

    /// <summary>Null for open registration.</summary>
    public CredentialInput? Credential { get; init; }

    /// <summary>What clients are managed with, where the server keeps to the standards.</summary>
    public DcrManagement ManageBy { get; init; }

    /// <summary>What clients sign with that get tokens for themselves; null for none.</summary>
    public SigningKey? ClientKey { get; init; }

    /// <summary>Asked for with every access token; null for what each operation needs.</summary>
    public string? Scope { get; init; }

    /// <summary>Which API access tokens are for; null for the dialect's own.</summary>
    public string? Audience { get; init; }

    public DcrDPoP DPoP { get; init; }

    /// <summary>Shown to the server when TLS asks for it (RFC 8705).</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Null for what the dialect and the server say.</summary>
    public DcrRateLimit? RateLimit { get; init; }

    /// <summary>Origins beside the registration endpoint's where registration access tokens may go.</summary>
    public IReadOnlyCollection<Uri> AllowedOrigins { get; init; } = [];

    /// <summary>Who the client is in a UDAP trust community; null for no such discovery.</summary>
    public UdapRequest? Udap { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Null for the system's proxy.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The URL that the user gave, whichever it was.</summary>
    public Uri Address => (Resource ?? Issuer ?? RegistrationEndpoint)!;

    /// <summary>Judges the request before anything is sent, and gives it with what was meant by a pasted address.</summary>
    /// <exception cref="DcrException">
    /// ConnectionFailed: a URL or the proxy's address is bad. AccessTokenRejected: there is no credential to manage clients with.
    /// InvalidCertificate: there is none for UDAP.
    /// </exception>
    public ConnectRequest Checked(IReporter reporter)
    {
        var request = Meant(reporter);
        RequireSafe(nameof(Issuer), request.Issuer);
        RequireSafe(nameof(RegistrationEndpoint), request.RegistrationEndpoint);
        RequireSafe(nameof(Resource), request.Resource);
        foreach (var origin in request.AllowedOrigins)
        {
            RequireSafe("AllowedOrigin", origin);
        }

        if (request is { ManageBy: DcrManagement.Connection, Credential: null, TlsCertificate: null })
        {
            throw ConnectErrors.NothingToManageBy();
        }

        if (request.Discovery == DcrDiscovery.Udap && request.Udap is null)
        {
            throw ConnectErrors.NoCertificateForUdap();
        }

        return request with { Proxy = ProxyOf(request.Proxy) };
    }

    /// <summary>With the issuer that is meant, where the address of its metadata was pasted.</summary>
    private ConnectRequest Meant(IReporter reporter)
    {
        var request = this;
        if (request.Resource is { } resource && UriText.Absolute(ResourceDiscovery.Meant(resource.OriginalString)) is { } protectedResource)
        {
            request = request with { Resource = protectedResource };
        }

        if (request.Issuer is null)
        {
            return request;
        }

        var (issuer, how) = Protocol.Discovery.Meant(request.Issuer.OriginalString);
        if (issuer == request.Issuer.OriginalString || UriText.Absolute(issuer) is not { } meant)
        {
            return request;
        }

        if (
            how == DcrDiscovery.Udap
            && UdapDiscovery.CommunityIn(request.Issuer) is { } community
            && request.Udap is { Community: null } udap
        )
        {
            request = request with { Udap = udap with { Community = community } };
        }

        reporter.Verbose($"Connecting to {issuer}{(how is null ? "" : ", a FHIR base")}: that is the issuer whose metadata was named.");
        return request with { Issuer = meant, Discovery = how ?? request.Discovery };
    }

    /// <summary>People write a proxy as host:port, too, which a URL's parser takes for a scheme.</summary>
    private static Uri? ProxyOf(Uri? given)
    {
        if (given is null || (given.IsAbsoluteUri && given.Host.Length > 0 && HandlerFactory.ProxySchemes.Contains(given.Scheme)))
        {
            return given;
        }

        return HostAndPort.IsMatch(given.OriginalString) && UriText.Absolute("http://" + given.OriginalString) is { } proxy
            ? proxy
            : throw ConnectErrors.BadProxy();
    }

    private static void RequireSafe(string parameter, Uri? uri)
    {
        if (uri is not null && !SafeUrl.IsSafe(uri))
        {
            throw ConnectErrors.UrlRefused(parameter, uri);
        }
    }
}
