using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Rocks;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>What ships, and that nothing else does.</summary>
public class LayoutTests
{
    [Fact]
    public void PowerShell_7_gets_our_own_assemblies_and_no_others()
    {
        Assert.Equal(["DcrPowerShell.Core.dll", "DcrPowerShell.dll"], Files("core"));
    }

    [Fact]
    public void Windows_PowerShell_gets_all_that_ours_lean_on()
    {
        var shipped = Files("desktop").Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet();
        string[] framework =
        [
            "mscorlib",
            "netstandard",
            "System",
            "System.Core",
            "System.Data",
            "System.Net.Http",
            "System.Numerics",
            "System.Xml",
            "System.Xml.Linq",
            "System.Management.Automation",
            "Microsoft.CSharp",
            "System.Runtime",
        ];
        var missing = Directory
            .GetFiles(Path.Combine(Repository.Module, "desktop"))
            .SelectMany(file =>
            {
                using var module = ModuleDefinition.ReadModule(file);
                return module.AssemblyReferences.Select(reference => $"{reference.Name} (for {Path.GetFileName(file)})").ToArray();
            })
            .Where(reference => !shipped.Contains(reference.Split(' ')[0]) && !framework.Contains(reference.Split(' ')[0]));
        Assert.Empty(missing);
        Assert.DoesNotContain("System.Management.Automation", shipped);
    }

    [Fact]
    public void No_line_is_longer_than_140_columns()
    {
        var longer =
            from path in SourceFiles(".cs", ".ps1", ".psm1", ".psd1", ".ps1xml", ".mjs", ".props", ".yml", ".csproj", ".md")
            from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select(static (text, index) => (Text: text, Number: index + 1))
            where Counted(path, line.Text).Length > 140
            select $"{path}: {line.Number}";
        Assert.Empty(longer);
    }

    [Fact]
    public void Usings_stand_in_the_order_of_dotnet_format_with_System_first()
    {
        // A name is compared part by part. Behind the plain usings stand the static ones, then those that give a name. Those of one
        // edition stand behind all.
        var directive = new Regex(@"^using (?<kind>static |\w+ = )?(?<name>[\w.]+);");
        var unordered =
            from path in SourceFiles(".cs")
            let names = File.ReadLines(Path.Combine(Repository.Root, path))
                .TakeWhile(static line => !line.StartsWith('#'))
                .Select(line => directive.Match(line))
                .Where(static match => match.Success)
                .Select(static match => (Kind: match.Groups["kind"].Value, Name: match.Groups["name"].Value))
                .ToList()
            let ordered = names
                .OrderBy(static item => item.Kind.Length == 0 ? 0 : item.Kind == "static " ? 1 : 2)
                .ThenBy(static item => item.Name.Split('.')[0] == "System" ? 0 : 1)
                .ThenBy(static item => item.Name.Replace('.', ' '), StringComparer.OrdinalIgnoreCase)
            where !names.SequenceEqual(ordered)
            select path;
        Assert.Empty(unordered);
    }

    [Fact]
    public void Each_type_and_method_that_the_architecture_page_names_exists()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        var named = Regex.Matches(page, "`([A-Z][a-z]\\w+)(?:\\.([A-Z]\\w+))?`").SelectMany(static match => match.Groups.Values.Skip(1));
        var existing = new[] { "core", "desktop" }.SelectMany(static edition =>
            Directory.GetFiles(Path.Combine(Repository.Module, edition), "DcrPowerShell*.dll")).SelectMany(static assembly =>
        {
            using var module = ModuleDefinition.ReadModule(assembly);
            return module.GetAllTypes().SelectMany(static type => type.Methods.Select(static method => method.Name.Replace("get_", ""))
                .Append(type.Name)).ToArray();
        });
        Assert.Empty(named.Select(static name => name.Value).Where(static name => name.Length > 0)
            .Except(existing).Except(["Tests", nameof(ArrowTests), nameof(LayoutTests), nameof(FaultTableTests)]));
    }

    [Fact]
    public void What_the_manifest_names_is_there()
    {
        foreach (
            var file in Repository
                .ManifestList("FormatsToProcess")
                .Concat(Repository.ManifestList("TypesToProcess"))
                .Append("core/DcrPowerShell.dll")
                .Append("desktop/DcrPowerShell.dll")
        )
        {
            Assert.True(File.Exists(Path.Combine(Repository.Module, file)), file);
            Assert.Contains(file, Repository.Manifest);
        }
    }

    [Fact]
    public void The_version_stands_once_and_reaches_the_assemblies()
    {
        var version = Version.Parse(Regex.Match(Repository.Manifest, @"ModuleVersion\s*=\s*'([^']+)'").Groups[1].Value);
        foreach (var assembly in new[] { Repository.ModuleAssembly, Repository.CoreAssembly })
        {
            using var module = ModuleDefinition.ReadModule(assembly);
            Assert.Equal(version.ToString(3), module.Assembly.Name.Version.ToString(3));
        }
    }

    /// <summary>Paths within the repository, of what is written by hand.</summary>
    private static IEnumerable<string> SourceFiles(params string[] extensions) =>
        from file in Directory.EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories)
        where extensions.Contains(Path.GetExtension(file))
        let path = Path.GetRelativePath(Repository.Root, file)
        where !path.Split(Path.DirectorySeparatorChar).Intersect(["bin", "obj", "out", "node_modules"]).Any()
        select path;

    /// <summary>A line without what cannot be wrapped: texts of tests and manifests, rows of tables, an address alone.</summary>
    private static string Counted(string path, string line) => Path.GetExtension(path) switch
    {
        ".md" => line.StartsWith('|') || !line.Trim().Contains(' ') ? "" : line,
        ".psd1" => Regex.Replace(line, "'[^']*'", "''"),
        _ when !path.StartsWith("tests", StringComparison.Ordinal) => line,
        ".cs" => Regex.Replace(line, "\".*\"", "\"\""),
        _ => Regex.Replace(line, "\"[^\"]*\"|'[^']*'", "''"),
    };

    private static string[] Files(string folder) =>
        Directory
            .GetFiles(Path.Combine(Repository.Module, folder))
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)
            .ToArray();
}
