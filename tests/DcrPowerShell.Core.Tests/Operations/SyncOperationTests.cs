using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class SyncOperationTests
{
    private const string Wanted = """
        {"client_name":"Clinic","redirect_uris":["https://a.example.com"],"scope":"openid Patient.Read",
         "grant_types":["authorization_code"],"x_vendor":"1"}
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_server_shows_in_its_own_way_right_after_a_write_is_no_difference_later(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay"}""", hasVault: hasVault);
        var client = await RegisterAsync(session);
        Assert.Equal("https://a.example.com/", Assert.Single(client.RedirectUris));
        Assert.Single(session.Reporter.Warnings, static line => line.Contains("shows something else whenever the client is read"));
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client)).Status);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task What_a_server_got_wrong_at_a_registration_is_put_right()
    {
        using var session = await Session.StartAsync("""{"overwriteRegistrations":{"redirect_uris":["https://another.example.com/"]}}""");
        var client = await RegisterAsync(session);
        Assert.Equal("https://a.example.com", Assert.Single(client.RedirectUris));
        Assert.Equal("https://a.example.com", (await session.AtServerAsync()).Metadata.GetProperty("redirect_uris")[0].GetString());
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client)).Status);
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("shows something else"));
    }

    [Fact]
    public async Task What_a_server_without_updates_shows_otherwise_stays_a_difference()
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay","operations":["read"]}""");
        var client = await RegisterAsync(session);
        Assert.Single(session.Reporter.Warnings, static line => line.Contains("changing it failed"));
        Assert.Equal(DcrComparisonStatus.Differs, (await CompareAsync(session, client)).Status);
    }

    [Fact]
    public async Task A_client_that_was_registered_without_a_look_is_changed_once()
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay"}""");
        var client = await session.RegisterAsync(Wanted);
        var found = await CompareAsync(session, client);
        Assert.Equal(
            ["redirect_uris", "scope", "grant_types", "x_vendor"],
            found.Changes.Select(static change => change.Name)
        );
        await UpdateAsync(session, client, found);
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client)).Status);
    }

    [Fact]
    public async Task A_change_by_somebody_else_is_found_all_the_same()
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay"}""");
        var client = await RegisterAsync(session);
        await ChangeBehindAsync(session, client, """{"client_name":"Clinic","redirect_uris":["https://evil.example.com/"]}""");
        for (var time = 0; time < 2; time++)
        {
            var found = await CompareAsync(session, client);
            Assert.Equal(["redirect_uris", "scope"], found.Changes.Select(static change => change.Name));
            Assert.All(found.Changes, static change => Assert.True(change.HasDrifted));
            Assert.Equal(
                "redirect_uris: wanted ['https://a.example.com'], is ['https://evil.example.com/'], was granted ['https://a.example.com/']",
                found.Changes[0].ToString()
            );
        }

        await UpdateAsync(session, client, await CompareAsync(session, client));
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client)).Status);
        Assert.Equal("https://a.example.com", (await session.AtServerAsync()).Metadata.GetProperty("redirect_uris")[0].GetString());
    }

    [Fact]
    public async Task A_new_wish_is_a_difference_all_the_same()
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay"}""");
        var client = await RegisterAsync(session);
        var found = await CompareAsync(session, client, """{"redirect_uris":["https://b.example.com"]}""");
        Assert.Equal(("redirect_uris", false), (Assert.Single(found.Changes).Name, found.Changes[0].HasDrifted));
    }

    [Theory]
    [InlineData("""{"operations":[]}""")]
    [InlineData("""{"operations":["update"]}""")]
    [InlineData("""{"faults":[{"on":"read","status":403,"times":9}]}""")]
    public async Task A_client_that_cannot_be_read_is_as_it_was_answered(string switches)
    {
        using var session = await Session.StartAsync(switches);
        var client = await RegisterAsync(session);
        Assert.Equal("https://a.example.com", Assert.Single(client.RedirectUris));
        Assert.Equal(DcrClientState.Active, client.State);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task A_token_that_the_server_replaces_at_the_look_is_kept()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut"}""");
        var client = await RegisterAsync(session);
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task What_only_the_answer_to_a_change_has_is_no_difference_later()
    {
        using var session = await Session.StartAsync(
            """{"answerOverrides":{"any":{"application_type":"web"},"read":{"application_type":null}}}"""
        );
        const string Web = """{"client_name":"Clinic","redirect_uris":["https://a.example.com/"],"application_type":"web"}""";
        var client = await RegisterAsync(session, Web);
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, Web)).Status);
        await ChangeBehindAsync(session, client, """{"client_name":"Theirs","redirect_uris":["https://a.example.com/"]}""");
        await UpdateAsync(session, client, await CompareAsync(session, client, Web), Web);
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, Web)).Status);
    }

    [Theory]
    [InlineData("""{"answerOverrides":{"read":{"redirect_uris":[]}}}""")]
    [InlineData("""{"answerOverrides":{"read":{"redirect_uris":null}}}""")]
    public async Task Redirect_uris_that_the_server_shows_no_more_are_written_again_once(string shown)
    {
        using var session = await Session.StartAsync();
        const string Plain = """{"client_name":"Clinic","redirect_uris":["https://a.example.com/"]}""";
        var client = await RegisterAsync(session, Plain);
        using var switches = JsonDocument.Parse(shown);
        await session.Server.SetAsync(switches.RootElement);
        for (var time = 0; time < 2; time++)
        {
            var change = Assert.Single((await CompareAsync(session, client, Plain)).Changes);
            Assert.Equal(("redirect_uris", null, true), (change.Name, change.Server, change.HasDrifted));
        }

        await UpdateAsync(session, client, await CompareAsync(session, client, Plain), Plain);
        Assert.Equal("https://a.example.com/", (await session.AtServerAsync()).Metadata.GetProperty("redirect_uris")[0].GetString());
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, Plain)).Status);
        Assert.Equal("https://a.example.com/", session.Stored(client.ClientId).Metadata.Texts("redirect_uris").Single());
    }

    [Fact]
    public async Task The_applications_copy_is_of_the_secret_that_the_last_write_brought()
    {
        using var session = await Session.StartAsync("""{"shownAtRead":"inItsOwnWay","rotateSecret":"put"}""");
        const string Copy = "portal-secret";
        var client = await RegisterAsync(session, clientSecretName: Copy);
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Vault.Secrets[Copy]);
        var before = session.Vault.Secrets[Copy];
        await ChangeBehindAsync(session, client, """{"client_name":"Theirs","redirect_uris":["https://a.example.com"]}""");
        await UpdateAsync(session, client, await CompareAsync(session, client), clientSecretName: Copy);
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Vault.Secrets[Copy]);
        Assert.NotEqual(before, session.Vault.Secrets[Copy]);
    }

    private static Task<DcrClient> RegisterAsync(Session session, string wanted = Wanted, string? clientSecretName = null) =>
        session.RunAsync(context =>
            SyncOperation.RegisterAsync(context, new RegisterRequest(JsonBag.Parse(wanted), "north", clientSecretName))
        );

    private static Task<DcrClient> UpdateAsync(
        Session session,
        DcrClient client,
        DcrComparison found,
        string wanted = Wanted,
        string? clientSecretName = null
    ) =>
        session.RunAsync(async context =>
            await SyncOperation.UpdateAsync(
                context,
                await FindOperation.RunAsync(context, client.ClientId, piped: null),
                JsonBag.Parse(wanted),
                found.Changes,
                clientSecretName
            )
        );

    private static Task<DcrComparison> CompareAsync(Session session, DcrClient client, string wanted = Wanted) =>
        session.RunAsync(async context =>
            await CompareOperation.RunAsync(
                context,
                JsonBag.Parse(wanted),
                await FindOperation.RunAsync(context, client.ClientId, piped: null)
            )
        );

    private static async Task ChangeBehindAsync(Session session, DcrClient client, string metadata)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, client.RegistrationClientUri)
        {
            Content = new StringContent(
                JsonBag.Parse(metadata).With("client_id", client.ClientId).ToString(),
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session.Stored(client.ClientId).RegistrationAccessToken);
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}
