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
/// Makes registrations from answers that the ledger has as they came, because their command was killed or stopped before it could. Sends
/// nothing.
/// </summary>
internal static class AnswerReplay
{
    /// <summary>Uses the answers of all commands that have ended.</summary>
    /// <param name="onlyUsable">Whether requests without a usable answer are left alone.</param>
    /// <returns>What the answers brought.</returns>
    /// <exception cref="DcrException">StoreReadOnly, StoreDamaged; the vault could not be read.</exception>
    public static async Task<IReadOnlyList<RegistrationRecord>> RunAsync(Registrations store, bool onlyUsable = false)
    {
        var restored = new List<RegistrationRecord>();
        foreach (var entry in store.Ledger.Requests.Open().Where(entry => !entry.IsUnderWay && (!onlyUsable || IsUsable(entry))))
        {
            var end = entry.Intent is null || entry.Answers.Count == 0 ? End.Unknown : End.Used;
            foreach (var answer in entry.Intent is null ? [] : entry.Answers)
            {
                try
                {
                    end = await UseAsync(store, entry, answer, restored).ConfigureAwait(false);
                }
                catch (DcrException damaged) when (damaged.ErrorId == DcrErrorId.StoreDamaged)
                {
                    // What this answer needs cannot be read. The others are used all the same.
                    end = End.Unknown;
                }
            }

            if (end == End.Used)
            {
                await store.Ledger.Requests.CloseAsync([entry.Id]).ConfigureAwait(false);
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
                ? SaysDeleted(intent, answers[answers.Count - 1])
                : Read(intent, answers[answers.Count - 1]) is { Members.Count: > 0 }
        );

    /// <summary>
    /// The frames of a backup, without the answers that were used by the time it was made. Each other answer gets the id of its client.
    /// </summary>
    public static IReadOnlyList<FrameDraft> Unused(IReadOnlyList<FrameDraft> contents)
    {
        var newest = contents
            .Select(static (frame, index) => (Client: ClientOf(frame), index))
            .Where(static frame => frame.Client is not null)
            .GroupBy(static frame => frame.Client)
            .ToDictionary(static frames => frames.Key!, static frames => frames.Last().index);
        var (unused, used) = (new List<FrameDraft>(), new Dictionary<LedgerHash, bool>());
        for (var index = 0; index < contents.Count; index++)
        {
            var frame = contents[index];
            if (
                frame.Header.Kind == FrameKind.Answered
                && LedgerText.ReadIntent(frame.Summary) is var intent
                && LedgerText.ReadAnswer(frame.Summary, frame.Body, index) is var answer
                && (intent.ClientId ?? Read(intent, answer)?.ClientId) is { } clientId
            )
            {
                used[frame.Header.Entry] = newest.TryGetValue(SecretName.For(intent.Issuer, clientId), out var last) && last > index;
                frame = frame with { Summary = LedgerText.Write(intent with { ClientId = clientId }, answer) };
            }

            unused.Add(frame);
        }

        return unused
            .Where(frame =>
                frame.Header.Kind is not (FrameKind.Asked or FrameKind.Answered)
                || !(used.TryGetValue(frame.Header.Entry, out var isUsed) && isUsed)
            )
            .ToList();
    }

    private static string? ClientOf(FrameDraft frame)
    {
        switch (frame.Header.Kind)
        {
            case FrameKind.Kept or FrameKind.Known:
                return ListedRecord.Read(frame.Summary, "").SecretName;
            case FrameKind.Removed when frame.Summary.Length > 0:
                var removal = LedgerText.ReadRemoval(frame.Summary);
                return SecretName.For(removal.Issuer, removal.ClientId);
            default:
                return null;
        }
    }

    private static async Task<End> UseAsync(Registrations store, LedgerEntry entry, LedgerAnswer answer, List<RegistrationRecord> restored)
    {
        var intent = entry.Intent!;
        var ledger = store.Ledger;
        if (intent.Operation == LedgerOperation.Delete)
        {
            if (!SaysDeleted(intent, answer))
            {
                return End.Unknown;
            }

            var deleted = ledger.Registrations.IsDamaged(intent.Issuer, intent.ClientId!)
                ? Unknown(intent.ClientId!)
                : ledger.Registrations.Find(intent.Issuer, intent.ClientId!)?.Record;
            if (deleted is not null)
            {
                await ledger.Registrations.RemoveAsync(deleted, entry.Id, since: answer.Sequence).ConfigureAwait(false);
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
            // That vault has what is kept of the replaced client.
            return End.WaitsForVault;
        }

        var clientId = read.ClientId ?? intent.ClientId!;
        var isDamaged = ledger.Registrations.IsDamaged(intent.Issuer, clientId);
        var known = isDamaged ? null : ledger.Registrations.Find(intent.Issuer, clientId);
        if (known is { IsWhole: false })
        {
            if (store.VaultId is null || known.Place != ledger.Vaults.PlaceOf(store.VaultId))
            {
                return End.WaitsForVault;
            }

            known = await store.FindAsync(intent.Issuer, clientId).ConfigureAwait(false);
        }

        if (known is { Sequence: var sequence } && sequence > answer.Sequence && sequence != long.MaxValue)
        {
            return await ReplacedAsync(store, intent, known.Record).ConfigureAwait(false);
        }

        var former = known?.Record ?? Unknown(clientId);
        var replaced = intent.Replaces is { } other && other != clientId ? ledger.Registrations.Find(intent.Issuer, other)?.Record : null;
        var asked = Management.ForUpdate((replaced ?? former).Metadata, clientId).With(intent.Metadata ?? JsonBag.Empty);
        var whole = (read.ClientId is null ? read.Onto(former.Metadata) : read) with { Sent = Dialects.Sent(intent.Provider, asked) };
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
            if (
                await ledger
                    .Registrations.KeepAsync(record, intent.Vault, entry.Id, isDurable: true, since: answer.Sequence)
                    .ConfigureAwait(false) > 0
            )
            {
                restored.Add(record);
            }
            else if (isDamaged)
            {
                // The damaged frame is newer than this answer.
                return End.Unknown;
            }
        }

        return await ReplacedAsync(store, intent, record).ConfigureAwait(false);

        RegistrationRecord Unknown(string id) =>
            new()
            {
                Issuer = intent.Issuer,
                ClientId = id,
                CreatedAt = answer.At,
                UpdatedAt = answer.At,
                Metadata = JsonBag.Empty,
            };
    }

    /// <summary>Where the client took the place of another one, does what is left to do for that.</summary>
    private static async Task<End> ReplacedAsync(Registrations store, LedgerIntent intent, RegistrationRecord record)
    {
        try
        {
            if (intent.Replaces is { } former && former != record.ClientId)
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

    /// <summary>Whether an answer confirms a deletion. It is judged as its command would have judged it.</summary>
    private static bool SaysDeleted(LedgerIntent intent, LedgerAnswer answer)
    {
        try
        {
            // The ledger does not say whether a body that is missing was meant to be there.
            var response = ResponseOf(answer, answer.Body.Length == 0 ? BodyEnd.Broken : BodyEnd.Whole);
            Management.JudgeDeletion(Management.Delete(intent.RegistrationEndpoint), response, intent.ClientId!);
            return Dialects.SaysDeleted(intent.Provider, response.TryReadJson(out var members, out _) ? members : JsonBag.Empty);
        }
        catch (DcrException)
        {
            return false;
        }
    }

    private static ProtocolResponse ResponseOf(LedgerAnswer answer, BodyEnd end) =>
        new(answer.Status, answer.ContentType is null ? [] : [new("Content-Type", answer.ContentType)], answer.Body, end, answer.At);

    /// <summary>
    /// What an answer brought: only the secrets of one that is not a whole client, and nothing of a refusal. Null where the answer cannot
    /// be read or is not about the client.
    /// </summary>
    private static RegistrationAnswer? Read(LedgerIntent intent, LedgerAnswer answer)
    {
        var response = ResponseOf(answer, BodyEnd.Whole);
        try
        {
            var members = Dialects.Read(intent.Provider, JsonBag.Parse(response.Text()));
            var read = new RegistrationAnswer(members, response.Status);
            return read is { ClientId: null, HasCredential: false } && RegistrationAnswer.NamesError(members, response)
                    ? read with { Members = JsonBag.Empty }
                : read.ClientId is not null && (read.ClientId == (intent.ClientId ?? read.ClientId) || intent.Replaces is not null) ? read
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

        // Whether there seems to be a token or secret in a place that is not read.
        static bool LooksSecret(string text) =>
            RegistrationAnswer.MayHave(text, ClientMember.RegistrationAccessToken)
            || RegistrationAnswer.MayHave(text, ClientMember.ClientSecret);
    }
}
