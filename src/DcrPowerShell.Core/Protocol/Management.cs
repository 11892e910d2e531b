using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Client configuration: RFC 7592, section 2.</summary>
internal static class Management
{
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
    /// where they answer in others (protocol notes, 5.2).
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
    /// <exception cref="DcrException">The server refused, or nobody knows.</exception>
    public static RegistrationAnswer Judge(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        if (!response.IsSuccess)
        {
            throw Refusal(request, response, clientId);
        }

        return response.TryReadJson(out var members, out var why)
            ? new RegistrationAnswer(members, response.Status)
            : throw new UnreadAnswerException(response, why);
    }

    /// <summary>Judges the answer to a list: an array of clients, each without its secrets.</summary>
    /// <exception cref="DcrException">The server refused, or answered something else.</exception>
    public static IReadOnlyList<RegistrationAnswer> JudgeList(ProtocolRequest request, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            var server = ServerErrorReader.Read(response);
            throw response.Status is 404 or 405 or 501 ? DcrErrors.ListNotOffered(server, request.Uri) : Refusals.Judge(request, response, server);
        }

        try
        {
            using var document = JsonDocument.Parse(response.Text());
            return document.RootElement.EnumerateArray().Select(client => new RegistrationAnswer(JsonBag.From(client), response.Status)).ToList();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw DcrErrors.NotConformant(request.Uri, "its answer is not the list of clients it should be", inner: failure);
        }
    }

    /// <summary>Judges the answer to a deletion: any 2xx will do.</summary>
    /// <exception cref="DcrException">The server refused, or nobody knows.</exception>
    public static void JudgeDeletion(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        if (!response.IsSuccess)
        {
            throw Refusal(request, response, clientId);
        }
    }

    /// <summary>Turns what came as an array and is a text: the words of the scope, and an authentication method alone in an array.</summary>
    private static JsonBag WithTexts(JsonBag read)
    {
        var bag = IsArray(read, ClientMember.Scope) ? read.With(ClientMember.Scope, string.Join(" ", read.Words(ClientMember.Scope))) : read;
        return new[] { ClientMember.TokenEndpointAuthMethod, ClientMember.ApplicationType }
            .Where(member => IsArray(read, member) && read.Text(member) is not null)
            .Aggregate(bag, (result, member) => result.With(member, read.Text(member)));
    }

    private static bool IsArray(JsonBag bag, string member) => bag.TryGet(member, out var value) && value.ValueKind == JsonValueKind.Array;

    private static DcrException Refusal(ProtocolRequest request, ProtocolResponse response, string clientId)
    {
        var server = ServerErrorReader.Read(response);
        return response.Status switch
        {
            404 when request.Method == HttpMethod.Put => DcrErrors.NotOffered(server, Participle(request.Method)), // It was read just before.
            404 or 410 => DcrErrors.ClientGone(server, clientId),
            405 or 501 => DcrErrors.NotOffered(server, Participle(request.Method)),
            503 => DcrErrors.Unavailable(server, request.Uri),
            >= 500 when request.Effect == RequestEffect.Changes => DcrErrors.ChangeOutcomeUnknown(request.Uri, $"the server failed with HTTP {response.Status}", null, server),
            _ => Refusals.Judge(request, response, server, clientId),
        };
    }

    private static string Participle(HttpMethod method) =>
        method == HttpMethod.Get ? "read" : method == HttpMethod.Put ? "changed" : "deleted";
}
