using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Makes a client as it is wanted, and reads it once. Some servers answer a registration or an update with what was sent and show something
/// else at a read: a URI with a slash at its end, say. What is read right after the write is what the server granted, or a comparison would
/// take it for a change by somebody else, and each run would change it again.
/// </summary>
internal static class SyncOperation
{
    /// <inheritdoc cref="RegisterOperation.RunAsync"/>
    public static async Task<DcrClient> RegisterAsync(OperationContext context, RegisterRequest request)
    {
        var (client, isNew) = await RegisterOperation.RunAsync(context, request).ConfigureAwait(false);
        return isNew ? await SeeAsync(context, client, request.Metadata).ConfigureAwait(false) : client;
    }

    /// <inheritdoc cref="UpdateOperation.RunAsync"/>
    public static async Task<DcrClient> UpdateAsync(OperationContext context, RegistrationRecord record, JsonBag changes)
    {
        var client = await UpdateOperation.RunAsync(context, record, changes).ConfigureAwait(false);
        return await SeeAsync(context, client, changes).ConfigureAwait(false);
    }

    /// <inheritdoc cref="RepairOperation.RunAsync"/>
    /// <param name="clientSecretName">The application's copy of the new secret; null for none but those that there are.</param>
    public static async Task<DcrClient> RepairAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag wanted,
        Func<Task<string>>? statement,
        string? clientSecretName
    )
    {
        var (client, isNew) = await RepairOperation.RunAsync(context, record, wanted, statement).ConfigureAwait(false);
        if (clientSecretName is not null)
        {
            client = await RegisterOperation.CopyFoundAsync(context, client, clientSecretName).ConfigureAwait(false);
        }

        return isNew ? await SeeAsync(context, client, wanted).ConfigureAwait(false) : client;
    }

    /// <summary>The write is done and kept: where the client cannot be read, it is as it was answered.</summary>
    private static async Task<DcrClient> SeeAsync(OperationContext context, DcrClient written, JsonBag asked)
    {
        // A run of its own: what goes wrong with a read says nothing of the write.
        context.Scope.EndTurn();
        var reading = new OperationContext(context.Connection, context.Store, context.Reporter, context.Clock, context.Stop);
        DcrClient seen;
        DcrException? why;
        try
        {
            (seen, why) = await reading
                .RunAsync(inner => ReadOperation.LookAsync(inner, written.Record, orUnknown: true, asked))
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return written;
        }

        if (why is not null)
        {
            context.Reporter.Verbose($"Client '{written.ClientId}' was written and could not be read: {why.Message}");
            return written;
        }

        var others = seen.Changes.Where(change => written.Changes.All(told => told.Name != change.Name)).ToList();
        if (others.Count > 0)
        {
            const string Otherwise =
                "the server answered as asked, and shows something else when the client is read. What it shows counts as granted";
            context.Warn(
                written.ClientId,
                $"{Otherwise}: {string.Join("; ", others)}.",
                $"{Otherwise} ({string.Join(", ", others.Select(static change => change.Name))})."
            );
        }

        return seen;
    }
}
