using System;
using System.Linq;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Vaults;

public class RegistrationRecordTests
{
    private const string Metadata = """{"client_id":"c1","client_name":"Clinic","client_name#ja":"クリニック","x":{"n":1.0},"scope":"a b"}""";

    private static readonly RegistrationRecord Full = new()
    {
        Issuer = "https://as.example.com/tenant1",
        ClientId = "c1",
        Tenant = "north",
        RegistrationClientUri = new Uri("https://as.example.com/register?client_id=c1"),
        RegistrationAccessToken = "token-1",
        ClientSecret = "secret \"1\" \U0001F511",
        ClientSecretExpiresAt = 4102444800,
        CreatedAt = new DateTimeOffset(2026, 11, 21, 10, 0, 0, 123, TimeSpan.Zero),
        UpdatedAt = new DateTimeOffset(2026, 11, 21, 11, 0, 0, TimeSpan.FromHours(1)),
        Metadata = JsonBag.Parse(Metadata),
    };

    [Fact]
    public void A_record_with_everything_comes_back()
    {
        var back = RegistrationRecord.Parse(Full.ToJson());
        Assert.Equal(Full with { Metadata = back.Metadata }, back);
        Assert.Equal(Metadata, back.Metadata.ToString());
        Assert.Equal(Full.ToJson(), back.ToJson());
    }

    [Fact]
    public void A_record_of_which_nothing_else_is_known_comes_back()
    {
        var bare = new RegistrationRecord
        {
            Issuer = "https://a.example",
            ClientId = "c1",
            CreatedAt = Full.CreatedAt,
            UpdatedAt = Full.UpdatedAt,
            Metadata = JsonBag.Empty,
        };
        var back = RegistrationRecord.Parse(bare.ToJson());
        Assert.Equal(bare with { Metadata = back.Metadata }, back);
        Assert.Null(back.ClientSecretExpiresAt); // Unknown is not the same as 0, which is never.
        Assert.Equal(0, RegistrationRecord.Parse((bare with { ClientSecretExpiresAt = 0 }).ToJson()).ClientSecretExpiresAt);
    }

    [Fact]
    public void The_layout_is_what_the_documents_say() =>
        Assert.Equal(
            [
                "version",
                "issuer",
                "client_id",
                "client_name",
                "tenant",
                "registration_client_uri",
                "registration_access_token",
                "client_secret",
                "client_secret_expires_at",
                "created_at",
                "updated_at",
                "metadata",
            ],
            JsonBag.Parse(Full.ToJson()).Select(static member => member.Key)
        );

    [Fact]
    public void An_answer_as_deep_as_is_read_can_be_kept()
    {
        var deepest = JsonBag.Parse("{\"client_id\":\"c1\",\"x\":" + new string('[', 63) + new string(']', 63) + "}");
        var record = Full with { Metadata = deepest };
        Assert.Equal(deepest.ToString(), RegistrationRecord.Parse(record.ToJson()).Metadata.ToString());
    }

    [Fact]
    public void What_a_later_version_added_to_this_layout_does_no_harm() =>
        Assert.Equal("c1", RegistrationRecord.Parse(JsonBag.Parse(Full.ToJson()).With("added", "later").ToString()).ClientId);

    [Theory]
    [InlineData("2")]
    [InlineData("\"99\"")]
    public void A_newer_layout_is_refused(string version)
    {
        var json = Full.ToJson().Replace("\"version\":1", $"\"version\":{version}");
        Assert.Equal(
            $"it has layout {version.Trim('"')}, and this version reads up to 1",
            Assert.Throws<NewerLayoutException>(() => RegistrationRecord.Parse(json)).Message
        );
    }

    [Theory]
    [InlineData("", "it is not JSON of the right shape")]
    [InlineData("a password", "it is not JSON of the right shape")]
    [InlineData("[]", "it is not JSON of the right shape")]
    [InlineData("{}", "it has no issuer")]
    [InlineData("""{"version":1,"issuer":"https://a.example"}""", "it has no client_id")]
    public void Something_else_is_refused(string text, string why) =>
        Assert.Equal(why, Assert.Throws<FormatException>(() => RegistrationRecord.Parse(text)).Message);

    [Theory]
    [InlineData("created_at", "\"yesterday\"")]
    [InlineData("created_at", "null")]
    [InlineData("registration_client_uri", "\"not a url\"")]
    [InlineData("metadata", "[]")]
    [InlineData("client_id", "null")]
    public void A_damaged_record_is_refused(string member, string value)
    {
        var damaged = JsonBag.Parse(Full.ToJson()).With(JsonBag.Parse($"{{\"{member}\":{value}}}")).ToString();
        Assert.ThrowsAny<FormatException>(() => RegistrationRecord.Parse(damaged));
    }

    [Fact]
    public void Each_half_of_a_record_is_refused()
    {
        var json = Full.ToJson();
        foreach (var length in Enumerable.Range(0, json.Length - 1))
        {
            Assert.ThrowsAny<FormatException>(() => RegistrationRecord.Parse(json.Substring(0, length)));
        }
    }

    [Fact]
    public void The_time_of_a_change_alone_is_no_new_content()
    {
        Assert.True(Full.HasSameContent(Full with { UpdatedAt = Full.UpdatedAt.AddDays(1) }));
        Assert.False(Full.HasSameContent(Full with { RegistrationAccessToken = "token-2" }));
        Assert.False(Full.HasSameContent(Full with { Metadata = Full.Metadata.With("scope", "a") }));
    }
}
