using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using DcrPowerShell.Storage.Journaling;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage.Journaling;

public class JournalTests
{
    private const string Vault = "TestVault";

    private static readonly byte[] Key = ContentEncryption.NewKey();

    private readonly MemoryJournalFolder _folder = new();
    private readonly Journal _journal;

    public JournalTests() => _journal = Journal.Begin(_folder.Create(Vault), Key);

    /// <summary>The process is ending then, and an exception would end it with a crash.</summary>
    [Fact]
    public void A_folder_that_somebody_removed_does_not_spoil_the_end_of_the_process()
    {
        var folder = new MemoryJournalFolder();
        var journals = new JournalSet(folder);
        journals.Begin("TestVault", ContentEncryption.NewKey());
        folder.Refusal = new System.IO.DirectoryNotFoundException();
        journals.Dispose();
        Assert.Null(journals.Find("TestVault"));
    }

    [Fact]
    public void Everything_of_an_entry_comes_back()
    {
        var intent = Intent("one") with { Operation = JournalIntent.Update, ClientId = "c1", Tenant = "north", Provider = "Auth0", Metadata = JsonBag.Parse("""{"scope":"a b","x":{"n":1.0}}""") };
        var answer = new JournalAnswer(201, [0, 1, 0xFF], Time(2)) { ContentType = "application/json; charset=utf-16" };
        _journal.Answered(_journal.Begin(intent), answer);

        foreach (var entry in new[] { _journal.Open.Single(), Left().Single() })
        {
            Assert.Equal(intent with { Metadata = null }, entry.Intent with { Metadata = null });
            Assert.Equal("""{"scope":"a b","x":{"n":1.0}}""", entry.Intent.Metadata!.ToString());
            Assert.Equal(answer with { Body = [] }, entry.Answer! with { Body = [] });
            Assert.Equal(answer.Body, entry.Answer.Body);
        }
    }

    [Fact]
    public void Of_an_intent_without_an_answer_it_is_known_that_none_came()
    {
        _journal.Begin(Intent("one"));
        Assert.Null(Left().Single().Answer);
    }

    [Fact]
    public void What_is_done_is_gone_and_the_rest_is_in_order_of_beginning()
    {
        var ids = new[] { 5, 3, 4, 1 }.Select(second => _journal.Begin(Intent($"{second}") with { At = Time(second) })).ToList();
        _journal.Done(ids[2]);
        Assert.Equal(["1", "3", "5"], Names(Left()));
        Assert.Equal(["1", "3", "5"], Names(_journal.Open));
    }

    [Fact]
    public void Of_several_answers_the_last_counts()
    {
        var id = _journal.Begin(Intent("one"));
        _journal.Answered(id, Answer("first"));
        _journal.Answered(id, Answer("second"));
        Assert.Equal("second", Encoding.ASCII.GetString(Left().Single().Answer!.Body));
    }

    [Fact]
    public void A_line_torn_at_any_byte_costs_no_other()
    {
        _journal.Answered(_journal.Begin(Intent("one")), Answer("token"));
        var before = _folder.File.Bytes.Length;
        _journal.Begin(Intent("two"));
        var whole = _folder.File.Bytes;
        for (var length = before; length < whole.Length; length++)
        {
            _folder.File.Bytes = whole.Take(length).ToArray();
            Assert.NotNull(Left().Single().Answer);
        }
    }

    [Fact]
    public void A_file_torn_before_its_first_line_holds_nothing()
    {
        var head = _folder.File.Bytes;
        for (var length = 0; length <= head.Length; length++)
        {
            _folder.File.Bytes = head.Take(length).ToArray();
            Assert.Empty(Left());
        }
    }

    [Fact]
    public void Another_key_is_told_from_tampering()
    {
        _journal.Begin(Intent("one"));
        Assert.Equal("it was written with another key than the vault has", Assert.Throws<FormatException>(() => Journal.ReadAbandoned(_folder.File, ContentEncryption.NewKey())).Message);
    }

    [Theory]
    [InlineData("0 2 1")] // moved
    [InlineData("0 1 1 2")] // repeated
    [InlineData("0 2")] // left out
    public void A_line_that_is_not_where_it_was_written_is_noticed(string order)
    {
        _journal.Begin(Intent("one"));
        _journal.Begin(Intent("two"));
        var frames = JournalFrames.Read(_folder.File.Bytes);
        _folder.File.Bytes = [.. JournalFrames.Header, .. order.Split(' ').SelectMany(index => JournalFrames.Frame(frames[int.Parse(index)]))];
        Assert.EndsWith("of it was changed", Assert.Throws<FormatException>(() => Left()).Message);
    }

    [Fact]
    public void Nothing_can_be_read_in_the_file()
    {
        _journal.Answered(_journal.Begin(Intent("Clinic portal") with { ClientId = "client-1" }), Answer("reg-token-1"));
        var bytes = Encoding.GetEncoding("iso-8859-1").GetString(_folder.File.Bytes);
        foreach (var word in new[] { "Clinic", "client-1", "reg-token", "example", "register", Convert.ToBase64String(Key).Substring(0, 8) })
        {
            Assert.DoesNotContain(word, bytes);
        }
    }

    [Fact]
    public void What_is_done_is_dropped_when_the_file_has_grown()
    {
        var old = _journal.Begin(Intent("old") with { At = Time(1) });
        _journal.Answered(old, Answer("kept"));
        _journal.Begin(Intent("open") with { At = Time(2) });
        FillUp();

        Assert.InRange(_folder.File.Bytes.Length, 1, 4096);
        Assert.Equal(["old", "open"], Names(Left()));
        Assert.Equal("kept", Encoding.ASCII.GetString(Left()[0].Answer!.Body));

        // And it goes on from there.
        _journal.Done(old);
        _journal.Begin(Intent("later") with { At = Time(3) });
        Assert.Equal(["open", "later"], Names(Left()));
    }

    [Fact]
    public void A_full_disk_refuses_what_would_be_lost_and_costs_nothing_that_is_there()
    {
        var id = _journal.Begin(Intent("one"));
        _folder.File.Room = _folder.File.Bytes.Length + 20;
        Assert.Throws<IOException>(() => _journal.Begin(Intent("two")));
        Assert.Throws<IOException>(() => _journal.Answered(id, Answer("token")));
        _journal.Done(id); // Says nothing: what stays open is looked at again.
        Assert.Equal("one", Names(Left()).Single());

        _folder.File.Room = int.MaxValue;
        _journal.Answered(id, Answer("token"));
        _journal.Begin(Intent("three") with { At = Time(3) });
        Assert.Equal(["one", "three"], Names(Left()));
        Assert.NotNull(Left()[0].Answer);
    }

    [Fact]
    public void A_line_that_was_written_and_not_confirmed_does_no_harm()
    {
        _journal.Begin(Intent("one"));
        _folder.File.FailsToFlush = true;
        Assert.Throws<IOException>(() => _journal.Begin(Intent("two")));
        _folder.File.FailsToFlush = false;
        _journal.Begin(Intent("three") with { At = Time(3) });
        Assert.Equal(["one", "three"], Names(Left()));
    }

    [Fact]
    public void Compaction_that_fails_leaves_the_file_as_it_is()
    {
        _journal.Begin(Intent("open"));
        _folder.File.Room = 1024 * 1024 + 20_000;
        var big = Intent("big") with { Metadata = JsonBag.Parse($$"""{"x":"{{new string('x', 105_000)}}"}""") };
        var ids = Enumerable.Range(0, 8).Select(_ => _journal.Begin(big)).ToList();
        ids.ForEach(id => _journal.Answered(id, Answer(new string('y', 20_000))));
        Assert.True(_folder.File.Bytes.Length > 1024 * 1024);
        _folder.File.Room = 100;
        ids.ForEach(_journal.Done);
        _folder.File.Room = int.MaxValue;
        _journal.Begin(Intent("later") with { At = Time(9) });
        Assert.Contains("open", Names(Left()));
        Assert.Equal("later", Names(Left()).Last());
    }

    [Fact]
    public async Task Workers_write_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => Task.Run(() =>
        {
            var id = _journal.Begin(Intent($"{number}"));
            _journal.Answered(id, Answer($"{number}"));
            if (number % 2 == 0)
            {
                _journal.Done(id);
            }
        })));
        Assert.Equal(100, Left().Count);
        Assert.All(Left(), entry => Assert.Equal(entry.Intent.ClientName, Encoding.ASCII.GetString(entry.Answer!.Body)));
    }

    [Fact]
    public void At_the_end_the_file_goes_where_nothing_is_open_and_else_stays()
    {
        var set = new JournalSet(_folder);
        var other = set.Begin("Other", Key);
        Assert.Same(other, set.Find("OTHER"));
        other.Done(other.Begin(Intent("one")));
        set.Dispose();
        Assert.Equal(Vault, _folder.File.Vault);

        _journal.Begin(Intent("one"));
        _journal.Dispose();
        Assert.False(_folder.File.IsOpen);
        Assert.Single(Left());
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_no_journal()
    {
        var file = _folder.Create("Other");
        _folder.Files[1].Room = 3;
        Assert.Throws<IOException>(() => Journal.Begin(file, Key));
        Assert.False(_folder.Files[1].IsOpen);
    }

    private IReadOnlyList<JournalEntry> Left() => Journal.ReadAbandoned(_folder.Files[0], Key);

    private void FillUp()
    {
        var replacements = _folder.File.Replacements;
        var big = Intent("big") with { Metadata = JsonBag.Parse($$"""{"x":"{{new string('x', 50_000)}}"}""") };
        for (var count = 0; _folder.File.Replacements == replacements; count++)
        {
            Assert.True(count < 100, "It is never compacted.");
            _journal.Done(_journal.Begin(big));
        }
    }

    private static IEnumerable<string?> Names(IEnumerable<JournalEntry> entries) => entries.Select(static entry => entry.Intent.ClientName);

    private static JournalIntent Intent(string name) => new()
    {
        Operation = JournalIntent.Register,
        Issuer = "https://as.example.com",
        RegistrationEndpoint = new Uri("https://as.example.com/register"),
        Provider = "Standard",
        ClientName = name,
        At = Time(0),
    };

    private static JournalAnswer Answer(string body) => new(200, Encoding.ASCII.GetBytes(body), Time(0));

    private static DateTimeOffset Time(int second) => new(2026, 11, 21, 10, 0, second, 123, TimeSpan.Zero);
}
