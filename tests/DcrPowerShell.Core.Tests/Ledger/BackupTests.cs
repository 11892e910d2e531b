using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>A backup, and what another ledger, or the same one later, makes of it.</summary>
public class BackupTests
{
    private const string Issuer = LedgerSamples.Issuer;

    private static readonly SecureString Passphrase = SecureText.Protect("correct horse")!;

    private readonly Machine _machine = new();

    [Fact]
    public async Task The_key_of_the_audit_log_comes_along_and_the_own_one_stays()
    {
        using var process = _machine.Start();
        using var elsewhere = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        var (key, own) = ((await process.Ledger.Secrets.AuditKeyAsync()).Bytes, (await elsewhere.Ledger.Secrets.AuditKeyAsync()).Bytes);
        var (from, contents) = Backup(process.Ledger);
        await elsewhere.Ledger.Backup.RestoreAsync(from, contents);

        Assert.Equal(key, elsewhere.Ledger.Secrets.FindAuditKey(process.Ledger.Id));
        Assert.Equal(own, (await elsewhere.Ledger.Secrets.AuditKeyAsync()).Bytes);
        Assert.NotEqual(key, own);
        Assert.Empty(elsewhere.Ledger.Secrets.Names());
    }

    [Fact]
    public async Task Everything_that_counts_comes_back_on_another_machine()
    {
        using var process = _machine.Start();
        var ledger = process.Ledger;
        ledger.Register("c1", "t1");
        ledger.Register("v1", "t2", LedgerSamples.Vault); // Its vault does not have it yet.
        var removed = ledger.Register("gone", "t3");
        await ledger.Registrations.RemoveAsync(LedgerSamples.Record("gone", "t3"), since: removed);
        await ledger.Secrets.KeepAsync("PortalSecret", "s3cret");
        await ledger.Requests.BeginAsync(LedgerSamples.Intent("t4"));
        var answered = ((Begun.Entry)await ledger.Requests.BeginAsync(LedgerSamples.Intent("t5", LedgerSamples.Vault))).Id;
        await ledger.Requests.AnsweredAsync(answered, LedgerSamples.Intent("t5", LedgerSamples.Vault), LedgerSamples.Answer("c5"));

        using var elsewhere = new Machine().Start();
        using var file = new MemoryStream();
        Assert.Equal(2, StoreOperation.WriteBackup(ledger, file, Passphrase, LedgerSamples.Now));
        Assert.DoesNotContain("token-of", Encoding.UTF8.GetString(file.ToArray()), StringComparison.Ordinal);
        var (from, contents, damaged) = StoreOperation.ReadBackup("b", file.ToArray, Passphrase);
        var taken = await elsewhere.Ledger.Backup.RestoreAsync(from, contents);
        Assert.Equal((0, "c1 v1"), (damaged, string.Join(" ", taken.Select(static record => record.ClientId).OrderBy(static id => id))));

        var other = elsewhere.Ledger;
        Assert.Equal(
            ("token-of-c1", 0UL),
            (
                other.Registrations.FindTenant(Issuer, "t1")!.Record.RegistrationAccessToken,
                other.Registrations.FindTenant(Issuer, "t1")!.Place
            )
        );
        Assert.Equal(
            ("token-of-v1", 0UL),
            (
                other.Registrations.FindTenant(Issuer, "t2")!.Record.RegistrationAccessToken,
                other.Registrations.FindTenant(Issuer, "t2")!.Place
            )
        );
        Assert.Null(other.Registrations.FindTenant(Issuer, "t3"));
        Assert.Equal("s3cret", other.Secrets.Find("PortalSecret"));

        // What was not done is an orphan here, or an answer to be used: nobody is registered again.
        Assert.False(Assert.IsType<Begun.Open>(await other.Requests.BeginAsync(LedgerSamples.Intent("t4"))).Other.IsUnderWay);
        Assert.Equal("c5", Assert.Single(await AnswerReplay.RunAsync(new Registrations(other, null, null))).ClientId);
        Assert.Equal("t4", Assert.Single(other.Requests.Open()).Intent!.Tenant);
        Assert.Equal("c5", other.Registrations.FindTenant(Issuer, "t5")!.Record.ClientId);

        // Once more, nothing is left to be taken.
        Assert.Empty(await other.Backup.RestoreAsync(from, contents));
        Assert.Equal("c5", other.Registrations.FindTenant(Issuer, "t5")!.Record.ClientId);
    }

    /// <summary>A backup of a run that is under way has answers that are not used yet. Taken back again, they are old.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_never_replaces_what_came_after_it_however_often_it_is_taken_back(bool isRemoved)
    {
        using var process = _machine.Start();
        await AnsweredAsync(process.Ledger, LedgerSamples.Intent("t1"), "first");
        var (from, contents) = Backup(process.Ledger);
        using var elsewhere = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        var other = elsewhere.Ledger;
        var store = new Registrations(other, null, null);
        await other.Backup.RestoreAsync(from, contents);
        Assert.Equal("first", Assert.Single(await AnswerReplay.RunAsync(store)).RegistrationAccessToken);

        var newer = other.Registrations.Find(Issuer, "c1")!.Record with { RegistrationAccessToken = "second" };
        await other.Registrations.KeepAsync(newer, null);
        if (isRemoved)
        {
            await other.Registrations.RemoveAsync(newer);
        }

        await other.Backup.RestoreAsync(from, contents);
        Assert.Empty(await AnswerReplay.RunAsync(store));
        Assert.Empty(other.Requests.Open());
        Assert.Equal(isRemoved ? null : "second", other.Registrations.Find(Issuer, "c1")?.Record.RegistrationAccessToken);
    }

    [Fact]
    public async Task A_later_backup_brings_the_answer_to_what_an_earlier_one_had_asked()
    {
        using var process = _machine.Start();
        var entry = ((Begun.Entry)await process.Ledger.Requests.BeginAsync(LedgerSamples.Intent("t1"))).Id;
        using var other = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        var store = new Registrations(other.Ledger, null, null);
        var (from, asked) = Backup(process.Ledger);
        await other.Ledger.Backup.RestoreAsync(from, asked);
        Assert.Empty(await AnswerReplay.RunAsync(store));

        await process.Ledger.Requests.AnsweredAsync(entry, LedgerSamples.Intent("t1"), LedgerSamples.Answer("c1"));
        (_, var answered) = Backup(process.Ledger);
        await other.Ledger.Backup.RestoreAsync(from, answered);
        await other.Ledger.Backup.RestoreAsync(from, answered);
        Assert.Equal("c1", Assert.Single(await AnswerReplay.RunAsync(store)).ClientId);
        Assert.Empty(other.Ledger.Requests.Open());
    }

    /// <summary>Two changes, and the command of the first is killed: the second one's token holds.</summary>
    [Fact]
    public async Task Of_a_backup_an_answer_that_a_later_change_has_followed_is_not_used()
    {
        using var process = _machine.Start();
        process.Ledger.Register("c1", "t1");
        var change = LedgerSamples.Intent("t1") with { Operation = LedgerOperation.Update, ClientId = "c1" };
        await AnsweredAsync(process.Ledger, change, "first");
        await process.Ledger.Registrations.KeepAsync(LedgerSamples.Record("c1", "t1") with { RegistrationAccessToken = "second" }, null);
        var (from, contents) = Backup(process.Ledger);
        using var other = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        await other.Ledger.Backup.RestoreAsync(from, contents);
        Assert.Empty(await AnswerReplay.RunAsync(new Registrations(other.Ledger, null, null)));
        Assert.Equal("second", other.Ledger.Registrations.Find(Issuer, "c1")!.Record.RegistrationAccessToken);

        await AnsweredAsync(process.Ledger, change, "third");
        (from, contents) = Backup(process.Ledger);
        using var last = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        await last.Ledger.Backup.RestoreAsync(from, contents);
        await AnswerReplay.RunAsync(new Registrations(last.Ledger, null, null));
        Assert.Equal("third", last.Ledger.Registrations.Find(Issuer, "c1")!.Record.RegistrationAccessToken);
    }

    /// <summary>Where the vault is not, nobody else would know of them.</summary>
    [Fact]
    public async Task What_a_vault_has_is_known_elsewhere_so_that_its_tenants_are_not_registered_again()
    {
        using var process = _machine.Start();
        var ledger = process.Ledger;
        ledger.Vaults.NameVault(LedgerSamples.Vault, "Team");
        var sequence = ledger.Register("v1", "t1", LedgerSamples.Vault);
        await ledger.Vaults.StoredAsync([(Issuer, "v1", sequence)]);
        Assert.True(ledger.Compact());
        Assert.False(ledger.Registrations.Find(Issuer, "v1")!.IsWhole);

        using var elsewhere = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        var (from, contents) = Backup(ledger);
        var taken = await elsewhere.Ledger.Backup.RestoreAsync(from, contents);
        Assert.Equal("v1", Assert.Single(taken).ClientId);
        Assert.Contains("1 in vault 'Team'", StoreOperation.InVaultsWarning(elsewhere.Ledger, taken));
        var living = Assert.IsType<Begun.Living>(await elsewhere.Ledger.Requests.BeginAsync(LedgerSamples.Intent("t1"))).Registration;
        Assert.Equal(
            (elsewhere.Ledger.Vaults.PlaceOf(LedgerSamples.Vault), false, false),
            (living.Place, living.IsWhole, living.IsPending)
        );
        Assert.Empty(await elsewhere.Ledger.Backup.RestoreAsync(from, contents));
        Assert.Null(StoreOperation.InVaultsWarning(elsewhere.Ledger, []));
    }

    private static async Task AnsweredAsync(RegistrationLedger ledger, LedgerIntent intent, string token)
    {
        var entry = ((Begun.Entry)await ledger.Requests.BeginAsync(intent)).Id;
        var body = Encoding.UTF8.GetBytes($$"""{"client_id":"c1","registration_access_token":"{{token}}"}""");
        await ledger.Requests.AnsweredAsync(
            entry,
            intent,
            new LedgerAnswer(200, body, LedgerSamples.Now) { ContentType = "application/json" }
        );
    }

    private static (LedgerHash From, IReadOnlyList<FrameDraft> Contents) Backup(RegistrationLedger ledger)
    {
        var (from, contents, _) = StoreOperation.ReadBackup("b", () => TestBackup.Of(ledger, Passphrase), Passphrase);
        return (from, contents);
    }

    [Fact]
    public async Task Whose_a_secret_is_comes_along()
    {
        using var process = _machine.Start();
        await process.Ledger.Secrets.KeepCopyAsync("app-secret", "s3cret", "dcr-owner", since: 0);
        await process.Ledger.Secrets.KeepCopyAsync("a-key", "private", owner: null, since: 0);
        await process.Ledger.Secrets.KeepAsync("a-users", "own");
        await process.Ledger.Secrets.NoteCopyAsync(LedgerSamples.Vault, "in-vault", "theirs", "dcr-owner");
        using var elsewhere = new Machine { Keys = new LedgerKeysDouble { LedgerId = LedgerHash.New() } }.Start();
        await elsewhere.Ledger.Backup.RestoreAsync(LedgerHash.Parse(process.Ledger.Id), process.Ledger.Backup.Contents());
        var other = elsewhere.Ledger;
        Assert.Equal("s3cret", other.Secrets.Find("app-secret"));
        Assert.True(other.Secrets.IsCopy(null, "app-secret", "s3cret", "dcr-owner"));
        Assert.False(other.Secrets.IsCopy(null, "app-secret", "s3cret", "dcr-other"));
        Assert.True(other.Secrets.IsCopy(null, "a-key", "private"));
        Assert.False(other.Secrets.IsCopy(null, "a-users", "own"));
        Assert.True(other.Secrets.IsCopy(LedgerSamples.Vault, "in-vault", "theirs", "dcr-owner"));
        Assert.False(other.Secrets.IsCopy(LedgerSamples.Vault, "in-vault", "changed", "dcr-owner"));
        Assert.False(other.Secrets.IsCopy(null, "in-vault", "theirs", "dcr-owner"));
    }

    [Fact]
    public async Task Two_clients_of_one_tenant_that_come_together_are_told_once()
    {
        using var elsewhere = new Machine().Start();
        elsewhere.Ledger.Register("first", "t1");
        await elsewhere.Ledger.Registrations.KeepAsync(LedgerSamples.Record("second", "t1"), null);
        using var process = _machine.Start();
        var taken = await process.Ledger.Backup.RestoreAsync(LedgerHash.Parse(elsewhere.Ledger.Id), elsewhere.Ledger.Backup.Contents());
        Assert.Equal(2, taken.Count);
        Assert.Equal(
            "Tenant 't1' has more than one client: 'second', which is used for it, and 'first'. Remove-DcrClient -ClientId removes the one "
                + "that is not wanted.",
            StoreOperation.DoubledWarning(process.Ledger, taken)
        );
    }

    /// <summary>Whatever becomes of the two later, and in the next process.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tenant_keeps_the_client_that_it_has_and_both_are_told(bool compacts)
    {
        using var elsewhere = new Machine().Start();
        elsewhere.Ledger.Register("theirs", "T1");
        using var process = _machine.Start();
        process.Ledger.Register("ours", "t1");
        var taken = await process.Ledger.Backup.RestoreAsync(LedgerHash.Parse(elsewhere.Ledger.Id), elsewhere.Ledger.Backup.Contents());
        Assert.Equal("theirs", Assert.Single(taken).ClientId);
        Assert.Equal(
            "Tenant 't1' has more than one client: 'ours', which is used for it, and 'theirs'. Remove-DcrClient -ClientId removes the one "
                + "that is not wanted.",
            StoreOperation.DoubledWarning(process.Ledger, taken)
        );
        Assert.Null(StoreOperation.DoubledWarning(elsewhere.Ledger, taken));

        await process.Ledger.Registrations.KeepAsync(LedgerSamples.Record("theirs", "t1", "new"), null);
        Assert.Equal("ours", process.Ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        if (compacts)
        {
            process.Ledger.Compact();
        }

        process.Kill();
        using var next = _machine.Start();
        Assert.Equal("ours", next.Ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        await next.Ledger.Registrations.MoveAsync(
            next.Ledger.Registrations.Find(Issuer, "theirs")!.Record,
            LedgerSamples.Vault,
            null,
            next.Ledger.Registrations.Find(Issuer, "theirs")!.Sequence
        );
        Assert.Equal("ours", next.Ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
        await next.Ledger.Registrations.RemoveAsync(LedgerSamples.Record("ours", "t1"));
        Assert.Equal("theirs", next.Ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
    }

    [Fact]
    public async Task What_the_ledger_knows_living_or_removed_stays()
    {
        using var process = _machine.Start();
        var ledger = process.Ledger;
        ledger.Register("changed", "t1");
        var removed = ledger.Register("removed", "t2");
        ledger.Register("moved", "t3");
        await ledger.Secrets.KeepAsync("Changed", "old");
        await ledger.Secrets.KeepAsync("Removed", "old");
        var open = ((Begun.Entry)await ledger.Requests.BeginAsync(LedgerSamples.Intent("t4"))).Id;
        var contents = ledger.Backup.Contents();

        await ledger.Registrations.KeepAsync(LedgerSamples.Record("changed", "t1", "new"), null);
        await ledger.Registrations.RemoveAsync(LedgerSamples.Record("removed", "t2"), since: removed);
        await ledger.Vaults.KnowAsync(
            [LedgerSamples.Record("moved", "t3")],
            LedgerSamples.Vault,
            replaces: ledger.Registrations.Find(Issuer, "moved")!.Sequence
        );
        await ledger.Secrets.KeepAsync("Changed", "new");
        await ledger.Secrets.RemoveAsync("Removed");
        await ledger.Requests.CloseAsync([open]);
        ledger.Compact();

        Assert.Empty(await ledger.Backup.RestoreAsync(LedgerHash.Parse(ledger.Id), contents));
        Assert.Equal("new", ledger.Registrations.Find(Issuer, "changed")!.Record.ClientSecret);
        Assert.Null(ledger.Registrations.Find(Issuer, "removed"));
        Assert.Equal(ledger.Vaults.PlaceOf(LedgerSamples.Vault), ledger.Registrations.Find(Issuer, "moved")!.Place);
        Assert.Equal("new", ledger.Secrets.Find("Changed"));
        Assert.Null(ledger.Secrets.Find("Removed"));
        Assert.Empty(ledger.Requests.Open());
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(LedgerSamples.Intent("t2")));
    }

    [Fact]
    public void Another_passphrase_or_something_else_is_refused_in_words()
    {
        var backup = TestBackup.Of([LedgerSamples.Record("c1", "t1")], Passphrase);
        AssertRefused(backup, SecureText.Protect("another")!, "the passphrase does not open it");
        AssertRefused([], Passphrase, "it is no backup of DcrPowerShell");
        AssertRefused([.. "{}\n"u8], Passphrase, "it is no backup of DcrPowerShell");
        AssertRefused([.. "{\"backup\":\"DcrPowerShell\",\"version\":2}\n"u8], Passphrase, "a newer DcrPowerShell wrote it");
    }

    /// <summary>Who cuts clients off cannot have it say that there were fewer.</summary>
    [Theory]
    [InlineData("\"frames\":2", "\"frames\":1")]
    [InlineData("\"frames\":2", "\"frames\":4294967298")]
    [InlineData("08:00", "09:00")]
    public void A_first_line_that_was_changed_is_refused(string text, string other)
    {
        var backup = TestBackup.Of([LedgerSamples.Record("c1", "t1"), LedgerSamples.Record("c2", "t2")], Passphrase);
        var end = Array.IndexOf(backup, (byte)'\n');
        var head = Encoding.UTF8.GetString(backup, 0, end);
        Assert.Contains(text, head);
        AssertRefused(
            [.. Encoding.UTF8.GetBytes(head.Replace(text, other)), .. backup.Skip(end)],
            Passphrase,
            "its first line was changed"
        );
    }

    [Fact]
    public void Frames_that_are_in_the_file_twice_are_taken_once()
    {
        var backup = TestBackup.Of([LedgerSamples.Record("c1", "t1"), LedgerSamples.Record("c2", "t2")], Passphrase);
        var (_, contents, damaged) = BackupFile.Read([.. backup, .. backup], Passphrase);
        Assert.Equal((2, 0), (contents.Count, damaged));
    }

    /// <summary>One frame that is damaged costs one frame.</summary>
    [Fact]
    public void Of_a_backup_with_any_byte_spoilt_the_rest_is_read_and_what_is_missing_is_counted()
    {
        var backup = TestBackup.Of(
            Enumerable.Range(1, 3).Select(static number => LedgerSamples.Record($"c{number}", $"t{number}")),
            Passphrase
        );
        var start = Array.IndexOf(backup, (byte)'\n') + 1;
        for (var index = start; index < backup.Length; index += 3)
        {
            var spoilt = (byte[])backup.Clone();
            spoilt[index] ^= 0x40;
            var (_, contents, damaged) = BackupFile.Read(spoilt, Passphrase);
            Assert.Equal((2, 1), (contents.Count, damaged));
        }

        for (var length = start; length < backup.Length; length += 7)
        {
            var (_, contents, damaged) = BackupFile.Read(backup.Take(length).ToArray(), Passphrase);
            Assert.Equal(3, contents.Count + damaged);
        }
    }

    private static void AssertRefused(byte[] file, SecureString passphrase, string why)
    {
        var error = Assert.Throws<DcrException>(() => StoreOperation.ReadBackup("b", () => file, passphrase));
        Assert.Equal(DcrErrorId.InventoryReadFailed, error.ErrorId);
        Assert.Contains(why, error.Message);
    }
}
