using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Inventory;

/// <summary>
/// Reads clients from a file: CSV with a heading line, or JSON. Names may be those of the wire or of PowerShell: client_id, ClientId.
/// </summary>
internal static class ImportFile
{
    /// <summary>Names without what the two ways of writing differ in.</summary>
    private static readonly Dictionary<string, string> WireNames = new[]
    {
        ClientMember.ClientId,
        ClientMember.ClientName,
        ClientMember.RegistrationAccessToken,
        ClientMember.RegistrationClientUri,
        ClientMember.ClientSecret,
        ClientMember.ClientSecretExpiresAt,
        InventoryWriter.Tenant,
        InventoryWriter.Issuer,
        ImportRequest.ClientSecretNameMember,
    }.ToDictionary(Given.Letters);

    /// <summary>The rows, each as an object in wire names, and what a person finds it by: "line 3", "object 2".</summary>
    /// <param name="unused">Headings that mean nothing here, nor in an inventory.</param>
    /// <exception cref="FormatException">It is neither; the message says what is wrong, and holds nothing of the file's values.</exception>
    public static IReadOnlyList<(string Place, JsonBag Row)> Read(string text, out IReadOnlyList<string> unused)
    {
        unused = [];
        return text.TrimStart().StartsWith("[", StringComparison.Ordinal) || text.TrimStart().StartsWith("{", StringComparison.Ordinal)
            ? ReadJson(text)
            : ReadCsv(text, out unused);
    }

    private static List<(string Place, JsonBag Row)> ReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            JsonElement[] items =
                document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray()] : [document.RootElement];
            return items.Select(static (item, index) => ($"object {index + 1}", Renamed(JsonBag.From(item)))).ToList();
        }
        catch (JsonException failure)
        {
            // Its own message may quote a value.
            var line = failure.LineNumber is { } number ? $" (line {number + 1})" : "";
            throw new FormatException($"it is not JSON with an object or an array of objects{line}", failure);
        }
    }

    private static List<(string Place, JsonBag Row)> ReadCsv(string text, out IReadOnlyList<string> unused)
    {
        var (headings, rows) = Csv.ReadTable(text);
        var names = headings.Select(static heading => WireNames.TryGetValue(Given.Letters(heading), out var name) ? name : null).ToList();
        unused = headings
            .Where(heading => heading.Length > 0 && !WireNames.ContainsKey(Given.Letters(heading)) && !InventoryWriter.Has(heading))
            .ToList();
        if (headings.Count == 1 && headings[0].IndexOfAny([';', '\t']) >= 0)
        {
            throw new FormatException(
                "its heading line has semicolons or tabs between the names, where commas are wanted (Export-Csv without -Delimiter)"
            );
        }

        if (!names.Contains(ClientMember.ClientId))
        {
            throw new FormatException("its heading line has no column ClientId or client_id");
        }

        if (names.OfType<string>().GroupBy(static name => name).FirstOrDefault(static name => name.Count() > 1) is { Key: var twice })
        {
            throw new FormatException($"its heading line has two columns for {twice}");
        }

        return rows.Select(row => ($"line {row.Line}", Row(names, row))).ToList();
    }

    private static JsonBag Row(List<string?> names, (int Line, IReadOnlyList<string> Cells) row) => row.Cells.Count > names.Count
        ? throw new FormatException($"line {row.Line} has more cells than the heading line")
        : row.Cells
            .Select((cell, index) => (Name: names[index], Cell: Given.Cell(cell)))
            .Where(static pair => pair.Name is not null && pair.Cell.Length > 0)
            .Aggregate(JsonBag.Empty, static (bag, pair) => bag.With(pair.Name!, pair.Cell));

    private static JsonBag Renamed(JsonBag row) =>
        row.Aggregate(
            JsonBag.Empty,
            static (bag, member) =>
                bag.With(WireNames.TryGetValue(Given.Letters(member.Key), out var name) ? name : member.Key, member.Value)
        );
}
