using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

/// <summary>Typed reads take the shapes that servers really send.</summary>
public class JsonBagReadTests
{
    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("\"  \"", "  ")]
    [InlineData("12", "12")]
    [InlineData("1.0", "1.0")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("[\"client_secret_basic\"]", "client_secret_basic")]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    [InlineData("{}", null)]
    [InlineData("{\"a\":1}", null)]
    [InlineData("[]", null)]
    [InlineData("[null]", null)]
    [InlineData("[\"one\",\"two\"]", null)]
    public void Reads_a_text(string json, string? expected) => Assert.Equal(expected, Bag(json).Text("it"));

    [Theory]
    [InlineData("[\"a\",\"b\"]", "a|b")]
    [InlineData("\"a\"", "a")] // IBM: redirect_uris as one string
    [InlineData("\"a b\"", "a b")]
    [InlineData("[]", "")]
    [InlineData("[\"\"]", "")] // WSO2
    [InlineData("[\"a\",null,{},\"b\"]", "a|b")]
    [InlineData("[[\"a\"]]", "a")]
    [InlineData("[1,true]", "1|true")]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("{}", "")]
    public void Reads_texts(string json, string expected) => Assert.Equal(expected, string.Join("|", Bag(json).Texts("it")));

    [Theory]
    [InlineData("\"openid profile\"", "openid|profile")]
    [InlineData("\"  openid   profile \"", "openid|profile")]
    [InlineData("[\"openid\",\"profile\"]", "openid|profile")] // oxAuth
    [InlineData("[\"openid profile\",\"email\"]", "openid|profile|email")]
    [InlineData("\"\"", "")]
    [InlineData("null", "")]
    public void Reads_words(string json, string expected) => Assert.Equal(expected, string.Join("|", Bag(json).Words("it")));

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("\"0\"", 0L)]
    [InlineData("4102444800", 4102444800L)]
    [InlineData("\"4102444800\"", 4102444800L)]
    [InlineData("1767225600.0", 1767225600L)]
    [InlineData("1.7672256E9", 1767225600L)]
    [InlineData("-1", -1L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("[7]", 7L)]
    [InlineData("9223372036854775808", null)]
    [InlineData("1e999", null)]
    [InlineData("1.5", null)]
    [InlineData("\"1,000\"", null)]
    [InlineData("\"soon\"", null)]
    [InlineData("true", null)]
    [InlineData("null", null)]
    [InlineData("\"\"", null)]
    [InlineData("{}", null)]
    public void Reads_a_whole_number(string json, long? expected) => Assert.Equal(expected, Bag(json).Integer("it"));

    [Fact]
    public void A_member_that_is_not_there_reads_as_nothing()
    {
        Assert.Null(JsonBag.Empty.Text("it"));
        Assert.Empty(JsonBag.Empty.Texts("it"));
        Assert.Null(JsonBag.Empty.Integer("it"));
        Assert.False(JsonBag.Empty.Has("it"));
    }

    private static JsonBag Bag(string value) => JsonBag.Parse($"{{\"it\":{value}}}");
}
