using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Storage;
using DcrPowerShell.Storage.Journaling;

namespace DcrPowerShell.Operations;

/// <summary>Brings what journals still hold into the vault. Sends nothing.</summary>
internal static class RecoverOperation
{
    /// <summary>
    /// Begins this process's journal of a vault, if it has none yet, and takes over what processes that have ended left in theirs. Where
    /// no journal can be written, the vault alone has to do: that is said, and null returned.
    /// </summary>
    /// <exception cref="DcrException">The vault does not give or keep the journal's key.</exception>
    public static async Task<Journal?> BeginAsync(RegistrationStore store, JournalSet journals, IReporter reporter, AuditScope? audit = null)
    {
        try
        {
            using var alone = journals.Folder.Lock();
            var key = await KeyOfAsync(store).ConfigureAwait(false);
            var journal = journals.Begin(store.VaultName, key);
            var (restored, unknown) = await TakeOverAsync(store, journals.Folder, journal, key, reporter).ConfigureAwait(false);
            Tell(restored, unknown, reporter);
            audit?.Restored(restored);
            return journal;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (journals.Find(store.VaultName) is { } begun)
            {
                // What others left stays where it is.
                return begun;
            }

            reporter.Warning($"There is no journal: {failure.Message.TrimEnd('.')}. Should this process end between a server's answer and the vault, the answer is lost.");
            return null;
        }
    }

    /// <summary>Brings the answers that this process could not store into the vault.</summary>
    /// <returns>The clients that were restored.</returns>
    /// <exception cref="DcrException">The vault cannot be read.</exception>
    public static async Task<IReadOnlyList<RegistrationRecord>> ReplayAsync(RegistrationStore store, Journal journal, IReporter reporter)
    {
        var restored = new List<RegistrationRecord>();
        foreach (var entry in journal.Open.Where(entry => entry.Answer is not null))
        {
            if (await StoreAsync(store, entry, reporter, restored).ConfigureAwait(false))
            {
                journal.Done(entry.Id);
            }
        }

        return restored;
    }

    /// <summary>Puts back what the vault had and has lost, as far as this process's journal still has the answers.</summary>
    /// <inheritdoc cref="ReplayAsync"/>
    public static async Task<IReadOnlyList<RegistrationRecord>> PutBackAsync(RegistrationStore store, Journal journal, IReporter reporter)
    {
        var restored = new List<RegistrationRecord>();
        foreach (var answers in journal.Answered().GroupBy(entry => (entry.Intent.Issuer, ClientId: ClientIdOf(entry))).Where(group => group.Key.ClientId is not null))
        {
            if (answers.Last().Intent.Operation != JournalIntent.Delete && await store.FindAsync(answers.Key.Issuer, answers.Key.ClientId!).ConfigureAwait(false) is null)
            {
                foreach (var entry in answers)
                {
                    await StoreAsync(store, entry, reporter, restored).ConfigureAwait(false);
                }
            }
        }

        return restored.GroupBy(record => record.SecretName).Select(versions => versions.Last()).ToList();
    }

    private static string? ClientIdOf(JournalEntry entry) => entry.Intent.ClientId ?? Read(entry.Intent, ResponseOf(entry.Answer!))?.ClientId;

    private static async Task<(List<RegistrationRecord> Restored, int Unknown)> TakeOverAsync(RegistrationStore store, IJournalFolder folder, Journal journal, byte[] key, IReporter reporter)
    {
        var restored = new List<RegistrationRecord>();
        var unknown = 0;
        foreach (var file in folder.OpenAbandoned(store.VaultName))
        {
            using (file)
            {
                IReadOnlyList<JournalEntry> entries;
                try
                {
                    entries = Journal.ReadAbandoned(file, key);
                }
                catch (FormatException unreadable)
                {
                    reporter.Warning($"The journal {file.Path} was left as it is: {unreadable.Message}.");
                    continue;
                }

                unknown += entries.Count(static entry => entry.Answer is null);
                foreach (var entry in entries)
                {
                    if (entry.Answer is null || !await StoreAsync(store, entry, reporter, restored).ConfigureAwait(false))
                    {
                        journal.TakeOver(entry);
                    }
                }

                file.Delete();
            }
        }

        return (restored, unknown);
    }

    /// <summary>Stores what one answer brought. False where the vault did not take it.</summary>
    private static async Task<bool> StoreAsync(RegistrationStore store, JournalEntry entry, IReporter reporter, List<RegistrationRecord> restored)
    {
        var (intent, answer) = (entry.Intent, entry.Answer!);
        try
        {
            if (intent.Operation == JournalIntent.Delete)
            {
                if (await store.FindAsync(intent.Issuer, intent.ClientId!).ConfigureAwait(false) is { } deleted)
                {
                    await store.RemoveAsync(deleted).ConfigureAwait(false);
                }

                return true;
            }

            if (answer.Body.Length == 0)
            {
                return true;
            }

            var response = ResponseOf(answer);
            if (Read(intent, response) is not { } read)
            {
                await store.SaveAsync(SecretName.ForUnread(intent.Issuer, answer.Body), Keeping.UnreadText(response)).ConfigureAwait(false);
                return true;
            }

            if (read.Members.Count == 0)
            {
                return true;
            }

            var clientId = read.ClientId ?? intent.ClientId!;
            var known = await store.FindAsync(intent.Issuer, clientId).ConfigureAwait(false);
            if (known is not null && known.UpdatedAt >= answer.At)
            {
                // Stored before its process ended, or overtaken by something newer. The index may lack it.
                store.Note(known);
                return true;
            }

            var former = known ?? new RegistrationRecord { Issuer = intent.Issuer, ClientId = clientId, CreatedAt = answer.At, UpdatedAt = answer.At, Metadata = JsonBag.Empty };
            var whole = read.ClientId is null ? read with { Members = former.Metadata.With(read.Members) } : read;
            var record = Keeping.Merge(former with { Tenant = intent.Tenant ?? former.Tenant }, whole, intent.RegistrationEndpoint, answer.At);
            if (known is null || !record.HasSameContent(known))
            {
                await store.SaveAsync(record).ConfigureAwait(false);
                restored.Add(record);
            }

            return true;
        }
        catch (Exception failure) when (failure is VaultException or DcrException)
        {
            reporter.Warning($"An answer of {intent.Issuer} stays in the journal: {failure.Message.TrimEnd('.')}.");
            return false;
        }
    }

    private static ProtocolResponse ResponseOf(JournalAnswer answer) =>
        new(answer.Status, answer.ContentType is null ? [] : [new("Content-Type", answer.ContentType)], answer.Body, BodyEnd.Whole, answer.At);

    /// <summary>What an answer brought: of one that is not a whole client, such as a secret's own resource, the secrets. Null where it cannot be read.</summary>
    private static RegistrationAnswer? Read(JournalIntent intent, ProtocolResponse response)
    {
        try
        {
            var members = Dialects.Read(intent.Provider, JsonBag.Parse(response.Text()));
            var read = new RegistrationAnswer(members, response.Status);
            return read.ClientId is not null ? read
                : intent.ClientId is null ? null
                : read with { Members = members.Where(static (name, _) => name is ClientMember.ClientSecret or ClientMember.ClientSecretExpiresAt or ClientMember.RegistrationAccessToken or ClientMember.RegistrationClientUri) };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Tell(List<RegistrationRecord> restored, int unknown, IReporter reporter)
    {
        if (restored.Count > 0)
        {
            reporter.Warning($"An earlier session ended before the vault had {Count(restored.Count, "answer")}, and the journal had kept {(restored.Count == 1 ? "it" : "them")}: restored {string.Join(", ", restored.Take(5).Select(record => record.ClientName ?? record.ClientId))}{(restored.Count > 5 ? " and others" : "")}.");
        }

        if (unknown > 0)
        {
            reporter.Warning($"Of {Count(unknown, "request")} nobody knows whether the server carried {(unknown == 1 ? "it" : "them")} out: see Find-DcrOrphan.");
        }
    }

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private static async Task<byte[]> KeyOfAsync(RegistrationStore store)
    {
        if (await store.ReadAsync(SecretName.JournalKey).ConfigureAwait(false) is { } known)
        {
            return Convert.FromBase64String(known);
        }

        var key = ContentEncryption.NewKey();
        try
        {
            await store.SaveAsync(SecretName.JournalKey, Convert.ToBase64String(key)).ConfigureAwait(false);
        }
        catch (VaultException failure)
        {
            throw DcrErrors.VaultNotWritable(store.VaultName, failure);
        }

        return key;
    }
}
