using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public class InventoryWriterTests
{
    private const string Token = "canary-rat-0001";
    private const string Secret = "canary-cs-0001";

    // The server repeats its secrets wherever it can.
    private static readonly RegistrationRecord Record = new()
    {
        Issuer = "https://as.example.com",
        ClientId = "-c1",
        Tenant = "north",
        RegistrationAccessToken = Token,
        ClientSecret = Secret,
        ClientSecretExpiresAt = 1803077736,
        RegistrationClientUri = new Uri($"https://as.example.com/register?token={Token}"),
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(0),
        UpdatedAt = DateTimeOffset.FromUnixTimeSeconds(0),
        Metadata = JsonBag.Parse($$"""
            {"client_id":"-c1","client_name":"=1+{{Secret}}","redirect_uris":["https://a.example/cb","https://b.example/cb"],"scope":"openid profile",
            "grant_types":["authorization_code"],"client_id_issued_at":1795301736,"registration_client_uri":"/register?token={{Token}}",
            "jwks":{"keys":[{"kty":"RSA","n":"abc","d":"canary-private"}]},"api_token":"canary-api","tos_uri":"https://a.example/{{Token}}","tenant":"theirs","x":{"y":[1,true,null]} }
            """),
    };

    [Fact]
    public void A_row_has_the_words_that_New_DcrClient_binds_and_no_secret()
    {
        var text = Written(DcrInventoryFormat.Csv, Client());
        var rows = Csv.Read(new StringReader(text)).Select(static row => row.Cells).ToList();
        var cells = rows[0]
            .Zip(rows[1], static (name, cell) => (name, cell))
            .ToDictionary(static pair => pair.name, static pair => pair.cell);
        Assert.Equal("'=1+***", cells["ClientName"]);
        Assert.Equal("-c1", cells["ClientId"]);
        Assert.Equal("https://a.example/cb;https://b.example/cb", cells["RedirectUri"]);
        Assert.Equal("openid profile", cells["Scope"]);
        Assert.Equal("""{"keys":[{"kty":"RSA","n":"abc","d":"***"}]}""", cells["Jwks"]);
        Assert.Equal(("north", "https://as.example.com", "Active"), (cells["Tenant"], cells["Issuer"], cells["State"]));
        Assert.Equal(("2026-11-21T22:55:36Z", "2027-02-19T22:55:36Z"), (cells["IssuedAt"], cells["ClientSecretExpiresAt"]));
        Assert.Equal("https://as.example.com/register?token=***", cells["RegistrationClientUri"]);
        Assert.Equal(Record.SecretName, cells["SecretName"]);
        Assert.DoesNotContain("canary", text);
    }

    [Fact]
    public void An_object_has_all_that_the_server_said_in_its_names_and_no_secret()
    {
        var text = Written(DcrInventoryFormat.Json, Client(), Client());
        using var document = JsonDocument.Parse(text);
        Assert.Equal(2, document.RootElement.GetArrayLength());
        var client = JsonBag.From(document.RootElement[0]);
        Assert.Equal("=1+***", client.Text("client_name"));
        Assert.Equal(["https://a.example/cb", "https://b.example/cb"], client.Texts("redirect_uris"));
        Assert.Equal((1803077736, 1795301736), (client.Integer("client_secret_expires_at"), client.Integer("client_id_issued_at")));
        Assert.Equal(
            ("north", "https://as.example.com", "Active", Record.SecretName),
            (client.Text("tenant"), client.Text("issuer"), client.Text("state"), client.Text("secret_name"))
        );
        Assert.Equal("https://as.example.com/register?token=***", client.Text("registration_client_uri"));
        Assert.True(client.TryGet("x", out var own));
        Assert.Equal("""{"y":[1,true,null]}""", own.GetRawText());
        Assert.DoesNotContain("canary", text);
    }

    [Fact]
    public void Without_clients_it_is_whole_too()
    {
        Assert.Equal("[]\n", Written(DcrInventoryFormat.Json));
        Assert.Single(Csv.Read(new StringReader(Written(DcrInventoryFormat.Csv))));
    }

    /// <summary>What was written is out before the next one comes.</summary>
    [Fact]
    public void Clients_are_written_as_they_come()
    {
        using var text = new StringWriter();
        var writer = new InventoryWriter(text, DcrInventoryFormat.Json);
        writer.Write(Client());
        Assert.Contains("\"client_id\":\"-c1\"", text.ToString());
    }

    [Theory]
    [InlineData(0L, null, false)]
    [InlineData(null, null, false)]
    [InlineData(1000L, null, true)]
    [InlineData(1001L, null, false)]
    [InlineData(1L, "client_secret_post", true)]
    [InlineData(1L, "private_key_jwt", false)]
    [InlineData(1L, "none", true)] // A server that gave a public client a secret may ask for it.
    public void A_secret_expires_by_a_time_if_it_is_in_use_and_does_expire(long? expiresAt, string? method, bool expected)
    {
        var record = Record with { ClientSecretExpiresAt = expiresAt, Metadata = JsonBag.Empty.With("token_endpoint_auth_method", method) };
        Assert.Equal(expected, record.SecretExpiresBy(DateTimeOffset.FromUnixTimeSeconds(1000)));
    }

    private static DcrClient Client() => new(Record, []) { State = DcrClientState.Active };

    private static string Written(DcrInventoryFormat format, params DcrClient[] clients)
    {
        using var text = new StringWriter();
        var writer = new InventoryWriter(text, format);
        Array.ForEach(clients, writer.Write);
        writer.End();
        return text.ToString();
    }
}
