using System;
using System.Net.Http;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Client registration: RFC 7591, section 3.</summary>
internal static class Registration
{
    // Of a refusal that came as a success.
    private const int RefusalStatus = 400;

    public static ProtocolRequest Request(Uri endpoint, JsonBag metadata) =>
        new(HttpMethod.Post, endpoint, RequestEffect.Registers, metadata);

    /// <summary>Accepts any 2xx with a <c>client_id</c>: servers answer 200 as well as 201.</summary>
    /// <exception cref="UnreadAnswerException">A success whose body cannot be used: the client exists at the server.</exception>
    /// <exception cref="DcrException">The server refused, or nobody knows.</exception>
    public static RegistrationAnswer Judge(ProtocolRequest request, ProtocolResponse response)
    {
        if (!response.IsSuccess)
        {
            throw Refusal(request, response);
        }

        if (!response.TryReadJson(out var members, out var why))
        {
            throw new UnreadAnswerException(response, why);
        }

        var answer = new RegistrationAnswer(members, response.Status);
        return answer.ClientId is null && !answer.HasCredential && RegistrationAnswer.NamesError(members, response)
                ? throw Refusals.Judge(request, response with { Status = RefusalStatus }, ServerErrorReader.Read(response))
            : answer.ClientId is null ? throw new UnreadAnswerException(response, "its answer has no client_id")
            : answer;
    }

    /// <summary>What an answer means that is no success.</summary>
    public static DcrException Refusal(ProtocolRequest request, ProtocolResponse response)
    {
        var server = ServerErrorReader.Read(response);
        return response.Status switch
        {
            404 or 405 or 410 or 501 => ProtocolErrors.NoRegistrationEndpoint(server, request.Uri),
            503 when response.Header("Retry-After") is not null => ProtocolErrors.Unavailable(server, request.Uri),
            >= 500 when Refusals.InFront(request, response) is { } page => page,
            >= 500 when request.Effect == RequestEffect.Changes => ProtocolErrors.ChangeOutcomeUnknown(
                request.Uri,
                $"the server failed with HTTP {response.Status}",
                null,
                server
            ),
            >= 500 => ProtocolErrors.RegistrationOutcomeUnknown(
                request.Uri,
                $"the server failed with HTTP {response.Status}",
                null,
                server
            ),
            _ => Refusals.Judge(request, response, server),
        };
    }
}
