using System;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Credentials;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>The secret that -ClientSecretName names: it takes the place of nothing but this client's own (rule L7).</summary>
public class SecretCopyTests
{
    private const string Name = "PortalSecret";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_secret_of_the_user_s_own_stays_and_nothing_is_sent(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        await PutAsync(session, "the database's password");
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(tenant: "north", clientSecretName: Name));
        Assert.Equal(DcrErrorId.SecretExists, error.ErrorId);
        Assert.Equal("the database's password", await TextAsync(session));
        Assert.Empty(await session.SentAsync("register"));

        // The tenant is free, and its client gets another name.
        Assert.True((await session.TryRegisterAsync(tenant: "north", clientSecretName: "another")).IsNew);
    }

    [FullCryptographyTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_private_key_stays_and_nothing_is_sent(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""", hasVault: hasVault);
        await NewKeyOperation.RunAsync(session.Context.Store, Name, "ES256");
        var key = await TextAsync(session);
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(clientSecretName: Name))).ErrorId
        );
        Assert.Empty(await session.SentAsync("register"));
        var client = await session.RegisterAsync();
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId, Name))).ErrorId
        );
        Assert.Empty(await session.SentAsync("update"));
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => NewKeyOperation.RunAsync(session.Context.Store, Name, "ES256"))).ErrorId
        );
        Assert.Equal(key, await TextAsync(session));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_client_s_secret_stays_and_nothing_is_sent(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""", hasVault: hasVault);
        var first = await session.RegisterAsync(clientSecretName: Name);
        var other = await session.RegisterAsync();
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(clientSecretName: Name))).ErrorId
        );
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(other.ClientId, Name))).ErrorId
        );
        Assert.Equal((2, 0), ((await session.SentAsync("register")).Count, (await session.SentAsync("update")).Count));
        Assert.Equal(session.Stored(first.ClientId).ClientSecret, await TextAsync(session));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_client_s_own_copy_is_renewed_also_by_the_next_process(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""", hasVault: hasVault);
        var client = await session.RegisterAsync(clientSecretName: Name);

        // The copy is two secrets behind then.
        await session.ResetSecretAsync(client.ClientId);
        using var next = await session.NextProcessAsync();
        await next.ResetSecretAsync(client.ClientId, Name);
        Assert.Equal(next.Stored(client.ClientId).ClientSecret, await TextAsync(next));
    }

    [Fact]
    public async Task The_client_s_own_copy_is_renewed_where_another_machine_or_the_user_made_it()
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""");
        var client = await session.RegisterAsync(clientSecretName: Name);
        using var elsewhere = await session.ElsewhereAsync();
        await elsewhere.ResetSecretAsync(client.ClientId, Name);
        Assert.Equal(elsewhere.Stored(client.ClientId).ClientSecret, await TextAsync(elsewhere));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_user_has_put_in_the_place_of_a_copy_stays(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""", hasVault: hasVault);
        var client = await session.RegisterAsync(clientSecretName: Name);
        await PutAsync(session, "mine now");
        Assert.Equal(
            DcrErrorId.SecretExists,
            (await Assert.ThrowsAsync<DcrException>(() => session.ResetSecretAsync(client.ClientId, Name))).ErrorId
        );
        Assert.Equal("mine now", await TextAsync(session));
    }

    [Fact]
    public async Task A_name_that_is_taken_while_the_request_is_under_way_costs_no_secret_and_no_client()
    {
        using var session = await Session.StartAsync();
        session.Vault.OnWrite = name =>
        {
            if (name.StartsWith(SecretName.PrefixFor(session.Connection.Issuer), StringComparison.Ordinal))
            {
                session.Vault.Secrets[Name] = "somebody else's";
            }
        };
        var error = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(clientSecretName: Name));
        Assert.Equal(DcrErrorId.SecretExists, error.ErrorId);
        var client = Assert.IsType<DcrClient>(error.Unstored);
        Assert.Equal("somebody else's", await TextAsync(session));
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Stored(client.ClientId).ClientSecret);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task Of_two_processes_that_take_a_name_of_the_local_store_at_the_same_time_one_does()
    {
        using var session = await Session.StartAsync(hasVault: false);
        using var beside = await session.BesideAsync();
        Assert.Null(session.Ledger.Secrets.Find(Name, out var sequence));
        Assert.True(await beside.Ledger.Secrets.KeepCopyAsync(Name, "first", owner: null, since: 0));
        Assert.False(await session.Ledger.Secrets.KeepCopyAsync(Name, "second", owner: null, sequence));
        Assert.Equal("first", await TextAsync(session));
    }

    [Fact]
    public async Task What_is_known_of_copies_survives_compaction()
    {
        using var session = await Session.StartAsync("""{"rotateSecret":"put"}""");
        var client = await session.RegisterAsync(clientSecretName: Name);
        await session.ResetSecretAsync(client.ClientId);
        Assert.True(session.Ledger.Compact());
        await session.ResetSecretAsync(client.ClientId, Name);
        Assert.Equal(session.Stored(client.ClientId).ClientSecret, await TextAsync(session));
    }

    private static Task PutAsync(Session session, string text)
    {
        if (session.Connection.Vault is null)
        {
            return session.Ledger.Secrets.KeepAsync(Name, text);
        }

        session.Vault.Secrets[Name] = text;
        return Task.CompletedTask;
    }

    private static Task<string?> TextAsync(Session session) => session.Context.Store.ReadSecretAsync(Name);
}
