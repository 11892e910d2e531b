using System;
using System.Collections;
using System.Linq;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class PlainValueTests
{
    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("\"\"", "")]
    [InlineData("true", true)]
    [InlineData("null", null)]
    [InlineData("42", 42L)]
    [InlineData("4102444800", 4102444800L)]
    [InlineData("0.5", 0.5)]
    [InlineData("1.0", "1.0")] // A double would show 1.
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("1E+2", "1E+2")]
    [InlineData("1e400", "1e400")]
    public void A_value_is_what_the_server_wrote(string json, object? expected) =>
        Assert.Equal(expected, PlainValue.From(JsonBag.Parse($"{{\"it\":{json}}}"))["it"]);

    [Fact]
    public void Members_keep_their_order()
    {
        var names = PlainValue.From(JsonBag.Parse("""{"z":1,"a":2,"m":3,"client_name#ja":4}""")).Keys.Cast<string>();
        Assert.Equal(["z", "a", "m", "client_name#ja"], names);
    }

    [Fact]
    public void Secrets_are_masked_however_deep_they_lie()
    {
        var plain = PlainValue.From(JsonBag.Parse("""{"client_secret":"s1","vendor":{"list":[{"api_token":"s2","name":"n"}]}}"""));
        Assert.Equal("***", plain["client_secret"]);
        var inner = (IDictionary)((object?[])((IDictionary)plain["vendor"]!)["list"]!)[0]!;
        Assert.Equal("***", inner["api_token"]);
        Assert.Equal("n", inner["name"]);
    }

    [Fact]
    public void Nobody_can_change_it()
    {
        var plain = PlainValue.From(JsonBag.Parse("""{"a":{"b":1}}"""));
        Assert.Throws<NotSupportedException>(() => plain["a"] = 2);
        Assert.Throws<NotSupportedException>(() => ((IDictionary)plain["a"]!).Clear());
    }
}
