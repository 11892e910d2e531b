using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>A row that was piped: from a CSV or JSON file or a database, or a client that lost its type on the way.</summary>
internal static class PipedRow
{
    /// <summary>Whether the properties are what somebody wrote. The properties of other objects come from their type.</summary>
    public static bool Is(PSObject? row) => row?.BaseObject is PSCustomObject or DataRow;

    /// <summary>The properties that are columns: a row of a database has others, too.</summary>
    public static IEnumerable<PSPropertyInfo> Cells(PSObject row) =>
        row.BaseObject is DataRow data
            ? row.Properties.Where(property => data.Table.Columns.Contains(property.Name))
            : row.Properties;

    /// <summary>Whether every cell is empty.</summary>
    public static bool IsBlank(PSObject row) => Is(row) && Cells(row).All(static property => IsEmpty(property.Value));

    /// <summary>Its columns, for an error that says what was seen.</summary>
    public static IReadOnlyCollection<string> Columns(PSObject? row) =>
        row is not null && Is(row) ? Cells(row).Select(static property => Redaction.Printable(property.Name)).ToList() : [];

    /// <summary>
    /// Whether it is a DcrClient that came from a file, a job or <c>Select-Object</c>: it names a client and asks for no change. It is
    /// recognised by its type name or, where that is gone (JSON), by properties that no file of rows has.
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

    /// <summary>Null (a database's too), a text of blanks, or an empty list.</summary>
    public static bool IsEmpty(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null or System.DBNull => true,
        string text => string.IsNullOrWhiteSpace(text),
        System.Collections.ICollection items => items.Count == 0,
        _ => false,
    };
}
