using System.Linq;
using DcrPowerShell.Errors;
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
    public void Masks_it_as_an_address_or_a_form_writes_it(string text, string expected) => Assert.Equal(expected, new Redaction(["p/q r+1"]).Clean(text));

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
    public void Leaves_nothing_that_steers_a_terminal(string text, string expected) => Assert.Equal(expected, new Redaction([]).Clean(text));

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
        var error = new Redaction([Token]).Clean(new ServerError { Status = 400, Code = Token, Description = Token, SupportId = Token, RequiredScope = [Token, "b"] });
        Assert.Equal((400, "***", "***", "***"), (error.Status, error.Code, error.Description, error.SupportId));
        Assert.Equal(["***", "b"], error.RequiredScope);
    }

    [Fact]
    public void No_message_and_no_advice_steers_a_terminal_whoever_wrote_it()
    {
        var error = DcrErrors.IssuerMismatch("https://as.example.com", "\u001b[2Jhttps://evil.example" + new string('x', 10_000), true, []);
        Assert.DoesNotContain(error.Message + error.RecommendedAction, char.IsControl);
        Assert.True(error.Message.Length < 3000);
    }
}
