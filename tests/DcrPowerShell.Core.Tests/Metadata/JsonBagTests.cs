using System;
using System.Linq;
using System.Text.Json;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Metadata;

public class JsonBagTests
{
    [Theory]
    [InlineData("""{"z":1,"a":2,"m":3}""")] // order
    [InlineData("""{"x_vendor":{"deep":[1,{"a":null}]},"client_name":"n"}""")] // unknown members
    [InlineData("""{"n":1.0,"big":12345678901234567890,"e":1E+2,"small":0.10}""")] // the text of numbers
    [InlineData("""{"client_name":"Clinic","client_name#ja-Jpan-JP":"クリニック","client_name#de":"Klinik"}""")] // language tags
    [InlineData("""{"empty":"","null":null,"none":{},"list":[]}""")]
    [InlineData("""{"text":"<a href='x'>&+é</a>"}""")] // nothing escaped that need not be
    [InlineData("""{"":"a name without a letter"}""")]
    [InlineData("{}")]
    public void Writes_what_it_read(string json)
    {
        Assert.Equal(json, JsonBag.Parse(json).ToString());
        Assert.Equal((byte)'{', JsonBag.Parse(json).ToUtf8()[0]); // No byte-order mark: servers trip over it.
    }

    [Fact]
    public void Text_beyond_the_basic_plane_survives() =>
        Assert.Equal("\U0001F3E5", JsonBag.Parse(JsonBag.Parse("""{"client_name":"\ud83c\udfe5"}""").ToString()).Text("client_name"));

    [Fact]
    public void The_last_of_members_with_one_name_counts_in_the_place_of_the_first() =>
        Assert.Equal("""{"scope":"b","client_id":"x"}""", JsonBag.Parse("""{"scope":"a","client_id":"x","scope":"b"}""").ToString());

    [Fact]
    public void Names_differ_by_case() => Assert.Null(JsonBag.Parse("""{"Client_Id":"x"}""").Text("client_id"));

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"a":1} trailing""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("<html></html>")]
    public void Refuses_what_is_not_one_object(string json) => Assert.ThrowsAny<JsonException>(() => JsonBag.Parse(json));

    [Fact]
    public void Refuses_a_text_with_half_a_surrogate_pair() =>
        // JSON allows it, and no .NET string can carry it: what cannot be read is to be refused at once, not at the first look.
        Assert.ThrowsAny<JsonException>(() => JsonBag.Parse("""{"client_id":"a","nested":[{"client_name":"\ud800"}]}"""));

    [Fact]
    public void Refuses_a_name_with_half_a_surrogate_pair() =>
        Assert.ThrowsAny<JsonException>(() => JsonBag.Parse("""{"client_id":"a","\udc00":"b"}"""));

    [Fact]
    public void Refuses_json_deeper_than_64_levels() =>
        Assert.ThrowsAny<JsonException>(() => JsonBag.Parse("{\"a\":" + new string('[', 64) + new string(']', 64) + "}"));

    [Fact]
    public void Reads_and_writes_an_object_of_many_members()
    {
        var json = Members(20_000);
        Assert.Equal(
            json.Length - "\"member_5\":\"value 5\",".Length,
            JsonBag.Parse(json).Without("member_5").WithoutAbsent().ToString().Length
        );
    }

#if NET
    /// <summary>
    /// What it allocates is the measure of its work. A megabyte of a server's members must not keep a process busy for minutes.
    /// </summary>
    [Fact]
    public void Twice_as_many_members_are_twice_the_work()
    {
        Allocated(4_000); // What stays in pools is allocated once.
        Assert.InRange((double)Allocated(4_000) / Allocated(2_000), 1, 3);

        static long Allocated(int count)
        {
            var json = Members(count);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var bag = JsonBag.Parse(json);
            Assert.Equal(json, bag.With(bag).WithoutAbsent().ToString());
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
#endif

    private static string Members(int count) =>
        "{" + string.Join(",", Enumerable.Range(0, count).Select(static i => $"\"member_{i}\":\"value {i}\"")) + "}";

    [Fact]
    public void A_change_leaves_the_original_alone()
    {
        var original = JsonBag.Parse("""{"a":"1","b":"2"}""");
        Assert.Equal("""{"a":"9","b":"2","c":["x","y"]}""", original.With("a", "9").With("c", ["x", "y"]).ToString());
        Assert.Equal("""{"a":"1","b":"2"}""", original.ToString());
    }

    [Fact]
    public void Setting_many_members_keeps_old_places_and_adds_new_ones_at_the_end() =>
        Assert.Equal(
            """{"a":1,"b":null,"c":3,"d":4}""",
            JsonBag.Parse("""{"a":1,"b":2,"c":3}""").With(JsonBag.Parse("""{"d":4,"b":null}""")).ToString());

    [Fact]
    public void Drops_what_servers_write_for_absent() =>
        Assert.Equal(
            """{"false":false,"zero":0,"list":[],"space":" ","object":{"a":null}}""",
            JsonBag
                .Parse("""{"null":null,"empty":"","none":{},"false":false,"zero":0,"list":[],"space":" ","object":{"a":null}}""")
                .WithoutAbsent()
                .ToString()
        );
}
