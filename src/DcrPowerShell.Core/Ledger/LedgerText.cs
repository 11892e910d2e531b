using System;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using static DcrPowerShell.Metadata.StoredJson;

namespace DcrPowerShell.Ledger;

/// <summary>What a request does.</summary>
internal enum LedgerOperation
{
    Register,
    Read,
    Update,
    Delete,
}

/// <summary>What is about to be asked of a server.</summary>
internal sealed record LedgerIntent
{
    public required LedgerOperation Operation { get; init; }

    public required string Issuer { get; init; }

    public required Uri RegistrationEndpoint { get; init; }

    /// <summary>The dialect, by whose words the answer is read.</summary>
    public required string Provider { get; init; }

    /// <summary>The process that asks, by the name of its own lock.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The vault that is to hold what comes, by its id; null for the ledger itself.</summary>
    public string? Vault { get; init; }

    /// <summary>Null before a registration.</summary>
    public string? ClientId { get; init; }

    public string? ClientName { get; init; }

    public string? Tenant { get; init; }

    /// <summary>The client that the server no longer has, whose place a registration takes; null for none.</summary>
    public string? Replaces { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What was asked for; null where nothing was.</summary>
    public JsonBag? Metadata { get; init; }
}

/// <summary>A server's successful answer as it came.</summary>
/// <param name="Sequence">Its place in the order; 0 before it is written.</param>
internal sealed record LedgerAnswer(int Status, byte[] Body, DateTimeOffset At, long Sequence = 0)
{
    /// <summary>The header, which may name a charset; null where there was none.</summary>
    public string? ContentType { get; init; }
}

/// <summary>What is kept of a removal.</summary>
/// <param name="CreatedAt">Tells the registration from another one of the same client id.</param>
/// <param name="UpdatedAt">When the removed version was written.</param>
internal sealed record LedgerRemoval(string Issuer, string ClientId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static LedgerRemoval Of(RegistrationRecord record) => new(record.Issuer, record.ClientId, record.CreatedAt, record.UpdatedAt);

    /// <summary>
    /// Whether what a vault has is what was removed, or an earlier version of it: not a later version, nor a later registration.
    /// </summary>
    public bool Covers(RegistrationRecord there) => there.CreatedAt == CreatedAt && there.UpdatedAt <= UpdatedAt;
}

/// <summary>The texts in the frames.</summary>
internal static class LedgerText
{
    public static byte[] Write(LedgerIntent intent) => Json(intent).ToUtf8();

    public static byte[] Write(LedgerIntent intent, LedgerAnswer answer) => Json(intent)
        .With("status", JsonSerializer.SerializeToElement(answer.Status))
        .With("content_type", answer.ContentType)
        .With("answered_at", Time(answer.At))
        .ToUtf8();

    public static byte[] Write(LedgerRemoval removal) =>
        JsonBag
            .Empty.With("issuer", removal.Issuer)
            .With("client_id", removal.ClientId)
            .With("created_at", Time(removal.CreatedAt))
            .With("updated_at", Time(removal.UpdatedAt))
            .ToUtf8();

    /// <summary>Writes whose secret stands under a name.</summary>
    /// <param name="owner">The client's secret name; null for a key.</param>
    /// <param name="vaultId">Where; null for the ledger itself.</param>
    /// <param name="digest">What tells its text from others.</param>
    public static byte[] OfCopy(string? vaultId, string name, string digest, string? owner) =>
        JsonBag.Empty.With("vault", vaultId).With("name", name).With("text", digest).With("owner", owner).ToUtf8();

    /// <exception cref="FormatException">It is of another form.</exception>
    public static (string? VaultId, string Name, string Digest, string? Owner) ReadCopy(byte[] body) =>
        Reading(body, static json => (json.Text("vault"), Needed(json, "name"), Needed(json, "text"), json.Text("owner")));

    /// <summary>In which vault a registration is, for a backup.</summary>
    public static byte[] OfVault(string id, string name) => JsonBag.Empty.With("vault", id).With("name", name).ToUtf8();

    /// <exception cref="FormatException">It is of another form.</exception>
    public static (string Id, string Name) ReadVault(byte[] body) =>
        Reading(body, static json => (Needed(json, "vault"), Needed(json, "name")));

    /// <exception cref="FormatException">It is of another form.</exception>
    public static LedgerIntent ReadIntent(byte[] summary, byte[]? metadata = null) =>
        Reading(
            summary,
            json => new LedgerIntent
            {
                Operation = Enum.TryParse<LedgerOperation>(Needed(json, "operation"), ignoreCase: true, out var operation)
                    ? operation
                    : throw new FormatException("its operation is not known"),
                Issuer = Needed(json, "issuer"),
                RegistrationEndpoint = UriText.Absolute(Needed(json, "endpoint")) ?? throw new FormatException("its endpoint is no URL"),
                Provider = Needed(json, "provider"),
                Owner = json.Text("owner") ?? "",
                Vault = json.Text("vault"),
                ClientId = json.Text("client_id"),
                ClientName = json.Text("client_name"),
                Tenant = json.Text("tenant"),
                Replaces = json.Text("replaces"),
                At = Time(Needed(json, "at")),
                Metadata = metadata is { Length: > 0 } ? JsonBag.Parse(Encoding.UTF8.GetString(metadata), JsonBag.DeepestAnswer + 2) : null,
            }
        );

    /// <inheritdoc cref="ReadIntent"/>
    public static LedgerAnswer ReadAnswer(byte[] summary, byte[] body, long sequence) =>
        Reading(
            summary,
            json => new LedgerAnswer((int)(json.Integer("status") ?? 0), body, Time(Needed(json, "answered_at")), sequence)
            {
                ContentType = json.Text("content_type"),
            }
        );

    /// <inheritdoc cref="ReadIntent"/>
    public static LedgerRemoval ReadRemoval(byte[] summary) =>
        Reading(
            summary,
            json => new LedgerRemoval(
                Needed(json, "issuer"),
                Needed(json, "client_id"),
                Time(Needed(json, "created_at")),
                Time(Needed(json, "updated_at"))
            )
        );

    private static JsonBag Json(LedgerIntent intent) => JsonBag.Empty
        .With("operation", intent.Operation.ToString())
        .With("issuer", intent.Issuer)
        .With("endpoint", intent.RegistrationEndpoint.AbsoluteUri)
        .With("provider", intent.Provider)
        .With("owner", intent.Owner)
        .With("vault", intent.Vault)
        .With("client_id", intent.ClientId)
        .With("client_name", intent.ClientName)
        .With("tenant", intent.Tenant)
        .With("replaces", intent.Replaces)
        .With("at", Time(intent.At));

    private static T Reading<T>(byte[] utf8, Func<JsonBag, T> read) => StoredJson.Read(Encoding.UTF8.GetString(utf8), read);
}
