using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>
/// Registration at /oidc/register (Auth0 docs, get-started/applications/dynamic-client-registration) and management by the
/// Management API, which has names of its own for the metadata and patches rather than replaces. There are no registration access
/// tokens; where a server does give one, that manages its client for want of another credential.
/// </summary>
/// <param name="initial">For registration, which Auth0 leaves open.</param>
/// <param name="configuration">For clients that have a registration access token.</param>
internal sealed class Auth0Provider(Uri endpoint, ICredential initial, Auth0Api api, ClientConfiguration configuration, HttpSender sender)
    : IDcrProvider
{
    public DcrProvider Kind => DcrProvider.Auth0;

    public DcrManagement ManageBy => api.IsOpen ? DcrManagement.Connection : configuration.ManageBy;

    public DcrCapabilities Capabilities =>
        api.IsOpen
            ? DcrCapabilities.Register
                | DcrCapabilities.Read
                | DcrCapabilities.Update
                | DcrCapabilities.Delete
                | DcrCapabilities.List
                | DcrCapabilities.ResetSecret
            : DcrCapabilities.Register;

    public Auth0Api Api => api;

    public IReadOnlyList<ProviderCheck> Checks => new Auth0Checks(api).List;

    public bool TellsWhetherItRegisters => api.IsOpen;

    public string? SoleTenant => null;

    public DcrException? WhyNoCredentials(string clientId) => null;

    public IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions) => null;

    public DcrException? WhyUnmanaged(RegistrationRecord client) =>
        api.IsOpen || client.RegistrationAccessToken is not null ? null : Auth0Errors.Auth0CredentialMissing("read:clients");

    public IClientDocuments? Documents => new Auth0Documents(api);

    public void Check(JsonBag metadata)
    {
        MetadataRules.Check(metadata);
        if (api.IsOpen && metadata.Has(ClientMember.ClientId))
        {
            Auth0Key.ReadAll(metadata);
        }
    }

    public async Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call)
    {
        var token = call.InitialToken ?? initial;
        var request = Registration.Request(endpoint, metadata) with { Proof = token.Kind };
        var response = await sender
            .SendAsync(request, token.For(scope: null), call.Reporter, call.Stop, call.Arrived)
            .ConfigureAwait(false);
        var server = response.IsSuccess ? null : ServerErrorReader.Read(response);
        return (response.Status, server?.Code) switch
        {
            (403, "too_many_entities") => throw Auth0Errors.Auth0TooMany(server!),
            (403, _) when Refusals.InFront(request, response) is { } page => throw page,
            (403 or 404, _) => throw Auth0Errors.Auth0RegistrationOff(server!),
            (400, "invalid_body") => throw Auth0Api.BodyRefused(server!, metadata),
            _ => Registration.Judge(request, response),
        };
    }

    public async Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call) => IsByOwnToken(client)
        ? await configuration.ReadAsync(client, call).ConfigureAwait(false)
        : await ManageAsync(HttpMethod.Get, client, below: "", body: null, "read:clients", call).ConfigureAwait(false);

    /// <summary>Sends what is to change; the rest stays.</summary>
    public async Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call) =>
        IsByOwnToken(client)
            ? await configuration.UpdateAsync(client, update.Whole, call).ConfigureAwait(false)
            : await PatchAsync(client, update, call).ConfigureAwait(false);

    /// <summary>
    /// For up to half a minute afterwards the old secret may still be the one that is accepted (Auth0 docs, rotate-client-secret).
    /// </summary>
    public Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call) =>
        ManageAsync(HttpMethod.Post, client, "/rotate-secret", body: null, "update:client_keys", call);

    /// <summary>Auth0 has no second secret (Auth0 docs, rotate-client-secret).</summary>
    public IClientSecrets SecretsOf(RegistrationRecord client) => throw ProviderErrors.OverlapNotSupported(client.ClientId);

    /// <summary>
    /// Third-party applications (a server that knows no such filter gives the tenant's own, too, which are not ours to remove): those that
    /// were registered, and those that were made by hand. All pages at once, because they are counted from the first client: if some were
    /// deleted between two pages, as many would be left out.
    /// </summary>
    /// <param name="namePrefix">Cannot be asked for.</param>
    public async Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call)
    {
        var all = await api.ListAsync("clients?is_first_party=false", "clients", "read:clients", call).ConfigureAwait(false);
        return new(
            all.Where(static item => item.Text("is_first_party") != "true")
                .Select(item => new RegistrationAnswer(Auth0Vocabulary.ToRfc(item), Status: 200))
                .ToList(),
            Next: null
        );
    }

    public async Task DeleteAsync(RegistrationRecord client, ProviderCall call)
    {
        if (IsByOwnToken(client))
        {
            await configuration.DeleteAsync(client, call).ConfigureAwait(false);
            return;
        }

        var path = PathOf(client);
        var answer = await api.SendAsync(HttpMethod.Delete, path, body: null, "delete:clients", call, client).ConfigureAwait(false);
        Management.JudgeDeletion(Management.Delete(api.At(path)), answer, client.ClientId);
    }

    /// <summary>
    /// Keys are credentials of their own: the new ones are created first and the replaced ones deleted last, so that the client can
    /// authenticate throughout (Auth0 docs, rotate-credentials). What an earlier try left behind is found and used.
    /// </summary>
    private async Task<RegistrationAnswer> PatchAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call)
    {
        var keys = Auth0Key.ForUpdate(update.Changes, update.Read);
        var patch = Auth0Vocabulary.ToPatch(update.Changes, update.Read);
        var credentials = new Auth0Credentials(api, PathOf(client) + "/credentials", call);
        var inUse = Auth0Vocabulary.Credentials(update.Read);
        IReadOnlyList<string> wanted = [];
        var made = new List<string>();
        RegistrationAnswer answer;
        try
        {
            if (keys.Count > 0)
            {
                wanted = await credentials.EnsureAsync(keys, made).ConfigureAwait(false);
                patch = wanted.ToHashSet().SetEquals(inUse) ? patch : Auth0Vocabulary.WithCredentials(patch, wanted);
            }

            answer =
                patch.Count == 0
                    ? new RegistrationAnswer(update.Read, Status: 200)
                    : await ManageAsync(
                            new HttpMethod("PATCH"),
                            client,
                            below: "",
                            patch,
                            patch.Has(Auth0Vocabulary.AuthenticationMethods)
                                ? "update:clients and update:client_credentials"
                                : "update:clients",
                            call
                        )
                        .ConfigureAwait(false);
        }
        catch (DcrException failure) when (failure.ErrorId != DcrErrorId.OutcomeUnknown)
        {
            await credentials.RemoveAsync(made).ConfigureAwait(false);
            throw;
        }

        if (patch.Has(Auth0Vocabulary.AuthenticationMethods))
        {
            await credentials.RemoveAsync(inUse.Except(wanted)).ConfigureAwait(false);
        }

        // Auth0 shows no keys; these are the ones that it has now.
        return keys.Count > 0 && update.Changes.TryGet(ClientMember.Jwks, out var jwks)
            ? answer with
            {
                Members = answer.Members.With(ClientMember.Jwks, jwks),
            }
            : answer;
    }

    private async Task<RegistrationAnswer> ManageAsync(
        HttpMethod method,
        RegistrationRecord client,
        string below,
        JsonBag? body,
        string scope,
        ProviderCall call
    )
    {
        var response = await api.SendAsync(method, PathOf(client) + below, body, scope, call, client).ConfigureAwait(false);
        return response.TryReadJson(out var application, out var why)
            ? new RegistrationAnswer(Auth0Vocabulary.ToRfc(application), response.Status)
            : throw new UnreadAnswerException(response, why);
    }

    private bool IsByOwnToken(RegistrationRecord client) => !api.IsOpen && client.RegistrationAccessToken is not null;

    private static string PathOf(RegistrationRecord client) => "clients/" + UriText.Segment(client.ClientId);
}
