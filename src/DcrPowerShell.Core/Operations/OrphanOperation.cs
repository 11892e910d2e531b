using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Operations;

/// <summary>Looks into requests whose answer never came: what the server knows of them, where it can be asked.</summary>
internal static class OrphanOperation
{
    /// <summary>Those at the connected server. A change whose client can still be read is no orphan, and is closed.</summary>
    /// <exception cref="DcrException">The server refused to list its clients, or the vault failed.</exception>
    public static async Task<IReadOnlyList<DcrOrphan>> FindAsync(OperationContext context)
    {
        var orphans = new List<DcrOrphan>();
        foreach (var entry in Open(context))
        {
            if (entry.Intent.Operation == JournalIntent.Register)
            {
                orphans.Add(await RegistrationAsync(context, entry).ConfigureAwait(false));
            }
            else if (await ChangeAsync(context, entry).ConfigureAwait(false) is { } orphan)
            {
                orphans.Add(orphan);
            }
        }

        return orphans;
    }

    /// <summary>Takes the one client that the server has of an orphan's name into the vault.</summary>
    /// <exception cref="DcrException">OutcomeUnknown: there is none, or several. VaultWriteFailed.</exception>
    public static async Task<DcrClient> AdoptAsync(OperationContext context, DcrOrphan orphan)
    {
        var found = OnlyCandidate(orphan);
        context.Audit.Begin(DcrAuditOperation.Adopt, found.Record);
        var client = await context.StoreAsync(found.Record with { Tenant = orphan.Tenant }, [], "was adopted").ConfigureAwait(false);
        Close(context, orphan);
        return client;
    }

    /// <summary>Deletes the one client that the server has of an orphan's name.</summary>
    /// <exception cref="DcrException">OutcomeUnknown: there is none, or several. The server refused.</exception>
    public static async Task RemoveAsync(OperationContext context, DcrOrphan orphan)
    {
        await DeleteOperation.RunAsync(context, OnlyCandidate(orphan).Record, force: false).ConfigureAwait(false);
        Close(context, orphan);
    }

    /// <summary>Strikes an orphan off: the user knows what became of it.</summary>
    public static void Close(OperationContext context, DcrOrphan orphan) => context.Connection.Journal?.Done(orphan.Id);

    private static DcrClient OnlyCandidate(DcrOrphan orphan) =>
        orphan.Candidates.Count == 1 ? orphan.Candidates[0] : throw DcrErrors.OrphanUnclear(orphan.ClientName, orphan.Candidates.Select(static candidate => candidate.ClientId));

    private static IEnumerable<JournalEntry> Open(OperationContext context) =>
        (context.Connection.Journal?.Open ?? []).Where(entry => entry.Answer is null && entry.Intent.Issuer == context.Connection.Issuer);

    private static async Task<DcrOrphan> RegistrationAsync(OperationContext context, JournalEntry entry)
    {
        var name = entry.Intent.ClientName;
        if (!context.Provider.Capabilities.HasFlag(DcrCapabilities.List))
        {
            return Orphan(entry, [], $"This server cannot be asked for its clients. Look in its own administration for a client {(name is null ? "without a name" : $"named '{name}'")} made at {entry.Intent.At:u}. Where there is one, delete it there; its registration access token is lost. Then Find-DcrOrphan -Dismiss, and register again.");
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

        return Orphan(entry, candidates, candidates.Count switch
        {
            0 => "The server has no client of this name that the vault does not know: it was not registered. Find-DcrOrphan -Dismiss, and register again.",
            1 => "The server registered it. Find-DcrOrphan -Adopt takes it into the vault (then Reset-DcrClientSecret gives it a secret that you know), -Remove deletes it.",
            _ => "The server has several clients of this name that the vault does not know. Find out which one it is, take it with Restore-DcrRegistration -ClientId, remove the others, then Find-DcrOrphan -Dismiss.",
        });
    }

    /// <summary>Null where the client can be read: then what is stored of it holds, and the change can be made again.</summary>
    private static async Task<DcrOrphan?> ChangeAsync(OperationContext context, JournalEntry entry)
    {
        try
        {
            await ReadOperation.RunAsync(context, await FindOperation.RunAsync(context, entry.Intent.ClientId!, piped: null).ConfigureAwait(false)).ConfigureAwait(false);
            context.Connection.Journal!.Done(entry.Id);
            return null;
        }
        catch (DcrException failure) when (failure.ErrorId is DcrErrorId.ClientNotFound or DcrErrorId.AccessTokenRejected)
        {
            return Orphan(entry, [], entry.Intent.Operation == JournalIntent.Delete
                ? "The client cannot be read any more: it was most likely deleted. Remove-DcrClient -Force drops its registration from the vault; then Find-DcrOrphan -Dismiss."
                : $"{failure.Message} {failure.RecommendedAction} Then Find-DcrOrphan -Dismiss.");
        }
    }

    private static DcrOrphan Orphan(JournalEntry entry, IReadOnlyList<DcrClient> candidates, string advice) =>
        new(entry.Id, entry.Intent.Operation, entry.Intent.Issuer, entry.Intent.At, entry.Intent.ClientName, entry.Intent.ClientId, entry.Intent.Tenant, candidates, advice);
}
