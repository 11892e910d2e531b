using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Okta;

/// <summary>
/// The secrets of a client, two at most, at the Apps API, where an app goes by its id: that is the client's, unless it was given
/// one of its own (okta-management-openapi-spec, management-minimal.yaml, tag ApplicationSSOPublicKeys). The
/// answers have the secrets in plain text.
/// </summary>
/// <param name="send">Sends a request with a token of a scope.</param>
internal sealed class OktaSecrets(
    Uri organisation,
    RegistrationRecord client,
    Func<ProtocolRequest, string, ProviderCall, Task<ProtocolResponse>> send
) : IClientSecrets
{
    private const string ReadScope = "okta.apps.read";
    private const string ManageScope = "okta.apps.manage";

    private readonly string _secrets = new Uri(
        organisation,
        $"/api/v1/apps/{UriText.Segment(client.ClientId)}/credentials/secrets"
    ).AbsoluteUri;

    public async Task<IReadOnlyList<ListedSecret>> ListAsync(ProviderCall call)
    {
        var request = Request(HttpMethod.Get, "", RequestEffect.None);
        var response = await send(request, ReadScope, call).ConfigureAwait(false);
        return response.Status == 404
            ? throw OktaErrors.OktaAppUnknown(ServerErrorReader.Read(response), client.ClientId)
            : Management.JudgeList(request, response).Select(secret => Secret(request.Uri, secret.Members)).ToList();
    }

    /// <summary>The body must be there, if only <c>{}</c>, for a secret that Okta makes up.</summary>
    public async Task<string> AddAsync(ProviderCall call)
    {
        var request = Request(HttpMethod.Post, "", RequestEffect.Changes) with { Body = JsonBag.Empty };
        var response = await send(request, ManageScope, call).ConfigureAwait(false);
        return Management.Judge(request, response, client.ClientId).ClientSecret
            ?? throw new UnreadAnswerException(response, "its answer has no client_secret");
    }

    public Task DeactivateAsync(ListedSecret secret, ProviderCall call) =>
        ChangeAsync(HttpMethod.Post, "/lifecycle/deactivate", secret, call);

    /// <summary>Okta deletes an inactive secret only.</summary>
    public Task DeleteAsync(ListedSecret secret, ProviderCall call) => ChangeAsync(HttpMethod.Delete, "", secret, call);

    private async Task ChangeAsync(HttpMethod method, string below, ListedSecret secret, ProviderCall call)
    {
        var request = Request(method, $"/{UriText.Segment(secret.Id)}{below}", RequestEffect.Changes, secret.Value, secret.Hash);
        var response = await send(request, ManageScope, call).ConfigureAwait(false);
        if (response.Status != 404)
        {
            // 404: the secret is gone already, which was the aim.
            Management.JudgeDeletion(request, response, client.ClientId);
        }
    }

    private ProtocolRequest Request(HttpMethod method, string below, RequestEffect effect, params string?[] secrets) =>
        new(method, new Uri(_secrets + below), effect) { Secrets = [client.ClientSecret, .. secrets] };

    private static ListedSecret Secret(Uri secrets, JsonBag secret) =>
        new(
            secret.Text("id") ?? throw ProtocolErrors.NotConformant(secrets, "a secret in its answer has no id"),
            secret.Text(ClientMember.ClientSecret),
            secret.Text("secret_hash"),
            secret.Text("status") != "INACTIVE",
            DateTimeOffset.TryParse(
                secret.Text("created"),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var created
            )
                ? created
                : null
        );
}
