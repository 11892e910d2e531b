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

    public static string PesterFiles => Path.Combine(Root, "tests", "cmdlets");

    public static string Manifest => File.ReadAllText(Path.Combine(Module, "DcrPowerShell.psd1"));

    /// <summary>A list of the manifest, such as <c>CmdletsToExport</c>.</summary>
    public static string[] ManifestList(string name)
    {
        var list = Regex.Match(Manifest, name + @"\s*=\s*@\((?<items>[^)]*)\)");
        return Regex.Matches(list.Groups["items"].Value, "'([^']+)'").Select(item => item.Groups[1].Value).ToArray();
    }
}
