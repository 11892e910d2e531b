using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Text;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>Writes an inventory of clients, without their secrets. Sends nothing.</summary>
[Cmdlet(VerbsData.Export, "DcrClient", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "Export-DcrClient.md")]
[OutputType(typeof(FileInfo))]
public sealed class ExportDcrClientCommand : DcrInputCmdlet
{
    private string _path = "";
    private FreshFile? _file;
    private StreamWriter? _text;
    private InventoryWriter? _inventory;
    private int _count;
    private int _failures;

    /// <summary>The file. The ending of its name, .csv or .json, says what is written.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The clients, or rows with a column ClientId or Tenant; by default all that are kept at the connected server.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Tenants whose clients are written, by their exact names.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string[]? Tenant { get; set; }

    /// <summary>Whatever the name's ending is.</summary>
    [Parameter]
    public DcrInventoryFormat? Format { get; set; }

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
        var format = Format ?? InventoryWriter.FormatOf(_path) ?? throw InventoryErrors.InventoryFormatUnknown(Path);
        if (NoClobber && File.Exists(_path))
        {
            throw InventoryErrors.InventoryExists(_path);
        }

        if (ShouldProcess(_path, "Write inventory of clients"))
        {
            OnFile(() =>
            {
                _file = new FreshFile(_path);

                // Without the mark, Windows PowerShell and spreadsheets take a CSV file for one of their old encodings. JSON has none (RFC
                // 8259, section 8.1).
                _text = new StreamWriter(_file.Stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: format == DcrInventoryFormat.Csv));
                _inventory = new InventoryWriter(_text, format);
            });
        }
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (_inventory is null)
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
                    ? [connection.Ledger.Find(connection.Issuer, id) ?? throw StoreErrors.NoRegistrationHere(id, place: null)]
                    : ListOperation.OfTenant(connection.Ledger, connection.Issuer, named.Tenants[0]));
            });
        }
    }

    /// <inheritdoc/>
    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_inventory is null)
        {
            return;
        }

        if (_count == 0 && _failures > 0)
        {
            WriteVerbose($"Nothing that was named was found: {_path} is left as it was.");
            return;
        }

        OnFile(() =>
        {
            _inventory.End();
            _text!.Flush();
            _file!.Commit(replaces: !NoClobber);
        });
        WriteVerbose($"{_count} client{(_count == 1 ? "" : "s")} in {_path}.");
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
        OnFile(() => _inventory!.Write(client));
        _count++;
    }

    private void AddKept(DcrConnection connection, IEnumerable<StoredRegistration> kept)
    {
        var whole = FullRecords.Of(connection.Ledger, connection.Vault, connection.VaultId);
        foreach (var found in kept)
        {
            Add(ListOperation.ClientOf(found, whole));
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
