using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using DcrPowerShell.TestServers;

namespace DcrPowerShell.Module.Tests;

/// <summary>Where things are in the repository and in the module that was laid out from it.</summary>
internal static class Repository
{
    public static string Root => SourceTree.Root;

    public static string Module => Path.Combine(Root, "out", "DcrPowerShell");

    public static string ModuleAssembly => Path.Combine(Module, "core", "DcrPowerShell.dll");

    public static string CoreAssembly => Path.Combine(Module, "core", "DcrPowerShell.Core.dll");

    /// <summary>The PowerShell that the build restored: its own assembly, for dotnet to start. Empty where NuGet did not have it.</summary>
    public static string PowerShell { get; } = SourceTree.Metadata("PowerShell");

    /// <summary>The Pester that the build restored: its manifest.</summary>
    public static string Pester { get; } = SourceTree.Metadata("Pester");

    /// <summary>What runs scripts and tests under Wine. Empty where there is no Wine, or NuGet did not have what it is made of.</summary>
    public static string WindowsHost { get; } = SourceTree.Metadata("WindowsHost");

    public static string CoreTests =>
        Path.Combine(Root, "tests", "DcrPowerShell.Core.Tests", "bin", "Release", "net8.0", "DcrPowerShell.Core.Tests.dll");

    public static string PesterFiles => Path.Combine(Root, "tests", "cmdlets");

    public static string Manifest => File.ReadAllText(Path.Combine(Module, "DcrPowerShell.psd1"));

    public static string WindowsFiles => Path.Combine(Root, "tests", "windows");

    /// <summary>A list of the manifest, such as <c>CmdletsToExport</c>.</summary>
    public static string[] ManifestList(string name)
    {
        var list = Regex.Match(Manifest, name + @"\s*=\s*@\((?<items>[^)]*)\)");
        return Regex.Matches(list.Groups["items"].Value, "'([^']+)'").Select(item => item.Groups[1].Value).ToArray();
    }
}
