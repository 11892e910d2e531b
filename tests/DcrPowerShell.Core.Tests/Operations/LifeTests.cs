using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class LifeTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("put")]
    [InlineData("getAndPut")]
    public async Task A_client_lives_from_registration_to_deletion(string rotate)
    {
        using var session = await Session.StartAsync($$"""{"rotateToken":"{{rotate}}","rotateSecret":"{{rotate}}","repeatToken":false}""");
        var id = (await session.RegisterAsync(tenant: "north")).ClientId;
        await session.ReadAsync(id);
        await session.UpdateAsync(id, """{"client_name":"Clinic North","scope":"openid"}""");
        await session.UpdateAsync(id, """{"scope":null}""");
        var client = await session.ReadAsync(id);
        Assert.Equal(("Clinic North", "north", 0), (client.ClientName, client.Tenant, client.Scope.Count));

        await session.DeleteAsync(id);
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.Empty(session.Vault.Registrations);
        Assert.DoesNotContain(await session.Server.RequestsAsync(), static request => request.Status >= 400);
    }

    [Fact]
    public async Task Many_clients_at_once_are_kept_apart()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut"}""");
        var ids = await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(async i =>
                {
                    var client = await session.RegisterAsync(
                        $$"""{"client_name":"client {{i}}","redirect_uris":["https://a.example.com/{{i}}"]}""",
                        tenant: $"t{i}"
                    );
                    await session.UpdateAsync(client.ClientId, $$"""{"tos_uri":"https://a.example.com/{{i}}/tos"}""");
                    return client.ClientId;
                })
        );

        var known = (await session.Server.ClientsAsync()).ToDictionary(static client => client.ClientId);
        Assert.Equal(30, known.Count);
        foreach (var (id, i) in ids.Select(static (id, i) => (id, i)))
        {
            var stored = session.Stored(id);
            Assert.Equal(
                ($"client {i}", $"t{i}", known[id].RegistrationAccessToken),
                (stored.ClientName, stored.Tenant, stored.RegistrationAccessToken)
            );
        }
    }
}
