using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Ledger;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Changes a client: reads it, applies what the user named, and writes it back whole, because an update replaces everything
/// and what it leaves out is deleted (RFC 7592, section 2.2).
/// </summary>
internal static class UpdateOperation
{
    private const string Done = "was changed";

    /// <inheritdoc cref="MetadataRules.CheckKeysStay"/>
    public static void CheckKeysStay(RegistrationRecord record, JsonBag changes) =>
        MetadataRules.CheckKeysStay(record.Metadata, changes);

    /// <param name="changes">Members to set; null removes one.</param>
    /// <exception cref="DcrException">Refused or of unknown outcome; VaultWriteFailed, which carries the client.</exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record, JsonBag changes)
    {
        context.Audit.Begin(DcrAuditOperation.Update, record, changes: changes.Select(static member => member.Key));
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        var (current, read) = await ReadOperation.ReadAsync(context, record).ConfigureAwait(false);
        var asked = changes.Where(static (_, value) => !JsonBag.IsAbsent(value));
        context.WarnOfUnlisted(record.ClientId, asked);
        DcrClient updated;
        try
        {
            updated = await ChangeAsync(current, read).ConfigureAwait(false);
        }
        catch (DcrException unknown) when (unknown.ErrorId == DcrErrorId.OutcomeUnknown)
        {
            updated = await LostAnswer.ResolveAsync(context, current.Record, asked, unknown, ChangeAsync).ConfigureAwait(false);
        }
        catch (DcrException refusal) when (refusal is { ErrorId: DcrErrorId.OperationNotSupported, ServerError: not null })
        {
            context.Connection.Lacks(DcrCapabilities.Update);
            throw;
        }

        WarnOfKept(context, updated, changes);
        context.TellOfReplacedSecret(record, updated);
        return updated;

        Task<DcrClient> ChangeAsync(DcrClient now, RegistrationAnswer answer)
        {
            var whole = Management.ForUpdate(answer.Members, record.ClientId).With(changes).WithoutAbsent();
            return WriteAsync(
                context,
                now.Record,
                asked,
                newest => context.Provider.UpdateAsync(newest, new MetadataUpdate(whole, changes, answer.Members), context.Call),
                (answer.Members, changes),
                whole
            );
        }
    }

    /// <summary>Has the server change a client, and keeps what comes back.</summary>
    /// <param name="before">What the server had, and all that the change names; null where the answer is no whole client.</param>
    /// <param name="whole">
    /// What is sent, which is kept where the server answers without a body and lets nobody read; null where that tells nothing.
    /// </param>
    public static async Task<DcrClient> WriteAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag asked,
        Func<RegistrationRecord, Task<RegistrationAnswer>> write,
        (JsonBag Read, JsonBag Named)? before = null,
        JsonBag? whole = null)
    {
        record = await context.Scope.BeginChangeAsync(LedgerOperation.Update, record, asked).ConfigureAwait(false);
        try
        {
            (record, var answer) = await context
                .AskAsync(record, async newest => (newest, await write(newest).ConfigureAwait(false)))
                .ConfigureAwait(false);
            answer = context.Completed(record, answer, before?.Named ?? asked);
            return await context.KeepAsync(record, answer, asked, Done, before: before).ConfigureAwait(false);
        }
        catch (UnreadAnswerException empty) when (empty.IsEmpty && whole is not null)
        {
            return await KeepUntoldAsync(context, record, asked, before, whole).ConfigureAwait(false);
        }
        catch (UnreadAnswerException unread)
        {
            throw OperationErrors.UnreadManagement(
                context.Connection.RegistrationEndpoint,
                record.ClientId,
                Done,
                unread.Why,
                context.Scope.Unusable(),
                unread
            );
        }
    }

    /// <summary>
    /// The server made the change and did not say what it granted (RFC 7592, section 2.2, has it say so): it is read; else what was sent is
    /// kept.
    /// </summary>
    private static async Task<DcrClient> KeepUntoldAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag asked,
        (JsonBag Read, JsonBag Named)? before,
        JsonBag whole
    )
    {
        context.Scope.Kept();
        RegistrationAnswer answer;
        try
        {
            answer = await context.Provider.ReadAsync(record, context.Call).ConfigureAwait(false);
            context.Reporter.Verbose(
                $"The server answered the change of client '{record.ClientId}' without a body; it was read to see what it granted."
            );
        }
        catch (Exception failure) when (failure is DcrException or UnreadAnswerException or OperationCanceledException)
        {
            answer = new(whole.With(record.Metadata.Where(static (name, _) => ClientMember.ForbiddenInUpdate.Contains(name))), Status: 204);
            const string Unread =
                "the server answered the change without a body, and the client could not be read. What was sent is kept; what the server "
                    + "granted is not known.";
            context.Warn(record.ClientId, $"{Unread} {(failure as DcrException)?.Message}".TrimEnd(), Unread);
        }

        return await context.KeepAsync(record, answer, asked, Done, before: before).ConfigureAwait(false);
    }

    /// <summary>A server may put a default in the place of a member that was to go.</summary>
    private static void WarnOfKept(OperationContext context, DcrClient updated, JsonBag changes)
    {
        IEnumerable<string> kept = changes
            .Where(member =>
                JsonBag.IsAbsent(member.Value) && updated.Record.Metadata.TryGet(member.Key, out var value) && !JsonBag.IsAbsent(value)
            )
            .Select(member => member.Key)
            .ToList();
        if (kept.Any())
        {
            context.Warn(updated.ClientId, $"the server still has a value for what was to be removed: {string.Join(", ", kept)}.");
        }
    }
}
