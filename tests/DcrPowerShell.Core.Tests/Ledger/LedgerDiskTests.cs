using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>A ledger on a disk that is full, read-only, gone or killed midway.</summary>
public class LedgerDiskTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_read_and_nothing_is_begun_in_it()
    {
        using (var first = Open())
        {
            first.Register("c1", "t1");
            await first.Requests.BeginAsync(Intent("t2"));
        }

        var before = _disk.Snapshot();
        using (var ledger = new RegistrationLedger(new ReadOnlyFolder(_disk.Start(), new IOException("it is read-only")), _keys))
        {
            Assert.Equal("token-of-c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.RegistrationAccessToken);
            Assert.Single(ledger.Requests.Open());
            Assert.Equal(
                4,
                ledger.Backup.Contents().Count + ledger.Registrations.List(Issuer).Count() + ledger.Registrations.Issuers().Count
            );
            var error = await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t3")));
            Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
            Assert.Contains("it is read-only", error.Message, StringComparison.Ordinal);
        }

        var after = _disk.Snapshot();
        Assert.Equal(before.Count, after.Count);
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
    }

    [Fact]
    public async Task A_request_is_not_begun_where_the_disk_refuses_and_its_tenant_stays_free()
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        foreach (var refused in new[] { DiskOperation.Append, DiskOperation.Flush })
        {
            var left = 1;
            _disk.Refuses = call => call.Operation == refused && call.Name == _disk.Newest() && left-- > 0;
            var failure = await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t2")));
            Assert.Equal(DcrErrorId.StoreReadOnly, failure.ErrorId);
            Assert.Empty(ledger.Requests.Open());
            using var other = Open();
            Assert.Empty(other.Requests.Open());
        }

        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_begun_until_there_is_room()
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        var size = _disk.Frames(_keys).Frames[0].Header.Length;
        for (var room = 0; room < size; room += 50)
        {
            _disk.Room = room;
            Assert.Equal(
                DcrErrorId.StoreReadOnly,
                (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t2")))).ErrorId
            );
            Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        }

        _disk.Room = long.MaxValue;
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
        using var again = Open();
        Assert.Single(again.Requests.Open());
        Assert.All(again.File.Gaps, static gap => Assert.True(gap.IsTorn));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused_at_opening()
    {
        _disk.Refuses = static call => call.Operation == DiskOperation.Open;
        Assert.Equal(DcrErrorId.StoreReadOnly, Assert.Throws<DcrException>(Open).ErrorId);
    }

    [Fact]
    public async Task A_store_that_was_removed_under_a_process_is_told_and_not_begun_again()
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        _disk.Restore(new Dictionary<string, byte[]>());
        foreach (
            var act in new Func<Task>[]
            {
                () => ledger.Requests.BeginAsync(Intent("t2")),
                () => Task.Run(() => ledger.Registrations.FindTenant(Issuer, "t1")),
            }
        )
        {
            var failure = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.StoreReadOnly, failure.ErrorId);
            Assert.Contains("is not there any more", failure.Message);
            Assert.Contains("Put it back", failure.RecommendedAction);
        }

        Assert.DoesNotContain(_disk.Names, static name => name.EndsWith(".dcrl", StringComparison.Ordinal));
    }

    /// <summary>What to do about a disk that refuses depends on why.</summary>
    [Theory]
    [InlineData(28, "Make room on the disk")]
    [InlineData(unchecked((int)0x80070070), "Make room on the disk")]
    [InlineData(30, "writable for this account")]
    [InlineData(5, "See to the disk")]
    public void What_a_failure_of_the_disk_means_is_said(int code, string next) =>
        Assert.Contains(next, StoreErrors.NotWritable("folder", new IOException("it refuses", code)).RecommendedAction);

    [Fact]
    public void What_a_refusal_of_rights_means_is_said()
    {
        Assert.Contains(
            "writable for this account",
            StoreErrors.NotWritable("folder", new UnauthorizedAccessException("no")).RecommendedAction
        );
        Assert.Contains("this account's alone", StoreErrors.NotWritable("folder", new NotPrivateException("no")).RecommendedAction);
        Assert.Contains("Put it back", StoreErrors.NotWritable("folder", new DirectoryNotFoundException("no")).RecommendedAction);
    }

    [Fact]
    public async Task The_room_for_answers_ends_with_its_process()
    {
        var (ended, killed) = (Open(), Open());
        await ended.Requests.BeginAsync(Intent("t1"));
        await killed.Requests.BeginAsync(Intent("t2"));
        Assert.Equal(2, _disk.Names.Count(static name => name.StartsWith("room-", StringComparison.Ordinal)));
        ended.Dispose();
        Assert.Single(_disk.Names, static name => name.StartsWith("room-", StringComparison.Ordinal));
        killed.Dispose();
    }

    [Fact]
    public void Where_nothing_can_be_written_the_ledger_lives_in_memory()
    {
        using var ledger = new RegistrationLedger(new MemoryFolder(), _keys);
        Assert.NotNull(ledger.WhyInMemory);
        ledger.Register("c1", "t1", Vault);
        ledger.Requests.BeginAsync(Intent("t2")).Done();
        ledger.Compact();
        Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        Assert.True(Assert.Single(ledger.Requests.Open()).IsUnderWay);
        using var disk = Open();
        Assert.Null(disk.WhyInMemory);
    }

    [Theory]
    [InlineData(0.5, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(0.5, true)]
    public void Killed_at_any_disk_call_nothing_acknowledged_is_lost_and_nothing_is_there_twice(double written, bool losesPower)
    {
        var isDone = false;
        for (var calls = 0; !isDone; calls++)
        {
            var disk = new DiskDouble();
            var process = disk.Start();
            process.KillAfter(calls, written);
            var work = new Work(disk, _keys);
            isDone = work.Run(process);
            if (losesPower)
            {
                disk.LosePower(written);
            }

            process.Kill();
            work.Check(disk.Start(), losesPower);
        }
    }

    private RegistrationLedger Open() => new(_disk.Start(), _keys);

    /// <summary>What a session does, and what it was told to be done.</summary>
    private sealed class Work(DiskDouble disk, ILedgerKeys keys)
    {
        private readonly HashSet<string> _told = [];

        /// <returns>False where the process was killed.</returns>
        public bool Run(DiskProcess process)
        {
            try
            {
                using var ledger = new RegistrationLedger(process, keys);
                Register(ledger, "c1", null);
                Register(ledger, "c2", Vault);
                var sequence = ledger.Registrations.Find(Issuer, "c2")!.Sequence;
                ledger.Vaults.StoredAsync([(Issuer, "c2", sequence)]).Done();
                _told.Add("stored c2");
                ledger.Compact();
                _told.Add("compacted");
                Register(ledger, "c3", Vault);
                ledger.Registrations.RemoveAsync(Record("c1", "c1"), since: ledger.Registrations.Find(Issuer, "c1")!.Sequence).Done();
                _told.Add("removed c1");
                ledger.Requests.BeginAsync(Intent("c4")).Done();
                _told.Add("asked c4");
                ledger.Compact();
                Register(ledger, "c5", null);
                return true;
            }
            catch (KilledException)
            {
                return false;
            }
        }

        public void Check(DiskProcess process, bool lostPower)
        {
            using var ledger = new RegistrationLedger(process, keys);
            var open = ledger.Requests.Open().ToDictionary(static entry => entry.Intent!.Tenant!);
            foreach (var client in new[] { "c1", "c2", "c3", "c4", "c5" })
            {
                var found = ledger.Registrations.FindTenant(Issuer, client);
                var isOpen = open.TryGetValue(client, out var entry);
                Assert.True(!_told.Contains("kept " + client) || lostPower || !isOpen);
                Assert.True(!_told.Contains("answered " + client) || found is not null || entry?.Answers.Count == 1 || client == "c1");
                Assert.True(!_told.Contains("asked " + client) || found is not null || isOpen || client == "c1");
                Assert.True(!_told.Contains("kept " + client) || lostPower || found is not null || client == "c1");
                Assert.True(found is null || !isOpen);
                Assert.True(found is not { IsWhole: true } || found.Record.ClientSecret == "secret-of-" + client);
            }

            Assert.True(!_told.Contains("removed c1") || ledger.Registrations.Find(Issuer, "c1") is null);
            Assert.True(!_told.Contains("compacted") || !ledger.Registrations.Find(Issuer, "c2")!.IsPending);
            Assert.True(!_told.Contains("stored c2") || lostPower || !ledger.Registrations.Find(Issuer, "c2")!.IsPending);

            // The next process goes on where this one stopped.
            var frames = disk.Frames(keys);
            Assert.Equal(frames.Sequences.Distinct().OrderBy(static sequence => sequence), frames.Sequences);
            Assert.All(ledger.File.Gaps, static gap => Assert.True(gap.IsTorn));
            Assert.IsType<Begun.Entry>(ledger.Requests.BeginAsync(Intent("next")).Done());
            foreach (var client in new[] { "c1", "c2", "c3", "c4", "c5" })
            {
                Assert.Equal(
                    !open.ContainsKey(client) && ledger.Registrations.FindTenant(Issuer, client) is null,
                    ledger.Requests.BeginAsync(Intent(client)).Done() is Begun.Entry
                );
            }
        }

        private void Register(RegistrationLedger ledger, string client, string? vault)
        {
            var intent = Intent(client, vault);
            var entry = ((Begun.Entry)ledger.Requests.BeginAsync(intent).Done()).Id;
            _told.Add("asked " + client);
            ledger.Requests.AnsweredAsync(entry, intent, Answer(client)).Done();
            _told.Add("answered " + client);
            ledger.Registrations.KeepAsync(Record(client, client), vault, entry, closes: true).Done();
            _told.Add("kept " + client);
        }
    }
}
