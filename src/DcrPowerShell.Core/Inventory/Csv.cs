using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Inventory;

/// <summary>CSV with commas (RFC 4180).</summary>
internal static class Csv
{
    /// <summary>One row, without its end. Every cell is quoted.</summary>
    public static string Row(IEnumerable<string> cells) =>
        string.Join(",", cells.Select(static cell => $"\"{Given.Inert(cell).Replace("\"", "\"\"")}\""));

    /// <summary>Reads a table: the heading line, and the rows after it.</summary>
    /// <param name="mayNameSeparator">Whether its first line may name the separator: sep=, as Excel writes it.</param>
    /// <exception cref="FormatException">As for <see cref="Read"/>; or it is empty.</exception>
    public static (IReadOnlyList<string> Headings, IReadOnlyList<(int Line, IReadOnlyList<string> Cells)> Rows) ReadTable(
        string text,
        bool mayNameSeparator = false
    )
    {
        // Windows PowerShell's Export-Csv begins with the type, unless it is told not to.
        var rows = Read(new StringReader(text))
            .SkipWhile(row =>
                row.Cells[0].StartsWith("#TYPE ", StringComparison.Ordinal)
                || (mayNameSeparator && row.Cells[0].StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
            )
            .ToList();
        return rows.Count > 0 ? (rows[0].Cells, rows.GetRange(1, rows.Count - 1)) : throw new FormatException("it is empty");
    }

    /// <summary>Reads rows: the cells of each, and the number of the line that it begins on. Empty lines are left out.</summary>
    /// <exception cref="FormatException">A quoted cell has no end, or goes on after it.</exception>
    public static IEnumerable<(int Line, IReadOnlyList<string> Cells)> Read(TextReader reader)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var (line, begin) = (1, 1);
        var wasQuoted = false;
        while (true)
        {
            var next = reader.Read();
            if (next == '"' && cell.Length == 0 && !wasQuoted)
            {
                wasQuoted = true;
                line += ReadQuoted(reader, cell, begin);
                continue;
            }

            if (next is ',' or '\n' or -1)
            {
                cells.Add(wasQuoted ? cell.ToString() : cell.ToString().TrimEnd('\r'));
                if (next != ',')
                {
                    if (cells.Count > 1 || cells[0].Length > 0 || wasQuoted)
                    {
                        yield return (begin, cells);
                    }

                    cells = [];
                    begin = ++line;
                }

                cell.Clear();
                wasQuoted = false;
                if (next < 0)
                {
                    yield break;
                }
            }
            else if (!wasQuoted)
            {
                cell.Append((char)next);
            }
            else if (next is not (' ' or '\t' or '\r'))
            {
                throw new FormatException($"in line {begin} a cell goes on after its closing quotation mark");
            }
        }
    }

    /// <summary>Reads to the closing quotation mark.</summary>
    /// <returns>How many lines further.</returns>
    private static int ReadQuoted(TextReader reader, StringBuilder cell, int begin)
    {
        for (var lines = 0; ;)
        {
            var next = reader.Read();
            if (next < 0)
            {
                throw new FormatException($"in line {begin} a quotation mark begins a cell that has no end");
            }

            if (next == '"')
            {
                if (reader.Peek() != '"')
                {
                    return lines;
                }

                reader.Read();
            }

            lines += next == '\n' ? 1 : 0;
            cell.Append((char)next);
        }
    }
}
