using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using DcrPowerShell.Tests;
using DcrPowerShell.TestServers;

namespace DcrPowerShell.Module.Tests;

/// <summary>What this machine has of what the suite needs.</summary>
internal static class Machine
{
    private static readonly Lazy<(Dictionary<string, string> Missing, string ModulePath)> Found = new(Look);

    /// <summary>What is missing, by its name in <see cref="SuiteNeeds"/>, and the words for it.</summary>
    public static IReadOnlyDictionary<string, string> Missing => Found.Value.Missing;

    /// <summary>PSModulePath with the modules of this user: the home folder of a Pester file's process is another one.</summary>
    public static string ModulePath => Found.Value.ModulePath;

    private static (Dictionary<string, string> Missing, string ModulePath) Look()
    {
        Dictionary<string, string> missing = [];
        var modulePath = "";
        if (!File.Exists(Repository.PowerShell))
        {
            missing[SuiteNeeds.PowerShell] = "PowerShell was not restored: see dotnet tool restore";
        }
        else
        {
            const string Command = """
                $env:PSModulePath
                'Microsoft.PowerShell.SecretManagement', 'Microsoft.PowerShell.SecretStore', 'PSScriptAnalyzer' |
                    Where-Object { -not (Get-Module $_ -ListAvailable) } | ForEach-Object { $_.Split('.')[-1] }
                """;
            var looking = PowerShellProcess.RunAsync(["-Command", Command], [], HangLimit.OfWait);
            var (exitCode, output) = looking.GetAwaiter().GetResult();
            var lines = output.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
            if (exitCode != 0)
            {
                throw new InvalidOperationException($"PowerShell does not start: {output}");
            }

            modulePath = lines[0];
            foreach (var module in lines.Skip(1))
            {
                missing[module] = $"{module} is not installed";
            }
        }

        if (OidcProviderProcess.WhyUnavailable() is { } reason)
        {
            missing[SuiteNeeds.Node] = reason.Split(':')[0];
        }

        if (!File.Exists("/usr/bin/glewlwyd"))
        {
            missing[SuiteNeeds.Glewlwyd] = "glewlwyd is not installed";
        }

        if (SourceTree.Metadata("HasNetFramework") != "true")
        {
            missing[SuiteNeeds.Mono] = "Mono is not installed";
        }

        if (WinePrefix.WhyUnavailable() is { } why)
        {
            missing[SuiteNeeds.Wine] = why;
        }

        if (ChromiumProgram.Find() is null)
        {
            missing[SuiteNeeds.Chromium] = "Chromium is not installed";
        }

        return (missing, modulePath);
    }
}
