using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Tests;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>
/// A Windows of the tests' own: what Wine calls a prefix, in a temporary folder. Its drive Z: is the root of this machine's files.
/// </summary>
public sealed class WinePrefix : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dcr-wine-");

    private static bool IsUsed => !OperatingSystem.IsWindows() && WhyUnavailable() is null;

    private string Home => Path.Combine(_folder.FullName, "home");

    /// <summary>Why the Windows paths cannot be run; null on Windows, and where Wine can.</summary>
    public static string? WhyUnavailable()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return OperatingSystem.IsWindows() ? null
            : !folders.Any(static folder => File.Exists(Path.Combine(folder, "wine"))) ? "Wine is not installed"
            : Repository.WindowsHost.Length == 0 ? "the Windows host was not built"
            : null;
    }

    public async Task InitializeAsync()
    {
        if (IsUsed)
        {
            Directory.CreateDirectory(Home);

            // On a newer Windows .NET takes key derivation from the system, and Wine 8 does not have that.
            // The prefix is made by this first call, and would ask for what only browsers and .NET Framework need.
            Dictionary<string, string> environment = new() { ["WINEDLLOVERRIDES"] = "mscoree,mshtml=" };
            string[] arguments = ["reg", "add", @"HKCU\Software\Wine", "/v", "Version", "/d", "win7", "/f"];
            var (exitCode, output) = await StartAsync("wine", arguments, environment);
            Assert.True(exitCode == 0, output);
        }
    }

    public async Task DisposeAsync()
    {
        if (IsUsed)
        {
            await StartAsync("wineserver", ["-k", "-w"], []);
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>A path of this machine as Windows has it.</summary>
    public static string PathOf(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>Runs the Windows host.</summary>
    internal Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, Dictionary<string, string> environment) =>
        StartAsync("wine", [Repository.WindowsHost, .. arguments], environment);

    private async Task<(int ExitCode, string Output)> StartAsync(
        string program, IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["WINEPREFIX"] = Path.Combine(_folder.FullName, "prefix");
        start.Environment["HOME"] = Home;

        start.Environment["WINEDEBUG"] = "-all";

        // With it, the runtime crashes in finalizers.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["NO_COLOR"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var timer = new CancellationTokenSource(HangLimit.OfFile);
        var output = ReadAsync(process.StandardOutput);
        var errors = ReadAsync(process.StandardError);
        try
        {
            await process.WaitForExitAsync(timer.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"It took longer than {HangLimit.OfFile.TotalMinutes} minutes.");
        }
    }

    /// <summary>Without what Wine says about disks all the same.</summary>
    private static async Task<string> ReadAsync(StreamReader reader)
    {
        List<string> lines = [];
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("wine: ", StringComparison.Ordinal))
            {
                lines.Add(line);
            }
        }

        return string.Join('\n', lines);
    }
}
