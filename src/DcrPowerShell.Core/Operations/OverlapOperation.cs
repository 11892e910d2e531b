using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Replaces a client secret without an interruption: adds a second one, and deletes the old one when the application has moved over. The
/// secret that is kept here is the new one, from the first step on.
/// </summary>
internal static class OverlapOperation
{
    /// <summary>Adds a second secret and keeps it as the client's; the old one stays valid.</summary>
    /// <exception cref="DcrException">
    /// OverlapRefused: two are there. OutcomeUnknown. VaultWriteFailed, which carries the client.
    /// </exception>
    public static async Task<DcrClient> StartAsync(OperationContext context, RegistrationRecord record, string? clientSecretName)
    {
        context.Audit.Begin(DcrAuditOperation.AddSecret, record);
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        var secrets = context.Provider.SecretsOf(record);
        await context.CheckCopyAsync(clientSecretName, record).ConfigureAwait(false);
        var (current, read) = await ReadOperation.ReadAsync(context, record).ConfigureAwait(false);
        if (current.TokenEndpointAuthMethod is { } method && !method.StartsWith(ClientMember.ClientSecret, StringComparison.Ordinal))
        {
            throw OperationErrors.NoSecret(record.ClientId, method, isAsked: true);
        }

        var listed = await secrets.ListAsync(context.Call).ConfigureAwait(false);
        if (listed.Count > 1)
        {
            var known = Known(listed, current.Record);
            throw OperationErrors.SecondSecretThere(
                record.ClientId,
                Describe(listed, known),
                canComplete: known is not null && IsOutOfUse(Other(listed, known)!, known)
            );
        }

        try
        {
            var client = await UpdateOperation
                .WriteAsync(
                    context,
                    current.Record,
                    asked: JsonBag.Empty,
                    async _ =>
                        read with
                        {
                            Members = read.Members.With(
                                ClientMember.ClientSecret,
                                await secrets.AddAsync(context.Call).ConfigureAwait(false)
                            ),
                        }
                )
                .ConfigureAwait(false);
            await context.CopySecretAsync(client, clientSecretName).ConfigureAwait(false);
            return client;
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.OutcomeUnknown)
        {
            throw OperationErrors.AdditionOutcomeUnknown(record.ClientId, failure);
        }
    }

    /// <summary>
    /// Deactivates and deletes the secret beside the known one, if it is an older one or inactive already. The client is not read
    /// before: an answer with another secret would change which one is known.
    /// </summary>
    /// <exception cref="DcrException">
    /// OverlapRefused: the known one is not there, or the other may be in use. Refused, or of unknown outcome.
    /// </exception>
    public static async Task<DcrClient> CompleteAsync(OperationContext context, RegistrationRecord record, string? clientSecretName)
    {
        context.Audit.Begin(DcrAuditOperation.DeleteOldSecret, record);
        record = await context.Scope.TakeTurnAsync(record).ConfigureAwait(false);
        var secrets = context.Provider.SecretsOf(record);
        await context.CheckCopyAsync(clientSecretName, record).ConfigureAwait(false);
        var listed = await secrets.ListAsync(context.Call).ConfigureAwait(false);
        if (listed.Count == 0)
        {
            throw OperationErrors.NoSecret(record.ClientId, record.Metadata.Text(ClientMember.TokenEndpointAuthMethod), isAsked: true);
        }

        var known = Known(listed, record) ?? throw OperationErrors.NoKnownSecret(record.ClientId, Describe(listed, known: null));
        if (Other(listed, known) is not { } old)
        {
            context.Warn(record.ClientId, "it has one client secret, the one known here: there is no old one to delete.");
        }
        else if (!IsOutOfUse(old, known))
        {
            throw OperationErrors.OtherSecretMayBeInUse(record.ClientId, Describe(listed, known));
        }
        else
        {
            await DeleteAsync(context, secrets, record, old).ConfigureAwait(false);
        }

        var client = new DcrClient(record, []) { State = DcrClientState.Active, Storage = context.StorageOf(record) };
        await context.CopySecretAsync(client, clientSecretName).ConfigureAwait(false);
        return client;
    }

    private static async Task DeleteAsync(OperationContext context, IClientSecrets secrets, RegistrationRecord record, ListedSecret old)
    {
        if (old.IsActive)
        {
            await secrets.DeactivateAsync(old, context.Call).ConfigureAwait(false);
        }

        try
        {
            await secrets.DeleteAsync(old, context.Call).ConfigureAwait(false);
        }
        catch (DcrException failure)
        {
            throw OperationErrors.OldSecretNotDeleted(record.ClientId, failure);
        }
    }

    private static ListedSecret? Known(IEnumerable<ListedSecret> listed, RegistrationRecord record) =>
        listed.FirstOrDefault(secret => secret.Value is not null && secret.Value == record.ClientSecret);

    private static ListedSecret? Other(IEnumerable<ListedSecret> listed, ListedSecret known) =>
        listed.FirstOrDefault(secret => secret != known);

    /// <summary>
    /// Only a secret that the known one has replaced may be deleted. One that is newer may be in use, though it is not known here.
    /// </summary>
    private static bool IsOutOfUse(ListedSecret other, ListedSecret known) =>
        known.IsActive && (!other.IsActive || other.Created <= known.Created);

    private static string Describe(IEnumerable<ListedSecret> listed, ListedSecret? known) =>
        string.Join(
            "; ",
            listed.Select(secret =>
                $"{secret.Id}, made "
                + (secret.Created?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? "at an unknown time")
                + $"{(secret.IsActive ? "" : ", inactive")}{(secret == known ? " (the one known here)" : "")}"
            )
        );
}
