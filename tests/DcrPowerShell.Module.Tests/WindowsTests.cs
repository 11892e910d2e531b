using System;
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

namespace DcrPowerShell.Module.Tests;

/// <summary>
/// The Windows paths, on Windows or under Wine: Pester files in a PowerShell of Windows; under Wine also Core's tests of ledger and files.
/// Wine is not Windows: what passes there is said to pass under Wine.
/// </summary>
public sealed class WindowsTests(WinePrefix wine, ITestOutputHelper log) : IClassFixture<WinePrefix>
{
    private const string Core = "Ledger and files of Core";

    /// <summary>Those that find here what they need.</summary>
    public static TheoryData<string> Suites => new(Directory
        .GetFiles(Repository.WindowsFiles, "*.Tests.ps1")
        .Where(static path => !SuiteNeeds.Of(File.ReadAllText(path)).Any(Machine.Missing.ContainsKey))
        .Select(static path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal)
        .Concat(OperatingSystem.IsWindows() ? [] : [Core]));

    [WindowsTheory]
    [MemberData(nameof(Suites))]
    public async Task Passes(string suite)
    {
        var running = suite == Core ? RunCoreAsync() : RunFileAsync(Path.Combine(Repository.WindowsFiles, suite));
        var (exitCode, output) = await running;
        log.WriteLine(output);

        // What crashes under Wine may end with exit code 0, and says nothing of this.
        Assert.True(exitCode == 0 && Regex.IsMatch(output, @"^[1-9]\d* passed, 0 failed, \d+ skipped", RegexOptions.Multiline), output);
    }

    private Task<(int ExitCode, string Output)> RunCoreAsync()
    {
        const string Root = "DcrPowerShell.Core.Tests.";
        return wine.RunAsync(["-Tests", WinePrefix.PathOf(Repository.CoreTests), Root + "Files.", Root + "Ledger."], []);
    }

    private async Task<(int ExitCode, string Output)> RunFileAsync(string path)
    {
        using var server = await TestServerProcess.StartAsync(SourceTree.TestServer);
        Dictionary<string, string> environment = new() { ["DCR_TEST_SERVER"] = server.Control.AbsoluteUri.TrimEnd('/') };
        var runner = Path.Combine(Repository.PesterFiles, "Invoke-TestFile.ps1");
        if (OperatingSystem.IsWindows())
        {
            string[] arguments = ["-File", runner, "-Path", path, "-Pester", Repository.Pester];
            return await PowerShellProcess.RunAsync(arguments, environment, HangLimit.OfFile);
        }

        // What came with the PowerShell of this system is not for that of Windows.
        var own = Path.GetDirectoryName(Repository.PowerShell)!;
        var modules = Machine.ModulePath.Split(Path.PathSeparator)
            .Where(folder => Directory.Exists(folder) && !folder.StartsWith(own, StringComparison.Ordinal));
        environment["PSModulePath"] = string.Join(';', modules.Select(WinePrefix.PathOf));

        // SecretStore has one place in an account, and this account was made for the tests.
        environment["CI"] = "true";
        return await wine.RunAsync(
            ["-File", WinePrefix.PathOf(runner), "-Path", WinePrefix.PathOf(path), "-Pester", WinePrefix.PathOf(Repository.Pester)],
            environment);
    }
}

/// <summary>A theory that is skipped where there is neither Windows nor Wine. <see cref="NotRunFactAttribute"/> says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WindowsTheoryAttribute : TheoryAttribute
{
    public WindowsTheoryAttribute()
    {
        if (Machine.Missing.ContainsKey(SuiteNeeds.Wine))
        {
            // dotnet test prints names of skipped tests and not their reasons.
            DisplayName = Skip = "The Windows paths do not run here.";
        }
    }
}
