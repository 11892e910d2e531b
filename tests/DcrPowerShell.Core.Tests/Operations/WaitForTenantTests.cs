using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A tenant is being registered by another process, and that one is killed while this one waits.</summary>
public class WaitForTenantTests
{
    [Fact]
    public async Task The_answer_that_it_still_wrote_is_used()
    {
        using var first = await Session.StartAsync(hasVault: false);
        using var second = await first.BesideAsync();
        var intent = IntentOf(first);
        var entry = ((Begun.Entry)await first.Ledger.Requests.BeginAsync(intent)).Id;
        second.Clock.OnWait = () =>
        {
            second.Clock.OnWait = static () => { };
            first
                .Ledger.Requests.AnsweredAsync(
                    entry,
                    intent,
                    new LedgerAnswer(
                        201,
                        Encoding.UTF8.GetBytes("""{"client_id":"c1","registration_access_token":"r1"}"""),
                        first.Clock.UtcNow
                    )
                )
                .GetAwaiter()
                .GetResult();
            first.Process.Kill();
        };
        var (client, isNew) = await second.TryRegisterAsync(tenant: "t1");
        Assert.Equal(("c1", false), (client.ClientId, isNew));
        Assert.Empty(await second.SentAsync("register"));
    }

    [Fact]
    public async Task Without_an_answer_its_outcome_is_unknown_and_nothing_is_sent()
    {
        using var first = await Session.StartAsync(hasVault: false);
        using var second = await first.BesideAsync();
        await first.Ledger.Requests.BeginAsync(IntentOf(first));
        second.Clock.OnWait = first.Process.Kill;
        Assert.Equal(DcrErrorId.OutcomeUnknown, (await Assert.ThrowsAsync<DcrException>(() => second.RegisterAsync(tenant: "t1"))).ErrorId);
        Assert.Empty(await second.SentAsync("register"));
    }

    private static LedgerIntent IntentOf(Session session) => new()
    {
        Operation = LedgerOperation.Register,
        Issuer = session.Connection.Issuer,
        RegistrationEndpoint = session.Connection.RegistrationEndpoint,
        Provider = session.Connection.Provider,
        Tenant = "t1",
        ClientName = "Clinic portal",
        At = session.Clock.UtcNow,
    };
}
