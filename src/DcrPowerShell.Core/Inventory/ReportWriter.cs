using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Inventory;

/// <summary>
/// Writes what came of each row of a run. The file is whole after each row, whatever ends the process next.
/// </summary>
/// <param name="stream">Empty; can be read and sought. Whoever gave it closes it.</param>
/// <param name="replace">
/// Puts what is written to a new stream in the place of the file, at once or not at all, and gives the stream to go on with, at its end.
/// </param>
internal sealed class ReportWriter(Stream stream, DcrInventoryFormat format, Func<Action<Stream>, Stream> replace)
{
    public const string Row = "Row";
    public const string Result = "Result";
    public const string Tenant = "Tenant";
    public const string ClientName = "ClientName";
    public const string ClientId = "ClientId";
    public const string ErrorId = "ErrorId";
    public const string Message = "Message";
    public const string NextStep = "NextStep";
    public const string RunId = "RunId";

    private static readonly string[] Outcome = [Row, Result, ErrorId, Message, NextStep, RunId];
    private static readonly byte[] End = [(byte)'\n', (byte)']', (byte)'\n'];

    // With a byte order mark, as spreadsheets want it: see ExportDcrClientCommand.
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: true);

    private Stream _stream = stream;
    private readonly List<string> _columns = [Row, Result, Tenant, ClientName, ClientId, ErrorId, Message, NextStep, RunId];

    /// <summary>Whether a report has such a column of its own, which says nothing of a client.</summary>
    public static bool Has(string name) => Outcome.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <param name="row">Its own columns, and those of the row that it is about.</param>
    /// <exception cref="IOException">As for the stream.</exception>
    public void Write(JsonBag row)
    {
        if (format == DcrInventoryFormat.Json)
        {
            WriteJson(row);
        }
        else
        {
            WriteCsv(row);
        }

        _stream.Flush();
    }

    /// <summary>A report without rows is one, too.</summary>
    public void WriteHeading()
    {
        if (format == DcrInventoryFormat.Csv)
        {
            WriteHeading(_stream);
        }
        else
        {
            Put(_stream, [(byte)'[', .. End]);
        }

        _stream.Flush();
    }

    private void WriteHeading(Stream to)
    {
        Put(to, Encoding.GetPreamble());
        PutLine(to, _columns);
    }

    private void WriteJson(JsonBag row)
    {
        var isFirst = _stream.Length == 1 + End.Length;
        _stream.Seek(-End.Length, SeekOrigin.End);
        Put(_stream, Utf8((isFirst ? "\n" : ",\n") + row.WithoutAbsent()));
        Put(_stream, End);
    }

    private void WriteCsv(JsonBag row)
    {
        var more = row.Select(static cell => cell.Key).Except(_columns, StringComparer.OrdinalIgnoreCase).ToList();
        if (more.Count > 0)
        {
            Widen(more);
        }

        PutLine(
            _stream,
            _columns.Select(column => Text(row.FirstOrDefault(cell => column.Equals(cell.Key, StringComparison.OrdinalIgnoreCase)).Value))
        );
    }

    /// <summary>Rows of one file have the same columns; objects may have others each. A kill meanwhile costs no row.</summary>
    private void Widen(List<string> more)
    {
        _stream.Seek(Encoding.GetPreamble().Length, SeekOrigin.Begin);
        var rows = Csv.Read(new StreamReader(_stream, Encoding)).Skip(1).Select(static row => row.Cells);
        _columns.AddRange(more);
        _stream = replace(wider =>
        {
            WriteHeading(wider);
            foreach (var cells in rows)
            {
                // The cells are inert already, and stay so.
                PutLine(wider, cells.Select(Given.Cell).Concat(Enumerable.Repeat("", _columns.Count - cells.Count)));
            }
        });
    }

    /// <summary>The text of a value, as the parameters read a cell.</summary>
    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array when value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String) =>
            string.Join(";", value.EnumerateArray().Select(static item => item.GetString())),
        _ => value.GetRawText(),
    };

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static void PutLine(Stream to, IEnumerable<string> cells) => Put(to, Utf8(Csv.Row(cells) + "\r\n"));

    private static void Put(Stream to, byte[] bytes) => to.Write(bytes, 0, bytes.Length);
}
