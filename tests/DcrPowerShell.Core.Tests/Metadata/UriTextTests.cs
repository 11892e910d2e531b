using System;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class UriTextTests
{
    private static readonly Uri Endpoint = new("https://as.example.com/register");

    [Theory]
    [InlineData("https://as.example.com/register/c1", "https://as.example.com/register/c1")]
    [InlineData("/register/c1", "https://as.example.com/register/c1")]
    [InlineData("?client_id=c1", "https://as.example.com/register?client_id=c1")]
    [InlineData("//evil.example/c1", "https://evil.example/c1")]
    [InlineData("https://[::1", null)]
    public void Reads_what_a_server_wrote(string text, string? expected) =>
        Assert.Equal(expected, UriText.Against(Endpoint, text)?.AbsoluteUri);

    // Found by FuzzTests.
    [Theory]
    [InlineData("//////////\u202e7.0.0.1:80/")]
    [InlineData("https://as.example.co\uffff/")]
    [InlineData("")]
    [InlineData(null)]
    public void What_Uri_itself_fails_at_does_no_harm(string? text) =>
        Assert.Null(Record.Exception(() => (UriText.Absolute(text)?.AbsoluteUri, UriText.Against(Endpoint, text)?.IdnHost)));
}
