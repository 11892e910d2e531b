using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Providers.Standard;

/// <summary>RFC 7591 and RFC 7592 as written: each client is managed with its own registration access token, at its own URI.</summary>
internal sealed class StandardProvider(Uri endpoint, IReadOnlyCollection<Uri> allowedOrigins, ICredential credential, HttpSender sender) : IDcrProvider
{
    public string Name => "Standard";

    public DcrCapabilities Capabilities => DcrCapabilities.Register | DcrCapabilities.Read | DcrCapabilities.Update | DcrCapabilities.Delete;

    public void Check(JsonBag metadata) => MetadataRules.Check(metadata);

    public async Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call)
    {
        var request = Registration.Request(endpoint, metadata);
        var response = await sender.SendAsync(request, credential.For(scope: null), call.Reporter, call.Stop).ConfigureAwait(false);
        return Registration.Judge(request, response, withInitialToken: credential is not NoCredential);
    }

    public async Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Management.Read(ConfigurationOf(client));
        return Management.Judge(request, await SendAsync(request, client, call).ConfigureAwait(false), client.ClientId);
    }

    public async Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call)
    {
        var request = Management.Update(ConfigurationOf(client), metadata);
        var response = await SendAsync(request, client, call).ConfigureAwait(false);

        // The secret may go along and need not (RFC 7592, section 2.2). Hydra forbids it; IBM Verify wants it. A 400 changed nothing.
        if (response.Status == 400 && client.ClientSecret is { } secret && Mentions(response, ClientMember.ClientSecret))
        {
            request = Management.Update(request.Uri, metadata.With(ClientMember.ClientSecret, secret));
            response = await SendAsync(request, client, call).ConfigureAwait(false);
        }

        return Management.Judge(request, response, client.ClientId);
    }

    /// <summary>RFC 7592 has no request for this, but lets a server answer any update with a new secret.</summary>
    public Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call) => UpdateAsync(client, metadata, call);

    /// <summary>RFC 7592 knows no list.</summary>
    public Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call) => throw new NotSupportedException();

    public async Task DeleteAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Management.Delete(ConfigurationOf(client));
        Management.JudgeDeletion(request, await SendAsync(request, client, call).ConfigureAwait(false), client.ClientId);
    }

    private static bool Mentions(ProtocolResponse response, string member) =>
        ServerErrorReader.Read(response).Description?.Contains(member) == true;

    private Task<ProtocolResponse> SendAsync(ProtocolRequest request, RegistrationRecord client, ProviderCall call) =>
        sender.SendAsync(request with { Secrets = [client.ClientSecret] }, StaticToken.Registration(client.RegistrationAccessToken!), call.Reporter, call.Stop);

    /// <summary>The client configuration endpoint, if the registration access token may go there.</summary>
    private Uri ConfigurationOf(RegistrationRecord client)
    {
        if (client.RegistrationAccessToken is null || client.RegistrationClientUri is not { } uri)
        {
            throw DcrErrors.NoRegistrationToken(client.ClientId);
        }

        if (!SafeUrl.IsSafe(uri))
        {
            throw DcrErrors.UnsafeRegistrationUri(client.ClientId, uri);
        }

        return allowedOrigins.Prepend(endpoint).Any(origin => SafeUrl.IsSameOrigin(origin, uri))
            ? uri
            : throw DcrErrors.ForeignRegistrationUri(client.ClientId, uri, endpoint);
    }
}
