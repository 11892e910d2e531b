using System;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace DcrPowerShell.WindowsHost;

/// <summary>A script in a PowerShell of its own.</summary>
internal static class ScriptRun
{
    /// <returns>The script's exit code; 1 where an error ended it.</returns>
    public static int Run(string script, string[] arguments)
    {
        // The package has them beside assemblies of the platform, where PowerShell does not look.
        var builtIn = Path.Combine(AppContext.BaseDirectory, "runtimes", "win", "lib", "net10.0", "Modules");
        Environment.SetEnvironmentVariable("PSModulePath", $"{builtIn};{Environment.GetEnvironmentVariable("PSModulePath")}");
        Environment.SetEnvironmentVariable("PSExecutionPolicyPreference", "Bypass");

        using var runspace = RunspaceFactory.CreateRunspace(new ConsoleOnlyHost(), InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand(script, useLocalScope: false);
        AddParameters(shell, arguments);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        try
        {
            shell.Invoke();
            return runspace.SessionStateProxy.GetVariable("LASTEXITCODE") is int exitCode ? exitCode : 0;
        }
        catch (RuntimeException failure)
        {
            Console.Error.WriteLine($"{failure.ErrorRecord}\n{failure.ErrorRecord?.ScriptStackTrace}");
            return 1;
        }
    }

    private static void AddParameters(PowerShell shell, string[] arguments)
    {
        for (var index = 0; index < arguments.Length; index++)
        {
            if (!arguments[index].StartsWith('-'))
            {
                shell.AddArgument(arguments[index]);
            }
            else if (index + 1 < arguments.Length && !arguments[index + 1].StartsWith('-'))
            {
                shell.AddParameter(arguments[index][1..], arguments[++index]);
            }
            else
            {
                shell.AddParameter(arguments[index][1..]);
            }
        }
    }
}
