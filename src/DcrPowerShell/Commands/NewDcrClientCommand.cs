using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Compat;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Commands;

/// <summary>Registers a client (RFC 7591).</summary>
[Cmdlet(VerbsCommon.New, "DcrClient", SupportsShouldProcess = true, HelpUri = HelpPages.Address + "New-DcrClient.md")]
[OutputType(typeof(DcrClient))]
public sealed class NewDcrClientCommand : ClientMetadataCmdlet
{
    private readonly DcrSummary _summary = new();

    private readonly SecretCopyNames _copies = new();
    private readonly RowDifferences _left = new();
    private readonly RowDifferences _repeated = new();

    // Tenants that a row of this command has named, each with the hash of what its first row says.
    private readonly Dictionary<string, int> _tenants = new(StringComparer.Ordinal);

    // Its vault was open when the first row came.
    private DcrConnection? _checked;
    private FullRecordSource? _whole;
    private int _withoutTenant;

    // Registrations in the local store when the first row came.
    private int _before;

    /// <summary>
    /// The https URL of a client ID metadata document, which the service fetches; no metadata is sent then
    /// (draft-ietf-oauth-client-id-metadata-document; Auth0).
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias(ClientMember.ExternalClientId)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? DocumentUri { get; set; }

    /// <summary>Who the client is for. Kept with the registration; not sent.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(TenantCompleter))]
    public string? Tenant { get; set; }

    /// <summary>The name of a secret in the store that gets a plain copy of the client secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NullAsEmpty]
    [AllowEmptyString]
    [NoCompletion]
    public string? ClientSecretName { get; set; }

    /// <summary>The token for this registration (RFC 7591, section 3), in the place of the connection's credential.</summary>
    [Parameter]
    [SecureOnly]
    [ValidateNotNull]
    [NoCompletion]
    public SecureString? InitialAccessToken { get; set; }

    /// <summary>Registers a client although the tenant has one.</summary>
    [Parameter]
    public SwitchParameter AllowDuplicate { get; set; }

    /// <summary>Where a tenant has a client that differs from its row, changes the client.</summary>
    [Parameter]
    public SwitchParameter Update { get; set; }

    /// <summary>The name of a variable for a <see cref="DcrSummary"/>, without the dollar sign.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoCompletion]
    public string? SummaryVariable { get; set; }

    /// <summary>An object whose properties are members of the client metadata.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override object? Target => InputObject ?? (object?)ClientName;

    /// <summary>The row where rows come from the pipeline, and the tenant or the client's name.</summary>
    private protected override string? Subject
    {
        get
        {
            var name = NullIfEmpty(Tenant) ?? NullIfEmpty(ClientName);
            return Row is null || name is null ? Row : $"{Row}, {name}";
        }
    }

    /// <summary>
    /// This many rows are checked before their turn comes, so faults show early and the progress bar knows how many there are.
    /// </summary>
    private protected override int Ahead => 500;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (SummaryVariable is not null)
        {
            var pump = Pump();
            _summary.Counts = () => (pump.Requests, pump.Waits);
            SessionState.PSVariable.Set(SummaryVariable, _summary);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
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

        if (
            InputObject?.BaseObject is string text
            && MyInvocation.BoundParameters.Keys.All(name => name == nameof(InputObject) || IsNamedOnCommandLine(name))
        )
        {
            throw CommandErrors.TextForRow(text);
        }

        // A row of an inventory changes the client of its own server. New ones are registered at the server that the command is for.
        var connection =
            Update && InputObject is { } row && PipedRow.Is(row)
                ? ConnectionFor(PipedRow.Text(row, "Issuer"), Tenant ?? "")
                : Resolve();
        _summary.Run ??= connection.Audit?.Run;
        TenantKey.Check(Tenant);
        var metadata = Requested();
        Check(connection, metadata);
        var document = NullIfEmpty(DocumentUri);
        if (document is not null && connection.Service.Documents is null)
        {
            throw ProviderErrors.DocumentsNotRegistered(connection.Name);
        }

        if (document is not null && InitialAccessToken is not null)
        {
            throw InputErrors.BadInput(
                nameof(InitialAccessToken),
                "and -DocumentUri cannot be used together: a document is registered with the connection's own credential",
                "Leave out -InitialAccessToken."
            );
        }

        if (document is not null && !SkipValidation)
        {
            ClientDocumentOperation.CheckUri(document);
        }

        if (AllowDuplicate && connection.Service.SoleTenant is { } sole)
        {
            throw OperationErrors.NoDuplicateHere(sole);
        }

        var tenantOrUsual = NullIfEmpty(Tenant) ?? connection.Service.SoleTenant;
        var request = new RegisterRequest(metadata, tenantOrUsual, CopyName(ClientSecretName))
        {
            InitialToken = InitialAccessToken is null ? null : StaticToken.Initial(SecureText.Reveal(InitialAccessToken)),
            Statement = FreshStatement(InputObject),
            SkipsValidation = SkipValidation,
            DocumentUri = document,
            AllowsDuplicate = AllowDuplicate,
            Whole = _whole,
        };
        if (_checked != connection)
        {
            Run(connection, context => context.CheckVaultAsync());
            _checked = connection;
            _before = connection.Ledger.Registrations.LocalCount;
            _whole = FullRecords.Of(connection.Ledger, connection.Vault, connection.VaultId);
            request = request with { Whole = _whole };
        }

        if (request.Tenant is null && !AllowDuplicate)
        {
            if (NamedId() is { } id && RegisterOperation.Find(connection, id, request) is { } kept)
            {
                Found(connection, id, kept, request, isRepeated: false);
                return;
            }

            _withoutTenant += InputObject is null or { BaseObject: DcrClient or string } ? 0 : 1;
        }

        var key = request.Tenant is { } tenant ? TenantKey.Of(connection.Issuer, tenant) : null;
        WaitForSame(key);
        var isNamedBefore = key is not null && _tenants.ContainsKey(key);
        var isRepeated = key is not null && ContradictsEarlier(key, metadata);
        if (key is not null && !AllowDuplicate && RegisterOperation.FindTenant(connection, request) is { } known)
        {
            Found(connection, key, known, request, isRepeated);
            return;
        }

        if (isNamedBefore && IsWhatIf && !AllowDuplicate)
        {
            // The first row of the tenant would have made its client.
            WriteVerbose(Redaction.Printable($"Tenant '{request.Tenant}' would have a client by an earlier row."));
            return;
        }

        _copies.Claim(request.ClientSecretName, Row ?? "what was typed");
        if (ShouldProcess($"{metadata.Text(ClientMember.ClientName) ?? document ?? "a client"} at {connection.Issuer}", "Register client"))
        {
            Start(
                connection,
                key,
                Target,
                context => RegisterOperation.RunAsync(context, request),
                ((DcrClient Client, bool IsNew) done) =>
                {
                    if (!done.IsNew)
                    {
                        TellOfTenant(connection, done.Client, request);
                        WriteFound(connection, done.Client, isRepeated);
                        return;
                    }

                    _summary.CountMade();
                    Write(connection, done.Client, "Registered");
                });
        }
    }

    /// <inheritdoc/>
    private protected override void Count(DcrException failure)
    {
        _summary.CountFailure(failure.ErrorId);
        base.Count(failure);
    }

    private protected override string Outcome => _summary.ToString();

    private protected override string AfterStop =>
        "Run it again: what is registered is found by its tenant, and the rest is "
            + $"registered.{(_summary.Unknown > 0 ? " Find-DcrOrphan shows those of unknown outcome." : "")}";

    /// <inheritdoc/>
    private protected override void OnCut()
    {
        base.OnCut();
        _summary.Stop();
    }

    /// <inheritdoc/>
    private protected override void OnStopped()
    {
        _summary.Stop();
        base.OnStopped();
    }

    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_withoutTenant > 0)
        {
            WriteWarning(
                $"{_withoutTenant} {(_withoutTenant == 1 ? "row has" : "rows have")} no tenant: another run registers "
                    + $"{(_withoutTenant == 1 ? "it" : "each of them")} again. Fill in the column Tenant, and a row is registered once."
            );
        }

        foreach (var differs in new[] { _left.Left(), _repeated.Repeated() }.OfType<string>())
        {
            WriteWarning(Redaction.Printable(differs));
        }

        _summary.Stop();
        // A UDAP client can be registered again from nothing: no token is lost with the disk.
        if (_checked is { Vault: null, Udap: null } local && StoreOperation.BackupReminder(local.Ledger, _before) is { } reminder)
        {
            WriteWarning(reminder);
        }
    }

    /// <summary>A tenant has a client: it is given as it is, or changed to what its row names otherwise.</summary>
    private void Found(DcrConnection connection, string key, DcrClient known, RegisterRequest request, bool isRepeated)
    {
        TellOfTenant(connection, known, request);
        var changes = Update && !isRepeated && known.Changes.Count > 0;
        if (!changes && request.ClientSecretName is { } name && !IsWhatIf)
        {
            Start(
                connection,
                key,
                Target,
                context => RegisterOperation.CopyFoundAsync(context, known, name),
                found => WriteFound(connection, found, isRepeated)
            );
        }
        else if (!changes)
        {
            WriteFound(connection, known, isRepeated);
            DoneAtOnce();
        }
        else if (ShouldProcess($"{known} at {connection.Issuer}", "Change client"))
        {
            if (request.Tenant is { } tenant && connection.Service.SoleTenant is null)
            {
                FindOperation.ClientIdOf(connection, tenant);
            }

            Start(connection, key, Target, context => RegisterOperation.UpdateAsync(context, known, request), changed =>
            {
                _summary.CountDiffering();
                Write(connection, changed, "Changed");
            });
        }
    }

    private void TellOfTenant(DcrConnection connection, DcrClient found, RegisterRequest request)
    {
        if (request.Tenant is { } tenant && RegisterOperation.WithoutTenant(connection, found, tenant) is { } told)
        {
            WriteWarning(Redaction.Printable(told));
        }
    }

    /// <summary>Whether an earlier row of this command names the tenant and something else.</summary>
    private bool ContradictsEarlier(string key, JsonBag metadata)
    {
        var wish = metadata.ToString().GetHashCode();
        if (_tenants.TryGetValue(key, out var first))
        {
            return first != wish;
        }

        _tenants.Add(key, wish);
        return false;
    }

    /// <param name="isRepeated">An earlier row of this command names the tenant and something else.</param>
    private void WriteFound(DcrConnection connection, DcrClient client, bool isRepeated)
    {
        Report(client.Changes.Count == 0 ? "Found" : "Differs", client);
        if (client.Changes.Count == 0)
        {
            _summary.CountFound();
        }
        else
        {
            _summary.CountDiffering();
            (isRepeated ? _repeated : _left).Add(client);
        }

        WriteVerbose(
            Redaction.Printable(
                $"Tenant '{client.Tenant}' has client '{client.ClientId}' "
                    + $"already{(client.Changes.Count == 0 ? "" : $", which differs from its row: {string.Join("; ", client.Changes)}")}. "
                    + (connection.Service.SoleTenant is null ? "-AllowDuplicate registers another." : "")
            )
        );
        Write(connection, client);
    }

    /// <summary>Which client is meant, where a client or the row of an inventory was piped; null where none is named.</summary>
    private string? NamedId() => InputObject switch
    {
        { BaseObject: DcrClient client } => client.Record.ClientId,
        { } row when PipedRow.Is(row) => PipedRow.Text(row, nameof(DcrClient.ClientId)) ?? PipedRow.Text(row, ClientMember.ClientId),
        _ => null,
    };

    private JsonBag Requested()
    {
        // Empty cells of a CSV file are no wish for an empty value.
        var named = NamedMembers(static _ => true).WithoutAbsent();
        var metadata = FurtherMembers(InputObject).With(named);
        if (NullIfEmpty(DocumentUri) is { } uri)
        {
            var given = HasStatementScript ? metadata.With(ClientMember.SoftwareStatement, "") : metadata;
            return given.Count == 0
                ? metadata.With(ClientMember.ExternalClientId, uri)
                : throw InputErrors.BadInput(
                    nameof(DocumentUri),
                    $"and metadata ({string.Join(", ", given.Select(static member => member.Key))}) cannot be used together",
                    "The document has the metadata: change it there."
                );
        }

        return metadata.Count > 0 || HasStatementScript ? metadata : throw CommandErrors.NothingToRegister(PipedRow.Columns(InputObject));
    }
}
