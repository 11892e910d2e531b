using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Inventory;

public sealed class ReportWriterTests : IDisposable
{
    private static readonly string[] Own = ["Row", "Result", "Tenant", "ClientName", "ClientId", "ErrorId", "Message", "NextStep", "RunId"];

    private MemoryStream _stream = new();

    public void Dispose() => _stream.Dispose();

    [Theory]
    [InlineData(DcrInventoryFormat.Csv)]
    [InlineData(DcrInventoryFormat.Json)]
    public void The_file_is_whole_after_each_row(DcrInventoryFormat format)
    {
        var writer = new ReportWriter(_stream, format, Replace);
        writer.WriteHeading();
        Assert.Equal(0, Count(format));
        for (var count = 1; count <= 3; count++)
        {
            writer.Write(JsonBag.Empty.With("Row", JsonSerializer.SerializeToElement(count)).With("Result", "Failed"));
            Assert.Equal(count, Count(format));
        }
    }

    [Fact]
    public void A_row_has_the_cells_of_its_input_as_the_parameters_read_them()
    {
        var writer = new ReportWriter(_stream, DcrInventoryFormat.Csv, Replace);
        writer.WriteHeading();
        writer.Write(
            JsonBag.Parse(
                """{"Result":"Failed","RedirectUri":["https://a.example/","https://b.example/"],"Jwks":{"keys":[]},"Scope":null}"""
            )
        );
        var rows = Rows();
        Assert.Equal([.. Own, "RedirectUri", "Jwks", "Scope"], rows[0]);
        Assert.Equal(["", "Failed", "", "", "", "", "", "", "", "https://a.example/;https://b.example/", """{"keys":[]}""", ""], rows[1]);
    }

    [Fact]
    public void A_later_row_may_have_columns_that_the_first_had_not()
    {
        var writer = new ReportWriter(_stream, DcrInventoryFormat.Csv, Replace);
        writer.WriteHeading();
        writer.Write(JsonBag.Parse("""{"Row":1,"Scope":"=A(1)","Message":"two\nlines"}"""));
        writer.Write(JsonBag.Parse("""{"Row":2,"scope":"b","Contact":"it@a.example"}"""));
        writer.Write(JsonBag.Parse("""{"Row":3}"""));
        var rows = Rows();
        Assert.Equal([.. Own, "Scope", "Contact"], rows[0]);
        Assert.Equal(["1", "", "", "", "", "", "two\nlines", "", "", "'=A(1)", ""], rows[1]);
        Assert.Equal(["2", "", "", "", "", "", "", "", "", "b", "it@a.example"], rows[2]);
        Assert.Equal(["3", "", "", "", "", "", "", "", "", "", ""], rows[3]);
    }

    [Fact]
    public void The_former_file_is_whole_until_the_wider_one_takes_its_place()
    {
        var writer = new ReportWriter(
            _stream,
            DcrInventoryFormat.Csv,
            write =>
            {
                using var killed = new MemoryStream(new byte[100]);
                write(killed);
                return killed;
            }
        );
        writer.WriteHeading();
        writer.Write(JsonBag.Parse("""{"Row":1}"""));
        var before = _stream.ToArray();
        Assert.Throws<NotSupportedException>(() => writer.Write(JsonBag.Parse("""{"Row":2,"Scope":"a"}""")));
        Assert.Equal(before, _stream.ToArray());
    }

    [Fact]
    public void A_cell_that_a_spreadsheet_would_run_is_a_text()
    {
        var writer = new ReportWriter(_stream, DcrInventoryFormat.Csv, Replace);
        writer.WriteHeading();
        writer.Write(JsonBag.Parse("""{"ClientName":"=HYPERLINK(\"https://a.example\")"}"""));
        Assert.Equal("'=HYPERLINK(\"https://a.example\")", Rows()[1][3]);
    }

    private MemoryStream Replace(Action<Stream> write)
    {
        var wider = new MemoryStream();
        write(wider);
        _stream.Dispose();
        return _stream = wider;
    }

    private int Count(DcrInventoryFormat format) =>
        format == DcrInventoryFormat.Csv
            ? Rows().Length - 1
            : JsonDocument.Parse(Encoding.UTF8.GetString(_stream.ToArray())).RootElement.GetArrayLength();

    private string[][] Rows() =>
        Csv.Read(new StreamReader(new MemoryStream(_stream.ToArray()), Encoding.UTF8)).Select(static row => row.Cells.ToArray()).ToArray();
}
