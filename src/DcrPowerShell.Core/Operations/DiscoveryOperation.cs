using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;

namespace DcrPowerShell.Operations;

/// <summary>
/// Finds a server's metadata and its registration endpoint: from an issuer (RFC 8414, OpenID Connect Discovery 1.0), a FHIR base (SMART App
/// Launch), or a protected resource (RFC 9728). By UDAP it is found by <see cref="UdapOperation"/>.
/// </summary>
internal static class DiscoveryOperation
{
    private const int MostRedirects = 3;

    /// <exception cref="DcrException">DiscoveryFailed, IssuerMismatch, ServerUnavailable; no connection.</exception>
    public static Task<DiscoveryFinding> RunAsync(ConnectRequest request, HttpSender sender, IReporter reporter, CancellationToken stop) =>
        request.Resource is { } resource ? OfResourceAsync(request, resource, sender, reporter, stop)
        : request.Discovery == DcrDiscovery.Smart ? OfFhirBaseAsync(request.Issuer!, sender, reporter, stop)
        : OfIssuerAsync(request.Issuer!, request.Provider, sender, reporter, stop);

    /// <summary>Asks at one place, and follows its redirects on the same server.</summary>
    public static async Task<(Uri Place, ProtocolResponse Response)> AskAsync(
        Uri place,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        for (var redirects = 0; ; redirects++)
        {
            var request = Discovery.Request(place);
            var response = await sender.SendAsync(request, new NoCredential(), reporter, stop).ConfigureAwait(false);
            if (response.Status == 429)
            {
                // It says nothing of this place: the next one would be asked of the same server, and wait as long.
                throw Refusals.Judge(request, response, ServerErrorReader.Read(response));
            }

            if (redirects == MostRedirects || Discovery.Redirect(place, response) is not { } next)
            {
                return (place, response);
            }

            place = next;
        }
    }

    private static async Task<DiscoveryFinding> OfResourceAsync(
        ConnectRequest request,
        Uri resource,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        var (named, issuer) = await ResourceOperation
            .RunAsync(resource, request.Issuer?.OriginalString, sender, reporter, stop)
            .ConfigureAwait(false);
        var chosen = Discovery.SafeUri(issuer) ?? throw ConnectErrors.UnsafeAuthorizationServer(resource.OriginalString, issuer);
        reporter.Verbose($"The authorization server of {resource.OriginalString} is {issuer}.");
        try
        {
            return await OfIssuerAsync(chosen, request.Provider, sender, reporter, stop).ConfigureAwait(false) with { Resource = named };
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.DiscoveryFailed)
        {
            throw ConnectErrors.ResourcesServerNotFound(resource.OriginalString, failure);
        }
    }

    private static async Task<DiscoveryFinding> OfIssuerAsync(
        Uri issuer,
        DcrProvider provider,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        var tried = new List<DiscoveryFinding>();
        if (await FindAsync(issuer.OriginalString, tried, sender, reporter, stop).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        if (
            tried.Select(static finding => finding.Server).FirstOrDefault(static server => server is not null) is { } server
            && Dialects.UsualEndpoint(provider, new Uri(server.Issuer!)) is { } endpoint
        )
        {
            reporter.Warning(
                $"The server's metadata has no registration_endpoint, so dynamic registration is off there. {provider} has it at "
                    + $"{endpoint}; Enable-Auth0Dcr switches it on."
            );
            return new(endpoint, "usual")
            {
                Issuer = server.Issuer,
                RegistrationEndpoint = endpoint,
                Server = server,
            };
        }

        throw WhyNotFound(issuer, tried);
    }

    private static DcrException WhyNotFound(Uri issuer, List<DiscoveryFinding> tried)
    {
        var asked = issuer.OriginalString;
        if (tried.Any(static finding => finding.Server?.TakesClientDocuments == true))
        {
            return ConnectErrors.DocumentsOnly(asked);
        }

        if (tried.All(static finding => finding.InFront is not null))
        {
            return tried[0].InFront!;
        }

        if (tried.Select(static finding => finding.OtherIssuer).FirstOrDefault(static other => other is not null) is { } stranger)
        {
            var canBeAsked = Discovery.SafeUri(stranger) is { } other && (!other.IsLoopback || issuer.IsLoopback);
            return ConnectErrors.IssuerMismatch(asked, stranger, canBeAsked, Places(tried));
        }

        if (tried.All(static finding => finding.IsOutage))
        {
            return ConnectErrors.DiscoveryUnavailable(asked, Places(tried));
        }

        var meant = tried.Select(static finding => finding.EndpointMeant).FirstOrDefault(static endpoint => endpoint is not null);
        return ConnectErrors.DiscoveryFailed(asked, Places(tried), meant);
    }

    /// <summary>Many FHIR servers leave the registration endpoint to their issuer's own metadata.</summary>
    private static async Task<DiscoveryFinding> OfFhirBaseAsync(
        Uri fhirBase,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        var (place, response) = await AskAsync(SmartDiscovery.Place(fhirBase), sender, reporter, stop).ConfigureAwait(false);
        var finding = SmartDiscovery.Judge(fhirBase, place, response);
        var tried = new List<DiscoveryFinding> { finding };
        switch (finding)
        {
            case { Issuer: not null, OtherIssuer: { } claimed }:
                reporter.Verbose(
                    $"The SMART configuration names the issuer {claimed}, which is not at the origin of the registration endpoint: "
                        + $"registrations are kept under {finding.Issuer}."
                );
                return finding;
            case { Issuer: null, OtherIssuer: { } issuer }:
                reporter.Verbose(
                    $"The SMART configuration has no registration_endpoint: the metadata of its issuer {issuer} is looked for."
                );
                return await FindAsync(issuer, tried, sender, reporter, stop).ConfigureAwait(false) ?? throw NotFound();
            default:
                return finding.Issuer is null ? throw NotFound() : finding;
        }

        DcrException NotFound() => ConnectErrors.SmartDiscoveryFailed(fhirBase.OriginalString, Places(tried));
    }

    private static async Task<DiscoveryFinding?> FindAsync(
        string asked,
        List<DiscoveryFinding> tried,
        HttpSender sender,
        IReporter reporter,
        CancellationToken stop
    )
    {
        foreach (var candidate in Discovery.Candidates(new Uri(asked)))
        {
            var (place, response) = await AskAsync(candidate, sender, reporter, stop).ConfigureAwait(false);
            var finding = Discovery.Judge(asked, place, response);
            tried.Add(finding);
            if (finding.Issuer is null)
            {
                continue;
            }

            if (finding.Issuer != asked)
            {
                reporter.Verbose($"The server writes its issuer {finding.Issuer}; the difference of the trailing slash is accepted.");
            }

            return finding;
        }

        return null;
    }

    private static IEnumerable<string> Places(List<DiscoveryFinding> tried) => tried
        .GroupBy(static finding => finding.What)
        .Select(static same => $"{string.Join(", ", same.Select(static finding => finding.Candidate))} ({same.Key})");
}
