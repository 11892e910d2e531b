using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text;
using DcrPowerShell.Audit;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;

namespace DcrPowerShell.Commands;

/// <summary>Writes an inventory of clients, without their secrets, or a page of them to look at. Sends nothing.</summary>
[Cmdlet(
    VerbsData.Export,
    "DcrClient",
    SupportsShouldProcess = true,
    DefaultParameterSetName = ClientSet,
    HelpUri = HelpPages.Address + "Export-DcrClient.md"
)]
[OutputType(typeof(FileInfo))]
public sealed class ExportDcrClientCommand : DcrInputCmdlet
{
    private const string ClientSet = "Client";
    private const string TemplateSet = "Template";

    // For the servers on the page:
    private readonly HashSet<string> _covered = [];
    private readonly HashSet<string> _auditPaths = [];
    private readonly List<DcrOrphan> _orphans = [];

    private string _path = "";
    private FreshFile? _file;
    private StreamWriter? _text;

    // One of the two, or neither with -Template and -WhatIf.
    private InventoryWriter? _inventory;
    private InventoryPage? _page;
    private int _count;
    private int _failures;

    /// <summary>The file. The ending of its name, .csv, .json or .html, says what is written.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The clients, or rows with a column ClientId or Tenant; by default all that are kept at the connected server.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ClientSet)]
    public PSObject? InputObject { get; set; }

    /// <summary>Tenants whose clients are written, by their exact names.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ClientSet)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string[]? Tenant { get; set; }

    /// <summary>The format, where the ending of the file's name does not say it.</summary>
    [Parameter(ParameterSetName = ClientSet)]
    public DcrInventoryFormat? Format { get; set; }

    /// <summary>Writes the heading line of a CSV file of wanted clients instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TemplateSet)]
    public SwitchParameter Template { get; set; }

    /// <summary>Leaves a file that is there as it is.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Gives the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override object? Target => _path;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Try(Path, Open);
    }

    private void Open()
    {
        _path = FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryWriteFailed);
        var format = Format ?? InventoryWriter.FormatOf(_path);
        if (format is null || Template && format != DcrInventoryFormat.Csv)
        {
            throw Template ? InventoryErrors.TemplateNotCsv(Path) : InventoryErrors.InventoryFormatUnknown(Path);
        }

        if (NoClobber && File.Exists(_path))
        {
            throw InventoryErrors.InventoryExists(_path);
        }

        if (ShouldProcess(_path, Template ? "Write template for wanted clients" : "Write inventory of clients"))
        {
            OnFile(() =>
            {
                _file = new FreshFile(_path);

                // Without the mark, Windows PowerShell and spreadsheets take a CSV file for one of their old encodings. JSON has none (RFC
                // 8259, section 8.1).
                _text = new StreamWriter(_file.Stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: format == DcrInventoryFormat.Csv));
                if (Template)
                {
                    _text.Write(InventoryWriter.Template);
                }
                else if (format == DcrInventoryFormat.Html)
                {
                    _page = new InventoryPage(DateTimeOffset.UtcNow);
                }
                else
                {
                    _inventory = new InventoryWriter(_text, format.Value);
                }
            });
        }
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (_inventory is null && _page is null)
        {
            return;
        }

        if (InputObject is null && Tenant is null && !MyInvocation.ExpectingInput)
        {
            var connection = Resolve();
            AddKept(connection, ListOperation.Kept(connection.Ledger, connection.Issuer, connection.Place, Pump()));
            return;
        }

        CheckColumns(InputObject, tellsUnused: false);
        foreach (var named in Named(InputObject is null ? [] : [PipedRow.Text(InputObject, "ClientId") ?? ""], Tenant, InputObject))
        {
            Try(named.Target, () =>
            {
                if (named.Piped is { } client)
                {
                    Add(client);
                    return;
                }

                var connection = ConnectionFor(named, InputObject);
                AddKept(connection, named.ClientId is { } id
                    ? [connection.Ledger.Registrations.Find(connection.Issuer, id) ?? throw StoreErrors.NoRegistrationHere(id, place: null)]
                    : ListOperation.OfTenant(connection.Ledger, connection.Issuer, named.Tenants[0]));
            });
        }
    }

    /// <inheritdoc/>
    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_file is null)
        {
            return;
        }

        if (_count == 0 && _failures > 0)
        {
            WriteVerbose($"Nothing that was named was found: {_path} is left as it was.");
            return;
        }

        var runs = _page is null ? null : Runs(_page);
        OnFile(() =>
        {
            _inventory?.End();
            _page?.Write(_text!, _orphans, runs);
            _text!.Flush();
            _file!.Commit(replaces: !NoClobber);
        });
        WriteVerbose(Template ? $"A template is in {_path}." : $"{_count} client{(_count == 1 ? "" : "s")} in {_path}.");
        if (PassThru)
        {
            WriteObject(InvokeProvider.Item.Get([_path], force: true, literalPath: true), enumerateCollection: true);
        }
    }

    private protected override void Count(DcrException failure) => _failures++;

    private protected override void Release() => _file?.Dispose();

    /// <summary>What comes next would fail alike, and half an inventory is none.</summary>
    private protected override bool IsTerminating(DcrErrorId id) => id == DcrErrorId.InventoryWriteFailed || base.IsTerminating(id);

    private void Add(DcrClient client)
    {
        Cover(client.Issuer, client.Connection ?? Connection ?? RunspaceState.Current.Default);
        _page?.Add(client);
        OnFile(() => _inventory?.Write(client));
        _count++;
    }

    private void AddKept(DcrConnection connection, IEnumerable<StoredRegistration> kept)
    {
        Cover(connection.Issuer, connection);
        var whole = FullRecords.Of(connection.Ledger, connection.Vault, connection.VaultId);
        foreach (var found in kept)
        {
            Add(ListOperation.ClientOf(found, whole));
        }
    }

    /// <summary>Gathers what the page tells of a server beside its clients.</summary>
    private void Cover(string issuer, DcrConnection? connection)
    {
        if (_page is not null && _covered.Add(issuer))
        {
            _page.AddServer(issuer);
            _orphans.AddRange(OrphanOperation.Known(connection?.Ledger ?? Ledger(), issuer));
            _auditPaths.Add(connection?.AuditPath ?? LocalData.AuditPath);
        }
    }

    /// <summary>What the audit log tells; null where it cannot be read.</summary>
    private List<PageRun>? Runs(InventoryPage page)
    {
        try
        {
            return _auditPaths.SelectMany(path => Runs(page, path)).ToList();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            WriteWarning($"The page lacks the last runs. {CommandErrors.AuditReadFailed(string.Join(", ", _auditPaths), failure).Message}");
            return null;
        }
    }

    private static IReadOnlyList<PageRun> Runs(InventoryPage page, string auditPath)
    {
        try
        {
            return PageRun.Of(AuditLog.Records(new AuditFile(auditPath)), page.Servers);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private void OnFile(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw InventoryErrors.InventoryWriteFailed(_path, failure);
        }
    }
}
