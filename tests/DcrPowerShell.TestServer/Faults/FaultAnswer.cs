using System.Collections.Immutable;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using DcrPowerShell.TestServer.Hosting;
using DcrPowerShell.TestServer.Standard;

namespace DcrPowerShell.TestServer.Faults;

/// <summary>Makes the answer that a fault wants out of the real one.</summary>
internal static class FaultAnswer
{
    /// <param name="fault">What goes wrong.</param>
    /// <param name="real">The real answer; null where the server did nothing.</param>
    /// <param name="request">The request, for a body that echoes it.</param>
    /// <param name="state">The server.</param>
    public static Answer Make(Fault fault, Answer? real, IncomingRequest request, ServerState state)
    {
        Answer answer = Base(fault, real, request, state);
        ChangeBody(answer, fault, request);
        answer.ContentType = fault.ContentType ?? answer.ContentType;
        if (answer.Body.Length > 0)
        {
            Encode(answer, fault.Encoding);
            // A 204 can't have the body that the fault has given it.
            answer.Status = answer.Status == 204 ? 200 : answer.Status;
        }

        RateLimiter.AddHeaders(answer, fault.RateLimitHeaders, limit: 100, remaining: 0, state.Now, fault.RetryAfter);
        foreach ((string name, string value) in fault.Headers ?? ImmutableDictionary<string, string>.Empty)
        {
            answer.WithHeader(name, value);
        }

        return answer;
    }

    private static Answer Base(Fault fault, Answer? real, IncomingRequest request, ServerState state)
    {
        int status = fault.Status ?? real?.Status ?? 500;
        bool isRefusal = fault.Status >= 400 || (fault.Status is null && real is null);
        if (!isRefusal)
        {
            Answer answer = real ?? Answer.Empty(status);
            answer.Status = status;
            return answer;
        }

        bool isToWord = fault.Error is not null || fault.ErrorDescription is not null || fault.Scope is not null;
        Refused byStatus =
            isToWord || request.Route.Operation == Operation.Token ? Refused.ForStatus(status) : state.Dialect.RefusedFor(status);
        Refused refused = isToWord
            ? new(status, fault.Error ?? byStatus.Error, fault.ErrorDescription ?? byStatus.Description) { Scope = fault.Scope }
            : byStatus;
        return Refusal.Write(state, request.Route.Operation, refused, fault.Shape);
    }

    private static void ChangeBody(Answer answer, Fault fault, IncomingRequest request)
    {
        if (fault.Content is not null)
        {
            answer.WithText(fault.Content, answer.ContentType ?? "application/json");
        }

        switch (fault.Body)
        {
            case FaultBody.Half:
                answer.Body = answer.Body[..(answer.Body.Length / 2)];
                break;
            case FaultBody.Empty:
                answer.Body = [];
                break;
            case FaultBody.Html:
                answer.WithText(Refusal.Page("Please sign in to continue"), "text/html; charset=utf-8");
                break;
            case FaultBody.Text:
                answer.WithText("upstream connect error or disconnect/reset before headers", "text/plain");
                break;
            case FaultBody.Echo:
                string headers = string.Concat(request.Headers.Select(header => $"{header.Key}: {header.Value}\n"));
                answer.WithText($"{request.Method} {request.Target}\n{headers}\n{request.Body}", "text/plain; charset=utf-8");
                break;
            default:
                // Padding is made while it is sent.
                break;
        }
    }

    private static void Encode(Answer answer, FaultEncoding encoding)
    {
        string text = answer.Text;
        switch (encoding)
        {
            case FaultEncoding.Utf8Bom:
                answer.Body = [.. Encoding.UTF8.Preamble, .. answer.Body];
                break;
            case FaultEncoding.Utf16:
                answer.Body = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)];
                answer.ContentType = "application/json; charset=utf-16";
                break;
            case FaultEncoding.Latin1:
                answer.Body = Encoding.Latin1.GetBytes(text);
                answer.ContentType = "application/json; charset=iso-8859-1";
                break;
            case FaultEncoding.Gzip:
                using (MemoryStream packed = new())
                {
                    using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
                    {
                        gzip.Write(answer.Body);
                    }

                    answer.Body = packed.ToArray();
                }

                answer.WithHeader("Content-Encoding", "gzip");
                break;
            default:
                break;
        }
    }
}
