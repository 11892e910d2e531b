using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DcrPowerShell.HelpBuilder;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>What scripts lean on: cmdlets, parameters, manifest and help stay in step, and change only on purpose.</summary>
public class SurfaceTests
{
    [Fact]
    public void The_manifest_exports_each_cmdlet_by_name()
    {
        var cmdlets = CmdletReader.Read(Repository.ModuleAssembly).Select(cmdlet => cmdlet.Name);
        Assert.Equal(cmdlets, Repository.ManifestList("CmdletsToExport"));
        Assert.All(
            new[] { "FunctionsToExport", "AliasesToExport", "VariablesToExport" },
            list => Assert.Empty(Repository.ManifestList(list))
        );
        Assert.DoesNotContain("'*'", Repository.Manifest);
    }

    [Fact]
    public void Every_cmdlet_and_parameter_has_its_words_in_help()
    {
        var docs = Path.Combine(Repository.Root, "docs", "en-US");
        var pages = Directory.GetFiles(docs, "*-*.md").Select(HelpPage.Read).ToList();
        Assert.Empty(HelpCheck.Problems(CmdletReader.Read(Repository.ModuleAssembly), pages, "docs/en-US"));
        Assert.True(File.Exists(Path.Combine(Repository.Module, "en-US", "DcrPowerShell.dll-Help.xml")));
        Assert.True(File.Exists(Path.Combine(Repository.Module, "en-US", "about_DcrPowerShell.help.txt")));
    }

    /// <summary>
    /// Surface.txt is the surface as agreed, and Objects.txt the public types with their members. If this fails and the change is meant:
    /// copy the actual text over it, and say it in CHANGELOG.md.
    /// </summary>
    [Theory]
    [InlineData("Surface.txt")]
    [InlineData("Objects.txt")]
    public void The_surface_is_the_agreed_one(string name)
    {
        var agreed = File.ReadAllText(Path.Combine(Repository.Root, "tests", "DcrPowerShell.Module.Tests", name)).ReplaceLineEndings("\n");
        var actual = name == "Surface.txt" ? Describe() : Objects();
        var file = Path.Combine(Repository.Root, "out", name);
        File.WriteAllText(file, actual);
        var place = Path.GetRelativePath(Repository.Root, file);
        Assert.True(
            agreed == actual,
            $"The public surface differs from {name}. The actual one is in {place}:\n{Difference(agreed, actual)}"
        );
    }

    /// <summary>The project's address is the manifest's ProjectUri: another one is changed everywhere at once.</summary>
    [Fact]
    public void Every_address_of_the_project_is_below_the_manifests_ProjectUri()
    {
        var project = Regex.Match(Repository.Manifest, @"ProjectUri\s*=\s*'([^']+)'").Groups[1].Value;
        var raw = project.Replace("https://github.com/", "https://raw.githubusercontent.com/", System.StringComparison.Ordinal);
        var form = File.ReadAllText(Path.Combine(Repository.Root, ".github", "ISSUE_TEMPLATE", "config.yml"));
        foreach (var address in new[] { "LicenseUri", "ReleaseNotes", "IconUri" })
        {
            var uri = Regex.Match(Repository.Manifest, address + @"\s*=\s*'([^']+)'").Groups[1].Value;
            var parts = Regex.Match(uri, $"^({Regex.Escape(project)}/blob|{Regex.Escape(raw)})/main/(?<file>.+)$");
            Assert.True(parts.Success, $"{address}: {uri}");
            Assert.True(File.Exists(Path.Combine(Repository.Root, parts.Groups["file"].Value)), uri);
        }

        Assert.Contains($"{project}/security/", form);
        Assert.All(
            CmdletReader.Read(Repository.ModuleAssembly),
            cmdlet => Assert.Equal($"{project}/blob/main/docs/en-US/{cmdlet.Name}.md", cmdlet.HelpUri));
    }

    /// <summary>A client that goes to a file or comes from a job brings all but its secrets.</summary>
    [Fact]
    public void All_of_a_client_is_serialised_but_its_secrets()
    {
        using var core = Mono.Cecil.ModuleDefinition.ReadModule(Repository.CoreAssembly);
        var properties = core.GetType("DcrPowerShell.DcrClient").Properties
            .Where(property => property.GetMethod.IsPublic && property.PropertyType.Name != "SecureString")
            .Select(property => property.Name);
        var types = XDocument.Load(Path.Combine(Repository.Module, "DcrPowerShell.Types.ps1xml"));
        foreach (var name in new[] { "DcrPowerShell.DcrClient", "Deserialized.DcrPowerShell.DcrClient" })
        {
            var type = types.Descendants("Type").Single(type => type.Element("Name")!.Value == name);
            var set = type.Descendants("PropertySet").Single(set => set.Element("Name")!.Value == "PropertySerializationSet");
            var serialised = set.Descendants("ReferencedProperties").Elements("Name").Select(property => property.Value);
            Assert.Equal(properties.Order(System.StringComparer.Ordinal), serialised.Order(System.StringComparer.Ordinal));
        }
    }

    private static string Objects() => string.Concat(
        PublicTypes.Describe(Repository.CoreAssembly),
        PublicTypes.Describe(Repository.ModuleAssembly),
        PublicTypes.DescribeAdded(Path.Combine(Repository.Module, "DcrPowerShell.Types.ps1xml")));

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var cmdlet in CmdletReader.Read(Repository.ModuleAssembly))
        {
            var ask = cmdlet.AsksByDefault ? " (asks by default)" : "";
            text.Append($"{cmdlet.Name} -> {string.Join(", ", cmdlet.OutputTypes.DefaultIfEmpty("nothing"))}{ask}\n");
            foreach (var parameter in cmdlet.Parameters.OrderBy(parameter => parameter.Name, System.StringComparer.Ordinal))
            {
                var sets = parameter.Sets.Select(set =>
                    string.Join(
                        " ",
                        new[]
                        {
                            set.Name is null ? null : $"{set.Name}:",
                            set.Mandatory ? "mandatory" : null,
                            set.Position is { } position ? $"position {position}" : null,
                            set.ByValue ? "piped" : null,
                            set.ByPropertyName ? "by property" : null,
                        }.OfType<string>()
                    )
                );
                var traits = string.Join(
                    "; ",
                    sets.Append(parameter.Aliases.Count == 0 ? "" : $"alias {string.Join(", ", parameter.Aliases)}")
                        .Where(trait => trait.Length > 0)
                );
                text.Append($"  -{parameter.Name} <{parameter.Type}>{(traits.Length == 0 ? "" : $" {traits}")}\n");
            }
        }

        return text.ToString();
    }

    private static string Difference(string agreed, string actual)
    {
        var left = agreed.Split('\n');
        var right = actual.Split('\n');
        return string.Join("\n", left.Except(right).Select(line => "- " + line).Concat(right.Except(left).Select(line => "+ " + line)));
    }
}
