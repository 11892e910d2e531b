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

    /// <summary>Names of clients, with wildcards.</summary>
    [Parameter(ParameterSetName = ListSet)]
    [Alias("Name")]
    [SupportsWildcards]
    public string? ClientName { get; set; }

    /// <summary>Tenants of clients, with wildcards.</summary>
    [Parameter(ParameterSetName = ListSet)]
    [SupportsWildcards]
    public string? Tenant { get; set; }

    /// <summary>Answers from the vault, without asking the server.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <inheritdoc/>
    protected override void ProcessItem()
    {
        if (ParameterSetName != ListSet)
        {
            base.ProcessItem();
            return;
        }

        var connection = Resolve();
        if (connection.Capabilities.HasFlag(DcrCapabilities.List) && !Offline && Tenant is null)
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
            foreach (var client in clients.Where(client => Matches(name, client.ClientName)))
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
        foreach (var (secretName, outline) in known.At(connection.Issuer))
        {
            if (outline is not null && !IsWanted(outline))
            {
                continue;
            }

            if (outline is not null && Offline)
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

        bool IsWanted(RegistrationRecord record) => Matches(name, record.ClientName) && Matches(tenant, record.Tenant);
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

        Start(connection, record.ClientId, target, context => ReadOperation.RunAsync(context, record), client => Write(connection, client));
    }

    private static WildcardPattern? PatternOf(string? text) => text is null ? null : NamePattern.Of(text);

    private static bool Matches(WildcardPattern? pattern, string? value) => pattern is null || pattern.IsMatch(value ?? "");
}
