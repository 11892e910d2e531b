using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Files;
using Xunit;

namespace DcrPowerShell.Core.Tests.Files;

/// <summary>The disk itself, on Windows (or under Wine) as elsewhere. Two folders of one path are as two processes to each other.</summary>
public sealed class DiskFolderTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "dcr-" + Guid.NewGuid().ToString("n"));
    private readonly DiskFolder _folder;
    private readonly DiskFolder _other;

    public DiskFolderTests()
    {
        _folder = new DiskFolder(_path);
        _other = new DiskFolder(_path);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_lock_keeps_others_out_until_it_is_released()
    {
        var held = _folder.TryLock("a.lock");
        Assert.NotNull(held);
        Assert.Null(_folder.TryLock("a.lock"));
        Assert.Null(_other.TryLock("a.lock"));
        using var another = _other.TryLock("b.lock");
        Assert.NotNull(another);
        held.Dispose();
        using var taken = _other.TryLock("a.lock");
        Assert.NotNull(taken);
    }

    [Fact]
    public void Locks_work_here_also_while_somebody_holds_the_one_that_is_tried()
    {
        using var held = _other.TryLock("ledger.lock");
        Assert.True(_folder.LocksWork);
        held!.Dispose();
        Assert.True(_other.LocksWork);
    }

    /// <summary>A key that is kept elsewhere from now on is nowhere here.</summary>
    [Fact]
    public void With_a_file_goes_what_was_to_replace_it()
    {
        _folder.Replace("store.key", [1]);
        File.WriteAllText(Path.Combine(_path, "store.key.tmp"), "killed");
        _folder.Delete("store.key");
        Assert.Empty(Directory.GetFiles(_path));
    }

    [Fact]
    public async Task One_at_a_time_is_in_a_lock()
    {
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var folder = new DiskFolder(_path);
            for (var turn = 0; turn < 10; turn++)
            {
                using (StoreLock.Take(folder, "turn.lock"))
                {
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    Thread.Sleep(1);
                    Interlocked.Decrement(ref inside);
                }
            }
        })));
        Assert.Equal(1, most);
    }

    [Fact]
    public void A_lock_file_can_be_deleted_once_it_is_free()
    {
        _other.TryLock("alive-1.lock")!.Dispose();
        Assert.Equal(0, _folder.Length("alive-1.lock"));
        _folder.Delete("alive-1.lock");
        Assert.DoesNotContain("alive-1.lock", _folder.List());
        Assert.Null(_folder.Length("alive-1.lock"));
    }

    [Fact]
    public void Two_append_to_one_file_and_each_reads_what_the_other_wrote()
    {
        using var mine = _folder.Open("f", create: true);
        using var theirs = _other.Open("f", create: false);
        Append(mine, "one ");
        Append(theirs, "two ");
        Append(mine, "three");
        mine.Flush();
        Assert.Equal(13, theirs.Length);
        Assert.Equal(13, _other.Length("f"));
        Assert.Equal("one two three", Text(theirs));
        Assert.Equal("two", Text(theirs, 4, 3));
        Assert.Equal("three", Text(mine, 8, 100));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_from_others()
    {
        Assert.Throws<FileNotFoundException>(() => _folder.Open("f", create: false));
        Assert.Null(_folder.Length("f"));
        Assert.Null(_folder.Read("f"));
        _folder.Delete("f");
        Assert.Empty(_folder.List());
    }

    [Fact]
    public void The_next_generation_takes_its_name_while_both_are_open()
    {
        using var old = _folder.Open("ledger-000001.dcrl", create: true);
        Append(old, "old");
        using var reader = _other.Open("ledger-000001.dcrl", create: false);
        using (var next = _folder.Open("ledger-000002.dcrl.new", create: true))
        {
            Append(next, "next");
            next.Flush();
            _folder.Rename("ledger-000002.dcrl.new", "ledger-000002.dcrl");
            Append(next, "!");
        }

        _folder.Delete("ledger-000001.dcrl");
        Assert.Contains("ledger-000002.dcrl", _other.List());
        Assert.Equal(5, _other.Length("ledger-000002.dcrl"));
        Assert.Equal("old", Text(reader));
        using var found = _other.Open("ledger-000002.dcrl", create: false);
        Assert.Equal("next!", Text(found));
    }

    [Fact]
    public void A_file_that_was_deleted_while_others_have_it_open_is_gone_when_they_close_it()
    {
        var mine = _folder.Open("f", create: true);
        var theirs = _other.Open("f", create: false);
        _folder.Delete("f");
        _other.Delete("f");
        mine.Dispose();
        theirs.Dispose();
        Assert.Empty(_folder.List());
    }

    [Fact]
    public void Deleting_a_file_that_is_in_use_is_no_error_and_works_afterwards()
    {
        using (_folder.TryLock("f"))
        {
            // Elsewhere than on Windows it works at once.
            _other.Delete("f");
        }

        _other.Delete("f");
        Assert.Empty(_folder.List());
    }

    [Fact]
    public void A_small_file_is_replaced_as_a_whole()
    {
        _folder.Replace("s", Encoding.UTF8.GetBytes("a longer one"));
        _other.Replace("s", Encoding.UTF8.GetBytes("short"));
        Assert.Equal("short", Encoding.UTF8.GetString(_folder.Read("s")!));
        Assert.Equal("s", Assert.Single(_folder.List()));
    }

    [Fact]
    public async Task A_small_file_is_replaced_under_the_eyes_of_others()
    {
        var sizes = new[] { 10, 3000 };
        _folder.Replace("s", new byte[sizes[0]]);
        using var over = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var folder = new DiskFolder(_path);
            do
            {
                Assert.Contains(folder.Read("s")!.Length, sizes);
            }
            while (!over.IsCancellationRequested);
        })).ToList();
        try
        {
            for (var turn = 0; turn < 100; turn++)
            {
                _folder.Replace("s", new byte[sizes[turn % 2]]);
            }
        }
        finally
        {
            over.Cancel();
        }

        await Task.WhenAll(readers);
    }

    private static void Append(IAppendFile file, string text) => file.Append(Encoding.UTF8.GetBytes(text), text.Length);

    private static string Text(IAppendFile file, long position = 0, int count = 100)
    {
        var buffer = new byte[count];
        return Encoding.UTF8.GetString(buffer, 0, file.Read(position, buffer, 0, count));
    }
}
