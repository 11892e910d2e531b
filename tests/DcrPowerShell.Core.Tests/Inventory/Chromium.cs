#if NET
using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Tests;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

/// <summary>A Chromium without a window that shows one file, by its DevTools protocol. It reaches no host.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Process _process;
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("dcr-chromium-");
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private string? _session;
    private int _lastCall;

    private Chromium(string program)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
        [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--remote-debugging-port=0",
            $"--user-data-dir={_profile.FullName}",
            "about:blank",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
    }

    /// <summary>What the page asked for, and what the browser complained of.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <inheritdoc cref="Requests"/>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Opens a page.</summary>
    public static async Task<Chromium> OpenAsync(string path)
    {
        var browser = new Chromium(ChromiumProgram.Find()!);
        try
        {
            await browser.StartAsync(new Uri(path));
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonElement> CallAsync(string method, object? parameters = null)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { }, sessionId = _session }, Options);
        await _socket.SendAsync(call, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        return await answer.Task.WaitAsync(HangLimit.OfWait);
    }

    /// <summary>The value of an expression of the page.</summary>
    public async Task<string> GetAsync(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new { expression = $"String({expression})" });
        return answer.TryGetProperty("exceptionDetails", out var details)
            ? throw new InvalidOperationException(details.ToString())
            : answer.GetProperty("result").GetProperty("value").GetString()!;
    }

    /// <summary>Presses and lets go of the mouse in the middle of an element.</summary>
    public async Task ClickAsync(string selector)
    {
        var place = await GetAsync(
            $$"""
            (e => {
                e.scrollIntoView({ block: 'center' });
                const r = e.getBoundingClientRect();
                return JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]);
            })(document.querySelector({{JsonSerializer.Serialize(selector)}}))
            """
        );
        var at = JsonSerializer.Deserialize<double[]>(place)!;
        foreach (var type in new[] { "mousePressed", "mouseReleased" })
        {
            await CallAsync("Input.dispatchMouseEvent", new { type, x = at[0], y = at[1], button = "left", clickCount = 1 });
        }
    }

    /// <summary>Types a text where the focus is.</summary>
    public Task TypeAsync(string text) => CallAsync("Input.insertText", new { text });

    /// <summary>Presses a key that is no letter.</summary>
    public async Task PressAsync(string key, int code, string? text = null)
    {
        var down = text is null ? "rawKeyDown" : "keyDown";
        await CallAsync("Input.dispatchKeyEvent", new { type = down, key, windowsVirtualKeyCode = code, text });
        await CallAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, windowsVirtualKeyCode = code });
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _socket.Dispose();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // One of its processes may still have a file open. The folder is among temporary ones.
        }
    }

    private async Task StartAsync(Uri page)
    {
        Uri? address = null;
        while (address is null)
        {
            var line = await _process.StandardError.ReadLineAsync().WaitAsync(HangLimit.OfWait)
                ?? throw new InvalidOperationException("Chromium ended before it listened.");
            var match = Regex.Match(line, "^DevTools listening on (ws:.*)$");
            address = match.Success ? new Uri(match.Groups[1].Value) : null;
        }

        _ = _process.StandardError.ReadToEndAsync();
        await _socket.ConnectAsync(address, CancellationToken.None);
        _ = Task.Run(ReceiveAsync);
        var target = (await CallAsync("Target.createTarget", new { url = "about:blank" })).GetProperty("targetId").GetString();
        var attached = await CallAsync("Target.attachToTarget", new { targetId = target, flatten = true });
        _session = attached.GetProperty("sessionId").GetString();
        foreach (var domain in new[] { "Page", "Network", "Log", "Runtime", "Accessibility" })
        {
            await CallAsync($"{domain}.enable");
        }

        await CallAsync("Page.navigate", new { url = page.AbsoluteUri });
        await HangLimit.UntilAsync(
            "the page is loaded",
            async () => await GetAsync("location.protocol === 'file:' && document.readyState") == "complete"
        );
    }

    private async Task ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                await message.WriteAsync(buffer.AsMemory(0, part.Count));
                if (part.EndOfMessage)
                {
                    using var document = JsonDocument.Parse(message.ToArray());
                    Take(document.RootElement.Clone());
                    message.SetLength(0);
                }
            }
        }
        catch (Exception end)
        {
            foreach (var call in _calls.Values)
            {
                call.TrySetException(end);
            }
        }
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            var call = _calls[id.GetInt32()];
            if (message.TryGetProperty("result", out var result))
            {
                call.TrySetResult(result);
            }
            else
            {
                call.TrySetException(new InvalidOperationException(message.ToString()));
            }

            return;
        }

        switch (message.GetProperty("method").GetString())
        {
            case "Network.requestWillBeSent":
                Requests.Enqueue(message.GetProperty("params").GetProperty("request").GetProperty("url").GetString()!);
                break;
            case "Log.entryAdded" or "Runtime.exceptionThrown" or "Runtime.consoleAPICalled" or "Page.javascriptDialogOpening":
                Complaints.Enqueue(message.ToString());
                break;
            default:
                break;
        }
    }
}

/// <summary>A test that needs a browser; its name says so where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute([CallerMemberName] string test = "") =>
        DisplayName = Skip = ChromiumProgram.Find() is null ? $"{test} did not run: there is no Chromium on this machine." : null;
}
#endif
