using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Nothing is sent before its answer can be stored, and what could not be stored is on the error.</summary>
public class VaultFaultTests
{
    [Theory]
    [InlineData(VaultFault.Locked, DcrErrorId.VaultLocked)]
    [InlineData(VaultFault.RefusesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.LosesWrites, DcrErrorId.VaultWriteFailed)]
    [InlineData(VaultFault.CutsWrites, DcrErrorId.VaultWriteFailed)]
    internal async Task A_fault_before_is_found_and_nothing_is_sent(VaultFault fault, DcrErrorId expected)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        session.Clock.UtcNow += TimeSpan.FromMinutes(5); // What was proved then says nothing now.
        await session.Server.ClearRequestsAsync();
        session.Vault.Fault = fault;

        foreach (
            var act in new Func<Task>[]
            {
                () => session.RegisterAsync(),
                () => session.ReadAsync(client.ClientId),
                () => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""),
            }
        )
        {
            Assert.Equal(expected, (await Assert.ThrowsAsync<DcrException>(act)).ErrorId);
        }

        Assert.Empty(await session.Server.RequestsAsync());
    }

    [Theory]
    [InlineData(VaultFault.Locked)]
    [InlineData(VaultFault.RefusesWrites)]
    [InlineData(VaultFault.LosesWrites)]
    [InlineData(VaultFault.CutsWrites)]
    [InlineData(VaultFault.RefusesReads)]
    internal async Task A_fault_after_a_registration_leaves_the_secrets_on_the_error(VaultFault fault)
    {
        using var session = await Session.StartAsync();
        var error = await FailAfterSendingAsync(session, fault, () => session.RegisterAsync(tenant: "north"));

        var (client, known) = (Assert.IsType<DcrClient>(error.Unstored), await session.AtServerAsync());
        Assert.Contains($"Client '{known.ClientId}' was registered, and vault 'TestVault' did not keep that", error.Message);
        Assert.Equal((known.ClientId, "north", DcrStorage.Pending), (client.ClientId, client.Tenant, client.Storage));
        Assert.Equal(known.RegistrationAccessToken, SecureText.Reveal(client.RegistrationAccessToken!));
        Assert.Equal(known.ClientSecret, SecureText.Reveal(client.ClientSecret!));
        Assert.DoesNotContain(known.RegistrationAccessToken!, error.ToString());
        Assert.DoesNotContain(known.ClientSecret!, error.ToString());
    }

    [Fact]
    public async Task A_fault_after_an_update_that_rotated_the_secrets_leaves_them_on_the_error()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put","rotateSecret":"put"}""");
        var registered = await session.RegisterAsync();
        var error = await FailAfterSendingAsync(
            session,
            VaultFault.LosesWrites,
            () => session.UpdateAsync(registered.ClientId, """{"client_name":"m"}""")
        );

        var (client, known) = (Assert.IsType<DcrClient>(error.Unstored), await session.AtServerAsync());
        Assert.Equal(known.RegistrationAccessToken, SecureText.Reveal(client.RegistrationAccessToken!));
        Assert.Equal(known.ClientSecret, SecureText.Reveal(client.ClientSecret!));
    }

    [Theory]
    [InlineData(VaultFault.RefusesWrites, 2)]
    [InlineData(VaultFault.LosesWrites, 2)]
    [InlineData(VaultFault.RefusesReads, 1)]
    internal async Task A_vault_that_recovers_at_once_loses_nothing(VaultFault fault, int times)
    {
        using var session = await Session.StartAsync();
        (session.Vault.Fault, session.Vault.FaultyCalls) = (fault, times);
        var client = await session.RegisterAsync();
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task After_a_write_that_failed_nothing_is_sent_before_one_succeeds()
    {
        using var session = await Session.StartAsync();
        await FailAfterSendingAsync(session, VaultFault.LosesWrites, () => session.RegisterAsync());
        Assert.Equal(DcrErrorId.VaultWriteFailed, (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync())).ErrorId);
        Assert.Single(await session.SentAsync("register"));

        session.Vault.Fault = VaultFault.None;
        await session.RegisterAsync();
        Assert.Equal(2, (await session.SentAsync("register")).Count);
    }

    [Fact]
    public async Task A_proof_holds_for_a_minute()
    {
        using var session = await Session.StartAsync();
        session.Clock.UtcNow += TimeSpan.FromSeconds(50);
        await session.RegisterAsync();
        await session.RegisterAsync();
        Assert.Single(session.Vault.Writes, VaultProbe.Name); // At connecting.

        session.Clock.UtcNow += TimeSpan.FromSeconds(61);
        await session.RegisterAsync();
        Assert.Equal(2, session.Vault.Writes.Count(static name => name == VaultProbe.Name));
    }

    [Fact]
    public async Task A_copy_of_the_secret_that_fails_is_told_and_the_registration_is_kept()
    {
        using var session = await Session.StartAsync();
        session.Vault.FaultsOn = "PortalSecret";
        session.Vault.Fault = VaultFault.RefusesWrites;
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(clientSecretName: "PortalSecret"));
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        var client = Assert.IsType<DcrClient>(error.Unstored);
        Assert.Equal(client.ClientId, session.Stored(client.ClientId).ClientId);
    }

    [Fact]
    public async Task A_registration_that_cannot_be_dropped_is_told()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        session.Vault.Fault = VaultFault.RefusesRemovals;
        var error = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        Assert.Contains("was deleted at the server", error.Message);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    /// <summary>Runs a command whose vault fails from the moment on that it has proved itself.</summary>
    private static async Task<DcrException> FailAfterSendingAsync(Session session, VaultFault fault, Func<Task> act)
    {
        session.Vault.FaultsOn = "dcr-127-0-0-1-";
        session.Vault.Fault = fault;
        var error = await Assert.ThrowsAsync<DcrException>(act);
        session.Vault.FaultsOn = "";
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        return error;
    }

    [Fact]
    public void Nobody_is_told_to_end_the_process_that_alone_has_a_client()
    {
        var hangs = new VaultException("it hangs") { IsOver = true, NextStep = "Start a new PowerShell and connect." };
        var error = StorageErrors.NotKept("v", "c1", "was registered", new object(), hangs, isInMemory: true);
        Assert.DoesNotContain("new PowerShell", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("TargetObject", error.RecommendedAction, StringComparison.Ordinal);
    }
}
