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
            var count = 0;
            foreach (var found in kept)
            {
                Write(connection, ListOperation.ClientOf(found, whole));
                count++;
            }

            TellOfElsewhere(connection, count);
            return;
        }

        // Counted, so that it can be said how many are left.
        var ids = kept.Select(static found => found.Record.ClientId).ToList();
        TellOfElsewhere(connection, ids.Count);
        Expect(ids.Count);
        foreach (var clientId in ids)
        {
            Try(clientId, () => Give(connection, Run(connection, context => FindOperation.RunAsync(context, clientId, piped: null)), clientId));
        }
    }

    /// <summary>Nothing was found of what was named, and another store has it: else whoever pipes it on would hear nothing.</summary>
    private void TellOfElsewhere(DcrConnection connection, int count)
    {
        if (count == 0 && (Tenant ?? ClientName) is { } named
            && Wanted(connection.Ledger, connection.Issuer, place: null).FirstOrDefault() is { } other)
        {
            WriteWarning(Redaction.Printable(ListOperation.ElsewhereWarning(connection, named, other)));
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

        Start(connection, record.ClientId, target, context => ReadOperation.RunAsync(context, record), client => Give(connection, client));
    }

    private void Give(DcrConnection connection, DcrClientState[] states, DcrClient client, DcrException? why)
    {
        if (why is not null)
        {
            WriteVerbose(why.Message);
            _rejected += client.State == DcrClientState.Gone && why.ErrorId == DcrErrorId.AccessTokenRejected ? 1 : 0;
        }

        if (states.Contains(client.State))
        {
            Give(connection, client);
        }
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
            WriteWarning($"To the token{(_rejected == 1 ? " of 1 client" : $"s of {_rejected} clients")} the server answered HTTP 401. RFC 7592 has that for a client that is gone; a token that was replaced by another machine, or revoked, is answered alike. Make sure before you remove what is kept.");
        }
    }

    private bool IsSoon(RegistrationRecord record) => _expiringBy is not { } time || record.SecretExpiresBy(time);

    private static WildcardPattern? PatternOf(string? text) => text is null ? null : NamePattern.Of(text);

    private static bool Matches(WildcardPattern? pattern, string? value) => pattern is null || pattern.IsMatch(value ?? "");
}
