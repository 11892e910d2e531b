using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using DcrPowerShell.Inventory;

namespace DcrPowerShell.Cmdlets;

/// <summary>A file of rows: CSV with a heading line, or JSON with an array of objects; in UTF-8, or with a byte order mark.</summary>
internal static class RowFile
{
    private const char Lost = '\uFFFD';

    /// <summary>The rows, as Import-Csv and ConvertFrom-Json give them.</summary>
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

            var read = text.TrimStart().IndexOfAny(['[', '{']) == 0 ? "ConvertFrom-Json | ForEach-Object { $_ }" : "ConvertFrom-Csv";
            return cmdlet.InvokeCommand.InvokeScript(
                $"$ErrorActionPreference = 'Stop'; $args[0] | {read}",
                useNewScope: true,
                PipelineResultTypes.None,
                input: null,
                text
            );
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or RuntimeException)
        {
            throw InventoryErrors.RowsUnreadable(path, failure.Message, failure);
        }
    }
}
