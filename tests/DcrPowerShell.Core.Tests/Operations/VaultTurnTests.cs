using System;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Two processes have one local store and write one client to a vault: what is older never comes after what is newer.</summary>
public sealed class VaultTurnTests : IDisposable
{
    private static readonly RegistrationRecord Older = LedgerSamples.Record("c1", "t1");
    private static readonly RegistrationRecord Newer = LedgerSamples.Record("c1", "t1", "newer", LedgerSamples.Now.AddDays(1));

    private readonly Machine _machine = new();
    private readonly MemoryVault _vault = new();
    private readonly StoreProcess _first;
    private readonly StoreProcess _second;

    public VaultTurnTests() => (_first, _second) = (_machine.Start(), _machine.Start());

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    /// <summary>A write is at the vault when another process keeps a newer version, and its process is killed before it can look.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_newer_version_is_in_the_vault_whatever_became_of_the_process_that_wrote_the_older_one(
        bool isKilled,
        bool hasOtherName
    )
    {
        var sameVault = hasOtherName ? new MemoryVault { Name = "OtherName", Secrets = _vault.Secrets } : _vault;
        var (store, beside) = (await OpenAsync(_first), await OpenAsync(_second, sameVault));
        using var waits = new ManualResetEventSlim();
        sameVault.OnWait = _ => waits.Set();
        Task? newer = null;
        _vault.OnWrite = _ =>
        {
            _vault.OnWrite = static _ => { };
            newer = Task.Run(() => KeepAsync(beside, Newer));
            WaitHandle.WaitAny([waits.WaitHandle, ((IAsyncResult)newer).AsyncWaitHandle]);
        };
        _vault.OnWritten = _ =>
        {
            _vault.OnWritten = static _ => { };
            if (isKilled)
            {
                _first.Kill();
            }
        };
        var failure = await Record.ExceptionAsync(() => KeepAsync(store, Older));
        Assert.Equal(isKilled, failure is KilledException);
        await newer!;
        await beside.ConfirmAsync();
        Assert.Equal(Newer.ToJson(), _vault.Secrets[Newer.SecretName]);
        await AssertKeptAsync(Newer);
    }

    /// <summary>The vault was looked at, and a newer version is there and gone from the local store before it is written.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_pending_is_not_written_over_what_another_process_has_stored_since(bool isCompacted)
    {
        var (store, beside) = (await OpenAsync(_first), await OpenAsync(_second));
        _vault.Fault = VaultFault.RefusesWrites;
        await KeepAsync(store, Older);
        _vault.Fault = VaultFault.None;
        AfterRead(async () =>
        {
            await KeepAsync(beside, Newer);
            await beside.ConfirmAsync();
            if (isCompacted)
            {
                Assert.True(_second.Ledger.Compact());
            }
        });
        Assert.Null((await store.SettleAsync()).Why);
        await store.ConfirmAsync();
        Assert.Equal(Newer.ToJson(), _vault.Secrets[Newer.SecretName]);
        await AssertKeptAsync(Newer);
    }

    [Fact]
    public async Task What_is_pending_is_not_written_when_the_client_was_removed_meanwhile()
    {
        var (store, beside) = (await OpenAsync(_first), await OpenAsync(_second));
        _vault.Fault = VaultFault.RefusesWrites;
        await KeepAsync(store, Older);
        _vault.Fault = VaultFault.None;
        AfterRead(() => beside.RemoveAsync(Older, LedgerHash.None));
        Assert.Null((await store.SettleAsync()).Why);
        Assert.Empty(_vault.Registrations);
    }

    /// <summary>It was moved away, the vault is about to forget it, and it is moved back.</summary>
    [Fact]
    public async Task A_vault_does_not_forget_what_has_come_back_to_it_meanwhile()
    {
        var (vault, local) = (await OpenAsync(_first), new Registrations(_first.Ledger, null, null));
        await KeepAsync(vault, Older);
        await vault.ConfirmAsync();
        await MoveOperation.RunAsync(vault, local, _first.Ledger.Registrations.Find(Older.Issuer, Older.ClientId)!);
        var beside = await OpenAsync(_second);
        AfterRead(() =>
            MoveOperation.RunAsync(
                new Registrations(_second.Ledger, null, null),
                beside,
                _second.Ledger.Registrations.Find(Older.Issuer, Older.ClientId)!
            )
        );
        Assert.Null(await vault.Delivery!.ForgetMovedAsync());
        await AssertKeptAsync(Older);
    }

    /// <summary>Does something when the client's secret was read next, and before anybody looks at it.</summary>
    private void AfterRead(Func<Task> action) => _vault.OnRead = name =>
    {
        if (name == Older.SecretName)
        {
            _vault.OnRead = static _ => { };
            Task.Run(action).GetAwaiter().GetResult();
        }
    };

    private static Task<(DcrStorage Storage, VaultException? Why)?> KeepAsync(Registrations store, RegistrationRecord record) =>
        store.KeepAsync(record, LedgerHash.None, closes: false, isDurable: true);

    private Task<Registrations> OpenAsync(StoreProcess process, MemoryVault? vault = null) =>
        StoreOpening.OpenWholeVaultAsync(
            process.Ledger,
            vault ?? _vault,
            new RecordingReporter(),
            new FakeClock(),
            CancellationToken.None
        );

    /// <summary>The next process finds it, although the local store has let go of what the vault has.</summary>
    private async Task AssertKeptAsync(RegistrationRecord record)
    {
        using var next = _machine.Start();
        Assert.True(next.Ledger.Compact());
        var found = await (await OpenAsync(next)).FindAsync(record.Issuer, record.ClientId);
        Assert.Equal(record.ClientSecret, found!.Record.ClientSecret);
    }
}
