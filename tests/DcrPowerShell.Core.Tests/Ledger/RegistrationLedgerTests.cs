using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

public class RegistrationLedgerTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    [Fact]
    public async Task Of_two_processes_that_begin_an_audit_log_both_have_the_same_key()
    {
        using var one = Open();
        using var other = Open();
        var keys = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(worker => Task.Run((worker % 2 == 0 ? one : other).Secrets.AuditKeyAsync))
        );
        Assert.Single(keys.Select(static key => key.Id + Convert.ToBase64String(key.Bytes)).Distinct());
        Assert.Equal((one.Id, 32), (keys[0].Id, keys[0].Bytes.Length));
    }

    [Fact]
    public async Task What_is_older_never_overwrites_what_is_newer()
    {
        using var ledger = Open();
        var first = ledger.Register("c1", "t1");
        var second = await ledger.Registrations.KeepAsync(Record("c1", "t1", "newer"), null);
        Assert.Equal(0, await ledger.Registrations.KeepAsync(Record("c1", "t1", "older"), null, since: first));
        Assert.Equal("newer", ledger.Registrations.Find(Issuer, "c1")!.Record.ClientSecret);
        Assert.Equal(0, await ledger.Registrations.RemoveAsync(Record("c1", "t1"), since: first));
        Assert.Equal("newer", ledger.Registrations.Find(Issuer, "c1")!.Record.ClientSecret);
        Assert.True(await ledger.Registrations.KeepAsync(Record("c1", "t1", "newest"), null, since: second) > second);
    }

    [Fact]
    public async Task What_was_read_before_another_change_is_neither_moved_nor_replaced_by_what_a_vault_has()
    {
        using var ledger = Open();
        var first = ledger.Register("c1", "t1", Vault);
        await ledger.Registrations.KeepAsync(Record("c1", "t1", "newer"), Vault);
        Assert.Equal(0, await ledger.Registrations.MoveAsync(Record("c1", "t1", "older"), to: null, from: Vault, first));
        Assert.Equal(0, await ledger.Vaults.KnowAsync([Record("c1", "t1", "older")], Vault, replaces: first));
        Assert.Equal("newer", ledger.Registrations.Find(Issuer, "c1")!.Record.ClientSecret);
        await ledger.Registrations.RemoveAsync(Record("c1", "t1", "newer"));
        Assert.Equal(0, await ledger.Registrations.MoveAsync(Record("c1", "t1", "older"), to: null, from: Vault, first));
        Assert.Null(ledger.Registrations.Find(Issuer, "c1"));
    }

    /// <summary>A move that was interrupted leaves it in its former vault.</summary>
    [Fact]
    public async Task What_was_removed_after_it_was_moved_is_not_taken_in_from_its_former_vault()
    {
        using var ledger = Open();
        var record = Record("c1", "t1");
        ledger.Register("c1", "t1", Vault);
        await ledger.Registrations.MoveAsync(record, to: null, from: Vault, ledger.Registrations.Find(Issuer, "c1")!.Sequence);
        await ledger.Registrations.RemoveAsync(record);
        Assert.True(ledger.Vaults.Knows(record.SecretName, Vault));
        await ledger.Vaults.KnowAsync([record], Vault);
        Assert.Null(ledger.Registrations.Find(Issuer, "c1"));
        Assert.Single(ledger.Vaults.LeftoversIn(Vault));
    }

    [Fact]
    public async Task What_came_back_to_a_vault_before_it_was_forgotten_there_is_no_leftover()
    {
        using var ledger = Open();
        var record = Record("c1", "t1");
        ledger.Register("c1", "t1", Vault);
        await ledger.Registrations.MoveAsync(record, to: null, from: Vault, ledger.Registrations.Find(Issuer, "c1")!.Sequence);
        Assert.Single(ledger.Vaults.LeftoversIn(Vault));
        var sequence = await ledger.Registrations.MoveAsync(
            record,
            to: Vault,
            from: null,
            ledger.Registrations.Find(Issuer, "c1")!.Sequence
        );
        await ledger.Vaults.StoredAsync([(Issuer, "c1", sequence)]);
        Assert.Empty(ledger.Vaults.LeftoversIn(Vault));
    }

    [Fact]
    public async Task An_older_answer_does_not_bring_back_what_was_removed()
    {
        using var ledger = Open();
        var sequence = ledger.Register("c1", "t1");
        Assert.True(await ledger.Registrations.RemoveAsync(Record("c1", "t1"), since: sequence) > sequence);
        Assert.Equal(0, await ledger.Registrations.KeepAsync(Record("c1", "t1"), null, since: sequence));
        Assert.Equal(0, await ledger.Registrations.RemoveAsync(Record("c1", "t1"), since: long.MaxValue));
        Assert.Null(ledger.Registrations.Find(Issuer, "c1"));
        Assert.False(ledger.Vaults.Knows(Record("c1").SecretName, Vault));
    }

    [Fact]
    public async Task What_a_vault_holds_is_taken_in_where_nothing_is_known_and_never_over_a_living_or_a_pending_removal()
    {
        using var ledger = Open();
        ledger.Register("living", "t1", Vault);
        var removed = ledger.Register("removed", "t2", Vault);
        await ledger.Registrations.RemoveAsync(Record("removed", "t2"), since: removed);
        await ledger.Vaults.KnowAsync([Record("living", "x"), Record("removed", "t2"), Record("unknown", "t3")], Vault);
        Assert.Equal("t1", ledger.Registrations.Find(Issuer, "living")!.Record.Tenant);
        Assert.True(ledger.Registrations.Find(Issuer, "living")!.IsWhole);
        Assert.Null(ledger.Registrations.Find(Issuer, "removed"));
        Assert.True(ledger.Vaults.Knows(Record("removed").SecretName, Vault));
        var known = ledger.Registrations.FindTenant(Issuer, "t3")!;
        Assert.Equal(
            ("unknown", false, false, ledger.Vaults.PlaceOf(Vault)),
            (known.Record.ClientId, known.IsWhole, known.IsPending, known.Place)
        );
        Assert.Null(known.Record.ClientSecret);
        Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent("t3")));
    }

    [Fact]
    public async Task Order_is_by_sequence_also_where_the_clock_was_set_back()
    {
        using var ledger = Open();
        await ledger.Registrations.KeepAsync(Record("c1", "t1", "first", Now.AddYears(1)), null);
        await ledger.Registrations.KeepAsync(Record("c2", "t2", "other", Now), null);
        await ledger.Registrations.KeepAsync(Record("c1", "t1", "second", Now.AddYears(-1)), null);
        using var again = Open();
        Assert.Equal("second", again.Registrations.Find(Issuer, "c1")!.Record.ClientSecret);
        Assert.Equal(["c2", "c1"], again.Registrations.List(Issuer).Select(static row => row.Record.ClientId));
    }

    [Fact]
    public void A_registration_is_read_back_whole_and_listed_without_its_secrets()
    {
        using var ledger = Open();
        var sequence = ledger.Register("c1", "t1", Vault);
        using var again = Open();
        var found = again.Registrations.Find(Issuer, "c1")!;
        Assert.Equal(Record("c1", "t1").ToJson(), found.Record.ToJson());
        Assert.Equal((sequence, true, true), (found.Sequence, found.IsPending, found.IsWhole));
        var row = Assert.Single(again.Registrations.List(Issuer));
        Assert.Equal(("c1", "t1", "Clinic c1"), (row.Record.ClientId, row.Record.Tenant, row.Record.ClientName));
        Assert.Null(row.Record.ClientSecret);
        Assert.True(row.Record.Omitted!.ClientSecret);
        Assert.Single(again.Registrations.List(null));
        Assert.Empty(again.Registrations.List("https://other.example.com"));
        Assert.Null(again.Registrations.Find(Issuer, "c2"));
        Assert.Null(again.Registrations.FindTenant(Issuer, "t2"));
    }

    [Fact]
    public async Task Counts_and_what_is_pending_are_by_vault()
    {
        using var ledger = Open();
        ledger.Register("local", "t1");
        var stored = ledger.Register("stored", "t2", Vault);
        ledger.Register("pending", "t3", Vault);
        ledger.Register("elsewhere", "t4", "vault-2");
        await ledger.Vaults.StoredAsync([(Issuer, "stored", stored)]);
        Assert.Equal(["pending"], ledger.Vaults.PendingFor(Vault).Select(static row => row.Record.ClientId));
        Assert.Equal("secret-of-pending", ledger.Vaults.PendingFor(Vault)[0].Record.ClientSecret);
        Assert.Equal(
            (1, 2, 1),
            (
                ledger.Registrations.Count(Issuer)[0],
                ledger.Registrations.Count()[ledger.Vaults.PlaceOf(Vault)],
                ledger.Registrations.Count()[ledger.Vaults.PlaceOf("vault-2")]
            )
        );
        Assert.Empty(ledger.Registrations.Count("https://other.example.com"));
        Assert.NotEqual(0ul, ledger.Vaults.PlaceOf(Vault));
        Assert.Equal(0ul, ledger.Vaults.PlaceOf(null));
    }

    [Fact]
    public void No_secret_lies_in_the_files_in_clear()
    {
        using (var ledger = Open())
        {
            ledger.Register("client-in-clear", "tenant-in-clear", Vault);
            ledger.Requests.BeginAsync(Intent("other-tenant")).Done();
        }

        var text = string.Concat(_disk.Snapshot().Select(static file => file.Key + Encoding.UTF8.GetString(file.Value)));
        foreach (var word in new[] { "secret-of", "token-of", "client-in-clear", "tenant-in-clear", "as.example.com", Vault, "Clinic" })
        {
            Assert.DoesNotContain(word, text, StringComparison.Ordinal);
        }

        Assert.Contains("secret-of-client-in-clear", _disk.Decrypted(_keys), StringComparison.Ordinal);
    }

    /// <summary>What was registered since the copy is not known, and would be registered again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_registers_in_an_older_copy_before_the_user_was_told(bool inPlace)
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        var backup = _disk.Snapshot();
        ledger.Register("c2", "t2");
        if (inPlace)
        {
            _disk.Overwrite(First, backup[First]);
        }
        else
        {
            _disk.Restore(backup);
        }

        Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent("t1")));
        foreach (var tenant in new[] { "t2", "t3", null })
        {
            Assert.Equal(
                DcrErrorId.StoreDamaged,
                (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(Intent(tenant)))).ErrorId
            );
        }

        Assert.Empty(ledger.Requests.Open());
        ledger.File.AcceptRollback();
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
    }

    [Fact]
    public void A_ledger_of_a_newer_version_is_refused_and_left_alone()
    {
        Open().Register("c1", "t1");
        byte[] bytes = [.. _disk[First], .. LedgerBytes.Newer(new FrameCodec(_keys).Seal(Draft(), 9, default, 1).Frame)];
        _disk[First] = bytes;
        Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(Open).ErrorId);
        Assert.Equal(bytes, _disk[First]);
    }

    [Fact]
    public void A_ledger_that_a_newer_version_writes_on_is_refused_from_then_on()
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        byte[] bytes = [.. _disk[First], .. LedgerBytes.Newer(new FrameCodec(_keys).Seal(Draft(), 9, default, 1).Frame)];
        _disk.Overwrite(First, bytes);
        foreach (
            var action in new Action[]
            {
                () => ledger.Registrations.Find(Issuer, "c1"),
                () => ledger.Requests.BeginAsync(Intent("t2")).Done(),
                () => ledger.Compact(),
                ledger.ReadOn,
                () => ledger.Clients(),
            }
        )
        {
            Assert.Equal(DcrErrorId.StoreDamaged, Assert.Throws<DcrException>(action).ErrorId);
        }

        Assert.Equal(bytes, _disk[First]);
    }

    [Fact]
    public async Task Metadata_that_could_not_be_read_back_is_refused_before_it_is_written()
    {
        using var ledger = Open();
        var size = _disk[First].Length;
        var intent = Intent("t1") with { ClientName = new string('x', FrameHeader.LargestFrame) };
        var failure = await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(intent));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, "metadata"), (failure.ErrorId, failure.Member));
        Assert.Equal(size, _disk[First].Length);
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    private RegistrationLedger Open() => new(_disk.Start(), _keys);
}
