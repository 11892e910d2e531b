using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace DcrPowerShell.Module.Tests;

/// <summary>A process of the PowerShell that the build restored, without profile and prompts.</summary>
internal static class PowerShellProcess
{
    /// <param name="environment">What it has beside the variables of this process.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IEnumerable<string> arguments, Dictionary<string, string> environment, TimeSpan limit)
    {
        // Not the tool's own program: that is a shim, and PowerShell a child of it.
        var start = new ProcessStartInfo("dotnet", [Repository.PowerShell, "-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["NO_COLOR"] = "1";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";

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
        using var timer = new CancellationTokenSource(limit);
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
