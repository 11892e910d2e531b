using System;
using System.Globalization;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Storage.Journaling;

/// <summary>What is about to be asked of a server.</summary>
internal sealed record JournalIntent
{
    public const string Register = "register";
    public const string Read = "read";
    public const string Update = "update";
    public const string Delete = "delete";

    /// <summary>One of these.</summary>
    public required string Operation { get; init; }

    public required string Issuer { get; init; }

    public required Uri RegistrationEndpoint { get; init; }

    /// <summary>The dialect, by whose words the answer is read.</summary>
    public required string Provider { get; init; }

    /// <summary>Null before a registration.</summary>
    public string? ClientId { get; init; }

    public string? ClientName { get; init; }

    public string? Tenant { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What was asked for; null where nothing was.</summary>
    public JsonBag? Metadata { get; init; }
}

/// <summary>A server's successful answer as it came.</summary>
internal sealed record JournalAnswer(int Status, byte[] Body, DateTimeOffset At)
{
    /// <summary>The header, which may name a charset; null where there was none.</summary>
    public string? ContentType { get; init; }
}

/// <summary>One request and what became of it, as the journal has it.</summary>
/// <param name="Answer">Null where none came.</param>
internal sealed record JournalEntry(string Id, JournalIntent Intent, JournalAnswer? Answer = null);

/// <summary>One line of a journal: an entry's intent, its answer, or that it is done.</summary>
internal sealed record JournalLine(string Id, JournalIntent? Intent, JournalAnswer? Answer)
{
    public bool IsDone => Intent is null && Answer is null;

    public byte[] ToUtf8()
    {
        var json = JsonBag.Empty.With("id", Id);
        if (Intent is { } intent)
        {
            json = json
                .With("operation", intent.Operation)
                .With("issuer", intent.Issuer)
                .With("endpoint", intent.RegistrationEndpoint.AbsoluteUri)
                .With("provider", intent.Provider)
                .With("client_id", intent.ClientId)
                .With("client_name", intent.ClientName)
                .With("tenant", intent.Tenant)
                .With("at", Time(intent.At));
            json = intent.Metadata is null ? json : json.With("metadata", intent.Metadata.ToElement());
        }

        if (Answer is { } answer)
        {
            json = json
                .With("status", JsonSerializer.SerializeToElement(answer.Status))
                .With("content_type", answer.ContentType)
                .With("body", Convert.ToBase64String(answer.Body))
                .With("answered_at", Time(answer.At));
        }

        return json.ToUtf8();
    }

    /// <exception cref="FormatException">It is no line of a journal.</exception>
    public static JournalLine Parse(string text)
    {
        try
        {
            var json = JsonBag.Parse(text, deepest: JsonBag.DeepestAnswer + 2);
            return new(Needed(json, "id"), json.Has("operation") ? ReadIntent(json) : null, json.Has("status") ? ReadAnswer(json) : null);
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException)
        {
            throw new FormatException("a line of it is not JSON of the right shape", failure);
        }
    }

    private static JournalIntent ReadIntent(JsonBag json) => new()
    {
        Operation = Needed(json, "operation"),
        Issuer = Needed(json, "issuer"),
        RegistrationEndpoint = UriText.Absolute(Needed(json, "endpoint")) ?? throw new FormatException("the endpoint in a line of it is no URL"),
        Provider = Needed(json, "provider"),
        ClientId = json.Text("client_id"),
        ClientName = json.Text("client_name"),
        Tenant = json.Text("tenant"),
        At = Time(Needed(json, "at")),
        Metadata = json.TryGet("metadata", out var metadata) ? JsonBag.From(metadata) : null,
    };

    private static JournalAnswer ReadAnswer(JsonBag json) =>
        new((int)(json.Integer("status") ?? 0), Convert.FromBase64String(json.Text("body") ?? ""), Time(Needed(json, "answered_at"))) { ContentType = json.Text("content_type") };

    private static string Needed(JsonBag json, string member) => json.Text(member) ?? throw new FormatException($"a line of it has no {member}");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
