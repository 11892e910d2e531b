using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Compares a wanted client with the one that the server has. Changes no client; a token or secret that the server rotates at the read is
/// kept.
/// </summary>
internal static class CompareOperation
{
    /// <param name="wanted">What the user named, and nothing else: what a server adds is no difference.</param>
    /// <param name="known">The client, as it is kept.</param>
    /// <exception cref="DcrException">The store failed; or VaultWriteFailed, which carries the client.</exception>
    public static async Task<DcrComparison> RunAsync(OperationContext context, JsonBag wanted, RegistrationRecord known)
    {
        var isReadable = context.Provider.Capabilities.HasFlag(DcrCapabilities.Read);
        var (client, why) = isReadable
            ? await ReadOperation.LookAsync(context, known, orUnknown: true).ConfigureAwait(false)
            : ((await ReadOperation.CurrentAsync(context, known).ConfigureAwait(false)).Client, null);
        var record = client.Record;
        var changes = Differences(context, wanted, client);
        var status =
            client.State == DcrClientState.Gone ? DcrComparisonStatus.Gone
            : why is not null ? DcrComparisonStatus.Unreadable
            : changes.Count > 0 ? DcrComparisonStatus.Differs
            : DcrComparisonStatus.Same;
        return new DcrComparison(status, record.Issuer)
        {
            Tenant = client.Tenant,
            ClientName = wanted.Text(ClientMember.ClientName) is { } name ? Redaction.Printable(name) : client.ClientName,
            ClientId = client.ClientId,
            Changes = changes,
            IsDoubtful = why?.IsOwnTokenRefused == true,
            Why =
                why is not null ? $"{why.What} {why.RecommendedAction}"
                : isReadable ? null
                : "The server lets nobody read a client: this is what was last registered from here.",
        };
    }

    /// <inheritdoc cref="Grant.Differences"/>
    /// <param name="client">As it was read. What is kept and was not shown counts as missing at the server.</param>
    public static IReadOnlyList<DcrDifference> Differences(OperationContext context, JsonBag wanted, DcrClient client)
    {
        var record = client.Record;
        var notShownBefore = client.Unshown.Where(record.Asked.Has).ToArray();
        return Grant.Differences(
            wanted,
            Shown(client),
            Grant.LastGranted(record.Metadata, record.Drifted).Without(notShownBefore),
            record.Asked,
            context.Audit.Sent.And(record.Secrets)
        );
    }

    /// <summary>What the server showed of a client that was read.</summary>
    public static JsonBag Shown(DcrClient client) => client.Record.Metadata.Without([.. client.Unshown]);

    /// <summary>A wanted client that its tenant does not have.</summary>
    /// <param name="isUnknown">A request to register it has an unknown outcome.</param>
    public static DcrComparison Absent(string issuer, string tenant, JsonBag wanted, bool isUnknown) =>
        new(isUnknown ? DcrComparisonStatus.Unknown : DcrComparisonStatus.Missing, issuer)
        {
            Tenant = Redaction.Printable(tenant.Trim()),
            ClientName = wanted.Text(ClientMember.ClientName) is { } name ? Redaction.Printable(name) : null,
            Why = isUnknown
                ? "The outcome of an earlier request to register it is unknown. Find-DcrOrphan looks it up."
                : null,
        };

    /// <summary>A client that nobody wants.</summary>
    public static DcrComparison Extra(RegistrationRecord record)
    {
        var client = new DcrClient(record, []);
        return new DcrComparison(DcrComparisonStatus.Extra, record.Issuer)
        {
            Tenant = client.Tenant,
            ClientName = client.ClientName,
            ClientId = client.ClientId,
        };
    }
}
