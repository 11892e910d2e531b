using System;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Credentials;

public class StaticTokenTests
{
    [Theory]
    [InlineData("\"abc123\"")]
    [InlineData("'abc123'")]
    [InlineData("Bearer abc123")]
    [InlineData("abc123\r\nX-Other: 1")]
    [InlineData("t\u00F6ken")]
    [InlineData("")]
    public void What_was_copied_along_with_a_token_is_refused(string token)
    {
        foreach (var make in new Func<string, StaticToken>[] { StaticToken.Initial, StaticToken.Ssws, StaticToken.Management })
        {
            var error = Assert.Throws<DcrException>(() => make(token));
            Assert.Equal(DcrErrorId.AccessTokenRejected, error.ErrorId);
            Assert.Contains("without quotes", error.RecommendedAction);
        }
    }

    [Fact]
    public void A_token_as_a_server_gave_it_is_taken() => Assert.NotNull(StaticToken.Registration("\"abc123\""));
}
