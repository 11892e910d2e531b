using System.Text;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Protocol;
using Xunit;

namespace DcrPowerShell.Core.Tests.Protocol;

public class ProtocolResponseTests
{
    private const string Json = """{"client_name":"Praxis Müller"}""";

    [Theory]
    [InlineData("utf-8", false, "application/json")]
    [InlineData("utf-8", false, "application/json; charset=utf-8")]
    [InlineData("utf-8", false, "application/json; charset=\"UTF-8\"; profile=x")]
    [InlineData("utf-8", false, "text/plain")] // The media type is no matter.
    [InlineData("utf-8", true, "application/json")]
    [InlineData("utf-8", true, "application/json; charset=iso-8859-1")] // The byte-order mark decides.
    [InlineData("utf-16", true, "application/json")]
    [InlineData("utf-16", true, "application/json; charset=utf-16")]
    [InlineData("utf-16", false, "application/json; charset=utf-16")]
    [InlineData("utf-16BE", true, "application/json")]
    [InlineData("utf-32", true, "application/json; charset=utf-32")]
    [InlineData("iso-8859-1", false, "application/json; charset=iso-8859-1")]
    [InlineData("utf-8", false, "application/json; charset=no-such-charset")]
    [InlineData("utf-8", false, "application/json; charset=")]
    [InlineData("utf-8", false, "application/json; charset=utf8")]
    public void Reads_every_charset(string charset, bool hasMark, string contentType)
    {
        var encoding = Encoding.GetEncoding(charset);
        byte[] body = [.. hasMark ? encoding.GetPreamble() : [], .. encoding.GetBytes(Json)];
        Assert.True(Answers.Of(200, body, BodyEnd.Whole, $"Content-Type: {contentType}").TryReadJson(out var json, out _));
        Assert.Equal("Praxis Müller", json.Text("client_name"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    public void What_is_no_utf_8_is_latin_1(string contentType)
    {
        byte[] body = [.. Encoding.GetEncoding("iso-8859-1").GetBytes("""{"client_secret":"Geheimüß-12345678"}""")];
        var response = Answers.Of(201, body, BodyEnd.Whole, $"Content-Type: {contentType}");
        Assert.True(response.TryReadJson(out var json, out _));
        Assert.Equal("Geheimüß-12345678", new RegistrationAnswer(json, 201).ClientSecret);
    }

    [Fact]
    public void A_charset_that_dotnet_has_switched_off_does_no_harm() =>
        Assert.True(Answers.Of(200, """{"client_id":"a"}""", "Content-Type: application/json; charset=utf-7").TryReadJson(out _, out _));

    [Theory]
    [InlineData("", BodyEnd.Whole, "the body of its answer is empty")]
    [InlineData("{\"a\":", BodyEnd.Whole, "its answer is not the JSON object it should be")]
    [InlineData("[]", BodyEnd.Whole, "its answer is not the JSON object it should be")]
    [InlineData("{\"a\":\"\\ud800\"}", BodyEnd.Whole, "its answer is not the JSON object it should be")]
    [InlineData(" \n<!DOCTYPE html>", BodyEnd.Whole, "its answer is an HTML page, not JSON")]
    [InlineData("{\"a\":", BodyEnd.Broken, "the connection broke in the middle of its answer")]
    [InlineData("", BodyEnd.Broken, "the connection broke in the middle of its answer")]
    [InlineData("{\"a\":1}", BodyEnd.TooLong, "its answer is longer than 1 MiB")]
    internal void Says_why_a_body_cannot_be_read(string body, BodyEnd end, string expected)
    {
        Assert.False(Answers.Of(201, Encoding.UTF8.GetBytes(body), end).TryReadJson(out _, out var why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void A_body_that_broke_off_after_its_end_is_whole() =>
        Assert.True(Answers.Of(201, Encoding.UTF8.GetBytes("{\"a\":1}"), BodyEnd.Broken).TryReadJson(out _, out _));

    [Fact]
    public void A_header_is_found_whatever_its_case_and_may_stand_several_times()
    {
        var response = Answers.Of(401, "", "www-authenticate: Basic", "WWW-Authenticate: Bearer");
        Assert.Equal(["Basic", "Bearer"], response.HeaderValues("WWW-AUTHENTICATE"));
        Assert.Null(response.Header("Retry-After"));
    }
}
