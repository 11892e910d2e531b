using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Vaults;

public class SecretNameTests
{
    // The last part is computed with Python: base64.b32encode(sha256(issuer + "\n" + client_id)).lower()[:10].
    [Theory]
    [InlineData("https://as.example.com", "c1", "dcr-as-example-com-c1-tgjahynjti")]
    [InlineData("https://as.example.com/tenant1", "c1", "dcr-as-example-com-c1-v2e2unnruo")]
    [InlineData("https://as.example.com", "C1", "dcr-as-example-com-c1-jszet6jpcj")]
    [InlineData("https://as.example.com:8443/", "s6BhdRkqt3", "dcr-as-example-com-s6bhdrkqt3-i55hcs6mws")]
    [InlineData("https://münchen.example", "клиент", "dcr-xn-mnchen-3ya-example-x-bxo6yxj5gd")]
    public void A_name_is_readable_and_ends_in_a_hash(string issuer, string clientId, string expected) =>
        Assert.Equal(expected, SecretName.For(issuer, clientId));

    [Fact]
    public void A_store_s_key_is_told_from_a_registration_at_a_host_of_that_name()
    {
        var ledger = new string('a', 32);
        Assert.True(SecretName.IsStoreKey(SecretName.ForStoreKey(ledger, 1)));
        Assert.False(SecretName.IsStoreKey(SecretName.For("https://store.key", ledger)));
        Assert.False(SecretName.IsStoreKey(SecretName.For("https://store-key.example", "c1")));
    }

    public static TheoryData<string, string> OddOnes => new()
    {
        { "https://as.example.com", new string('a', 1000) },
        { "https://" + string.Join(".", Enumerable.Repeat(new string('b', 60), 4)), new string('c', 200) },
        { "https://as.example.com/" + new string('d', 2000), "e" },
        { "https://as.example.com", "https://client.example.com/id?x=1&y=ü" },
        { "https://as.example.com", "*[a]?/\\'\"`$(x)\r\n" },
        { "https://as.example.com", "--__--" },
        { "https://as.example.com", "İıßﬁ\U0001F3E5" },
        { "https://[2001:db8::1]:8443", "c1" },
        { "https://127.0.0.1", "c1" },
        { "https://クリニック.example/病院", "c1" },
    };

    [Theory]
    [MemberData(nameof(OddOnes))]
    public void Every_vault_takes_every_name(string issuer, string clientId)
    {
        var name = SecretName.For(issuer, clientId);
        Assert.Matches("^dcr(-[0-9a-z]+)+$", name);
        Assert.True(name.Length <= 120, name);
        Assert.StartsWith(SecretName.PrefixFor(issuer), name);
    }

    [Fact]
    public void Names_differ_wherever_clients_do()
    {
        var names = new List<string>
        {
            SecretName.For("https://as.example.com", "a-b"),
            SecretName.For("https://as.example.com", "a_b"),
            SecretName.For("https://as.example.com", "A-B"),
            SecretName.For("https://as.example.com/", "a-b"),
            SecretName.For("https://as.example.com:8443", "a-b"),
            SecretName.For("https://as.example.com/t", "a-b"),
            SecretName.For("https://as-example-com", "a-b"),
            SecretName.For("https://as.example.com", new string('x', 60) + "1"),
            SecretName.For("https://as.example.com", new string('x', 60) + "2"),
        };
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void The_culture_of_the_user_is_no_matter(string culture)
    {
        var (before, expected) = (CultureInfo.CurrentCulture, SecretName.For("https://ISSUER.example.com", "CLIENT-ID-I"));
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        try
        {
            Assert.Equal(expected, SecretName.For("https://ISSUER.example.com", "CLIENT-ID-I"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
