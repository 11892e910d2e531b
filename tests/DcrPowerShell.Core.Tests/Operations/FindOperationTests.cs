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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nothing_is_kept_of_a_client_the_piped_object_will_do(bool hasVault)
    {
        using var other = await Session.StartAsync();
        using var session = await Session.ConnectAsync(other.Connection.Issuer, hasVault: hasVault);
        var client = await other.RegisterAsync();
        var record = await FindOperation.RunAsync(session.Context, client.ClientId, client);
        Assert.Equal("Clinic portal", (await ReadOperation.RunAsync(session.Context, record)).ClientName);
    }

    [Theory]
    [InlineData(true, "There is no registration of client 'c1' at this issuer in vault 'TestVault'. Nothing was sent.")]
    [InlineData(false, "There is no registration of client 'c1' at this issuer in the local store. Nothing was sent.")]
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_list_has_the_clients_of_this_issuer_without_secrets_and_asks_no_server_and_no_vault(bool hasVault)
    {
        using var session = await Session.StartAsync("{\"issuerPath\":\"/t1\"}", hasVault: hasVault);
        var (one, two) = (await session.RegisterAsync(), await session.RegisterAsync());
        await session.Ledger.Registrations.KeepAsync(
            one.Record with
            {
                Issuer = session.Connection.Issuer.Replace("/t1", "/t2"),
            },
            session.Connection.VaultId
        );
        await session.Server.ClearRequestsAsync();
        var reads = hasVault ? session.Vault.Reads.Count : 0;

        Assert.Equal([one.ClientId, two.ClientId], session.Listed().Select(static found => found.Record.ClientId));
        Assert.All(
            session.Listed(),
            static found =>
                Assert.Equal(
                    (null, null, true, true),
                    (
                        found.Record.RegistrationAccessToken,
                        found.Record.ClientSecret,
                        found.Record.Omitted!.ClientSecret,
                        found.Record.Omitted.RegistrationAccessToken
                    )
                )
        );
        Assert.Equal(reads, hasVault ? session.Vault.Reads.Count : 0);
        Assert.Empty(await session.Server.RequestsAsync());
    }
}
