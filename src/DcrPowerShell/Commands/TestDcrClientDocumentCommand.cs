using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Net;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Http;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Judges a client ID metadata document as the strictest server does.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DcrClientDocument", HelpUri = HelpPages.Address + "Test-DcrClientDocument.md")]
[OutputType(typeof(DcrCheck))]
public sealed class TestDcrClientDocumentCommand : DcrConnectedCmdlet
{
    /// <summary>Where the document is published, or will be: the client's id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string Uri { get; set; } = "";

    /// <summary>A file to judge in the place of what is published.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override object? Target => Redaction.Address(Uri);

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        var (checks, document) =
            Path is null
                ? Fetch()
                : ClientDocumentOperation.Judge(Uri, Read(FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryReadFailed)));
        Write(checks);
        if (Connection is null)
        {
            return;
        }

        var connection = Resolve();
        Write(ClientDocumentOperation.OfServer(connection, document));
        if (Path is null && connection.Service.Documents is { } documents)
        {
            Write(Run(connection, context => documents.PreviewAsync(Uri, context.Call)));
        }
    }

    private (IReadOnlyList<DcrCheck> Checks, JsonBag? Document) Fetch()
    {
        using var sender = ClientDocumentOperation.Sender(new SystemClock());
        return Run((pump, stop) => new ClientDocumentOperation(sender, Dns.GetHostAddressesAsync, pump).RunAsync(Uri, stop));
    }

    private void Write(IEnumerable<DcrCheck> checks)
    {
        foreach (var check in checks)
        {
            WriteObject(check with { Connection = Redaction.Address(Uri) });
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InventoryErrors.DocumentReadFailed(path, failure);
        }
    }
}
