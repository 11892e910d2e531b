using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;

namespace DcrPowerShell;

/// <summary>
/// A registered OAuth client as the server last described it. What it says of the client does not change; the connection that it came from
/// is set once it is output. Secrets are SecureStrings.
/// </summary>
public sealed class DcrClient
{
    private readonly RegistrationRecord _record;
    private readonly FullRecordSource? _whole;
    private SecureString? _clientSecret;
    private SecureString? _registrationAccessToken;
    private IDictionary? _metadata;
    private Redaction? _known;

    /// <param name="whole">For a summary.</param>
    internal DcrClient(RegistrationRecord record, IReadOnlyList<DcrChange> changes, FullRecordSource? whole = null)
    {
        _record = record;
        _whole = whole;
        Changes = new ReadableList<DcrChange>(changes);
    }

    /// <summary><c>client_id</c> (RFC 7591, section 3.2.1).</summary>
    public string ClientId => Show(_record.ClientId)!;

    /// <summary><c>client_name</c> (RFC 7591, section 2); null where it has none.</summary>
    public string? ClientName => Show(_record.ClientName);

    /// <summary>Who the client is for, as given at registration; null for nobody. The server knows nothing of it.</summary>
    public string? Tenant => Show(_record.Tenant);

    /// <summary>The issuer of the server where the client is registered, as <see cref="DcrConnection.Issuer"/>.</summary>
    public string Issuer => _record.Issuer;

    /// <summary><c>redirect_uris</c> (RFC 7591, section 2); empty where the server gave none.</summary>
    public IReadOnlyList<string> RedirectUris => ShowAll(_record.Metadata.Texts(ClientMember.RedirectUris));

    /// <summary><c>grant_types</c> (RFC 7591, section 2); empty where the server gave none.</summary>
    public IReadOnlyList<string> GrantTypes => ShowAll(_record.Metadata.Texts(ClientMember.GrantTypes));

    /// <summary><c>response_types</c> (RFC 7591, section 2); empty where the server gave none.</summary>
    public IReadOnlyList<string> ResponseTypes => ShowAll(_record.Metadata.Texts(ClientMember.ResponseTypes));

    /// <summary>The words of <c>scope</c> (RFC 7591, section 2); empty where the server gave none.</summary>
    public IReadOnlyList<string> Scope => ShowAll(_record.Metadata.Words(ClientMember.Scope));

    /// <summary><c>contacts</c> (RFC 7591, section 2); empty where the server gave none.</summary>
    public IReadOnlyList<string> Contacts => ShowAll(_record.Metadata.Texts(ClientMember.Contacts));

    /// <summary><c>token_endpoint_auth_method</c> (RFC 7591, section 2); null where the server gave none.</summary>
    public string? TokenEndpointAuthMethod => Show(_record.Metadata.Text(ClientMember.TokenEndpointAuthMethod));

    /// <summary>
    /// <c>application_type</c> (OpenID Connect Dynamic Client Registration 1.0, section 2); null where the server gave none.
    /// </summary>
    public string? ApplicationType => Show(_record.Metadata.Text(ClientMember.ApplicationType));

    /// <summary>
    /// <c>client_secret</c> (RFC 7591, section 3.2.1); null where there is none or it is not known. The secret of a listed client is read
    /// from the store when it is first asked for.
    /// </summary>
    /// <remarks>
    /// In PowerShell a hidden property (DcrPowerShell.Types.ps1xml): a public one would stand in ConvertTo-Json as <c>{"Length": 46}</c>,
    /// read from the vault for that.
    /// </remarks>
    internal SecureString? ClientSecret => _clientSecret ??= SecureText.Protect(WholeIf(_record.Omitted?.ClientSecret).ClientSecret);

    /// <summary>
    /// <c>client_secret_expires_at</c> (RFC 7591, section 3.2.1) as a time in UTC; null for never and for unknown, which <see
    /// cref="SecretExpiry"/> tells apart.
    /// </summary>
    public DateTimeOffset? ClientSecretExpiresAt => UnixTime(_record.ClientSecretExpiresAt is > 0 ? _record.ClientSecretExpiresAt : null);

    /// <summary>When the client secret expires: a text for people, and a time that sorts and compares.</summary>
    public DcrExpiry SecretExpiry => (_record.HasSecret, _record.ClientSecretExpiresAt, ClientSecretExpiresAt) switch
    {
        _ when !_record.UsesSecret => DcrExpiry.NoSecret,
        (false, _, null) => DcrExpiry.NoSecret,
        (_, 0, _) => DcrExpiry.Never,
        (_, _, null) => DcrExpiry.Unknown,
        (_, _, { } at) => at,
    };

    /// <summary><c>client_id_issued_at</c> (RFC 7591, section 3.2.1) as a time in UTC; null where the server did not say.</summary>
    public DateTimeOffset? IssuedAt => UnixTime(_record.Metadata.Integer(ClientMember.ClientIdIssuedAt));

    /// <summary>
    /// <c>registration_client_uri</c> (RFC 7592, section 3), as an absolute URL; null where there is none. A token in it is masked.
    /// </summary>
    public Uri? RegistrationClientUri
    {
        get
        {
            // Some servers put the token into it.
            var whole = WholeIf(_record.Omitted?.RegistrationClientUri);
            return whole.RegistrationClientUri is not { } uri ? null
                : (ReferenceEquals(whole, _record) ? Known : whole.Secrets) is var known && known.Finds(uri.AbsoluteUri)
                    ? UriText.Shown(UriText.Absolute(known.Hide(uri.AbsoluteUri)))
                : UriText.Shown(uri);
        }
    }

    /// <summary><c>registration_access_token</c> (RFC 7592, section 3); read as <see cref="ClientSecret"/> is.</summary>
    internal SecureString? RegistrationAccessToken =>
        _registrationAccessToken ??= SecureText.Protect(WholeIf(_record.Omitted?.RegistrationAccessToken).RegistrationAccessToken);

    /// <summary>The name of the secret that keeps the registration; null where it is kept nowhere.</summary>
    public string? SecretName => Storage == DcrStorage.MemoryOnly ? null : _record.SecretName;

    /// <summary>Where the registration, with what the server shows once, is kept.</summary>
    public DcrStorage Storage { get; internal init; }

    /// <summary>Whether the server still has the client.</summary>
    public DcrClientState State { get; internal init; }

    /// <summary>
    /// Everything the server returned, unknown members too, by wire names; secrets masked. A read-only dictionary whose values are texts,
    /// truth values, numbers, arrays, or such dictionaries.
    /// </summary>
    public IDictionary Metadata => _metadata ??= PlainValue.From(_record.Metadata, Known);

    /// <summary>What the server granted otherwise than asked, in the command that made this object; empty where all was granted.</summary>
    public IReadOnlyList<DcrChange> Changes { get; }

    /// <summary>What is known of the client; of a listed one this may be a summary, without secrets.</summary>
    internal RegistrationRecord Record => _record;

    /// <summary>
    /// The connection that the client came from. A command that gets the client uses it again, though others may lead to the same server.
    /// </summary>
    internal DcrConnection? Connection { get; set; }

    /// <summary>Members that are kept and that the server's answer to a read lacked: it was taken for a part of the client.</summary>
    internal IReadOnlyList<string> Unshown { get; set; } = [];

    /// <summary>
    /// True for the same client (issuer and client id), whatever was known of it when. <c>-eq</c>, <c>Compare-Object</c> and
    /// <c>Select-Object -Unique</c> go by this.
    /// </summary>
    public override bool Equals(object? obj) =>
        obj is DcrClient other && other.Record.Issuer == Record.Issuer && other.Record.ClientId == Record.ClientId;

    /// <inheritdoc/>
    public override int GetHashCode() => (Record.Issuer, Record.ClientId).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => ClientName is null ? ClientId : $"{ClientName} ({ClientId})";

    /// <summary>The whole record, with secrets; null where the client is no longer known.</summary>
    /// <exception cref="DcrException">It cannot be read.</exception>
    internal RegistrationRecord? FindWhole() => _record.Omitted is null ? _record : _whole?.Find(_record.Issuer, _record.ClientId);

    private RegistrationRecord WholeIf(bool? isNeeded)
    {
        if (isNeeded != true)
        {
            return _record;
        }

        try
        {
            return FindWhole() ?? throw StoreErrors.NoRegistrationHere(ClientId, Connection?.Vault);
        }
        catch (DcrException failure)
        {
            throw _whole?.Refusal(failure) ?? failure;
        }
    }

    /// <summary>Secrets to mask. A summary needs none: it was written with masks.</summary>
    private Redaction Known => _known ??= _record.Omitted is null ? _record.Secrets : Redaction.Nothing;

    private string? Show(string? text) => text is null ? null : Known.Show(text);

    private ReadableList<string> ShowAll(IEnumerable<string> texts) => new(texts.Select(Known.Show));

    /// <summary>Unix seconds as a time; null where there are none, or where no calendar holds them.</summary>
    private static DateTimeOffset? UnixTime(long? seconds) =>
        seconds is { } at && at >= 0 && at <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(at) : null;
}
