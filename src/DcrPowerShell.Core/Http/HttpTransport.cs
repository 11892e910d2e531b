using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

#pragma warning disable RS0030 // The one place that has an HttpClient.
/// <summary>Sends one request once: no redirect, no retry, a time limit, and no more than 1 MiB of answer.</summary>
internal sealed class HttpTransport : IDisposable
{
    public const int LargestBody = 1 << 20;

    // Letters as they are, as a bag writes them.
    private static readonly JsonSerializerOptions Letters = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpClient _client;
    private readonly TimeSpan _timeout;
    private readonly IClock _clock;

    public HttpTransport(HttpMessageHandler handler, TimeSpan timeout, IClock clock)
    {
        // HttpClient's own limit does not say whether it was the limit or the user that ended a request.
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(
            new ProductInfoHeaderValue("DcrPowerShell", typeof(HttpTransport).Assembly.GetName().Version!.ToString(3))
        );
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        _timeout = timeout;
        _clock = clock;
    }

    /// <exception cref="TransportException">No answer, or not a whole one.</exception>
    /// <exception cref="DcrException">A header would not be one: nothing was sent.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before the request left.</exception>
    public async Task<ProtocolResponse> SendAsync(
        ProtocolRequest request,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        CancellationToken cancellationToken
    )
    {
        using var message = new HttpRequestMessage(request.Method, request.Uri);
        foreach (var header in headers)
        {
            if (!HeaderText.IsName(header.Key) || !HeaderText.IsValue(header.Value))
            {
                throw HttpErrors.UnusableHeader(request.Uri);
            }

            message.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        // .NET Framework asks first whether the body is welcome, which some servers answer late or never.
        message.Headers.ExpectContinue = false;
        var content = await ContentAsync(request).ConfigureAwait(false);
        message.Content = content;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            using var response = await _client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token)
                .ConfigureAwait(false);
            var (body, end) = await ReadAsync(response.Content, keepPart: request.Effect != RequestEffect.None, limit.Token)
                .ConfigureAwait(false);
            return new ProtocolResponse((int)response.StatusCode, Headers(response), body, end, _clock.UtcNow);
        }
        catch (Exception failure) when (IsTransport(failure))
        {
            // A request that changes something is not simply cancelled: whoever sent it must learn that its fate is unknown.
            var mayHaveArrived = content?.HasBegun ?? !TransportFailures.IsBeforeConnection(failure);
            if (cancellationToken.IsCancellationRequested && !(mayHaveArrived && request.Effect != RequestEffect.None))
            {
                throw new OperationCanceledException(failure.Message, failure, cancellationToken);
            }

            var kind = limit.IsCancellationRequested ? TransportFailure.TimedOut : TransportFailures.Classify(failure);
            throw new TransportException(kind, mayHaveArrived, failure);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <param name="keepPart">
    /// Whether what came before a failure is given too: it may hold a token that is shown once. A whole JSON text always is.
    /// </param>
    private static async Task<(byte[] Body, BodyEnd End)> ReadAsync(
        HttpContent? content,
        bool keepPart,
        CancellationToken cancellationToken
    )
    {
        if (content is null)
        {
            return ([], BodyEnd.Whole);
        }

        using var body = new MemoryStream();
        try
        {
            var end = await CopyAsync(content, body, cancellationToken).ConfigureAwait(false);
            return (body.ToArray(), end);
        }
        catch (Exception failure) when (IsTransport(failure) && (keepPart || IsJson(body)))
        {
            return (body.ToArray(), BodyEnd.Broken);
        }
    }

    private static bool IsJson(MemoryStream body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.ToArray());
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<BodyEnd> CopyAsync(HttpContent content, MemoryStream body, CancellationToken cancellationToken)
    {
        using var stream = await content.ReadAsStreamAsync().ConfigureAwait(false);

        // .NET Framework's streams do not heed the token while they read.
        using var abort = cancellationToken.Register(stream.Dispose);
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + count > LargestBody)
            {
                body.Write(buffer, 0, (int)(LargestBody - body.Length));
                return BodyEnd.TooLong;
            }

            body.Write(buffer, 0, count);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return BodyEnd.Whole;
    }

    private static bool IsTransport(Exception failure) =>
        failure
            is HttpRequestException
                or IOException
                or InvalidDataException
                or OperationCanceledException
                or WebException
                or ObjectDisposedException;

    private static List<KeyValuePair<string, string>> Headers(HttpResponseMessage response) => response.Headers
        .Concat(response.Content is null ? [] : response.Content.Headers)
        .SelectMany(header => header.Value.Select(value => new KeyValuePair<string, string>(header.Key, value)))
        .ToList();

    private static async Task<TrackedContent?> ContentAsync(ProtocolRequest request)
    {
        HttpContent? content = request switch
        {
            { Form: { } form } => new FormUrlEncodedContent(form),
            { Body: { } body } => JsonContent.Create(body.ToElement(), new MediaTypeHeaderValue("application/json"), Letters),
            _ => null,
        };
        if (content is null)
        {
            return null;
        }

        // Its length is known then. Without one the body goes out in chunks, which some servers refuse.
        await content.LoadIntoBufferAsync().ConfigureAwait(false);
        return new TrackedContent(content);
    }

    /// <summary>A body that knows whether any of it was handed to a connection.</summary>
    private sealed class TrackedContent : HttpContent
    {
        private readonly HttpContent _body;

        /// <param name="body">Its length is known.</param>
        public TrackedContent(HttpContent body)
        {
            _body = body;
            Headers.ContentType = body.Headers.ContentType;
        }

        public bool HasBegun { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            HasBegun = true;
            return _body.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Headers.ContentLength!.Value;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _body.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
