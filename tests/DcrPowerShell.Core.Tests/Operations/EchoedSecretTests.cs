using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A server that repeats, in a success, what was sent to it as a secret.</summary>
public class EchoedSecretTests
{
    private const string Initial = "initial-token-0001",
        Secret = "client-secret-0001",
        Token = "registration-token-0001",
        Password = "vendor-password-0001";
    private const string Discovery = """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register"}""";

    private static readonly string[] Secrets = [Initial, Secret, Token, Password];

    private static string Answer =>
        $$$"""
            {"client_id":"c1","client_name":"App {{{Initial}}}","client_secret":"{{{Secret}}}","client_secret_expires_at":0,"registration_access_token":"{{{Token}}}",
             "registration_client_uri":"https://as.example.com/register/c1?token={{{Token}}}","scope":"{{{Initial}}}",
             "request":{"headers":{"authorization":"Bearer {{{Initial}}}"},"url":"https://as.example.com/?t={{{Initial}}}","body":"{\"x\":\"{{{Password}}}\"}"},
             "contacts":["{{{System.Convert.ToBase64String(Encoding.UTF8.GetBytes("ops:" + Initial))}}}","{{{Secret}}}@example.com"]}
            """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Shows_it_nowhere_now_and_later(bool hasVault)
    {
        using var handler = new RecordingHandler().Answer(200, Discovery).Answer(201, Answer);
        using var session = await ConnectAsync(handler, hasVault);
        var client = await session.RegisterAsync(
            $$$"""{"redirect_uris":["https://a.example.com/"],"scope":"read","x_vendor":{"password":"{{{Password}}}"}}"""
        );

        AssertHidden(client);
        AssertHidden(new DcrClient(session.Stored("c1"), []));
        AssertHidden(
            new DcrClient(
                session.Listed().Single().Record,
                [],
                new FullRecordSource((_, _) => session.Stored("c1"), static failure => failure)
            )
        );
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, string.Concat(session.Reporter.Warnings)));
        Assert.Equal((Token, Secret), (client.Record.RegistrationAccessToken, client.Record.ClientSecret));

        // The token for its client is where it belongs; that of the registrations nowhere.
        Assert.DoesNotContain(Initial, session.Stored("c1").ToJson());
    }

    /// <summary>Whoever replays the answer does not know what was sent.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_replay_shows_it_nowhere(bool hasVault)
    {
        using var session = await Session.StartAsync(
            """{"initialToken":"TOKEN","answerOverrides":{"register":{"request":{"headers":{"authorization":"Bearer TOKEN"}}}}}""".Replace(
                "TOKEN",
                Initial
            ),
            static request => request with { Credential = InitialToken.Of(Initial) },
            hasVault);
        var (disk, appends) = (session.Process.Machine.Disk, 0);
        disk.Before = call =>
        {
            // Asked and answered are written, and then it is killed.
            if (
                call.By == session.Process.Folder
                && call.Operation == DiskOperation.Append
                && call.Name.StartsWith("ledger-", StringComparison.Ordinal)
                && ++appends == 3
            )
            {
                session.Process.Kill();
            }
        };
        await Assert.ThrowsAsync<KilledException>(() => session.RegisterAsync());
        disk.Before = null;

        using var next = await session.NextProcessAsync();
        var clientId = Assert.Single(next.Listed()).Record.ClientId;
        AssertHidden(new DcrClient(next.Stored(clientId), []));
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, next.Stored(clientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task What_goes_back_in_an_update_is_as_the_server_wrote_it()
    {
        using var handler = new RecordingHandler()
            .Answer(200, Discovery)
            .Answer(
                201,
                $$"""{"client_id":"c1","client_secret":"{{Secret}}","client_secret_expires_at":0,"registration_access_token":"{{Token}}","registration_client_uri":"https://as.example.com/register/c1"}"""
            )
            .Answer(200, $$"""{"client_id":"c1","x_copy":"{{Secret}}"}""")
            .Answer(200, $$"""{"client_id":"c1","x_copy":"{{Secret}}","scope":"read"}""");
        using var session = await ConnectAsync(handler, hasVault: false);
        await session.RegisterAsync();
        AssertHidden(await session.UpdateAsync("c1", """{"scope":"read"}"""));
        Assert.Equal(Secret, JsonBag.Parse(handler.Requests.Last().Body).Text("x_copy"));
    }

    private static Task<Session> ConnectAsync(RecordingHandler handler, bool hasVault) =>
        Session.ConnectAsync(
            "https://as.example.com",
            static request => request with { Credential = InitialToken.Of(Initial) },
            hasVault,
            handler: handler
        );

    private static void AssertHidden(DcrClient client)
    {
        using var inventory = new System.IO.StringWriter();
        var writer = new InventoryWriter(inventory, DcrInventoryFormat.Json);
        writer.Write(client);
        writer.End();
        var all =
            JsonSerializer.Serialize(client.Metadata)
            + client.ClientName
            + client.RegistrationClientUri
            + string.Concat(client.Scope)
            + string.Concat(client.Contacts)
            + string.Concat(client.Changes)
            + inventory;
        Assert.All(Secrets, secret => Assert.False(new Redaction([secret]).Finds(all), $"{secret} in {all}"));
    }
}
