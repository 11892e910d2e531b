using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Storage;
using Xunit;

namespace DcrPowerShell.Core.Tests.Storage;

public class RegistrationStoreTests
{
    private const string Issuer = "https://as.example.com/tenant1";

    private readonly MemoryVault _vault = new();
    private readonly RegistrationStore _store;

    public RegistrationStoreTests() => _store = new RegistrationStore(_vault);

    [Fact]
    public async Task What_is_saved_is_found_by_issuer_and_client_id()
    {
        await _store.SaveAsync(Record("c1"));
        Assert.Equal("token-c1", (await _store.FindAsync(Issuer, "c1"))?.RegistrationAccessToken);
        Assert.Null(await _store.FindAsync(Issuer, "c2"));
        Assert.Null(await _store.FindAsync("https://as.example.com/tenant2", "c1"));
    }

    [Fact]
    public async Task Lists_the_names_at_the_host_of_an_issuer()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.SaveAsync(Record("c2"));
        await _store.SaveAsync(Record("c3") with { Issuer = "https://other.example.com" });
        _vault.Secrets["something else"] = "x";
        Assert.Equal(["dcr-as-example-com-c1-", "dcr-as-example-com-c2-"], (await _store.ListAsync(Issuer)).Select(static name => name.Substring(0, 22)));
    }

    [Fact]
    public async Task What_is_removed_is_gone()
    {
        await _store.SaveAsync(Record("c1"));
        await _store.RemoveAsync(Record("c1"));
        Assert.Empty(_vault.Secrets);
    }

    [Theory]
    [InlineData(VaultFault.LosesWrites, 1)]
    [InlineData(VaultFault.LosesWrites, 2)]
    [InlineData(VaultFault.CutsWrites, 1)]
    [InlineData(VaultFault.RefusesWrites, 2)]
    [InlineData(VaultFault.RefusesReads, 2)]
    internal async Task A_write_that_failed_is_tried_again(VaultFault fault, int times)
    {
        (_vault.Fault, _vault.FaultyCalls) = (fault, times);
        await _store.SaveAsync(Record("c1"));
        Assert.Equal("token-c1", (await _store.FindAsync(Issuer, "c1"))?.RegistrationAccessToken);
    }

    [Theory]
    [InlineData(VaultFault.LosesWrites, "it reported success, and reading back gave something else")]
    [InlineData(VaultFault.CutsWrites, "it reported success, and reading back gave something else")]
    [InlineData(VaultFault.RefusesWrites, "the vault is broken")]
    [InlineData(VaultFault.RefusesReads, "the vault is broken")]
    [InlineData(VaultFault.Locked, "it is locked")]
    internal async Task A_write_that_goes_on_failing_is_told(VaultFault fault, string why)
    {
        _vault.Fault = fault;
        var failure = await Assert.ThrowsAsync<VaultException>(() => _store.SaveAsync(Record("c1")));
        Assert.Equal(why, failure.Message);
        Assert.True(_vault.Writes.Count <= 3);
    }

    [Fact]
    public async Task A_vault_that_loses_an_overwrite_is_found_out()
    {
        await _store.SaveAsync(Record("c1"));
        _vault.Fault = VaultFault.LosesWrites;
        await Assert.ThrowsAsync<VaultException>(() => _store.SaveAsync(Record("c1") with { RegistrationAccessToken = "token-2" }));
    }

    [Fact]
    public async Task The_check_before_sending_leaves_nothing_behind()
    {
        await _store.CheckWritableAsync();
        Assert.Matches("^dcr-write-check-[0-9a-f]{32}$", Assert.Single(_vault.Writes));
        Assert.Empty(_vault.Secrets);
    }

    [Theory]
    [InlineData(VaultFault.Locked, DcrErrorId.VaultLocked)]
    [InlineData(VaultFault.RefusesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.LosesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.CutsWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.RefusesReads, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.RefusesRemovals, DcrErrorId.VaultWriteFailed)]
    internal async Task The_check_before_sending_finds_every_fault(VaultFault fault, DcrErrorId expected)
    {
        _vault.Fault = fault;
        var error = await Assert.ThrowsAsync<DcrException>(_store.CheckWritableAsync);
        Assert.Equal(expected, error.ErrorId);
        Assert.EndsWith("Nothing was sent.", error.Message);
    }

    [Theory]
    [InlineData(VaultFault.Locked, DcrErrorId.VaultLocked)]
    [InlineData(VaultFault.RefusesReads, DcrErrorId.VaultReadFailed)]
    internal async Task A_vault_that_cannot_be_read_is_told(VaultFault fault, DcrErrorId expected)
    {
        _vault.Fault = fault;
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => _store.FindAsync(Issuer, "c1"))).ErrorId);
        Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(() => _store.ListAsync(Issuer))).ErrorId);
    }

    [Theory]
    [InlineData("somebody's password-123456")]
    [InlineData("""{"version":2,"issuer":"https://as.example.com/tenant1","client_id":"c1","registration_access_token":"password-123456"}""")]
    public async Task A_secret_that_is_no_registration_is_named_and_left_alone(string content)
    {
        var name = SecretName.For(Issuer, "c1");
        _vault.Secrets[name] = content;
        var error = await Assert.ThrowsAsync<DcrException>(() => _store.FindAsync(Issuer, "c1"));
        Assert.Equal(DcrErrorId.VaultReadFailed, error.ErrorId);
        Assert.Contains(name, error.Message);
        Assert.DoesNotContain("123456", error.ToString());
        Assert.Equal(content, _vault.Secrets[name]);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    public async Task What_others_dropped_or_made_older_is_put_back(int? minutes, bool isPutBack)
    {
        var store = new RegistrationStore(_vault, new WrittenSecrets(), this);
        var record = Record("c1");
        await store.SaveAsync(record);
        ChangeAsAnother(record.SecretName, minutes is { } later ? (record with { UpdatedAt = record.UpdatedAt.AddMinutes(later), RegistrationAccessToken = "another" }).ToJson() : null);
        Assert.Equal(isPutBack ? 1 : 0, await store.PutBackAsync());
        Assert.Equal(isPutBack ? "token-c1" : "another", (await store.FindAsync(Issuer, "c1"))?.RegistrationAccessToken);
    }

    [Fact]
    public async Task A_secret_of_another_kind_is_put_back_where_it_is_gone_and_left_where_it_is_another()
    {
        var store = new RegistrationStore(_vault, new WrittenSecrets(), this);
        await store.SaveAsync("gone", "mine");
        await store.SaveAsync("replaced", "mine");
        ChangeAsAnother("gone", null);
        ChangeAsAnother("replaced", "theirs");
        Assert.Equal(1, await store.PutBackAsync());
        Assert.Equal(("mine", "theirs"), (_vault.Secrets["gone"], _vault.Secrets["replaced"]));
    }

    [Fact]
    public async Task What_a_command_of_the_same_pipeline_removed_or_changed_is_not_put_back()
    {
        var written = new WrittenSecrets();
        var store = new RegistrationStore(_vault, written, this);
        var downstream = new RegistrationStore(_vault, written, new object());
        await store.SaveAsync(Record("removed"));
        await store.SaveAsync(Record("changed"));
        await downstream.RemoveAsync(Record("removed"));
        await downstream.SaveAsync(Record("changed") with { RegistrationAccessToken = "token-2" });
        _vault.ChangesByOthers++;
        Assert.Equal(0, await store.PutBackAsync());
        Assert.Null(await store.FindAsync(Issuer, "removed"));

        ChangeAsAnother(Record("changed").SecretName, null);
        Assert.Equal(1, await downstream.PutBackAsync());
        Assert.Equal("token-2", (await store.FindAsync(Issuer, "changed"))?.RegistrationAccessToken);
    }

    [Fact]
    public async Task Without_a_change_by_others_nothing_is_read_again()
    {
        var store = new RegistrationStore(_vault, new WrittenSecrets(), this);
        await store.SaveAsync(Record("c1"));
        _vault.Fault = VaultFault.RefusesReads;
        Assert.Equal(0, await store.PutBackAsync());
    }

    [Fact]
    public async Task What_cannot_be_put_back_is_told_and_the_rest_is_put_back()
    {
        var store = new RegistrationStore(_vault, new WrittenSecrets(), this);
        await store.SaveAsync("a", "1");
        await store.SaveAsync("b", "2");
        ChangeAsAnother("a", null);
        ChangeAsAnother("b", null);
        (_vault.Fault, _vault.FaultsOn) = (VaultFault.RefusesWrites, "a");
        var error = await Assert.ThrowsAsync<DcrException>(() => store.PutBackAsync());
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        Assert.Equal("2", Assert.Single(_vault.Secrets).Value);
    }

    private void ChangeAsAnother(string name, string? value)
    {
        _vault.ChangesByOthers++;
        if (value is null)
        {
            _vault.Secrets.TryRemove(name, out _);
        }
        else
        {
            _vault.Secrets[name] = value;
        }
    }

    private static RegistrationRecord Record(string clientId) => new()
    {
        Issuer = Issuer,
        ClientId = clientId,
        RegistrationAccessToken = $"token-{clientId}",
        CreatedAt = new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero),
        UpdatedAt = new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero),
        Metadata = JsonBag.Empty,
    };
}
