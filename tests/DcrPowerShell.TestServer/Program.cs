using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Hosting;

namespace DcrPowerShell.TestServer;

/// <summary>
/// Starts the control API, says on one line of standard output where it is, and runs until standard input ends or the parent process does.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (Options.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(Options.Usage);
            return 2;
        }

        await using ControlApi control = await ControlApi.StartAsync(options.Port);
        JsonObject line = new() { ["control"] = control.Url };
        if (options.Serves)
        {
            try
            {
                (string id, DcrTestServer server) = await control.AddAsync(options.Switches);
                line["id"] = id;
                line["url"] = server.Url;
                line["issuer"] = server.Issuer;
                if (server.ManagementToken is { } managementToken)
                {
                    line["managementToken"] = managementToken;
                }
            }
            catch (JsonException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 2;
            }
        }

        Console.WriteLine(line.ToJsonString());
        await (options.Parent is { } parent ? EndOfAsync(parent) : EndOfInputAsync());
        return 0;
    }

    private static async Task EndOfAsync(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            await process.WaitForExitAsync();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    private static Task EndOfInputAsync() => Task.Run(static () =>
    {
        using Stream input = Console.OpenStandardInput();
        input.CopyTo(Stream.Null);
    });
}
