using System;
using DcrPowerShell.Errors;
using static DcrPowerShell.Errors.ErrorWords;

namespace DcrPowerShell.Inventory;

/// <summary>What is wrong with a file of clients.</summary>
internal static class InventoryErrors
{
    private const string Formats =
        "Give a CSV file with commas and a heading line, or a JSON file with an object or an array of objects.";

    public static DcrException InventoryFormatUnknown(string path) =>
        new(
            DcrErrorId.InventoryWriteFailed,
            $"-Path: the name of '{path}' does not say whether it is to be CSV, JSON or HTML.",
            "Let it end with .csv, .json or .html, or add -Format Csv, Json or Html."
        );

    public static DcrException TemplateNotCsv(string path) =>
        new(
            DcrErrorId.InventoryWriteFailed,
            $"-Path: a template is a CSV file, and the name of '{path}' says otherwise.",
            "Let it end with .csv."
        );

    public static DcrException ReportFormatUnknown(string path) =>
        DcrException.Unsent(
            DcrErrorId.InventoryWriteFailed,
            $"-ReportPath: the name of '{path}' does not say whether it is to be CSV or JSON.",
            "Let it end with .csv or .json."
        );

    public static DcrException ReportExists(string path) =>
        DcrException.Unsent(
            DcrErrorId.InventoryWriteFailed,
            $"-ReportPath: '{path}' is there already, and stays as it is.",
            "Name another file, such as one with the date in its name; or remove this one."
        );

    public static DcrException ReportWriteFailed(string path, Exception why) =>
        DcrException.Unsent(
            DcrErrorId.InventoryWriteFailed,
            $"-ReportPath: '{path}' cannot be written: {Why(why)}.",
            "Check that the folder is there, and that no other program has the file open; then run the command again.",
            why
        );

    public static DcrException InventoryExists(string path) =>
        new(
            DcrErrorId.InventoryWriteFailed,
            $"The file '{path}' is there already, and -NoClobber leaves it as it is.",
            "Choose another name, or leave out -NoClobber."
        );

    public static DcrException InventoryWriteFailed(string path, Exception why) =>
        new(
            DcrErrorId.InventoryWriteFailed,
            $"'{path}' cannot be written: {Why(why)}. What was there before is left as it was.",
            "Check that the folder is there, has room, and is writable for this account; then run the command again.",
            why
        );

    public static DcrException InventoryReadFailed(string path, string why, Exception? inner = null) =>
        Unreadable(path, why, $"{Formats} Each client needs ClientId or client_id (Get-Help Import-DcrClient).", inner);

    public static DcrException RowsUnreadable(string path, string why, Exception inner) =>
        Unreadable(path, why, $"{Formats} The columns are those of New-DcrClient.", inner);

    public static DcrException DocumentReadFailed(string path, Exception why) =>
        new(
            DcrErrorId.InventoryReadFailed,
            $"'{path}' cannot be read: {Why(why)}.",
            "Give the file of a client ID metadata document that this account can read.",
            why
        );

    /// <param name="source">Which client it is about: file and line, or its id.</param>
    /// <param name="why">A sentence without its end, and without the value, which may be a secret in the wrong column.</param>
    public static DcrException ImportInvalid(string source, string why, string fix) =>
        DcrException.Unsent(DcrErrorId.InvalidClientMetadata, $"{source}: {why}.", fix);

    private static DcrException Unreadable(string path, string why, string fix, Exception? inner) =>
        DcrException.Unsent(DcrErrorId.InventoryReadFailed, $"'{path}' cannot be read: {why.TrimEnd('.')}.", fix, inner);
}
