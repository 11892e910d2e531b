using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Cmdlets;

/// <summary>What is wrong with what was piped.</summary>
internal static class RowErrors
{
    public static DcrException ColumnsInOne(string delimiter) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The rows have one column, whose heading has several names with {(delimiter == "\t" ? "tabs" : $"'{delimiter}'")} between "
                + "them.",
            $"Read the file with its delimiter: Import-Csv -Delimiter {(delimiter == "\t" ? "\"`t\"" : $"'{delimiter}'")}."
        );

    /// <param name="why">What is there instead.</param>
    /// <param name="takesMany">Whether a list of texts would do.</param>
    public static DcrException CellUnclear(string column, string why, bool takesMany) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"Column '{column}' has {why}, where a text{(takesMany ? " or a list of texts" : "")} is wanted.",
        $"Write the value as {(takesMany ? "a text or a list of texts" : "one text")}, then run the command again.");

    public static DcrException ColumnsForOne(string first, string second, string parameter) => DcrException.Unsent(
        DcrErrorId.InvalidClientMetadata,
        $"Columns '{first}' and '{second}' both stand for {parameter}, and say different things.",
        "Keep one of the two columns.");

    /// <param name="heading">As it stands in the file, with what nobody sees made visible.</param>
    public static DcrException ColumnUnclear(string heading, string meant) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"Column '{heading}' is not read as {meant}: a blank, a hyphen or a character that nobody sees makes it another name.",
            $"Write the heading {meant}, then run the command again.",
            member: meant
        );

    /// <param name="columns">Of the row; none where none was piped.</param>
    public static DcrException NoClientNamed(IReadOnlyCollection<string> columns) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"No client was named{Columns(columns)}.",
            columns.Any(static name => name is "ClientId" or "client_id" or "Tenant")
                ? "Fill in the row's ClientId or Tenant."
                : "Give -ClientId or -Tenant, or pipe clients or rows with a column ClientId or Tenant."
        );

    public static DcrException TextPiped(string text) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The text '{text}' names no client.",
            "Texts name clients by a parameter: -Tenant (Get-Content tenants.txt), or -ClientId."
        );

    public static DcrException FileForRow(string file, string command) =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            $"The file '{Redaction.Printable(file)}' is no row of a client.",
            $"Pipe the rows in it: Import-Csv <path> | {command}."
        );

    public static DcrException PipedAndNamed() =>
        DcrException.Unsent(
            DcrErrorId.InvalidClientMetadata,
            "Clients were piped, and -ClientId or -Tenant was given.",
            "Name clients in one of these ways."
        );

    public static string Columns(IReadOnlyCollection<string> columns) =>
        columns.Count == 0 ? "" : $"; the row has the column{(columns.Count == 1 ? "" : "s")} {string.Join(", ", columns)}";
}
