using System;
using System.Collections.Generic;
using System.Security;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Tests;
using Xunit;
using static DcrPowerShell.Core.Tests.Ledger.LedgerSamples;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>
/// One process changes the protection to something that another one cannot open, while that one waits for a server's answer.
/// </summary>
public sealed class ProtectionBesideOthersTests : IDisposable
{
    private static readonly SecureString Passphrase = SecureText.Protect("correct horse")!;

    private readonly DiskDouble _disk = new();
    private readonly AccountDouble _account = new();
    private readonly List<LocalStore> _opened = [];

    [Fact]
    public async Task An_answer_that_comes_after_the_change_is_kept()
    {
        var other = await Start(TimeSpan.FromMinutes(1)).OpenAsync();
        var entry = ((Begun.Entry)await other.Requests.BeginAsync(Intent("t1"))).Id;
        var store = Start(TimeSpan.FromMinutes(1));
        var ledger = await store.OpenAsync();
        var changing = ProtectAsync(store);
        await HangLimit.UntilAsync(
            "a second file",
            () => Task.FromResult(_disk.Newest().EndsWith("000002.dcrl", StringComparison.Ordinal))
        );
        Assert.False(changing.IsCompleted);
        await other.Requests.AnsweredAsync(entry, Intent("t1"), Answer("c1"));
        await other.Registrations.KeepAsync(Record("c1", "t1"), null, entry, closes: true);
        await changing;
        Assert.Single(KeyFile.Parse(_disk["store.key"]).Keys);
        Assert.Equal("c1", ledger.Registrations.FindTenant(Issuer, "t1")!.Record.ClientId);
    }

    [Fact]
    public async Task A_token_that_a_read_brings_after_the_change_is_kept()
    {
        var other = await Start(TimeSpan.FromMinutes(1)).OpenAsync();
        other.Register("c1", "t1");
        var turn = other.Requests.TryTurn(Issuer, "c1")!;
        var store = Start(TimeSpan.FromMinutes(1));
        var ledger = await store.OpenAsync();
        var changing = ProtectAsync(store);
        await HangLimit.UntilAsync(
            "a second file",
            () => Task.FromResult(_disk.Newest().EndsWith("000002.dcrl", StringComparison.Ordinal))
        );
        Assert.False(changing.IsCompleted);
        await other.Registrations.KeepAsync(
            Record("c1", "t1") with
            {
                RegistrationAccessToken = "rat-of-the-read",
            },
            null,
            default,
            closes: false
        );
        turn.Dispose();
        await changing;
        Assert.Single(KeyFile.Parse(_disk["store.key"]).Keys);
        Assert.Equal("rat-of-the-read", ledger.Registrations.Find(Issuer, "c1")!.Record.RegistrationAccessToken);
    }

    [Fact]
    public async Task A_process_that_was_killed_is_not_waited_for()
    {
        var process = _disk.Start();
        var other = await NewStore(TimeSpan.Zero, process).OpenAsync();
        await other.Requests.BeginAsync(Intent("t1"));
        process.Kill();
        _opened.Clear();
        await ProtectAsync(Start(TimeSpan.Zero));
        Assert.Single(KeyFile.Parse(_disk["store.key"]).Keys);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_leaves_both_keys_and_that_is_said()
    {
        var other = await Start(TimeSpan.Zero).OpenAsync();
        var entry = ((Begun.Entry)await other.Requests.BeginAsync(Intent("t1"))).Id;
        var store = Start(TimeSpan.Zero);
        Assert.Equal(DcrErrorId.StoreReadOnly, (await Assert.ThrowsAsync<DcrException>(() => ProtectAsync(store))).ErrorId);
        Assert.Equal(2, KeyFile.Parse(_disk["store.key"]).Keys.Count);
        await other.Requests.AnsweredAsync(entry, Intent("t1"), Answer("c1"));
        await other.Requests.OrphanAsync([entry]);
        await ProtectAsync(store);
        Assert.Single(KeyFile.Parse(_disk["store.key"]).Keys);
        Assert.Single(Assert.Single((await store.OpenAsync()).Requests.Open()).Answers);
    }

    /// <summary>Nothing of it is damaged, and nothing is called so.</summary>
    [Fact]
    public async Task Who_cannot_open_it_any_more_finds_it_locked_and_whole_once_it_is_unlocked()
    {
        var other = await Start(TimeSpan.Zero).OpenAsync();
        other.Register("c1", "t1");
        other.Register("c2", "t2");
        other.Register("c3", "t3");
        await ProtectAsync(Start(TimeSpan.Zero));
        for (var times = 0; times < 2; times++)
        {
            Assert.Equal(DcrErrorId.StoreLocked, Assert.Throws<DcrException>(() => other.Registrations.Find(Issuer, "c1")).ErrorId);
        }

        await _opened[0].UnlockAsync(Passphrase);
        Assert.Equal("c1", other.Registrations.Find(Issuer, "c1")!.Record.ClientId);
        Assert.Empty(other.File.Gaps);
    }

    public void Dispose() => _opened.ForEach(static store => store.Dispose());

    private LocalStore Start(TimeSpan longestAnswer)
    {
        var store = NewStore(longestAnswer, _disk.Start());
        _opened.Add(store);
        return store;
    }

    private LocalStore NewStore(TimeSpan longestAnswer, DiskProcess process) =>
        new(process, _ => (process, "store.key"), _account) { LongestAnswer = longestAnswer };

    private static Task<IReadOnlyList<(string Vault, string SecretName)>> ProtectAsync(LocalStore store) =>
        store.ProtectAsync(
            static (ledgerId, key) =>
                Task.FromResult(
                    new ProtectedKey
                    {
                        Id = key.Id,
                        Protection = DcrProtection.Passphrase,
                        Passphrase = TestBackup.Seal(key.ToBytes(), Passphrase, KeyFile.Associated(ledgerId)),
                    }
                )
        );
}
