using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Changes a client: reads it, applies what the user named, and writes it back whole, because an update replaces everything
/// and what it leaves out is deleted (RFC 7592, section 2.2).
/// </summary>
internal static class UpdateOperation
{
    private const string Done = "was changed";

    // A second writer that is as quick as this one is rare. After three tries it is the server that does not do as it was told.
    private const int MostTries = 3;

    /// <inheritdoc cref="MetadataRules.CheckKeysStay"/>
    public static void CheckKeysStay(RegistrationRecord record, JsonBag changes) =>
        MetadataRules.CheckKeysStay(record.Metadata, changes);

    /// <param name="changes">Members to set; null removes one.</param>
    /// <param name="redirects">Single redirect URIs to add and to remove; null for none.</param>
    /// <exception cref="DcrException">
    /// Refused or of unknown outcome. ChangeNotKept: somebody else changes the client at the same time. VaultWriteFailed, which carries the
    /// client.
    /// </exception>
    public static async Task<DcrClient> RunAsync(
        OperationContext context,
        RegistrationRecord record,
        JsonBag changes,
        RedirectUriEdit? redirects = null
    )
    {
        MetadataRules.CheckKeysArePublic(changes);
        context.Audit.Begin(
            DcrAuditOperation.Update,
            record,
            changes: changes.Select(static member => member.Key).Concat(redirects is null ? [] : [ClientMember.RedirectUris])
        );
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        for (var tries = 1; ; tries++)
        {
            var (current, read) = await ReadOperation.CurrentAsync(context, record).ConfigureAwait(false);
            if (tries == 1)
            {
                context.WarnOfUnlisted(record.ClientId, changes.Where(static (_, value) => !JsonBag.IsAbsent(value)));
                redirects?.TellOfDone(context, record.ClientId, read.Members);
            }

            DcrClient? updated = null;
            try
            {
                updated = await UpdateAsync(context, current, read, changes, redirects).ConfigureAwait(false);
            }
            catch (ChangedMeanwhileException newer)
            {
                record = newer.Record;
            }

            if (updated is not null && redirects?.IsMadeIn(updated.Record.Metadata) != false)
            {
                context.TellChanges(updated);
                WarnOfKept(context, updated, changes);
                context.TellOfReplacedSecret(record, updated);
                return updated;
            }

            if (tries == MostTries)
            {
                throw OperationErrors.ChangeNotKept(record.ClientId, tries);
            }

            record = updated?.Record ?? record;
            context.Reporter.Verbose(
                $"Somebody else changed client '{record.ClientId}' meanwhile, or the server granted otherwise: reading it again."
            );
        }
    }

    /// <summary>Applies what is to change to what was read, and writes it back.</summary>
    /// <exception cref="ChangedMeanwhileException">What was read is old.</exception>
    private static async Task<DcrClient> UpdateAsync(
        OperationContext context,
        DcrClient current,
        RegistrationAnswer read,
        JsonBag changes,
        RedirectUriEdit? redirects
    )
    {
        try
        {
            return await ChangeAsync(current, read).ConfigureAwait(false);
        }
        catch (DcrException unknown) when (unknown.ErrorId == DcrErrorId.OutcomeUnknown)
        {
            return await LostAnswer
                .ResolveAsync(context, current.Record, Asked(Wanted(read)), unknown, ChangeAsync)
                .ConfigureAwait(false);
        }
        catch (DcrException refusal) when (refusal is { ErrorId: DcrErrorId.OperationNotSupported, ServerError: not null })
        {
            context.Connection.Lacks(DcrCapabilities.Update);
            throw;
        }

        async Task<DcrClient> ChangeAsync(DcrClient now, RegistrationAnswer answer)
        {
            var wanted = Wanted(answer);
            if (wanted.Count == 0)
            {
                return now;
            }

            var whole = Management.ForUpdate(answer.Members, now.Record.ClientId).With(wanted).WithoutAbsent();
            return await WriteAsync(
                context,
                now.Record,
                Asked(wanted),
                newest => newest.RegistrationAccessToken == now.Record.RegistrationAccessToken
                    ? context.Provider.UpdateAsync(newest, new MetadataUpdate(whole, wanted, answer.Members), context.Call)
                    : throw new ChangedMeanwhileException(newest),
                (answer.Members, wanted),
                whole
            ).ConfigureAwait(false);
        }

        JsonBag Wanted(RegistrationAnswer answer) => redirects is null ? changes : changes.With(redirects.ChangesTo(answer.Members));

        static JsonBag Asked(JsonBag wanted) => wanted.Where(static (_, value) => !JsonBag.IsAbsent(value));
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
            if (context.Provider.SoleTenant is not null && answer.ClientId is { } renamed && renamed != record.ClientId)
            {
                return await KeepRenamedAsync(context, record, answer, asked, renamed).ConfigureAwait(false);
            }

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
    /// The server gave the client another id. Either that cancels the former one (HL7 UDAP Security, section 3.4), or the server no longer
    /// had it: the answer is the same.
    /// </summary>
    private static async Task<DcrClient> KeepRenamedAsync(
        OperationContext context,
        RegistrationRecord former,
        RegistrationAnswer answer,
        JsonBag asked,
        string clientId
    )
    {
        var record = context.Merged(former with { ClientId = clientId, Sequence = 0 }, answer);
        var changes = Grant.Compare(asked, answer.Granted, context.Audit.Sent.And(record.Secrets));
        var client = await RegisterOperation.ReplaceAsync(context, former, record, changes, Done).ConfigureAwait(false);
        context.Warn(
            former.ClientId,
            $"the server registered it again, as '{client.ClientId}': it cancelled the former registration, or no longer had it. Give the "
                + "application the new id.",
            "the server registered it again, under another id. Give the application the new one."
        );
        return client;
    }

    /// <summary>
    /// The server made the change and did not say what it granted, although RFC 7592, section 2.2, wants that. The client is read; where
    /// that fails, what was sent is kept.
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

    /// <summary>Warns of members that were to be removed and still have a value: a server may put a default there.</summary>
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

    /// <summary>
    /// Somebody got another token for the client after it was read, so writing back what was read would undo their change.
    /// </summary>
    private sealed class ChangedMeanwhileException(RegistrationRecord record) : Exception
    {
        public RegistrationRecord Record => record;
    }
}
