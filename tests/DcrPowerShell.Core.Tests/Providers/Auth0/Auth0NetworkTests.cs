using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Providers.Auth0;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

public class Auth0NetworkTests
{
    [Theory]
    [InlineData("198.51.100.0/24", false, "198.51.100.0/24")]
    [InlineData("198.51.100.7", false, "198.51.100.7/32")]
    [InlineData("198.51.100.128/25", false, "198.51.100.128/25")]
    [InlineData("10.0.0.0/8", false, "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", false, "0.0.0.0/0")]
    [InlineData("2001:DB8:0:0::/32", true, "2001:db8::/32")]
    [InlineData("2001:db8::1", true, "2001:db8::1/128")]
    public void A_range_has_one_key_however_it_is_written(string text, bool isV6, string key) =>
        Assert.Equal([new Auth0Network(text, isV6, key)], Auth0Network.ParseAll([text]));

    [Theory]
    [InlineData("")]
    [InlineData("127.1")]
    [InlineData("198.51.100.0/33")]
    [InlineData("198.51.100.0/")]
    [InlineData("198.51.100.0/-1")]
    [InlineData("198.51.100.0/24/8")]
    [InlineData("198.51.100.256/24")]
    [InlineData("0198.51.100.0/24")]
    [InlineData("2001:db8::/129")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[2001:db8::1]")]
    [InlineData("office.example.com")]
    public void What_is_no_range_is_named(string text)
    {
        var failure = Assert.Throws<DcrException>(() => Auth0Network.ParseAll(["192.0.2.1", text]));
        Assert.Equal(DcrErrorId.InvalidSetup, failure.ErrorId);
        Assert.Contains($"'{text}'", failure.Message);
    }

    [Theory]
    [InlineData("198.51.100.7/24", "198.51.100.0/24")]
    [InlineData("2001:db8::1/32", "2001:db8::/32")]
    public void An_address_within_a_range_is_asked_about(string text, string meant) =>
        Assert.Contains(meant, Assert.Throws<DcrException>(() => Auth0Network.ParseAll([text])).RecommendedAction);

    /// <summary>Auth0 docs, tenant-access-control-list/limits.</summary>
    [Fact]
    public void Twenty_of_a_kind_are_the_most()
    {
        var v4 = Enumerable.Range(0, 20).Select(number => $"192.0.2.{number}").ToList();
        var v6 = Enumerable.Range(0, 20).Select(number => $"2001:db8::{number:x}").ToList();
        Assert.Equal(40, Auth0Network.ParseAll(v4.Concat(v6).Concat(v4)).Count);
        Assert.Contains("21 IPv4", Assert.Throws<DcrException>(() => Auth0Network.ParseAll(v4.Append("192.0.2.20"))).Message);
    }
}
