using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DcrPowerShell.Tests;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.TestServers;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DcrPowerShell.Module.Tests;

/// <summary>The Pester suite: small files share a PowerShell and a home folder, the others have their own.</summary>
[TestCaseOrderer("DcrPowerShell.Module.Tests.PesterRun", "DcrPowerShell.Module.Tests")]
public class PesterTests(ITestOutputHelper log)
{
    public static TheoryData<string> Files => new(PesterRun.RunnableFiles);

    [PesterTheory]
    [MemberData(nameof(Files))]
    public async Task Passes(string file)
    {
        var output = await PesterRun.ResultAsync(file);
        log.WriteLine(output);
        Assert.Matches("(?m)^[0-9]+ passed, 0 failed, ", output);
    }
}

/// <summary>
/// Runs the Pester suite in four processes at a time, the longest files first. xunit itself runs the cases of a class one after the other,
/// and each waits for its file: how long that one took is in its output.
/// </summary>
public sealed class PesterRun : ITestCaseOrderer
{
    // Two more than the cores of the smallest machine: several of the long files mostly wait, for slow servers and vaults.
    private const int Workers = 4;

    // A PowerShell that has the module and Pester costs as much as a small file.
    private const int Sharing = 6;

    // Each has a process of its own. Their order only matters for how evenly the workers end.
    private static readonly string[] Longest =
    [
        "NothingLost",
        "Help",
        "SideBySide",
        "SecretStoreFaults",
        "VaultAdapter",
        "Kill",
        "Docs",
        "SecretStoreCopy",
        "KillVault",
        "Vault",
        "TwoProcesses",
        "LocalStore",
        "LongRun",
        "VaultFaults",
        "StoreProtection",
        "Package",
        "Cancellation",
        "Unattended",
        "Secrets",
        "Get-DcrAuditLog",
    ];

    private static readonly ConcurrentQueue<IReadOnlyList<string>> Waiting = new();
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> Results = new();
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
        // The same files share a process in each run.
        var ordered = testCases
            .OrderBy(testCase => FileOf(testCase) is { } file ? Rank(file) : 0)
            .ThenBy(testCase => FileOf(testCase), StringComparer.Ordinal)
            .ToList();
        foreach (var file in ordered.Select(testCase => FileOf(testCase)).OfType<string>())
        {
            Results[file] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (var files in Together(ordered.Select(testCase => FileOf(testCase)).OfType<string>().ToList()))
        {
            Waiting.Enqueue(files);
        }

        for (var worker = 0; worker < Workers; worker++)
        {
            _ = Task.Run(WorkAsync);
        }

        return ordered;
    }

    internal static Task<string> ResultAsync(string file) => Results[file].Task;

    // A case of a suite that does not run here has no file.
    private static string? FileOf(ITestCase testCase) => testCase.TestMethodArguments?.FirstOrDefault() as string;

    private static int Rank(string file)
    {
        var place = Array.IndexOf(Longest, file.Split('.')[0]);
        return place < 0 ? Longest.Length : place;
    }

    /// <summary>Which share a process: no long ones, and none that puts a vault into its home folder.</summary>
    private static IEnumerable<IReadOnlyList<string>> Together(IReadOnlyList<string> files)
    {
        var alone = Files
            .Where(static file => file.Needs.Contains(SuiteNeeds.SecretManagement))
            .Select(static file => file.Name)
            .ToHashSet();
        var small = files.Where(file => Rank(file) == Longest.Length && !alone.Contains(file)).ToList();
        return files.Except(small).Select(static file => new[] { file }).Concat(small.Chunk(Sharing));
    }

    private static async Task WorkAsync()
    {
        while (Waiting.TryDequeue(out var files))
        {
            string output;
            try
            {
                output = await RunAsync(files);
            }
            catch (Exception e)
            {
                output = e.ToString();
            }

            // What comes before the first file, or in the place of one, is about all of them.
            var parts = Regex.Split(output, "(?m)^FILE ");
            foreach (var file in files)
            {
                var own = parts.FirstOrDefault(part => part.StartsWith(file, StringComparison.Ordinal));
                Results[file].SetResult(own ?? $"It did not run to its end, with {string.Join(", ", files)}: {output}");
            }
        }
    }

    private static async Task<string> RunAsync(IReadOnlyList<string> files)
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
            var paths = string.Join(Path.PathSeparator, files.Select(static file => Path.Combine(Repository.PesterFiles, file)));
            string[] arguments = ["-File", runner, "-Path", paths, "-Pester", Repository.Pester];
            return (await PowerShellProcess.RunAsync(arguments, environment, HangLimit.OfFile)).Output;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}

/// <summary>A theory that is skipped where no file can run. <see cref="NotRunFactAttribute"/> says why.</summary>
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
