using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Errors;
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

public class RegistrationLedgerTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

    // One for a tenant.

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
    public async Task Of_many_workers_in_two_processes_one_begins_for_each_tenant()
    {
        const int Workers = 16, Tenants = 200;
        using var one = Open();
        using var other = Open();
        var begun = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var (ledger, random, mine) = (worker % 2 == 0 ? one : other, new Mutator((uint)worker + 1), new List<int>());
            foreach (var tenant in Enumerable.Range(0, Tenants).OrderBy(_ => random.Below(int.MaxValue)).ToList())
            {
                var intent = Intent("tenant-" + tenant);
                if (await ledger.Requests.BeginAsync(intent) is Begun.Entry entry)
                {
                    mine.Add(tenant);
                    await ledger.Requests.AnsweredAsync(entry.Id, intent, Answer("c" + tenant));
                    await ledger.Registrations.KeepAsync(Record("c" + tenant, intent.Tenant), null, entry.Id, closes: true);
                    ledger.Requests.Leave([entry.Id]);
                }
            }

            return mine;
        })));
        Assert.Equal(Enumerable.Range(0, Tenants), begun.SelectMany(static mine => mine).OrderBy(static tenant => tenant));
        using var again = Open();
        Assert.Equal(Tenants, again.Clients().Count);
        Assert.Empty(again.Requests.Open());
        Assert.Empty(again.File.Gaps);
    }

    [Theory]
    [InlineData("Clinic", "  CLINIC\t")]
    [InlineData("clinic", "Clinic")]
    [InlineData("Caf\u00e9", "cafe\u0301")]
    [InlineData("\ud800 lone", "\ud800 LONE")]
    public async Task Tenants_that_differ_by_case_blanks_or_form_are_one(string tenant, string same)
    {
        using var ledger = Open();
        ledger.Register("c1", tenant);
        var living = Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent(same)));
        Assert.Equal("c1", living.Registration.Record.ClientId);
        Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, same)!.Record.ClientId);
        Assert.True(TenantKey.AreSame(tenant, same));
    }

    [Fact]
    public async Task Other_tenants_and_other_issuers_are_others()
    {
        using var ledger = Open();
        ledger.Register("c1", "a b");
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("ab")));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("a b") with { Issuer = "https://other.example.com" }));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent(null)));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent(null)));
        Assert.False(TenantKey.AreSame("a", null));
        Assert.True(TenantKey.AreSame(null, null));
    }

    /// <summary>Names that other processes may know in another form are refused where .NET has no forms.</summary>
    [Theory]
    [InlineData("cafe\u0301", true)]
    [InlineData("caf\u00E9", false)]
    [InlineData("\u1112\u1161\u11AB", true)]
    [InlineData("\u0E2A\u0E34", false)] // Thai, which has no other form.
    [InlineData("\u212Bs", true)]
    [InlineData("Hill 1", false)]
    public void A_name_of_several_forms_is_told(string tenant, bool hasOthers)
    {
        Assert.Equal(hasOthers, TenantKey.HasOtherForm(tenant));
        Assert.True(hasOthers || tenant == tenant.Normalize(System.Text.NormalizationForm.FormC));
    }

    [Fact]
    public async Task Who_allows_duplicates_may_begin_although_the_tenant_has_a_client()
    {
        using var ledger = Open();
        ledger.Register("c1", "t1");
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"), allowsDuplicate: true));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"), allowsDuplicate: true));
        Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    [Theory]
    [InlineData("Read")]
    [InlineData("Update")]
    [InlineData("Delete")]
    public async Task Only_registrations_take_a_tenant(string name)
    {
        var operation = (LedgerOperation)Enum.Parse(typeof(LedgerOperation), name);
        using var ledger = Open();
        ledger.Register("c1", "t1");
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1") with { Operation = operation, ClientId = "c1" }));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2") with { Operation = operation, ClientId = "c1" }));
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t2")));
    }

    [Fact]
    public async Task A_tenant_is_free_again_once_the_server_refused()
    {
        using var ledger = Open();
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"))).Id;
        var open = Assert.IsType<Begun.Open>(await ledger.Requests.BeginAsync(Intent("T1")));
        Assert.Equal((entry, true), (open.Other.Id, open.Other.IsUnderWay));
        await ledger.Requests.CloseAsync([entry]);
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    [Fact]
    public async Task A_tenant_is_free_again_once_its_client_was_removed()
    {
        using var ledger = Open();
        var sequence = ledger.Register("c1", "t1");
        await ledger.Registrations.RemoveAsync(Record("c1", "t1"), since: sequence);
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    /// <summary>The state said that there was one, and until its record was read somebody removed it.</summary>
    [Fact]
    public async Task A_client_removed_in_the_moment_of_asking_does_not_stand_in_the_way()
    {
        using var ledger = Open();
        using var other = Open();
        var sequence = ledger.Register("c1", "t1");
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Flush)
            {
                _disk.Before = null;
                other.Registrations.RemoveAsync(Record("c1", "t1"), since: sequence).Done();
                ledger.ReadOn();
            }
        };
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    // Answers.

    [Fact]
    public async Task An_answer_is_on_the_disk_before_anybody_is_told()
    {
        var process = _disk.Start();
        var ledger = new RegistrationLedger(process, _keys);
        var intent = Intent("t1", Vault);
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(intent)).Id;
        _disk.LosePower();
        process = _disk.Start();
        ledger = new RegistrationLedger(process, _keys);
        Assert.Equal(entry, Assert.Single(ledger.Requests.Open()).Id);
        var answer = new LedgerAnswer(200, [0xFF, 0, 1], Now) { ContentType = "text/html" };
        await ledger.Requests.AnsweredAsync(entry, intent, answer);
        _disk.LosePower();
        using var again = Open();
        var open = Assert.Single(again.Requests.Open(Issuer));
        var found = Assert.Single(open.Answers);
        Assert.Equal((200, "text/html", Now, 2L), (found.Status, found.ContentType, found.At, found.Sequence));
        Assert.Equal(answer.Body, found.Body);
        Assert.Equal(
            ("t1", Vault, "Clinic", LedgerOperation.Register, Now),
            (open.Intent!.Tenant, open.Intent!.Vault, open.Intent!.ClientName, open.Intent!.Operation, open.Intent!.At)
        );
        Assert.Equal(intent.Metadata!.ToString(), open.Intent.Metadata!.ToString());
        Assert.Empty(again.Requests.Open("https://other.example.com"));
    }

    [Fact]
    public async Task Several_answers_are_read_in_their_order()
    {
        using var ledger = Open();
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"))).Id;
        await ledger.Requests.AnsweredAsync(entry, Intent("t1"), Answer("first"));
        await ledger.Requests.AnsweredAsync(entry, Intent("t1"), Answer("second"));
        await ledger.Requests.OrphanAsync([entry]);
        var open = Assert.Single(ledger.Requests.Open());
        Assert.Equal(["first", "second"], open.Answers.Select(static answer => Encoding.UTF8.GetString(answer.Body).Split('"')[3]));
        Assert.False(open.IsUnderWay);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kept_registration_ends_its_request_only_where_it_says_so(bool closes)
    {
        using var ledger = Open();
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"))).Id;
        await ledger.Registrations.KeepAsync(Record("c1", "t1"), null, entry, closes);
        Assert.Equal(closes ? 0 : 1, ledger.Requests.Open().Count);
        await ledger.Requests.CloseAsync([entry]);
        Assert.Empty(ledger.Requests.Open());
        Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    [Fact]
    public async Task One_registration_alone_costs_two_flushes()
    {
        using var ledger = Open();
        _disk.ForgetCalls();
        ledger.Register("c1", "t1");
        Assert.Equal(2, _disk.Count(DiskOperation.Flush, First));

        // The first one of a process makes room for answers.
        Assert.Equal(3, _disk.Count(DiskOperation.Flush));
        _disk.ForgetCalls();
        ledger.Register("c2", "t2");
        Assert.Equal(2, _disk.Count(DiskOperation.Flush));
        Assert.Equal(3, _disk.Count(DiskOperation.Append));
        _disk.ForgetCalls();
        await ledger.Vaults.StoredAsync([(Issuer, "c2", 6)]);
        await ledger.Requests.CloseAsync([LedgerHash.New()]);
        Assert.Equal(0, _disk.Count(DiskOperation.Flush));
    }

    [Fact]
    public async Task An_orphan_is_on_the_disk_before_anybody_is_told()
    {
        var ledger = Open();
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"))).Id;
        await ledger.Requests.OrphanAsync([entry]);
        _disk.LosePower();
        Assert.Equal(2, _disk.Frames(_keys).Frames.Count);
    }

    // Who is at work.

    [Fact]
    public async Task A_request_is_under_way_as_long_as_its_process_lives()
    {
        var process = _disk.Start();
        var asking = new RegistrationLedger(process, _keys);
        using var other = Open();
        var entry = Assert.IsType<Begun.Entry>(await asking.Requests.BeginAsync(Intent("t1"))).Id;
        Assert.True(Assert.Single(asking.Requests.Open()).IsUnderWay);
        Assert.True(Assert.Single(other.Requests.Open()).IsUnderWay);
        Assert.True(Assert.IsType<Begun.Open>(await other.Requests.BeginAsync(Intent("t1"))).Other.IsUnderWay);
        process.Kill();
        Assert.False(Assert.Single(other.Requests.Open()).IsUnderWay);
        Assert.False(Assert.IsType<Begun.Open>(await other.Requests.BeginAsync(Intent("t1"))).Other.IsUnderWay);
        Assert.Equal(entry, other.Requests.Read(entry)!.Id);
        Assert.Single(_disk.Names, static name => name.StartsWith("alive-", StringComparison.Ordinal));
    }

    /// <summary>Nobody is to be told of an unknown outcome, when it has just become known.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_process_writes_before_it_ends_is_read_by_whoever_sees_that_it_ended(bool isDone)
    {
        var process = _disk.Start();
        var asking = new RegistrationLedger(process, _keys);
        using var other = Open();
        var entry = Assert.IsType<Begun.Entry>(await asking.Requests.BeginAsync(Intent("t1"))).Id;
        other.ReadOn();
        _disk.Before = call =>
        {
            if (call.Operation == DiskOperation.Length && call.Name.StartsWith("alive-", StringComparison.Ordinal))
            {
                _disk.Before = null;
                asking.Requests.AnsweredAsync(entry, Intent("t1"), Answer("c1")).GetAwaiter().GetResult();
                if (isDone)
                {
                    asking.Requests.CloseAsync([entry]).GetAwaiter().GetResult();
                }

                process.Kill();
            }
        };
        var found = other.Requests.Read(entry);
        Assert.Null(_disk.Before);
        Assert.Equal(isDone ? null : 1, found?.Answers.Count);
    }

    /// <summary>Another process would take the new file for a dead one's, between its making and its locking.</summary>
    [Fact]
    public async Task The_sign_of_life_is_made_under_the_lock_and_those_of_the_dead_are_deleted_then()
    {
        var process = _disk.Start();
        await new RegistrationLedger(process, _keys).Requests.BeginAsync(Intent("t1"));
        var dead = Assert.Single(_disk.Names, static name => name.StartsWith("alive-", StringComparison.Ordinal));
        process.Kill();
        using var living = Open();
        await living.Requests.BeginAsync(Intent("t2"));
        _disk.ForgetCalls();
        using var ledger = Open();
        await ledger.Requests.BeginAsync(Intent("t3"));
        Assert.DoesNotContain(dead, _disk.Names);
        Assert.Equal(2, _disk.Names.Count(static name => name.StartsWith("alive-", StringComparison.Ordinal)));
        var isLocked = false;
        foreach (var call in _disk.Calls)
        {
            isLocked = call.Name == LedgerFile.LockName ? call.Operation == DiskOperation.Lock : isLocked;
            Assert.True(isLocked || call.Operation != DiskOperation.Lock || !call.Name.StartsWith("alive-", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_request_of_this_process_is_under_way_until_its_command_leaves_it()
    {
        using var ledger = Open();
        var entry = Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(Intent("t1"))).Id;
        Assert.True(ledger.Requests.Read(entry)!.IsUnderWay);
        ledger.Requests.Leave([entry]);
        Assert.False(ledger.Requests.Read(entry)!.IsUnderWay);
        Assert.IsType<Begun.Open>(await ledger.Requests.BeginAsync(Intent("t1")));
    }

    [Fact]
    public async Task An_orphaned_request_is_not_under_way_although_its_process_lives()
    {
        using var asking = Open();
        using var other = Open();
        var entry = Assert.IsType<Begun.Entry>(await asking.Requests.BeginAsync(Intent("t1"))).Id;
        await asking.Requests.OrphanAsync([entry]);
        Assert.False(Assert.Single(other.Requests.Open()).IsUnderWay);
        Assert.False(Assert.Single(asking.Requests.Open()).IsUnderWay);
    }

    [Fact]
    public async Task A_request_of_a_process_that_closed_its_ledger_is_not_under_way()
    {
        var asking = Open();
        await asking.Requests.BeginAsync(Intent("t1"));
        asking.Dispose();
        Assert.DoesNotContain(_disk.Names, static name => name.StartsWith("alive-", StringComparison.Ordinal));
        using var other = Open();
        Assert.False(Assert.Single(other.Requests.Open()).IsUnderWay);
    }

    /// <summary>Better nobody's request is taken over than that of somebody alive.</summary>
    [Fact]
    public async Task Where_locks_do_not_work_others_are_taken_to_be_alive()
    {
        _disk.LocksWork = false;
        var process = _disk.Start();
        var asking = new RegistrationLedger(process, _keys);
        using var other = Open();
        Assert.False(other.LocksWork);
        await asking.Requests.BeginAsync(Intent("t1"));
        process.Kill();
        Assert.True(Assert.Single(other.Requests.Open()).IsUnderWay);
    }

    [Fact]
    public async Task A_container_that_starts_again_does_not_take_its_former_requests_for_its_own()
    {
        var process = _disk.Start();
        await new RegistrationLedger(process, _keys).Requests.BeginAsync(Intent("t1"));
        process.Kill();
        using var again = Open();
        await again.Requests.BeginAsync(Intent("t2"));
        Assert.Equal([false, true], again.Requests.Open().Select(static entry => entry.IsUnderWay));
    }

    // Order.

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

    // What is read.

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

    // Damage.

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

    // Disks that fail.

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
