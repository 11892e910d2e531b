using System;
using System.Linq;
using System.Management.Automation;
using DcrPowerShell.Binding;
using DcrPowerShell.Errors;
using DcrPowerShell.Hosting;
using DcrPowerShell.Operations;
using DcrPowerShell.Storage;

namespace DcrPowerShell.Commands;

/// <summary>Reads clients (RFC 7592, section 2.1): those that are named, or all that the vault knows at the connected server.</summary>
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

    /// <summary>Whether the server still has them. Each registration of the vault is read.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public DcrClientState[]? State { get; set; }

    /// <summary>Answers from the vault, without asking the server.</summary>
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

        var connection = Resolve();
        if (connection.Capabilities.HasFlag(DcrCapabilities.List) && !Offline && Tenant is null && State is null)
        {
            ListServer(connection);
        }
        else
        {
            ListVault(connection);
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

    /// <summary>The registrations that the vault has; a tenant is known nowhere else.</summary>
    private void ListVault(DcrConnection connection)
    {
        using var known = Run(connection, ListOperation.FromVaultAsync);
        var (name, tenant) = (PatternOf(ClientName), PatternOf(Tenant));
        var whole = SecretManagementVault.WholeRecords(connection.Vault!);
        var wanted = known.At(connection.Issuer).Where(found => found.Outline is null || IsWanted(found.Outline));
        if (!Offline)
        {
            // Counted, so that it can be said how many are left.
            var names = wanted.Select(static found => (found.SecretName, (RegistrationRecord?)null)).ToList();
            Expect(names.Count);
            wanted = names;
        }

        foreach (var (secretName, outline) in wanted)
        {
            if (outline is not null)
            {
                Write(connection, new DcrClient(outline, [], secretName, whole));
                continue;
            }

            Try(secretName, () =>
            {
                var record = Run(connection, context => ListOperation.LoadAsync(context, secretName));
                if (record is not null && IsWanted(record))
                {
                    Give(connection, record, secretName);
                }
            });
        }

        bool IsWanted(RegistrationRecord record) => Matches(name, record.ClientName) && Matches(tenant, record.Tenant) && IsSoon(record);
    }

    private protected override void ProcessClient(string clientId, DcrClient? piped)
    {
        var connection = Resolve(piped);
        Give(connection, Run(connection, context => FindOperation.RunAsync(context, clientId, piped)), piped ?? (object)clientId);
    }

    private void Give(DcrConnection connection, RegistrationRecord record, object? target)
    {
        if (Offline)
        {
            Write(connection, new DcrClient(record, [], connection.Vault is null ? null : record.SecretName));
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
            WriteWarning($"To the token{(_rejected == 1 ? " of 1 client" : $"s of {_rejected} clients")} the server answered HTTP 401. RFC 7592 has that for a client that is gone; a token that was replaced by another machine, or revoked, is answered alike. Make sure before you remove what the vault has.");
        }
    }

    private bool IsSoon(RegistrationRecord record) => _expiringBy is not { } time || record.SecretExpiresBy(time);

    private static WildcardPattern? PatternOf(string? text) => text is null ? null : NamePattern.Of(text);

    private static bool Matches(WildcardPattern? pattern, string? value) => pattern is null || pattern.IsMatch(value ?? "");
}
