using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Registers a client again that the server no longer has: same metadata, same tenant, new credentials. The server is asked first. The
/// ledger's intent names the client that is replaced, so the next run or connect can go on, whatever ended the command.
/// </summary>
internal static class RepairOperation
{
    /// <exception cref="DcrException">
    /// ClientNotGone: the server has it. ClientNotFound: it is not kept here, or no longer. TenantNotUnique: the tenant has another one.
    /// Whether the server has it is not known; refused, or of unknown outcome; VaultWriteFailed, which carries the client.
    /// </exception>
    /// <param name="wanted">Members that are registered in the place of the former ones; null for none.</param>
    /// <param name="statement">As <see cref="RegisterRequest.Statement"/>; null for none.</param>
    /// <returns>The client, and whether this command registered it, or an earlier one.</returns>
    public static async Task<(DcrClient Client, bool IsNew)> RunAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag? wanted = null,
        Func<Task<string>>? statement = null
    )
    {
        if (!record.IsKept)
        {
            throw StoreErrors.NoRegistrationHere(record.ClientId, context.Store.Place);
        }

        context.Audit.Begin(DcrAuditOperation.Repair, record);
        var (seen, why) = await ReadOperation.LookAsync(context, record, orUnknown: false).ConfigureAwait(false);
        if (seen.State != DcrClientState.Gone)
        {
            throw why ?? OperationErrors.NotGone(record.ClientId, isAsked: true);
        }

        if (why!.IsOwnTokenRefused)
        {
            const string Doubt =
                "the server refuses its token. That is its answer for a client that it no longer has, and for a token that was replaced "
                    + "elsewhere: if it still has the client, it has two now.";
            context.Warn(record.ClientId, Doubt);
        }

        // A document has the metadata, and the service fetches it again.
        var document = context.Provider.Documents is null ? null : record.Metadata.Text(ClientMember.ExternalClientId);
        var metadata = document is null ? Registrable(context, record) : JsonBag.Empty.With(ClientMember.ExternalClientId, document);
        var request = new RegisterRequest(metadata.With(wanted ?? JsonBag.Empty), record.Tenant, ClientSecretName: null)
        {
            Replaces = record,
            Statement = statement,
            DocumentUri = document,
        };
        var (client, isNew) = await RegisterOperation.RunAsync(context, request).ConfigureAwait(false);
        if (!isNew)
        {
            context.Reporter.Verbose($"An earlier command had registered client '{record.ClientId}' again, as '{client.ClientId}'.");
        }

        return (client, isNew);
    }

    /// <summary>What is sent of the metadata that is kept: most servers refuse members that they made themselves.</summary>
    private static JsonBag Registrable(OperationContext context, RegistrationRecord record)
    {
        var known = Management.ForUpdate(record.Metadata, record.ClientId).Without(ClientMember.ClientId);
        var metadata = known.Where(static (name, _) => ClientMember.IsRegistered(name) || ClientMember.IsLanguageTagged(name));
        var left = known.Where((name, _) => !metadata.Has(name)).Select(static member => member.Key).ToList();
        if (left.Count > 0)
        {
            context.Warn(
                record.ClientId,
                $"members that no specification names were not sent: {string.Join(", ", left)}. Set-DcrClient -Metadata adds them, if they "
                    + "are not the server's own."
            );
        }

        return metadata;
    }
}
