using System;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class RateBudgetTests
{
    [Theory]
    [InlineData("X-Rate-Limit-Limit: 60", "X-Rate-Limit-Remaining: 57", "X-Rate-Limit-Reset: 1795255240", 57, 60, 40)] // Okta
    [InlineData("X-RateLimit-Limit: 50", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1795255205", 0, 50, 5)] // Auth0
    [InlineData("RateLimit-Limit: 100, 100;w=60", "RateLimit-Remaining: 7", "RateLimit-Reset: 30", 7, 100, 30)]
    public void Reads_each_header_family(string limit, string remaining, string reset, int left, int most, int seconds) =>
        Assert.Equal(
            new RateBudget(left, most, TimeSpan.FromSeconds(seconds)),
            RateBudget.Read(Answers.Of(200, "", limit, remaining, reset))
        );

    [Theory]
    [InlineData("RateLimit: limit=100, remaining=50, reset=5", 50, 100L, 5)] // draft-07
    [InlineData("RateLimit: \"default\";r=50;t=30", 50, null, 30)] // draft-08 and later
    [InlineData("RateLimit: \"minute\";r=12;t=40, \"day\"; r=3; t=7200", 3, null, 7200)]
    public void Reads_the_single_field_of_later_drafts(string field, int left, long? most, int seconds) =>
        Assert.Equal(new RateBudget(left, most, TimeSpan.FromSeconds(seconds)), RateBudget.Read(Answers.Of(200, "", field)));

    [Fact]
    public void A_renewal_in_32_years_is_none() =>
        Assert.Equal(new RateBudget(0, null, null), RateBudget.Read(Answers.Of(200, "", "RateLimit: \"b\";r=0;t=999999999")));

    [Fact]
    public void A_server_may_leave_open_when_it_begins_to_count_again() =>
        Assert.Equal(new RateBudget(3, 5, null), RateBudget.Read(Answers.Of(200, "", "X-RateLimit-Limit: 5", "X-RateLimit-Remaining: 3")));

    [Theory]
    [InlineData("X-Rate-Limit-Limit: 60", "X-Other: 5")]
    [InlineData("X-Rate-Limit-Limit: 60", "X-Rate-Limit-Remaining: some")]
    [InlineData("RateLimit-Limit: 60", "RateLimit-Remaining: -1")]
    [InlineData("RateLimit: plenty", "RateLimit-Policy: \"default\";q=100;w=60")]
    [InlineData("RateLimit: \"default\";r=-1;t=soon", "X-Other: 5")]
    [InlineData("RateLimit: \"default\";r=99999999999999999999", "X-Other: 5")]
    public void Makes_nothing_of_nonsense(string limit, string remaining) =>
        Assert.Null(RateBudget.Read(Answers.Of(200, "", limit, remaining)));
}
