using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell.Ledger;

/// <summary>A registration as lists show it: all but its secrets.</summary>
internal static class ListedRecord
{
    // Few combinations: one object does for all records that lack the same.
    private static readonly OmittedMembers[] Combinations = Enumerable
        .Range(0, 16)
        .Select(static flags => new OmittedMembers((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) == 0))
        .ToArray();

    private static readonly JsonWriterOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static ReadOnlySpan<byte> Issuer => "issuer"u8;

    private static ReadOnlySpan<byte> ClientId => "client_id"u8;

    private static ReadOnlySpan<byte> Tenant => "tenant"u8;

    private static ReadOnlySpan<byte> ExpiresAt => "expires_at"u8;

    private static ReadOnlySpan<byte> Created => "created"u8;

    private static ReadOnlySpan<byte> Updated => "updated"u8;

    private static ReadOnlySpan<byte> HasSecret => "has_secret"u8;

    private static ReadOnlySpan<byte> HasToken => "has_token"u8;

    private static ReadOnlySpan<byte> HasUri => "has_uri"u8;

    private static ReadOnlySpan<byte> Uri => "uri"u8;

    private static ReadOnlySpan<byte> Asked => "asked"u8;

    private static ReadOnlySpan<byte> Drifted => "drifted"u8;

    private static ReadOnlySpan<byte> Metadata => "metadata"u8;

    public static byte[] Write(RegistrationRecord record)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            Write(writer, record);
        }

        return buffer.ToArray();
    }

    private static JsonBag Object(ReadOnlyMemory<byte> json, ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return JsonBag.Deferred(json.Slice(start, (int)reader.BytesConsumed - start));
    }

    private static void Write(Utf8JsonWriter writer, RegistrationRecord record)
    {
        var known = record.Secrets;
        var uri = record.RegistrationClientUri?.AbsoluteUri;
        var hidesUri = uri is not null && known.Finds(uri);
        writer.WriteStartObject();
        writer.WriteString(Issuer, record.Issuer);
        writer.WriteString(ClientId, record.ClientId);
        if (record.Tenant is not null)
        {
            writer.WriteString(Tenant, record.Tenant);
        }

        if (record.ClientSecretExpiresAt is { } expiresAt)
        {
            writer.WriteNumber(ExpiresAt, expiresAt);
        }

        writer.WriteNumber(Created, record.CreatedAt.UtcTicks);
        writer.WriteNumber(Updated, record.UpdatedAt.UtcTicks);
        if (record.ClientSecret is not null)
        {
            writer.WriteBoolean(HasSecret, true);
        }

        if (record.RegistrationAccessToken is not null)
        {
            writer.WriteBoolean(HasToken, true);
        }

        if (hidesUri)
        {
            writer.WriteBoolean(HasUri, true);
        }
        else if (uri is null || uri != record.Metadata.Text(ClientMember.RegistrationClientUri))
        {
            writer.WriteString(Uri, uri);
        }

        if (record.Asked.Count > 0)
        {
            writer.WritePropertyName(Asked);
            record.Asked.Write(writer);
        }

        if (record.Drifted.Count > 0)
        {
            writer.WritePropertyName(Drifted);
            MaskedJson.Write(writer, record.Drifted, known);
        }

        writer.WritePropertyName(Metadata);
        MaskedJson.Write(writer, record.Metadata, known);
        writer.WriteEndObject();
    }

    /// <summary>Reads a summary but for its metadata, which is read when somebody asks for it.</summary>
    /// <param name="json">Bytes that nobody changes any more.</param>
    /// <param name="issuer">The one that is to be expected: its text is shared.</param>
    /// <exception cref="FormatException">It is no summary.</exception>
    [MethodImpl(JitOptions.OptimizeAtOnce)]
    public static RegistrationRecord Read(ReadOnlyMemory<byte> json, string issuer)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = JsonBag.DeepestAnswer + 2 });
            string? ownIssuer = null, clientId = null, tenant = null, uri = null;
            long? expiresAt = null;
            long created = 0, updated = 0;
            var leftOut = 0;
            JsonBag? asked = null, drifted = null, metadata = null;
            Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(Metadata))
                {
                    reader.Read();
                    Require(reader.TokenType == JsonTokenType.StartObject);

                    // It comes last. Only to look for its end would cost as much as all the rest.
                    var start = (int)reader.TokenStartIndex;
                    metadata = JsonBag.Deferred(json.Slice(start, json.Length - 1 - start));
                    break;
                }

                if (reader.ValueTextEquals(Issuer))
                {
                    reader.Read();
                    ownIssuer = reader.ValueTextEquals(issuer) ? issuer : reader.GetString();
                }
                else if (reader.ValueTextEquals(ClientId))
                {
                    reader.Read();
                    clientId = reader.GetString();
                }
                else if (reader.ValueTextEquals(Tenant))
                {
                    reader.Read();
                    tenant = reader.GetString();
                }
                else if (reader.ValueTextEquals(ExpiresAt))
                {
                    reader.Read();
                    expiresAt = reader.GetInt64();
                }
                else if (reader.ValueTextEquals(Created))
                {
                    reader.Read();
                    created = reader.GetInt64();
                }
                else if (reader.ValueTextEquals(Updated))
                {
                    reader.Read();
                    updated = reader.GetInt64();
                }
                else if (reader.ValueTextEquals(Asked))
                {
                    asked = Object(json, ref reader);
                }
                else if (reader.ValueTextEquals(Drifted))
                {
                    drifted = Object(json, ref reader);
                }
                else if (reader.ValueTextEquals(Uri))
                {
                    reader.Read();
                    uri = reader.GetString();
                    leftOut |= 8;
                }
                else
                {
                    leftOut |=
                        reader.ValueTextEquals(HasSecret) ? 1
                        : reader.ValueTextEquals(HasToken) ? 2
                        : reader.ValueTextEquals(HasUri) ? 4 | 8
                        : 0;
                    reader.Skip();
                }
            }

            Require(ownIssuer is not null && clientId is not null && metadata is not null);
            return new RegistrationRecord
            {
                Issuer = ownIssuer!,
                ClientId = clientId!,
                Tenant = tenant,
                RegistrationClientUri = uri is null ? null : UriText.Absolute(uri),
                ClientSecretExpiresAt = expiresAt,
                CreatedAt = new DateTimeOffset(created, TimeSpan.Zero),
                UpdatedAt = new DateTimeOffset(updated, TimeSpan.Zero),
                Asked = asked ?? JsonBag.Empty,
                Drifted = drifted ?? JsonBag.Empty,
                Metadata = metadata!,
                IsKept = true,
                Omitted = Combinations[leftOut],
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("it is no summary", failure);
        }
    }

    private static void Require(bool isMet)
    {
        if (!isMet)
        {
            throw new FormatException("it is no summary");
        }
    }
}
