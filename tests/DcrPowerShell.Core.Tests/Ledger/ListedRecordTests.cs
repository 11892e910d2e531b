using System;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class ListedRecordTests
{
    [Fact]
    public void Keeps_what_others_changed_without_a_secret_in_it()
    {
        const string Issuer = "https://as.example.com";
        var record = new RegistrationRecord
        {
            Issuer = Issuer,
            ClientId = "c1",
            ClientSecret = "canary-cs-0001",
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(0),
            UpdatedAt = DateTimeOffset.FromUnixTimeSeconds(0),
            Asked = JsonBag.Parse("""{"scope":"hash"}"""),
            Drifted = JsonBag.Parse("""{"client_name":"Clinic canary-cs-0001","contacts":null}"""),
            Metadata = JsonBag.Parse("""{"client_name":"Theirs"}"""),
        };
        var read = ListedRecord.Read(ListedRecord.Write(record), Issuer);
        Assert.Equal("""{"client_name":"Clinic ***","contacts":null}""", read.Drifted.ToString());
        Assert.Equal("""{"scope":"hash"}""", read.Asked.ToString());
        Assert.Equal("Theirs", read.Metadata.Text("client_name"));
    }
}
