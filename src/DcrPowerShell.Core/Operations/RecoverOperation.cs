using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using DcrPowerShell.Providers;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Operations;

/// <summary>
/// Makes registrations of answers that are in the ledger as they came, because their command did not get so far. Sends nothing.
/// </summary>
internal static class RecoverOperation
{
    /// <summary>Of all commands that have ended.</summary>
    /// <param name="onlyUsable">Leaves those open that brought nothing.</param>
    /// <returns>What the answers brought.</returns>
    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged; the vault could not be read.</exception>
    public static async Task<IReadOnlyList<RegistrationRecord>> RunAsync(Registrations store, bool onlyUsable = false)
    {
        var restored = new List<RegistrationRecord>();
        foreach (var entry in store.Ledger.Open().Where(entry => !entry.IsUnderWay && (!onlyUsable || IsUsable(entry))))
        {
            var end = entry.Intent is null || entry.Answers.Count == 0 ? End.Unknown : End.Used;
            foreach (var answer in entry.Intent is null ? [] : entry.Answers)
            {
                end = await UseAsync(store, entry, answer, restored).ConfigureAwait(false);
            }

            if (end == End.Used)
            {
                await store.Ledger.CloseAsync([entry.Id]).ConfigureAwait(false);
            }
        }

        return restored;
    }

    /// <summary>Says what was restored, if anything was.</summary>
    public static void Tell(IReadOnlyList<RegistrationRecord> restored, IReporter reporter)
    {
        if (restored.Count > 0)
        {
            reporter.Warning(
                $"An earlier command ended before {(restored.Count == 1 ? "1 answer" : $"{restored.Count} answers")} could be stored, and "
                    + $"the local store had kept {(restored.Count == 1 ? "it" : "them")}: restored "
                    + string.Join(", ", restored.Take(5).Select(static record => record.ClientName ?? record.ClientId))
                    + (restored.Count > 5 ? " and others." : ".")
            );
        }
    }

    /// <summary>The client that a registration brought, by its last answer; null where that has none.</summary>
    public static string? ClientIdOf(LedgerEntry entry) =>
        entry is { Intent: { } intent, Answers: { Count: > 0 } answers } ? Read(intent, answers[answers.Count - 1])?.ClientId : null;

    /// <summary>Whether an answer brought something that can be kept, now or when its vault is connected.</summary>
    public static bool IsUsable(LedgerEntry entry) =>
        entry is { Intent: { } intent, Answers: { Count: > 0 } answers }
        && (
            intent.Operation == LedgerOperation.Delete
            || Read(intent, answers[answers.Count - 1]) is { Members.Count: > 0 }
        );

    private static async Task<End> UseAsync(Registrations store, LedgerEntry entry, LedgerAnswer answer, List<RegistrationRecord> restored)
    {
        var intent = entry.Intent!;
        var ledger = store.Ledger;
        if (intent.Operation == LedgerOperation.Delete)
        {
            if (ledger.Find(intent.Issuer, intent.ClientId!) is { } deleted)
            {
                await ledger.RemoveAsync(deleted.Record, entry.Id, since: answer.Sequence).ConfigureAwait(false);
            }

            return End.Used;
        }

        if (Read(intent, answer) is not { } read)
        {
            // An empty answer to a change of a known client brought nothing.
            return intent.Operation != LedgerOperation.Register && answer.Body.Length == 0 ? End.Used : End.Unknown;
        }

        if (read.Members.Count == 0)
        {
            return End.Used;
        }

        if (intent.Replaces is not null && intent.Vault != store.VaultId)
        {
            // What is kept of the replaced one is there.
            return End.WaitsForVault;
        }

        var clientId = read.ClientId ?? intent.ClientId!;
        var known = ledger.Find(intent.Issuer, clientId);
        if (known is { IsWhole: false })
        {
            if (store.VaultId is null || known.Place != ledger.PlaceOf(store.VaultId))
            {
                return End.WaitsForVault;
            }

            known = await store.FindAsync(intent.Issuer, clientId).ConfigureAwait(false);
        }

        if (known is { Sequence: var sequence } && sequence > answer.Sequence && sequence != long.MaxValue)
        {
            return await ReplacedAsync(store, intent, known.Record).ConfigureAwait(false);
        }

        var former =
            known?.Record
            ?? new RegistrationRecord
            {
                Issuer = intent.Issuer,
                ClientId = clientId,
                CreatedAt = answer.At,
                UpdatedAt = answer.At,
                Metadata = JsonBag.Empty,
            };
        var whole = read.ClientId is null ? read.Onto(former.Metadata) : read;
        var record = KeptAnswers.Merge(
            former with
            {
                Tenant = former.Tenant ?? intent.Tenant,
            },
            whole,
            intent.RegistrationEndpoint,
            [],
            RegistrationRecord.Later(answer.At, known?.Record.UpdatedAt)
        );
        if (known is null || !record.HasSameContent(known.Record))
        {
            if (await ledger.KeepAsync(record, intent.Vault, entry.Id, isDurable: true, since: answer.Sequence).ConfigureAwait(false) > 0)
            {
                restored.Add(record);
            }
        }

        return await ReplacedAsync(store, intent, record).ConfigureAwait(false);
    }

    /// <summary>Does what is left where a client took the place of another one.</summary>
    private static async Task<End> ReplacedAsync(Registrations store, LedgerIntent intent, RegistrationRecord record)
    {
        try
        {
            if (intent.Replaces is { } former)
            {
                await store.ReplaceAsync(intent.Issuer, former, record).ConfigureAwait(false);
            }

            return End.Used;
        }
        catch (VaultException)
        {
            return End.WaitsForVault;
        }
    }

    private enum End
    {
        /// <summary>What it brought is in the ledger.</summary>
        Used,

        /// <summary>There is no answer, or none that can be used.</summary>
        Unknown,

        /// <summary>What is known of the client is in a vault that is not connected now.</summary>
        WaitsForVault,
    }

    /// <summary>
    /// What an answer brought: of one that is not a whole client, the secrets; of a refusal, nothing. Null where it cannot be read, or is
    /// not about the client.
    /// </summary>
    private static RegistrationAnswer? Read(LedgerIntent intent, LedgerAnswer answer)
    {
        var response = new ProtocolResponse(
            answer.Status,
            answer.ContentType is null ? [] : [new("Content-Type", answer.ContentType)],
            answer.Body,
            BodyEnd.Whole,
            answer.At
        );
        try
        {
            var members = Dialects.Read(intent.Provider, JsonBag.Parse(response.Text()));
            var read = new RegistrationAnswer(members, response.Status);
            return read is { ClientId: null, HasCredential: false } && RegistrationAnswer.NamesError(members, response)
                    ? read with { Members = JsonBag.Empty }
                : read.ClientId is not null && read.ClientId == (intent.ClientId ?? read.ClientId) ? read
                : read.ClientId is not null
                || intent.ClientId is null
                || (read.SecretsAlone.Members.Count == 0 && LooksSecret(response.Text()))
                    ? null
                : read.SecretsAlone;
        }
        catch (JsonException)
        {
            return null;
        }

        // In a place that is not known.
        static bool LooksSecret(string text) =>
            RegistrationAnswer.MayHave(text, ClientMember.RegistrationAccessToken)
            || RegistrationAnswer.MayHave(text, ClientMember.ClientSecret);
    }
}
