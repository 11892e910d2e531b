using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Compat;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests;

public class DcrClientTests
{
    [Fact]
    public void Shows_what_the_server_granted()
    {
        var client = Client("""
            {"client_id":"c1","client_name":"Clinic","redirect_uris":["https://a.example/","https://b.example/"],"grant_types":["authorization_code"],
             "response_types":["code"],"contacts":["a@example.com"],"scope":"openid profile","token_endpoint_auth_method":"client_secret_basic",
             "application_type":"web","client_id_issued_at":1795255200,"x_vendor":{"a":1}}
            """
        );
        Assert.Equal(
            ("c1", "Clinic", "north", "https://as.example.com"),
            (client.ClientId, client.ClientName, client.Tenant, client.Issuer)
        );
        Assert.Equal(["https://a.example/", "https://b.example/"], client.RedirectUris);
        Assert.Equal(["openid", "profile"], client.Scope);
        Assert.Equal(["authorization_code"], client.GrantTypes);
        Assert.Equal(["code"], client.ResponseTypes);
        Assert.Equal(["a@example.com"], client.Contacts);
        Assert.Equal(("client_secret_basic", "web"), (client.TokenEndpointAuthMethod, client.ApplicationType));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero), client.IssuedAt);
        Assert.Equal(1L, ((IDictionary)client.Metadata["x_vendor"]!)["a"]);
        Assert.Equal("Clinic (c1)", client.ToString());
    }

    [Fact]
    public void Secrets_are_secure_strings_and_in_no_text()
    {
        var client = Client("""{"client_id":"c1","vendor_secret":"sec-123456"}""", "sec-123456");
        Assert.Equal("sec-123456", SecureText.Reveal(client.ClientSecret!));
        Assert.Equal("tok-123456", SecureText.Reveal(client.RegistrationAccessToken!));
        Assert.True(client.ClientSecret!.IsReadOnly());
        foreach (var property in typeof(DcrClient).GetProperties())
        {
            Assert.DoesNotContain("123456", Convert.ToString(property.GetValue(client), null));
        }

        Assert.Equal("***", client.Metadata["vendor_secret"]);
        Assert.Equal("c1", client.ToString());
    }

    [Fact]
    public void No_text_of_a_hostile_server_steers_a_terminal()
    {
        var client = Client("""
            {"client_id":"c\u001b[1m","client_name":"\u001b]0;title\u0007\u202eC","redirect_uris":["https://a.example/\u001b[2J"],"grant_types":["\u009b31m"],
             "response_types":["\u0000"],"contacts":["\u0008"],"scope":"a \u001b[8m","token_endpoint_auth_method":"\u001bc","application_type":"\u200f"}
            """
        );
        IEnumerable<string?> texts =
        [
            client.ClientId,
            client.ClientName,
            client.TokenEndpointAuthMethod,
            client.ApplicationType,
            client.ToString(),
            .. client.RedirectUris,
            .. client.GrantTypes,
            .. client.ResponseTypes,
            .. client.Contacts,
            .. client.Scope,
        ];
        Assert.DoesNotContain(string.Concat(texts), static character => char.IsControl(character) || character is '\u202e' or '\u200f');
        Assert.Equal("c\u001b[1m", client.Record.ClientId);
        Assert.Equal("\u001b]0;title\u0007\u202eC", client.Record.ClientName);
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData("s", null, "unknown")]
    [InlineData("s", 0L, "never")]
    [InlineData("s", -1L, "unknown")]
    [InlineData("s", long.MaxValue, "unknown")]
    [InlineData(null, 0L, "")]
    public void Says_when_the_secret_expires(string? secret, long? expiresAt, string expected)
    {
        var client = Client("""{"client_id":"c1"}""", secret, expiresAt);
        Assert.Equal(expected, client.SecretExpiry.Text);
        Assert.Null(client.ClientSecretExpiresAt);
    }

    [Theory]
    [InlineData(12, "in 12 days")]
    [InlineData(-3, "expired 3 days ago")]
    [InlineData(365 * 80, "in 80 years")] // Beyond 32 bits.
    public void Counts_to_the_expiry_from_now(int days, string expected)
    {
        var at = DateTimeOffset.UtcNow.AddDays(days);
        var client = Client("""{"client_id":"c1"}""", "s", at.ToUnixTimeSeconds());
        Assert.Equal(expected, client.SecretExpiry.Text);
        Assert.Equal(at.ToUnixTimeSeconds(), client.ClientSecretExpiresAt?.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("none", "s", "never")] // The server may ask for it all the same.
    [InlineData("none", null, "")]
    [InlineData("private_key_jwt", "s", "")]
    [InlineData("tls_client_auth", "s", "")]
    public void A_secret_that_is_not_used_does_not_expire(string method, string? secret, string expected) =>
        Assert.Equal(expected, Client($$"""{"client_id":"c1","token_endpoint_auth_method":"{{method}}"}""", secret, 0).SecretExpiry.Text);

    [Fact]
    public void Expiries_sort_as_times_and_those_without_one_come_last()
    {
        var now = DateTimeOffset.UtcNow;
        DcrExpiry[] sorted =
        [
            now.AddDays(-400),
            now.AddDays(-3),
            now.AddDays(12),
            now.AddDays(100),
            DcrExpiry.Unknown,
            DcrExpiry.Never,
            DcrExpiry.NoSecret,
        ];
        Assert.Equal(sorted, sorted.Reverse().OrderBy(static expiry => expiry));
        Assert.All(sorted.Skip(4), expiry => Assert.True(expiry.CompareTo((DcrExpiry)DateTime.Now.AddYears(50)) > 0));
    }

    [Fact]
    public void An_expiry_equals_its_time_and_its_text()
    {
        var at = DateTimeOffset.UtcNow.AddDays(12).AddMinutes(1);
        DcrExpiry expiry = at;
        Assert.True(expiry.Equals((DcrExpiry)at.ToOffset(TimeSpan.FromHours(3))));
        Assert.True(expiry.Equals("In 12 days"));
        Assert.True(DcrExpiry.Never.Equals("never"));
        Assert.Throws<FormatException>(() => DcrExpiry.Parse("1/2/2027"));
        Assert.False(DcrExpiry.Never.Equals(DcrExpiry.Unknown));
        Assert.Equal(expiry.GetHashCode(), ((DcrExpiry)at).GetHashCode());
    }

    [Fact]
    public void A_client_is_the_same_whatever_was_known_of_it()
    {
        var client = Client("""{"client_id":"c1","client_name":"old"}""");
        Assert.True(client.Equals(Client("""{"client_id":"c1","client_name":"new"}""", "s")));
        Assert.False(client.Equals(Client("""{"client_id":"C1","client_name":"old"}""")));
        Assert.Equal(client.GetHashCode(), Client("""{"client_id":"c1"}""").GetHashCode());
    }

    [Fact]
    public void A_list_in_a_cell_is_as_New_DcrClient_reads_it()
    {
        var client = Client(
            """{"client_id":"c1","redirect_uris":["https://a.example/","https://b.example/"],"scope":"a b","contacts":[]}"""
        );
        Assert.Equal(
            ("https://a.example/;https://b.example/", "a;b", ""),
            (client.RedirectUris.ToString(), client.Scope.ToString(), client.Contacts.ToString())
        );
    }

    [Fact]
    public void No_public_property_is_a_secret() =>
        Assert.DoesNotContain(
            typeof(DcrClient).Assembly.GetExportedTypes().SelectMany(static type => type.GetProperties()),
            static property => property.ToString()!.Contains("SecureString")
        );

    [Theory]
    [InlineData("-5")]
    [InlineData("253402300800")] // The year 10000.
    [InlineData("\"soon\"")]
    public void A_time_that_is_none_is_not_shown(string issuedAt) =>
        Assert.Null(Client($$"""{"client_id":"c1","client_id_issued_at":{{issuedAt}}}""").IssuedAt);

    private static DcrClient Client(string metadata, string? secret = null, long? expiresAt = null) => new(
        new RegistrationRecord
        {
            Issuer = "https://as.example.com",
            ClientId = JsonBag.Parse(metadata).Text("client_id")!,
            Tenant = "north",
            ClientSecret = secret,
            ClientSecretExpiresAt = expiresAt,
            RegistrationAccessToken = "tok-123456",
            CreatedAt = DateTimeOffset.UtcNow,
            UpdatedAt = DateTimeOffset.UtcNow,
            Metadata = JsonBag.Parse(metadata),
        },
        []);
}
