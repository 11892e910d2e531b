using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Makes a client as it is wanted, then reads it to check that it is. Some servers answer a write as asked and show something else at a
/// read, such as a URI with a slash at its end. A difference that a write did not change counts as granted: otherwise each run would take
/// it for somebody else's change and write it again. Any other difference is written once more.
/// </summary>
internal static class SyncOperation
{
    /// <inheritdoc cref="RegisterOperation.RunAsync"/>
    public static async Task<DcrClient> RegisterAsync(OperationContext context, RegisterRequest request)
    {
        var (client, isNew) = await RegisterOperation.RunAsync(context, request).ConfigureAwait(false);
        return isNew ? await SeeNewAsync(context, client, request.Metadata, request.ClientSecretName).ConfigureAwait(false) : client;
    }

    /// <inheritdoc cref="UpdateOperation.RunAsync"/>
    /// <param name="wanted">All that is wanted of the client, not only what differs.</param>
    /// <param name="clientSecretName">
    /// The name of the application's copy of the secret, which is renewed if the server replaces the secret; null for none.
    /// </param>
    public static async Task<DcrClient> UpdateAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag wanted,
        IReadOnlyList<DcrDifference> differing,
        string? clientSecretName
    )
    {
        await context.CheckCopyAsync(clientSecretName, record).ConfigureAwait(false);
        var client = await UpdateOperation.RunAsync(context, record, Of(wanted, differing)).ConfigureAwait(false);
        string[] notShown = [.. from difference in differing where difference.Server is null select difference.Name];
        client = await SeeAsync(context, client, wanted, before: record.Metadata.Without(notShown)).ConfigureAwait(false);
        return await RenewCopyAsync(context, record.ClientSecret, client, clientSecretName).ConfigureAwait(false);
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

        return isNew ? await SeeNewAsync(context, client, wanted, clientSecretName).ConfigureAwait(false) : client;
    }

    private static async Task<DcrClient> SeeNewAsync(OperationContext context, DcrClient client, JsonBag wanted, string? clientSecretName)
    {
        var seen = await SeeAsync(context, client, wanted, before: null).ConfigureAwait(false);
        return await RenewCopyAsync(context, client.Record.ClientSecret, seen, clientSecretName).ConfigureAwait(false);
    }

    /// <summary>Some servers replace the client secret when a client is written: the application's copy gets the new one.</summary>
    private static async Task<DcrClient> RenewCopyAsync(
        OperationContext context,
        string? formerSecret,
        DcrClient client,
        string? clientSecretName
    ) =>
        clientSecretName is not null && client.Record.ClientSecret != formerSecret
            ? await RegisterOperation.CopyFoundAsync(context, client, clientSecretName).ConfigureAwait(false)
            : client;

    /// <summary>
    /// Reads what was written, and writes once more what differs. If that fails, the client is given as the write was answered: it is done
    /// and kept.
    /// </summary>
    /// <param name="before">What the server showed before the write; null for a new client.</param>
    private static async Task<DcrClient> SeeAsync(OperationContext context, DcrClient written, JsonBag asked, JsonBag? before)
    {
        var client = written;
        try
        {
            for (var isLast = false; ; isLast = true)
            {
                (client, var differing) = await AgainAsync(context, inner => LookAsync(inner, client, asked, before)).ConfigureAwait(false);
                if (differing.Count == 0)
                {
                    return client;
                }

                if (isLast)
                {
                    const string Otherwise = "the server answered as asked, and still shows something else when the client is read";
                    Tell(context, client, Otherwise, differing);
                    return client;
                }

                before = CompareOperation.Shown(client);
                var (record, wishes) = (client.Record, Of(asked, differing));
                client = await AgainAsync(context, inner => UpdateOperation.RunAsync(inner, record, wishes)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return client;
        }
        catch (DcrException failure) when (failure.ServerError is not null || failure.ErrorId == DcrErrorId.OperationNotSupported)
        {
            context.Warn(client.ClientId, $"the server shows something else than it answered, and changing it failed: {failure.Message}");
            return client;
        }
    }

    /// <summary>Runs an operation in a context of its own: its failure says nothing of what was done before.</summary>
    private static Task<T> AgainAsync<T>(OperationContext context, Func<OperationContext, Task<T>> operation)
    {
        context.Scope.EndTurn();
        return new OperationContext(context.Connection, context.Store, context.Reporter, context.Clock, context.Stop).RunAsync(operation);
    }

    /// <summary>Reads the client, and notes as granted what the write did not change.</summary>
    /// <returns>The client, and what else differs.</returns>
    private static async Task<(DcrClient Client, IReadOnlyList<DcrDifference> Differing)> LookAsync(
        OperationContext context,
        DcrClient written,
        JsonBag asked,
        JsonBag? before
    )
    {
        var (client, why) = await ReadOperation.LookAsync(context, written.Record, orUnknown: true).ConfigureAwait(false);
        if (why is not null)
        {
            context.Reporter.Verbose($"Client '{written.ClientId}' was written and could not be read: {why.What}");
            return (written, []);
        }

        var differing = CompareOperation.Differences(context, asked, client);
        var own = differing
            .Where(difference => before is not null && Grant.IsAlike(difference.Name, before, CompareOperation.Shown(client)))
            .ToList();
        if (own.Count > 0)
        {
            string[] names = [.. own.Select(static difference => difference.Name)];
            var record = client.Record with
            {
                Asked = Grant.Remember(client.Record.Asked, Of(asked, own), names),
                Drifted = client.Record.Drifted.Without(names),
                UpdatedAt = RegistrationRecord.Later(context.Clock.UtcNow, client.Record.UpdatedAt),
            };
            var stored = await context.StoreAsync(record, client.Changes, "was read").ConfigureAwait(false);
            stored.Unshown = client.Unshown;
            client = stored;
            const string Otherwise =
                "the server answers as asked, and shows something else whenever the client is read. That counts as granted from now on";
            Tell(context, client, Otherwise, own);
        }

        return (client, [.. differing.Except(own)]);
    }

    private static JsonBag Of(JsonBag wanted, IReadOnlyList<DcrDifference> differing) =>
        wanted.Where((name, _) => differing.Any(difference => difference.Name == name));

    private static void Tell(OperationContext context, DcrClient client, string what, IReadOnlyList<DcrDifference> differing) =>
        context.Warn(
            client.ClientId,
            $"{what}. {string.Join("; ", differing)}.",
            $"{what} ({string.Join(", ", differing.Select(static difference => difference.Name))})."
        );
}
