using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Tests;
using DcrPowerShell.Vaults;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

public class CompactionTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public void What_counts_is_kept_and_the_rest_is_gone()
    {
        for (var seed = 1u; seed <= 10; seed++)
        {
            var (disk, random) = (new DiskDouble(), new Mutator(seed));
            using var ledger = new RegistrationLedger(disk.Start(), _keys);
            WriteAnything(ledger, random, steps: 60);
            var (before, size) = (View(ledger), disk[First].Length);
            ledger.Compact();
            Assert.Equal(before, View(ledger));
            using var again = new RegistrationLedger(disk.Start(), _keys);
            Assert.Equal(before, View(again));
            var (rows, open, live) = ledger.File.Look(static state =>
                (state.Rows.Count, state.Open.Sum(static entry => entry.Frames.Count), state.LiveLength)
            );
            var found = disk.Frames(_keys);
            Assert.Empty(found.Gaps);
            Assert.Equal(rows + open, found.Frames.Count(static frame => frame.Header.Kind != FrameKind.Mark));
            Assert.Equal(
                live,
                found.Frames.Where(static frame => frame.Header.Kind != FrameKind.Mark).Sum(static frame => (long)frame.Header.Length)
            );
            Assert.InRange(found.Frames.Count(static frame => frame.Header.Kind == FrameKind.Mark), 0, 1);
            Assert.True(disk[Second].Length < size);
        }
    }

    [Fact]
    public void Only_the_new_generation_is_left()
    {
        using var file = Open();
        file.Write(Draft());
        Assert.True(file.Compact());
        Assert.True(file.Compact());
        Assert.Equal(["ledger-000003.dcrl"], _disk.Names.Where(static name => name.StartsWith("ledger-0", StringComparison.Ordinal)));
        Assert.DoesNotContain(_disk.Names, static name => name.StartsWith("lost-", StringComparison.Ordinal));
    }

    /// <summary>The last frames are dropped, and their numbers are not given to others.</summary>
    [Fact]
    public void Sequences_go_on_after_the_last_frames_were_dropped()
    {
        using var file = Open();
        var entry = LedgerHash.New();
        file.Write(Draft());
        file.Write(Draft(FrameKind.Asked, entry: entry));
        var closed = file.Write(Draft(FrameKind.Closed, entry: entry));
        var size = file.Size;
        for (var left = 3; left > 0; left--)
        {
            file.Compact();
            Assert.Equal((size.Sequence, size.Epoch), (file.Size.Sequence, file.Size.Epoch));
        }

        using var again = Open();
        Assert.Equal(closed.Sequence + 1, again.Write(Draft()).Sequence);
        Assert.False(file.WasRolledBack);
    }

    [Fact]
    public void An_empty_ledger_is_compacted_to_an_empty_one()
    {
        using var file = Open();
        Assert.True(file.Compact());
        Assert.Equal(1, file.Write(Draft()).Sequence);
        Assert.Equal(1, Open().Look(static state => state.Rows.Count));
    }

    [Fact]
    public void Secrets_that_a_vault_has_are_dropped_and_those_it_lacks_are_not()
    {
        using var ledger = Ledger();
        var stored = ledger.Register("stored", "t1", Vault);
        ledger.Register("pending", "t2", Vault);
        ledger.Register("local", "t3");
        ledger.Vaults.StoredAsync([(Issuer, "stored", stored)]).Done();
        Assert.Contains("secret-of-stored", _disk.Decrypted(_keys), StringComparison.Ordinal);
        ledger.Compact();
        var text = _disk.Decrypted(_keys);
        Assert.DoesNotContain("secret-of-stored", text, StringComparison.Ordinal);
        Assert.DoesNotContain("token-of-stored", text, StringComparison.Ordinal);
        Assert.Contains("secret-of-pending", text, StringComparison.Ordinal);
        Assert.Contains("secret-of-local", text, StringComparison.Ordinal);
        var found = ledger.Registrations.Find(Issuer, "stored")!;
        Assert.Equal((false, false, stored), (found.IsWhole, found.IsPending, found.Sequence));
        Assert.Equal("stored", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        Assert.Equal("pending", Assert.Single(ledger.Vaults.PendingFor(Vault)).Record.ClientId);
    }

    [Fact]
    public void Secrets_of_removed_clients_and_of_closed_requests_are_dropped_and_their_removal_is_kept_for_ever()
    {
        using var ledger = Ledger();
        var sequence = ledger.Register("gone", "t1");
        Assert.NotEqual(0, ledger.Registrations.RemoveAsync(Record("gone", "t1"), since: sequence).Done());
        for (var left = 3; left > 0; left--)
        {
            ledger.Compact();
            Assert.DoesNotContain("secret-of-gone", _disk.Decrypted(_keys), StringComparison.Ordinal);
            using var again = Ledger();
            Assert.True(again.Registrations.WasRemoved(Record("gone", "t1")));
            Assert.Null(again.Registrations.Find(Issuer, "gone"));
            Assert.Null(again.Registrations.FindTenant(Issuer, "t1"));
            Assert.Equal(0, again.Registrations.KeepAsync(Record("gone", "t1"), null, since: sequence).Done());
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Vault)]
    public void A_removal_whose_content_is_damaged_is_whole_again_and_the_client_stays_gone(string? vault)
    {
        using (var first = Ledger())
        {
            first.Register("c1", "t1");
            var sequence = first.Register("gone", "t2", vault);
            first.Registrations.RemoveAsync(Record("gone", "t2"), since: sequence).Done();
        }

        var bytes = _disk[First];
        bytes[bytes.Length - 40] ^= 1;
        _disk[First] = bytes;
        using var ledger = Ledger();
        Assert.Single(ledger.File.Gaps);
        Assert.Empty(ledger.Vaults.RemovalsFor(Vault));
        Assert.True(ledger.Compact());
        Assert.Empty(ledger.File.Gaps);
        Assert.Empty(ledger.Vaults.RemovalsFor(Vault));
        using var again = Ledger();
        Assert.Empty(again.File.Gaps);
        Assert.Equal("c1", Assert.Single(again.Clients()));
        Assert.Null(again.Registrations.Find(Issuer, "gone"));
        Assert.Equal(vault is not null, again.Vaults.Knows(SecretName.For(Issuer, "gone"), Vault));
        Assert.Contains(_disk.Names, static name => name.StartsWith("lost-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_last_frame_that_is_damaged_stays_so_and_is_no_older_copy()
    {
        using (var first = Ledger())
        {
            first.Register("c1", "t1");
            first.Register("c2", "t2");
        }

        var bytes = _disk[First];
        bytes[bytes.Length - 40] ^= 1;
        _disk[First] = bytes;
        using var ledger = Ledger();
        for (var left = 3; left > 0; left--)
        {
            Assert.True(ledger.Compact());
            Assert.False(ledger.File.WasRolledBack);
            Assert.Single(ledger.File.Gaps, static gap => !gap.IsTorn);
            Assert.Equal(2, ledger.Registrations.Count()[0]);
            Assert.True(ledger.Registrations.IsDamaged(Issuer, "c2"));
            using var again = Ledger();
            Assert.Single(again.File.Gaps, static gap => !gap.IsTorn);
            Assert.Equal(2, again.Registrations.Count()[0]);
        }
    }

    [Fact]
    public void A_removal_is_pending_through_compactions_until_its_vault_confirms_it()
    {
        using var ledger = Ledger();
        var sequence = ledger.Register("gone", "t1", Vault);
        var removed = ledger.Registrations.RemoveAsync(Record("gone", "t1"), since: sequence).Done();
        ledger.Compact();
        var pending = Assert.Single(ledger.Vaults.RemovalsFor(Vault));
        Assert.Equal((removed, LedgerRemoval.Of(Record("gone", "t1"))), (pending.Sequence, pending.Removal));
        ledger.Vaults.StoredAsync([(Issuer, "gone", removed)]).Done();
        ledger.Compact();
        Assert.Empty(ledger.Vaults.RemovalsFor(Vault));
        Assert.Empty(ledger.Vaults.PendingFor(Vault));
        Assert.Null(ledger.Registrations.Find(Issuer, "gone"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Frames_written_meanwhile_are_in_the_next_generation_whenever_they_come(bool bySame)
    {
        var more = true;
        for (var when = 0; more; when++)
        {
            var disk = new DiskDouble();
            using var file = new LedgerFile(disk.Start(), _keys);
            using var other = new LedgerFile(disk.Start(), _keys);
            var process = disk.Calls[0].By;
            var (closed, kept) = (LedgerHash.New(), Draft());
            file.Write(Draft(FrameKind.Asked, entry: closed));
            file.Write(kept);
            var (calls, isLocked, drafts, writing) = (
                0,
                false,
                Enumerable.Range(0, 3).Select(static _ => Draft()).ToList(),
                Task.CompletedTask
            );
            drafts.Add(Draft(FrameKind.Closed, entry: closed));
            disk.Before = call =>
            {
                isLocked |= call.Operation == DiskOperation.Lock && call.Name == LedgerFile.LockName;
                if (call.By == process && calls++ == when)
                {
                    // In the second phase it waits for the compaction; and in the first one where that reads under the file's gate.
                    var by = bySame ? file : other;
                    writing = Task.Run(() => by.WriteAsync(_ => drafts, isDurable: true));
                    if (!isLocked && (!bySame || call.Name.EndsWith(".new", StringComparison.Ordinal)))
                    {
                        Assert.True(
                            Task.WhenAny(writing, Task.Delay(HangLimit.OfWait)).Done() == writing,
                            "The writer waits for the compaction."
                        );
                    }
                }
            };
            file.Compact();
            more = calls > when;
            disk.Before = null;
            await writing;
            if (more)
            {
                using var again = new LedgerFile(disk.Start(), _keys);
                other.ReadOn();
                file.ReadOn();
                foreach (var reader in new[] { again, other, file })
                {
                    Assert.All(
                        drafts.Take(3).Append(kept),
                        draft => Assert.NotNull(reader.Look(state => state.Client(draft.Header.Client)))
                    );
                    Assert.Empty(reader.Look(static state => state.Open));
                    Assert.Empty(reader.Gaps);
                }

                Assert.Equal(Second, disk.Newest());
            }
        }
    }

    /// <summary>The lock is held for moments: almost everything is on the disk before.</summary>
    [Fact]
    public void What_counts_is_written_and_flushed_before_the_lock_is_taken()
    {
        using var file = Open();
        file.Write(static _ => Enumerable.Range(0, 2000).Select(static _ => Draft(length: 1000)).ToList());
        _disk.ForgetCalls();
        file.Compact();
        var calls = _disk.Calls.ToList();
        var locked = calls.FindIndex(static call => call.Operation == DiskOperation.Lock && call.Name == LedgerFile.LockName);
        Assert.InRange(
            calls.FindLastIndex(locked, static call => call.Operation == DiskOperation.Flush),
            calls.FindLastIndex(locked, static call => call.Operation == DiskOperation.Append),
            locked
        );
        Assert.True(calls.Skip(locked).Where(static call => call.Operation == DiskOperation.Append).Sum(static call => call.Count) < 1000);
        Assert.True(
            calls.Take(locked).Where(static call => call.Operation == DiskOperation.Append).Sum(static call => call.Count) > 2_000_000
        );
    }

    [Fact]
    public void A_compaction_killed_at_any_disk_call_loses_nothing()
    {
        foreach (var written in new[] { 0, 0.5 })
        {
            var isDone = false;
            for (var calls = 0; !isDone; calls++)
            {
                var disk = new DiskDouble();
                var process = disk.Start();
                var ledger = new RegistrationLedger(process, _keys);
                WriteAnything(ledger, new Mutator(3), steps: 14);
                ledger.Requests.BeginAsync(Intent("last, and flushed")).Done();
                var expected = View(ledger);
                process.KillAfter(calls, written);
                isDone = !Dies(() => ledger.Compact());
                disk.LosePower(kept: written);
                using var again = new RegistrationLedger(disk.Start(), _keys);
                Assert.Equal(expected, View(again));
                again.Register("after", "after");
                again.Compact();
                using var third = new RegistrationLedger(disk.Start(), _keys);
                Assert.Equal(View(again), View(third));
                Assert.Contains("after", third.Clients());
                Assert.Single(disk.Names, static name => name.StartsWith("ledger-0", StringComparison.Ordinal));
            }
        }
    }

    /// <summary>Whoever still has the oldest one open would write to it, and nobody would see that.</summary>
    [Fact]
    public void A_generation_that_a_killed_compaction_left_is_deleted_by_the_next_one()
    {
        using var idle = Open();
        idle.Write(Draft());
        var process = _disk.Start();
        var killed = new LedgerFile(process, _keys);
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Delete && call.Name == First)
            {
                process.Kill();
            }
        };
        Assert.Throws<KilledException>(() => killed.Compact());
        _disk.Before = null;
        Assert.Contains(First, _disk.Names);
        using var next = Open();
        Assert.True(next.Compact());
        Assert.DoesNotContain(First, _disk.Names);
        var draft = Draft();
        idle.Write(draft);
        Assert.NotNull(Open().Look(state => state.Client(draft.Header.Client)));
        Assert.False(idle.WasRolledBack);
    }

    [Fact]
    public void A_compaction_that_fails_leaves_the_ledger_and_the_disks_room_as_they_were()
    {
        using var ledger = Ledger();
        WriteAnything(ledger, new Mutator(4), steps: 30);
        var (expected, names) = (View(ledger), _disk.Names);
        for (var room = 0; room < 3000; room += 500)
        {
            _disk.Room = room;
            Assert.Throws<DcrException>(() => ledger.Compact());
            Assert.Equal(names, _disk.Names.Where(static name => name != "compact.lock"));
            Assert.Equal(expected, View(ledger));
        }

        _disk.Room = long.MaxValue;
        ledger.Compact();
        Assert.Equal(expected, View(ledger));
    }

    [Fact]
    public void Only_one_process_compacts_at_a_time()
    {
        using var file = Open();
        using var other = Open();
        file.Write(Draft());
        var hasTried = false;
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Append)
            {
                _disk.Before = null;
                hasTried = true;
                Assert.False(other.Compact());
            }
        };
        Assert.True(file.Compact());
        Assert.True(hasTried);
        Assert.True(other.Compact());
    }

    [Fact]
    public async Task Threads_that_compact_at_once_do_so_one_after_another_even_where_locks_do_not_work()
    {
        _disk.LocksWork = false;
        using var file = Open();
        var drafts = Enumerable.Range(0, 50).Select(static _ => Draft()).ToList();
        file.Write(_ => drafts);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(file.Compact)));
        Assert.Equal(50, Open().Look(static state => state.Rows.Count));
        Assert.Equal("ledger-000009.dcrl", _disk.Newest());
    }

    [Fact]
    public void A_folder_that_is_put_back_during_a_compaction_is_not_replaced_by_what_was_before()
    {
        using var file = Open();
        file.Write(Draft(length: 100));
        var backup = _disk.Snapshot();
        file.Write(Draft(length: 1000));
        file.Write(Draft(length: 2000));
        var more = true;
        for (var when = 0; more; when++)
        {
            var disk = new DiskDouble();
            disk.Restore(_disk.Snapshot());
            using var compactor = new LedgerFile(disk.Start(), _keys);
            var (calls, isLocked) = (0, false);
            disk.Before = call =>
            {
                isLocked |= call.Operation == DiskOperation.Lock && call.Name == LedgerFile.LockName;
                if (!isLocked && calls++ == when)
                {
                    disk.Restore(backup);
                }
            };
            Assert.True(!compactor.Compact() || calls <= when || when < 3);
            more = calls > when;
            disk.Before = null;
            using var again = new LedgerFile(disk.Start(), _keys);
            Assert.Equal(more ? 1 : 3, again.Look(static state => state.Rows.Count));
            Assert.Empty(again.Gaps);
        }
    }

    [Fact]
    public void A_new_key_seals_all_frames_and_the_old_one_opens_none()
    {
        using var ledger = Ledger();
        WriteAnything(ledger, new Mutator(6), steps: 40);
        var expected = View(ledger);
        _keys.Renew();
        ledger.Register("later", "later");
        ledger.Compact();
        Assert.All(_disk.Frames(_keys).Frames, frame => Assert.Equal(_keys.Active.Id, frame.Header.KeyId));
        _keys.ForgetOlder();
        using var again = Ledger();
        Assert.Equal(View(ledger), View(again));
        Assert.Empty(expected.Except(View(again)));
        Assert.Contains("later", again.Clients());
        Assert.Empty(again.File.Gaps);
    }

    /// <summary>A registration that closes its request is sealed with another key, and still closes it.</summary>
    [Fact]
    public void What_another_process_writes_with_the_old_key_meanwhile_means_the_same_afterwards()
    {
        var old = _keys.Copy();
        using var ledger = Ledger();
        using var other = new RegistrationLedger(_disk.Start(), old);
        var intent = Intent("t1");
        var entry = ((Begun.Entry)other.Requests.BeginAsync(intent).Done()).Id;
        _keys.Renew();
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Append)
            {
                _disk.Before = null;
                other.Registrations.KeepAsync(Record("c1", "t1"), null, entry, closes: true, isDurable: true).Done();
            }
        };
        ledger.Compact();
        Assert.Empty(ledger.Requests.Open());
        Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        _keys.ForgetOlder();
        using var again = Ledger();
        Assert.Empty(again.Requests.Open());
        Assert.Equal(["c1"], again.Clients());
    }

    [Fact]
    public void Damaged_and_torn_bytes_are_set_aside()
    {
        using (var ledger = Ledger())
        {
            ledger.Register("c1", "t1");
            ledger.Register("c2", "t2");
        }

        var frames = _disk.Frames(_keys).Frames;
        var torn = Encoding.ASCII.GetBytes("what a killed writer left");
        var bytes = _disk[First];
        var damaged = frames.Last(static frame => frame.Header.Kind == FrameKind.Asked);
        bytes[damaged.Offset + 3] ^= 1;
        _disk[First] = [.. bytes, .. torn];
        using var file = Open();
        file.Write(Draft());
        byte[] tail = [.. _disk[First], .. Encoding.ASCII.GetBytes("tail")];
        _disk.Overwrite(First, tail);
        Assert.True(file.Compact());
        var lost = _disk["lost-" + First];
        Assert.Equal([.. bytes.Skip((int)damaged.Offset).Take(damaged.Header.Length), .. torn, .. Encoding.ASCII.GetBytes("tail")], lost);
        Assert.Empty(file.Gaps);
        file.Compact();
        Assert.Equal(lost, _disk["lost-" + First]);
    }

    [Fact]
    public void A_damaged_registration_keeps_its_tenant_through_a_compaction()
    {
        using (var ledger = Ledger())
        {
            ledger.Register("c1", "t1");
            ledger.Register("c2", "t2");
        }

        var kept = _disk.Frames(_keys).Frames.First(static frame => frame.Header.Kind == FrameKind.Kept);
        var bytes = _disk[First];
        bytes[kept.Offset + FrameHeader.Size + 20] ^= 1;
        _disk[First] = bytes;
        using var again = Ledger();
        again.Compact();
        Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(() => again.Registrations.FindTenant(Issuer, "t1")).ErrorId);
        Assert.Equal("c2", again.Registrations.FindTenant(Issuer, "t2")!.Record.ClientId);
        Assert.Equal(bytes.AsSpan((int)kept.Offset, kept.Header.Length).ToArray(), _disk["lost-" + First]);
    }

    [Fact]
    public void A_large_file_of_which_half_is_dead_is_compacted_on_its_own()
    {
        using var file = Open();
        var (client, compacted) = (LedgerHash.New(), new System.Threading.ManualResetEventSlim());
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Delete && call.Name == First)
            {
                compacted.Set();
            }
        };
        for (var left = 3; left > 0; left--)
        {
            file.Write(Draft(client: client, length: 1024 * 1024));
        }

        Assert.Equal(First, _disk.Newest());
        file.Write(Draft(client: client, length: 1024 * 1024));
        file.Write(Draft(client: client, length: 1024 * 1024));
        Assert.True(compacted.Wait(HangLimit.OfWait));
    }

    private static bool Dies(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (KilledException)
        {
            return true;
        }
    }

    /// <summary>Registrations, changes, removals and open requests, as chance will have it.</summary>
    private static void WriteAnything(RegistrationLedger ledger, Mutator random, int steps)
    {
        var known = new Dictionary<string, (string? Vault, long Sequence)>();
        for (var step = 0; step < steps; step++)
        {
            var client = known.Count == 0 ? null : random.One(known.Keys.OrderBy(static id => id, StringComparer.Ordinal).ToList());
            switch (random.Below(8))
            {
                case 0 or 1 or 2 or 3 when client is null:
                case 4:
                    var (id, vault) = ("c" + step, random.Below(2) == 0 ? Vault : null);
                    known[id] = (vault, ledger.Register(id, "t-" + id, vault));
                    break;
                case 0:
                    known[client!] = (
                        known[client!].Vault,
                        ledger.Registrations.KeepAsync(Record(client!, "t-" + client, "secret-" + step), known[client!].Vault).Done()
                    );
                    break;
                case 1:
                    ledger.Vaults.StoredAsync([(Issuer, client!, known[client!].Sequence)]).Done();
                    break;
                case 2:
                    known[client!] = (
                        known[client!].Vault,
                        Math.Max(
                            known[client!].Sequence,
                            ledger.Registrations.RemoveAsync(Record(client!), since: known[client!].Sequence).Done()
                        )
                    );
                    break;
                case 3:
                    ledger.Vaults.KnowAsync([Record("known-" + step, "known-" + step)], Vault).Done();
                    break;
                case 5:
                    ledger.Requests.BeginAsync(Intent("open-" + step)).Done();
                    break;
                case 6:
                    var answered = ((Begun.Entry)ledger.Requests.BeginAsync(Intent("answered-" + step)).Done()).Id;
                    ledger.Requests.AnsweredAsync(answered, Intent("answered-" + step), Answer("a" + step)).Done();
                    ledger.Requests.OrphanAsync(random.Below(2) == 0 ? [answered] : []).Done();
                    break;
                default:
                    var refused = ((Begun.Entry)ledger.Requests.BeginAsync(Intent("refused-" + step)).Done()).Id;
                    ledger.Requests.CloseAsync([refused]).Done();
                    break;
            }
        }
    }

    /// <summary>What a ledger says, but for the secrets that a compaction may drop.</summary>
    private static List<string> View(RegistrationLedger ledger)
    {
        ledger.ReadOn();
        var view = ledger.File.Look(static state =>
            state
                .Rows.Select(static row =>
                    $"{row.Client} {row.Header.Sequence} {row.Header.Tenant} {row.IsRemoved} {row.IsPending} "
                        + $"{(row.IsPending ? row.Header.Place : 0)} {row.IsWhole && !row.IsStored}"
                )
                .ToList()
        );
        view.AddRange(ledger.Registrations.List(null).Select(static row => row.Record.ToJson()));
        view.AddRange(ledger.Vaults.PendingFor(Vault).Select(static row => row.Record.ToJson()));
        view.AddRange(ledger.Vaults.RemovalsFor(Vault).Select(static removal => removal.ToString()));
        view.AddRange(
            ledger
                .Requests.Open()
                .Select(static entry =>
                    $"{entry.Id} {entry.Intent!.Tenant} "
                    + $"{string.Join(",", entry.Answers.Select(static answer => answer.Sequence + Encoding.UTF8.GetString(answer.Body)))}"
                )
        );
        view.Sort(StringComparer.Ordinal);
        return view;
    }

    private LedgerFile Open() => new(_disk.Start(), _keys);

    private RegistrationLedger Ledger() => new(_disk.Start(), _keys);
}
