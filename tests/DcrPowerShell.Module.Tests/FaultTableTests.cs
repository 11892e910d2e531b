using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>The tables of faults and of the ledger's rules in docs/architecture.md: none is left out, and the tests that they name are there.</summary>
public class FaultTableTests
{
    private const int Faults = 74;
    private const int Rules = 10;

    private static readonly Regex Named = new(@"^(?<file>[A-Z][\w-]*): (?<test>.*?)(\. |, for |$)");

    [Fact]
    public void Each_fault_is_there_once() => Assert.Equal(Enumerable.Range(1, Faults).Select(static number => $"{number}"), Rows(@"\d+").Select(static row => row.Id));

    [Fact]
    public void Each_rule_of_the_ledger_is_there_once() => Assert.Equal(Enumerable.Range(1, Rules).Select(static number => $"L{number}"), Rows(@"L\d+").Select(static row => row.Id));

    [Fact]
    public void Each_rule_of_the_ledger_names_its_tests() => Assert.All(Rows(@"L\d+"), static row => Assert.Contains(row.Places, static place => Named.IsMatch(place)));

    [Fact]
    public void The_tests_that_are_named_are_there()
    {
        var tests = Path.Combine(Repository.Root, "tests");
        var files = new[] { "DcrPowerShell.Core.Tests", "cmdlets" }.SelectMany(folder => Directory.GetFiles(Path.Combine(tests, folder), "*Tests.*", SearchOption.AllDirectories))
            .Where(static file => file.EndsWith("Tests.cs", System.StringComparison.Ordinal) || file.EndsWith(".Tests.ps1", System.StringComparison.Ordinal))
            .ToDictionary(static file => Path.GetFileName(file).Replace(".Tests.ps1", "").Replace(".cs", ""), File.ReadAllText);
        var missing = from row in Rows(@"L?\d+")
                      from place in row.Places
                      let named = Named.Match(place)
                      where named.Success && !(files.TryGetValue(named.Groups["file"].Value, out var text) && text.Replace("''", "'").Contains(named.Groups["test"].Value))
                      select $"{row.Id}: {place}";
        Assert.Empty(missing);
    }

    /// <param name="id">A pattern for the first column.</param>
    private static IEnumerable<(string Id, string[] Places)> Rows(string id) =>
        Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md")), $@"^\| (?<id>{id}) \| [^|]+ \| (?<places>[^|]+) \|\r?$", RegexOptions.Multiline)
            .Select(static row => (row.Groups["id"].Value, row.Groups["places"].Value.Split("<br>")));
}
