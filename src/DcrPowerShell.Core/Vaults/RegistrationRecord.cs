using System;
using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using static DcrPowerShell.Metadata.StoredJson;

namespace DcrPowerShell.Vaults;

/// <summary>
/// What is kept of one registration: one JSON text in one secret. It is the only copy of the registration access token, which
/// a server shows once.
/// </summary>
internal sealed record RegistrationRecord
{
    /// <summary>The layout that this version writes, and the newest that it reads.</summary>
    public const int Version = 1;

    private const string VersionMember = "version";
    private const string IssuerMember = "issuer";
    private const string TenantMember = "tenant";
    private const string CreatedMember = "created_at";
    private const string UpdatedMember = "updated_at";
    private const string AskedMember = "asked";
    private const string DriftedMember = "drifted";
    private const string MetadataMember = "metadata";

    private readonly Uri? _registrationClientUri;

    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public string? Tenant { get; init; }

    /// <summary>Absolute; null where the server gave none.</summary>
    public Uri? RegistrationClientUri
    {
        get =>
            Omitted is { UriIsInMetadata: true } && Metadata.Text(ClientMember.RegistrationClientUri) is { } uri
                ? UriText.Absolute(uri)
                : _registrationClientUri;
        init => _registrationClientUri = value;
    }

    public string? RegistrationAccessToken { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Unix time in seconds, 0 for never; null where the server did not say.</summary>
    public long? ClientSecretExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The metadata last granted: all members of the server's answer but those that stand above.</summary>
    public required JsonBag Metadata { get; init; }

    /// <summary>
    /// Members that the server granted otherwise than they were last asked for, each with the hash of what was asked: the same wish again
    /// is no change.
    /// </summary>
    public JsonBag Asked { get; init; } = JsonBag.Empty;

    /// <summary>
    /// Members that somebody else changed since they were last granted, each as it was granted; null for one that was not there.
    /// </summary>
    public JsonBag Drifted { get; init; } = JsonBag.Empty;

    /// <summary>The vault has it. Clients that a server lists need not be there: they have no secrets to keep. Not stored.</summary>
    public bool IsKept { get; init; }

    /// <summary>The ledger's frame about the client that this was found by; 0 for none. Not stored.</summary>
    public long Sequence { get; init; }

    /// <summary>What a summary lacks; null for a whole record. Not stored.</summary>
    public OmittedMembers? Omitted { get; init; }

    /// <summary>What must not be shown, wherever a server repeats it.</summary>
    public Redaction Secrets => new([ClientSecret, RegistrationAccessToken, .. SecretMember.SureValues(Metadata)]);

    public string? ClientName => Metadata.Text(ClientMember.ClientName);

    public string SecretName => Vaults.SecretName.For(Issuer, ClientId);

    public bool HasSecret => ClientSecret is not null || Omitted is { ClientSecret: true };

    /// <summary>
    /// False for a client that authenticates otherwise. A secret from before it went over to keys is kept, and of no interest; one that a
    /// server gave a public client may be asked for.
    /// </summary>
    public bool UsesSecret => Metadata.Text(ClientMember.TokenEndpointAuthMethod) switch
    {
        "private_key_jwt" or "tls_client_auth" or "self_signed_tls_client_auth" => false,
        "none" => HasSecret,
        _ => true,
    };

    /// <summary>Whether the client secret has expired by then. False where it never does, or where the server did not say when.</summary>
    public bool SecretExpiresBy(DateTimeOffset time) =>
        UsesSecret && ClientSecretExpiresAt is > 0 and var at && at <= time.ToUnixTimeSeconds();

    /// <summary>The same but for the time of the last change: nothing that would need storing again.</summary>
    public bool HasSameContent(RegistrationRecord other) => (this with { UpdatedAt = other.UpdatedAt }).ToJson() == other.ToJson();

    /// <summary>
    /// A time of change that comes after the one before, also where the clock was set back: by it, newer is told from older.
    /// </summary>
    public static DateTimeOffset Later(DateTimeOffset now, DateTimeOffset? before) =>
        before is { } past && now <= past ? past.AddTicks(1) : now;

    public string ToJson()
    {
        var json = JsonBag.Empty
            .With(VersionMember, Element(Version))
            .With(IssuerMember, Issuer)
            .With(ClientMember.ClientId, ClientId)
            .With(ClientMember.ClientName, ClientName)
            .With(TenantMember, Tenant)
            .With(ClientMember.RegistrationClientUri, RegistrationClientUri?.AbsoluteUri)
            .With(ClientMember.RegistrationAccessToken, RegistrationAccessToken)
            .With(ClientMember.ClientSecret, ClientSecret)
            .With(ClientMember.ClientSecretExpiresAt, Element(ClientSecretExpiresAt))
            .With(CreatedMember, Time(CreatedAt))
            .With(UpdatedMember, Time(UpdatedAt))
            .With(MetadataMember, Metadata.ToElement());
        json = Asked.Count == 0 ? json : json.With(AskedMember, Asked.ToElement());
        return (Drifted.Count == 0 ? json : json.With(DriftedMember, Drifted.ToElement())).ToString();
    }

    /// <exception cref="NewerLayoutException">A newer version wrote it.</exception>
    /// <exception cref="FormatException">The text is no registration; the message says why.</exception>
    public static RegistrationRecord Parse(string text) => StoredJson.Read(text, Read, deepest: JsonBag.DeepestAnswer + 2);

    /// <summary>Null where the text is none that this version reads.</summary>
    public static RegistrationRecord? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public static bool IsOfNewerLayout(string text)
    {
        try
        {
            Parse(text);
            return false;
        }
        catch (FormatException failure)
        {
            return failure is NewerLayoutException;
        }
    }

    /// <summary>Whether what a vault has is an older version of it, or a part only.</summary>
    public bool Supersedes(string text) => TryParse(text) is { } there ? there.UpdatedAt < UpdatedAt : !IsOfNewerLayout(text);

    private static RegistrationRecord Read(JsonBag json)
    {
        var version = json.Integer(VersionMember);
        if (version > Version)
        {
            throw new NewerLayoutException($"it has layout {version}, and this version reads up to {Version}");
        }

        return new RegistrationRecord
        {
            Issuer =
                Needed(json, IssuerMember) is var issuer && UriText.Absolute(issuer) is not null
                    ? issuer
                    : throw new FormatException("its issuer is no URL"),
            ClientId = Needed(json, ClientMember.ClientId),
            Tenant = json.Text(TenantMember),
            RegistrationClientUri = json.Text(ClientMember.RegistrationClientUri) is { } uri
                ? UriText.Absolute(uri) ?? throw new FormatException("its registration_client_uri is no URL")
                : null,
            RegistrationAccessToken = json.Text(ClientMember.RegistrationAccessToken),
            ClientSecret = json.Text(ClientMember.ClientSecret),
            ClientSecretExpiresAt = json.Integer(ClientMember.ClientSecretExpiresAt),
            CreatedAt = Time(Needed(json, CreatedMember)),
            UpdatedAt = Time(Needed(json, UpdatedMember)),
            Metadata = json.TryGet(MetadataMember, out var metadata) ? JsonBag.From(metadata) : JsonBag.Empty,
            Asked = json.TryGet(AskedMember, out var asked) ? JsonBag.From(asked) : JsonBag.Empty,
            Drifted = json.TryGet(DriftedMember, out var drifted) ? JsonBag.From(drifted) : JsonBag.Empty,
        };
    }

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value);
}

/// <summary>A text of a layout that this version does not know: it is not this version's to repair.</summary>
internal sealed class NewerLayoutException(string why) : FormatException(why);
