using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;

namespace DcrPowerShell.Inventory;

/// <summary>
/// Writes clients as they come, without their secrets. All that is written is what the client's public properties show, where secrets
/// are masked and control characters gone.
/// </summary>
internal sealed class InventoryWriter
{
    public const string Tenant = "tenant";
    public const string Issuer = "issuer";
    public const string State = "state";
    public const string SecretName = "secret_name";

    // Headings that have a parameter of New-DcrClient, and those that have none.
    private static readonly (string Heading, Func<DcrClient, string?> Cell)[] Wanted =
    [
        ("ClientName", static client => client.ClientName),
        ("RedirectUri", static client => Several(client.RedirectUris)),
        ("GrantType", static client => Several(client.GrantTypes)),
        ("ResponseType", static client => Several(client.ResponseTypes)),
        ("TokenEndpointAuthMethod", static client => client.TokenEndpointAuthMethod),
        ("ApplicationType", static client => client.ApplicationType),
        ("Scope", static client => string.Join(" ", client.Scope)),
        ("Contact", static client => Several(client.Contacts)),
        .. Further("ClientUri", ClientMember.ClientUri),
        .. Further("LogoUri", ClientMember.LogoUri),
        .. Further("TosUri", ClientMember.TosUri),
        .. Further("PolicyUri", ClientMember.PolicyUri),
        .. Further("JwksUri", ClientMember.JwksUri),
        .. Further("Jwks", ClientMember.Jwks),
        .. Further("SoftwareId", ClientMember.SoftwareId),
        .. Further("SoftwareVersion", ClientMember.SoftwareVersion),
        .. Further("PostLogoutRedirectUri", ClientMember.PostLogoutRedirectUris),
        ("Tenant", static client => client.Tenant),
    ];

    private static readonly (string Heading, Func<DcrClient, string?> Cell)[] Columns =
    [
        .. Wanted,
        ("ClientId", static client => client.ClientId),
        ("Issuer", static client => client.Issuer),
        ("IssuedAt", static client => Time(client.IssuedAt)),
        ("ClientSecretExpiresAt", static client => Time(client.ClientSecretExpiresAt)),
        ("RegistrationClientUri", static client => client.RegistrationClientUri?.AbsoluteUri),
        ("State", static client => client.State.ToString()),
        ("SecretName", static client => client.SecretName),
    ];

    /// <summary>The heading line of a file of wanted clients.</summary>
    public static string Template =>
        Csv.Row([.. Wanted.Select(static column => column.Heading).OrderBy(static name => name != "Tenant"), "ClientSecretName"]) + "\r\n";

    private readonly TextWriter _writer;
    private readonly DcrInventoryFormat _format;
    private bool _hasOne;

    /// <exception cref="IOException">As for all methods.</exception>
    public InventoryWriter(TextWriter writer, DcrInventoryFormat format)
    {
        (_writer, _format) = (writer, format);
        _writer.Write(format == DcrInventoryFormat.Csv ? Csv.Row(Columns.Select(static column => column.Heading)) + "\r\n" : "[");
    }

    public void Write(DcrClient client)
    {
        if (_format == DcrInventoryFormat.Csv)
        {
            _writer.Write(Csv.Row(Columns.Select(column => column.Cell(client) ?? "")) + "\r\n");
        }
        else
        {
            // One client a line, so that two inventories can be compared line by line.
            _writer.Write((_hasOne ? ",\n" : "\n") + Json(client));
        }

        _hasOne = true;
    }

    public void End()
    {
        if (_format == DcrInventoryFormat.Json)
        {
            _writer.Write(_hasOne ? "\n]\n" : "]\n");
        }
    }

    /// <summary>Whether an inventory has a column, or a member, of that name.</summary>
    public static bool Has(string name) =>
        Columns.Any(column => column.Heading.Equals(name, StringComparison.OrdinalIgnoreCase))
        || name
            is ClientMember.ClientId
                or Issuer
                or State
                or SecretName
                or ClientMember.RegistrationClientUri
                or ClientMember.ClientSecretExpiresAt
                or ClientMember.ClientIdIssuedAt;

    /// <summary>The format that the ending of a file's name says; null where it says none.</summary>
    public static DcrInventoryFormat? FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".CSV" => DcrInventoryFormat.Csv,
        ".JSON" => DcrInventoryFormat.Json,
        ".HTML" or ".HTM" => DcrInventoryFormat.Html,
        _ => null,
    };

    private static JsonBag Json(DcrClient client)
    {
        var known = JsonBag.Empty
            .With(ClientMember.ClientId, client.ClientId)
            .With(ClientMember.ClientName, client.ClientName)
            .With(Tenant, client.Tenant)
            .With(Issuer, client.Issuer)
            .With(State, client.State.ToString())
            .With(SecretName, client.SecretName)
            .With(ClientMember.RegistrationClientUri, client.RegistrationClientUri?.AbsoluteUri);
        known = client.Record.ClientSecretExpiresAt is { } expiry
            ? known.With(ClientMember.ClientSecretExpiresAt, JsonSerializer.SerializeToElement(expiry))
            : known;
        return JsonBag.From(JsonSerializer.SerializeToElement(client.Metadata)).With(known.WithoutAbsent());
    }

    private static (string Heading, Func<DcrClient, string?> Cell)[] Further(string heading, string member) =>
        [(heading, client => Text(client.Metadata[member]))];

    private static string? Text(object? value) => value switch
    {
        null or string => (string?)value,
        IDictionary => JsonBag.From(JsonSerializer.SerializeToElement(value)).ToString(),
        IEnumerable items => Several(items.Cast<object?>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <summary>Several values in one cell, as the parameters take them.</summary>
    private static string Several(IEnumerable<string?> values) => string.Join(";", values);

    private static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
