using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Cmdlets;

/// <summary>A cmdlet that is told of clients: by parameters, or by objects and rows from the pipeline.</summary>
public abstract class DcrInputCmdlet : DcrConnectedCmdlet
{
    private readonly Lazy<InputColumns> _columns;
    private HashSet<string> _namedOnCommandLine = [];
    private int _blankRows;
    private int _rows;
    private bool _isRow;

    private protected DcrInputCmdlet() =>
        _columns = new Lazy<InputColumns>(() => new InputColumns(MyInvocation.MyCommand, IsFurtherColumn));

    /// <summary>The row of a file that is worked on, counted from 1: "Row 3". Null where clients are typed, or come as objects.</summary>
    private protected string? Row => _isRow ? $"Row {_rows}" : null;

    /// <summary>Whether clients come as rows of a file.</summary>
    private protected virtual bool TakesRows => MyInvocation.ExpectingInput;

    /// <summary>The object of the pipeline that is worked on, counted from 1.</summary>
    private protected int RowNumber => Math.Max(1, _rows);

    /// <inheritdoc/>
    private protected override string? Subject => Row;

    /// <summary>Whether a column that is no parameter is known all the same, so that no warning is due.</summary>
    private protected virtual bool IsFurtherColumn(string name) => InventoryWriter.Has(name) || ReportWriter.Has(name);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // A script block that PowerShell calls for each object is bound as the block itself: such a parameter is not typed.
        var parameters = MyInvocation.MyCommand.Parameters;
        _namedOnCommandLine =
        [
            .. MyInvocation.BoundParameters
                .Where(bound => bound.Value is null || parameters[bound.Key].ParameterType.IsInstanceOfType(bound.Value))
                .Select(static bound => bound.Key),
        ];
    }

    /// <summary>True for a parameter that the user typed, rather than one that the pipeline filled.</summary>
    private protected bool IsNamedOnCommandLine(string parameter) => _namedOnCommandLine.Contains(parameter);

    /// <summary>Counts a piped row that says nothing, which is skipped.</summary>
    private protected bool IsBlank(PSObject? row)
    {
        var isBlank = row is not null && PipedRow.IsBlank(row);
        _blankRows += isBlank ? 1 : 0;
        return isBlank;
    }

    /// <summary>
    /// Counts what is piped, and checks its columns. A heading that is nearly a parameter's name ends the command, because all rows of a
    /// file have it. A bad cell is an error of its row alone.
    /// </summary>
    /// <param name="tellsUnused">Whether to warn of columns that are not used. Rows that only name clients may hold anything.</param>
    private protected void CheckColumns(PSObject? row, bool tellsUnused)
    {
        _rows++;
        _isRow = TakesRows && row is not null and not { BaseObject: DcrClient };
        if (row?.BaseObject is IDictionary)
        {
            throw InputErrors.BadInput(
                "InputObject",
                "is a hashtable, whose entries do not bind to parameters",
                $"Cast it: [pscustomobject]@{{ Tenant = 'north' }} | {MyInvocation.MyCommand.Name}."
            );
        }

        if (row?.BaseObject is FileSystemInfo file)
        {
            throw RowErrors.FileForRow(file.Name, MyInvocation.MyCommand.Name);
        }

        if (row is null or { BaseObject: DcrClient or string } || PipedRow.IsFormerClient(row))
        {
            return;
        }

        try
        {
            if (PipedRow.Is(row) && _columns.Value.Check(row) is { } warning && tellsUnused)
            {
                WriteWarning(Redaction.Printable(warning));
            }
        }
        catch (DcrException failure)
        {
            Count(failure);
            ThrowTerminatingError(ErrorRecords.From(failure, MyInvocation.MyCommand, Target));
        }

        _columns.Value.CheckValues(row);
    }

    /// <summary>Warns of headings of a file that this command read itself.</summary>
    private protected void TellUnused(IReadOnlyList<string> headings)
    {
        if (_columns.Value.Unused(headings) is { } warning)
        {
            WriteWarning(Redaction.Printable(warning));
        }
    }

    /// <summary>
    /// The clients that were named, by typing or by one object of the pipeline. A row names one by its id, else by its tenant.
    /// </summary>
    /// <exception cref="DcrException">InvalidClientMetadata: none is named.</exception>
    private protected IReadOnlyList<NamedClient> Named(string[]? clientId, string[]? tenant, PSObject? input)
    {
        if (input is not null && (IsNamedOnCommandLine("ClientId") || IsNamedOnCommandLine("Tenant")))
        {
            throw RowErrors.PipedAndNamed();
        }

        if (input?.BaseObject is DcrClient client)
        {
            return [new NamedClient(client.Record.ClientId, [], client)];
        }

        var ids = Texts(clientId);
        var tenants = Texts(tenant);
        return ids.Count > 0 ? ids.Select(id => new NamedClient(id, tenants)).ToList()
            : tenants.Count > 0 ? tenants.GroupBy(TenantKey.Normal).Select(static same => new NamedClient(null, [same.First()])).ToList()
            : IsBlank(input) || (input is null && MyInvocation.ExpectingInput) ? []
            : input?.BaseObject is string text ? throw RowErrors.TextPiped(text)
            : throw RowErrors.NoClientNamed(PipedRow.Columns(input));
    }

    /// <summary>The connection for a client that was named.</summary>
    private protected DcrConnection ConnectionFor(NamedClient client, PSObject? input) =>
        client.Piped is { } piped
            ? Resolve(piped)
            : ConnectionFor(input is null ? null : PipedRow.Text(input, "Issuer"), client.ClientId ?? client.Tenants[0]);

    /// <summary>
    /// The connection to the server that a row names: inventories say where their clients are, and another server may have a tenant of the
    /// same name. Without -Connection and where the default goes elsewhere, it is the only connection of this session that goes there.
    /// </summary>
    /// <param name="issuer">Null where the row names none.</param>
    /// <param name="name">The client's id or tenant, for an error.</param>
    /// <exception cref="DcrException">NotConnected: none goes there, or several do.</exception>
    private protected DcrConnection ConnectionFor(string? issuer, string name)
    {
        if (issuer is null || (Connection ?? RunspaceState.Current.Default) is { } given && IsAt(given))
        {
            return Resolve();
        }

        var others = Connection is null
            ? RunspaceState.Current.Connections.Where(open => !open.IsClosed && IsAt(open)).Take(2).ToList()
            : [];
        return others.Count == 1 ? others[0] : throw OperationErrors.OtherIssuer(name, issuer, Resolve().Issuer);

        bool IsAt(DcrConnection connection) => connection.Issuer.TrimEnd('/') == issuer.TrimEnd('/');
    }

    /// <summary>What is known of a client that was named.</summary>
    /// <param name="forgets">The client is only to be dropped, so a record that cannot be read is enough.</param>
    private protected RegistrationRecord Find(DcrConnection connection, NamedClient client, bool forgets = false) =>
        Run(connection, context => FindOperation.RunAsync(context, client.ClientId!, client.Piped, client.Tenants, forgets));

    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_blankRows > 0)
        {
            WriteVerbose($"{_blankRows} blank {(_blankRows == 1 ? "row was" : "rows were")} skipped.");
        }
    }

    private static List<string> Texts(string[]? values) =>
        (values ?? []).Where(static value => !string.IsNullOrWhiteSpace(value)).Select(Given.Cell).ToList();
}
