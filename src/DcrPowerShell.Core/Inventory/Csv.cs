using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace DcrPowerShell.Inventory;

/// <summary>CSV with commas (RFC 4180).</summary>
internal static class Csv
{
    /// <summary>Characters that make a spreadsheet take a cell for a formula; some languages' versions take the wide ones too.</summary>
    private const string FormulaStarts = "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20";

    /// <summary>One row, without its end. Every cell is quoted.</summary>
    public static string Row(IEnumerable<string> cells) => string.Join(",", cells.Select(static cell => $"\"{Inert(cell).Replace("\"", "\"\"")}\""));

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

    /// <summary>
    /// Names come from servers and from whoever registered, and a spreadsheet runs <c>=HYPERLINK(...)</c>, <c>+cmd|...</c>. An apostrophe
    /// makes a text of it. An id that begins with a hyphen, as base64url may, has nothing to call and stays as it is: scripts look it up.
    /// </summary>
    private static string Inert(string cell) =>
        cell.Length > 0 && FormulaStarts.Contains(cell[0]) && cell.Skip(1).Any(static character => !char.IsLetterOrDigit(character) && character is not ('-' or '_' or '.')) ? "'" + cell : cell;

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
