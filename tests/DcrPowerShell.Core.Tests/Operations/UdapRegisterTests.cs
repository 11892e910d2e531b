#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Inventory;
using DcrPowerShell.Keys;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.TestServer.Client;
using Xunit;
using static DcrPowerShell.Core.Tests.Doubles.UdapSessions;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Registering by UDAP, at a test server that is strict: what is sent, kept and refused, and that the client works.</summary>
public class UdapRegisterTests
{
    [Theory]
    [InlineData("rsa", "RS256", Backend)]
    [InlineData("p256", "ES256", App)]
    [InlineData("p384", "ES384", Backend)]
    public async Task A_client_is_registered_by_a_statement_that_a_strict_server_takes(string key, string algorithm, string metadata)
    {
        using var session = await StartAsync(key: key);
        var client = await session.RegisterAsync(metadata, Subject);
        Assert.Equal("private_key_jwt", client.TokenEndpointAuthMethod);
        Assert.Equal(["mailto:operations@example.com"], client.Contacts);
        Assert.Empty(client.Changes);
        Assert.Equal(client.ClientId, Assert.Single(session.Listed()).Record.ClientId);
        Assert.Empty(session.Ledger.Requests.Open());

        // As the test kit of the guide wants it: udap_security_test_kit, registration_request_verification.rb.
        var sent = Assert.Single(await session.SentAsync("register"));
        Assert.StartsWith("application/json", sent.Header("Content-Type"));
        var body = JsonBag.Parse(sent.Body);
        Assert.Equal(["udap", "software_statement"], body.Select(static member => member.Key));
        Assert.Equal("1", body.Text("udap"));
        var statement = body.Text("software_statement")!;
        Assert.Equal(algorithm, Jws.Header(statement)!.Text("alg"));
        Assert.Equal(2, Jws.Header(statement)!.Texts("x5c").Count);
        var claims = Jws.Claims(statement)!;
        Assert.Equal((Subject, Subject), (claims.Text("iss"), claims.Text("sub")));
        Assert.Equal(session.Connection.RegistrationEndpoint.OriginalString, claims.Text("aud"));
        Assert.InRange(claims.Integer("exp")!.Value - claims.Integer("iat")!.Value, 1, 300);
        Assert.True(claims.Integer("iat") <= session.Clock.UtcNow.ToUnixTimeSeconds());
        Assert.True(Guid.TryParse(claims.Text("jti"), out _));
        var isApp = metadata == App;
        Assert.Equal(isApp, claims.Has("redirect_uris"));
        Assert.Equal(isApp ? ["code"] : [], claims.Texts("response_types"));
        Assert.Equal(isApp ? ["authorization_code"] : ["client_credentials"], claims.Texts("grant_types"));
    }

    [Fact]
    public async Task Each_try_has_a_statement_of_its_own()
    {
        using var session = await StartAsync();
        await session.Server.SetAsync(
            new
            {
                faults = new[]
                {
                    new { on = "register", status = 429, headers = new Dictionary<string, string> { ["Retry-After"] = "3" } },
                },
            }
        );
        await session.RegisterAsync(Backend, Subject);

        var statements = (await session.SentAsync("register"))
            .Select(static sent => Jws.Claims(JsonBag.Parse(sent.Body).Text("software_statement")!)!)
            .ToList();
        Assert.Equal(2, statements.Count);
        Assert.Equal(2, statements.Select(static claims => claims.Text("jti")).Distinct().Count());
        Assert.True(statements[1].Integer("iat") - statements[0].Integer("iat") >= 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_certificates_name_has_one_client_whatever_the_tenant(bool hasVault)
    {
        using var session = await StartAsync(hasVault: hasVault);
        var first = await session.RegisterAsync(Backend, "north");
        Assert.False((await session.TryRegisterAsync(Backend, tenant: "NORTH ")).IsNew);
        Assert.False((await session.TryRegisterAsync(Backend, tenant: Subject)).IsNew);
        var refusal = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "south"));
        Assert.Equal(DcrErrorId.TenantNotUnique, refusal.ErrorId);
        Assert.Contains("'north'", refusal.Message);
        Assert.Contains("-SubjectUri", refusal.RecommendedAction);
        Assert.Single(await session.SentAsync("register"));

        // Another name of another certificate is another client.
        using var other = await ConnectAsync(session.Server, "https://app.example.com/other", session.Process);
        Assert.NotEqual(first.ClientId, (await other.RegisterAsync(Backend, "south")).ClientId);
    }

    [Fact]
    public async Task Of_two_processes_that_register_at_once_one_does_also_for_two_tenants()
    {
        using var session = await StartAsync();
        using var beside = await session.BesideAsync();
        var both = new[] { session.TryRegisterAsync(Backend, tenant: "north"), beside.TryRegisterAsync(Backend, tenant: "south") };
        var failures = new List<DcrException>();
        foreach (var one in both)
        {
            try
            {
                await one;
            }
            catch (DcrException refusal)
            {
                failures.Add(refusal);
            }
        }

        Assert.Single(await session.SentAsync("register"));
        Assert.Equal(DcrErrorId.TenantNotUnique, Assert.Single(failures).ErrorId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_registration_whose_process_was_killed_is_kept_whole_by_the_next_one(bool hasVault)
    {
        using var session = await StartAsync(hasVault: hasVault, more: ""","omitFromAnswer":["contacts"]""");
        await KillAsync(session, () => session.RegisterAsync(Backend, "north"));
        using var next = await session.NextProcessAsync();
        var kept = Assert.Single(next.Listed()).Record;
        Assert.Equal((await session.AtServerAsync()).ClientId, kept.ClientId);
        Assert.Equal(["mailto:operations@example.com"], kept.Metadata.Texts("contacts"));
        Assert.False((await next.TryRegisterAsync(Backend, tenant: "north")).IsNew);
        Assert.Single(await session.SentAsync("register"));
    }

    [Fact]
    public async Task A_registration_of_unknown_outcome_is_settled_by_registering_again()
    {
        using var session = await StartAsync(more: ""","faults":[{"on":"register","drop":"beforeAnswer"}]""");
        Assert.Equal(
            DcrErrorId.OutcomeUnknown,
            (await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "north"))).ErrorId
        );
        var again = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "north"));
        Assert.Contains("Resolve-DcrOrphan -Dismiss", again.RecommendedAction);
        Assert.DoesNotContain("-AllowDuplicate", again.RecommendedAction);
        var orphan = Assert.Single(await session.OrphansAsync());
        await session.RunAsync(async context =>
        {
            await OrphanOperation.DismissAsync(context, orphan);
            return true;
        });
        Assert.Equal((await session.AtServerAsync()).ClientId, (await session.RegisterAsync(Backend, "north")).ClientId);
    }

    [Fact]
    public async Task Nothing_is_imported_where_a_registration_takes_the_client_over()
    {
        using var session = await StartAsync();
        var refusal = Assert.Throws<DcrException>(() =>
            ImportOperation.Check(session.Connection, new ImportRequest { ClientId = "c1" }, session.Clock.UtcNow));
        Assert.Equal(DcrErrorId.OperationNotSupported, refusal.ErrorId);
        Assert.Contains("New-DcrClient", refusal.RecommendedAction);
    }

    [Theory]
    [InlineData("unknownRoot", DcrErrorId.UnapprovedSoftwareStatement)]
    [InlineData("revoked", DcrErrorId.UnapprovedSoftwareStatement)]
    public async Task A_server_that_does_not_approve_the_certificate_is_told_with_its_name(string kind, DcrErrorId id)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        using var session = await ConnectAsync(server, Subject, kind: kind);
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "north"));
        Assert.Equal(id, failure.ErrorId);
        Assert.Contains(Subject, failure.Message);
        Assert.Contains("community", failure.RecommendedAction);

        // It has no parameter: the module makes it.
        Assert.Null(failure.Member);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task A_clock_that_is_wrong_is_named_where_the_statement_is_refused()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        using var session = await ConnectAsync(server, Subject);
        session.Clock.UtcNow += TimeSpan.FromMinutes(20);
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "north"));
        Assert.Equal(DcrErrorId.InvalidSoftwareStatement, failure.ErrorId);
        Assert.Contains("20 minutes ahead of the server's", failure.RecommendedAction);
    }

    [Fact]
    public async Task Certifications_go_along_and_those_that_are_required_are_missed_before()
    {
        const string Wanted = "https://community.example.com/certifications/treatment";
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{"certificationsRequired":["{{Wanted}}"]} }""");
        using var session = await ConnectAsync(server, Subject);
        var lack = await Assert.ThrowsAsync<DcrException>(() => session.RegisterAsync(Backend, "north"));
        Assert.Equal((DcrErrorId.InvalidClientMetadata, true), (lack.ErrorId, lack.NothingSent));
        Assert.Contains(Wanted, lack.Message);
        Assert.Empty(await RegistrationsAsync());
        Assert.Empty(session.Ledger.Requests.Open());

        var issued = DateTimeOffset.UtcNow;
        using var signer = SignerOf(await server.CertificateAsync(new { uris = new[] { Subject }, key = "p256" }), []);
        string Certification(TimeSpan life) => Jws.Sign(
            signer.Key,
            JsonBag.Empty.With("x5c", signer.X5c),
            JsonBag.Empty
                .With("iss", Subject).With("sub", Subject)
                .With("iat", Jws.Time(issued)).With("exp", Jws.Time(issued + life)).With("jti", "c1")
                .With("certification_name", "Treatment").With("certification_uris", [Wanted]).With("grant_types", ["client_credentials"]));
        var metadata = JsonBag.Parse(Backend);
        lack = await Assert.ThrowsAsync<DcrException>(
            () => session.RegisterAsync(metadata.With("certifications", [Certification(TimeSpan.FromHours(-1))]).ToString(), "north"));
        Assert.Contains("expired", lack.Message);

        var good = Certification(TimeSpan.FromHours(1));
        var client = await session.RegisterAsync(metadata.With("certifications", [good]).ToString(), "north");
        Assert.Empty(client.Changes);
        Assert.Empty((await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""")).Changes);
        Assert.All(await RegistrationsAsync(), sent =>
            Assert.Equal([good], JsonBag.Parse(sent.Body).Texts("certifications")));
        Assert.Equal(2, (await RegistrationsAsync()).Count);

        async Task<List<ServerRequest>> RegistrationsAsync() =>
            (await server.RequestsAsync()).Where(static request => request.Operation == "register").ToList();
    }

    [Fact]
    public async Task A_client_is_tried_with_its_certificate_at_the_token_endpoint()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"requireB2b":true}}""");
        using var session = await ConnectAsync(server, Subject);
        var client = await session.RegisterAsync(Backend, "north");
        Assert.Equal(DcrCheckStatus.Skipped, (await TestAsync("{}")).Status);
        Assert.Empty(await TokensAsync());
        const string B2b =
            """
            {"hl7-b2b":{"version":"1","organization_id":"https://example.org",
                "purpose_of_use":["urn:oid:2.16.840.1.113883.5.8#TREAT"]}}
            """;
        var proven = await TestAsync(B2b);
        Assert.Equal(DcrCheckStatus.Passed, proven.Status);
        var form = Assert.Single(await TokensAsync()).Body;
        Assert.Contains("udap=1", form);
        Assert.DoesNotContain("client_id=", form);

        using var elsewhere = await ConnectAsync(server, Subject);
        await elsewhere.RegisterAsync(Backend, "north");
        await elsewhere.DeleteAsync(client.ClientId);
        var gone = await TestAsync(B2b);
        Assert.Equal(DcrCheckStatus.Failed, gone.Status);
        Assert.Contains("Set-DcrClient registers it again", gone.RecommendedAction);

        async Task<List<ServerRequest>> TokensAsync() =>
            (await server.RequestsAsync()).Where(static request => request.Operation == "token").ToList();

        async Task<DcrCheck> TestAsync(string extensions) =>
            (await session.RunAsync(async context => await new TestClientOperation(
                context,
                new HeldKeys(session.Ledger),
                keyName: null,
                probes: false,
                JsonBag.Parse(extensions)
            ).RunAsync(await FindOperation.RunAsync(context, client.ClientId, piped: null))))
                .Single(static check => check.Name == "Authentication");
    }
}
#endif
