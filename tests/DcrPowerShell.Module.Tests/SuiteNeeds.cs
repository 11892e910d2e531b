using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace DcrPowerShell.Module.Tests;

/// <summary>What parts of the suite need beyond the .NET SDK, and what follows where it is missing. Knows no machine.</summary>
internal static class SuiteNeeds
{
    public const string PowerShell = "PowerShell";
    public const string SecretManagement = "SecretManagement";
    public const string SecretStore = "SecretStore";
    public const string PSScriptAnalyzer = "PSScriptAnalyzer";
    public const string Node = "Node";
    public const string Glewlwyd = "Glewlwyd";
    public const string Mono = "Mono";
    public const string Wine = "Wine";
    public const string Chromium = "Chromium";

    private static readonly string[] Known =
        [PowerShell, SecretManagement, SecretStore, PSScriptAnalyzer, Node, Glewlwyd, Mono, Wine, Chromium];

    /// <summary>What a Pester file needs: PowerShell, and what its line <c># Needs: SecretManagement, SecretStore</c> names.</summary>
    public static IReadOnlyList<string> Of(string pesterFile)
    {
        var line = Regex.Match(pesterFile, @"\A(#[^\n]*\n)*?# Needs:(?<names>[^\r\n]*)");
        return [PowerShell, .. Names(line.Groups["names"].Value, "the line # Needs")];
    }

    /// <summary>What must not be missing: what the environment variable DCR_REQUIRE names, and PowerShell where CI is true.</summary>
    public static IReadOnlyList<string> Required(string? dcrRequire, string? ci)
    {
        var named = Names(dcrRequire ?? "", "DCR_REQUIRE");
        return string.Equals(ci, "true", StringComparison.OrdinalIgnoreCase) ? [.. named, PowerShell] : named;
    }

    /// <summary>The one line that names what did not run and why; null where everything ran.</summary>
    /// <param name="needsOfFiles">What each Pester file needs.</param>
    /// <param name="missing">What this machine lacks, and the words for it.</param>
    public static string? Omitted(IEnumerable<IReadOnlyList<string>> needsOfFiles, IReadOnlyDictionary<string, string> missing)
    {
        var files = needsOfFiles
            .Where(needs => needs.Any(missing.ContainsKey))
            .ToLookup(static needs => needs.Contains(SecretManagement) || needs.Contains(SecretStore));
        List<string> parts = [];
        Add(files[true].ToList(), "vault test file");
        Add(files[false].ToList(), "other Pester file");
        AddPart(Node, "the oidc-provider tests");
        AddPart(Glewlwyd, "the glewlwyd tests");
        AddPart(Mono, "the .NET Framework tests");
        AddPart(Wine, "the Windows paths");
        AddPart(Chromium, "the page of clients in a browser");
        return parts.Count == 0 ? null : $"Not run: {string.Join("; ", parts)}.";

        void Add(List<IReadOnlyList<string>> group, string what)
        {
            if (group.Count > 0)
            {
                var reasons = missing.Where(item => group.Any(needs => needs.Contains(item.Key))).Select(static item => item.Value);
                parts.Add($"{group.Count} {what}{(group.Count == 1 ? "" : "s")} ({string.Join(", ", reasons)})");
            }
        }

        void AddPart(string need, string what)
        {
            if (missing.TryGetValue(need, out var reason))
            {
                parts.Add($"{what} ({reason})");
            }
        }
    }

    private static string[] Names(string list, string place)
    {
        var names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.FirstOrDefault(static name => !Known.Contains(name)) is { } unknown
            ? throw new FormatException($"{place} names {unknown}. It can name {string.Join(", ", Known)}.")
            : names;
    }
}
