using System;
using System.Globalization;
using DcrPowerShell.Errors;
using Xunit;

namespace DcrPowerShell.Core.Tests.Errors;

public class DurationTests
{
    [Theory]
    [InlineData("00:00:00", "1 second")]
    [InlineData("00:00:00.2", "1 second")]
    [InlineData("00:00:40", "40 seconds")]
    [InlineData("00:01:29", "89 seconds")]
    [InlineData("00:03:00", "3 minutes")]
    [InlineData("01:29:00", "89 minutes")]
    [InlineData("02:00:00", "2 hours")]
    [InlineData("1.11:00:00", "35 hours")]
    [InlineData("12.00:00:00", "12 days")]
    [InlineData("11.23:59:59", "12 days")]
    [InlineData("1.12:00:00", "2 days")]
    [InlineData("90.00:00:00", "90 days")]
    [InlineData("120.00:00:00", "4 months")]
    [InlineData("150.00:00:00", "5 months")]
    [InlineData("700.00:00:00", "2 years")]
    [InlineData("731.00:00:00", "2 years")]
    public void Says_the_one_unit_that_matters(string span, string said) =>
        Assert.Equal(said, Duration.Say(TimeSpan.Parse(span, CultureInfo.InvariantCulture)));
}
