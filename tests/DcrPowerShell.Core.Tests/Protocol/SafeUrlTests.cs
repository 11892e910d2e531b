using System;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class SafeUrlTests
{
    [Theory]
    [InlineData("https://as.example.com/register", true)]
    [InlineData("http://localhost:5000/", true)]
    [InlineData("http://127.0.0.1/", true)]
    [InlineData("http://127.1.2.3/", true)]
    [InlineData("http://[::1]/", true)]
    [InlineData("http://as.example.com/", false)]
    [InlineData("http://localhost.example.com/", false)]
    [InlineData("http://127.0.0.1.example.com/", false)]
    [InlineData("http://192.168.0.1/", false)]
    [InlineData("http://0.0.0.0/", false)]
    [InlineData("ftp://localhost/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("https://user:password@as.example.com/", false)] // It would be shown and logged.
    public void A_token_travels_over_https_or_stays_on_this_machine(string url, bool isSafe) =>
        Assert.Equal(isSafe, SafeUrl.IsSafe(new Uri(url)));

    [Fact]
    public void A_relative_address_is_not_safe() => Assert.False(SafeUrl.IsSafe(new Uri("/register", UriKind.Relative)));

    [Theory]
    [InlineData("https://as.example.com/a", "https://as.example.com/b?c#d", true)]
    [InlineData("https://as.example.com", "https://AS.EXAMPLE.com:443/", true)]
    [InlineData("https://as.example.com", "https://as.example.com:8443", false)]
    [InlineData("https://as.example.com", "http://as.example.com:443", false)]
    [InlineData("https://as.example.com", "https://example.com", false)]
    [InlineData("https://as.example.com", "https://as.example.com.evil.example", false)]
    [InlineData("https://as.example.com", "https://as.example.com@evil.example", false)]
    [InlineData("http://127.0.0.1:1", "http://localhost:1", false)]
    public void An_origin_is_scheme_host_and_port(string left, string right, bool isSame)
    {
        Assert.Equal(isSame, SafeUrl.IsSameOrigin(new Uri(left), new Uri(right)));
        Assert.Equal(isSame, SafeUrl.IsSameOrigin(new Uri(right), new Uri(left)));
    }
}
