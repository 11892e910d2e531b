using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class RedirectUriEditTests
{
    private const string A = "https://app.example.com/callback";
    private const string B = "https://app.example.com/b";
    private const string C = "https://other.example.com/c";

    [Fact]
    public async Task One_redirect_URI_is_added_and_one_is_removed_and_the_others_stay()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync($$"""{"client_name":"App","redirect_uris":["{{A}}","{{C}}"]}""");
        var client = await EditAsync(session, registered, add: [B], remove: [C]);
        Assert.Equal([A, B], client.RedirectUris);
        Assert.Equal([A, B], await AtServerAsync(session));
        Assert.Equal([A, B], session.Stored(client.ClientId).Metadata.Texts(ClientMember.RedirectUris));
        Assert.Equal((1, 1), ((await session.SentAsync("read")).Count, (await session.SentAsync("update")).Count));
        Assert.Equal("App", JsonBag.Parse((await session.SentAsync("update"))[0].Body).Text(ClientMember.ClientName));
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task What_is_so_already_is_said_and_nothing_is_written()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync();
        var client = await EditAsync(session, registered, add: [A], remove: [C]);
        Assert.Equal([A], client.RedirectUris);
        Assert.Empty(await session.SentAsync("update"));
        Assert.Equal(
            [
                $"Client '{client.ClientId}': the redirect URI {A} that was to be added was there already.",
                $"Client '{client.ClientId}': the redirect URI {C} that was to be removed was not there.",
            ],
            session.Reporter.Warnings
        );
    }

    [Fact]
    public async Task Other_changes_are_made_all_the_same()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync();
        var client = await EditAsync(session, registered, add: [A], changes: """{"client_name":"New"}""");
        Assert.Equal(("New", A), (client.ClientName, Assert.Single(client.RedirectUris)));
    }

    [Fact]
    public async Task The_last_one_can_be_removed()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync(
            $$"""{"grant_types":["client_credentials"],"response_types":[],"redirect_uris":["{{A}}"]}"""
        );
        var client = await EditAsync(session, registered, remove: [A]);
        Assert.Empty(client.RedirectUris);
        Assert.Empty(await AtServerAsync(session));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("getAndPut")]
    public async Task Where_another_writer_came_between_it_is_read_and_applied_again(string rotateToken)
    {
        using var session = await Session.StartAsync(
            $$"""{"rotateToken":"{{rotateToken}}","overwriteUpdates":[{"redirect_uris":["{{A}}","{{C}}"]}]}"""
        );
        var registered = await session.RegisterAsync();
        var client = await EditAsync(session, registered, add: [B]);
        Assert.Equal([A, C, B], client.RedirectUris);
        Assert.Equal([A, C, B], await AtServerAsync(session));
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("granted otherwise"));
        Assert.Equal((2, 2), ((await session.SentAsync("read")).Count, (await session.SentAsync("update")).Count));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Empty(await session.OrphansAsync());
    }

    [Fact]
    public async Task What_another_writer_brings_back_is_removed_again()
    {
        using var session = await Session.StartAsync($$"""{"overwriteUpdates":[{"redirect_uris":["{{A}}","{{B}}","{{C}}"]}]}""");
        var registered = await session.RegisterAsync($$"""{"redirect_uris":["{{A}}","{{B}}"]}""");
        Assert.Equal([A, C], (await EditAsync(session, registered, remove: [B])).RedirectUris);
    }

    [Fact]
    public async Task After_three_tries_it_is_an_error_and_what_the_server_has_is_kept()
    {
        var lost = string.Join(",", Enumerable.Repeat($$"""{"redirect_uris":["{{A}}","{{C}}"]}""", 3));
        using var session = await Session.StartAsync($$"""{"rotateToken":"put","overwriteUpdates":[{{lost}}]}""");
        var registered = await session.RegisterAsync();
        var failure = await Assert.ThrowsAsync<DcrException>(() => EditAsync(session, registered, add: [B]));
        Assert.Equal(DcrErrorId.ChangeNotKept, failure.ErrorId);
        Assert.Equal(3, (await session.SentAsync("update")).Count);
        var stored = session.Stored(registered.ClientId);
        Assert.Equal([A, C], stored.Metadata.Texts(ClientMember.RedirectUris));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, stored.RegistrationAccessToken);
        Assert.Empty(await session.OrphansAsync());
    }

    /// <summary>The token is dead, and a newer one is in the vault: what was read is old, too.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_of_another_machine_between_read_and_write_is_not_undone(bool isEdit)
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var registered = await session.RegisterAsync();
        using var other = await session.ElsewhereAsync();
        await other.ReadAsync(registered.ClientId);
        var reads = 0;
        using var handler = new AfterRead(async () =>
        {
            if (++reads == 1)
            {
                await EditAsync(other, registered, add: [C]);
            }
        });
        using var late = await Session.ConnectAsync(
            session.Connection.Issuer,
            process: session.Process.Machine.Start(),
            vault: session.Vault,
            handler: handler
        );
        var client = isEdit
            ? await EditAsync(late, registered, add: [B])
            : await late.UpdateAsync(registered.ClientId, """{"client_name":"New"}""");
        Assert.Equal(isEdit ? [A, C, B] : [A, C], await AtServerAsync(session));
        Assert.Equal(isEdit ? "Clinic portal" : "New", client.ClientName);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task After_a_lost_answer_another_writers_change_stays()
    {
        using var session = await Session.StartAsync(
            $$"""
            {"overwriteUpdates":[{"redirect_uris":["{{A}}","{{C}}"]}],"faults":[{"on":"update","drop":"beforeAnswer"}]}
            """
        );
        var registered = await session.RegisterAsync();
        Assert.Equal([A, C, B], (await EditAsync(session, registered, add: [B])).RedirectUris);
    }

    [Fact]
    public async Task A_bad_uri_to_add_is_told_by_its_parameter()
    {
        using var session = await Session.StartAsync();
        var failure = Assert.Throws<DcrException>(() =>
            new RedirectUriEdit(["javascript:alert(1)"], []).Check(session.Connection.Service, JsonBag.Empty)
        );
        Assert.Equal((DcrErrorId.InvalidRedirectUri, "AddRedirectUri"), (failure.ErrorId, failure.Member));
        new RedirectUriEdit([], ["javascript:alert(1)"]).Check(session.Connection.Service, JsonBag.Empty);
    }

    private static async Task<DcrClient> EditAsync(
        Session session,
        DcrClient client,
        string[]? add = null,
        string[]? remove = null,
        string changes = "{}"
    )
    {
        var record = await session.Context.RunAsync(context => FindOperation.RunAsync(context, client.ClientId, piped: null));
        return await session.RunAsync(context =>
            UpdateOperation.RunAsync(context, record, JsonBag.Parse(changes), new RedirectUriEdit(add ?? [], remove ?? []))
        );
    }

    private static async Task<string[]> AtServerAsync(Session session) =>
        JsonBag.Parse((await session.AtServerAsync()).Metadata.GetRawText()).Texts(ClientMember.RedirectUris).ToArray();

    private sealed class AfterRead(System.Func<Task> action) : System.Net.Http.DelegatingHandler(new System.Net.Http.HttpClientHandler())
    {
        protected override async Task<System.Net.Http.HttpResponseMessage> SendAsync(
            System.Net.Http.HttpRequestMessage request,
            System.Threading.CancellationToken stop
        )
        {
            var response = await base.SendAsync(request, stop);
            if (request.Method == System.Net.Http.HttpMethod.Get && request.RequestUri!.AbsolutePath.Contains("/register/"))
            {
                await action();
            }

            return response;
        }
    }
}
