using System;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public class ImportFileTests
{
    [Theory]
    [InlineData(
        "client_id,registration_access_token,registration_client_uri,client_secret,client_secret_expires_at,tenant,notes\nc1,rat-1,https://as.example.com/c1,cs-1,1803077736,north,hello"
    )]
    [InlineData(
        "#TYPE Selected.DcrClient\r\nTenant,ClientId,ClientSecret,RegistrationAccessToken,\"RegistrationClientUri\",ClientSecretExpiresAt\r\nnorth, c1 ,\"cs-1\",rat-1,https://as.example.com/c1,2027-02-19T22:55:36Z\r\n"
    )]
    [InlineData(
        "\uFEFFClient Id,client-secret\u00A0,Registration Access Token,registration_client_uri\u200B,Client Secret Expires At, "
            + "tenant\nc1,cs-1\u00A0,\uFEFFrat-1,https://as.example.com/c1,1803077736,north"
    )]
    [InlineData(
        """[{"client_id":"c1","registration_access_token":"rat-1","registration_client_uri":"https://as.example.com/c1","client_secret":"cs-1","client_secret_expires_at":"1803077736","tenant":"north"}]"""
    )]
    [InlineData(
        """ {"ClientId":"c1","RegistrationAccessToken":"rat-1","RegistrationClientUri":"https://as.example.com/c1","ClientSecret":"cs-1","ClientSecretExpiresAt":1803077736,"Tenant":"north"}"""
    )]
    public void Every_way_to_write_a_client_is_read(string text)
    {
        var (_, row) = Assert.Single(ImportFile.Read(text, out _));
        var request = ImportRequest.From(row, "here");
        Assert.Equal(
            ("c1", "rat-1", "https://as.example.com/c1", "cs-1", 1803077736, "north"),
            (
                request.ClientId,
                request.RegistrationAccessToken,
                request.RegistrationClientUri,
                request.ClientSecret,
                request.ClientSecretExpiresAt,
                request.Tenant
            )
        );
        Assert.DoesNotContain(
            request.Metadata,
            static member => member.Value.ToString().Contains("rat-1") || member.Value.ToString().Contains("cs-1")
        );
    }

    [Fact]
    public void Empty_cells_are_no_values_and_each_row_has_its_place()
    {
        var rows = ImportFile.Read("client_id,client_secret,tenant\nc1,,\n\nc2,s,t\n", out _);
        Assert.Equal(["line 2", "line 4"], rows.Select(static row => row.Place));
        Assert.Null(ImportRequest.From(rows[0].Row, "").ClientSecret);
        Assert.Equal(
            ["object 1", "object 2"],
            ImportFile.Read("""[{"client_id":"a"},{"client_id":"b"}]""", out _).Select(static row => row.Place)
        );
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("name,token\na,canary-1", "its heading line has no column ClientId or client_id")]
    [InlineData("client_id\nc1,canary-1", "line 2 has more cells than the heading line")]
    [InlineData("client_id,Client Id\nc1,canary-1", "its heading line has two columns for client_id")]
    [InlineData("[{\"client_id\":\"a\",\n\"client_secret\":canary-1}]", "it is not JSON with an object or an array of objects (line 2)")]
    [InlineData("[\"canary-1\"]", "it is not JSON with an object or an array of objects")]
    [InlineData("{", "it is not JSON with an object or an array of objects (line 1)")]
    public void What_is_no_such_file_is_told_without_what_is_in_it(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => ImportFile.Read(text, out _)).Message);

    [Theory]
    [InlineData("1803077736", 1803077736L)]
    [InlineData("1803077736000", 1803077736L)]
    [InlineData("2027-02-20T00:00:00Z", 1803081600L)]
    [InlineData("02/20/2027 00:00:00 +00:00", 1803081600L)] // Export-Csv.
    [InlineData("never", 0L)]
    [InlineData("", null)]
    public void An_expiry_is_read_in_the_forms_that_servers_and_files_have(string text, long? at)
    {
        var (_, row) = Assert.Single(ImportFile.Read($"client_id,client_secret_expires_at\nc1,{text}", out _));
        Assert.Equal(at, ImportRequest.From(row, "clients.csv, line 2").ClientSecretExpiresAt);
    }

    [Theory]
    [InlineData("canary-1")]
    [InlineData("1/2/2027")] // In January or in February.
    [InlineData("31.01.2027 00:00")]
    [InlineData("-1")]
    [InlineData("7776000")]
    public void An_expiry_that_is_no_time_is_told_without_it(string text)
    {
        var (_, row) = Assert.Single(ImportFile.Read($"client_id,client_secret_expires_at\nc1,{text}", out _));
        var error = Assert.Throws<DcrException>(() => ImportRequest.From(row, "clients.csv, line 2"));
        Assert.Equal(
            "clients.csv, line 2: client_secret_expires_at is neither a number of seconds since 1970 nor a date with the year first. "
                + "Nothing was sent.",
            error.Message
        );
    }
}
