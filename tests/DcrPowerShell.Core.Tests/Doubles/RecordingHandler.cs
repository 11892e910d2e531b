using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>A request as it would have gone over the wire.</summary>
internal sealed record SentRequest(string Method, Uri Uri, string? Authorization, string Body);

/// <summary>Answers requests from a queue, and writes them down.</summary>
internal sealed class RecordingHandler : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = new();
    private Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>? _last;

    public List<SentRequest> Requests { get; } = [];

    public RecordingHandler Answer(int status, string body = "{}", params string[] headers)
    {
        _answers.Enqueue(async (request, _) =>
        {
            await WriteDownAsync(request);
            return Response(status, body, headers);
        });
        return this;
    }

    /// <summary>Answers, and then the connection breaks instead of ending.</summary>
    public RecordingHandler Breaks(int status, string body)
    {
        _answers.Enqueue(
            async (request, _) =>
            {
                await WriteDownAsync(request);
                return new HttpResponseMessage((System.Net.HttpStatusCode)status)
                {
                    Content = new StreamContent(new BreakingStream(Encoding.UTF8.GetBytes(body))),
                };
            }
        );
        return this;
    }

    /// <summary>The host name leads nowhere: the request does not leave.</summary>
    public RecordingHandler NameNotFound() =>
        Fail(sendsFirst: false, static () => new HttpRequestException("no such host", new SocketException((int)SocketError.HostNotFound)));

    /// <summary>Nobody listens: the request does not leave.</summary>
    public RecordingHandler Refuse() => Fail(sendsFirst: false, static () =>
#if NET
        new HttpRequestException(HttpRequestError.ConnectionError, "refused", new SocketException((int)SocketError.ConnectionRefused)));
#else
        new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)));
#endif

    /// <summary>The request leaves, and then the connection breaks.</summary>
    public RecordingHandler Break() =>
        Fail(sendsFirst: true, static () => new HttpRequestException("broken", new IOException("connection reset")));

    /// <summary>The request leaves, and no answer comes.</summary>
    public RecordingHandler Hang(Action? afterSending = null)
    {
        _answers.Enqueue(async (request, cancellationToken) =>
        {
            await WriteDownAsync(request);
            afterSending?.Invoke();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("unreachable");
        });
        return this;
    }

    /// <summary>Repeats the last answer for ever.</summary>
    public RecordingHandler Always()
    {
        _last = _answers.Last();
        return this;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = _answers.Count > 0 ? _answers.Dequeue() : _last;
        return answer is null
            ? throw new InvalidOperationException($"The test has no answer to {request.Method} {request.RequestUri}.")
            : answer(request, cancellationToken);
    }

    private RecordingHandler Fail(bool sendsFirst, Func<Exception> failure)
    {
        _answers.Enqueue(async (request, _) =>
        {
            if (sendsFirst)
            {
                await WriteDownAsync(request);
            }

            throw failure();
        });
        return this;
    }

    private async Task WriteDownAsync(HttpRequestMessage request) => Requests.Add(new(
        request.Method.Method,
        request.RequestUri!,
        request.Headers.Authorization?.ToString(),
        request.Content is null ? "" : await request.Content.ReadAsStringAsync()));

    private static HttpResponseMessage Response(int status, string body, string[] headers)
    {
        var response = new HttpResponseMessage((System.Net.HttpStatusCode)status)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        foreach (var header in headers)
        {
            var parts = header.Split([':'], 2);
            if (!response.Headers.TryAddWithoutValidation(parts[0], parts[1].Trim()))
            {
                response.Content.Headers.Remove(parts[0]);
                response.Content.Headers.TryAddWithoutValidation(parts[0], parts[1].Trim());
            }
        }

        return response;
    }

    private sealed class BreakingStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, count) is > 0 and var read ? read : throw new IOException("connection reset");

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(Read(buffer, offset, count));
    }
}
