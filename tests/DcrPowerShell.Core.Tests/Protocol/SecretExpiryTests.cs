using DcrPowerShell.Metadata;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class SecretExpiryTests
{
    [Theory]
    [InlineData("0", 0L, null)]
    [InlineData("1795255240", 1795255240L, null)]
    [InlineData("\"1795255240\"", 1795255240L, null)]
    [InlineData("1795255240.75", 1795255240L, null)]
    [InlineData("1.79525524e9", 1795255240L, null)]
    [InlineData("4102444800", 4102444800L, null)]
    [InlineData("253402300799", 253402300799L, null)] // The end of the year 9999.
    [InlineData("100000000000", 100000000000L, null)] // In milliseconds that is 1973.
    [InlineData("253402300800", null, "253402300800")]
    [InlineData("1000000000000", 1000000000L, "1000000000000")]
    [InlineData("1795255240000", 1795255240L, "1795255240000")] // milliseconds
    [InlineData("\"2026-11-21T10:00:40Z\"", 1795255240L, "2026-11-21T10:00:40Z")]
    [InlineData("\"2026-11-21T11:00:40+01:00\"", 1795255240L, "2026-11-21T11:00:40+01:00")]
    [InlineData("\"never\"", 0L, "never")]
    [InlineData("-1", null, "-1")]
    [InlineData("7776000", null, "7776000")] // A lifetime: 90 days.
    [InlineData("0.4", null, "0.4")]
    [InlineData("0.0", 0L, null)]
    [InlineData("false", null, "false")]
    [InlineData("\"soon\"", null, "soon")]
    [InlineData("[1]", null, "[1]")]
    [InlineData("9223372036854775807", null, "9223372036854775807")]
    [InlineData("1e400", null, "1e400")]
    [InlineData("null", null, null)]
    [InlineData("\"\"", null, null)]
    public void A_time_is_understood_or_said(string written, long? at, string? odd) =>
        Assert.Equal(new SecretExpiry(at, odd), SecretExpiry.Read(JsonBag.Parse($$"""{"client_secret_expires_at":{{written}}}""")));

    [Fact]
    public void A_server_that_says_nothing_said_nothing() => Assert.Equal(new SecretExpiry(null, null), SecretExpiry.Read(JsonBag.Empty));
}
