using System;
using System.Linq;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Errors;

public class RedactionTests
{
    private const string Token = "tok-AbC.123_456~789";

    [Theory]
    [InlineData("the token tok-AbC.123_456~789 is bad", "the token *** is bad")]
    [InlineData("tok-AbC.123_456~789tok-AbC.123_456~789", "******")]
    [InlineData("nothing of it", "nothing of it")]
    [InlineData("", "")]
    [InlineData(null, null)]
    public void Masks_what_was_sent(string? text, string? expected) => Assert.Equal(expected, new Redaction([Token, null]).Clean(text));

    [Theory]
    [InlineData("form secret=p%2Fq%20r%2B1 end", "form secret=*** end")]
    [InlineData("raw p/q r+1 end", "raw *** end")]
    [InlineData("both p%2Fq%20r%2B1p/q r+1", "both ******")]
    public void Masks_it_as_an_address_or_a_form_writes_it(string text, string expected) =>
        Assert.Equal(expected, new Redaction(["p/q r+1"]).Clean(text));

    private static readonly JsonSerializerOptions FewEscapes = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string Odd = "p\"a<s>s & wörd/+%41\\n=1'";

    public static TheoryData<string, Func<string, string>> Writings =>
        new()
        {
            { "plain", static text => text },
            { "URL-encoded", Uri.EscapeDataString },
            {
                "URL-encoded in small letters",
                static text => Regex.Replace(Uri.EscapeDataString(text), "%..", static escape => escape.Value.ToLowerInvariant())
            },
            { "as a form has it", static text => Uri.EscapeDataString(text).Replace("%20", "+") },
            { "HTML entities", WebUtility.HtmlEncode },
            {
                "HTML entities by hexadecimal numbers",
                static text =>
                    string.Concat(
                        text.Select(static character => char.IsLetterOrDigit(character) ? character.ToString() : $"&#x{(int)character:x};")
                    )
            },
            { "JSON", static text => JsonSerializer.Serialize(text).Trim('"') },
            { "JSON with few escapes", static text => JsonSerializer.Serialize(text, FewEscapes).Trim('"') },
            { "JSON within JSON", static text => JsonSerializer.Serialize(JsonSerializer.Serialize(text)) },
            { "URL-encoded twice", static text => Uri.EscapeDataString(Uri.EscapeDataString(text)) },
            { "URL-encoded within JSON", static text => JsonSerializer.Serialize($"?token={Uri.EscapeDataString(text)}") },
            { "URL-encoded within HTML", static text => WebUtility.HtmlEncode($"?a=1&token={Uri.EscapeDataString(text)}") },
            { "base64", static text => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) },
            {
                "base64url",
                static text => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_')
            },
            { "Basic", static text => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"ops:{text}")) },
            {
                "Basic, encoded first",
                static text =>
                    "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"ops:{Uri.EscapeDataString(text).Replace("%20", "+")}"))
            },
            { "base64 behind a path", static text => "/callback/" + Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) },
            {
                "base64 of JSON",
                static text => Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"token":{{JsonSerializer.Serialize(text)}}}"""))
            },
            {
                "base64 of base64",
                static text => Convert.ToBase64String(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))))
            },
            { "hexadecimal", static text => BitConverter.ToString(Encoding.UTF8.GetBytes(text)).Replace("-", "") },
            {
                "hexadecimal in small letters",
                static text => BitConverter.ToString(Encoding.UTF8.GetBytes(text)).Replace("-", "").ToLowerInvariant()
            },
            { "base64 of UTF-16", static text => Convert.ToBase64String(Encoding.Unicode.GetBytes(text)) },
            {
                "HTML entities with zeros before",
                static text => string.Concat(text.Select(static character => $"&#{(int)character:00000000};"))
            },
            { "capital letters", static text => text.ToUpperInvariant() },
            { "small letters", static text => text.ToLowerInvariant() },
            { "URL-encoded base64", static text => Uri.EscapeDataString(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))) },
        };

    [Theory]
    [MemberData(nameof(Writings))]
    public void Masks_a_secret_in_any_usual_writing(string what, Func<string, string> write)
    {
        foreach (var secret in new[] { Token, Odd, "a long passphrase with blanks", "8f14e45fceea167a5a36dedd4bea2543", "ab/cd+ef==" })
        {
            var written = write(secret);
            var shown = new Redaction([secret]).Clean($"before: {written} :behind");
            Assert.True(shown!.Contains("***") && !shown.Contains(written), $"{what}: {shown}");
            Assert.StartsWith("before: ", shown);
            Assert.EndsWith(" :behind", shown);
            Assert.True(new Redaction([secret]).Finds(written), what);
        }
    }

    [Theory]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZWdpc3RyYXIiLCJleHAiOjE3OTUwMDAwMDB9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg", 40, 90)]
    [InlineData("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d", 0, 30)]
    [InlineData("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d", 20, 64)]
    [InlineData("tok-AbC.123_456~789", 0, 17)]
    public void Masks_a_long_piece_of_a_secret(string secret, int start, int end)
    {
        var piece = secret.Substring(start, end - start);
        Assert.Equal("the token *** is bad", new Redaction([secret]).Clean($"the token {piece} is bad"));
        Assert.Equal("the token ***… is bad", new Redaction([secret]).Clean($"the token {piece}… is bad"));
    }

    /// <summary>They begin alike, as most do.</summary>
    [Fact]
    public void Of_another_JWT_nothing_is_masked()
    {
        const string Header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
        var other = Header + ".eyJzb2Z0d2FyZV9pZCI6InBvcnRhbCJ9.b3RoZXItc2lnbmF0dXJl";
        Assert.Equal(other, new Redaction([Header + ".eyJzdWIiOiJyZWdpc3RyYXIifQ.c2lnbmF0dXJl"]).Hide(other));
    }

    [Theory]
    [InlineData("client_secret_basic is not allowed: use private_key_jwt")]
    [InlineData("https://app.example.com/callback?state=%7Ba%7D&x=%zz%")]
    [InlineData("C:\\new\\table\\uniform \\u12 & &amp &#; &bogus;")]
    [InlineData("redirect_uri https://app.example.com/AAAAAAAAAAAAAAAA is not registered")]
    public void Other_words_stay_as_they_are(string text) =>
        Assert.Equal(text, new Redaction([Token, Odd, "8f14e45fceea167a5a36dedd4bea2543"]).Clean(text));

    [Theory]
    [InlineData("https://ops:pa55@as.example.com/register?token=1", "https://***@as.example.com/register")]
    [InlineData("ops:pa55@as.example.com", "***@as.example.com")]
    [InlineData("https://as.example.com/", "https://as.example.com/")]
    public void An_address_is_shown_without_credentials_and_query(string address, string expected) =>
        Assert.Equal(expected, Redaction.Address(new Uri(address, UriKind.RelativeOrAbsolute)));

    [Fact]
    public void Of_two_secrets_the_longer_is_masked_whole() =>
        Assert.Equal("***", new Redaction(["secret-1", "secret-1-and-more"]).Clean("secret-1-and-more"));

    [Theory]
    [InlineData("\u001b[2J\u001b]0;title\u0007", " [2J ]0;title ")] // Escape sequences
    [InlineData("line\r\nline\tend\0", "line  line end ")]
    [InlineData("\u009b31m\u0085", " 31m ")] // C1
    [InlineData("\u2028\u2029", "  ")]
    [InlineData("a\u202eb\u2066c\u2069\u202c", "a b c  ")] // Turned direction
    [InlineData("\u200ea\u200fb\u061c", " a b ")]
    [InlineData("Praxis Müller クリニック \U0001F3E5", "Praxis Müller クリニック \U0001F3E5")]
    public void Leaves_nothing_that_steers_a_terminal(string text, string expected) =>
        Assert.Equal(expected, new Redaction([]).Clean(text));

    [Fact]
    public void A_short_word_is_no_secret() => Assert.Equal("a client", new Redaction(["a", "clien"]).Clean("a client"));

    [Fact]
    public void Cuts_off_what_is_too_long()
    {
        Assert.Equal(new string('x', 500), new Redaction([]).Clean(new string('x', 500)));
        Assert.Equal(new string('x', 500) + "…", new Redaction([]).Clean(new string('x', 100_000)));
    }

    [Fact]
    public void A_secret_across_the_cut_leaves_no_piece() =>
        Assert.DoesNotContain("tok-", new Redaction([Token]).Clean(new string('x', 490) + Token));

    [Fact]
    public void Cleans_each_part_of_a_server_error()
    {
        var error = new Redaction([Token]).Clean(
            new ServerError
            {
                Status = 400,
                Code = Token,
                Description = Token,
                SupportId = Token,
                RequiredScope = [Token, "b"],
            }
        );
        Assert.Equal((400, "***", "***", "***"), (error.Status, error.Code, error.Description, error.SupportId));
        Assert.Equal(["***", "b"], error.RequiredScope);
    }

    [Fact]
    public void No_message_and_no_advice_steers_a_terminal_whoever_wrote_it()
    {
        var error = ConnectErrors.IssuerMismatch(
            "https://as.example.com",
            "\u001b[2Jhttps://evil.example" + new string('x', 10_000),
            true,
            []
        );
        Assert.DoesNotContain(error.Message + error.RecommendedAction, char.IsControl);
        Assert.True(error.Message.Length < 3000);
    }
}
