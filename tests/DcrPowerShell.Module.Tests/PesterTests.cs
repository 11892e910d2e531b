using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.TestServers;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DcrPowerShell.Module.Tests;

/// <summary>The Pester suite: each file in a PowerShell and a home folder of its own.</summary>
[TestCaseOrderer("DcrPowerShell.Module.Tests.PesterRun", "DcrPowerShell.Module.Tests")]
public class PesterTests(ITestOutputHelper log)
{
    public static TheoryData<string> Files => new(Directory.GetFiles(PesterRun.Folder, "*.Tests.ps1").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [PesterTheory]
    [MemberData(nameof(Files))]
    public async Task Passes(string file)
    {
        var (exitCode, output) = await PesterRun.ResultAsync(file);
        log.WriteLine(output);
        Assert.True(exitCode == 0, output);
    }
}

/// <summary>
/// Runs files of the Pester suite two at a time, of those that were asked for, the longest first. xunit itself runs the cases of a class one
/// after the other, and each waits for its file: how long that one took is in its output.
/// </summary>
public sealed class PesterRun : ITestCaseOrderer
{
    private const int Workers = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    // It only matters for how evenly the workers end.
    private static readonly string[] Longest = ["Help", "TwoProcesses", "Journal", "Secrets", "SecretStoreCopy", "Parallel", "Get-DcrAuditLog", "Get-DcrClient", "Unattended", "Package"];

    private static readonly ConcurrentQueue<string> Waiting = new();
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<(int ExitCode, string Output)>> Results = new();
    private static readonly Lazy<Task<TestServerProcess>> TestServer = new(static () => TestServerProcess.StartAsync(SourceTree.TestServer));

    internal static string Folder { get; } = Path.Combine(Repository.Root, "tests", "cmdlets");

    /// <summary>Is called once, with the cases that are to be run.</summary>
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase
    {
        var ordered = testCases.OrderBy(testCase => FileOf(testCase) is { } file ? Rank(file) : 0).ToList();
        foreach (var file in ordered.Select(testCase => FileOf(testCase)).OfType<string>())
        {
            Results[file] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Waiting.Enqueue(file);
        }

        for (var worker = 0; worker < Workers; worker++)
        {
            _ = Task.Run(WorkAsync);
        }

        return ordered;
    }

    internal static Task<(int ExitCode, string Output)> ResultAsync(string file) => Results[file].Task;

    // A case of a suite that does not run here has no file.
    private static string? FileOf(ITestCase testCase) => testCase.TestMethodArguments?.FirstOrDefault() as string;

    private static int Rank(string file)
    {
        var place = Array.IndexOf(Longest, file.Split('.')[0]);
        return place < 0 ? Longest.Length : place;
    }

    private static async Task WorkAsync()
    {
        while (Waiting.TryDequeue(out var file))
        {
            try
            {
                Results[file].SetResult(await RunAsync(file));
            }
            catch (Exception e)
            {
                Results[file].SetException(e);
            }
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string file)
    {
        var home = Directory.CreateTempSubdirectory("dcr-home-");
        try
        {
            var environment = new Dictionary<string, string>
            {
                ["HOME"] = home.FullName,
                ["DCR_TEST_SERVER"] = (await TestServer.Value).Control.AbsoluteUri.TrimEnd('/'),
            };
            return await PowerShellProcess.RunAsync(["-File", Path.Combine(Folder, "Invoke-TestFile.ps1"), "-Path", Path.Combine(Folder, file)], environment, Limit);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}

/// <summary>A theory that is skipped, with one line that says why, where PowerShell or a module that the suite needs is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PesterTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Missing = new(WhatIsMissing);

    public PesterTheoryAttribute()
    {
        // dotnet test prints names of skipped tests and not their reasons.
        DisplayName = Skip = Missing.Value;
    }

    private static string? WhatIsMissing()
    {
        if (!PowerShellProcess.IsPresent)
        {
            return "The Pester suite did not run: pwsh is not on this machine.";
        }

        const string Command = """
            if (-not (Get-Module Pester -ListAvailable | Where-Object Version -ge '5.0.0')) { 'Pester 5' }
            'Microsoft.PowerShell.SecretManagement', 'Microsoft.PowerShell.SecretStore' | Where-Object { -not (Get-Module $_ -ListAvailable) }
            """;
        var (_, output) = PowerShellProcess.RunAsync(["-Command", Command], [], TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();
        return string.IsNullOrWhiteSpace(output) ? null : $"The Pester suite did not run: this machine lacks {string.Join(", ", output.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries))}.";
    }
}

/// <summary>A pwsh process without profile and prompts.</summary>
internal static class PowerShellProcess
{
    private static readonly string Name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";

    public static bool IsPresent => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Name)));

    /// <param name="environment">What it has beside the variables of this process.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, Dictionary<string, string> environment, TimeSpan limit)
    {
        var start = new ProcessStartInfo(Name, ["-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["NO_COLOR"] = "1";

        // A process of seconds earns back little of what optimizing its code takes: a quarter of the CPU time.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCountThreshold"] = "1000";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var timer = new System.Threading.CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"It took longer than {limit.TotalMinutes} minutes.\n{await output}{await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }
}
