using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Faults;
using DcrPowerShell.TestServer.Standard;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>The way of a request through a virtual server: read, record, limit, work, spoil, send.</summary>
internal sealed class RequestHandler(ServerState state)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    public async Task HandleAsync(HttpContext context)
    {
        CancellationToken gone = context.RequestAborted;
        try
        {
            Switches switches = state.Switches;
            IncomingRequest request = await IncomingRequest.ReadAsync(context, state.Dialect, switches, gone);
            RecordedRequest record = state.Log.Add(request);
            if (switches.LatencyMs > 0)
            {
                await Task.Delay(switches.LatencyMs, gone);
            }

            (Answer answer, Fault? fault) = Answer(request, switches);
            if (switches.ClockSkewSeconds != 0)
            {
                answer.Headers.TryAdd("Date", state.Now.ToString("R", CultureInfo.InvariantCulture));
            }

            if (fault is { DelayMs: > 0 })
            {
                await Task.Delay(fault.DelayMs, gone);
            }

            while (fault is not null && state.Log.Snapshot().Count(other => other.Operation == record.Operation) < fault.HeldUntil)
            {
                await Task.Delay(Beat, gone);
            }

            record.Status = answer.Status;
            if (fault is null)
            {
                await SendAsync(context, answer);
            }
            else
            {
                await FaultDelivery.SendAsync(context, answer, fault);
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The client went away: there is no one to answer.
        }
        catch (Exception e) when (e is not IOException)
        {
            // A fault of this server, not one it was asked for: a test must not take the 500 for one.
            await Console.Error.WriteLineAsync(e.ToString());
            throw;
        }
    }

    /// <summary>Puts status and headers onto the response.</summary>
    public static void Start(HttpResponse response, Answer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        foreach ((string name, StringValues values) in answer.Headers)
        {
            response.Headers[name] = values;
        }
    }

    private static async Task SendAsync(HttpContext context, Answer answer)
    {
        Start(context.Response, answer);
        if (answer.Body.Length > 0)
        {
            context.Response.ContentLength = answer.Body.Length;
            await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
        }
    }

    private (Answer Answer, Fault? Fault) Answer(IncomingRequest request, Switches switches)
    {
        if (!IsAdmittedByProxy(request, switches))
        {
            return (Hosting.Answer.Empty(407).WithHeader("Proxy-Authenticate", "Basic realm=\"proxy\""), null);
        }

        Operation operation = request.Route.Operation;
        Action<Answer>? describeLimit = null;
        if (state.Limiters.Of(operation) is { } limiter && !limiter.TryTake(state.Now, out describeLimit))
        {
            Answer limited = Refusal.Write(state, operation, state.Dialect.RefusedFor(429));
            describeLimit(limited);
            state.Dialect.Dress(limited);
            return (limited, null);
        }

        Fault? fault = state.Faults.Next(operation);
        Answer? real = fault?.Moment == FaultMoment.BeforeProcessing ? null : Work(request);
        Answer answer = fault is null ? real! : FaultAnswer.Make(fault, real, request, state);
        describeLimit?.Invoke(answer);
        state.Dialect.Dress(answer);
        return (answer, fault);
    }

    private Answer Work(IncomingRequest request)
    {
        lock (state.Gate)
        {
            try
            {
                return state.Dialect.Handle(state, request);
            }
            catch (Refused refused)
            {
                return Refusal.Write(state, request.Route.Operation, refused);
            }
        }
    }

    private static bool IsAdmittedByProxy(IncomingRequest request, Switches switches)
    {
        bool isProxied = !request.Target.StartsWith('/');
        return switches.ProxyCredential is null || !isProxied
            || request.Header("Proxy-Authorization") == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(switches.ProxyCredential));
    }
}
