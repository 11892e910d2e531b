using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Cmdlets;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Session;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Commands;

/// <summary>Reads clients (RFC 7592, section 2.1): those that are named, or all that are kept at the connected server.</summary>
[Cmdlet(VerbsCommon.Get, "DcrClient", HelpUri = HelpPages.Address + "Get-DcrClient.md")]
[OutputType(typeof(DcrClient))]
public sealed class GetDcrClientCommand : DcrClientCmdlet
{
    private DateTimeOffset? _expiringBy;
    private List<NamePattern>? _names;

    // Names without wildcards that no client had so far.
    private List<NamePattern> _unseenNames = [];
    private int _gone;
    private int _rejected;

    // Clients that are given as they are kept, because the server lets nobody read them.
    private int _unread;
    private DcrException? _whyUnread;

    /// <summary>Names of clients, with wildcards.</summary>
    [Parameter]
    [Alias("Name")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ClientNameCompleter))]
    public string[]? ClientName { get; set; }

    /// <summary>
    /// The time within which a client secret expires, such as 30d. A secret that has expired counts; one that never expires does not.
    /// </summary>
    [Parameter]
    [SpanTransformation]
    [ArgumentCompleter(typeof(SpanCompleter))]
    public TimeSpan? ExpiringWithin { get; set; }

    /// <summary>Only clients of these states. Each registration that is kept is read to find out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public DcrClientState[]? State { get; set; }

    /// <summary>Answers from what is kept, without asking the server.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    private bool IsUnconnected => Offline && Connection is null && RunspaceState.Current.Default is null;

    /// <summary>No parameter of this command.</summary>
    public override string? ReportPath { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (State is not null && Offline)
        {
            ThrowTerminatingError(ErrorRecords.From(CommandErrors.StateOffline(), MyInvocation.MyCommand, target: null));
        }

        _names = ClientName?.Select(static text => new NamePattern(text)).ToList();
        _unseenNames = (_names ?? []).FindAll(static name => name.IsName);
        var now = DateTimeOffset.UtcNow;
        _expiringBy = ExpiringWithin is not { } span ? null : span < DateTimeOffset.MaxValue - now ? now + span : DateTimeOffset.MaxValue;
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        CheckColumns(InputObject, tellsUnused: false);
        if (ClientId is null && Tenant is null && InputObject is null && !MyInvocation.ExpectingInput)
        {
            List([]);
            return;
        }

        var named = Named(ClientId, Tenant, InputObject);
        var tenants = named
            .Where(static client => client.ClientId is null)
            .Select(client => new TenantPattern(client.Tenants[0], IsNamedOnCommandLine(nameof(Tenant))))
            .ToList();
        if (tenants.Count > 0)
        {
            List(tenants);
        }
        else if (!IsUnconnected)
        {
            ForEach(named, InputObject, ProcessClient);
        }
        else
        {
            foreach (var client in named)
            {
                Try(client.Target, () => GiveStored(client.ClientId!));
            }
        }
    }

    private protected override void ProcessClient(DcrConnection connection, NamedClient client) =>
        Give(connection, Find(connection, client), client.Target);

    /// <param name="tenants">The tenants whose clients are listed; empty for all.</param>
    private void List(List<TenantPattern> tenants)
    {
        if (IsUnconnected)
        {
            var ledger = Ledger();
            WriteStored(ledger, Wanted(ledger, issuer: null, place: null, tenants));
            TellOfUnseen(issuer: null, isAsked: false);
            return;
        }

        var connection = InputObject is null ? Resolve() : ConnectionFor(new NamedClient(null, [tenants[0].Exact!]), InputObject);
        var isAsked = connection.Capabilities.HasFlag(DcrCapabilities.List) && !Offline && tenants.Count == 0 && State is null;
        if (isAsked)
        {
            ListServer(connection);
        }
        else
        {
            ListKept(connection, tenants);
        }

        TellOfUnseen(connection.Issuer, isAsked);
    }

    private void TellOfUnseen(string? issuer, bool isAsked)
    {
        foreach (var name in _unseenNames)
        {
            Try(name.Text, () => throw CommandErrors.NameUnknown(name.Text, issuer, isAsked));
        }
    }

    /// <summary>All that the server knows, page by page.</summary>
    private void ListServer(DcrConnection connection)
    {
        // A name is looked for by how it begins; the rest of the pattern is judged here.
        var prefix = ClientName?.Length == 1 ? ClientName[0].Split('*', '?', '[', '`')[0] : null;
        for (string? cursor = null, next; ; cursor = next)
        {
            (var clients, next) = Run(connection, context => ListOperation.FromServerAsync(context, prefix, cursor));
            foreach (var client in clients.Where(client => IsWanted(client.Record)))
            {
                Write(connection, client);
            }

            if (next is null)
            {
                return;
            }
        }
    }

    /// <summary>The registrations that are kept; a tenant is known nowhere else.</summary>
    private void ListKept(DcrConnection connection, List<TenantPattern> tenants)
    {
        var kept = Wanted(connection.Ledger, connection.Issuer, connection.Place, tenants);
        if (Offline)
        {
            var whole = FullRecords.Of(connection.Ledger, connection.Vault, connection.VaultId);
            var count = 0;
            foreach (var found in kept)
            {
                Write(connection, ListOperation.ClientOf(found, whole));
                count++;
            }

            TellOfElsewhere(connection, count, tenants);
            return;
        }

        // Counted, so that it can be said how many are left.
        var named = kept.Select(static found => new NamedClient(found.Record.ClientId, found.Record.Tenant is { } tenant ? [tenant] : []))
            .ToList();
        TellOfElsewhere(connection, named.Count, tenants);
        Expect(named.Count);
        ForEach(named, InputObject, ProcessClient);
    }

    /// <summary>Nothing was found of what was named, and another store has it: else whoever pipes it on would hear nothing.</summary>
    private void TellOfElsewhere(DcrConnection connection, int count, List<TenantPattern> tenants)
    {
        if (count == 0 && ClientName is { Length: > 0 } names
            && Wanted(connection.Ledger, connection.Issuer, place: null, tenants).FirstOrDefault() is { } other)
        {
            WriteWarning(Redaction.Printable(ListOperation.ElsewhereWarning(connection, string.Join(", ", names), other)));
            _unseenNames.Clear();
        }
    }

    /// <summary>One client of all that is kept on this machine, without any connection.</summary>
    private void GiveStored(string clientId)
    {
        var ledger = Ledger();
        var found = Wanted(ledger, issuer: null, place: null, tenants: []).Where(found => found.Record.ClientId == clientId).ToList();
        if (found.Count == 0)
        {
            throw CommandErrors.NoRegistrationAnywhere(clientId);
        }

        WriteStored(ledger, found);
    }

    private void WriteStored(RegistrationLedger ledger, IEnumerable<StoredRegistration> kept)
    {
        var whole = FullRecords.Of(ledger, vault: null, vaultId: null);
        foreach (var found in kept)
        {
            WriteObject(ListOperation.ClientOf(found, whole));
        }
    }

    /// <summary>The kept registrations that the parameters name.</summary>
    private IEnumerable<StoredRegistration> Wanted(RegistrationLedger ledger, string? issuer, ulong? place, List<TenantPattern> tenants)
    {
        var seen = new HashSet<(string Issuer, string ClientId)>();
        var exact = tenants.Where(static tenant => tenant.Exact is not null).SelectMany(tenant => OfTenant(ledger, issuer, tenant.Exact!));
        var others =
            tenants.Count == 0 || tenants.Any(static tenant => tenant.Exact is null)
                ? ListOperation
                    .Kept(ledger, issuer, place, Pump())
                    .Where(found => tenants.Count == 0 || tenants.Any(tenant => tenant.IsMatch(found.Record.Tenant)))
                : [];
        return exact
            .Concat(others)
            .Where(found => IsWanted(found.Record) && (tenants.Count < 2 || seen.Add((found.Record.Issuer, found.Record.ClientId))));
    }

    /// <summary>All clients of a tenant. Who reads sees several of them; who changes has to name one.</summary>
    private IReadOnlyList<StoredRegistration> OfTenant(RegistrationLedger ledger, string? issuer, string tenant)
    {
        IReadOnlyList<StoredRegistration> found = [];
        Try(tenant, () => found = ListOperation.OfTenant(ledger, issuer, tenant));
        if (found.Count > 1 && issuer is not null)
        {
            WriteWarning(
                Redaction.Printable(
                    $"Tenant '{tenant}' has several clients: {string.Join(", ", found.Select(static each => each.Record.ClientId))}."
                )
            );
        }

        return found;
    }

    private void Give(DcrConnection connection, RegistrationRecord record, object? target)
    {
        if (!IsWanted(record))
        {
            return;
        }

        if (Offline)
        {
            Write(connection, new DcrClient(record, []) { Storage = connection.Vault is null ? DcrStorage.Local : DcrStorage.Vault });
            return;
        }

        if (State is not null)
        {
            Start(
                connection,
                record.ClientId,
                target,
                context => ReadOperation.LookAsync(context, record, State.Contains(DcrClientState.Unknown)),
                seen => Give(connection, State, seen.Client, seen.Why)
            );
            return;
        }

        Start(connection, record.ClientId, target, context => ReadOperation.GetAsync(context, record), got =>
        {
            CountUnread(got.Why);
            Give(connection, got.Client);
        });
    }

    private void Give(DcrConnection connection, DcrClientState[] states, DcrClient client, DcrException? why)
    {
        if (why is not null)
        {
            WriteVerbose(why.What);
            _gone += why.IsClientGone && !why.IsOwnTokenRefused ? 1 : 0;
            _rejected += why.IsOwnTokenRefused ? 1 : 0;
            CountUnread(why.IsClientGone || why.IsOwnTokenRefused ? null : why);
        }

        if (states.Contains(client.State))
        {
            Give(connection, client);
        }
    }

    private void CountUnread(DcrException? why)
    {
        _unread += why is null ? 0 : 1;
        _whyUnread ??= why;
    }

    /// <summary>What the server says of its secret counts, too.</summary>
    private void Give(DcrConnection connection, DcrClient client)
    {
        if (IsSoon(client.Record))
        {
            Write(connection, client);
        }
    }

    private protected override void AtEnd()
    {
        base.AtEnd();
        if (_rejected > 0)
        {
            WriteWarning(ReadOperation.RejectedWarning(_rejected));
        }

        if (_gone > 0)
        {
            WriteWarning(
                $"The server answered that it has {(_gone == 1 ? "1 client" : $"{_gone} clients")} no more. A server that was set up "
                    + "again, or restored from a backup, answers so too. Make sure before you remove what is kept."
            );
        }

        if (_whyUnread is { } why)
        {
            WriteWarning(
                Redaction.Printable(
                    $"{(_unread == 1 ? "1 client" : $"{_unread} clients")} could not be read at the server: what is kept here is all that "
                        + $"is known, and the state is Unknown.{(_unread == 1 ? "" : " Of the first:")} {why.What} "
                        + $"{why.RecommendedAction}"
                )
            );
        }
    }

    private bool IsWanted(RegistrationRecord record)
    {
        _unseenNames.RemoveAll(name => name.IsMatch(record.ClientName ?? ""));
        return IsSoon(record) && _names?.Any(name => name.IsMatch(record.ClientName ?? "")) != false;
    }

    private bool IsSoon(RegistrationRecord record) => _expiringBy is not { } time || record.SecretExpiresBy(time);
}
