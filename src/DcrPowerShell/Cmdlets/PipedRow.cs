using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>
/// A row that came by the pipeline: of a CSV or JSON file, of a database, or a client that lost its type on the way.
/// </summary>
internal static class PipedRow
{
    /// <summary>Its properties are what somebody wrote, where those of other objects are their type's.</summary>
    public static bool Is(PSObject? row) => row?.BaseObject is PSCustomObject or DataRow;

    /// <summary>A row of a database has more properties than columns.</summary>
    public static IEnumerable<PSPropertyInfo> Cells(PSObject row) =>
        row.BaseObject is DataRow data
            ? row.Properties.Where(property => data.Table.Columns.Contains(property.Name))
            : row.Properties;

    /// <summary>Every cell is empty.</summary>
    public static bool IsBlank(PSObject row) => Is(row) && Cells(row).All(static property => IsEmpty(property.Value));

    /// <summary>Its columns, for an error that says what was seen.</summary>
    public static IReadOnlyCollection<string> Columns(PSObject? row) =>
        row is not null && Is(row) ? Cells(row).Select(static property => Redaction.Printable(property.Name)).ToList() : [];

    /// <summary>
    /// A DcrClient out of a file, a job or <c>Select-Object</c>: it says which client is meant, and has no wishes. It is known by its type;
    /// or by properties that no file of rows has, where that is gone (JSON).
    /// </summary>
    public static bool IsFormerClient(PSObject? row) =>
        row?.BaseObject is PSCustomObject
        && (
            row.TypeNames.Any(static name => name.EndsWith("." + typeof(DcrClient).FullName, StringComparison.Ordinal))
            || (row.Properties[nameof(DcrClient.Changes)] is { Value: not string } && row.Properties[nameof(DcrClient.Storage)] is not null)
        );

    /// <summary>A cell; null where it is empty or there is no such column.</summary>
    public static string? Text(PSObject row, string column) =>
        row.Properties[column]?.Value is { } value && !IsEmpty(value) ? Given.Cell(LanguagePrimitives.ConvertTo<string>(value)) : null;

    /// <summary>Null, a database's too, a text of blanks, or a list of nothing.</summary>
    public static bool IsEmpty(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null or System.DBNull => true,
        string text => string.IsNullOrWhiteSpace(text),
        System.Collections.ICollection items => items.Count == 0,
        _ => false,
    };
}
