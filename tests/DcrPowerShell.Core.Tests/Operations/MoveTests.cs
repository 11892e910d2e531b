using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Core.Tests.Ledger;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Registrations go from one store to another, and whatever interrupts that, the next run goes on.</summary>
public class MoveTests
{
    private readonly Machine _machine = new();
    private readonly Dictionary<string, MemoryVault> _vaults = new()
    {
        ["A"] = new MemoryVault { Name = "A" },
        ["B"] = new MemoryVault { Name = "B" },
    };

    [Theory]
    [InlineData(null, "A")]
    [InlineData("A", null)]
    [InlineData("A", "B")]
    public async Task Registrations_are_at_the_new_place_whole_and_at_the_old_one_no_more(string? from, string? to)
    {
        using var process = _machine.Start();
        await FillAsync(process, from);
        var moved = await MoveAsync(process, from, to);
        Assert.Equal(["c1", "c2", "c3"], moved.Select(static client => client.ClientId).OrderBy(static id => id));
        Assert.All(moved, client => Assert.Equal(to is null ? DcrStorage.Local : DcrStorage.Vault, client.Storage));
        await AssertMovedAsync(process, from, to);

        // What a vault has, the ledger has no more.
        var text = _machine.Disk.Decrypted(_machine.Keys);
        Assert.Equal(to is null, text.Contains("token-of-c1"));
        Assert.Empty(await MoveAsync(process, from, to));
    }

    [Fact]
    public async Task There_and_back_again_nothing_is_lost()
    {
        using var process = _machine.Start();
        await FillAsync(process, null);
        foreach (var (from, to) in new[] { (null, "A"), ("A", "B"), ("B", "A"), ("A", null), (null, "B"), ("B", null) })
        {
            await MoveAsync(process, from, to);
            await AssertMovedAsync(process, from, to);
        }
    }

    [Theory]
    [InlineData(null, "A")]
    [InlineData("A", null)]
    [InlineData("A", "B")]
    public async Task Killed_at_any_disk_call_nothing_is_lost_and_the_next_run_goes_on(string? from, string? to)
    {
        for (var calls = 0; ; calls++)
        {
            var test = new MoveTests();
            var process = test._machine.Start();
            await test.FillAsync(process, from);
            process.Folder.KillAfter(calls, written: 0.5, atReads: true);
            var isKilled = await Record.ExceptionAsync(() => test.MoveAsync(process, from, to)) is not null;
            process.Kill();
            await test.AssertGoesOnAsync(from, to);
            if (!isKilled)
            {
                Assert.True(calls > 10);
                return;
            }
        }
    }

    [Theory]
    [InlineData(null, "A", VaultFault.RefusesWrites)]
    [InlineData(null, "A", VaultFault.LosesWrites)]
    [InlineData(null, "A", VaultFault.CutsWrites)]
    [InlineData(null, "A", VaultFault.Locked)]
    [InlineData("A", null, VaultFault.RefusesRemovals)]
    [InlineData("A", null, VaultFault.RefusesReads)]
    [InlineData("A", "B", VaultFault.RefusesWrites)]
    [InlineData("A", "B", VaultFault.RefusesRemovals)]
    internal async Task A_vault_that_fails_in_between_loses_nothing_and_the_next_run_goes_on(string? from, string? to, VaultFault fault)
    {
        using (var process = _machine.Start())
        {
            await FillAsync(process, from);
            foreach (var vault in _vaults.Values)
            {
                (vault.Fault, vault.FaultsOn) = (fault, "dcr-as-");
            }

            var failure = await Record.ExceptionAsync(() => MoveAsync(process, from, to));
            Assert.True(
                failure
                    is null
                        or DcrException { ErrorId: DcrErrorId.VaultWriteFailed or DcrErrorId.VaultReadFailed or DcrErrorId.VaultLocked },
                failure?.ToString()
            );
            foreach (var vault in _vaults.Values)
            {
                vault.Fault = VaultFault.None;
            }
        }

        await AssertGoesOnAsync(from, to);
    }

    [Fact]
    public async Task A_vault_that_does_not_forget_is_told_in_words_of_its_own()
    {
        using var process = _machine.Start();
        await FillAsync(process, "A");
        (_vaults["A"].Fault, _vaults["A"].FaultsOn) = (VaultFault.RefusesRemovals, "dcr-as-");
        await MoveAsync(process, "A", null);
        var error = await Assert.ThrowsAsync<DcrException>(() => MoveAsync(process, null, "A"));
        Assert.StartsWith("Vault 'A' does not remove what it is to forget: the vault is broken.", error.Message);
    }

    /// <summary>Another command changes the client each time between the look and the move, or once.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public async Task A_client_that_changes_meanwhile_is_looked_at_again_and_not_for_ever(int changes, bool isMoved)
    {
        using var process = _machine.Start();
        using var other = _machine.Start();
        await FillAsync(process, "A");
        var (from, to) = (await OpenAsync(process, "A"), await OpenAsync(process, null));
        var listed = process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!;
        process.Ledger.Compact();
        var left = changes;
        _vaults["A"].OnRead = name =>
        {
            if (name == listed.Record.SecretName && left-- > 0)
            {
                // What is kept elsewhere meanwhile, and stored.
                var changed = LedgerSamples.Record("c1", "t1", $"secret-{left}", LedgerSamples.Now.AddMinutes(changes - left));
                var sequence = other.Ledger.Registrations.KeepAsync(changed, from.VaultId).GetAwaiter().GetResult();
                _vaults["A"].Secrets[name] = changed.ToJson();
                other.Ledger.Vaults.StoredAsync([(changed.Issuer, changed.ClientId, sequence)]).GetAwaiter().GetResult();
                other.Ledger.Compact();
            }
        };
        if (!isMoved)
        {
            Assert.Equal(
                DcrErrorId.RequestTimedOut,
                (await Assert.ThrowsAsync<DcrException>(() => MoveOperation.RunAsync(from, to, listed))).ErrorId
            );
            Assert.NotEqual(0UL, process.Ledger.Registrations.PlaceOf(LedgerSamples.Issuer, "c1"));
            return;
        }

        await MoveOperation.RunAsync(from, to, listed);
        var moved = process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!;
        Assert.Equal((0UL, "secret-0"), (moved.Place, moved.Record.ClientSecret));
    }

    [Fact]
    public async Task A_connect_goes_on_too()
    {
        using (var process = _machine.Start())
        {
            await FillAsync(process, "A");
            var (from, to) = (await OpenAsync(process, "A"), await OpenAsync(process, "B"));
            (_vaults["B"].Fault, _vaults["B"].FaultsOn) = (VaultFault.RefusesWrites, "dcr-as-");
            await Assert.ThrowsAsync<DcrException>(() =>
                MoveOperation.RunAsync(from, to, process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!)
            );
            _vaults["B"].Fault = VaultFault.None;
        }

        using var next = _machine.Start();
        await ConnectAsync(next, "B");
        await ConnectAsync(next, "A");
        Assert.Equal(
            "token-of-c1",
            (await (await OpenAsync(next, "B")).FindAsync(LedgerSamples.Issuer, "c1"))!.Record.RegistrationAccessToken
        );
        Assert.Single(_vaults["B"].Registrations);
        Assert.Equal(2, _vaults["A"].Registrations.Count);
    }

    /// <summary>Another machine has changed the client in the vault that it is leaving.</summary>
    [Fact]
    public async Task What_changed_in_the_old_vault_meanwhile_is_not_removed_there()
    {
        using var process = _machine.Start();
        await FillAsync(process, "A");
        var (from, to) = (await OpenAsync(process, "A"), await OpenAsync(process, null));
        await MoveOperation.RunAsync(from, to, process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!);
        var newer = LedgerSamples.Record("c1", "t1", "newer", LedgerSamples.Now.AddDays(1));
        _vaults["A"].Secrets[newer.SecretName] = newer.ToJson();
        Assert.Null(await from.Delivery!.ForgetMovedAsync());
        Assert.Equal(newer.ToJson(), _vaults["A"].Secrets[newer.SecretName]);
        Assert.Equal("token-of-c1", process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!.Record.RegistrationAccessToken);
    }

    [Fact]
    public async Task A_registration_that_only_another_vault_has_is_not_found()
    {
        using var process = _machine.Start();
        await FillAsync(process, "A");
        process.Ledger.Compact();
        var (from, to) = (await OpenAsync(process, "B"), await OpenAsync(process, null));
        Assert.Equal(
            DcrErrorId.ClientNotFound,
            (
                await Assert.ThrowsAsync<DcrException>(() =>
                    MoveOperation.RunAsync(from, to, process.Ledger.Registrations.Find(LedgerSamples.Issuer, "c1")!)
                )
            ).ErrorId
        );
    }

    private async Task FillAsync(StoreProcess process, string? place)
    {
        var store = await OpenAsync(process, place);
        foreach (var number in Enumerable.Range(1, 3))
        {
            await store.KeepAsync(LedgerSamples.Record($"c{number}", $"t{number}"), LedgerHash.None, closes: false, isDurable: true);
        }

        await store.ConfirmAsync();
    }

    /// <summary>As Move-DcrRegistration does it.</summary>
    private async Task<IReadOnlyList<DcrClient>> MoveAsync(StoreProcess process, string? fromName, string? toName)
    {
        var (from, to) = (await OpenAsync(process, fromName), await OpenAsync(process, toName));
        var moved = (await MoveOperation.ResumeAsync(to)).ToList();
        foreach (
            var found in ListOperation
                .Kept(process.Ledger, issuer: null, process.Ledger.Vaults.PlaceOf(from.VaultId), new RecordingReporter())
                .ToList()
        )
        {
            moved.Add(await MoveOperation.RunAsync(from, to, found));
        }

        if (from.Delivery is { } delivery)
        {
            await delivery.ForgetMovedAsync();
        }

        process.Ledger.Compact();
        return moved;
    }

    private Task<Registrations> OpenAsync(StoreProcess process, string? name) => name is null
        ? Task.FromResult(new Registrations(process.Ledger, null, null))
        : StoreOpening.OpenWholeVaultAsync(process.Ledger, _vaults[name], new RecordingReporter(), new FakeClock(), CancellationToken.None);

    private Task<Registrations> ConnectAsync(StoreProcess process, string name) =>
        StoreOpening.RunAsync(
            process.Ledger,
            _vaults[name],
            new RecordingReporter(),
            new FakeClock(),
            new AuditScope(null, new DcrAuditRecord(), new RecordingReporter(), new FakeClock()),
            CancellationToken.None
        );

    private async Task AssertGoesOnAsync(string? from, string? to)
    {
        using var next = _machine.Start();
        await MoveAsync(next, from, to);
        await AssertMovedAsync(next, from, to);
    }

    private async Task AssertMovedAsync(StoreProcess process, string? from, string? to)
    {
        var store = await OpenAsync(process, to);
        foreach (var number in Enumerable.Range(1, 3))
        {
            var found = await store.FindAsync(LedgerSamples.Issuer, $"c{number}");
            Assert.Equal(
                ($"token-of-c{number}", process.Ledger.Vaults.PlaceOf(store.VaultId), false),
                (found!.Record.RegistrationAccessToken, found.Place, found.IsPending)
            );
            Assert.Equal($"c{number}", process.Ledger.Registrations.FindTenant(LedgerSamples.Issuer, $"t{number}")!.Record.ClientId);
        }

        Assert.True(from is null || _vaults[from].Registrations.Count == 0);
        Assert.Equal(to is null ? 0 : 3, to is null ? 0 : _vaults[to].Registrations.Count);
    }
}
