using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text.Json;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Cmdlets;

/// <summary>The file of -ReportPath, open for as long as the command runs.</summary>
internal sealed class RunReport : IDisposable
{
    private FileStream _stream;
    private readonly ReportWriter _writer;

    /// <exception cref="DcrException">InventoryWriteFailed. Nothing was sent.</exception>
    public RunReport(string path)
    {
        Path = path;
        var format = Check(path);
        try
        {
            LocalData.RefuseAmongOwn(path);
            _stream = Open(FileMode.CreateNew);
            _writer = new ReportWriter(_stream, format, Replace);
            _writer.WriteHeading();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _stream?.Dispose();
            throw InventoryErrors.ReportWriteFailed(path, failure);
        }
    }

    /// <summary>Makes sure that the file could be written, and writes none, as -WhatIf wants it.</summary>
    /// <inheritdoc cref="RunReport(string)"/>
    public static void CheckWritable(string path)
    {
        Check(path);
        try
        {
            using var beside = new FreshFile(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InventoryErrors.ReportWriteFailed(path, failure);
        }
    }

    public string Path { get; }

    /// <summary>Why the report gets no more rows; null while it can be written.</summary>
    public string? Failure { get; private set; }

    /// <summary>Writes a row. A failure ends the report alone: the run goes on.</summary>
    public void Write(JsonBag row)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            _writer.Write(row);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Failure = failure.Message;
        }
    }

    private static DcrInventoryFormat Check(string path)
    {
        var format = InventoryWriter.FormatOf(path) is { } named and not DcrInventoryFormat.Html
            ? named
            : throw InventoryErrors.ReportFormatUnknown(path);

        // The rows may just be read from a former report.
        return File.Exists(path) ? throw InventoryErrors.ReportExists(path) : format;
    }

    private FileStream Open(FileMode mode) => new(Path, mode, FileAccess.ReadWrite, FileShare.Read);

    private FileStream Replace(Action<Stream> write)
    {
        using var fresh = new FreshFile(Path);
        write(fresh.Stream);
        _stream.Dispose();
        fresh.Commit(replaces: true);
        _stream = Open(FileMode.Open);
        _stream.Seek(0, SeekOrigin.End);
        return _stream;
    }

    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        catch (IOException failure)
        {
            Failure ??= failure.Message;
        }
    }
}

/// <summary>An input row, as the report shows it beside its outcome.</summary>
/// <param name="Number">Counted from 1; null for a client that no row names.</param>
/// <param name="Cells">Its columns, without secrets; empty where clients are typed, or come as objects.</param>
internal sealed record ReportedRow(int? Number, string? Tenant, string? ClientName, string? ClientId, JsonBag Cells)
{
    /// <param name="command">The command whose parameters name columns.</param>
    /// <param name="row">As it came.</param>
    public static JsonBag CellsOf(CommandInfo command, PSObject? row)
    {
        var names = new[] { ReportWriter.Tenant, ReportWriter.ClientName, ReportWriter.ClientId }
            .Where(command.Parameters.ContainsKey)
            .SelectMany(name => command.Parameters[name].Aliases.Append(name))
            .ToList();
        return row is not null && PipedRow.Is(row) && !PipedRow.IsFormerClient(row) && ErrorTarget.Of(row) is PSObject shown
            ? shown
                .Properties.Where(cell => !ReportWriter.Has(cell.Name) && !names.Contains(cell.Name, StringComparer.OrdinalIgnoreCase))
                .Aggregate(JsonBag.Empty, static (bag, cell) => bag.With(cell.Name, JsonInput.Element(cell.Value)))
            : JsonBag.Empty;
    }

    /// <summary>The row with the client that it led to: what the row itself says stays.</summary>
    public ReportedRow Of(string? tenant, string? clientName, string? clientId) =>
        this with { Tenant = Tenant ?? tenant, ClientName = ClientName ?? clientName, ClientId = clientId ?? ClientId };

    /// <param name="error">What went wrong; null where nothing did.</param>
    public JsonBag Outcome(string result, ErrorRecord? error, string? run) =>
        JsonBag
            .Empty.With(ReportWriter.Row, JsonSerializer.SerializeToElement(Number))
            .With(ReportWriter.Result, result)
            .With(ReportWriter.Tenant, Tenant)
            .With(ReportWriter.ClientName, ClientName)
            .With(ReportWriter.ClientId, ClientId)
            .With(ReportWriter.ErrorId, (error?.Exception as DcrException)?.ErrorId.ToString())
            .With(ReportWriter.Message, error?.ErrorDetails.Message)
            .With(ReportWriter.NextStep, error?.ErrorDetails.RecommendedAction)
            .With(ReportWriter.RunId, run)
            .With(Cells);
}
