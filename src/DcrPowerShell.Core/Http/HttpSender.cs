using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Http;

/// <summary>
/// The one sender: repeats what may be repeated, waits as the server asks, tells what it does, and turns a missing answer into
/// an error that says whether anything was done.
/// </summary>
internal sealed class HttpSender(HttpTransport transport, IClock clock) : IDisposable
{
    /// <summary>How long a request that changes something may go on after the user has stopped the pipeline.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    // A fresh token, and a nonce for its proof.
    private const int MostLessons = 2;

    private const string LimitReached = "the server's rate limit is reached";

    /// <summary>The server's pace.</summary>
    public RateGate Gate { get; set; } = new(clock);

    /// <summary>The pace of registrations, where the server counts them by themselves; null for that of all requests.</summary>
    public RateGate? RegistrationGate { get; set; }

    /// <summary>How long so many more requests take at least by the limits that are known beforehand.</summary>
    public TimeSpan LeastFor(int requests) =>
        RegistrationGate is { } own && own.LeastFor(requests) is var apart && apart > Gate.LeastFor(requests)
            ? apart
            : Gate.LeastFor(requests);

    /// <summary>Null for the system's proxy.</summary>
    public Uri? Proxy { get; init; }

    // Disconnect-DcrServer sets it, maybe while another runspace sends.
    private volatile bool _isClosed;

    /// <summary>Tells each answer, with the time that it took, to those who look at headers. From any thread.</summary>
    public event Action<ProtocolRequest, ProtocolResponse, TimeSpan>? Answered;

    /// <summary>Sends a request and returns the server's answer, whatever its status, with its words still as they came.</summary>
    /// <param name="authorizer">The credential; it goes to this URL and nowhere else.</param>
    /// <param name="arrived">Told of each try's answer before anybody judges it, so that it can be kept; of null where none came.</param>
    /// <param name="stop">The user's wish to stop: heeded before anything is sent, and within <see cref="Grace"/> afterwards.</param>
    /// <exception cref="DcrException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">Stopped before anything was done.</exception>
    public async Task<ProtocolResponse> SendAsync(
        ProtocolRequest request,
        IAuthorizer authorizer,
        IReporter reporter,
        CancellationToken stop,
        Func<ProtocolRequest, ProtocolResponse?, Task>? arrived = null
    )
    {
        if (!SafeUrl.IsSafe(request.Uri))
        {
            throw ProtocolErrors.NotConformant(
                request.Uri,
                "its address is not an https URL, or has a user name or password in it, and a token travels over https only"
            );
        }

        using var patience = new Patience(request.Effect, clock, stop);
        var waited = TimeSpan.Zero;
        var lessons = 0;
        var pause = LimitReached;
        var gate = request.Effect == RequestEffect.Registers && RegistrationGate is { } own ? own : Gate;
        var turn = gate.TakeTurn();
        for (var tries = 1; ; tries++)
        {
            stop.ThrowIfCancellationRequested();
            TimeSpan? wait;
            string reason;
            try
            {
                // Tokens are fetched once for all: they go at once.
                var pass = request.Effect == RequestEffect.FetchesToken
                    ? (RatePass?)null
                    : await EnterAsync(gate, turn, request, reporter, RetryPolicy.LongestWait - waited, tries > 1 ? pause : null, stop)
                        .ConfigureAwait(false);
                waited += pass?.Waited ?? TimeSpan.Zero;
                ProtocolResponse? response = null;
                Authorization authorization;
                try
                {
                    if (request.SendBefore is { } end && end <= clock.UtcNow)
                    {
                        throw MetadataErrors.StatementExpired(end, isTried: tries > 1);
                    }

                    // After the wait: a proof or a token may be old by then.
                    authorization = await authorizer.AuthorizeAsync(request, reporter, stop).ConfigureAwait(false);
                    response = await TryAsync(With(request, authorization), authorization, reporter, arrived, patience.Token)
                        .ConfigureAwait(false);
                }
                finally
                {
                    if (pass is { } gone)
                    {
                        gate.Leave(gone.Place, response);
                    }
                }

                if (authorizer.Learn(authorization, request, response) && ++lessons <= MostLessons)
                {
                    // A refusal of the credential: the server did nothing.
                    continue;
                }

                wait = RetryPolicy.AfterAnswer(request.Effect, response, tries, waited);
                if (wait is null)
                {
                    return response;
                }

                reason = response.Status == 429 ? LimitReached : $"the server answered HTTP {response.Status}";
                if (RetryPolicy.WantsPause(response) && pass is not null)
                {
                    // The gate has the pause, and the order.
                    pause = reason;
                    continue;
                }
            }
            catch (ObjectDisposedException failure) when (_isClosed)
            {
                // The credential's key is gone.
                throw HttpErrors.ClosedMeanwhile(request.Uri, failure);
            }
            catch (TransportException failure)
            {
                wait = _isClosed ? null : RetryPolicy.AfterFailure(request.Effect, failure, tries);
                if (wait is null)
                {
                    throw Explain(request, failure);
                }

                reason = failure.Kind == TransportFailure.NameResolution ? "a host name was not found" : "the connection could not be made";
            }

            waited += wait.Value;
            await WaitAsync(request, wait.Value, reason, reporter, stop).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        transport.Dispose();
    }

    private static async Task<RatePass> EnterAsync(
        RateGate gate,
        long turn,
        ProtocolRequest request,
        IReporter reporter,
        TimeSpan left,
        string? refused,
        CancellationToken stop
    )
    {
        using var wait = new Wait(reporter.Waiting);
        var pass = await gate.EnterAsync(
                span =>
                {
                    if (!wait.IsTold && (refused is not null || span > TimeSpan.FromSeconds(1)))
                    {
                        var what = refused is null ? "at the server's pace; going on" : $"{refused}; trying again";
                        Tell(reporter, wait, $"{request.Uri.Authority}: {what} in {Duration.Say(span)}");
                    }
                },
                stop,
                request.Effect == RequestEffect.Registers,
                left,
                turn
            )
            .ConfigureAwait(false);
        return pass.TooLong is { } pause
            ? throw HttpErrors.PauseLasts(
                request.Uri,
                pause,
                request.Effect == RequestEffect.Registers,
                wasSent: refused is not null,
                pass.IsDown
            )
            : pass;
    }

    private static ProtocolRequest With(ProtocolRequest request, Authorization authorization)
    {
        var (fields, members) = (authorization.Fields, authorization.Members);
        return request with
        {
            Form = fields.Count == 0
                ? request.Form
                : [.. (request.Form ?? []).Where(own => fields.All(field => field.Key != own.Key)), .. fields],
            Body = members.Count == 0 ? request.Body : (request.Body ?? JsonBag.Empty).With(members),
        };
    }

    /// <summary>One try. The answer is handed over before anything is reported of it, because the reporter's command may be gone.</summary>
    private async Task<ProtocolResponse> TryAsync(
        ProtocolRequest request,
        Authorization authorization,
        IReporter reporter,
        Func<ProtocolRequest, ProtocolResponse?, Task>? arrived,
        CancellationToken cancellationToken
    )
    {
        var time = Stopwatch.StartNew();
        reporter.Sending();
        try
        {
            var response = await transport.SendAsync(request, authorization.Headers, cancellationToken).ConfigureAwait(false) with
            {
                Redaction = SentSecrets(request, authorization),
            };
            await TellAsync(response).ConfigureAwait(false);
            reporter.Verbose($"{request.Method} {Shown(request)} - {response.Status} in {time.ElapsedMilliseconds} ms{Reason(response)}");
            Answered?.Invoke(request, response, time.Elapsed);
            return response;
        }
        catch (TransportException failure)
        {
            // Where the answer is no HTTP, the platform quotes it, and it may quote the request.
            var told = SentSecrets(request, authorization).Finds(failure.ToString()) ? failure.WithoutWords() : failure;
            await TellAsync(null).ConfigureAwait(false);
            reporter.Verbose(
                $"{request.Method} {Shown(request)} - no answer after {time.ElapsedMilliseconds} ms ({told.Kind}: {told.Message})"
            );
            throw told;
        }

        Task TellAsync(ProtocolResponse? response) => arrived?.Invoke(request, response) ?? Task.CompletedTask;
    }

    private static string Reason(ProtocolResponse response) =>
        response.Status < 400 || ServerErrorReader.Read(response) is not { } said
            ? ""
            : (said.Code, said.Description) switch
            {
                (null, null) => "",
                (null, var words) => $": {words}",
                (var code, null) => $": {code}",
                var (code, words) => $": {code}: {words}",
            };

    // A query may hold anything.
    private static string Shown(ProtocolRequest request) => request.Uri.GetLeftPart(UriPartial.Path);

    /// <summary>An error answer may quote what was sent: its words must not bring a token back.</summary>
    private static Redaction SentSecrets(ProtocolRequest request, Authorization authorization) =>
        new(
            authorization
                .Secrets.Concat(
                    request.Form?.Where(field => field.Key is "client_secret" or "client_assertion").Select(field => field.Value) ?? []
                )
                .Concat(request.Secrets)
                .Concat(request.Body is null ? [] : SecretMember.Values(request.Body))
                .Append(request.Body?.Text(ClientMember.SoftwareStatement))
        );

    /// <summary>Before the wait. Progress is not seen everywhere: unattended, -Verbose has it.</summary>
    private static void Tell(IReporter reporter, Wait wait, string text)
    {
        wait.Tell(text);
        reporter.Verbose(text);
    }

    private async Task WaitAsync(ProtocolRequest request, TimeSpan span, string reason, IReporter reporter, CancellationToken stop)
    {
        using var wait = new Wait(reporter.Waiting);
        Tell(reporter, wait, $"{request.Uri.Authority}: {reason}; trying again in {Duration.Say(span)}");
        await clock.Delay(span, stop).ConfigureAwait(false);
    }

    private DcrException Explain(ProtocolRequest request, TransportException failure)
    {
        var timedOut = failure.Kind == TransportFailure.TimedOut;
        var what = timedOut ? "no answer came in time" : "the connection broke before the answer was complete";
        var proxy = HandlerFactory.ProxyBefore(Proxy, request.Uri);
        return (failure.Kind, failure.MayHaveArrived, request.Effect) switch
        {
            (TransportFailure.ProxyRefused, _, _) => ProtocolErrors.ProxyRefused(request.Uri),
            (TransportFailure.ProxyTunnel, _, _) => HttpErrors.ProxyFailed(
                request.Uri,
                proxy,
                "made no connection to that server",
                failure
            ),
            (TransportFailure.NameResolution, _, _) when proxy is not null => HttpErrors.ProxyFailed(
                request.Uri,
                proxy,
                "has a host name that was not found",
                failure
            ),
            (TransportFailure.Connect, _, _) when proxy is not null => HttpErrors.ProxyFailed(
                request.Uri,
                proxy,
                "could not be reached",
                failure
            ),
            (TransportFailure.Tls, _, _) => HttpErrors.TlsFailed(request.Uri, failure),
            (TransportFailure.NameResolution, _, _) => HttpErrors.ConnectionFailed(request.Uri, "the host name was not found", failure),
            (TransportFailure.Connect, _, _) => HttpErrors.ConnectionFailed(request.Uri, "the connection could not be made", failure),
            (_, true, RequestEffect.Registers) => ProtocolErrors.RegistrationOutcomeUnknown(request.Uri, what, failure),
            (_, true, RequestEffect.Changes) => ProtocolErrors.ChangeOutcomeUnknown(request.Uri, what, failure),
            _ when _isClosed => HttpErrors.ClosedMeanwhile(request.Uri, failure),
            _ => HttpErrors.Interrupted(request.Uri, timedOut, failure),
        };
    }

    /// <summary>
    /// When to give a request up: at once when the user stops a read; for one that changes something, a while later, so that
    /// its answer can still be kept.
    /// </summary>
    private sealed class Patience : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly CancellationTokenRegistration _stop;

        public Patience(RequestEffect effect, IClock clock, CancellationToken stop) =>
            _stop = stop.Register(() =>
            {
                if (effect == RequestEffect.None)
                {
                    _end.CancelAfter(TimeSpan.Zero);
                }
                else
                {
                    _ = EndAfterGraceAsync(clock);
                }
            });

        public CancellationToken Token => _end.Token;

        public void Dispose()
        {
            _stop.Dispose();

            // For a grace that is still counted.
            _end.Cancel();
            _end.Dispose();
        }

        private async Task EndAfterGraceAsync(IClock clock)
        {
            try
            {
                await clock.Delay(Grace, _end.Token).ConfigureAwait(false);
                _end.Cancel();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // The answer came in time.
            }
        }
    }
}
