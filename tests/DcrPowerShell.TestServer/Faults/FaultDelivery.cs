using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Hosting;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DcrPowerShell.TestServer.Faults;

/// <summary>Sends an answer the way a fault wants it: late, padded, or not to its end.</summary>
internal static class FaultDelivery
{
    private const long HugeBytes = 50L * 1024 * 1024;

    /// <summary>A reset can overtake bytes that are still on their way: what must arrive gets this much time.</summary>
    private static readonly TimeSpan UntilReset = TimeSpan.FromMilliseconds(50);

    private static readonly byte[] Padding = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));

    public static async Task SendAsync(HttpContext context, Answer answer, Fault fault)
    {
        CancellationToken gone = context.RequestAborted;
        if (fault.Drop == FaultDrop.BeforeAnswer)
        {
            context.Abort();
            return;
        }

        RequestHandler.Start(context.Response, answer);
        if (fault.Body is FaultBody.Huge or FaultBody.Endless)
        {
            await SendPaddedAsync(context, answer.Body, fault.Body == FaultBody.Huge ? HugeBytes : null);
            return;
        }

        int length = fault.Drop switch
        {
            FaultDrop.AfterStatusLine => 0,
            FaultDrop.MidBody or FaultDrop.StallMidBody => answer.Body.Length / 2,
            _ => answer.Body.Length,
        };
        if (answer.Body.Length > 0)
        {
            context.Response.ContentLength = answer.Body.Length;
        }

        await context.Response.StartAsync(gone);
        if (length > 0)
        {
            await context.Response.Body.WriteAsync(answer.Body.AsMemory(0, length), gone);
        }

        // Also where there is no body: till then the status line has not left.
        await context.Response.Body.FlushAsync(gone);

        await EndAsync(context, fault.Drop);
    }

    private static async Task EndAsync(HttpContext context, FaultDrop drop)
    {
        switch (drop)
        {
            case FaultDrop.AfterStatusLine or FaultDrop.MidBody:
                await Task.Delay(UntilReset, context.RequestAborted);
                context.Abort();
                break;
            case FaultDrop.StallMidBody:
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case FaultDrop.AfterAnswer:
                await context.Response.CompleteAsync();
                context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
                break;
            default:
                break;
        }
    }

    /// <summary>Sends a JSON object whose first member is padding, before the members of the body.</summary>
    private static async Task SendPaddedAsync(HttpContext context, byte[] body, long? padding)
    {
        byte[] head = Encoding.ASCII.GetBytes("{\"padding\":\"");
        byte[] tail = body is [(byte)'{', ..] ? [.. "\","u8, .. body.AsSpan(1)] : [.. "\"}"u8];
        context.Response.ContentLength = padding is null ? null : head.Length + padding + tail.Length;

        CancellationToken gone = context.RequestAborted;
        await context.Response.Body.WriteAsync(head, gone);
        for (long left = padding ?? long.MaxValue; left > 0; left -= Padding.Length)
        {
            await context.Response.Body.WriteAsync(Padding.AsMemory(0, (int)Math.Min(left, Padding.Length)), gone);
        }

        await context.Response.Body.WriteAsync(tail, gone);
    }
}
