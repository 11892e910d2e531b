using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using DcrPowerShell.Compat;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Storage;

namespace DcrPowerShell;

/// <summary>A registered OAuth client as the server last described it. Immutable; secrets are SecureStrings.</summary>
public sealed class DcrClient
{
    private readonly RegistrationRecord _record;

    internal DcrClient(RegistrationRecord record, IReadOnlyList<DcrChange> changes, string? secretName)
    {
        _record = record;
        Changes = changes;
        SecretName = secretName;
        Storage = secretName is null ? DcrStorage.MemoryOnly : DcrStorage.Vault;
        ClientSecret = SecureText.Protect(record.ClientSecret);
        RegistrationAccessToken = SecureText.Protect(record.RegistrationAccessToken);

        // The texts are for people: the record has them as the server wrote them.
        var known = new Redaction([record.ClientSecret, record.RegistrationAccessToken]);
        ClientId = Show(record.ClientId)!;
        ClientName = Show(record.ClientName);
        TokenEndpointAuthMethod = Show(record.Metadata.Text(ClientMember.TokenEndpointAuthMethod));
        ApplicationType = Show(record.Metadata.Text(ClientMember.ApplicationType));
        RedirectUris = ShowAll(record.Metadata.Texts(ClientMember.RedirectUris));
        GrantTypes = ShowAll(record.Metadata.Texts(ClientMember.GrantTypes));
        ResponseTypes = ShowAll(record.Metadata.Texts(ClientMember.ResponseTypes));
        Contacts = ShowAll(record.Metadata.Texts(ClientMember.Contacts));
        Scope = ShowAll(record.Metadata.Words(ClientMember.Scope));
        Metadata = PlainValue.From(record.Metadata, known);

        string? Show(string? text) => text is null ? null : known.Show(text);
        List<string> ShowAll(IEnumerable<string> texts) => texts.Select(known.Show).ToList();
    }

    /// <summary><c>client_id</c>.</summary>
    public string ClientId { get; }

    /// <summary><c>client_name</c>.</summary>
    public string? ClientName { get; }

    /// <summary>Who the client is for, as given at registration; the server knows nothing of it.</summary>
    public string? Tenant => _record.Tenant;

    /// <summary>The issuer of the server where the client is registered.</summary>
    public string Issuer => _record.Issuer;

    /// <summary><c>redirect_uris</c>.</summary>
    public IReadOnlyList<string> RedirectUris { get; }

    /// <summary><c>grant_types</c>.</summary>
    public IReadOnlyList<string> GrantTypes { get; }

    /// <summary><c>response_types</c>.</summary>
    public IReadOnlyList<string> ResponseTypes { get; }

    /// <summary>The words of <c>scope</c>.</summary>
    public IReadOnlyList<string> Scope { get; }

    /// <summary><c>contacts</c>.</summary>
    public IReadOnlyList<string> Contacts { get; }

    /// <summary><c>token_endpoint_auth_method</c>.</summary>
    public string? TokenEndpointAuthMethod { get; }

    /// <summary><c>application_type</c>.</summary>
    public string? ApplicationType { get; }

    /// <summary><c>client_secret</c>; null where there is none or it is not known.</summary>
    public SecureString? ClientSecret { get; }

    /// <summary><c>client_secret_expires_at</c> as a time; null for never and for unknown, which <see cref="SecretExpiry"/> tells apart.</summary>
    public DateTimeOffset? ClientSecretExpiresAt => UnixTime(_record.ClientSecretExpiresAt is > 0 ? _record.ClientSecretExpiresAt : null);

    /// <summary>When the client secret expires, as a person says it, at the moment of asking: "in 12 days", "never", "unknown".</summary>
    public string SecretExpiry => (_record.ClientSecret, _record.ClientSecretExpiresAt, ClientSecretExpiresAt) switch
    {
        _ when !_record.UsesSecret => "",
        (null, _, null) => "",
        (_, 0, _) => "never",
        (_, _, null) => "unknown",
        (_, _, { } at) when at <= DateTimeOffset.UtcNow => $"expired {Duration.Say(DateTimeOffset.UtcNow - at)} ago",
        (_, _, { } at) => $"in {Duration.Say(at - DateTimeOffset.UtcNow)}",
    };

    /// <summary><c>client_id_issued_at</c>; null where the server did not say.</summary>
    public DateTimeOffset? IssuedAt => UnixTime(_record.Metadata.Integer(ClientMember.ClientIdIssuedAt));

    /// <summary><c>registration_client_uri</c>, absolute (RFC 7592, section 3).</summary>
    public Uri? RegistrationClientUri => _record.RegistrationClientUri;

    /// <summary><c>registration_access_token</c> (RFC 7592, section 3).</summary>
    public SecureString? RegistrationAccessToken { get; }

    /// <summary>The name of the vault's secret that keeps the registration; null where it is kept nowhere.</summary>
    public string? SecretName { get; }

    /// <summary>Where the registration, with what the server shows once, is kept.</summary>
    public DcrStorage Storage { get; internal init; }

    /// <summary>Whether the server still has it.</summary>
    public DcrClientState State { get; internal init; }

    /// <summary>Everything the server returned, unknown members too; secrets masked.</summary>
    public IDictionary Metadata { get; }

    /// <summary>What the server granted otherwise than asked, in the command that made this object.</summary>
    public IReadOnlyList<DcrChange> Changes { get; }

    internal RegistrationRecord Record => _record;

    /// <summary>Where it came from: what is done to it goes back there, though other connections lead to the same server.</summary>
    internal DcrConnection? Connection { get; set; }

    /// <inheritdoc/>
    public override string ToString() => ClientName is null ? ClientId : $"{ClientName} ({ClientId})";

    /// <summary>Unix seconds as a time; null where there are none, or where no calendar holds them.</summary>
    private static DateTimeOffset? UnixTime(long? seconds) =>
        seconds is { } at && at >= 0 && at <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(at) : null;
}
