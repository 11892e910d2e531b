using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>The first half of the Pester suite. Halves run side by side.</summary>
public class PesterFilesAToL
{
    public static TheoryData<string> Files => PesterFile.Named('A', 'L');

    [PesterTheory]
    [MemberData(nameof(Files))]
    public Task Passes(string file) => PesterFile.AssertPassesAsync(file);
}

/// <summary>The second half of the Pester suite.</summary>
public class PesterFilesMToZ
{
    public static TheoryData<string> Files => PesterFile.Named('M', 'Z');

    [PesterTheory]
    [MemberData(nameof(Files))]
    public Task Passes(string file) => PesterFile.AssertPassesAsync(file);
}

/// <summary>Runs a file of the Pester suite in a PowerShell and a home folder of its own.</summary>
internal static class PesterFile
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "cmdlets");

    /// <summary>The files whose names begin with a letter of this span.</summary>
    public static TheoryData<string> Named(char first, char last) => new(Directory.GetFiles(Folder, "*.Tests.ps1")
        .Select(path => Path.GetFileName(path))
        .Where(file => char.ToUpperInvariant(file[0]) >= first && char.ToUpperInvariant(file[0]) <= last)
        .Order(StringComparer.Ordinal));

    public static async Task AssertPassesAsync(string file)
    {
        var home = Directory.CreateTempSubdirectory("dcr-home-");
        try
        {
            var (exitCode, output) = await PowerShellProcess.RunAsync(["-File", Path.Combine(Folder, "Invoke-TestFile.ps1"), "-Path", Path.Combine(Folder, file)], home.FullName, Limit);
            Assert.True(exitCode == 0, output);
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
        var (_, output) = PowerShellProcess.RunAsync(["-Command", Command], home: null, TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();
        return string.IsNullOrWhiteSpace(output) ? null : $"The Pester suite did not run: this machine lacks {string.Join(", ", output.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries))}.";
    }
}

/// <summary>A pwsh process without profile and prompts.</summary>
internal static class PowerShellProcess
{
    private static readonly string Name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";

    public static bool IsPresent => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Name)));

    /// <param name="home">The process's home folder, where its vaults are; null for the user's own.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, string? home, TimeSpan limit)
    {
        var start = new ProcessStartInfo(Name, ["-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["NO_COLOR"] = "1";
        if (home is not null)
        {
            start.Environment["HOME"] = home;
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
