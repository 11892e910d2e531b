using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace DcrPowerShell.Module.Tests;

/// <summary>What did not run here, in one line, and whether that is a failure.</summary>
public class SuiteNeedsTests
{
    private static readonly string[] Vault = [SuiteNeeds.PowerShell, SuiteNeeds.SecretManagement, SuiteNeeds.SecretStore];
    private static readonly string[] Plain = [SuiteNeeds.PowerShell];

    [NotRunFact]
    public void Everything_that_CI_and_DCR_REQUIRE_name_is_here()
    {
        var missing = string.Join(", ", NotRunFactAttribute.MissingAndRequired);
        Assert.True(missing.Length == 0, $"CI or DCR_REQUIRE demands what is missing: {missing}.");
    }

    [Fact]
    public void The_build_restores_the_PowerShell_that_the_tool_manifest_names()
    {
        if (!Machine.Missing.ContainsKey(SuiteNeeds.PowerShell))
        {
            using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, ".config", "dotnet-tools.json")));
            var version = manifest.RootElement.GetProperty("tools").GetProperty("powershell").GetProperty("version").GetString()!;
            Assert.Contains(version, Repository.PowerShell.Split('/', '\\'));
        }
    }

    [Fact]
    public void The_build_restores_Pester() => Assert.True(File.Exists(Repository.Pester), Repository.Pester);

    [Theory]
    [InlineData("# Needs: SecretManagement, SecretStore\nBeforeAll { }", "PowerShell,SecretManagement,SecretStore")]
    [InlineData("# What it tests.\r\n# Needs: Node\r\nBeforeAll { }", "PowerShell,Node")]
    [InlineData("# What it tests.\nBeforeAll { }", "PowerShell")]
    [InlineData("BeforeAll { }\n# Needs: Node\n", "PowerShell")]
    public void A_file_needs_what_a_comment_at_its_top_names(string file, string needs) =>
        Assert.Equal(needs.Split(','), SuiteNeeds.Of(file));

    [Fact]
    public void A_need_that_is_misspelt_is_an_error()
    {
        var inFile = Assert.Throws<FormatException>(static () => SuiteNeeds.Of("# Needs: SecretMangement"));
        var inVariable = Assert.Throws<FormatException>(static () => SuiteNeeds.Required("SecretStore,SecretMangement", null));
        Assert.StartsWith("the line # Needs names SecretMangement.", inFile.Message);
        Assert.StartsWith("DCR_REQUIRE names SecretMangement.", inVariable.Message);
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData("", "false", "")]
    [InlineData(null, "true", "PowerShell")]
    [InlineData("SecretManagement, SecretStore", null, "SecretManagement,SecretStore")]
    [InlineData("Node", "True", "Node,PowerShell")]
    public void DCR_REQUIRE_and_CI_say_what_must_not_be_missing(string? require, string? ci, string required) =>
        Assert.Equal(required, string.Join(',', SuiteNeeds.Required(require, ci)));

    [Fact]
    public void Nothing_is_said_where_everything_is_here() => Assert.Null(Omitted([Vault, Plain]));

    [Fact]
    public void Without_SecretStore_only_the_files_that_need_it_are_left_out() =>
        Assert.Equal("Not run: 2 vault test files (no store).", Omitted([Vault, Plain, Vault], (SuiteNeeds.SecretStore, "no store")));

    [Fact]
    public void One_line_names_everything_that_did_not_run_and_why()
    {
        var line = Omitted(
            [Plain, Vault, [.. Plain, SuiteNeeds.Node]],
            (SuiteNeeds.PowerShell, "no pwsh"),
            (SuiteNeeds.Node, "no node"),
            (SuiteNeeds.Glewlwyd, "no glewlwyd"),
            (SuiteNeeds.Mono, "no mono"),
            (SuiteNeeds.Wine, "no wine"),
            (SuiteNeeds.Chromium, "no browser"));
        Assert.Equal(
            "Not run: 1 vault test file (no pwsh); 2 other Pester files (no pwsh, no node); "
            + "the oidc-provider tests (no node); the glewlwyd tests (no glewlwyd); the .NET Framework tests (no mono); "
            + "the Windows paths (no wine); "
            + "the page of clients in a browser (no browser).",
            line);
    }

    private static string? Omitted(string[][] files, params (string Need, string Reason)[] missing) =>
        SuiteNeeds.Omitted(files, missing.ToDictionary(static item => item.Need, static item => item.Reason));
}

/// <summary>A test that is skipped where something did not run, and whose name is then the line that says what and why.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NotRunFactAttribute : FactAttribute
{
    public NotRunFactAttribute()
    {
        // dotnet test prints names of skipped tests and not their reasons.
        DisplayName = SuiteNeeds.Omitted(PesterRun.Files.Select(static file => file.Needs), Machine.Missing);
        if (!MissingAndRequired.Any())
        {
            Skip = DisplayName;
        }
    }

    /// <summary>What CI or DCR_REQUIRE wants and this machine lacks, in words.</summary>
    public static IEnumerable<string> MissingAndRequired => SuiteNeeds
        .Required(Environment.GetEnvironmentVariable("DCR_REQUIRE"), Environment.GetEnvironmentVariable("CI"))
        .Where(Machine.Missing.ContainsKey)
        .Select(static need => Machine.Missing[need]);
}
