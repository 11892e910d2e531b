using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Okta;

/// <summary>
/// Okta's Dynamic Client Registration API (okta-management-openapi-spec, dist/current/oauth-minimal.yaml, tag Client). There are
/// no registration access tokens: management runs on the administrator's credential, at URLs made from the client's id. Where a
/// server does give a registration access token, that manages its client.
/// </summary>
internal sealed class OktaProvider(Uri clients, ICredential credential, HttpSender sender) : IDcrProvider
{
    private const string RegisterScope = "okta.clients.register";
    private const string ReadScope = "okta.clients.read";
    private const string ManageScope = "okta.clients.manage";
    private const int LargestPage = 200;

    private static readonly Regex NextLink = new("<(?<url>[^>]*)>\\s*;[^,]*rel=\"?next\"?");

    public DcrProvider Kind => DcrProvider.Okta;

    public DcrManagement ManageBy => DcrManagement.Connection;

    public DcrCapabilities Capabilities =>
        DcrCapabilities.Register
        | DcrCapabilities.Read
        | DcrCapabilities.Update
        | DcrCapabilities.Delete
        | DcrCapabilities.List
        | DcrCapabilities.ResetSecret
        | DcrCapabilities.OverlapSecrets;

    public IReadOnlyList<ProviderCheck> Checks => new OktaChecks(
        clients,
        credential,
        [(RegisterScope, "registered"), (ReadScope, "read or listed"), (ManageScope, "changed, reset or removed")],
        (request, scope, call) => SendAsync(request, scope, call)).List;

    public bool TellsWhetherItRegisters => true;

    public string? SoleTenant => null;

    public DcrException? WhyNoCredentials(string clientId) => null;

    public IClientAuthentication? AuthenticationOf(string clientId, string audience, JsonBag extensions) => null;

    public DcrException? WhyUnmanaged(RegistrationRecord client) => null;

    public IClientDocuments? Documents => null;

    /// <summary>Service apps have <c>response_types: ["token"]</c> with client_credentials, which the standard does not know.</summary>
    public void Check(JsonBag metadata) =>
        MetadataRules.Check(
            metadata.Text(ClientMember.ApplicationType) == "service" ? metadata.Without(ClientMember.ResponseTypes) : metadata
        );

    public async Task<RegistrationAnswer> RegisterAsync(JsonBag metadata, ProviderCall call)
    {
        var request = Registration.Request(clients, metadata) with { Proof = (call.InitialToken ?? credential).Kind };
        return Registration.Judge(request, await SendAsync(request, RegisterScope, call).ConfigureAwait(false));
    }

    public async Task<RegistrationAnswer> ReadAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Management.Read(UriOf(client)) with { Proof = ProofOf(client) };
        return Management.Judge(request, await SendAsync(request, ReadScope, call, client).ConfigureAwait(false), client.ClientId);
    }

    /// <summary>"If any settings are missing when you update a client app, the update fails": all that was read goes back.</summary>
    public async Task<RegistrationAnswer> UpdateAsync(RegistrationRecord client, MetadataUpdate update, ProviderCall call)
    {
        var request = Management.Update(UriOf(client), update.Whole) with { Proof = ProofOf(client) };
        return Management.Judge(request, await SendAsync(request, ManageScope, call, client).ConfigureAwait(false), client.ClientId);
    }

    /// <summary>Replaces the secret; the old one is dead at once (okta/terraform-provider-okta#1915).</summary>
    public async Task<RegistrationAnswer> ResetSecretAsync(RegistrationRecord client, JsonBag metadata, ProviderCall call)
    {
        var request = new ProtocolRequest(
            HttpMethod.Post,
            new Uri(UriOf(client).AbsoluteUri + "/lifecycle/newSecret"),
            RequestEffect.Changes
        )
        {
            Proof = ProofOf(client),
        };
        return Management.Judge(request, await SendAsync(request, ManageScope, call, client).ConfigureAwait(false), client.ClientId);
    }

    /// <summary>The Apps API takes the administrator's credential only, also where a client has a token of its own.</summary>
    public IClientSecrets SecretsOf(RegistrationRecord client) =>
        new OktaSecrets(clients, client, (request, scope, call) => SendAsync(request, scope, call));

    public async Task DeleteAsync(RegistrationRecord client, ProviderCall call)
    {
        var request = Management.Delete(UriOf(client)) with { Proof = ProofOf(client) };
        Management.JudgeDeletion(request, await SendAsync(request, ManageScope, call, client).ConfigureAwait(false), client.ClientId);
    }

    /// <summary>Pages by the Link header; <c>q</c> matches the beginning of names.</summary>
    public async Task<ClientPage> ListAsync(string? namePrefix, string? cursor, ProviderCall call)
    {
        var first =
            $"{clients.AbsoluteUri}?limit={LargestPage}"
            + (string.IsNullOrEmpty(namePrefix) ? "" : $"&q={Uri.EscapeDataString(namePrefix)}");
        var request = new ProtocolRequest(HttpMethod.Get, new Uri(cursor ?? first), RequestEffect.None);
        var response = await SendAsync(request, ReadScope, call).ConfigureAwait(false);
        var items = Management.JudgeList(request, response);

        // Okta once gave a next link with nothing behind it (OKTA-658169). A link elsewhere is not followed: the credential goes along.
        var next = response
            .HeaderValues("Link")
            .Select(link => NextLink.Match(link))
            .FirstOrDefault(match => match.Success)
            ?.Groups["url"]
            .Value;
        if (items.Count == 0 || next is null)
        {
            return new(items, Next: null);
        }

        var uri = UriText.Against(clients, next);
        if (uri is not null && SafeUrl.IsSameOrigin(uri, clients) && uri.AbsoluteUri != request.Uri.AbsoluteUri)
        {
            return new(items, uri.AbsoluteUri);
        }

        call.Reporter.Warning(
            "The list of clients may not be whole: the server names a next page that is "
                + (uri?.AbsoluteUri == request.Uri.AbsoluteUri ? "this one again." : "at another address than its own, which is not asked.")
        );
        return new(items, Next: null);
    }

    private async Task<ProtocolResponse> SendAsync(
        ProtocolRequest request,
        string scope,
        ProviderCall call,
        RegistrationRecord? client = null
    )
    {
        var ownToken = client?.RegistrationAccessToken;
        var authorizer = ownToken is null ? (call.InitialToken ?? credential).For(scope) : StaticToken.Registration(ownToken);
        var response = await sender
            .SendAsync(
                request with
                {
                    Secrets = [.. request.Secrets, client?.ClientSecret],
                },
                authorizer,
                call.Reporter,
                call.Stop,
                call.Arrived
            )
            .ConfigureAwait(false);
        return (response.Status, ownToken, credential) switch
        {
            // Its refusal is told as that of an initial access token.
            _ when call.InitialToken is not null => response,
            (401 or 403, _, _) when Refusals.InFront(request, response) is { } page => throw page,
            (401 or 403, null, NoCredential) => throw OktaErrors.OktaCredentialMissing(ServerErrorReader.Read(response)),
            (401 or 403, null, _) => throw Refusal(request, response, scope),
            _ => response,
        };
    }

    /// <summary>Codes: okta-developer-docs, data/error-codes.json.</summary>
    private DcrException Refusal(ProtocolRequest request, ProtocolResponse response, string scope)
    {
        var server = ServerErrorReader.Read(response);
        return server.Code == "E0000015" ? OktaErrors.OktaFeatureMissing(server)
            : server.Status == 401 ? AuthorizationErrors.CredentialRejected(server, credential.Kind)
            : OktaErrors.OktaForbidden(server, scope, clients);
    }

    private string ProofOf(RegistrationRecord client) =>
        client.RegistrationAccessToken is null ? credential.Kind : ProtocolRequest.OwnToken;

    private Uri UriOf(RegistrationRecord client) => new($"{clients.AbsoluteUri.TrimEnd('/')}/{UriText.Segment(client.ClientId)}");
}
