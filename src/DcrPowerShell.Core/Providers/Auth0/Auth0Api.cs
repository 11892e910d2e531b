using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Providers.Auth0;

/// <summary>Auth0's Management API v2 (Auth0 docs, api/management/v2).</summary>
/// <param name="root">Ends with <see cref="Path"/>.</param>
internal sealed class Auth0Api(Uri root, ICredential credential, HttpSender sender)
{
    public const string Path = "/api/v2/";

    // The most that its lists give.
    private const int PageSize = 100;

    // "Payload validation error: 'Expected type array' on property callbacks (the URLs ...)."; of an item of a list, with its place.
    private static readonly Regex PropertyName = new(
        "on property (?<name>[a-z_][a-z0-9_]*(\\.[a-z_][a-z0-9_]*)*)",
        RegexOptions.CultureInvariant
    );

    // Something below the root was answered, so the API is there, and a path that is not is one that this server lacks.
    private volatile bool _isThere;

    public bool IsOpen => credential is not NoCredential;

    public ICredential Credential => credential;

    public Uri At(string path) => new(root, path);

    /// <summary>Sends a request and gives the answer where it is a success.</summary>
    /// <param name="path">Below the root, such as <c>clients/abc</c>.</param>
    /// <param name="scope">What the token needs, for the error.</param>
    /// <param name="client">The one that it is about; null where it is about none.</param>
    /// <exception cref="DcrException">There is no credential for this API, or it refused.</exception>
    public async Task<ProtocolResponse> SendAsync(
        HttpMethod method,
        string path,
        JsonBag? body,
        string scope,
        ProviderCall call,
        RegistrationRecord? client = null
    )
    {
        if (!IsOpen)
        {
            throw Auth0Errors.Auth0CredentialMissing(scope);
        }

        var effect = method == HttpMethod.Get ? RequestEffect.None : RequestEffect.Changes;
        var request = new ProtocolRequest(method, At(path), effect, body) { Secrets = [client?.ClientSecret] };

        // No scope is asked for: a token then has all that the application was granted, and one a day is enough, where Auth0 counts them.
        var response = await sender
            .SendAsync(request, credential.For(scope: null), call.Reporter, call.Stop, call.Arrived)
            .ConfigureAwait(false);
        _isThere |= response.IsSuccess;
        return response.IsSuccess ? response : throw Refusal(request, response, scope, client);
    }

    /// <summary>Gets one object.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<JsonBag> GetAsync(string path, string scope, ProviderCall call) =>
        Read(path, await SendAsync(HttpMethod.Get, path, body: null, scope, call).ConfigureAwait(false));

    /// <summary>Gets one page of a list, and whether there is more.</summary>
    /// <param name="path">Such as <c>clients?is_first_party=false</c>.</param>
    /// <param name="member">What the answer calls the list.</param>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<(IReadOnlyList<JsonBag> Items, bool HasMore)> PageAsync(
        string path,
        string member,
        int page,
        string scope,
        ProviderCall call
    )
    {
        var separator = path.Contains('?') ? '&' : '?';
        var answer = await GetAsync($"{path}{separator}page={page}&per_page={PageSize}&include_totals=true", scope, call)
            .ConfigureAwait(false);
        if (!answer.TryGet(member, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw ProtocolErrors.NotConformant(At(path), $"its answer has no list '{member}'");
        }

        var items = list.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object).Select(JsonBag.From).ToList();

        // A server that gives less than was asked for says where it is.
        var start = answer.Integer("start") ?? (long)page * PageSize;
        return (items, items.Count > 0 && answer.Integer("total") > start + items.Count);
    }

    /// <summary>Gets a list with all its pages.</summary>
    /// <inheritdoc cref="PageAsync"/>
    public async Task<IReadOnlyList<JsonBag>> ListAsync(string path, string member, string scope, ProviderCall call)
    {
        var all = new List<JsonBag>();
        for (var page = 0; ; page++)
        {
            var (items, hasMore) = await PageAsync(path, member, page, scope, call).ConfigureAwait(false);
            all.AddRange(items);
            if (!hasMore)
            {
                return all;
            }
        }
    }

    /// <summary>Gets a list that is answered as a bare array, whole.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<IReadOnlyList<JsonBag>> ArrayAsync(string path, string scope, ProviderCall call)
    {
        var response = await SendAsync(HttpMethod.Get, path, body: null, scope, call).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(response.Text());
            return document.RootElement.EnumerateArray().Select(JsonBag.From).ToList();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw ProtocolErrors.NotConformant(At(path), "its answer is not the list it should be", inner: failure);
        }
    }

    /// <summary>An object out of an answer.</summary>
    /// <exception cref="DcrException">It is none.</exception>
    public JsonBag Read(string path, ProtocolResponse response) =>
        response.TryReadJson(out var answer, out var why) ? answer : throw ProtocolErrors.NotConformant(At(path), why);

    /// <summary>What a request body was refused for, in the standard's words.</summary>
    /// <param name="sent">The body, in them too.</param>
    public static DcrException BodyRefused(ServerError server, JsonBag? sent)
    {
        var named = PropertyName.Match(server.Description ?? "") is { Success: true } match
            ? match.Groups["name"].Value
            : RefusalSubject.Member(server, sent);
        var member = named is null ? null : Auth0Vocabulary.NameOf(named);
        if (member is not (ClientMember.RedirectUris or ClientMember.PostLogoutRedirectUris))
        {
            return RefusalErrors.MetadataRefused(server, member);
        }

        var (uris, advice) = RefusalSubject.RedirectUris(server, sent, member);
        return RefusalErrors.RedirectUriRefused(server, member, uris, advice);
    }

    private DcrException Refusal(ProtocolRequest request, ProtocolResponse response, string scope, RegistrationRecord? client)
    {
        var server = ServerErrorReader.Read(response);
        return (response.Status, server.Code) switch
        {
            _ when Refusals.InFront(request, response) is { } page => page,
            (401, _) => Auth0Errors.Auth0TokenRejected(server, credential.Kind),
            (403, "insufficient_scope") => Auth0Errors.Auth0ScopeMissing(server, scope),
            (400 or 409, _) => BodyRefused(server, request.Body is { } body ? Auth0Vocabulary.ToRfc(body) : null),
            (404 or 405 or 501, _) when _isThere && request.Method == (client is null ? HttpMethod.Get : HttpMethod.Post) =>
                Auth0Errors.Auth0PathNotOffered(server, request.Uri),
            (404, null) when !_isThere && (server.Description is null || (client is null && request.Effect == RequestEffect.None)) =>
                Auth0Errors.Auth0ApiNotFound(server, root),
            (404, _) when client is not null => Management.IsAboutClient(response, server, client.ClientId)
                ? RefusalErrors.ClientGone(server, client.ClientId)
                : ProtocolErrors.NotFoundUnproven(server, request.Uri, client.ClientId),
            (>= 500 and not 503, _) when request.Effect == RequestEffect.Changes => ProtocolErrors.ChangeOutcomeUnknown(
                request.Uri,
                $"the server failed with HTTP {response.Status}",
                null,
                server
            ),
            _ => Refusals.Judge(request, response, server),
        };
    }
}
