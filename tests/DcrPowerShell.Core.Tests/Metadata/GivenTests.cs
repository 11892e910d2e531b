using System;
using System.Globalization;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class GivenTests
{
    [Theory]
    [InlineData("a b", "a b")]
    [InlineData(" \t\r\na\u00A0", "a")]
    [InlineData("\uFEFF\u200Ba\u00AD", "a")]
    [InlineData("a\u200Bb", "a\u200Bb")]
    [InlineData("\u3000", "")]
    public void What_nobody_sees_is_dropped_at_the_ends(string text, string expected) => Assert.Equal(expected, Given.Trim(text));

    [Theory]
    [InlineData("=1+1 Clinic")]
    [InlineData("+49 89 Praxis")]
    [InlineData("-1 (test)")]
    [InlineData("@home clinic")]
    [InlineData("'=1+1")]
    [InlineData("''@home clinic")]
    [InlineData("'quoted' name")]
    [InlineData("O'Neil")]
    [InlineData("-_wJx9")]
    [InlineData("Clinic;=1+1")]
    [InlineData("=1+1;'=1+1;''+2 b;O'Neil")]
    [InlineData("Clinic\r\n=1+1\t@home clinic")]
    [InlineData("https://a.example/cb;+49 89")]
    [InlineData("a; -Tenant by tenant;'-x (1)")]
    [InlineData("'-Tenant by tenant")]
    [InlineData("'")]
    [InlineData("")]
    public void A_cell_that_a_spreadsheet_must_not_run_comes_back_as_it_was(string text)
    {
        Assert.Equal(text, Given.Cell(Given.Inert(text)));
        Assert.DoesNotContain(Given.Inert(text), new[] { "=1+1 Clinic", "+49 89 Praxis", "-1 (test)", "@home clinic" });
    }

    [Theory]
    [InlineData("=\"0042\"", "0042")]
    [InlineData(" =\"\" ", "")]
    [InlineData("'=\"0042\"", "=\"0042\"")] // So it was exported.
    [InlineData("=\"a\"&\"b\"", "=\"a\"&\"b\"")]
    public void A_formula_that_keeps_zeros_is_its_text(string cell, string meant)
    {
        Assert.Equal(meant, Given.Cell(cell));
        Assert.Equal(meant, Given.Cell(Given.Inert(meant)));
    }

    [Theory]
    [InlineData("#N/A", "found no value")]
    [InlineData("#REF!", "found no value")]
    [InlineData("#NAME?", "found no value")]
    [InlineData("#DIV/0!", "found no value")]
    [InlineData("#GETTING_DATA!", "found no value")]
    [InlineData("#VALEUR!", "found no value")]
    [InlineData("#NV", "found no value")]
    [InlineData("1.23E+05", "rounded")]
    [InlineData("1,23E+11", "rounded")]
    [InlineData("4E+15", "rounded")]
    [InlineData("#1 Clinic", null)]
    [InlineData("#North", null)]
    [InlineData("1E5", null)]
    [InlineData("E+05", null)]
    [InlineData("123000", null)]
    [InlineData("N/A", "there is no value")]
    [InlineData("NULL", "there is no value")]
    [InlineData("(null)", "there is no value")]
    [InlineData("\\N", "there is no value")]
    [InlineData("NaN", "there is no value")]
    [InlineData("undefined", "there is no value")]
    [InlineData("none", null)]
    [InlineData("-", null)]
    [InlineData("Nullarbor", null)]
    public void What_a_program_spoilt_is_seen(string cell, string? why)
    {
        Assert.Equal(why is null, Given.Spoilt(cell) is null);
        Assert.Contains(why ?? "", Given.Spoilt(cell)?.Why ?? "");
    }

    [Theory]
    [InlineData("hill\u200Btop", "hilltop")]
    [InlineData("hill\u00ADtop", "hilltop")]
    [InlineData("St.\u00A0 Mary ", "St. Mary")]
    [InlineData("a\u200B b", "a b")]
    [InlineData("\u200B", "")]
    public void Names_that_look_alike_are_one(string text, string expected) => Assert.Equal(expected, Given.Seen(text));

    [Theory]
    [InlineData("a;b c\u00A0d\u3000e\r\nf", "a|b|c|d|e|f")]
    [InlineData(" ;\u200B; a ;", "a")]
    [InlineData("a,b", "a,b")]
    [InlineData("", "")]
    public void A_cell_has_several_values(string text, string expected) =>
        Assert.Equal(expected, string.Join("|", Given.Split(text, atBlanks: true)));

    [Fact]
    public void Some_values_have_blanks() => Assert.Equal(["code id_token", "code"], Given.Split("code id_token; code", atBlanks: false));

    [Theory]
    [InlineData("Client Name")]
    [InlineData("client_name")]
    [InlineData("client-name\uFEFF")]
    [InlineData("ClientName")]
    public void A_heading_is_its_letters(string heading) => Assert.Equal("CLIENTNAME", Given.Letters(heading));

    [Theory]
    [InlineData("a b", null)]
    [InlineData("a\u00A0b\u200B", "U+00A0")]
    [InlineData("a\tb", "U+0009")]
    public void Names_the_first_character_that_nobody_sees(string text, string? expected) => Assert.Equal(expected, Given.Unseen(text));

    [Fact]
    public void Shows_what_nobody_sees() => Assert.Equal("a b<U+00A0>c<U+000A>", Given.Shown("a b\u00A0c\n"));

    [Theory]
    [InlineData("th-TH")]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    public void A_date_is_written_alike_in_every_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Assert.Equal("2026-01-03T00:00:00Z", Given.Date(new DateTime(2026, 1, 3, 0, 0, 0, DateTimeKind.Utc)));
            Assert.Equal("2026-01-03T04:05:06.5", Given.Date(new DateTime(2026, 1, 3, 4, 5, 6, 500)));
            Assert.Equal("2026-01-03T04:05:06+02:00", Given.Date(new DateTimeOffset(2026, 1, 3, 4, 5, 6, TimeSpan.FromHours(2))));
#if NET
            Assert.Equal("2026-01-03", Given.Date(new DateOnly(2026, 1, 3)));
#endif
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Nothing_else_is_a_date()
    {
        Assert.Null(Given.Date("2026-01-03"));
        Assert.Null(Given.Date(1.5));
        Assert.Null(Given.Date(null));
    }
}
