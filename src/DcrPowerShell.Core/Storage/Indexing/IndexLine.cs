using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>One line of an index, as a JSON object: what it is about, then the vault's change that it came with, and an outline last.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Name">The name of a secret, or what names begin with.</param>
internal readonly record struct IndexLine(IndexLineKind Kind, string Name)
{
    public const byte End = (byte)'\n';

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // An outline nests deeper by the levels around it.
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = JsonBag.DeepestAnswer + 4 };

    private static ReadOnlySpan<byte> Save => "save"u8;

    private static ReadOnlySpan<byte> Remove => "remove"u8;

    private static ReadOnlySpan<byte> Ask => "ask"u8;

    private static ReadOnlySpan<byte> Check => "checked"u8;

    private static ReadOnlySpan<byte> Move => "moved"u8;

    private static ReadOnlySpan<byte> Time => "at"u8;

    private static ReadOnlySpan<byte> Before => "before"u8;

    private static ReadOnlySpan<byte> After => "after"u8;

    private static ReadOnlySpan<byte> Record => "record"u8;

    /// <summary>The first line of a file. Any other is of another version.</summary>
    public static byte[] Header { get; } = Encoding.ASCII.GetBytes("{\"index\":\"DcrPowerShell\",\"version\":1}\n");

    /// <summary>Of an outline when it was last changed, of a check when contents were last read: UTC ticks.</summary>
    public long At { get; private init; }

    /// <summary>Where in the line its outline begins, which ends one byte before the line does; 0 where there is none.</summary>
    public int Outline { get; private init; }

    /// <summary>The vault's change by a write of ours.</summary>
    public VaultChange? Change { get; private init; }

    /// <summary>The vault's stamp at a check; null where it has none.</summary>
    public string? Stamp { get; private init; }

    /// <summary>A registration was stored.</summary>
    public static byte[] Saved(RegistrationRecord record, VaultChange? change) => Line(Save, record.SecretName, record.UpdatedAt.UtcTicks, change, record);

    /// <summary>A registration is gone.</summary>
    public static byte[] Removed(string secretName, VaultChange? change = null) => Line(Remove, secretName, at: null, change);

    /// <summary>What the vault has under that name is to be asked of it.</summary>
    public static byte[] ToAsk(string secretName) => Line(Ask, secretName);

    /// <summary>The vault was changed in something else.</summary>
    public static byte[] Moved(VaultChange change) => Line(Move, "", at: null, change);

    /// <summary>The names in the vault that begin so are the ones in the index.</summary>
    /// <param name="readAt">When the contents were last read.</param>
    public static byte[] Checked(string prefix, string? stamp, DateTimeOffset readAt) =>
        Line(Check, prefix, readAt.UtcTicks, stamp is null ? null : new VaultChange(stamp, stamp));

    /// <summary>Reads a line without its outline; null where it is none, or torn.</summary>
    [MethodImpl(Hot.Path)]
    public static IndexLine? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length == 0 || line[line.Length - 1] != (byte)'}')
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(line, Deep);
            reader.Read();
            reader.Read();
            var kind = reader.ValueTextEquals(Save) ? IndexLineKind.Save
                : reader.ValueTextEquals(Remove) ? IndexLineKind.Remove
                : reader.ValueTextEquals(Ask) ? IndexLineKind.Ask
                : reader.ValueTextEquals(Check) ? IndexLineKind.Check
                : reader.ValueTextEquals(Move) ? IndexLineKind.Move
                : IndexLineKind.Other;
            reader.Read();
            var result = new IndexLine(kind, kind == IndexLineKind.Other ? "" : reader.GetString()!);
            string? before = null, after = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(Record))
                {
                    reader.Read();
                    result = result with { Outline = (int)reader.TokenStartIndex };
                    break;
                }

                if (reader.ValueTextEquals(Time))
                {
                    reader.Read();
                    result = result with { At = reader.GetInt64() };
                }
                else if (reader.ValueTextEquals(Before))
                {
                    reader.Read();
                    before = reader.GetString();
                }
                else if (reader.ValueTextEquals(After))
                {
                    reader.Read();
                    after = reader.GetString();
                }
                else
                {
                    reader.Skip();
                }
            }

            // An outline ends so, with its metadata in it.
            if (result.Outline > 0 && !line.EndsWith("}}}"u8))
            {
                return null;
            }

            return kind == IndexLineKind.Check ? result with { Stamp = after }
                : before is not null && after is not null ? result with { Change = new VaultChange(before, after) }
                : result;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Line(ReadOnlySpan<byte> kind, string name, long? at = null, VaultChange? change = null, RegistrationRecord? record = null)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString(kind, name);
            if (at is { } time)
            {
                writer.WriteNumber(Time, time);
            }

            if (change is not null)
            {
                writer.WriteString(Before, change.Before);
                writer.WriteString(After, change.After);
            }

            if (record is not null)
            {
                writer.WritePropertyName(Record);
                Indexing.Outline.Write(writer, record);
            }

            writer.WriteEndObject();
        }

        buffer.WriteByte(End);
        return buffer.ToArray();
    }
}

/// <summary>What a line of an index says.</summary>
internal enum IndexLineKind
{
    /// <summary>Nothing that this version knows.</summary>
    Other,
    Save,
    Remove,
    Ask,
    Check,
    Move,
}
