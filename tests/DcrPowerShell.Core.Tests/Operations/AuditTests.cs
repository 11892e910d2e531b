using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Audit;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>What operations put on record.</summary>
public class AuditTests
{
    private readonly MemoryAuditFile _file = new();

    [Fact]
    public async Task A_whole_life_is_on_record()
    {
        using var session = await StartAsync("""{"rotateToken":"getAndPut","rotateSecret":"put"}""");
        var client = await RegisterAsync(session, tenant: "st-mary");
        await session.RunAsync(context => ReadOperation.RunAsync(context, session.Stored(client.ClientId)));
        await session.RunAsync(context =>
            UpdateOperation.RunAsync(context, session.Stored(client.ClientId), JsonBag.Parse("""{"scope":"read","tos_uri":null}"""))
        );
        await session.RunAsync(context => ResetSecretOperation.RunAsync(context, session.Stored(client.ClientId), null));
        await DeleteAsync(session, session.Stored(client.ClientId));

        var records = Records();
        Assert.Equal(
            ["Connect", "Register", "Read", "Update", "ResetSecret", "Delete"],
            records.Select(static record => record.Operation.ToString())
        );
        Assert.Equal(
            [
                "",
                "client_name, redirect_uris, grant_types, registration_access_token, client_secret",
                "registration_access_token",
                "scope, tos_uri, registration_access_token, client_secret",
                "registration_access_token, client_secret",
                "",
            ],
            records.Select(static record => string.Join(", ", record.Changed)));
        Assert.Equal([null, 1, 1, 1, 1, 1], records.Select(static record => record.Attempts));
        Assert.All(
            records,
            record =>
                Assert.Equal(
                    ("run-1", "ops", "admin-01", session.Connection.Issuer, "Standard", "None", DcrAuditOutcome.Succeeded, null),
                    (
                        record.Run,
                        record.User,
                        record.Host,
                        record.Server,
                        record.Provider,
                        record.Credential,
                        record.Outcome,
                        record.ErrorId
                    )
                )
        );
        Assert.All(
            records.Skip(1),
            record =>
                Assert.Equal(
                    (client.ClientId, "Clinic portal", "st-mary", session.Clock.UtcNow),
                    (record.ClientId, record.ClientName, record.Tenant, record.Time)
                )
        );
        Assert.Equal(records.Select(static record => record.Hash), session.Reporter.AuditRecords.Select(static record => record.Hash));
        Assert.True(_file.Verify().IsIntact);
    }

    /// <summary>Its process may be killed, or the disk be full, before the answer comes.</summary>
    [Theory]
    [InlineData("register")]
    [InlineData("update")]
    [InlineData("delete")]
    public async Task What_changes_something_is_on_record_before_it_is_sent(string operation)
    {
        var before = new ConcurrentDictionary<string, DcrAuditRecord?>();
        using var session = await StartAsync(sending: request => before.TryAdd(request.Method.Method, Records().LastOrDefault()));
        var client = await RegisterAsync(session);
        await session.UpdateAsync(client.ClientId, """{"scope":"read"}""");
        await session.DeleteAsync(client.ClientId);

        var (method, expected) = operation switch
        {
            "register" => ("POST", DcrAuditOperation.Register),
            "update" => ("PUT", DcrAuditOperation.Update),
            _ => ("DELETE", DcrAuditOperation.Delete),
        };
        Assert.Equal((expected, DcrAuditOutcome.Begun), (before[method]!.Operation, before[method]!.Outcome));
        Assert.DoesNotContain(Records(), static record => record.Outcome == DcrAuditOutcome.Begun);
        Assert.Equal(before[method]!.Hash, Records().Single(record => record.Operation == expected).Intent);
    }

    [Fact]
    public async Task What_was_begun_and_has_no_end_is_told_as_begun()
    {
        using var session = await StartAsync();
        _file.Room = 1;
        await RegisterAsync(session, tenant: "st-mary");
        _file.Room = int.MaxValue;
        await RegisterAsync(session, tenant: "st-john");
        Assert.Equal(
            [("", DcrAuditOutcome.Succeeded), ("st-john", DcrAuditOutcome.Succeeded), ("st-mary", DcrAuditOutcome.Begun)],
            Records().Select(static record => (record.Tenant ?? "", record.Outcome)));
        Assert.True(_file.Verify().IsIntact);
    }

    [Theory]
    [InlineData("""{"on":"delete","status":401}""", "AccessTokenRejected")]
    [InlineData("""{"on":"delete","status":405}""", "OperationNotSupported")]
    public async Task What_is_dropped_from_the_store_is_not_told_as_deleted(string fault, string errorId)
    {
        using var session = await StartAsync($$"""{"faults":[{{fault}}]}""");
        var client = await RegisterAsync(session);
        await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        await session.ForgetAsync(client.ClientId);
        Assert.Equal(
            [(DcrAuditOperation.Delete, DcrAuditOutcome.Refused, errorId, 1), (DcrAuditOperation.Drop, DcrAuditOutcome.Succeeded, null, 0)],
            Records().Skip(2).Select(static record => (record.Operation, record.Outcome, record.ErrorId, record.Attempts!.Value)));
    }

    [Fact]
    public async Task A_read_that_brought_nothing_new_is_not_on_record()
    {
        using var session = await StartAsync();
        var client = await RegisterAsync(session);
        await session.RunAsync(context => ReadOperation.RunAsync(context, session.Stored(client.ClientId)));
        Assert.DoesNotContain(Records(), static record => record.Operation == DcrAuditOperation.Read);
    }

    [Theory]
    [InlineData(
        """{"on":"register","status":400,"error":"invalid_client_metadata","headers":{"X-Request-Id":"r-400"}}""",
        "Refused",
        "InvalidClientMetadata",
        1,
        "r-400"
    )]
    [InlineData("""{"on":"register","status":201,"headers":{"x-correlation-id":"r-201"}}""", "Succeeded", null, 1, "r-201")]
    [InlineData("""{"on":"register","status":503,"headers":{"Retry-After":"1","X-Request-Id":"r-503"}}""", "Succeeded", null, 2, null)]
    [InlineData("""{"on":"register","status":500}""", "Unknown", "OutcomeUnknown", 1, null)]
    [InlineData("""{"on":"register","drop":"beforeAnswer"}""", "Unknown", "OutcomeUnknown", 1, null)]
    [InlineData("""{"on":"register","body":"html"}""", "Unknown", "ResponseNotConformant", 1, null)]
    public async Task An_outcome_is_told_as_it_is(string fault, string outcome, string? errorId, int attempts, string? requestId)
    {
        using var session = await StartAsync($$"""{"faults":[{{fault}}]}""");
        await Record.ExceptionAsync(() => RegisterAsync(session));
        var record = Records().Last();
        Assert.Equal(
            (DcrAuditOperation.Register, "Clinic portal", outcome, errorId, attempts, requestId),
            (record.Operation, record.ClientName, record.Outcome.ToString(), record.ErrorId, record.Attempts, record.RequestId)
        );
    }

    [Fact]
    public async Task A_success_that_the_vault_did_not_keep_is_NotStored()
    {
        using var session = await StartAsync();
        (session.Vault.Fault, session.Vault.FaultsOn) = (VaultFault.LosesWrites, "dcr-127");
        await Record.ExceptionAsync(() => RegisterAsync(session));
        var record = Records().Last();
        Assert.Equal((DcrAuditOutcome.NotStored, "VaultWriteFailed", true), (record.Outcome, record.ErrorId, record.ClientId is not null));
    }

    [Fact]
    public async Task What_fails_before_anything_is_sent_has_no_attempts()
    {
        using var session = await StartAsync();
        var client = await RegisterAsync(session);
        session.Vault.Fault = VaultFault.Locked;
        await Record.ExceptionAsync(() => DeleteAsync(session, client.Record));
        Assert.Equal(
            (DcrAuditOutcome.Failed, "VaultLocked", 0),
            (Records().Last().Outcome, Records().Last().ErrorId, Records().Last().Attempts)
        );
    }

    [Fact]
    public async Task What_was_stopped_before_it_was_sent_has_no_attempts()
    {
        using var session = await StartAsync();
        session.Stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RegisterAsync(session));
        Assert.Equal((DcrAuditOutcome.Failed, null, 0), (Records().Last().Outcome, Records().Last().ErrorId, Records().Last().Attempts));
    }

    [Fact]
    public async Task A_connection_that_failed_is_on_record_without_the_query()
    {
        var failure = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync("http://127.0.0.1:9/?key=abc", audit: _file.Log()));
        var record = Records().Single();
        Assert.Equal(
            (DcrAuditOperation.Connect, DcrAuditOutcome.Failed, failure.ErrorId.ToString(), "http://127.0.0.1:9/"),
            (record.Operation, record.Outcome, record.ErrorId, record.Server)
        );
    }

    [Fact]
    public async Task Nothing_is_sent_where_the_log_cannot_be_written()
    {
        using var session = await StartAsync();
        var client = await RegisterAsync(session);
        _file.Room = 0;
        foreach (var act in new Func<Task>[]
        {
            () => RegisterAsync(session),
            () => session.RunAsync(context => UpdateOperation.RunAsync(context, client.Record, JsonBag.Parse("""{"scope":"read"}"""))),
            () => session.RunAsync(context => ResetSecretOperation.RunAsync(context, client.Record, null)),
            () => DeleteAsync(session, client.Record),
        })
        {
            var failure = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.AuditWriteFailed, failure.ErrorId);
        }

        Assert.Equal(
            1,
            (await session.Server.RequestsAsync()).Count(static request =>
                request.Operation is "register" or "read" or "update" or "delete"
            )
        );
        await session.RunAsync(context => ReadOperation.RunAsync(context, client.Record));
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task A_log_that_fails_afterwards_hides_no_success()
    {
        using var session = await StartAsync();
        _file.Room = 1;
        var client = await RegisterAsync(session);
        Assert.Equal(client.ClientId, session.Stored(client.ClientId).ClientId);
        Assert.Contains($"\"client_id\":\"{client.ClientId}\"", Assert.Single(session.Reporter.Warnings));
        Assert.Null(session.Reporter.AuditRecords.Last().Hash);
    }

    [Fact]
    public async Task Without_a_file_records_are_told_all_the_same()
    {
        using var session = await StartAsync(
            audit: new AuditLog(new AuditSource("run-1", "ops", "admin-01"), file: null, MemoryAuditFile.Key)
        );
        await RegisterAsync(session);
        Assert.Equal(
            [DcrAuditOperation.Connect, DcrAuditOperation.Register],
            session.Reporter.AuditRecords.Select(static record => record.Operation)
        );
        Assert.Null(session.Connection.AuditPath);
    }

    /// <summary>Both of Okta's steps, with the requests that change something counted.</summary>
    [Fact]
    public async Task Two_secrets_are_on_record()
    {
        using var session = await StartAsync(
            """{"dialect":"okta","okta":{"apiToken":"00-not-a-real-api-token"}}""",
            static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws("00-not-a-real-api-token")) }
        );
        var client = await RegisterAsync(session);
        await session.RunAsync(context => OverlapOperation.StartAsync(context, session.Stored(client.ClientId), null));
        await session.RunAsync(context => OverlapOperation.CompleteAsync(context, session.Stored(client.ClientId), null));
        Assert.Equal(
            [("Register", 1), ("AddSecret", 1), ("DeleteOldSecret", 2)],
            Records().Skip(1).Select(static record => (record.Operation.ToString(), record.Attempts!.Value)));
        Assert.Equal(["client_secret"], Records()[2].Changed);
        Assert.All(Records(), static record => Assert.Equal(("Okta", "ApiToken"), (record.Provider, record.Credential)));
    }

    /// <summary>Whatever a server makes of the secrets that it knows: no record has one.</summary>
    [Fact]
    public async Task No_record_has_a_secret()
    {
        const string Initial = "initial-token-0001",
            Secret = "client-secret-0001",
            Token = "registration-token-0001";
        var answer =
            $$"""{"client_id":"c-{{Secret}}","client_name":"{{Secret}} {{Token}}","client_uri":"https://{{Initial}}.example","client_secret":"{{Secret}}","client_secret_expires_at":0,"registration_access_token":"{{Token}}","registration_client_uri":"https://as.example.com/register/c1","scope":"{{Secret}}"}""";
        using var handler = new RecordingHandler();
        handler.Answer(200, """{"issuer":"https://as.example.com","registration_endpoint":"https://as.example.com/register"}""");
        handler.Answer(201, answer, $"X-Request-Id: {Initial}/{Secret}/{Token}");
        handler.Answer(200, answer, $"X-Request-Id: {Secret}/{Token}").Always();
        using var session = await Session.ConnectAsync(
            "https://as.example.com",
            static request => request with { Credential = InitialToken.Of(Initial) },
            handler: handler,
            audit: _file.Log()
        );
        var client = await RegisterAsync(session);
        await session.RunAsync(context => UpdateOperation.RunAsync(context, client.Record, JsonBag.Parse($$"""{"scope":"{{Secret}}"}""")));
        await DeleteAsync(session, client.Record);

        Assert.Equal(["Connect", "Register", "Update", "Delete"], Records().Select(static record => record.Operation.ToString()));
        Assert.Equal(
            ("c-***", "*** ***", "***/***/***", "***/***"),
            (Records()[1].ClientId, Records()[1].ClientName, Records()[1].RequestId, Records()[2].RequestId)
        );
        Assert.All(
            [Initial, Secret, Token],
            secret => Assert.DoesNotContain(secret, _file.Text + string.Concat(session.Reporter.AuditRecords))
        );
    }

    /// <param name="sending">Told of each request before it is sent.</param>
    private async Task<Session> StartAsync(
        string switches = "{}",
        Func<ConnectRequest, ConnectRequest>? change = null,
        AuditLog? audit = null,
        Action<HttpRequestMessage>? sending = null
    )
    {
        var server = await SharedTestServer.StartAsync(switches);
        return await Session.ConnectAsync(
            server.Issuer,
            change,
            server: server,
            handler: sending is null ? null : new Watcher(sending),
            audit: audit ?? _file.Log()
        );
    }

    private static Task<DcrClient> RegisterAsync(Session session, string? tenant = null) => session.RegisterAsync(tenant: tenant);

    private static Task<bool> DeleteAsync(Session session, RegistrationRecord record) => session.RunAsync(async context =>
    {
        await DeleteOperation.RunAsync(context, record);
        return true;
    });

    private DcrAuditRecord[] Records() => AuditLog.Records(_file).OfType<DcrAuditRecord>().ToArray();

    private sealed class Watcher(Action<HttpRequestMessage> sending) : DelegatingHandler(new HttpClientHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            sending(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
