using System.Text.Json;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Metadata;

/// <summary>JSON as it came, but with a mask for each secret that <see cref="PlainValue"/> masks: of both it makes the same.</summary>
internal static class MaskedJson
{
    /// <param name="known">Secrets to mask wherever they stand.</param>
    public static void Write(Utf8JsonWriter writer, JsonBag bag, Redaction known) => WriteObject(writer, "", bag, known);

    private static void WriteObject(Utf8JsonWriter writer, string owner, JsonBag bag, Redaction known)
    {
        writer.WriteStartObject();
        foreach (var member in bag)
        {
            writer.WritePropertyName(known.Hide(member.Key));
            if (SecretMember.IsOfPrivateKey(bag, member.Key))
            {
                writer.WriteStringValue(Redaction.Mask);
            }
            else
            {
                WriteValue(writer, SecretMember.Path(owner, bag, member.Key), member.Value, known);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, string path, JsonElement value, Redaction known)
    {
        switch (value.ValueKind)
        {
            case var _ when SecretMember.Is(path, value):
                writer.WriteStringValue(Redaction.Mask);
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(known.Hide(value.GetString()!));
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    WriteValue(writer, path, item, known);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                WriteObject(writer, path, JsonBag.From(value), known);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
