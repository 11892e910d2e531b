using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.TestServers;
using DcrPowerShell.Tests;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DcrPowerShell.Module.Tests;

/// <summary>The Pester suite: each file in a PowerShell and a home folder of its own.</summary>
[TestCaseOrderer("DcrPowerShell.Module.Tests.PesterRun", "DcrPowerShell.Module.Tests")]
public class PesterTests(ITestOutputHelper log)
{
    public static TheoryData<string> Files => new(PesterRun.RunnableFiles);

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
/// Runs files of the Pester suite two at a time, of those that were asked for, the longest first. xunit itself runs the cases of a class
/// one
/// after the other, and each waits for its file: how long that one took is in its output.
/// </summary>
public sealed class PesterRun : ITestCaseOrderer
{
    private const int Workers = 2;

    // It only matters for how evenly the workers end.
    private static readonly string[] Longest =
    [
        "Help",
        "TwoProcesses",
        "Journal",
        "Secrets",
        "SecretStoreCopy",
        "Parallel",
        "Get-DcrAuditLog",
        "Get-DcrClient",
        "Unattended",
        "Package",
    ];

    private static readonly ConcurrentQueue<string> Waiting = new();
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<(int ExitCode, string Output)>> Results = new();
    private static readonly Lazy<Task<TestServerProcess>> TestServer = new(static () =>
        TestServerProcess.StartAsync(SourceTree.TestServer)
    );

    /// <summary>All files, and what each needs.</summary>
    internal static IEnumerable<(string Name, IReadOnlyList<string> Needs)> Files => Directory
        .GetFiles(Repository.PesterFiles, "*.Tests.ps1")
        .Order(StringComparer.Ordinal)
        .Select(static path => (Path.GetFileName(path), SuiteNeeds.Of(File.ReadAllText(path))));

    /// <summary>Those that find here what they need.</summary>
    internal static IEnumerable<string> RunnableFiles => Files
        .Where(static file => !file.Needs.Any(Machine.Missing.ContainsKey))
        .Select(static file => file.Name);

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
                ["PSModulePath"] = Machine.ModulePath,
                ["DCR_TEST_SERVER"] = (await TestServer.Value).Control.AbsoluteUri.TrimEnd('/'),
            };
            var runner = Path.Combine(Repository.PesterFiles, "Invoke-TestFile.ps1");
            string[] arguments = ["-File", runner, "-Path", Path.Combine(Repository.PesterFiles, file), "-Pester", Repository.Pester];
            return await PowerShellProcess.RunAsync(arguments, environment, HangLimit.OfFile);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}

/// <summary>A theory that is skipped where no file can run. <see cref="LeftOutFactAttribute"/> says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PesterTheoryAttribute : TheoryAttribute
{
    public PesterTheoryAttribute()
    {
        if (!PesterRun.RunnableFiles.Any())
        {
            // dotnet test prints names of skipped tests and not their reasons.
            DisplayName = Skip = "No Pester file runs here.";
        }
    }
}
