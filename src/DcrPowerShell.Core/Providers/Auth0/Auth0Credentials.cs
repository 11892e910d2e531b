using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// The credentials of one application: public keys that Auth0 stores beside it, in use once the application names them (Auth0 docs,
/// api/management/v2/clients/post-credentials). They are shown without the keys themselves (node-auth0, ClientCredential), and nothing
/// of them can be changed but their expiry.
/// </summary>
/// <param name="path">Such as <c>clients/abc/credentials</c>.</param>
internal sealed class Auth0Credentials(Auth0Api api, string path, ProviderCall call)
{
    /// <summary>Gives the ids of credentials with these keys. A key that Auth0 has is not sent again; it would refuse it.</summary>
    /// <param name="made">Gets the ids of those that were created.</param>
    /// <exception cref="DcrException">Refused, not sent, or of unknown outcome.</exception>
    public async Task<IReadOnlyList<string>> EnsureAsync(IReadOnlyList<Auth0Key> keys, ICollection<string> made)
    {
        var stored = await api.ArrayAsync(path, "read:client_credentials", call).ConfigureAwait(false);
        var pairs = keys.Select(key => (Key: key, Credential: stored.FirstOrDefault(key.IsIn))).ToList();
        foreach (var (key, credential) in pairs.Where(static pair => pair.Credential is not null))
        {
            key.RequireFit(credential!);
        }

        var ids = new List<string>();
        foreach (var (key, credential) in pairs)
        {
            if (credential?.Text("id") is { } id)
            {
                ids.Add(id);
                continue;
            }

            made.Add(await CreateAsync(key).ConfigureAwait(false));
            ids.Add(made.Last());
        }

        return ids;
    }

    /// <summary>Deletes credentials that no application names any more. What fails is told and left: it does no harm there.</summary>
    public async Task RemoveAsync(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            try
            {
                await api.SendAsync(HttpMethod.Delete, $"{path}/{UriText.Segment(id)}", body: null, "delete:client_credentials", call)
                    .ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is DcrException or OperationCanceledException)
            {
                call.Reporter.Warning(
                    Redaction.Printable(
                        $"The key that Auth0 stores as '{id}' is no longer in use and could not be removed: {failure.Message}"
                    )
                );
            }
        }
    }

    private async Task<string> CreateAsync(Auth0Key key)
    {
        var response = await api.SendAsync(HttpMethod.Post, path, key.ToCredential(), "create:client_credentials", call)
            .ConfigureAwait(false);
        return api.Read(path, response).Text("id") ?? throw ProtocolErrors.NotConformant(api.At(path), "its answer has no 'id'");
    }
}
