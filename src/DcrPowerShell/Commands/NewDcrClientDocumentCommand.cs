using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Text;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Makes a client ID metadata document. Sends nothing.</summary>
[Cmdlet(VerbsCommon.New, "DcrClientDocument", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "New-DcrClientDocument.md")]
[OutputType(typeof(string), typeof(FileInfo))]
public sealed class NewDcrClientDocumentCommand : UnsentMetadataCmdlet
{
    /// <summary>Where the document is published: the client's id.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ClientId)]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string Uri { get; set; } = "";

    /// <summary>The file to write; without one, the text goes to the pipeline.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>An object whose properties are members of the client metadata.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    // Windows and macOS take names that differ in case for the same file.
    private readonly HashSet<string> _written = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    protected override object? Target => Redaction.Address(Uri);

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        CheckColumns(InputObject, tellsUnused: true);
        if (IsBlank(InputObject))
        {
            return;
        }

        var named = NamedMembers(static _ => true);
        var metadata = (
            InputObject?.BaseObject is DcrClient client
                ? ClientDocumentOperation.MetadataOf(client, named)
                : FurtherMembers(InputObject).With(named)
        ).WithoutAbsent();
        var (text, doubts) = ClientDocumentOperation.Make(Uri, metadata, judges: !SkipValidation);
        foreach (var doubt in doubts)
        {
            WriteWarning($"{doubt.Found} {doubt.RecommendedAction}");
        }

        if (Path is null)
        {
            WriteObject(text);
            return;
        }

        var path = FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryWriteFailed);
        if (ShouldProcess(path, $"Write the document of {Uri}"))
        {
            Write(path, text);
            WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);
        }
    }

    private void Write(string path, string text)
    {
        try
        {
            if (!_written.Add(path))
            {
                throw new IOException("an earlier row wrote its document there, so give each row a path of its own");
            }

            using var file = new FreshFile(path);
            var bytes = Encoding.UTF8.GetBytes(text);
            file.Stream.Write(bytes, 0, bytes.Length);
            file.Commit(replaces: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InventoryErrors.InventoryWriteFailed(path, failure);
        }
    }
}
