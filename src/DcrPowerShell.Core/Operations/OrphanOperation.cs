using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;

namespace DcrPowerShell.Operations;

/// <summary>Finds requests of unknown outcome, looks up what the server knows of them, and settles them.</summary>
internal static class OrphanOperation
{
    /// <summary>
    /// The orphans of the connected server. A request whose answer can be used is no orphan: what it brought is kept. Nothing else is
    /// changed, except that a token or secret which the server rotates at a read is kept.
    /// </summary>
    /// <exception cref="DcrException">The server refused to list its clients, or the store failed.</exception>
    public static async Task<IReadOnlyList<DcrOrphan>> FindAsync(OperationContext context)
    {
        var waiting = await UseAnswersAsync(context).ConfigureAwait(false);
        if (waiting.Count > 0)
        {
            context.Reporter.Warning(
                $"{(waiting.Count == 1 ? "1 answer" : $"{waiting.Count} answers")} of the server {(waiting.Count == 1 ? "is" : "are")} "
                    + $"whole in the local store, and no registration could be made of {(waiting.Count == 1 ? "it" : "them")} yet: "
                    + "Connect-DcrServer does that, when the store can be written and the vault of the client is connected."
            );
        }

        var orphans = new List<DcrOrphan>();
        foreach (var entry in Ended(context).Where(entry => !AnswerReplay.IsUsable(entry)))
        {
            orphans.Add(
                entry.Intent switch
                {
                    null => Orphan(
                        context,
                        entry,
                        [],
                        "Its entry in the local store is damaged: look in the server's own administration for a client that is not known "
                            + "here. Then run Resolve-DcrOrphan -Dismiss."
                    ),
                    { Operation: LedgerOperation.Register } => await RegistrationAsync(context, entry).ConfigureAwait(false),
                    _ => await ChangeAsync(context, entry).ConfigureAwait(false),
                }
            );
        }

        return orphans;
    }

    /// <summary>The orphans of a server as the ledger knows them, and answers that are not used yet. Asks nobody.</summary>
    public static IEnumerable<DcrOrphan> Known(RegistrationLedger ledger, string issuer) => ledger
        .Requests.Open(issuer)
        .Where(static entry => !entry.IsUnderWay)
        .Select(entry => new DcrOrphan(
            entry.Id.ToString(),
            issuer,
            entry.Intent,
            [],
            AnswerReplay.IsUsable(entry)
                ? "The server's answer is in the local store: Connect-DcrServer makes a registration of it."
                : "Find-DcrOrphan tells what the server knows of it, and what to do."
        ));

    /// <summary>Keeps the one client that the server has of an orphan's name, under the orphan's tenant.</summary>
    /// <exception cref="DcrException">
    /// OutcomeUnknown: there is none, or several; it is settled or kept by now. VaultWriteFailed.
    /// </exception>
    public static async Task<DcrClient> AdoptAsync(OperationContext context, DcrOrphan orphan)
    {
        var found = await TakeCandidateAsync(context, orphan).ConfigureAwait(false);
        context.Audit.Begin(DcrAuditOperation.Adopt, found.Record);
        var client = await context.StoreAsync(found.Record with { Tenant = orphan.AskedTenant }, [], "was adopted").ConfigureAwait(false);
        context.TellOfTenant(found.Tenant, client);
        await CloseAsync(context, orphan).ConfigureAwait(false);
        return client;
    }

    /// <summary>Deletes the one client that the server has of an orphan's name.</summary>
    /// <exception cref="DcrException">
    /// OutcomeUnknown: there is none, or several; it is settled or kept by now. The server refused.
    /// </exception>
    public static async Task RemoveAsync(OperationContext context, DcrOrphan orphan)
    {
        await DeleteOperation
            .RunAsync(context, (await TakeCandidateAsync(context, orphan).ConfigureAwait(false)).Record)
            .ConfigureAwait(false);
        await CloseAsync(context, orphan).ConfigureAwait(false);
    }

    /// <summary>Closes an orphan: the user knows what became of it. Its tenant is free then, unless it has a client.</summary>
    /// <exception cref="DcrException">StoreReadOnly. OutcomeUnknown: the server's answer is there by now, and can be used.</exception>
    public static async Task DismissAsync(OperationContext context, DcrOrphan orphan)
    {
        await UseAnswerAsync(context, orphan).ConfigureAwait(false);
        await CloseAsync(context, orphan).ConfigureAwait(false);
    }

    private static Task CloseAsync(OperationContext context, DcrOrphan orphan) =>
        context.Store.Ledger.Requests.CloseAsync([LedgerHash.Parse(orphan.Id)]);

    /// <summary>Uses the orphan's answer, where one has turned up since the orphan was found.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="DcrException">OutcomeUnknown: the answer is there, and cannot be used yet.</exception>
    private static async Task<bool> UseAnswerAsync(OperationContext context, DcrOrphan orphan)
    {
        var id = LedgerHash.Parse(orphan.Id);
        var isAnswered = Ended(context).Any(entry => entry.Id == id && AnswerReplay.IsUsable(entry));
        if (isAnswered && (await UseAnswersAsync(context).ConfigureAwait(false)).Contains(id))
        {
            throw OperationErrors.OrphanAnswered(orphan.ClientName ?? orphan.ClientId, isKept: false);
        }

        return isAnswered;
    }

    private static async Task RequireUnknownAsync(OperationContext context, DcrOrphan orphan)
    {
        if (await UseAnswerAsync(context, orphan).ConfigureAwait(false))
        {
            throw OperationErrors.OrphanAnswered(orphan.ClientName ?? orphan.ClientId, isKept: true);
        }
    }

    private static IEnumerable<LedgerEntry> Ended(OperationContext context) =>
        context.Store.Ledger.Requests.Open(context.Connection.Issuer).Where(static entry => !entry.IsUnderWay);

    /// <summary>Makes registrations of what was answered and not used, because a command was killed or the disk was full.</summary>
    /// <returns>The requests whose answers still wait to be used.</returns>
    private static async Task<IReadOnlyList<LedgerHash>> UseAnswersAsync(OperationContext context)
    {
        if (Ended(context).Any(AnswerReplay.IsUsable))
        {
            try
            {
                AnswerReplay.Tell(
                    await AnswerReplay.RunAsync(context.Store, onlyUsable: true).ConfigureAwait(false),
                    context.Reporter
                );
            }
            catch (DcrException)
            {
                // The answers stay where they are.
            }
        }

        return Ended(context).Where(AnswerReplay.IsUsable).Select(static entry => entry.Id).ToList();
    }

    /// <summary>
    /// The one candidate, with the turn to ask about it: since it was found, another command may have settled the request or kept the
    /// client.
    /// </summary>
    private static async Task<DcrClient> TakeCandidateAsync(OperationContext context, DcrOrphan orphan)
    {
        await RequireUnknownAsync(context, orphan).ConfigureAwait(false);
        var candidate = OnlyCandidate(context, orphan);
        await context.Scope.TakeTurnAsync(candidate.Record).ConfigureAwait(false);
        var ledger = context.Store.Ledger;
        if (ledger.Registrations.Find(orphan.Issuer, candidate.ClientId) is { } known)
        {
            throw OperationErrors.CandidateKept(candidate.ClientId, known.Record.Tenant);
        }

        return ledger.Requests.Read(LedgerHash.Parse(orphan.Id)) is not null
            ? candidate
            : throw OperationErrors.OrphanSettled(orphan.ClientName);
    }

    private static DcrClient OnlyCandidate(OperationContext context, DcrOrphan orphan) =>
        orphan.Candidates.Count switch
        {
            1 => orphan.Candidates[0],
            0 when !context.Provider.Capabilities.HasFlag(DcrCapabilities.List) => throw OperationErrors.OrphanNotAsked(
                orphan.RecommendedAction
            ),
            _ => throw OperationErrors.OrphanUnclear(orphan.ClientName, orphan.Candidates.Select(static candidate => candidate.ClientId)),
        };

    private static async Task<DcrOrphan> RegistrationAsync(OperationContext context, LedgerEntry entry)
    {
        var name = entry.Intent!.ClientName;
        if (!context.Provider.Capabilities.HasFlag(DcrCapabilities.List))
        {
            var where = $"a client {(name is null ? "without a name" : $"named '{name}'")} made at {entry.Intent!.At:u}";
            return Orphan(
                context,
                entry,
                [],
                context.Provider.SoleTenant is not null
                    ? "Run Resolve-DcrOrphan -Dismiss, and register again: this server gives the same certificate name the same client."
                    : entry.Answers.Count > 0
                    ? "If the server's answer (the property Answer) names the client and its token, take it with Import-DcrClient; else "
                        + $"delete {where} in the server's own administration. Then run Resolve-DcrOrphan -Dismiss."
                    : $"In the server's own administration, look for {where}, and delete it: its registration access token is lost. Then "
                        + "run Resolve-DcrOrphan -Dismiss, and register again."
            );
        }

        var candidates = new List<DcrClient>();
        for (string? cursor = null, next; ; cursor = next)
        {
            (var clients, next) = await ListOperation.FromServerAsync(context, name, cursor).ConfigureAwait(false);
            candidates.AddRange(clients.Where(client => client.Record.ClientName == name && client.SecretName is null));
            if (next is null)
            {
                break;
            }
        }

        return Orphan(
            context,
            entry,
            candidates,
            candidates.Count switch
            {
                0 =>
                    "The server has no client of this name that is not known here: it was not registered. Run Resolve-DcrOrphan -Dismiss, "
                        + "and register again.",
                1 =>
                    "The server registered it. Resolve-DcrOrphan -Adopt keeps it (then Reset-DcrClientSecret gives it a secret that you "
                        + "know), -Remove deletes it.",
                _ =>
                    "The server has several clients of this name that are not known here. Find out which one it is, take it with "
                        + "Restore-DcrRegistration -ClientId, remove the others, then run Resolve-DcrOrphan -Dismiss.",
            }
        );
    }

    private static async Task<DcrOrphan> ChangeAsync(OperationContext context, LedgerEntry entry)
    {
        try
        {
            await ReadOperation
                .RunAsync(context, await FindOperation.RunAsync(context, entry.Intent!.ClientId!, piped: null).ConfigureAwait(false))
                .ConfigureAwait(false);
            return Orphan(
                context,
                entry,
                [],
                "The client can be read, so what is kept of it holds; the client itself shows whether the change was made. Run "
                    + "Resolve-DcrOrphan -Dismiss."
            );
        }
        catch (DcrException failure) when (failure.ErrorId == DcrErrorId.OperationNotSupported)
        {
            var (operation, clientId) = (entry.Intent!.Operation, entry.Intent.ClientId);
            return Orphan(
                context,
                entry,
                [],
                $"This server cannot be asked for client '{clientId}'. "
                    + operation switch
                    {
                        LedgerOperation.Delete =>
                            "Run Remove-DcrClient again; if the server no longer has it, Remove-DcrClient -StoreOnly drops what is kept "
                                + "of it. ",
                        LedgerOperation.Update => "Run Set-DcrClient again. ",
                        _ => "",
                    }
                    + "Then run Resolve-DcrOrphan -Dismiss."
            );
        }
        catch (DcrException failure)
            when (failure.ErrorId
                    is DcrErrorId.ClientNotFound
                        or DcrErrorId.AccessTokenRejected
                        or DcrErrorId.ResponseNotConformant
            )
        {
            return Orphan(
                context,
                entry,
                [],
                entry.Intent!.Operation == LedgerOperation.Delete
                    ? "The client cannot be read any more: it was most likely deleted. Remove-DcrClient -StoreOnly drops what is kept of "
                        + "it; then run Resolve-DcrOrphan -Dismiss."
                    : $"{failure.Message} {failure.RecommendedAction} Then run Resolve-DcrOrphan -Dismiss."
            );
        }
    }

    private static DcrOrphan Orphan(OperationContext context, LedgerEntry entry, IReadOnlyList<DcrClient> candidates, string advice) =>
        new(entry.Id.ToString(), context.Connection.Issuer, entry.Intent, candidates, advice)
        {
            Answer =
                entry.Answers.Count == 0 ? null : SecureText.Parts(Encoding.UTF8.GetString(entry.Answers[entry.Answers.Count - 1].Body)),
        };
}
