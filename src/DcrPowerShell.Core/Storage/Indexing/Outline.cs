using System;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Storage.Indexing;

/// <summary>A registration as the index has it: all but its secrets.</summary>
internal static class Outline
{
    private const string Issuer = "issuer";
    private const string ClientId = "client_id";
    private const string Tenant = "tenant";
    private const string Uri = "uri";
    private const string ExpiresAt = "expires_at";
    private const string Created = "created";
    private const string Updated = "updated";
    private const string HasSecret = "has_secret";
    private const string HasToken = "has_token";
    private const string HasUri = "has_uri";
    private const string Metadata = "metadata";

    // What few records leave out: one object does for all that leave out the same.
    private static readonly LeftOut[] LeftOuts =
    [
        new(false, false, false), new(true, false, false), new(false, true, false), new(true, true, false),
        new(false, false, true), new(true, false, true), new(false, true, true), new(true, true, true),
    ];

    public static void Write(Utf8JsonWriter writer, RegistrationRecord record)
    {
        var known = new Redaction([record.ClientSecret, record.RegistrationAccessToken]);
        var uri = record.RegistrationClientUri?.AbsoluteUri;
        var hidesUri = uri is not null && known.Finds(uri);
        writer.WriteStartObject();
        writer.WriteString(Issuer, record.Issuer);
        writer.WriteString(ClientId, record.ClientId);
        if (record.Tenant is not null)
        {
            writer.WriteString(Tenant, record.Tenant);
        }

        if (uri is not null && !hidesUri)
        {
            writer.WriteString(Uri, uri);
        }

        if (record.ClientSecretExpiresAt is { } expiresAt)
        {
            writer.WriteNumber(ExpiresAt, expiresAt);
        }

        writer.WriteNumber(Created, record.CreatedAt.UtcTicks);
        writer.WriteNumber(Updated, record.UpdatedAt.UtcTicks);
        Mark(HasSecret, record.ClientSecret is not null);
        Mark(HasToken, record.RegistrationAccessToken is not null);
        Mark(HasUri, hidesUri);
        writer.WritePropertyName(Metadata);
        MaskedJson.Write(writer, record.Metadata, known);
        writer.WriteEndObject();

        void Mark(string name, bool value)
        {
            if (value)
            {
                writer.WriteBoolean(name, true);
            }
        }
    }

    /// <summary>Reads an outline but for its metadata, which is read when somebody asks for it.</summary>
    /// <param name="json">Bytes that nobody changes any more.</param>
    /// <param name="issuer">The one that is to be expected: its text is shared.</param>
    /// <exception cref="FormatException">It is no outline.</exception>
    public static RegistrationRecord Read(ReadOnlyMemory<byte> json, string issuer)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = JsonBag.DeepestAnswer + 2 });
            string? ownIssuer = null, clientId = null, tenant = null, uri = null;
            long? expiresAt = null;
            long created = 0, updated = 0;
            var leftOut = 0;
            JsonBag? metadata = null;
            Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(Metadata))
                {
                    reader.Read();
                    Require(reader.TokenType == JsonTokenType.StartObject);
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    metadata = JsonBag.Deferred(json.Slice(start, (int)reader.BytesConsumed - start));
                    continue;
                }

                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case Issuer: ownIssuer = reader.ValueTextEquals(issuer) ? issuer : reader.GetString(); break;
                    case ClientId: clientId = reader.GetString(); break;
                    case Tenant: tenant = reader.GetString(); break;
                    case Uri: uri = reader.GetString(); break;
                    case ExpiresAt: expiresAt = reader.GetInt64(); break;
                    case Created: created = reader.GetInt64(); break;
                    case Updated: updated = reader.GetInt64(); break;
                    case HasSecret: leftOut |= 1; break;
                    case HasToken: leftOut |= 2; break;
                    case HasUri: leftOut |= 4; break;
                    default: reader.Skip(); break;
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
                Metadata = metadata!,
                IsKept = true,
                LeftOut = LeftOuts[leftOut],
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("it is no outline", failure);
        }
    }

    private static void Require(bool isMet)
    {
        if (!isMet)
        {
            throw new FormatException("it is no outline");
        }
    }
}
