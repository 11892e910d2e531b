using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>A ledger with spoilt bytes: what is lost is said, and no tenant is registered twice for it.</summary>
public class LedgerDamageTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public async Task A_damaged_registration_is_an_error_and_its_tenant_stays_taken()
    {
        using (var first = Open())
        {
            first.Register("c1", "t1");
            first.Register("c2", "t2");
        }

        Spoil(static header => header.Kind == FrameKind.Kept);
        using var ledger = Open();
        Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(() => ledger.Registrations.Find(Issuer, "c1")).ErrorId);
        Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(() => ledger.Registrations.FindTenant(Issuer, "t1")).ErrorId);
        Assert.Equal(
            DcrErrorId.StoreDamaged,
            (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t1")))).ErrorId
        );
        var damaged = 0;
        Assert.Equal("c2", Assert.Single(ledger.Registrations.List(Issuer, count => damaged = count)).Record.ClientId);
        Assert.Equal(1, damaged);
        Assert.Equal("c2", ledger.Registrations.Find(Issuer, "c2")!.Record.ClientId);
        Assert.Contains(ledger.File.Gaps, static gap => !gap.IsTorn);

        // It can be brought back.
        await ledger.Registrations.KeepAsync(Record("c1", "t1"), null);
        Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
    }

    /// <summary>Where the header is lost, nobody knows whose tenant it was: any that seems to be new may be that one.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task Where_a_registration_is_lost_without_a_trace_no_new_tenant_is_registered_until_it_is_given_up(
        int which,
        bool isCompacted
    )
    {
        IReadOnlyList<FrameDraft> backup;
        using (var first = Open())
        {
            first.Register("c1", "t1");
            first.Register("c2", "t2");
            backup = first.Backup.Contents();

            // Until then the tenant stays taken by its request.
            Assert.True(first.Compact());
        }

        SpoilHeader(_disk.Frames(_keys).Frames.Where(static frame => frame.Header.Kind == FrameKind.Kept).ElementAt(which).Offset);
        if (isCompacted)
        {
            using var compacting = Open();
            Assert.True(compacting.Compact());
            Assert.True(compacting.Compact());
        }

        using (var ledger = Open())
        {
            var (kept, lost) = which == 0 ? ("t2", "t1") : ("t1", "t2");
            var error = await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent(lost)));
            Assert.Equal(DcrErrorId.StoreDamaged, error.ErrorId);
            Assert.Contains("Restore-DcrRegistration", error.RecommendedAction);
            Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent(kept)));
            Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent(null)));
            Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t3"), allowsDuplicate: true));
            Assert.IsType<Begun.Entry>(
                await ledger.Requests.BeginAsync(Intent(null) with { Operation = LedgerOperation.Update, ClientId = "c" })
            );

            await ledger.Backup.RestoreAsync(LedgerHash.Parse(ledger.Id), backup);
            Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent(lost)));
            await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t4")));
            Assert.True(await ledger.GiveUpLostAsync());
            Assert.False(await ledger.GiveUpLostAsync());
            Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t4")));
        }

        using var again = Open();
        Assert.IsType<Begun.Entry>(await again.Requests.BeginAsync(Intent("t5")));
        Assert.True(again.Compact());
        Assert.IsType<Begun.Entry>(await again.Requests.BeginAsync(Intent("t6")));
    }

    [Fact]
    public async Task A_damaged_audit_key_is_followed_by_another_until_a_backup_brings_it_back()
    {
        (string Id, byte[] Bytes) key;
        IReadOnlyList<FrameDraft> backup;
        using (var first = Open())
        {
            key = await first.Secrets.AuditKeyAsync();
            backup = first.Backup.Contents();
        }

        Spoil(static header => header.Kind == FrameKind.Secret);
        using (var ledger = Open())
        {
            var next = await ledger.Secrets.AuditKeyAsync();
            Assert.NotEqual(key.Id, next.Id);
            Assert.Null(ledger.Secrets.FindAuditKey(key.Id));
            Assert.Equal(next.Bytes, ledger.Secrets.FindAuditKey(next.Id));
            Assert.Empty(ledger.Secrets.Names());
            Assert.True(ledger.Compact());
            Assert.Equal(next.Id, (await ledger.Secrets.AuditKeyAsync()).Id);
        }

        using var again = Open();
        await again.Backup.RestoreAsync(LedgerHash.Parse(again.Id), backup);
        Assert.Equal(key.Bytes, again.Secrets.FindAuditKey(key.Id));
        Assert.Equal(key.Id, (await again.Secrets.AuditKeyAsync()).Id);
    }

    [Fact]
    public async Task A_damaged_registration_can_be_taken_from_a_backup_or_dropped()
    {
        IReadOnlyList<FrameDraft> backup;
        using (var first = Open())
        {
            first.Register("c1", "t1");
            await first.Secrets.KeepAsync("s", "text");
            first.Register("v1", "tv", Vault);
            backup = first.Backup.Contents();
            first.Register("c2", "t2");
        }

        Spoil(static header => header.Kind is FrameKind.Kept or FrameKind.Secret, all: true);
        using var ledger = Open();
        var error = Assert.Throws<DcrException>(() => ledger.Registrations.FindTenant(Issuer, "t1"));
        Assert.Contains("tenant 't1'", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "client 'c1'",
            Assert.Throws<DcrException>(() => ledger.Registrations.Find(Issuer, "c1")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("secret 's'", Assert.Throws<DcrException>(() => ledger.Secrets.Find("s")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "tenant 't1'",
            (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t1")))).Message,
            StringComparison.Ordinal
        );

        // Others are not held up by them.
        Assert.Empty(ledger.Vaults.PendingFor(Vault));
        Assert.Empty(ledger.Registrations.Issuers());

        Assert.Equal(
            ["c1", "v1"],
            (await ledger.Backup.RestoreAsync(LedgerHash.Parse(ledger.Id), backup))
                .Select(static taken => taken.ClientId)
                .OrderBy(static id => id, StringComparer.Ordinal)
        );
        Assert.Equal("token-of-c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.RegistrationAccessToken);
        Assert.Equal("text", ledger.Secrets.Find("s"));
        Assert.Equal("v1", Assert.Single(ledger.Vaults.PendingFor(Vault)).Record.ClientId);
        Assert.Empty(await ledger.Backup.RestoreAsync(LedgerHash.Parse(ledger.Id), backup));

        Assert.True(ledger.Registrations.IsDamaged(Issuer, "c2"));
        Assert.NotEqual(0, await ledger.Registrations.RemoveAsync(Record("c2")));
        Assert.False(ledger.Registrations.IsDamaged(Issuer, "c2"));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
    }

    /// <summary>The vault that has it makes it whole, not the backup.</summary>
    [Fact]
    public async Task A_damaged_registration_that_a_vault_has_holds_up_no_backup()
    {
        IReadOnlyList<FrameDraft> backup;
        using (var first = Open())
        {
            await first.Vaults.StoredAsync([(Issuer, "v1", first.Register("v1", "tv", Vault))]);
            backup = first.Backup.Contents();
        }

        Spoil(static header => header.Kind == FrameKind.Kept);
        using var ledger = Open();
        var taken = await ledger.Backup.RestoreAsync(LedgerHash.Parse(ledger.Id), backup);
        Assert.Empty(taken);
        Assert.Null(StoreOperation.LeftWarning(ledger, backup, taken));
    }

    [Fact]
    public async Task The_last_registration_keeps_its_tenant_although_it_is_damaged()
    {
        using (var first = Open())
        {
            first.Register("c1", "t1");
        }

        Spoil(static header => header.Kind == FrameKind.Kept);
        using var ledger = Open();
        Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(() => ledger.Registrations.Find(Issuer, "c1")).ErrorId);
        Assert.Equal(
            DcrErrorId.StoreDamaged,
            (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent("t1")))).ErrorId
        );
    }

    [Fact]
    public async Task A_damaged_intent_keeps_its_tenant_taken()
    {
        using (var first = Open())
        {
            await first.Requests.BeginAsync(Intent("t1"));
        }

        Spoil(static header => header.Kind == FrameKind.Asked);
        using var ledger = Open();
        Assert.Null(Assert.IsType<Begun.Open>(await ledger.Requests.BeginAsync(Intent("t1"))).Other.Intent);
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
        await ledger.Requests.CloseAsync([ledger.Requests.Open().Single(static entry => entry.Intent is null).Id]);
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    [Fact]
    public async Task An_answer_is_read_although_its_intent_is_damaged()
    {
        using (var first = Open())
        {
            var entry = Assert.IsType<Begun.Entry>(await first.Requests.BeginAsync(Intent("t1"))).Id;
            await first.Requests.AnsweredAsync(entry, Intent("t1"), Answer("c1"));
        }

        Spoil(static header => header.Kind == FrameKind.Asked);
        using var ledger = Open();
        var open = Assert.Single(ledger.Requests.Open());
        Assert.Equal("t1", open.Intent!.Tenant);
        Assert.Single(open.Answers);
    }

    /// <summary>Where a registration's header is lost, its request is open again, and has the answer.</summary>
    [Fact]
    public async Task One_spoilt_byte_anywhere_lets_nobody_register_a_tenant_again()
    {
        using (var first = Open())
        {
            first.Register("c1", "t1");
            await first.Requests.BeginAsync(Intent("t2"));
            first.Register("c3", "t3");
        }

        var bytes = _disk[First];
        for (var place = 0; place < bytes.Length; place += 5)
        {
            var disk = new DiskDouble();
            disk[First] = bytes.Select((value, index) => (byte)(index == place ? value ^ 4 : value)).ToArray();
            using var ledger = new RegistrationLedger(disk.Start(), _keys);
            foreach (var tenant in new[] { "t1", "t2", "t3" })
            {
                try
                {
                    Assert.IsNotType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent(tenant)));
                }
                catch (DcrException failure)
                {
                    Assert.Equal(DcrErrorId.StoreDamaged, failure.ErrorId);
                }
            }

            // The last header looks like what is being written, until somebody writes behind it.
            await ledger.GiveUpLostAsync();
            ledger.Register("later", "later");
            Assert.NotEmpty(ledger.File.Gaps);
        }
    }

    /// <summary>For more of them: DCR_FUZZ_CASES=1000000.</summary>
    [Fact]
    public async Task A_spoilt_ledger_gives_only_documented_errors_and_takes_new_registrations()
    {
        using (var first = Open())
        {
            first.Register("c1", "t1");
            first.Register("c2", "t2", Vault);
            await first.Requests.BeginAsync(Intent("t3"));
            await first.Registrations.RemoveAsync(Record("c1", "t1"), since: long.MaxValue - 1);
            await first.Vaults.StoredAsync([(Issuer, "c2", 6)]);
        }

        var (seeds, random) = (new[] { _disk[First] }, new Mutator(17));
        for (var left = LedgerFuzz.Cases / 3; left > 0; left--)
        {
            var disk = new DiskDouble();
            disk[First] = LedgerFuzz.Spoil(random, seeds);
            try
            {
                using var ledger = new RegistrationLedger(disk.Start(), _keys);
                foreach (
                    var action in new Action[]
                    {
                        () => ledger.Registrations.Find(Issuer, "c2"),
                        () => ledger.Registrations.FindTenant(Issuer, "t2"),
                        () => ledger.Clients(),
                        () => ledger.Requests.Open(),
                        () => ledger.Vaults.PendingFor(Vault),
                        () => ledger.Vaults.RemovalsFor(Vault),
                        () => ledger.Requests.BeginAsync(Intent("t2")).Done(),
                        () => ledger.Requests.BeginAsync(Intent("t3")).Done(),
                    }
                )
                {
                    try
                    {
                        action();
                    }
                    catch (DcrException failure) when (failure.ErrorId == DcrErrorId.StoreDamaged)
                    {
                        // Something of that registration was spoilt.
                    }
                }

                await ledger.GiveUpLostAsync();
                ledger.Register("new", "new");
                ledger.Compact();
                Assert.Equal("new", ledger.Registrations.FindTenant(Issuer, "new")!.Record.ClientId);
            }
            catch (DcrException failure) when (failure.InnerException is FormatException)
            {
                // It looks like a newer one.
            }
        }
    }

    private RegistrationLedger Open() => new(_disk.Start(), _keys);

    /// <summary>Changes a byte in the content of the first such frame.</summary>
    /// <param name="all">All such frames; else the first.</param>
    private void Spoil(Func<FrameHeader, bool> which, bool all = false)
    {
        var bytes = _disk[First];
        foreach (var (_, offset) in _disk.Frames(_keys).Frames.Where(frame => which(frame.Header)).Take(all ? int.MaxValue : 1))
        {
            bytes[offset + FrameHeader.Size + 20] ^= 1;
        }

        _disk[First] = bytes;
    }

    private void SpoilHeader(long offset)
    {
        var bytes = _disk[_disk.Newest()];
        bytes[offset + 80] ^= 1;
        _disk[_disk.Newest()] = bytes;
    }
}
