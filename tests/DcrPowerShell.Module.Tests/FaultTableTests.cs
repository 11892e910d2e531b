using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>
/// The faults of docs/faults.md and the ledger's rules of docs/architecture.md: none is left out, and each names a test that exists or says
/// why it is not run here.
/// </summary>
public class FaultTableTests
{
    private const int Faults = 74;
    private const int VaultFaults = 12;
    private const int UdapFaults = 11;
    private const int Rules = 10;

    private static readonly Regex NotRun = new(@"^not run here: \w.+$");
    private static readonly Regex Named = new(@"^(?<file>[A-Z][\w-]*): (?<test>[^\[]+?)( \[(?<case>[^\]]+)\])?$");
    private static readonly Regex Method = new(@"^\s*(public|internal) (async )?(Task|void) (?<test>\w+)\(", RegexOptions.Multiline);
    private static readonly Regex Title = new(@"^\s*(Describe|Context|It) '(?<test>([^']|'')*)'", RegexOptions.Multiline);

    [Fact]
    public void Each_fault_is_there_once() => Assert.Equal(
        Numbers("", Faults).Concat(Numbers("V", VaultFaults)).Concat(Numbers("U", UdapFaults)),
        Rows("faults.md", @"[UV]?\d+").Select(static row => row.Id));

    [Fact]
    public void Each_rule_of_the_ledger_is_there_once() =>
        Assert.Equal(Numbers("L", Rules), Rows("architecture.md", @"L\d+").Select(static row => row.Id));

    [Fact]
    public void Each_fault_names_tests_that_exist_or_says_why_it_is_not_run_here() =>
        Assert.Empty(Strays(Rows("faults.md", @"[UV]?\d+"), static place => NotRun.IsMatch(place)));

    [Fact]
    public void Each_rule_of_the_ledger_names_tests_that_exist() =>
        Assert.Empty(Strays(Rows("architecture.md", @"L\d+"), static _ => false));

    private static IEnumerable<string> Numbers(string letter, int count) =>
        Enumerable.Range(1, count).Select(number => $"{letter}{number}");

    private static List<string> Strays(IEnumerable<(string Id, string[] Places)> rows, Func<string, bool> isExcused)
    {
        var files = TestFiles();
        return (from row in rows
                from place in row.Places
                where !isExcused(place) && !IsTest(place, files)
                select $"{row.Id}: {place}").ToList();
    }

    private static bool IsTest(string place, Dictionary<string, string> files)
    {
        var named = Named.Match(place);
        if (!named.Success || !files.TryGetValue(named.Groups["file"].Value, out var text))
        {
            return false;
        }

        var test = named.Groups["test"].Value;
        var isThere = named.Groups["file"].Value.EndsWith("Tests", StringComparison.Ordinal)
            ? Method.Matches(text).Any(method => method.Groups["test"].Value == test)
            : Title.Matches(text).Any(title => title.Groups["test"].Value.Replace("''", "'").Contains(test, StringComparison.Ordinal));
        return isThere && text.Contains(named.Groups["case"].Value, StringComparison.Ordinal);
    }

    /// <summary>The text of each test file, by its name without endings.</summary>
    private static Dictionary<string, string> TestFiles()
    {
        var tests = Path.Combine(Repository.Root, "tests");
        return Directory.GetFiles(Path.Combine(tests, "DcrPowerShell.Core.Tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.Combine(tests, "cmdlets"), "*.Tests.ps1"))
            .ToDictionary(static file => Path.GetFileName(file).Replace(".Tests.ps1", "").Replace(".cs", ""), File.ReadAllText);
    }

    /// <param name="page">A page in docs.</param>
    /// <param name="id">A pattern for the first column.</param>
    private static IEnumerable<(string Id, string[] Places)> Rows(string page, string id) =>
        Regex.Matches(
                File.ReadAllText(Path.Combine(Repository.Root, "docs", page)),
                $@"^\| (?<id>{id}) \| [^|]+ \| (?<places>[^|]+) \|\r?$",
                RegexOptions.Multiline)
            .Select(static row => (row.Groups["id"].Value, row.Groups["places"].Value.Split("<br>")));
}
