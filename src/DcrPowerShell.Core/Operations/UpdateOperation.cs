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
    /// <param name="changes">Members to set; null removes one.</param>
    /// <exception cref="DcrException">Refused or of unknown outcome; VaultWriteFailed, which carries the client.</exception>
    public static async Task<DcrClient> RunAsync(OperationContext context, RegistrationRecord record, JsonBag changes)
    {
        context.Audit.Begin(DcrAuditOperation.Update, record, changes: changes.Select(static member => member.Key));
        record = await context.TakeTurnAsync(record).ConfigureAwait(false);
        var (current, read) = await ReadOperation.ReadAsync(context, record).ConfigureAwait(false);
        var asked = changes.Where(static (_, value) => !JsonBag.IsAbsent(value));
        DcrClient updated;
        try
        {
            updated = await ChangeAsync(current, read).ConfigureAwait(false);
        }
        catch (DcrException unknown) when (unknown.ErrorId == DcrErrorId.OutcomeUnknown)
        {
            updated = await LostAnswer.ResolveAsync(context, current.Record, asked, unknown, ChangeAsync).ConfigureAwait(false);
        }

        WarnOfKept(context, updated, changes);
        context.TellOfReplacedSecret(record, updated);
        return updated;

        Task<DcrClient> ChangeAsync(DcrClient now, RegistrationAnswer answer)
        {
            var whole = Management.ForUpdate(answer.Members, record.ClientId).With(changes).WithoutAbsent();
            return WriteAsync(context, now.Record, asked, newest => context.Provider.UpdateAsync(newest, new MetadataUpdate(whole, changes, answer.Members), context.Call));
        }
    }

    /// <summary>Has the server change a client, and keeps what comes back.</summary>
    public static async Task<DcrClient> WriteAsync(OperationContext context, RegistrationRecord record, JsonBag asked, Func<RegistrationRecord, Task<RegistrationAnswer>> write)
    {
        record = await context.Scope.BeginChangeAsync(LedgerOperation.Update, record, asked).ConfigureAwait(false);
        try
        {
            (record, var answer) = await context.AskAsync(record, async newest => (newest, await write(newest).ConfigureAwait(false))).ConfigureAwait(false);
            return await context.KeepAsync(record, answer, asked, "was changed").ConfigureAwait(false);
        }
        catch (UnreadAnswerException unread)
        {
            throw DcrErrors.UnreadManagement(context.Connection.RegistrationEndpoint, record.ClientId, "was changed", unread.Why, context.Scope.Unusable(), unread);
        }
    }

    /// <summary>A server may put a default in the place of a member that was to go.</summary>
    private static void WarnOfKept(OperationContext context, DcrClient updated, JsonBag changes)
    {
        IEnumerable<string> kept = changes
            .Where(member => JsonBag.IsAbsent(member.Value) && updated.Record.Metadata.TryGet(member.Key, out var value) && !JsonBag.IsAbsent(value))
            .Select(member => member.Key)
            .ToList();
        if (kept.Any())
        {
            context.Reporter.Warning($"Client '{updated.ClientId}': the server still has a value for what was to be removed: {string.Join(", ", kept)}.");
        }
    }
}
