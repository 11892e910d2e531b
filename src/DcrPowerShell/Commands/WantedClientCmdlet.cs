using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Inventory;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;

namespace DcrPowerShell.Commands;

/// <summary>A cmdlet that takes the clients that should be, and compares each with what the server and the store have.</summary>
public abstract class WantedClientCmdlet : ClientMetadataCmdlet
{
    private protected const string RowSet = "Row";
    private protected const string PathSet = "Path";

    // Tenants without a client that a row has named: a second row is told.
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    // Clients that a row is about, by issuer and id: the others are extra.
    private readonly HashSet<(string Issuer, string ClientId)> _wanted = [];

    // Tenants with a request of unknown outcome, by the connection where rows were compared.
    private readonly Dictionary<DcrConnection, HashSet<string>> _unknown = [];
    private List<TenantPattern>? _patterns;

    /// <summary><c>client_name</c> (RFC 7591, section 2).</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = RowSet)]
    [Alias(ClientMember.ClientName, "Name")]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public override string? ClientName { get; set; }

    /// <summary>Who the client is for. A row finds its client by it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = RowSet)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string? Tenant { get; set; }

    /// <summary>The client's id, for a row without a tenant.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = RowSet)]
    [Alias(ClientMember.ClientId)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(ClientIdCompleter))]
    public string? ClientId { get; set; }

    /// <summary>An object whose properties are members of the client metadata.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = RowSet)]
    public PSObject? InputObject { get; set; }

    /// <summary>A CSV or JSON file with the wanted clients.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Tenants for which the list is whole, with wildcards: their other clients are extra. By default all.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string[]? TenantPattern { get; set; }

    /// <inheritdoc/>
    protected override object? Target => InputObject ?? (object?)ClientName;

    /// <summary>The client that errors are about once all rows are read.</summary>
    private protected string? Whose { get; set; }

    /// <summary>The row where rows come from the pipeline, and the tenant or the client's name.</summary>
    private protected override string? Subject
    {
        get
        {
            if (Whose is not null)
            {
                return Whose;
            }

            var name = NullIfEmpty(Tenant) ?? NullIfEmpty(ClientName);
            return Row is null || name is null ? Row : $"{Row}, {name}";
        }
    }

    private protected override bool TakesRows => ParameterSetName == PathSet || base.TakesRows;

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (ParameterSetName != PathSet)
        {
            Take();
            return;
        }

        Resolve();
        IReadOnlyList<PSObject> rows = [];
        var path = FilePath.Of(this, Path, nameof(Path), DcrErrorId.InventoryReadFailed);
        On(row: null, () => Try(Path, () => rows = RowFile.Read(this, path)));
        var binder = new RowBinder(this);
        Expect(rows.Count);
        foreach (var row in rows)
        {
            InputObject = row;
            Try(row, () =>
            {
                binder.Bind(row);
                Take();
            });
            binder.Unbind();
        }
    }

    /// <summary>A row was compared; or a client that no row names was found. On the pipeline thread.</summary>
    /// <param name="wanted">Null for one that is extra.</param>
    private protected abstract void Compared(DcrConnection connection, WantedClient? wanted, DcrComparison comparison);

    private protected override void AtEnd()
    {
        WaitForOthers();
        foreach (var connection in _unknown.Keys)
        {
            foreach (var extra in ListOperation.Kept(connection.Ledger, connection.Issuer, place: null, Pump()).Where(IsExtra))
            {
                Compared(connection, wanted: null, CompareOperation.Extra(extra.Record));
            }
        }

        Apply();
        base.AtEnd();
    }

    /// <summary>All rows were compared.</summary>
    private protected virtual void Apply()
    {
    }

    /// <summary>The name of the application's copy of the secret, where the command makes one.</summary>
    private protected virtual string? CopyNameWanted => null;

    private protected override bool IsFurtherColumn(string name) =>
        name.Equals(ImportRequest.ClientSecretNameMember, StringComparison.OrdinalIgnoreCase)
        || name.Equals("ClientSecretName", StringComparison.OrdinalIgnoreCase)
        || base.IsFurtherColumn(name);

    private void Take()
    {
        CheckColumns(InputObject, tellsUnused: true);
        if (IsBlank(InputObject))
        {
            return;
        }

        if (InputObject?.BaseObject is DcrComparison)
        {
            throw CommandErrors.ComparisonPiped();
        }

        if (InputObject?.BaseObject is string text && ClientName is null)
        {
            throw RowErrors.TextPiped(text);
        }

        var (tenant, id) = (NullIfEmpty(Tenant), NullIfEmpty(ClientId) is { } given ? Given.Cell(given) : null);
        TenantKey.Check(tenant);
        if ((tenant ?? id) is not { } name)
        {
            throw CommandErrors.RowWithoutTenant();
        }

        var connection = ConnectionFor(InputObject is { } row && PipedRow.Is(row) ? PipedRow.Text(row, "Issuer") : null, name);
        var key = tenant is null ? $"{connection.Issuer}\n{id}" : TenantKey.Of(connection.Issuer, tenant);
        var known = IdOf(connection, tenant, id);
        if (known is null ? !_named.Add(key) : !_wanted.Add((connection.Issuer, known)))
        {
            throw CommandErrors.RowRepeated(tenant is null || id is not null ? $"Client '{known}'" : $"Tenant '{tenant}'");
        }

        if (id is not null && tenant is not null && connection.Ledger.Registrations.Find(connection.Issuer, id) is null
            && connection.Ledger.Registrations.FindTenant(connection.Issuer, tenant) is { } other)
        {
            throw CommandErrors.RowOfFormerClient(id, tenant, other.Record.ClientId);
        }

        var wanted = new WantedClient(Wishes(), tenant, CopyNameWanted, FreshStatement(InputObject), CurrentRow(), Target, Subject);
        // With the client's id the rules judge a change: a row about a known client names only what it wants.
        Check(connection, known is null ? wanted.Metadata : wanted.Metadata.With(ClientMember.ClientId, known));

        var unknown = UnknownAt(connection);
        if (known is null)
        {
            Compared(connection, wanted, CompareOperation.Absent(connection.Issuer, tenant!, wanted.Metadata, unknown.Contains(key)));
            DoneAtOnce();
            return;
        }

        WaitForSame(known);
        Start(
            connection,
            known,
            Target,
            async context =>
            {
                string[] tenants = tenant is null || connection.Service.SoleTenant is not null ? [] : [tenant];
                var record = await FindOperation.RunAsync(context, known, piped: null, tenants).ConfigureAwait(false);
                return await CompareOperation.RunAsync(context, wanted.Metadata, record).ConfigureAwait(false);
            },
            comparison => Compared(connection, wanted, comparison)
        );
    }

    /// <summary>The id of the client that a row is about, which decides where it is given; null where the tenant has none.</summary>
    private static string? IdOf(DcrConnection connection, string? tenant, string? id) =>
        id is not null || tenant is null ? id
        : RegisterOperation.KeptOf(connection, tenant) is not { } known ? null
        : connection.Service.SoleTenant is null ? FindOperation.ClientIdOf(connection, tenant)
        : known.Record.ClientId;

    private HashSet<string> UnknownAt(DcrConnection connection)
    {
        if (!_unknown.TryGetValue(connection, out var tenants))
        {
            _unknown[connection] = tenants = new HashSet<string>(
                connection.Ledger.Requests.Open(connection.Issuer)
                    .Select(static open => open.Intent?.Tenant)
                    .OfType<string>()
                    .Select(tenant => TenantKey.Of(connection.Issuer, tenant)),
                StringComparer.Ordinal
            );
        }

        return tenants;
    }

    private bool IsExtra(StoredRegistration kept)
    {
        _patterns ??= [.. (TenantPattern ?? []).Select(static pattern => new TenantPattern(pattern, mayMatchMany: true))];
        return !_wanted.Contains((kept.Record.Issuer, kept.Record.ClientId))
            && (_patterns.Count == 0 || (kept.Record.Tenant is { } tenant && _patterns.Any(pattern => pattern.IsMatch(tenant))));
    }

    private JsonBag Wishes()
    {
        var wishes = FurtherMembers(InputObject).With(NamedMembers(static _ => true).WithoutAbsent());
        return wishes.Count > 0 || HasStatementScript ? wishes : throw CommandErrors.NothingToRegister(PipedRow.Columns(InputObject));
    }
}

/// <summary>A client as it should be.</summary>
/// <param name="ClientSecretName">Where to put the application's own copy of the client secret; null for none.</param>
/// <param name="Statement">Gets a software statement for a new client; null where no script block was given.</param>
/// <param name="Row">For the report.</param>
/// <param name="Target">What an error is about.</param>
/// <param name="Subject">The same in words; null where its message says it.</param>
internal sealed record WantedClient(
    JsonBag Metadata,
    string? Tenant,
    string? ClientSecretName,
    Func<Task<string>>? Statement,
    ReportedRow? Row,
    object? Target,
    string? Subject
);
