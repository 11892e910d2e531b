using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Fuzzing;
using DcrPowerShell.Ledger;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>Requests as the ledger has them: begun once for a tenant, answered, ended, and under way while their process lives.</summary>
public class LedgerRequestsTests
{
    private readonly DiskDouble _disk = new();
    private readonly LedgerKeysDouble _keys = new();

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

    private RegistrationLedger Open() => new(_disk.Start(), _keys);
}
