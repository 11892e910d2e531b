using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class FindOperationTests
{
    [Fact]
    public async Task What_the_vault_has_is_newer_than_what_is_piped()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var old = await session.RegisterAsync();
        await session.UpdateAsync(old.ClientId, """{"client_name":"m"}""");
        Assert.Equal("m", (await FindOperation.RunAsync(session.Context, old.ClientId, old)).ClientName);
    }

    [Fact]
    public async Task Without_a_vault_the_piped_object_will_do()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync();
        var record = await FindOperation.RunAsync(session.Context, client.ClientId, client);
        Assert.Equal("Clinic portal", (await ReadOperation.RunAsync(session.Context, record)).ClientName);
    }

    [Theory]
    [InlineData(true, "Vault 'TestVault' holds no registration of client 'c1' at this issuer.")]
    [InlineData(false, "Client 'c1' cannot be managed: this connection has no vault (-NoVault) to take its registration access token from.")]
    public async Task A_client_that_nothing_is_known_of(bool hasVault, string message)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var error = await Assert.ThrowsAsync<DcrException>(() => FindOperation.RunAsync(session.Context, "c1", piped: null));
        Assert.Equal((DcrErrorId.ClientNotFound, message), (error.ErrorId, error.Message));
    }

    [Fact]
    public async Task A_client_of_another_server_is_refused_so_that_its_token_goes_nowhere_else()
    {
        using var session = await Session.StartAsync();
        using var other = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => FindOperation.RunAsync(other.Context, client.ClientId, client));
        Assert.Equal(DcrErrorId.NotConnected, error.ErrorId);
        Assert.Contains($"Connect-DcrServer {session.Connection.Issuer}", error.RecommendedAction);
    }

    [Fact]
    public async Task The_list_has_the_clients_of_this_issuer_and_asks_no_server()
    {
        using var session = await Session.StartAsync("""{"issuerPath":"/t1"}""");
        var (one, two) = (await session.RegisterAsync(), await session.RegisterAsync());
        var strange = session.Stored(one.ClientId) with { Issuer = session.Connection.Issuer.Replace("/t1", "/t2") };
        session.Vault.Secrets[strange.SecretName] = strange.ToJson();
        await session.Server.ClearRequestsAsync();

        using var known = await ListOperation.FromVaultAsync(session.Context);
        Assert.Equal(new[] { one.ClientId, two.ClientId }.OrderBy(static id => id), known.At(session.Connection.Issuer).Select(static found => found.Outline!.ClientId).OrderBy(static id => id));
        Assert.Null(await ListOperation.LoadAsync(session.Context, strange.SecretName));
        Assert.Empty(await session.Server.RequestsAsync());
    }

    [Fact]
    public async Task Without_a_vault_there_is_no_list()
    {
        using var session = await Session.StartAsync(hasVault: false);
        Assert.Equal(DcrErrorId.VaultNotFound, (await Assert.ThrowsAsync<DcrException>(() => ListOperation.FromVaultAsync(session.Context))).ErrorId);
    }
}
