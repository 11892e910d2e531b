using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Metadata;
using static DcrPowerShell.Metadata.StoredJson;

namespace DcrPowerShell.Audit;

/// <summary>
/// One line of an audit log: a JSON object that ends with <c>previous</c>, the hash of the line before, and <c>hash</c>. That is the
/// HMAC-SHA-256 in hexadecimal over the line's UTF-8 up to and without <c>,"hash":</c>, by the key that <c>key</c> names.
/// </summary>
internal sealed class AuditLine(byte[] utf8)
{
    private const string BeforeHash = ",\"hash\":\"";
    private const string AfterHash = "\"}";
    private const int HashLength = 64;
    private const int TailLength = 9 + HashLength + 2;

    // What each line begins with, whole or torn.
    private const string Beginning = "{\"time\":\"";

    /// <summary>What the first line has for the hash of the one before.</summary>
    public static readonly string NoHash = new('0', HashLength);

    public byte[] Utf8 => utf8;

    /// <summary>The hash that the line has at its end; null where it has none, and so is no whole line.</summary>
    public string? Hash
    {
        get
        {
            var tail = utf8.Length < TailLength ? "" : Encoding.ASCII.GetString(utf8, utf8.Length - TailLength, TailLength);
            var hash =
                tail.StartsWith(BeforeHash, StringComparison.Ordinal) && tail.EndsWith(AfterHash, StringComparison.Ordinal)
                    ? tail.Substring(BeforeHash.Length, HashLength)
                    : "";
            return hash.Length > 0 && hash.All(static digit => digit is (>= '0' and <= '9') or (>= 'a' and <= 'f')) ? hash : null;
        }
    }

    /// <summary>Whether the line is as it was written by somebody who had the key.</summary>
    public bool IsGenuine(byte[] key) => Hash is { } hash && hash == HashOf(utf8, utf8.Length - TailLength, key);

    /// <summary>Whether it is the beginning of a line that was never finished.</summary>
    public bool IsTorn
    {
        get
        {
            var text = Encoding.UTF8.GetString(utf8);
            return text.StartsWith(Beginning.Substring(0, Math.Min(Beginning.Length, text.Length)), StringComparison.Ordinal)
                && !text.EndsWith("}", StringComparison.Ordinal)
                && !IsJson(text);
        }
    }

    public static AuditLine Of(DcrAuditRecord record, string previous, AuditKey key)
    {
        var json = ToJson(record).With("key", key.Id).With("previous", previous).ToUtf8();
        var length = json.Length - 1;
        return new AuditLine([.. json.Take(length), .. Encoding.ASCII.GetBytes(BeforeHash + HashOf(json, length, key.Bytes) + AfterHash)]);
    }

    /// <summary>The record as JSON, outside the chain.</summary>
    public static JsonBag ToJson(DcrAuditRecord record)
    {
        var json = JsonBag.Empty
            .With("time", record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .With("run", record.Run)
            .With("user", record.User)
            .With("host", record.Host)
            .With("server", record.Server)
            .With("provider", record.Provider)
            .With("credential", record.Credential)
            .With("operation", record.Operation.ToString())
            .With("client_id", record.ClientId)
            .With("client_name", record.ClientName)
            .With("tenant", record.Tenant)
            .With("outcome", record.Outcome.ToString())
            .With("error_id", record.ErrorId)
            .With("attempts", JsonSerializer.SerializeToElement(record.Attempts))
            .With("request_id", record.RequestId)
            .With("changed", record.Changed)
            .With("intent", record.Intent);
        return json.Where(static (_, value) => value.ValueKind != JsonValueKind.Null);
    }

    /// <summary>Null where the line is no record that this version can read.</summary>
    public DcrAuditRecord? Read()
    {
        try
        {
            var json = JsonBag.Parse(Encoding.UTF8.GetString(utf8));
            return new DcrAuditRecord
            {
                Time = DateTimeOffset.Parse(
                    Needed(json, "time"),
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal
                ),
                Run = Needed(json, "run"),
                User = json.Text("user") ?? "",
                Host = json.Text("host") ?? "",
                Server = Needed(json, "server"),
                Provider = json.Text("provider"),
                Credential = json.Text("credential"),
                Operation = (DcrAuditOperation)Enum.Parse(typeof(DcrAuditOperation), Needed(json, "operation")),
                ClientId = json.Text("client_id"),
                ClientName = json.Text("client_name"),
                Tenant = json.Text("tenant"),
                Outcome = (DcrAuditOutcome)Enum.Parse(typeof(DcrAuditOutcome), Needed(json, "outcome")),
                ErrorId = json.Text("error_id"),
                Attempts = (int?)json.Integer("attempts"),
                RequestId = json.Text("request_id"),
                Changed = json.Texts("changed"),
                Intent = json.Text("intent"),
                Key = json.Text("key"),
                Previous = json.Text("previous"),
                Hash = Hash,
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonBag.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string HashOf(byte[] bytes, int length, byte[] key)
    {
        using var hmac = new HMACSHA256(key);
        return BitConverter.ToString(hmac.ComputeHash(bytes, 0, length)).Replace("-", "").ToLowerInvariant();
    }
}
