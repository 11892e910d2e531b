using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Commands;

/// <summary>Reads clients (RFC 7592, section 2.1): those that are named, or all that are kept at the connected server.</summary>
[Cmdlet(VerbsCommon.Get, "DcrClient", DefaultParameterSetName = ListSet)]
[OutputType(typeof(DcrClient))]
public sealed class GetDcrClientCommand : DcrClientCmdlet
{
    private const string ListSet = "List";

    private DateTimeOffset? _expiringBy;
    private int _rejected;

    // Clients that are given as they are kept, because the server lets nobody read them.
    private int _unread;
    private DcrException? _whyUnread;

    /// <summary>Names of clients, with wildcards.</summary>
    [Parameter(ParameterSetName = ListSet)]
    [Alias("Name")]
    [SupportsWildcards]
    public string? ClientName { get; set; }

    /// <summary>Tenants of clients, with wildcards.</summary>
    [Parameter(ParameterSetName = ListSet)]
    [SupportsWildcards]
    public string? Tenant { get; set; }

    /// <summary>How soon a client secret expires. One that has expired counts; one that never does, does not.</summary>
    [Parameter(ParameterSetName = ListSet)]
    [SpanTransformation]
    public TimeSpan? ExpiringWithin { get; set; }

    /// <summary>Whether the server still has them. Each registration that is kept is read.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public DcrClientState[]? State { get; set; }

    /// <summary>Answers from what is kept, without asking the server.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (State is not null && Offline)
        {
            ThrowTerminatingError(ErrorRecords.From(DcrErrors.StateOffline(), MyInvocation.MyCommand, target: null));
        }

        var now = DateTimeOffset.UtcNow;
        _expiringBy = ExpiringWithin is not { } span ? null : span < DateTimeOffset.MaxValue - now ? now + span : DateTimeOffset.MaxValue;
    }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (ParameterSetName != ListSet)
        {
            base.ProcessItem();
            return;
        }

        if (IsUnconnected)
        {
            ListAll(clientId: null);
            return;
        }

        var connection = Resolve();
        if (connection.Capabilities.HasFlag(DcrCapabilities.List) && !Offline && Tenant is null && State is null)
        {
            ListServer(connection);
        }
        else
        {
            ListKept(connection);
        }
    }

    /// <summary>All that the server knows, page by page.</summary>
    private void ListServer(DcrConnection connection)
    {
        // A name is looked for by how it begins; the rest of the pattern is judged here.
        var name = PatternOf(ClientName);
        var prefix = ClientName is null ? null : ClientName.Split('*', '?', '[', '`')[0];
        for (string? cursor = null, next; ; cursor = next)
        {
            (var clients, next) = Run(connection, context => ListOperation.FromServerAsync(context, prefix, cursor));
            foreach (var client in clients.Where(client => Matches(name, client.ClientName) && IsSoon(client.Record)))
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
    private void ListKept(DcrConnection connection)
    {
        var kept = Wanted(connection.Ledger, connection.Issuer, connection.Place);
        if (Offline)
        {
            var whole = Whole.RecordsOf(connection.Ledger, connection.Vault, connection.VaultId);
            foreach (var found in kept)
            {
                Write(connection, ListOperation.ClientOf(found, whole));
            }

            return;
        }

        // Counted, so that it can be said how many are left.
        var ids = kept.Select(static found => found.Record.ClientId).ToList();
        Expect(ids.Count);
        foreach (var clientId in ids)
        {
            Try(clientId, () => Give(connection, Run(connection, context => FindOperation.RunAsync(context, clientId, piped: null)), clientId));
        }
    }

    private bool IsUnconnected => Offline && Connection is null && RunspaceState.Current.Default is null;

    /// <summary>Everything that is kept on this machine, without any connection; or one client of it.</summary>
    private void ListAll(string? clientId)
    {
        var ledger = Ledger();
        var whole = Whole.RecordsOf(ledger, vault: null, vaultId: null);
        var count = 0;
        foreach (var found in Wanted(ledger, issuer: null, place: null).Where(found => clientId is null || found.Record.ClientId == clientId))
        {
            WriteObject(ListOperation.ClientOf(found, whole));
            count++;
        }

        if (clientId is not null && count == 0)
        {
            throw DcrErrors.NoRegistrationAnywhere(clientId);
        }
    }

    /// <summary>Of what is kept, what the parameters name.</summary>
    private IEnumerable<StoredRegistration> Wanted(RegistrationLedger ledger, string? issuer, ulong? place)
    {
        var (name, tenant) = (PatternOf(ClientName), Tenant is null ? null : new TenantPattern(Tenant));
        return ListOperation.Kept(ledger, issuer, place, Pump(), tenant?.Exact)
            .Where(found => Matches(name, found.Record.ClientName) && tenant?.IsMatch(found.Record.Tenant) != false && IsSoon(found.Record));
    }

    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        if (IsUnconnected)
        {
            ListAll(clientId);
            return;
        }

        var connection = Resolve(piped);
        Give(connection, Run(connection, context => FindOperation.RunAsync(context, clientId, piped)), piped ?? (object)clientId);
    }

    private void Give(DcrConnection connection, RegistrationRecord record, object? target)
    {
        if (Offline)
        {
            Write(connection, new DcrClient(record, []) { Storage = connection.Vault is null ? DcrStorage.Local : DcrStorage.Vault });
            return;
        }

        if (State is not null)
        {
            Start(connection, record.ClientId, target, context => ReadOperation.LookAsync(context, record, State.Contains(DcrClientState.Unknown)), seen => Give(connection, State, seen.Client, seen.Why));
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
            WriteVerbose(why.Message);
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
            WriteWarning($"The server refused the token{(_rejected == 1 ? " of 1 client" : $"s of {_rejected} clients")}. RFC 7592 has HTTP 401 for a client that is gone; a token that was replaced by another machine, or revoked, is answered alike. Make sure before you remove what is kept. After HTTP 403 the state is Unknown.");
        }

        if (_whyUnread is { } why)
        {
            WriteWarning(Redaction.Printable($"{(_unread == 1 ? "1 client" : $"{_unread} clients")} could not be read at the server: what is kept here is all that is known, and the state is Unknown.{(_unread == 1 ? "" : " Of the first:")} {why.Message} {why.RecommendedAction}"));
        }
    }

    private bool IsSoon(RegistrationRecord record) => _expiringBy is not { } time || record.SecretExpiresBy(time);

    private static WildcardPattern? PatternOf(string? text) => text is null ? null : NamePattern.Of(text);

    private static bool Matches(WildcardPattern? pattern, string? value) => pattern is null || pattern.IsMatch(value ?? "");
}
