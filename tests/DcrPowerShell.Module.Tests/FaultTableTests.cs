using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>The table of faults in docs/architecture.md: none is left out, and the tests that it names are there.</summary>
public class FaultTableTests
{
    private const int Faults = 74;

    [Fact]
    public void It_has_each_fault_once() => Assert.Equal(Enumerable.Range(1, Faults), Rows().Select(static row => row.Number));

    [Fact]
    public void The_tests_that_it_names_are_there()
    {
        var tests = Path.Combine(Repository.Root, "tests");
        var files = new[] { "DcrPowerShell.Core.Tests", "cmdlets" }.SelectMany(folder => Directory.GetFiles(Path.Combine(tests, folder), "*Tests.*", SearchOption.AllDirectories))
            .Where(static file => file.EndsWith("Tests.cs", System.StringComparison.Ordinal) || file.EndsWith(".Tests.ps1", System.StringComparison.Ordinal))
            .ToDictionary(static file => Path.GetFileName(file).Replace(".Tests.ps1", "").Replace(".cs", ""), File.ReadAllText);
        var missing = from row in Rows()
                      from place in row.Places
                      let named = Regex.Match(place, @"^(?<file>[A-Z][\w-]*): (?<test>.*?)(\. |, for |$)")
                      where named.Success && !(files.TryGetValue(named.Groups["file"].Value, out var text) && text.Replace("''", "'").Contains(named.Groups["test"].Value))
                      select $"{row.Number}: {place}";
        Assert.Empty(missing);
    }

    private static IEnumerable<(int Number, string[] Places)> Rows() =>
        Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md")), @"^\| (?<number>\d+) \| [^|]+ \| (?<places>[^|]+) \|\r?$", RegexOptions.Multiline)
            .Select(static row => (int.Parse(row.Groups["number"].Value), row.Groups["places"].Value.Split("<br>")));
}
