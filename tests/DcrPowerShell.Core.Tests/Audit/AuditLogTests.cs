using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Core.Tests.Doubles;
using Xunit;

namespace DcrPowerShell.Core.Tests.Audit;

public class AuditLogTests
{
    private readonly MemoryAuditFile _file = new();

    [Fact]
    public void A_line_has_the_hash_of_the_one_before_and_its_own_over_what_stands_before_it()
    {
        Write(3);
        var previous = new string('0', 64);
        foreach (var line in _file.Lines)
        {
            var parts = line.Split([",\"hash\":"], StringSplitOptions.None);
            var hash = Hmac(parts[0], MemoryAuditFile.Key.Bytes);
            Assert.EndsWith($",\"key\":\"ledger-1\",\"previous\":\"{previous}\"", parts[0]);
            Assert.Equal($"\"{hash}\"}}", parts[1]);
            previous = hash;
        }

        var check = _file.Verify();
        Assert.Equal((true, 3L, 0L, previous), (check.IsIntact, check.Records, check.TornLines, check.LastHash));
    }

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        var written = _file.Log().Append(_file.Log().Complete(Record("Klinik \"Süd\" 🏥\n") with
        {
            Provider = "Okta",
            Credential = "ApiToken",
            Operation = DcrAuditOperation.AddSecret,
            ClientId = "c1",
            Tenant = "süd",
            Outcome = DcrAuditOutcome.Unknown,
            ErrorId = "OutcomeUnknown",
            Attempts = 2,
            RequestId = "r-1",
            Changed = ["scope", "client_secret"],
        }));
        var read = AuditLog.Read(_file).Single().Read()!;
        Assert.Equal(written with { Changed = [] }, read with { Changed = [] });
        Assert.Equal(written.Changed, read.Changed);
    }

    [Fact]
    public void An_empty_log_is_whole() =>
        Assert.Equal((true, 0L, null), (_file.Verify().IsIntact, _file.Verify().Records, _file.Verify().LastHash));

    public static TheoryData<string, Func<string[], string[]>, long?, string> Tampering =>
        new()
        {
            { "a changed word", static lines => [lines[0], lines[1].Replace("Client 1", "Client X"), .. lines.Skip(2)], 2, "changed" },
            {
                "a changed hash",
                static lines =>
                    [
                        lines[0],
                        lines[1].EndsWith("0\"}", StringComparison.Ordinal)
                            ? lines[1].Replace("0\"}", "1\"}")
                            : $"{lines[1].Remove(lines[1].Length - 3)}0\"}}",
                        .. lines.Skip(2),
                    ],
                2,
                "changed"
            },
            {
                "a changed word with its hash made again, without the key",
                static lines => [lines[0], Rehash(lines[1].Replace("Client 1", "Client X"), new byte[32]), .. lines.Skip(2)],
                2,
                "changed"
            },
            {
                "a changed word with its hash made again",
                static lines => [lines[0], Rehash(lines[1].Replace("Client 1", "Client X"), MemoryAuditFile.Key.Bytes), .. lines.Skip(2)],
                3,
                "does not follow"
            },
            { "a removed line", static lines => [lines[0], .. lines.Skip(2)], 2, "does not follow" },
            { "two lines in the other order", static lines => [lines[1], lines[0], .. lines.Skip(2)], 1, "not the first record" },
            { "the first line removed", static lines => lines.Skip(1).ToArray(), 1, "not the first record" },
            { "a line twice", static lines => [lines[0], lines[1], lines[1], .. lines.Skip(2)], 3, "does not follow" },
            {
                "a line without its hash",
                static lines => [lines[0], lines[1].Split([",\"hash\""], StringSplitOptions.None)[0] + "}", .. lines.Skip(2)],
                2,
                "no record"
            },
            { "other text", static lines => [lines[0], "nothing happened", .. lines.Skip(1)], 2, "no record" },
            {
                "the end of a line cut off",
                static lines => [lines[0], lines[1].Substring(0, lines[1].Length - 1), .. lines.Skip(2)],
                3,
                "does not follow"
            },
            {
                "a line without its key",
                static lines => [lines[0], Regex.Replace(lines[1], "\"key\":\"[^\"]+\",", ""), .. lines.Skip(2)],
                2,
                "names no key"
            },
            {
                "a line with an empty key",
                static lines => [lines[0], Regex.Replace(lines[1], "\"key\":\"[^\"]+\"", "\"key\":\"\""), .. lines.Skip(2)],
                2,
                "names no key"
            },
            {
                "a line with a key that nobody knows",
                static lines => [lines[0], Regex.Replace(lines[1], "\"key\":\"[^\"]+\"", "\"key\":\"deadbeef\""), .. lines.Skip(2)],
                2,
                "another key"
            },
            { "line feeds of Windows", static lines => lines.Select(static line => line + "\r").ToArray(), 1, "no record" },
        };

    [Theory]
    [MemberData(nameof(Tampering))]
    public void Tampering_is_found(string what, Func<string[], string[]> tamper, long? line, string reason)
    {
        Write(5);
        _file.Text = string.Join("\n", tamper(_file.Lines)) + "\n";
        var check = _file.Verify();
        Assert.True(check.IsIntact == false, what);
        Assert.Equal(line, check.FirstBrokenLine);
        Assert.Contains(reason, check.Reason);
    }

    [Fact]
    public void Where_the_key_is_not_known_only_the_order_is_checked_and_that_is_said()
    {
        Write(3);
        var other = _file.Log("run-2", new AuditKey("ledger-2", new byte[32]));
        other.Append(other.Complete(Record("Of another account")));
        Write(1);
        var check = _file.Verify();
        Assert.Equal((null, 5L, 1L, null), (check.IsIntact, check.Records, check.NotChecked, check.Reason));

        _file.Text = _file.Text.Replace("Of another account", "Of other's account");
        Assert.Equal((null, 1L), (_file.Verify().IsIntact, _file.Verify().NotChecked));

        _file.Text = string.Join("\n", _file.Lines.Where(static (_, index) => index != 2)) + "\n";
        Assert.Equal((false, 3L), (_file.Verify().IsIntact, _file.Verify().FirstBrokenLine));
    }

    /// <summary>Whoever may write the file and has no key cannot make a log that passes for whole.</summary>
    [Fact]
    public void A_log_that_was_written_again_with_another_key_does_not_pass_for_whole()
    {
        var log = _file.Log(key: new AuditKey(MemoryAuditFile.Key.Id, new byte[32]));
        log.Append(log.Complete(Record("Made up")));
        Assert.Equal((false, 1L), (_file.Verify().IsIntact, _file.Verify().FirstBrokenLine));

        _file.Text = "";
        _file.Log(key: new AuditKey("made-up", new byte[32])).Append(_file.Log().Complete(Record("Made up")));
        Assert.Null(_file.Verify().IsIntact);
    }

    /// <summary>
    /// Wherever a process was killed while it wrote, the next record has a line of its own, and the chain goes on from the last whole line.
    /// </summary>
    [Fact]
    public void A_torn_line_breaks_no_chain()
    {
        Write(2);
        var whole = _file.Text;
        var begun = _file.Lines[1].Length;
        foreach (var length in Enumerable.Range(1, begun))
        {
            _file.Text = whole.Substring(0, whole.Length - length - 1);
            Write(1);
            var check = _file.Verify();
            Assert.True(check.IsIntact == true, $"{length}: {check.Reason}");
            Assert.Equal((length < begun ? 1 : 0, 2), (check.TornLines, check.Records));
            Assert.EndsWith("\n", _file.Text);
        }

        // All of it, without its line feed.
        _file.Text = whole.Substring(0, whole.Length - 1);
        Write(1);
        Assert.Equal((true, 3L, 0L), (_file.Verify().IsIntact, _file.Verify().Records, _file.Verify().TornLines));
    }

    [Fact]
    public void The_last_line_is_found_however_long_the_torn_one_behind_it()
    {
        Write(2);
        _file.Text += "{\"time\":\"" + new string('x', 100_000);
        Write(1);
        Assert.Equal((true, 3L, 1L), (_file.Verify().IsIntact, _file.Verify().Records, _file.Verify().TornLines));
    }

    [Fact]
    public void A_long_log_is_read_part_by_part()
    {
        Write(2500);
        Assert.True(_file.Text.Length > 512 * 1024);
        Assert.Equal(2500, AuditLog.Read(_file).Select(static line => line.Read()!.ClientName).Distinct().Count());
        Assert.Equal((true, 2500L), (_file.Verify().IsIntact, _file.Verify().Records));
    }

    [Fact]
    public void Several_writers_make_one_chain()
    {
        Parallel.For(0, 4, writer =>
        {
            var log = _file.Log($"run-{writer}");
            for (var number = 0; number < 50; number++)
            {
                log.Append(log.Complete(Record($"{writer}-{number}")));
            }
        });
        Assert.Equal((true, 200L), (_file.Verify().IsIntact, _file.Verify().Records));
        Assert.Equal(200, AuditLog.Read(_file).Select(static line => line.Read()!.ClientName).Distinct().Count());
    }

    private void Write(int count)
    {
        for (var number = 0; number < count; number++)
        {
            _file.Log().Append(_file.Log().Complete(Record($"Client {number}")));
        }
    }

    private static DcrAuditRecord Record(string name) =>
        new()
        {
            Time = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero),
            Server = "https://as.example.com",
            Operation = DcrAuditOperation.Register,
            ClientName = name,
        };

    private static string Rehash(string line, byte[] key)
    {
        var text = line.Split([",\"hash\":"], StringSplitOptions.None)[0];
        return $"{text},\"hash\":\"{Hmac(text, key)}\"}}";
    }

    private static string Hmac(string text, byte[] key)
    {
        using var hmac = new HMACSHA256(key);
        return string.Concat(hmac.ComputeHash(Encoding.UTF8.GetBytes(text)).Select(static digit => digit.ToString("x2")));
    }
}
