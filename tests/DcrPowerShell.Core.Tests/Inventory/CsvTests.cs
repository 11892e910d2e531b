using System;
using System.IO;
using System.Linq;
using DcrPowerShell.Inventory;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public class CsvTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("a \"quoted\" word, and a comma")]
    [InlineData("two\r\nlines")]
    [InlineData(" space around ")]
    [InlineData("Ünïcode 名前")]
    public void What_is_written_is_read_again(string cell)
    {
        var (_, cells) = Assert.Single(Csv.Read(new StringReader(Csv.Row(["first", cell, "last"]) + "\r\n")));
        Assert.Equal(["first", cell, "last"], cells);
    }

    [Theory]
    [InlineData("=HYPERLINK(\"https://evil.example\",\"Portal\")")]
    [InlineData("+cmd|' /C calc'!A0")]
    [InlineData("-2+3")]
    [InlineData("@SUM(A1:A9)")]
    [InlineData("\t=1+1")]
    [InlineData("\r=1+1")]
    [InlineData("＝SUM(A1)")]
    [InlineData("= A1")]
    [InlineData("-HYPERLINK(A1)")]
    [InlineData("-cmd|x")]
    [InlineData("-x!A1 y")]
    [InlineData("-1 x")]
    public void A_cell_that_a_spreadsheet_would_run_is_a_text(string cell) =>
        Assert.StartsWith("\"'", Csv.Row([cell]), StringComparison.Ordinal);

    /// <summary>Where semicolons are between cells, a spreadsheet sees a cell there. So it does on a new line.</summary>
    [Theory]
    [InlineData("Clinic;=HYPERLINK(A1)", "Clinic;'=HYPERLINK(A1)")]
    [InlineData("a;b; @SUM(A1);-Zk3", "a;b;' @SUM(A1);-Zk3")]
    [InlineData("Clinic\n+1+1;x", "Clinic\n'+1+1;x")]
    [InlineData("Clinic\t-1+1", "Clinic\t'-1+1")]
    [InlineData(" =1+1", "' =1+1")]
    public void A_formula_in_the_middle_of_a_cell_does_not_run(string cell, string expected) =>
        Assert.Equal($"\"{expected}\"", Csv.Row([cell]));

    /// <summary>Scripts look clients up by it, and there is nothing in it to call.</summary>
    [Theory]
    [InlineData("-Zk3_4q")]
    [InlineData("@contoso")]
    [InlineData("Get-DcrClient lists the clients; -ClientName finds them by name, -Tenant by tenant.")]
    [InlineData("-From and -To both mean vault 'x'.")]
    [InlineData("St. Mary's = good")]
    [InlineData("https://portal.example/=1")]
    public void An_id_and_what_begins_otherwise_stay_as_they_are(string cell) => Assert.Equal($"\"{cell}\"", Csv.Row([cell]));

    [Fact]
    public void Cells_without_quotes_and_empty_lines_are_read_as_others_write_them()
    {
        var rows = Csv.Read(new StringReader("a,b\r\n\r\n1,\"2\" ,\n\"x\ny\",z")).ToList();
        Assert.Equal([1, 3, 4], rows.Select(static row => row.Line));
        Assert.Equal(["a", "b"], rows[0].Cells);
        Assert.Equal(["1", "2", ""], rows[1].Cells);
        Assert.Equal(["x\ny", "z"], rows[2].Cells);
    }

    [Theory]
    [InlineData("a\n\"secret-1", "in line 2 a quotation mark begins a cell that has no end")]
    [InlineData("\"a\"secret-1", "in line 1 a cell goes on after its closing quotation mark")]
    public void A_torn_quotation_is_told_without_the_cell(string text, string expected)
    {
        var failure = Assert.Throws<FormatException>(() => Csv.Read(new StringReader(text)).ToList());
        Assert.Equal(expected, failure.Message);
    }
}
