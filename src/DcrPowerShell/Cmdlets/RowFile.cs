using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>A file of rows: CSV with a heading line, or JSON with an array of objects; in UTF-8, or with a byte order mark.</summary>
internal static class RowFile
{
    private const char Lost = '\uFFFD';

    // More are only counted.
    private const int Named = 5;

    /// <summary>
    /// Reads rows as Import-Csv and ConvertFrom-Json give them. Faults that Import-Csv passes over in silence are errors.
    /// </summary>
    /// <exception cref="Errors.DcrException">InventoryReadFailed.</exception>
    public static IReadOnlyList<PSObject> Read(PSCmdlet cmdlet, string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            if (text.IndexOf(Lost) is >= 0 and var place)
            {
                throw new FormatException(
                    $"line {text.Take(place).Count(static letter => letter == '\n') + 1} has a letter that is not UTF-8 (Excel saves as "
                        + "'CSV UTF-8')"
                );
            }

            return text.TrimStart().IndexOfAny(['[', '{']) == 0 ? Json(cmdlet, text) : Csv(text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or RuntimeException)
        {
            throw InventoryErrors.RowsUnreadable(path, failure.Message, failure);
        }
    }

    private static List<PSObject> Json(PSCmdlet cmdlet, string text)
    {
        var rows = cmdlet
            .InvokeCommand.InvokeScript(
                "$ErrorActionPreference = 'Stop'; $args[0] | ConvertFrom-Json | ForEach-Object { , $_ }",
                useNewScope: true,
                PipelineResultTypes.None,
                input: null,
                text
            )
            .ToList();
        var odd = rows.FindIndex(static row => row?.BaseObject is not PSCustomObject);
        return odd < 0 ? rows : throw new FormatException($"entry {odd + 1} is no object");
    }

    private static List<PSObject> Csv(string text)
    {
        var (headings, rows) = Inventory.Csv.ReadTable(text, mayNameSeparator: true);
        if (headings.GroupBy(Given.Trim, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static same => same.Count() > 1) is { } twice)
        {
            throw new FormatException($"the heading '{Given.Shown(twice.Key)}' stands there twice");
        }

        // A file with one heading has another delimiter, mostly semicolons: InputColumns says so of its rows.
        var odd = rows
            .Where(row => headings.Count > 1 && row.Cells.Skip(headings.Count).Any(static cell => cell.Length > 0))
            .Select(static row => row.Line)
            .ToList();
        return odd.Count == 0
            ? [.. rows.Select(row => Row(headings, row))]
            : throw new FormatException(
                $"{(odd.Count == 1 ? "line" : "lines")} {string.Join(", ", odd.Take(Named))}"
                    + $"{(odd.Count > Named ? $" and {odd.Count - Named} more" : "")} {(odd.Count == 1 ? "has" : "have")} more cells than "
                    + "there are headings"
            );
    }

    private static PSObject Row(IReadOnlyList<string> headings, (int Line, IReadOnlyList<string> Cells) line)
    {
        var row = new PSObject();
        for (var index = 0; index < headings.Count; index++)
        {
            row.Properties.Add(new PSNoteProperty(headings[index], index < line.Cells.Count ? line.Cells[index] : ""));
        }

        return row;
    }
}
