using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Ledger;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

public class LedgerFileTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public void What_was_written_is_there_after_it_was_opened_again()
    {
        var draft = Draft();
        FrameHeader written;
        using (var file = Open())
        {
            written = file.Write(draft);
            Assert.Equal((1, file.Epoch), (written.Sequence, written.Epoch));
        }

        using var again = Open();
        Assert.Equal(written, again.Look(state => state.Client(draft.Header.Client))!.Header);
        Assert.Equal((1, written.Epoch), (again.Size.Sequence, again.Size.Epoch));
        Assert.NotEqual(written.Epoch, again.Epoch);
        Assert.Equal(2, again.Write(Draft()).Sequence);
        Assert.Empty(again.Gaps);
    }

    [Fact]
    public void A_frame_is_read_by_its_summary_or_whole()
    {
        using var file = Open();
        var draft = Draft();
        file.Write(draft);
        Assert.True(file.TryOpenSummary(state => Place(state, draft), out var header, out var summary));
        Assert.Equal(draft.Header.Client, header.Client);
        Assert.Equal(draft.Summary, summary);
        Assert.True(file.TryOpen(state => Place(state, draft), out _, out var content));
        Assert.Equal(draft.Body, content!.Value.Body);
        Assert.False(file.TryOpen(static _ => null, out _, out _));
    }

    [Fact]
    public void What_to_write_is_decided_with_what_everybody_wrote_before()
    {
        using var one = Open();
        using var other = Open();
        var draft = Draft();
        one.Write(draft);
        var seen = 0;
        other.Write(state =>
        {
            seen = state.Rows.Count;
            return [];
        });
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Writers_that_wait_at_the_same_time_share_one_append_and_one_flush()
    {
        using var file = Open();
        var clients = Enumerable.Range(0, 16).Select(static _ => Draft()).ToList();
        var seen = new List<int>();
        _disk.ForgetCalls();
        AllAtOnce(file, clients.ConvertAll<Func<LedgerState, IReadOnlyList<FrameDraft>>>(draft => state =>
        {
            // Each one sees what those before it wrote.
            seen.Add(state.Rows.Count);
            return [draft];
        }));
        Assert.Equal(Enumerable.Range(1, 16), seen);
        Assert.Equal(2, _disk.Count(DiskOperation.Append));
        Assert.Equal(2, _disk.Count(DiskOperation.Flush));
        Assert.Equal(17, Open().Size.Sequence);
    }

    [Fact]
    public void A_writer_that_fails_leaves_the_others_of_its_batch_alone()
    {
        using var file = Open();
        var (first, last) = (Draft(), Draft());
        var tasks = AllAtOnce(
            file,
            [
                _ => [first],
                _ => throw new IOException("its own"),
                _ => [Draft(), Draft(length: FrameHeader.LargestFrame)],
                _ => throw new InvalidOperationException("its own"),
                _ => [last],
            ]);
        Assert.IsType<IOException>(tasks[1].Exception!.InnerException);
        Assert.IsType<InvalidDataException>(tasks[2].Exception!.InnerException);
        Assert.IsType<InvalidOperationException>(tasks[3].Exception!.InnerException);
        Assert.Equal([2L, 3L], new[] { tasks[0], tasks[4] }.Select(static task => task.Result.Single().Sequence));
        Assert.Equal(3, file.Look(static state => state.Rows.Count));
        Assert.Equal(3, Open().Look(static state => state.Rows.Count));
    }

    [Fact]
    public void Only_what_must_be_durable_is_flushed_and_takes_the_rest_along()
    {
        using var file = Open();
        _disk.ForgetCalls();
        file.Write(Draft(), isDurable: false);
        Assert.Equal(0, _disk.Count(DiskOperation.Flush));
        file.Write(Draft());
        _disk.LosePower();
        Assert.Equal(2, Open().Look(static state => state.Rows.Count));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.3, false)]
    [InlineData(0.3, true)]
    [InlineData(1, false)]
    public void Durable_frames_outlive_a_loss_of_power_and_the_rest_costs_nothing(double kept, bool zeros)
    {
        var durable = Draft();
        var file = Open();
        file.Write(durable);
        file.Write(Draft(length: 500), isDurable: false);
        _disk.LosePower(kept, zeros);
        using var again = Open();
        var last = Draft();
        again.Write(last);
        using var third = Open();
        foreach (var draft in new[] { durable, last })
        {
            Assert.True(third.TryOpen(state => Place(state, draft), out _, out var content));
            Assert.Equal(draft.Body, content!.Value.Body);
        }
    }

    [Fact]
    public void A_write_costs_the_same_whatever_the_ledger_holds()
    {
        using var file = Open();
        List<(DiskOperation, int)> Cost()
        {
            _disk.ForgetCalls();
            file.Write(Draft());
            return _disk.Calls.Select(static call => (call.Operation, call.Count)).ToList();
        }

        file.Write(Draft());
        var few = Cost();
        file.Write(static _ => Enumerable.Range(0, 5000).Select(static _ => Draft()).ToList());
        Assert.Equal(few, Cost());
        Assert.Equal(5003, file.Look(static state => state.Rows.Count));
    }

    [Fact]
    public void A_full_disk_fails_the_write_and_leaves_state_and_file_as_one()
    {
        var size = new FrameCodec(_keys).Seal(Draft(), 1, default, 1).Header.Length;
        for (var room = 0; room < 3 * size; room += 7)
        {
            using var file = Open();
            var before = file.Look(static state => state.Rows.Count);
            _disk.Room = room;
            Assert.Throws<IOException>(() => file.Write(static _ => [Draft(), Draft(), Draft()]));
            using (var other = Open())
            {
                Assert.Equal(Rows(other), Rows(file));
                Assert.Equal(before + (room / size), Rows(file).Count);
            }

            _disk.Room = long.MaxValue;
            file.Write(Draft());
            Assert.Equal(before + (room / size) + 1, file.Look(static state => state.Rows.Count));
            using var again = Open();
            Assert.Equal(Rows(again), Rows(file));
            Assert.All(again.Gaps, static gap => Assert.True(gap.IsTorn));
            Assert.Equal(again.Gaps, file.Gaps);
        }
    }

    /// <summary>The system forgets what it could not write, and says so once.</summary>
    [Fact]
    public void A_flush_that_failed_makes_the_next_generation()
    {
        using var file = Open();
        var (before, failed, after) = (Draft(), Draft(), Draft());
        file.Write(before);
        _disk.Refuses = static call => call.Operation == DiskOperation.Flush && call.Name == First;
        Assert.Throws<IOException>(() => file.Write(failed));
        Assert.Equal(Second, _disk.Newest());
        file.Write(after);
        _disk.LosePower();
        using var again = Open();
        Assert.All(new[] { before, after }, draft => Assert.NotNull(again.Look(state => state.Client(draft.Header.Client))));
    }

    [Fact]
    public void Nothing_more_is_written_to_a_file_that_could_not_be_flushed()
    {
        using var file = Open();
        _disk.Refuses = static call => call.Operation == DiskOperation.Flush;
        Assert.Throws<IOException>(() => file.Write(Draft()));
        var bytes = _disk[First];
        Assert.Throws<IOException>(() => file.Write(Draft()));
        Assert.Equal(bytes, _disk[First]);
        Assert.DoesNotContain(_disk.Names, static name => name.EndsWith(".new", StringComparison.Ordinal));
        _disk.Refuses = static _ => false;
        var draft = Draft();
        file.Write(draft);
        _disk.LosePower();
        Assert.NotNull(Open().Look(state => state.Client(draft.Header.Client)));
    }

    [Fact]
    public void A_writer_killed_within_any_byte_costs_the_next_one_nothing()
    {
        var size = new FrameCodec(_keys).Seal(Draft(), 1, default, 1).Header.Length;
        using var reader = Open();
        for (var written = 0; written <= size; written += 3)
        {
            var before = _disk[First];
            var process = _disk.Start();
            var killed = new LedgerFile(process, _keys);
            _disk.Before = call =>
            {
                if (call.By == process && call.Operation == DiskOperation.Append)
                {
                    process.KillAfter(0, (double)written / size);
                }
            };
            Assert.Throws<KilledException>(() => killed.Write(Draft()));
            _disk.Before = null;
            using var next = Open();
            var draft = Draft();
            next.Write(draft);
            reader.ReadOn();
            using var again = Open();
            Assert.NotNull(again.Look(state => state.Client(draft.Header.Client)));
            Assert.Equal(Rows(again), Rows(next));
            Assert.Equal(Rows(again), Rows(reader));
            Assert.Equal(again.Gaps, next.Gaps);
            Assert.All(again.Gaps, static gap => Assert.True(gap.IsTorn));
            Assert.Equal(before, _disk[First].Take(before.Length));
        }

        Assert.NotEmpty(reader.Gaps);
    }

    [Fact]
    public async Task Several_processes_and_threads_give_no_sequence_twice()
    {
        const int Processes = 3, Threads = 4, Frames = 25;
        var files = Enumerable.Range(0, Processes).Select(_ => Open()).ToList();
        var sequences = await Task.WhenAll(files.SelectMany(file => Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
        {
            var mine = new List<long>();
            for (var left = Frames; left > 0; left--)
            {
                mine.Add((await file.WriteAsync(static _ => [Draft()], isDurable: true))[0].Sequence);
            }

            return mine;
        }))));
        Assert.Equal(
            Enumerable.Range(1, Processes * Threads * Frames).Select(static number => (long)number),
            sequences.SelectMany(static mine => mine).OrderBy(static number => number)
        );
        var found = _disk.Frames(_keys);
        Assert.Equal(Processes * Threads * Frames, found.Frames.Count);
        Assert.Empty(found.Gaps);
    }

    [Fact]
    public void A_folder_that_was_put_back_is_told_and_written_on_where_it_is()
    {
        using var file = Open();
        var (kept, lost, after) = (Draft(), Draft(), Draft());
        file.Write(kept);
        var backup = _disk.Snapshot();
        file.Write(lost);
        _disk.Restore(backup);
        var written = file.Write(after);
        Assert.True(file.WasRolledBack);
        Assert.Equal(2, written.Sequence);
        using var again = Open();
        Assert.False(again.WasRolledBack);
        Assert.NotNull(again.Look(state => state.Client(kept.Header.Client)));
        Assert.NotNull(again.Look(state => state.Client(after.Header.Client)));
        Assert.Equal(Rows(again), Rows(file));
    }

    [Fact]
    public void Who_only_reads_notices_a_folder_that_was_put_back()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk.Snapshot();
        file.Write(Draft());
        _disk.Restore(backup);
        file.ReadOn();
        Assert.True(file.WasRolledBack);
        Assert.Single(Rows(file));
    }

    [Fact]
    public void A_folder_that_was_put_back_and_has_grown_since_is_told()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk.Snapshot();
        file.Write(Draft());
        _disk.Restore(backup);
        using var other = Open();
        other.Write(Draft());
        other.Write(Draft());
        file.Write(Draft());
        Assert.True(file.WasRolledBack);
        Assert.Equal(Rows(Open()), Rows(file));
    }

    /// <summary>Its bytes are the same; its file is another one, and what goes to the old one is lost.</summary>
    [Fact]
    public void An_equal_copy_that_was_put_in_its_place_is_written_to()
    {
        using var file = Open();
        file.Write(Draft());
        _disk.Restore(_disk.Snapshot());
        var after = Draft();
        file.Write(after);
        Assert.False(file.WasRolledBack);
        Assert.NotNull(Open().Look(state => state.Client(after.Header.Client)));
        Assert.Equal(2, file.Look(static state => state.Rows.Count));
    }

    [Fact]
    public void A_file_that_was_overwritten_in_place_and_has_grown_since_is_told()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk[First];
        file.Write(Draft());
        _disk.Overwrite(First, backup);
        using var other = Open();
        other.Write(Draft());
        other.Write(Draft());
        file.ReadOn();
        Assert.True(file.WasRolledBack);
        Assert.Equal(Rows(other), Rows(file));
    }

    [Fact]
    public void A_file_that_was_overwritten_in_place_with_a_shorter_one_is_told()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk[First];
        file.Write(Draft());
        _disk.Overwrite(First, backup);
        var after = Draft();
        file.Write(after);
        Assert.True(file.WasRolledBack);
        Assert.Equal(Rows(Open()), Rows(file));
        Assert.NotNull(Open().Look(state => state.Client(after.Header.Client)));
    }

    [Fact]
    public void A_folder_that_is_put_back_while_a_frame_is_written_gets_the_frame()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk.Snapshot();
        file.Write(Draft());
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Append)
            {
                _disk.Before = null;
                _disk.Restore(backup);
            }
        };
        var after = Draft();
        Assert.Equal(2, file.Write(after).Sequence);
        Assert.True(file.WasRolledBack);
        Assert.NotNull(Open().Look(state => state.Client(after.Header.Client)));
    }

    [Fact]
    public void An_older_generation_that_was_put_back_is_told()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk.Snapshot();
        file.Write(Draft());
        Assert.True(file.Compact());
        Assert.Equal(Second, _disk.Newest());
        _disk.Restore(backup);
        file.Write(Draft());
        Assert.True(file.WasRolledBack);
        Assert.Equal(First, _disk.Newest());
        Assert.Equal(Rows(Open()), Rows(file));
    }

    [Fact]
    public void A_folder_that_is_gone_is_an_error_until_it_is_back()
    {
        using var file = Open();
        file.Write(Draft());
        var backup = _disk.Snapshot();
        _disk.Restore(new Dictionary<string, byte[]>());
        Assert.Throws<FileNotFoundException>(() => file.Write(Draft()));
        Assert.DoesNotContain(_disk.Names, static name => name.StartsWith("ledger-", StringComparison.Ordinal));
        _disk.Restore(backup);
        file.Write(Draft());
        Assert.Equal(Rows(Open()), Rows(file));
    }

    /// <summary>Otherwise the state would have half of it, or all of it twice.</summary>
    [Fact]
    public void A_disk_that_refuses_while_it_is_opened_again_leaves_the_state_whole()
    {
        using var file = Open();
        using var other = Open();
        var entry = LedgerHash.New();
        file.Write(Draft(FrameKind.Asked, entry: entry));
        file.Write(Draft());
        var expected = Rows(file);
        other.Compact();
        foreach (var operation in new[] { DiskOperation.List, DiskOperation.Open, DiskOperation.FileLength, DiskOperation.Read })
        {
            _disk.Refuses = call => call.Operation == operation && (call.Name == Second || call.Name.Length == 0);
            Assert.Throws<IOException>(file.ReadOn);
            Assert.Equal(expected.Select(static row => row.Header.Client), Rows(file).Select(static row => row.Header.Client));
            Assert.Single(file.Look(state => state.Entry(entry))!.Frames);
        }

        _disk.Refuses = static _ => false;
        file.ReadOn();
        Assert.Equal(Rows(other), Rows(file));
        Assert.Single(file.Look(state => state.Entry(entry))!.Frames);
        Assert.False(file.WasRolledBack);
    }

    [Fact]
    public void A_failed_write_is_not_in_the_state_although_the_disk_refuses_to_be_read_then()
    {
        using var file = Open();
        file.Write(Draft());
        var refused = false;
        _disk.Refuses = call => refused |= call.Operation == DiskOperation.Append;
        Assert.Throws<IOException>(() => file.Write(Draft()));
        _disk.Refuses = static _ => false;
        file.ReadOn();
        Assert.Single(Rows(file));
        file.Write(Draft());
        Assert.Equal(2, Rows(file).Count);
        Assert.Equal(Rows(Open()), Rows(file));
    }

    [Fact]
    public void A_ledger_that_a_newer_version_writes_on_is_left_alone()
    {
        using var file = Open();
        file.Write(Draft());
        var newer = LedgerBytes.Newer(new FrameCodec(_keys).Seal(Draft(), 2, default, 1).Frame);
        byte[] bytes = [.. _disk[First], .. newer];
        _disk.Overwrite(First, bytes);
        Assert.Throws<FormatException>(() => file.Write(Draft()));
        Assert.Throws<FormatException>(() => file.Compact());
        Assert.Throws<FormatException>(file.ReadOn);
        Assert.Throws<FormatException>(Open);
        Assert.Equal(bytes, _disk[First]);
    }

    [Fact]
    public void A_writer_that_met_an_unexpected_failure_does_not_stop_the_next_one()
    {
        using var file = Open();
        _disk.Refuses = static call => call.Operation == DiskOperation.Flush ? throw new InvalidOperationException("unexpected") : false;
        Assert.Throws<InvalidOperationException>(() => file.Write(Draft()));
        _disk.Refuses = static _ => false;
        Assert.Equal(2, file.Write(Draft()).Sequence);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_frame_is_durable_also_where_its_file_was_replaced_before_or_during_the_flush(bool before)
    {
        var when = before ? DiskOperation.Unlock : DiskOperation.Flush;
        using var file = Open();
        using var other = Open();
        var (draft, process) = (Draft(), _disk.Calls[0].By);
        _disk.Before = call =>
        {
            // Once before the flush, or in the middle of it.
            if (call.Operation == when && call.Name == (when == DiskOperation.Flush ? First : LedgerFile.LockName) && call.By == process)
            {
                _disk.Before = null;
                Assert.True(other.Compact());
                Task.Run(file.ReadOn).Done();
            }
        };
        file.Write(draft);
        _disk.LosePower();
        Assert.Equal(
            [Second],
            _disk.Names.Where(static name =>
                name.StartsWith("ledger-", StringComparison.Ordinal) && name.EndsWith(".dcrl", StringComparison.Ordinal)
            )
        );
        Assert.NotNull(Open().Look(state => state.Client(draft.Header.Client)));
    }

    [Fact]
    public void A_frame_is_flushed_also_where_its_file_was_opened_again_before_the_flush()
    {
        // Where locks do not work: another process wrote at the same time, and the file is read from its beginning.
        _disk.LocksWork = false;
        using var file = Open();
        using var other = Open();
        var process = _disk.Calls[0].By;
        var isFirst = true;
        _disk.Before = call =>
        {
            if (call.By == process && call.Operation == DiskOperation.Append && isFirst)
            {
                isFirst = false;
                other.Write(Draft(), isDurable: false);
            }
            else if (call.By == process && call.Operation == DiskOperation.Unlock)
            {
                _disk.Before = null;
                _disk.ForgetCalls();
                file.ReadOn();
                Assert.Equal(1, _disk.Count(DiskOperation.Open));
            }
        };
        file.Write(Draft());
        Assert.Equal(1, _disk.Count(DiskOperation.Flush, First));
    }

    [Fact]
    public async Task Disposal_waits_for_what_is_being_written()
    {
        var file = Open();
        using var flushes = new ManualResetEventSlim();
        using var mayFlush = new ManualResetEventSlim();
        using var disposes = new ManualResetEventSlim();
        var more = new List<Task<IReadOnlyList<FrameHeader>>>();
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Flush)
            {
                flushes.Set();
                mayFlush.Wait();
            }
            else if (call.Operation == DiskOperation.Append && more.Count < 50)
            {
                // While this one is written, the next one waits.
                more.Add(file.WriteAsync(static _ => [Draft()], isDurable: true));
            }
        };
        var writing = Task.Run(() => file.WriteAsync(static _ => [Draft()], isDurable: true));
        flushes.Wait();
        var disposing = Task.Run(() =>
        {
            disposes.Set();
            file.Dispose();
        });
        disposes.Wait();
        mayFlush.Set();
        await disposing;
        Assert.Equal(1, (await writing)[0].Sequence);
        Assert.Equal(50, (await Task.WhenAll(more)).Length);
    }

    [Fact]
    public void Where_locks_do_not_work_frames_that_were_written_at_the_same_time_are_read_and_told()
    {
        _disk.LocksWork = false;
        using var file = Open();
        using var other = Open();
        var (mine, theirs, isFirst) = (Draft(), Draft(), true);
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Append && isFirst)
            {
                isFirst = false;
                other.Write(theirs);
            }
        };
        Assert.Equal(1, file.Write(mine).Sequence);
        file.ReadOn();
        foreach (var draft in new[] { mine, theirs })
        {
            Assert.True(file.TryOpen(state => Place(state, draft), out _, out var content));
            Assert.Equal(draft.Body, content?.Body);
        }

        Assert.False(file.WasRolledBack);
        Assert.Contains(file.Gaps, static gap => gap is { Length: 0, IsTorn: false });
    }

    private static (FrameHeader Header, long Offset)? Place(LedgerState state, FrameDraft draft) =>
        state.Client(draft.Header.Client) is { } row ? (row.Header, row.Offset) : null;

    private static List<(FrameHeader Header, long Offset)> Rows(LedgerFile file) =>
        file.Look(static state =>
            state.Rows.Select(static row => (row.Header, row.Offset)).OrderBy(static row => row.Header.Sequence).ToList()
        );

    private LedgerFile Open() => new(_disk.Start(), _keys);

    /// <summary>Hands all of them over while another write is being flushed.</summary>
    private List<Task<IReadOnlyList<FrameHeader>>> AllAtOnce(
        LedgerFile file,
        IReadOnlyList<Func<LedgerState, IReadOnlyList<FrameDraft>>> writers
    )
    {
        var tasks = new List<Task<IReadOnlyList<FrameHeader>>>();
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Flush)
            {
                _disk.Before = null;
                tasks.AddRange(writers.Select(writer => file.WriteAsync(writer, isDurable: true)));
            }
        };
        file.Write(Draft());
        Task.WhenAll(tasks).ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
        return tasks;
    }
}
