using System;
using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>
/// Makes a connection as far away as another machine: what goes either way arrives later by half the round trip, the TLS handshake
/// included. Bytes on their way do not wait for each other.
/// </summary>
internal static class DistantTransport
{
    public static ConnectionDelegate Delay(TimeSpan roundTrip, ConnectionDelegate next) =>
        async connection =>
        {
            IDuplexPipe near = connection.Transport;
            Pipe toServer = new();
            Pipe toClient = new();
            connection.Transport = new Duplex(toServer.Reader, toClient.Writer);
            Task carried = Task.WhenAll(
                CarryAsync(near.Input, toServer.Writer, roundTrip / 2),
                CarryAsync(toClient.Reader, near.Output, roundTrip / 2)
            );
            try
            {
                await next(connection);
            }
            finally
            {
                await toServer.Reader.CompleteAsync();
                await toClient.Writer.CompleteAsync();
                await carried;
            }
        };

    private static async Task CarryAsync(PipeReader from, PipeWriter to, TimeSpan delay)
    {
        Channel<(long Due, byte[] Bytes)> onTheWay = Channel.CreateUnbounded<(long, byte[])>();
        Task arriving = ArriveAsync(onTheWay.Reader, to);
        try
        {
            while (true)
            {
                ReadResult read = await from.ReadAsync();
                if (!read.Buffer.IsEmpty)
                {
                    await onTheWay.Writer.WriteAsync(
                        (Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency), read.Buffer.ToArray())
                    );
                }

                from.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    break;
                }
            }
        }
        catch (Exception failure) when (failure is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The other side is gone, which ends the way.
        }

        onTheWay.Writer.Complete();
        await arriving;
        await from.CompleteAsync();
    }

    private static async Task ArriveAsync(ChannelReader<(long Due, byte[] Bytes)> onTheWay, PipeWriter to)
    {
        await foreach ((long due, byte[] bytes) in onTheWay.ReadAllAsync())
        {
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left);
            }

            if ((await to.WriteAsync(bytes)).IsCompleted)
            {
                break;
            }
        }

        await to.CompleteAsync();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
