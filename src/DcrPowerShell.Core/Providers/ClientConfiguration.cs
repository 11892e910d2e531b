using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers;

/// <summary>
/// The client configuration endpoint (RFC 7592, section 2): a client is managed with its own registration access token, at its
/// own URI, if that token may go there; or with what the connection has for that.
/// </summary>
/// <param name="endpoint">The registration endpoint, whose origin is the one that tokens were issued for.</param>
/// <param name="manager">Manages all clients; null where they are managed with something of their own.</param>
/// <param name="clients">Tokens that clients get for themselves; null where they are managed otherwise.</param>
internal sealed class ClientConfiguration(
    Uri endpoint,
    IReadOnlyCollection<Uri> allowedOrigins,
    HttpSender sender,
    ICredential? manager = null,
    ClientTokens? clients = null
)
{
    public DcrManagement ManageBy =>
        manager is not null ? DcrManagement.Connection
        : clients is not null ? DcrManagement.ClientToken
        : DcrManagement.Client;

    public async Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Own(Management.Read(ConfigurationOf(client)), client);
        return Management.Judge(request, await SendAsync(request, client, call).ConfigureAwait(false), client.ClientId);
    }

    public async Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call)
    {
        var request = Own(Management.Update(ConfigurationOf(client), metadata), client);
        var response = await SendAsync(request, client, call).ConfigureAwait(false);

        // The secret may go along and need not (RFC 7592, section 2.2). Hydra forbids it; IBM Verify wants it. A 400 changed nothing.
        if (response.Status == 400 && client.ClientSecret is { } secret && Mentions(response, ClientMember.ClientSecret))
        {
            request = request with { Body = metadata.With(ClientMember.ClientSecret, secret) };
            response = await SendAsync(request, client, call).ConfigureAwait(false);
        }

        return Management.Judge(request, response, client.ClientId);
    }

    public async Task DeleteAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Own(Management.Delete(ConfigurationOf(client)), client);
        Management.JudgeDeletion(request, await SendAsync(request, client, call).ConfigureAwait(false), client.ClientId);
    }

    /// <param name="client">Maybe a summary.</param>
    public DcrException? WhyUnmanaged(RegistrationRecord client) =>
        manager is not null ? null
        : clients is not null ? clients.WhyNone(client.ClientId, MethodOf(client), client.HasSecret)
        : (client.RegistrationAccessToken is not null || client.Omitted is { RegistrationAccessToken: true })
        && (client.RegistrationClientUri is not null || client.Omitted is { RegistrationClientUri: true })
            ? null
            : ProviderErrors.NoRegistrationToken(client.ClientId);

    /// <summary>Whether the tokens that were issued at a registration endpoint may go there.</summary>
    public static bool IsAllowed(Uri uri, Uri endpoint, IEnumerable<Uri> allowedOrigins) =>
        allowedOrigins.Prepend(endpoint).Any(origin => SafeUrl.IsSameOrigin(origin, uri));

    private static bool Mentions(ProtocolResponse response, string member) =>
        ServerErrorReader.Read(response).Description?.Contains(member) == true;

    private Task<ProtocolResponse> SendAsync(ProtocolRequest request, RegistrationRecord client, ProviderCall call) =>
        sender.SendAsync(
            request,
            manager is not null ? manager.For(scope: null)
                : clients is not null ? clients.Of(client.ClientId, MethodOf(client), client.ClientSecret)
                : StaticToken.Registration(client.RegistrationAccessToken!),
            call.Reporter,
            call.Stop,
            call.Arrived
        );

    private ProtocolRequest Own(ProtocolRequest request, RegistrationRecord client) =>
        request with
        {
            Proof = manager?.Kind ?? (clients is null ? ProtocolRequest.OwnToken : ProtocolRequest.ClientToken),
            Secrets = [client.ClientSecret],
        };

    private static string? MethodOf(RegistrationRecord client) => client.Metadata.Text(ClientMember.TokenEndpointAuthMethod);

    /// <summary>
    /// Servers that want another token than RFC 7592 need not say where a client is managed: then it is below the registration endpoint, by
    /// its id (UK: conformance-dcr, client_retrieve.go; Australia: CDS, /register/{ClientId}; WSO2: /register/{clientId}).
    /// </summary>
    private Uri BelowEndpoint(string clientId) =>
        new UriBuilder(endpoint) { Path = $"{endpoint.AbsolutePath.TrimEnd('/')}/{UriText.Segment(clientId)}" }.Uri;

    /// <summary>The client configuration endpoint, if what opens it may go there.</summary>
    private Uri ConfigurationOf(RegistrationRecord client)
    {
        if (WhyUnmanaged(client) is { } why)
        {
            throw why;
        }

        var uri = client.RegistrationClientUri ?? BelowEndpoint(client.ClientId);

        if (!SafeUrl.IsSafe(uri))
        {
            throw ProviderErrors.UnsafeRegistrationUri(client.ClientId, uri);
        }

        return IsAllowed(uri, endpoint, allowedOrigins)
            ? uri
            : throw ProviderErrors.ForeignRegistrationUri(client.ClientId, uri, endpoint);
    }
}
