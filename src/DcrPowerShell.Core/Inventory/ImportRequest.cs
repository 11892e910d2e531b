using System.Text.Json;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;

namespace DcrPowerShell.Inventory;

/// <summary>A client that was registered elsewhere, as it was handed over.</summary>
internal sealed class ImportRequest
{
    public const string ClientSecretNameMember = "client_secret_name";

    /// <summary>What a person finds it by.</summary>
    public string Source { get; init; } = "";

    public string? ClientId { get; init; }

    public string? RegistrationAccessToken { get; init; }

    /// <summary>It may be relative.</summary>
    public string? RegistrationClientUri { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Unix time in seconds, 0 for never; null where it is not known.</summary>
    public long? ClientSecretExpiresAt { get; init; }

    public string? Tenant { get; init; }

    /// <summary>Null for that of the connection.</summary>
    public string? Issuer { get; init; }

    /// <summary>Where the application's own copy of the client secret is to go; null for nowhere.</summary>
    public string? ClientSecretName { get; init; }

    /// <summary>What is known of it besides.</summary>
    public JsonBag Metadata { get; init; } = JsonBag.Empty;

    /// <summary>From a row of a file, in wire names.</summary>
    /// <param name="source">File and line.</param>
    /// <exception cref="DcrException">InvalidClientMetadata: the expiry is no time, or a text is a list or an object.</exception>
    public static ImportRequest From(JsonBag row, string source) =>
        new()
        {
            Source = source,
            ClientId = Text(row, ClientMember.ClientId, source),
            RegistrationAccessToken = Text(row, ClientMember.RegistrationAccessToken, source),
            RegistrationClientUri = Text(row, ClientMember.RegistrationClientUri, source),
            ClientSecret = Text(row, ClientMember.ClientSecret, source),
            ClientSecretExpiresAt = Expiry(row, source),
            Tenant = Text(row, InventoryWriter.Tenant, source),
            Issuer = Text(row, InventoryWriter.Issuer, source),
            ClientSecretName = Text(row, ClientSecretNameMember, source),
            Metadata = row.Without(
                ClientMember.RegistrationAccessToken,
                ClientMember.ClientSecret,
                InventoryWriter.Tenant,
                InventoryWriter.Issuer,
                InventoryWriter.State,
                InventoryWriter.SecretName,
                ClientSecretNameMember
            ),
        };

    private static string? Text(JsonBag row, string member, string source) =>
        row.TryGet(member, out var value) && value.ValueKind is (JsonValueKind.Array or JsonValueKind.Object)
            ? throw InventoryErrors.ImportInvalid(
                source,
                $"{member} is a list or an object, where a text is wanted",
                "Write it as one text."
            )
            : row.Text(member);

    /// <summary>As an answer of a server has it, or as a date of an inventory.</summary>
    private static long? Expiry(JsonBag row, string source) => SecretExpiry.Read(row) switch
    {
        { At: null, Odd: not null } => throw InventoryErrors.ImportInvalid(
            source,
            "client_secret_expires_at is neither a number of seconds since 1970 nor a date with the year first",
            "Write it as the server gave it, 0 for never; or as 2027-01-31T00:00:00Z; or leave it empty. A date such as 1/2/2027 has two "
                + "meanings."
        ),
        var expiry => expiry.At,
    };
}
