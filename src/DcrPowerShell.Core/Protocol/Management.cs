using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Client configuration: RFC 7592, section 2.</summary>
internal static class Management
{
    // Apigee, before any server is asked: messaging.adaptors.http.flow.ApplicationNotFound.
    private const string ApigeeCode = "messaging.";

    private static readonly Regex ClientWord = new("client", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    // Of a refusal that came as a success.
    private const int RefusalStatus = 400;

    /// <summary>Client read request (section 2.1).</summary>
    public static ProtocolRequest Read(Uri configuration) => new(HttpMethod.Get, configuration, RequestEffect.None);

    /// <summary>Client update request (section 2.2).</summary>
    /// <param name="metadata">All of the client's metadata, with its <c>client_id</c>; what is left out is deleted.</param>
    public static ProtocolRequest Update(Uri configuration, JsonBag metadata) =>
        new(HttpMethod.Put, configuration, RequestEffect.Changes, metadata);

    /// <summary>Client delete request (section 2.3).</summary>
    public static ProtocolRequest Delete(Uri configuration) => new(HttpMethod.Delete, configuration, RequestEffect.Changes);

    /// <summary>
    /// Prepares what was read for an update: the client's id, everything the server knows of the client but the four members
    /// that section 2.2 forbids, the secret, and what stands for absent; in the shapes of RFC 7591, which servers want even
    /// where they answer in others.
    /// </summary>
    public static JsonBag ForUpdate(JsonBag read, string clientId) => ClientMember.Lists
        .Where(list => read.TryGet(list, out var value) && value.ValueKind == JsonValueKind.String)
        .Aggregate(WithTexts(read), (bag, list) => bag.With(list, read.Texts(list)))
        .Without(ClientMember.ForbiddenInUpdate)
        .Without(ClientMember.ClientSecret)
        .WithoutAbsent()
        .With(ClientMember.ClientId, clientId);

    /// <summary>Judges the answer to a read or an update.</summary>
    /// <exception cref="UnreadAnswerException">A success whose body cannot be read.</exception>
    /// <exception cref="DcrException">The server refused, or the outcome is unknown.</exception>
    public static RegistrationAnswer Judge(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        if (!response.IsSuccess)
        {
            throw Refusal(request, response, clientId);
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            throw new UnreadAnswerException(response, why);
        }

        var answer = new RegistrationAnswer(members, response.Status);
        if (!RegistrationAnswer.NamesError(members, response))
        {
            return answer;
        }

        if (answer.HasCredential)
        {
            throw new UnreadAnswerException(response, "its answer names an error");
        }

        throw RefusalInSuccess(request, response, clientId);
    }

    /// <summary>Judges the answer to a list: an array of clients, each without its secrets.</summary>
    /// <exception cref="DcrException">The server refused, or answered something else.</exception>
    public static IReadOnlyList<RegistrationAnswer> JudgeList(ProtocolRequest request, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            var server = ServerErrorReader.Read(response);
            throw response.Status is 404 or 405 or 501
                ? RefusalErrors.ListNotOffered(server, request.Uri)
                : Refusals.Judge(request, response, server);
        }

        try
        {
            using var document = JsonDocument.Parse(response.Text());
            return document
                .RootElement.EnumerateArray()
                .Select(client => new RegistrationAnswer(JsonBag.From(client), response.Status))
                .ToList();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw ProtocolErrors.NotConformant(request.Uri, "its answer is not the list of clients it should be", inner: failure);
        }
    }

    /// <summary>
    /// Judges the answer to a deletion: 204 (RFC 7592, section 2.3), or another 2xx with no body or a JSON object that names no error.
    /// </summary>
    /// <exception cref="DcrException">The server refused, or nobody knows: its record has to stay.</exception>
    public static void JudgeDeletion(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        if (!response.IsSuccess)
        {
            throw Refusal(request, response, clientId);
        }

        if (response.Status == 202)
        {
            throw ProtocolErrors.DeletionUnclear(
                request.Uri,
                clientId,
                "the deletion is accepted and not done yet (HTTP 202)",
                ServerErrorReader.Read(response)
            );
        }

        if (response.Status == 204 || (response.End == BodyEnd.Whole && string.IsNullOrWhiteSpace(response.Text())))
        {
            return;
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            throw ProtocolErrors.DeletionUnclear(
                request.Uri,
                clientId,
                $"{why} (HTTP {response.Status})",
                ServerErrorReader.Read(response)
            );
        }

        if (RegistrationAnswer.NamesError(members, response))
        {
            throw RefusalInSuccess(request, response, clientId);
        }
    }

    /// <summary>
    /// Whether a 404 or 410 is the registration endpoint's own: nothing at all, an error code, or words about a client. Web servers and
    /// gateways answer with a page, or with JSON that says no more than that nothing is there.
    /// </summary>
    public static bool IsAboutClient(ProtocolResponse response, ServerError server, string clientId) => response.End == BodyEnd.Whole
        && (response.Body.Length == 0
            || (response.TryReadJson(out _, out _) && (server.Code is { } code
                ? !code.StartsWith(ApigeeCode, StringComparison.Ordinal)
                : server.Description is { } words
                    && (ClientWord.IsMatch(words) || words.Contains(clientId)))));

    /// <summary>
    /// Turns what came as an array and is a text: the words of the scope, and an authentication method alone in an array.
    /// </summary>
    private static JsonBag WithTexts(JsonBag read)
    {
        var bag = IsArray(read, ClientMember.Scope)
            ? read.With(ClientMember.Scope, string.Join(" ", read.Words(ClientMember.Scope)))
            : read;
        return new[] { ClientMember.TokenEndpointAuthMethod, ClientMember.ApplicationType }
            .Where(member => IsArray(read, member) && read.Text(member) is not null)
            .Aggregate(bag, (result, member) => result.With(member, read.Text(member)));
    }

    private static bool IsArray(JsonBag bag, string member) => bag.TryGet(member, out var value) && value.ValueKind == JsonValueKind.Array;

    private static DcrException RefusalInSuccess(ProtocolRequest request, ProtocolResponse response, string clientId) =>
        Refusals.Judge(request, response with { Status = RefusalStatus }, ServerErrorReader.Read(response), clientId);

    private static DcrException Refusal(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        var server = ServerErrorReader.Read(response);
        return response.Status switch
        {
            // It was read just before.
            404 when request.Method == HttpMethod.Put => RefusalErrors.NotOffered(server, Participle(request.Method)),
            404 or 410 when !IsAboutClient(response, server, clientId) => ProtocolErrors.NotFoundUnproven(server, request.Uri, clientId),
            404 or 410 => RefusalErrors.ClientGone(server, clientId),
            400 when server.Code is "client_not_found" or "unknown_client" => RefusalErrors.ClientGone(server, clientId),
            405 or 501 => RefusalErrors.NotOffered(server, Participle(request.Method)),
            503 => RefusalErrors.Unavailable(server, request.Uri),
            >= 500 when Refusals.InFront(request, response) is { } page => page,
            >= 500 when request.Effect == RequestEffect.Changes => ProtocolErrors.ChangeOutcomeUnknown(
                request.Uri,
                $"the server failed with HTTP {response.Status}",
                null,
                server
            ),
            _ => Refusals.Judge(request, response, server, clientId),
        };
    }

    private static string Participle(HttpMethod method) =>
        method == HttpMethod.Get ? "read" : method == HttpMethod.Put ? "changed" : "deleted";
}
