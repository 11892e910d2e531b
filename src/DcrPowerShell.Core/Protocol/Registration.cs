using System;
using System.Net.Http;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Protocol;

/// <summary>Client registration: RFC 7591, section 3.</summary>
internal static class Registration
{
    public static ProtocolRequest Request(Uri endpoint, JsonBag metadata) =>
        new(HttpMethod.Post, endpoint, RequestEffect.Registers, metadata);

    /// <summary>Accepts any 2xx with a <c>client_id</c>: servers answer 200 as well as 201.</summary>
    /// <exception cref="UnreadAnswerException">A success whose body cannot be used: the client exists at the server.</exception>
    /// <exception cref="DcrException">The server refused, or the outcome is unknown.</exception>
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
        if (answer.ClientId is not null)
        {
            return answer;
        }

        if (!answer.HasCredential && RegistrationAnswer.NamesError(members, response))
        {
            // Some servers refuse with a status of success: it is judged as the 400 that RFC 7591, section 3.2.2, wants.
            throw Refusals.Judge(request, response with { Status = 400 }, ServerErrorReader.Read(response));
        }

        throw new UnreadAnswerException(response, "its answer has no client_id");
    }

    /// <summary>The error for an answer that is no success.</summary>
    public static DcrException Refusal(ProtocolRequest request, ProtocolResponse response)
    {
        var server = ServerErrorReader.Read(response);
        return response.Status switch
        {
            404 or 405 or 410 or 501 => RefusalErrors.NoRegistrationEndpoint(server, request.Uri),
            503 when response.Header("Retry-After") is not null => RefusalErrors.Unavailable(server, request.Uri),
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
