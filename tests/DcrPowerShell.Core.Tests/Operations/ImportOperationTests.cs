using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Clients that somebody else registered, at a server that this session's vault knows nothing of.</summary>
public class ImportOperationTests
{
    [Fact]
    public async Task A_client_is_read_with_its_token_and_stored_with_what_was_given()
    {
        using var session = await StartAsync();
        var given = await ElsewhereAsync(session);
        var (client, outcome) = await ImportAsync(session, given, clientSecretName: "portal-secret");
        var stored = session.Stored(given.ClientId!);
        Assert.Equal((ImportOutcome.Taken, DcrClientState.Active, stored.SecretName), (outcome, client.State, client.SecretName));
        Assert.Equal(
            (given.RegistrationAccessToken, given.ClientSecret, "north", "Clinic portal"),
            (stored.RegistrationAccessToken, stored.ClientSecret, stored.Tenant, stored.ClientName)
        );
        Assert.Equal(given.ClientSecret, session.Vault.Secrets["portal-secret"]);
        Assert.Equal($"Bearer {given.RegistrationAccessToken}", Assert.Single(await session.SentAsync("read")).Header("Authorization"));

        // It is managed from now on, and the tenant has it.
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");
        Assert.Equal(
            (client.ClientId, false),
            (await session.TryRegisterAsync(tenant: "north")) is var (found, isNew) ? (found.ClientId, isNew) : default
        );
    }

    [Fact]
    public async Task A_token_that_the_read_replaces_is_the_one_that_is_stored()
    {
        using var session = await StartAsync("""{"rotateToken":"getAndPut","rotateSecret":"getAndPut"}""");
        var given = await ElsewhereAsync(session);
        await ImportAsync(session, given);
        var (known, stored) = (await session.AtServerAsync(), session.Stored(given.ClientId!));
        Assert.NotEqual(given.RegistrationAccessToken, stored.RegistrationAccessToken);
        Assert.Equal((known.RegistrationAccessToken, known.ClientSecret), (stored.RegistrationAccessToken, stored.ClientSecret));
        Assert.Contains("replaced the client secret", Assert.Single(session.Reporter.Warnings));
    }

    [Theory]
    [InlineData("unauthorized", DcrErrorId.AccessTokenRejected)]
    [InlineData("notFound", DcrErrorId.ClientNotFound)]
    public async Task Where_the_server_does_not_know_it_nothing_is_stored(string unknownClient, DcrErrorId expected)
    {
        using var session = await StartAsync($$"""{"unknownClient":"{{unknownClient}}"}""");
        var given = await ElsewhereAsync(session);
        await session.Server.RemoveClientAsync(given.ClientId!);
        var error = await Assert.ThrowsAsync<DcrException>(() => ImportAsync(session, given));
        Assert.Equal(expected, error.ErrorId);
        Assert.Empty(session.Vault.Registrations);
    }

    [Fact]
    public async Task Where_the_server_is_down_nothing_is_stored()
    {
        using var session = await StartAsync();
        var given = await ElsewhereAsync(session);
        await session.Server.SetAsync(new { faults = Enumerable.Repeat(new { on = "read", status = 503 }, 9) });
        Assert.Equal(DcrErrorId.ServerUnavailable, (await Assert.ThrowsAsync<DcrException>(() => ImportAsync(session, given))).ErrorId);
        Assert.Empty(session.Vault.Registrations);
    }

    [Theory]
    [InlineData("no token")]
    [InlineData("no URI")]
    [InlineData("no reads")]
    public async Task Where_it_cannot_be_read_it_is_stored_as_it_was_given(string lacks)
    {
        using var session = await StartAsync(lacks == "no reads" ? """{"operations":["update","delete"]}""" : "{}");
        var client = await ElsewhereAsync(session);
        var given = new ImportRequest
        {
            ClientId = client.ClientId,
            ClientSecret = client.ClientSecret,
            RegistrationAccessToken = lacks == "no token" ? null : client.RegistrationAccessToken,
            RegistrationClientUri = lacks == "no URI" ? null : client.RegistrationClientUri,
            Metadata = JsonBag.Parse("""{"client_name":"As told"}"""),
        };
        var (imported, outcome) = await ImportAsync(session, given);
        Assert.Equal((ImportOutcome.AsGiven, DcrClientState.Unknown, "As told"), (outcome, imported.State, imported.ClientName));
        Assert.Equal(
            (given.RegistrationAccessToken, given.ClientSecret),
            (session.Stored(given.ClientId!).RegistrationAccessToken, session.Stored(given.ClientId!).ClientSecret)
        );
        Assert.Equal(lacks == "no reads" ? 1 : 0, (await session.SentAsync("read")).Count);
    }

    [Fact]
    public async Task An_administrators_credential_needs_the_id_alone()
    {
        const string Okta = """{"dialect":"okta","okta":{"apiToken":"00x"}}""";
        using var session = await Session.StartAsync(
            Okta,
            static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00x")) }
        );
        var registered = await session.RegisterAsync();
        await session.ForgetAllAsync();
        var (client, outcome) = await ImportAsync(session, new ImportRequest { ClientId = registered.ClientId, Tenant = "north" });
        Assert.Equal((ImportOutcome.Taken, "Clinic portal", "north"), (outcome, client.ClientName, session.Stored(client.ClientId).Tenant));
    }

    [Fact]
    public async Task A_client_that_the_vault_has_is_left_unless_forced()
    {
        using var session = await StartAsync();
        var registered = await session.RegisterAsync(tenant: "south");
        var before = session.Stored(registered.ClientId);
        await session.Server.RotateAsync(registered.ClientId);
        var newToken = (await session.AtServerAsync()).RegistrationAccessToken;
        var given = new ImportRequest
        {
            ClientId = registered.ClientId,
            RegistrationAccessToken = newToken,
            RegistrationClientUri = $"/register/{registered.ClientId}",
        };

        Assert.Equal(ImportOutcome.WasKnownOtherwise, (await ImportAsync(session, given)).Outcome);
        Assert.Equal(
            ImportOutcome.WasKnown,
            (await ImportAsync(session, new ImportRequest { ClientId = registered.ClientId, Tenant = "other" })).Outcome
        );
        Assert.Equal(before.ToJson(), session.Stored(registered.ClientId).ToJson());
        Assert.Empty(await session.SentAsync("read"));

        Assert.Equal(ImportOutcome.Taken, (await ImportAsync(session, given, force: true)).Outcome);
        var after = session.Stored(registered.ClientId);
        Assert.Equal((newToken, before.ClientSecret, "south"), (after.RegistrationAccessToken, after.ClientSecret, after.Tenant));

        var dead = new ImportRequest { ClientId = registered.ClientId, RegistrationAccessToken = before.RegistrationAccessToken };
        await Assert.ThrowsAsync<DcrException>(() => ImportAsync(session, dead, force: true));
        Assert.Equal(after.ToJson(), session.Stored(registered.ClientId).ToJson());
    }

    [Theory]
    [InlineData("https://evil.example.com/c1", "is at https://evil.example.com, which is not the origin")]
    [InlineData("http://as.example.com/c1", "is no address that its token may go to")]
    [InlineData("https://user:canary-1@as.example.com/c1", "is no address that its token may go to")]
    [InlineData("https://", "is no address that its token may go to")]
    public async Task A_token_goes_nowhere_else(string uri, string words)
    {
        using var session = await StartAsync();
        var error = Assert.Throws<DcrException>(() =>
            ImportOperation.Check(
                session.Connection,
                new ImportRequest
                {
                    ClientId = "c1",
                    RegistrationAccessToken = "rat-1",
                    RegistrationClientUri = uri,
                },
                session.Clock.UtcNow
            )
        );
        Assert.Equal(DcrErrorId.RegistrationUriRefused, error.ErrorId);
        Assert.Contains(words, error.Message);
        Assert.DoesNotContain("canary", error.Message);
    }

    [Fact]
    public async Task The_token_of_an_imported_client_may_go_to_an_origin_that_the_connection_allows()
    {
        using var session = await Session.StartAsync(change: static request =>
            request with
            {
                AllowedOrigins = [new Uri("https://manage.example.com")],
            }
        );
        var record = ImportOperation.Check(
            session.Connection,
            new ImportRequest
            {
                ClientId = "c1",
                RegistrationClientUri = "https://manage.example.com/c1",
                Issuer = session.Connection.Issuer + "/",
            },
            session.Clock.UtcNow
        );
        Assert.Equal("https://manage.example.com/c1", record.RegistrationClientUri!.AbsoluteUri);
    }

    [Fact]
    public async Task What_cannot_be_a_client_of_this_server_is_told_before_anything_is_sent()
    {
        using var session = await StartAsync();
        Assert.Equal(
            (DcrErrorId.InvalidClientMetadata, "f.csv, line 2: there is no client id. Nothing was sent."),
            Refused(new ImportRequest { Source = "f.csv, line 2" })
        );
        Assert.Equal(
            DcrErrorId.InvalidClientMetadata,
            Refused(new ImportRequest { ClientId = "c1", RegistrationAccessToken = "canary 1" }).Id
        );
        Assert.Equal(DcrErrorId.InvalidClientMetadata, Refused(new ImportRequest { ClientId = "c\u001b[31m1" }).Id);
        Assert.StartsWith(
            "f.csv, line 3: the client id '1.2E+11' is a number that a spreadsheet rounded",
            Refused(new ImportRequest { Source = "f.csv, line 3", ClientId = "1.2E+11" }).Words,
            StringComparison.Ordinal
        );
        Assert.Equal(DcrErrorId.NotConnected, Refused(new ImportRequest { ClientId = "c1", Issuer = "https://other.example.com" }).Id);

        (DcrErrorId Id, string Words) Refused(ImportRequest request)
        {
            var error = Assert.Throws<DcrException>(() => ImportOperation.Check(session.Connection, request, session.Clock.UtcNow));
            Assert.DoesNotContain("canary", error.Message);
            return (error.ErrorId, error.Message);
        }
    }

    [Fact]
    public async Task An_import_is_on_record_and_a_client_that_was_left_is_not()
    {
        var file = new MemoryAuditFile();
        using var session = await Session.StartAsync(
            audit: new AuditLog(new AuditSource("run-1", "ops", "admin-01"), file, MemoryAuditFile.Key)
        );
        var given = await ElsewhereAsync(session);
        await ImportAsync(session, given);
        await ImportAsync(session, given);
        var record = Assert.Single(session.Reporter.AuditRecords, static record => record.Operation == DcrAuditOperation.Import);
        Assert.Equal(
            (given.ClientId, "Clinic portal", "north", "registration_access_token, client_secret"),
            (record.ClientId, record.ClientName, record.Tenant, string.Join(", ", record.Changed))
        );
        Assert.DoesNotContain(file.Lines, line => line.Contains(given.RegistrationAccessToken!) || line.Contains(given.ClientSecret!));
    }

    private static Task<Session> StartAsync(string switches = "{}") => Session.StartAsync(switches);

    /// <summary>A client of the same server that another session has registered.</summary>
    private static async Task<ImportRequest> ElsewhereAsync(Session session)
    {
        using var other = await Session.ConnectAsync(session.Connection.Issuer, hasVault: false);
        return Given(await other.RegisterAsync());
    }

    private static ImportRequest Given(DcrClient client) => new()
    {
        ClientId = client.ClientId,
        RegistrationAccessToken = SecureText.Reveal(client.RegistrationAccessToken!),
        RegistrationClientUri = client.RegistrationClientUri!.AbsoluteUri,
        ClientSecret = SecureText.Reveal(client.ClientSecret!),
        Tenant = "north",
    };

    private static Task<(DcrClient Client, ImportOutcome Outcome)> ImportAsync(
        Session session,
        ImportRequest request,
        string? clientSecretName = null,
        bool force = false
    ) =>
        session.RunAsync(context =>
            ImportOperation.RunAsync(
                context,
                ImportOperation.Check(session.Connection, request, session.Clock.UtcNow),
                clientSecretName,
                force
            )
        );
}
