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
using DcrPowerShell.Files;
using DcrPowerShell.Ledger;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

/// <summary>What protects the local store, and how that changes. A key is never replaced while anything is written with it.</summary>
public class LocalStoreTests
{
    private const string Issuer = LedgerSamples.Issuer;
    private const string KeyName = "store.key";
    private const string First = LedgerSamples.First;

    private static readonly SecureString Passphrase = SecureText.Protect("correct horse")!;
    private static readonly SecureString Other = SecureText.Protect("battery staple")!;

    private readonly DiskDouble _disk = new();
    private readonly DiskDouble _keyDisk = new();
    private readonly AccountDouble _account = new();
    private readonly MemoryVault _vault = new();
    private readonly List<LocalStore> _opened = [];

    [Fact]
    public async Task A_new_store_is_protected_by_the_account_and_opens_by_itself()
    {
        var ledger = await FilledAsync(Start());
        Assert.Equal(DcrProtection.User, _opened[0].Protection);
        Assert.Equal(ledger.Id, (await Start().OpenAsync()).Id);
        Assert.Equal("token-of-c1", (await Start().OpenAsync()).Registrations.Find(Issuer, "c1")!.Record.RegistrationAccessToken);
    }

    [Fact]
    public async Task Two_processes_that_find_no_key_make_one()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var store = NewStore(_disk.Start());
            return (await store.OpenAsync()).Id;
        })));
        Assert.Single(ids.Distinct());
    }

    [Theory]
    [InlineData(DcrProtection.User)]
    [InlineData(DcrProtection.Passphrase)]
    [InlineData(DcrProtection.Vault)]
    public async Task Whatever_protects_it_nothing_is_lost_and_everything_is_sealed_again(DcrProtection protection)
    {
        var auditKey = await (await FilledAsync(Start())).Secrets.AuditKeyAsync();
        var former = KeyIds().Single();
        var before = _disk.Names.Where(static name => name.EndsWith(".dcrl", StringComparison.Ordinal)).ToList();
        await ProtectAsync(_opened[0], protection);
        Assert.Equal(protection, _opened[0].Protection);
        Assert.NotEqual(former, KeyIds().Single());
        Assert.Empty(_disk.Names.Intersect(before));
        AssertWhole(await _opened[0].OpenAsync(VaultOf));

        var next = Start();
        var opened = await OpenedAsync(next, Passphrase);
        AssertWhole(opened);
        Assert.Equal(auditKey.Bytes, (await opened.Secrets.AuditKeyAsync()).Bytes);
        Assert.DoesNotContain(
            "token-of-c1",
            string.Concat(_disk.Names.Select(name => Encoding.UTF8.GetString(_disk[name]))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task One_protection_after_another_is_possible()
    {
        await FilledAsync(Start());
        foreach (
            var protection in new[]
            {
                DcrProtection.Passphrase,
                DcrProtection.Vault,
                DcrProtection.Passphrase,
                DcrProtection.User,
                DcrProtection.Vault,
                DcrProtection.User,
            }
        )
        {
            await ProtectAsync(_opened.Last(), protection);
            AssertWhole(await OpenedAsync(Start(), Passphrase));
        }
    }

    [Fact]
    public async Task A_locked_store_says_so_before_anything_and_only_its_passphrase_opens_it()
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Passphrase);
        var next = Start();
        Assert.Equal(DcrErrorId.StoreLocked, (await Assert.ThrowsAsync<DcrException>(() => next.OpenAsync(VaultOf))).ErrorId);
        var wrong = await Assert.ThrowsAsync<DcrException>(() => next.UnlockAsync(Other));
        Assert.Equal(DcrErrorId.StoreLocked, wrong.ErrorId);
        Assert.Contains("does not open", wrong.Message);
        Assert.Equal(DcrErrorId.StoreLocked, (await Assert.ThrowsAsync<DcrException>(() => next.OpenAsync(VaultOf))).ErrorId);
        await next.UnlockAsync(Passphrase);
        AssertWhole(await next.OpenAsync());
    }

    [Theory]
    [InlineData(DcrProtection.User)]
    [InlineData(DcrProtection.Passphrase)]
    public async Task Locked_again_it_is_locked_for_who_has_it_open_until_somebody_unlocks_it(DcrProtection protection)
    {
        var ledger = await FilledAsync(Start());
        await ProtectAsync(_opened[0], protection);
        _opened[0].Lock();
        foreach (var act in new Func<Task>[]
        {
            () => _opened[0].OpenAsync(),
            () => ledger.Requests.BeginAsync(LedgerSamples.Intent("t9")),
            () => Task.FromResult(ledger.Registrations.Find(Issuer, "c1")),
            () => Task.FromResult(ledger.Registrations.FindTenant(Issuer, "t1")),
            () => Task.FromResult(ledger.Registrations.List(Issuer).Count()),
        })
        {
            Assert.Equal(DcrErrorId.StoreLocked, (await Assert.ThrowsAsync<DcrException>(act)).ErrorId);
        }

        await _opened[0].UnlockAsync(protection == DcrProtection.Passphrase ? Passphrase : null);
        AssertWhole(ledger);
    }

    /// <summary>A vault may say once that there is no such secret.</summary>
    [Theory]
    [InlineData(VaultFault.FindsNothing, DcrErrorId.StoreKeyMissing)]
    [InlineData(VaultFault.Locked, DcrErrorId.StoreLocked)]
    [InlineData(VaultFault.RefusesReads, DcrErrorId.StoreLocked)]
    internal async Task A_key_that_its_vault_does_not_give_is_never_replaced(VaultFault fault, DcrErrorId expected)
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        var (secrets, key) = (_vault.Secrets.ToList(), _disk[KeyName]);
        _vault.Fault = fault;
        var next = Start();
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => next.OpenAsync(VaultOf))).ErrorId);
        Assert.Equal(DcrErrorId.StoreLocked, (await Assert.ThrowsAsync<DcrException>(() => next.OpenAsync())).ErrorId);
        _vault.Fault = VaultFault.None;
        AssertWhole(await next.OpenAsync(VaultOf));
        Assert.Equal(secrets, _vault.Secrets.ToList());
        Assert.Equal(key, _disk[KeyName]);
    }

    [Theory]
    [InlineData("a password")]
    [InlineData("QUJD")]
    [InlineData("")]
    public async Task Something_else_under_the_key_s_name_is_said(string secret)
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        var name = _vault.Secrets.Single().Key;
        _vault.Secrets[name] = secret;
        Assert.Equal(DcrErrorId.StoreKeyMissing, (await Assert.ThrowsAsync<DcrException>(() => Start().OpenAsync(VaultOf))).ErrorId);
        Assert.Equal(secret, _vault.Secrets[name]);
    }

    [Fact]
    public async Task A_vault_that_does_not_keep_the_key_leaves_the_old_protection()
    {
        await FilledAsync(Start());
        _vault.Fault = VaultFault.LosesWrites;
        Assert.Equal(
            DcrErrorId.VaultWriteFailed,
            (await Assert.ThrowsAsync<DcrException>(() => ProtectAsync(_opened[0], DcrProtection.Vault))).ErrorId
        );
        Assert.Equal(DcrProtection.User, _opened[0].Protection);
        AssertWhole(await Start().OpenAsync());
    }

    /// <summary>Who is told that it failed has thrown the new passphrase away.</summary>
    [Fact]
    public async Task A_change_whose_compaction_the_disk_refuses_leaves_the_former_protection_for_good()
    {
        await FilledAsync(Start());
        _disk.Refuses = static call => call is { Operation: DiskOperation.Append } && call.Name.EndsWith(".new", StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<DcrException>(() => ProtectAsync(_opened[0], DcrProtection.Passphrase));
        Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
        Assert.Equal(DcrProtection.User, _opened[0].Protection);
        AssertWhole(await _opened[0].OpenAsync());

        _disk.Refuses = static _ => false;
        AssertWhole(await Start().OpenAsync());
        Assert.Single(KeyIds());
        AssertWhole(await Start().OpenAsync());
        Assert.Equal(DcrProtection.User, _opened[0].Protection);
    }

    [Fact]
    public async Task A_change_that_cannot_be_taken_back_either_is_said()
    {
        await FilledAsync(Start());
        var replaced = 0;
        _disk.Refuses = call =>
            call is { Operation: DiskOperation.Append } && call.Name.EndsWith(".new", StringComparison.Ordinal)
            || (call is { Operation: DiskOperation.Replace, Name: KeyName } && replaced++ > 0);
        var error = await Assert.ThrowsAsync<DcrException>(() => ProtectAsync(_opened[0], DcrProtection.Passphrase));
        Assert.Contains("The former protection and the new one open it", error.Message);
        Assert.Contains("keep the new passphrase", error.RecommendedAction);
    }

    [Fact]
    public async Task A_key_file_that_is_gone_is_never_replaced()
    {
        await FilledAsync(Start());
        var key = _disk[KeyName];
        _disk.Start().Delete(KeyName);
        var error = await Assert.ThrowsAsync<DcrException>(() => Start().OpenAsync());
        Assert.Equal(DcrErrorId.StoreKeyMissing, error.ErrorId);
        Assert.DoesNotContain(KeyName, _disk.Names);
        _disk[KeyName] = key;
        AssertWhole(await Start().OpenAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"version\":1,\"ledger\":\"x\",\"keys\":[]}")]
    [InlineData("{\"version\":9,\"ledger\":\"00000000000000000000000000000000\",\"keys\":[{}]}")]
    public async Task A_key_file_that_is_damaged_or_newer_is_left_as_it_is(string content)
    {
        await FilledAsync(Start());
        _disk[KeyName] = Encoding.UTF8.GetBytes(content);
        Assert.Equal(DcrErrorId.StoreDamaged, (await Assert.ThrowsAsync<DcrException>(() => Start().OpenAsync())).ErrorId);
        Assert.Equal(content, Encoding.UTF8.GetString(_disk[KeyName]));
    }

    [Fact]
    public async Task Another_account_or_machine_is_said()
    {
        await FilledAsync(Start());
        _account.IsOther = true;
        Assert.Equal(DcrErrorId.StoreKeyMissing, (await Assert.ThrowsAsync<DcrException>(() => Start().OpenAsync())).ErrorId);
        var elsewhere = NewStore(_disk.Start(), new AccountDouble { Scheme = "dpapi" });
        Assert.Equal(DcrErrorId.StoreKeyMissing, (await Assert.ThrowsAsync<DcrException>(() => elsewhere.OpenAsync())).ErrorId);
    }

    [Theory]
    [InlineData(DcrProtection.User, false)]
    [InlineData(DcrProtection.Passphrase, true)]
    [InlineData(DcrProtection.Vault, true)]
    public async Task Another_process_goes_on_after_a_re_keying_where_it_can_get_the_key_and_says_so_where_not(
        DcrProtection protection,
        bool isLocked
    )
    {
        var ledger = await FilledAsync(Start());
        var other = await Start().OpenAsync();
        await ProtectAsync(_opened[0], protection);
        ledger.Register("c9", "t9");
        if (isLocked)
        {
            Assert.Equal(
                DcrErrorId.StoreLocked,
                (await Assert.ThrowsAsync<DcrException>(() => other.Requests.BeginAsync(LedgerSamples.Intent("t8")))).ErrorId
            );
            await _opened[1].UnlockAsync(protection == DcrProtection.Passphrase ? Passphrase : null, VaultOf);
        }

        Assert.Equal("c9", other.Registrations.FindTenant(Issuer, "t9")!.Record.ClientId);
        other.Register("c10", "t10");
        Assert.Equal("c10", ledger.Registrations.FindTenant(Issuer, "t10")!.Record.ClientId);
        AssertWhole(other);
    }

    /// <summary>
    /// Killed at every call to the disk while it is sealed again: nothing is lost, either protection opens it, and that ends the change.
    /// </summary>
    [Theory]
    [InlineData(DcrProtection.User, DcrProtection.Passphrase)]
    [InlineData(DcrProtection.Passphrase, DcrProtection.User)]
    [InlineData(DcrProtection.Passphrase, DcrProtection.Passphrase)]
    [InlineData(DcrProtection.User, DcrProtection.Vault)]
    public async Task A_re_keying_that_was_killed_loses_nothing_and_is_ended_by_the_next_open(DcrProtection from, DcrProtection to)
    {
        for (var calls = 0; ; calls++)
        {
            var test = new LocalStoreTests();
            await FilledAsync(test.Start());
            await test.ProtectAsync(test._opened[0], from);
            var process = test._disk.Start();
            var store = test.NewStore(process);
            await test.OpenedAsync(store, Passphrase);
            process.KillAfter(calls, written: 0.5, atReads: to == DcrProtection.Vault);
            var isKilled = await Record.ExceptionAsync(() => test.ProtectAsync(store, to, from == to ? Other : Passphrase)) is not null;

            // While both keys are there, either passphrase does.
            var next = test.Start();
            AssertWhole(
                await test.OpenedAsync(
                    next,
                    test.KeyIds().Length == 1 ? [Passphrase, Other]
                        : from == to && calls % 2 == 0 ? [Other]
                        : [Passphrase]
                )
            );
            Assert.Single(test.KeyIds());
            next.Dispose();

            var third = test.Start();
            AssertWhole(await test.OpenedAsync(third, Passphrase, Other));
            third.Dispose();
            if (!isKilled)
            {
                Assert.True(calls > 5);
                return;
            }
        }
    }

    /// <summary>Of two at once one waits: neither takes away the other's key.</summary>
    [Fact]
    public async Task Two_processes_that_change_the_protection_at_once_lose_nothing()
    {
        await FilledAsync(Start());
        await Start().OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(index => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                await ProtectAsync(_opened[index], DcrProtection.User);
            }
        })));
        Assert.Single(KeyIds());
        AssertWhole(await Start().OpenAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/keys/mine.key")]
    public async Task Settings_that_are_damaged_can_be_deleted_and_nothing_is_lost(string? keyPath)
    {
        await FilledAsync(Start());
        _opened[0].MoveKey(keyPath);
        _disk[StoreSettings.FileName] = [];
        var error = await Assert.ThrowsAsync<DcrException>(() => Start().OpenAsync());
        Assert.Equal(DcrErrorId.StoreDamaged, error.ErrorId);
        Assert.Contains("Delete the file", error.RecommendedAction);

        _disk.Start().Delete(StoreSettings.FileName);
        var next = Start();
        if (keyPath is not null)
        {
            Assert.Equal(DcrErrorId.StoreKeyMissing, (await Assert.ThrowsAsync<DcrException>(() => next.OpenAsync())).ErrorId);
            next.MoveKey(keyPath);
        }

        AssertWhole(await next.OpenAsync());
    }

    [Fact]
    public async Task A_key_whose_new_place_cannot_be_noted_stays_where_it_was_and_can_be_moved_again()
    {
        await FilledAsync(Start());
        _disk.Refuses = static call => call is { Operation: DiskOperation.Replace, Name: StoreSettings.FileName };
        Assert.Equal(DcrErrorId.StoreReadOnly, Assert.Throws<DcrException>(() => _opened[0].MoveKey("/keys/mine.key")).ErrorId);
        Assert.Empty(_keyDisk.Names);
        AssertWhole(await Start().OpenAsync());

        _disk.Refuses = static _ => false;
        _opened[0].MoveKey("/keys/mine.key");
        Assert.DoesNotContain(KeyName, _disk.Names);
        AssertWhole(await Start().OpenAsync());
    }

    [Fact]
    public async Task The_key_can_be_kept_apart_and_another_store_s_key_is_not_overwritten()
    {
        await FilledAsync(Start());
        _opened[0].MoveKey("/keys/mine.key");
        Assert.Equal(["mine.key"], _keyDisk.Names);
        Assert.DoesNotContain(KeyName, _disk.Names);
        AssertWhole(await Start().OpenAsync());

        _keyDisk["theirs.key"] = [1, 2, 3];
        Assert.Equal(DcrErrorId.SecretExists, Assert.Throws<DcrException>(() => _opened[0].MoveKey("/keys/theirs.key")).ErrorId);
        Assert.Equal([1, 2, 3], _keyDisk["theirs.key"]);
        AssertWhole(await Start().OpenAsync());

        _opened[0].MoveKey("/keys/mine.key");
        AssertWhole(await Start().OpenAsync());
        _opened[0].MoveKey(null);
        Assert.Contains(KeyName, _disk.Names);
        AssertWhole(await Start().OpenAsync());
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        StoreOperation.CheckProtection(null, passphrase: null, vault: null);
        StoreOperation.CheckProtection(DcrProtection.User, passphrase: null, vault: null);
        StoreOperation.CheckProtection(DcrProtection.Passphrase, Passphrase, vault: null);
        StoreOperation.CheckProtection(DcrProtection.Vault, passphrase: null, vault: "v");
        using var empty = new SecureString();
        foreach (
            var (protection, passphrase, vault) in new (DcrProtection?, SecureString?, string?)[]
            {
                (null, Passphrase, null),
                (DcrProtection.User, Passphrase, null),
                (DcrProtection.Passphrase, null, null),
                (DcrProtection.Passphrase, empty, null),
                (DcrProtection.Vault, null, null),
                (DcrProtection.User, null, "v"),
                (DcrProtection.Passphrase, Passphrase, "v"),
            }
        )
        {
            Assert.Equal(
                DcrErrorId.InvalidSetup,
                Assert.Throws<DcrException>(() => StoreOperation.CheckProtection(protection, passphrase, vault)).ErrorId
            );
        }
    }

    [Fact]
    public async Task An_empty_passphrase_seals_nothing()
    {
        await FilledAsync(Start());
        using var empty = new SecureString();
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            _opened[0].ProtectAsync((ledgerId, key) => Task.FromResult(StoreKeys.ByPassphrase(ledgerId, key, empty)))
        );
        Assert.Equal(DcrErrorId.InvalidSetup, error.ErrorId);
        AssertWhole(await Start().OpenAsync());
    }

    /// <summary>Rule L6: what a vault is registered as is a hint.</summary>
    [Fact]
    public async Task A_key_is_found_in_its_vault_whatever_that_is_registered_as()
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        var asked = new List<string>();
        var next = NewStore(_disk.Start(), vaults: ["Other", "Renamed"]);
        AssertWhole(await next.OpenAsync(name =>
        {
            asked.Add(name);
            return name == "Renamed" ? _vault : new MemoryVault { Name = name };
        }));
        Assert.Equal(["Other", "Renamed"], asked);

        var gone = NewStore(_disk.Start(), vaults: ["Other"]);
        var error = await Assert.ThrowsAsync<DcrException>(() => gone.OpenAsync(name => new MemoryVault { Name = name }));
        Assert.Equal(DcrErrorId.StoreKeyMissing, error.ErrorId);
        Assert.Contains("Register the vault", error.RecommendedAction);
    }

    [Fact]
    public async Task A_key_s_own_vault_that_is_locked_is_named_and_no_other_is_asked()
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        _vault.Fault = VaultFault.Locked;
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            NewStore(_disk.Start(), vaults: ["Other", "TestVault"])
                .OpenAsync(name => name == "TestVault" ? _vault : throw new InvalidOperationException(name))
        );
        Assert.Equal(DcrErrorId.StoreLocked, error.ErrorId);
        Assert.Contains("'TestVault'", error.Message);
    }

    [Fact]
    public async Task A_key_that_its_own_vault_has_lost_is_missed_although_another_vault_is_locked()
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            NewStore(_disk.Start(), vaults: ["Other", "TestVault"])
                .OpenAsync(name => new MemoryVault { Name = name, Fault = name == "Other" ? VaultFault.Locked : VaultFault.None })
        );
        Assert.Equal(DcrErrorId.StoreKeyMissing, error.ErrorId);
    }

    [Fact]
    public async Task Where_a_vault_still_has_the_former_key_is_told()
    {
        await FilledAsync(Start());
        await ProtectAsync(_opened[0], DcrProtection.Vault);
        var former = await StoreOperation.ProtectAsync(_opened[0], DcrProtection.User, null, null, VaultOf);
        var (vault, secret) = Assert.Single(former);
        Assert.Equal((_vault.Name, true, true), (vault, _vault.Secrets.ContainsKey(secret), SecretName.IsStoreKey(secret)));
        Assert.Empty(await StoreOperation.ProtectAsync(_opened[0], DcrProtection.User, null, null, VaultOf));
    }

    [Fact]
    public async Task The_key_goes_into_a_folder_that_is_there_and_this_account_s_alone()
    {
        var home = Path.Combine(Path.GetTempPath(), "dcr-" + Guid.NewGuid().ToString("n"));
        try
        {
            var folder = new DiskFolder(home);
            var apart = Path.Combine(home, "apart");
            var store = new LocalStore(
                folder,
                settings =>
                    settings.KeyPath is { } path
                        ? (new DiskFolder(Path.GetDirectoryName(path)!, create: false), Path.GetFileName(path))
                        : (folder, KeyName),
                _account
            );
            await FilledAsync(store);
            Assert.Equal(DcrErrorId.InvalidSetup, Assert.Throws<DcrException>(() => store.MoveKey(Path.Combine(apart, "k.key"))).ErrorId);

            UserOnly.CreateFolder(apart);
            var precious = Path.Combine(apart, "precious.txt");
            File.WriteAllText(precious, "precious");
            Assert.Equal(DcrErrorId.SecretExists, Assert.Throws<DcrException>(() => store.MoveKey(precious)).ErrorId);
            Assert.Equal("precious", File.ReadAllText(precious));
#if NET
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(apart, (UnixFileMode)0b111_101_101);
                AssertNotPrivate(Path.Combine(apart, "k.key"));
                File.SetUnixFileMode(apart, (UnixFileMode)0b111_000_000);
                var link = Path.Combine(home, "link");
                Directory.CreateSymbolicLink(link, apart);
                AssertNotPrivate(Path.Combine(link, "k.key"));
            }
#endif
            store.MoveKey(Path.Combine(apart, "k.key"));
            AssertWhole(await store.OpenAsync());
#if NET
            void AssertNotPrivate(string path)
            {
                var error = Assert.Throws<DcrException>(() => store.MoveKey(path));
                Assert.Equal(DcrErrorId.StoreReadOnly, error.ErrorId);
                Assert.DoesNotContain("room", error.RecommendedAction, StringComparison.Ordinal);
            }
#endif
            store.Dispose();
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_store_is_described_locked_and_open()
    {
        var ledger = await FilledAsync(Start());
        ledger.Register("v1", "t5", LedgerSamples.Vault);
        await ledger.Requests.BeginAsync(LedgerSamples.Intent("t7"));
        var info = await StoreOperation.DescribeAsync(_opened[0], "the key", VaultOf);
        Assert.Equal(
            (DcrProtection.User, false, 3, 1, 1, 1, 0),
            (
                info.Protection!.Value,
                info.IsLocked,
                info.Registrations!.Value,
                info.InVaults!.Value,
                info.Pending!.Value,
                info.OpenRequests!.Value,
                info.Damaged!.Value
            )
        );
        Assert.True(info.Size > 1000);

        await ProtectAsync(_opened[0], DcrProtection.Passphrase);
        var locked = await StoreOperation.DescribeAsync(Start(), "the key", VaultOf);
        Assert.Equal((DcrProtection.Passphrase, true, false), (locked.Protection!.Value, locked.IsLocked, locked.Registrations.HasValue));
    }

    private LocalStore Start()
    {
        var store = NewStore(_disk.Start());
        _opened.Add(store);
        return store;
    }

    /// <param name="vaults">What vaults are registered as; null for the one that there is.</param>
    private LocalStore NewStore(DiskProcess process, IAccountProtection? account = null, IReadOnlyList<string>? vaults = null) =>
        new(
            process,
            settings => settings.KeyPath is { } path ? (_keyDisk.Start(), Path.GetFileName(path)) : (process, KeyName),
            account ?? _account
        )
        {
            VaultNames = () => vaults ?? [_vault.Name],
        };

    /// <summary>Taken for an empty store, it would let every tenant be registered again.</summary>
    [Theory]
    [InlineData("gone")]
    [InlineData("renamed")]
    [InlineData("empty")]
    [InlineData("a line")]
    [InlineData("an empty one above")]
    [InlineData("a line above")]
    [InlineData("a backup above")]
    [InlineData("another store's above")]
    [InlineData("another store's")]
    public async Task A_ledger_that_is_lost_or_hidden_behind_something_else_is_said(string what)
    {
        await FilledAsync(Start());
        var whole = _disk[First];
        Replace(what);
        var running = _opened[0];
        foreach (var store in new[] { Start(), Start() })
        {
            var error = await Assert.ThrowsAsync<DcrException>(() => store.OpenAsync());
            Assert.Equal(what == "another store's" ? DcrErrorId.StoreKeyMissing : DcrErrorId.StoreDamaged, error.ErrorId);
        }

        await AssertNotBegunAsync(running);
        foreach (
            var name in _disk.Names.Where(static name =>
                name.EndsWith(".dcrl", StringComparison.Ordinal) || name.EndsWith(".bak", StringComparison.Ordinal)
            )
        )
        {
            _disk.Start().Delete(name);
        }

        _disk[First] = whole;
        AssertWhole(await Start().OpenAsync());
        AssertWhole(await running.OpenAsync());
    }

    private void Replace(string what)
    {
        switch (what)
        {
            case "gone":
                _disk.Start().Delete(First);
                break;
            case "renamed":
                _disk.Start().Rename(First, "ledger-000001.bak");
                break;
            case "empty":
                _disk[First] = [];
                break;
            case "a line":
                _disk[First] = Encoding.ASCII.GetBytes("x\n");
                break;
            case "an empty one above":
                _disk[LedgerSamples.Second] = [];
                break;
            case "a line above":
                _disk[LedgerSamples.Second] = Encoding.ASCII.GetBytes("x\n");
                break;
            case "a backup above":
                _disk[LedgerSamples.Second] = TestBackup.Of(_opened[0].OpenAsync().GetAwaiter().GetResult(), Passphrase);
                break;
            case "another store's above":
                _disk[LedgerSamples.Second] = OtherLedger();
                break;
            default:
                _disk[First] = OtherLedger();
                break;
        }
    }

    private static byte[] OtherLedger()
    {
        var machine = new Machine();
        using var other = machine.Start();
        other.Ledger.Register("o1", "o1");
        return machine.Disk[First];
    }

    private static async Task AssertNotBegunAsync(LocalStore running)
    {
        var ledger = await running.OpenAsync();
        var failure = await Record.ExceptionAsync(async () =>
            Assert.IsType<Begun.Living>(await ledger.Requests.BeginAsync(LedgerSamples.Intent("t1")))
        );
        Assert.True(failure is null or DcrException, failure?.ToString());
    }

    [Fact]
    public async Task Who_was_killed_before_the_first_frame_leaves_a_store_that_can_be_used()
    {
        await Start().OpenAsync();
        var calls = _disk.Calls.Count;
        for (var at = 0; at < calls; at++)
        {
            var disk = new DiskDouble();
            var (left, process) = (at, disk.Start());
            disk.Before = call =>
            {
                if (call.By == process && left-- == 0)
                {
                    process.Kill();
                    throw new KilledException();
                }
            };
            await Record.ExceptionAsync(() => NewStore(process).OpenAsync());
            disk.Before = null;
            AssertWhole(await FilledAsync(NewStore(disk.Start())));
            AssertWhole(await NewStore(disk.Start()).OpenAsync());
        }
    }

    [Fact]
    public async Task A_key_file_that_is_gone_under_a_running_session_is_said_before_anything_is_asked()
    {
        var ledger = await FilledAsync(Start());
        var key = _disk[KeyName];
        _disk.Start().Delete(KeyName);
        var error = await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(LedgerSamples.Intent("t9")));
        Assert.Equal(DcrErrorId.StoreKeyMissing, error.ErrorId);
        Assert.Contains("Backup-DcrStore", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains(
            "Backup-DcrStore",
            (await Assert.ThrowsAsync<DcrException>(() => ProtectAsync(_opened[0], DcrProtection.User))).RecommendedAction,
            StringComparison.Ordinal
        );

        // The way out that it names.
        Assert.Equal(3, BackupFile.Read(TestBackup.Of(ledger, Passphrase), Passphrase).Contents.Count);
        Assert.Empty(ledger.Requests.Open());
        _disk[KeyName] = key;
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(LedgerSamples.Intent("t9")));
    }

    [Fact]
    public async Task A_key_file_that_another_process_put_elsewhere_is_found()
    {
        var ledger = await FilledAsync(Start());
        Start().MoveKey("/elsewhere/own.key");
        Assert.IsType<Begun.Entry>(await ledger.Requests.BeginAsync(LedgerSamples.Intent("t9")));
    }

    [Fact]
    public async Task A_folder_that_was_replaced_by_another_store_s_is_said()
    {
        var ledger = await FilledAsync(Start());
        var other = new DiskDouble();
        await FilledAsync(NewStore(other.Start()));
        _disk.Restore(other.Snapshot());
        _disk[First] = [.. _disk[First], 0];
        Assert.Equal(
            DcrErrorId.StoreDamaged,
            (await Assert.ThrowsAsync<DcrException>(() => ledger.Requests.BeginAsync(LedgerSamples.Intent("t9")))).ErrorId
        );
    }

    private ISecretVault VaultOf(string name) => _vault;

    private ulong[] KeyIds() => KeyFile.Parse(_disk[KeyName]).Keys.Select(static key => key.Id).ToArray();

    /// <summary>Three registrations.</summary>
    private static async Task<RegistrationLedger> FilledAsync(LocalStore store)
    {
        var ledger = await store.OpenAsync();
        foreach (var number in Enumerable.Range(1, 3))
        {
            ledger.Register($"c{number}", $"t{number}");
        }

        return ledger;
    }

    private async Task ProtectAsync(LocalStore store, DcrProtection protection, SecureString? passphrase = null)
    {
        if (protection != DcrProtection.Passphrase)
        {
            await StoreOperation.ProtectAsync(store, protection, null, protection == DcrProtection.Vault ? "v" : null, VaultOf);
            return;
        }

        await store.ProtectAsync((ledgerId, key) => Task.FromResult(new ProtectedKey
        {
            Id = key.Id,
            Protection = DcrProtection.Passphrase,
            Passphrase = TestBackup.Seal(key.ToBytes(), passphrase ?? Passphrase, KeyFile.Associated(ledgerId)),
        }));
    }

    /// <param name="passphrases">One after another, until one opens it; not needed where none protects it.</param>
    private async Task<RegistrationLedger> OpenedAsync(LocalStore store, params SecureString[] passphrases)
    {
        foreach (var passphrase in passphrases)
        {
            try
            {
                return await store.OpenAsync(VaultOf);
            }
            catch (DcrException failure) when (failure.ErrorId == DcrErrorId.StoreLocked)
            {
                await Record.ExceptionAsync(() => store.UnlockAsync(passphrase, VaultOf));
            }
        }

        return await store.OpenAsync(VaultOf);
    }

    private static void AssertWhole(RegistrationLedger ledger) =>
        Assert.All(Enumerable.Range(1, 3), number =>
            Assert.Equal($"token-of-c{number}", ledger.Registrations.FindTenant(Issuer, $"t{number}")!.Record.RegistrationAccessToken)
        );
}
