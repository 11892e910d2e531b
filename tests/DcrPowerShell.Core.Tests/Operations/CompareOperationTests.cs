using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class CompareOperationTests
{
    [Fact]
    public async Task A_client_that_is_as_it_is_wanted_is_the_same()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        var found = await CompareAsync(session, client, Session.WebClient);
        Assert.Equal(DcrComparisonStatus.Same, found.Status);
        Assert.Equal(("north", "Clinic portal", client.ClientId), (found.Tenant, found.ClientName, found.ClientId));
        Assert.Empty(found.Changes);
    }

    [Theory]
    [InlineData("""{"redirect_uris":["https://b.example.com/","https://a.example.com/"],"scope":"b a"}""")]
    [InlineData("""{"client_name":"Clinic"}""")]
    public async Task The_order_of_sets_and_what_a_server_adds_is_no_difference(string wanted)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(
            """{"client_name":"Clinic","redirect_uris":["https://a.example.com/","https://b.example.com/"],"scope":"a b"}"""
        );
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, wanted)).Status);
    }

    [Fact]
    public async Task A_new_wish_is_told_from_what_somebody_else_changed()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync("""{"client_name":"Clinic","redirect_uris":["https://a.example.com/"],"scope":"a"}""");
        await ChangeBehindAsync(session, client, """{"client_name":"Clinic","redirect_uris":["https://evil.example.com/"],"scope":"a"}""");

        // Looked at twice: the read by which it is found leaves it as it is.
        for (var time = 0; time < 2; time++)
        {
            var found = await CompareAsync(
                session,
                client,
                """{"client_name":"Clinic North","redirect_uris":["https://a.example.com/"],"scope":"a"}"""
            );
            Assert.Equal(DcrComparisonStatus.Differs, found.Status);
            Assert.Equal(["client_name", "redirect_uris"], found.Changes.Select(static change => change.Name));
            Assert.Equal([false, true], found.Changes.Select(static change => change.HasDrifted));
            Assert.Equal(
                "redirect_uris: wanted ['https://a.example.com/'], is ['https://evil.example.com/'], was granted ['https://a.example.com/']",
                found.Changes[1].ToString()
            );
        }
    }

    [Fact]
    public async Task What_is_written_again_has_drifted_no_more()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync("""{"client_name":"Clinic","redirect_uris":["https://a.example.com/"]}""");
        await ChangeBehindAsync(session, client, """{"client_name":"Other","redirect_uris":["https://a.example.com/"]}""");
        Assert.True(Assert.Single((await CompareAsync(session, client, """{"client_name":"Clinic"}""")).Changes).HasDrifted);

        await session.UpdateAsync(client.ClientId, """{"client_name":"Clinic"}""");
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, """{"client_name":"Clinic"}""")).Status);
        Assert.False(Assert.Single((await CompareAsync(session, client, """{"client_name":"New"}""")).Changes).HasDrifted);
        Assert.Empty(session.Stored(client.ClientId).Drifted);
    }

    [Fact]
    public async Task What_the_server_granted_otherwise_before_is_no_difference_until_it_changes()
    {
        using var session = await Session.StartAsync("""{"dropScope":["b"]}""");
        var client = await session.RegisterAsync("""{"client_name":"Clinic","redirect_uris":["https://a.example.com/"],"scope":"a b"}""");
        Assert.Equal("a", Assert.Single(client.Scope));
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, """{"scope":"b a"}""")).Status);
        Assert.Equal(DcrComparisonStatus.Differs, (await CompareAsync(session, client, """{"scope":"a c"}""")).Status);
    }

    [Fact]
    public async Task The_same_set_in_another_order_that_was_granted_otherwise_is_no_new_wish()
    {
        using var session = await Session.StartAsync("""{"dropRedirectUris":["https://b.example.com/"]}""");
        var client = await session.RegisterAsync(
            """{"client_name":"Clinic","redirect_uris":["https://a.example.com/","https://b.example.com/"]}"""
        );
        const string Turned = """{"redirect_uris":["https://b.example.com/","https://a.example.com/"]}""";
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, Turned)).Status);
    }

    [Fact]
    public async Task A_client_that_the_server_has_no_more_is_gone()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        using var request = new HttpRequestMessage(HttpMethod.Delete, client.RegistrationClientUri);
        await SendAsync(session, client, request);
        var found = await CompareAsync(session, client, Session.WebClient);
        Assert.Equal(DcrComparisonStatus.Gone, found.Status);
        Assert.NotNull(found.Why);
    }

    [Fact]
    public async Task A_server_that_lets_nobody_read_is_compared_by_what_is_kept()
    {
        using var session = await Session.StartAsync("""{"operations":[]}""");
        var client = await session.RegisterAsync("""{"client_name":"Clinic","redirect_uris":["https://a.example.com/"]}""");
        var found = await CompareAsync(session, client, """{"client_name":"Other"}""");
        Assert.Equal((DcrComparisonStatus.Unreadable, "client_name"), (found.Status, Assert.Single(found.Changes).Name));
    }

    [Fact]
    public async Task A_token_that_the_server_replaces_at_the_read_is_kept()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut"}""");
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId).RegistrationAccessToken;
        await CompareAsync(session, client, Session.WebClient);
        Assert.NotEqual(before, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Equal(DcrComparisonStatus.Same, (await CompareAsync(session, client, Session.WebClient)).Status);
    }

    private static Task<DcrComparison> CompareAsync(Session session, DcrClient client, string wanted) =>
        session.RunAsync(async context => await CompareOperation.RunAsync(
            context,
            JsonBag.Parse(wanted),
            await FindOperation.RunAsync(context, client.ClientId, piped: null)));

    private static async Task ChangeBehindAsync(Session session, DcrClient client, string metadata)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, client.RegistrationClientUri)
        {
            Content = new StringContent(
                JsonBag.Parse(metadata).With("client_id", client.ClientId).ToString(),
                Encoding.UTF8,
                "application/json"
            ),
        };
        await SendAsync(session, client, request);
    }

    private static async Task SendAsync(Session session, DcrClient client, HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            session.Stored(client.ClientId).RegistrationAccessToken
        );
        using var http = new HttpClient();
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
    }
}
