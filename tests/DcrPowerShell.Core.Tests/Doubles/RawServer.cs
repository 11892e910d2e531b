using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace DcrPowerShell.Core.Tests.Doubles;

/// <summary>What a <see cref="RawServer"/> does with one request.</summary>
/// <param name="Answer">The bytes to send.</param>
/// <param name="KeepsOpen">Whether the connection stays open for another request.</param>
internal sealed record RawStep(byte[] Answer, bool KeepsOpen = false)
{
    /// <summary>Reads the request and closes the connection.</summary>
    public static RawStep Close { get; } = new([]);

    /// <summary>Reads the request and says nothing.</summary>
    public static RawStep Silence { get; } = new([], KeepsOpen: true);

    /// <param name="head">Status line and headers, a line each; the length of the body is added.</param>
    public static RawStep Of(string head, byte[] body, bool keepsOpen = false)
    {
        var lines = Encoding.ASCII.GetBytes($"{head.Replace("\n", "\r\n")}\r\nContent-Length: {body.Length}\r\n\r\n");
        return new([.. lines, .. body], keepsOpen);
    }

    public static RawStep Json(int status, string json, bool keepsOpen = false) =>
        Of($"HTTP/1.1 {status} Some reason\nContent-Type: application/json", Encoding.UTF8.GetBytes(json), keepsOpen);
}

/// <summary>
/// A server of bare sockets, for what no web server does. Each request takes the next step; after the last one it closes.
/// </summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<RawStep> _steps;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentBag<TcpClient> _connections = [];

    public RawServer(params RawStep[] steps)
    {
        _steps = new(steps);
        _listener.Start();
        Url = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/register");
        _ = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>What arrived, head and body, in order.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public void Dispose()
    {
        _listener.Stop();
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptTcpClientAsync();
                _connections.Add(connection);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    _requests.Enqueue(request);
                    if (!_steps.TryDequeue(out var step))
                    {
                        return;
                    }

                    await stream.WriteAsync(step.Answer, 0, step.Answer.Length);
                    if (!step.KeepsOpen)
                    {
                        return;
                    }
                }
            }
            catch (Exception end) when (end is IOException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private static async Task<string?> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        int wanted;
        do
        {
            var count = await stream.ReadAsync(buffer, 0, buffer.Length);
            if (count == 0)
            {
                return null;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            wanted = LengthOf(text.ToString());
        }
        while (text.Length < wanted);
        return text.ToString();
    }

    /// <summary>The length of a request whose head has come; the tests' bodies are ASCII.</summary>
    private static int LengthOf(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return int.MaxValue;
        }

        var length = Regex.Match(text, "Content-Length: *([0-9]+)", RegexOptions.IgnoreCase);
        return end + 4 + (length.Success ? int.Parse(length.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0);
    }
}
