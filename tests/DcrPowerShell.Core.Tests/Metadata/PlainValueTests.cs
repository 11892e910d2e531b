using System;
using System.Collections;
using System.Linq;
using DcrPowerShell.Errors;
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

    [Theory]
    [InlineData("""{"client_secret":{"value":"hidden"}}""")]
    [InlineData("""{"client_secrets":[{"id":"1","value":"hidden"},{"id":"2","value":"hidden"}]}""")]
    [InlineData("""{"client_secrets":[{"id":"1","secret_value":"hidden"}]}""")]
    [InlineData("""{"client_secrets":["hidden",{"id":"2","Value":"hidden"}]}""")]
    [InlineData("""{"a":{"credentials":[{"clientSecret":"hidden"}]}}""")]
    [InlineData("""{"jwks":{"keys":[{"kty":"EC","x":"x","y":"y","d":"hidden"}]}}""")]
    [InlineData(
        """{"jwks":{"keys":[{"kty":"RSA","n":"n","d":"hidden","p":"hidden","q":"hidden","dp":"hidden","dq":"hidden","qi":"hidden","oth":[{"r":"hidden"}]}]}}"""
    )]
    [InlineData("""{"jwks":{"keys":[{"k":"hidden","kty":"oct"}]}}""")]
    [InlineData("""{"note":"its secret is hidden-by-value"}""")]
    [InlineData("""{"note":["hidden-by-value"]}""")]
    public void Secrets_are_masked_however_they_are_wrapped(string json)
    {
        var text = Flat(PlainValue.From(JsonBag.Parse(json), new Redaction(["hidden-by-value"])));
        Assert.Contains("***", text);
        Assert.DoesNotContain("hidden", text);
    }

    [Fact]
    public void What_is_not_secret_is_left()
    {
        const string Json =
            """{"refresh_token":{"rotation_type":"rotating","token_lifetime":3600},"d":"a","keys":[{"k":"v"}],"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"x","kid":"d"}]},"token_endpoint":"https://a.example"}""";
        Assert.DoesNotContain("***", Flat(PlainValue.From(JsonBag.Parse(Json))));
    }

    [Fact]
    public void Nothing_steers_a_terminal_and_lines_are_left()
    {
        var plain = PlainValue.From(JsonBag.Parse("""{"client_name":"\u001b[2J\u202egnp","cert":"a\r\n\tb","x\u001b[1m":1}"""));
        Assert.Equal(" [2J gnp", plain["client_name"]);
        Assert.Equal("a\r\n\tb", plain["cert"]);
        Assert.Equal(1L, plain["x [1m"]);
    }

    private static string Flat(object? value) =>
        value switch
        {
            IDictionary members => string.Join(
                " ",
                members.Cast<DictionaryEntry>().Select(static member => $"{member.Key}={Flat(member.Value)}")
            ),
            object?[] items => string.Join(" ", items.Select(Flat)),
            _ => System.Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
        };
}
