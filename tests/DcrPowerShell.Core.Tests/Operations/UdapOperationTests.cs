#if NET // Mono knows no certificates of others than the machine's, and .NET Framework no PEM.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Http;
using DcrPowerShell.Inventory;
using DcrPowerShell.Keys;
using DcrPowerShell.Ledger;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers;
using DcrPowerShell.TestServer.Client;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>UDAP from the connection to the cancellation, at a test server that is strict.</summary>
public class UdapOperationTests
{
    private const string Subject = "https://app.example.com/backend";
    private const string Backend =
        """
        {"client_name":"Backend","grant_types":["client_credentials"],"contacts":["mailto:operations@example.com"],
         "scope":"system/Patient.read"}
        """;
    private const string App =
        """
        {"client_name":"App","redirect_uris":["https://app.example.com/callback"],"contacts":["operations@example.com"],
         "scope":"user/Patient.read","logo_uri":"https://app.example.com/logo.png"}
        """;

    // Of the ledger's frames, the one that keeps what an answer brought.
    private const int Keeping = 3;

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

    [Fact]
    public async Task A_change_registers_the_client_again_with_all_that_it_has()
    {
        using var session = await StartAsync(more: ""","omitFromAnswer":["contacts","logo_uri"]""");
        var client = await session.RegisterAsync(App, Subject);
        Assert.Equal(["contacts", "logo_uri"], client.Changes.Select(static change => change.Name).OrderBy(static name => name));
        await session.Server.ClearRequestsAsync();

        var changed = await session.UpdateAsync(client.ClientId, """{"client_name":"App 2"}""");
        Assert.Equal((client.ClientId, "App 2"), (changed.ClientId, changed.ClientName));
        var sent = Assert.Single(await session.Server.RequestsAsync());
        var claims = Jws.Claims(JsonBag.Parse(sent.Body).Text("software_statement")!)!;
        Assert.Equal("https://app.example.com/logo.png", claims.Text("logo_uri"));
        Assert.Equal(["mailto:operations@example.com"], claims.Texts("contacts"));
        Assert.False(claims.Has("client_id"));
        Assert.False(claims.Has("client_id_issued_at"));
        Assert.Equal("App 2", session.Stored(client.ClientId).ClientName);
    }

    [Fact]
    public async Task What_a_change_of_the_grant_brings_along_is_no_change_of_the_servers()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, Subject);
        var changed = await session.UpdateAsync(
            client.ClientId,
            """
            {"grant_types":["authorization_code"],"redirect_uris":["https://app.example.com/callback"],
             "logo_uri":"https://app.example.com/logo.png"}
            """
        );
        Assert.Equal(["code"], changed.ResponseTypes);
        Assert.Empty(changed.Changes);

        var refusal = await Assert.ThrowsAsync<DcrException>(
            () => session.UpdateAsync(client.ClientId, """{"grant_types":["client_credentials"]}""")
        );
        Assert.Equal(("redirect_uris", true), (refusal.Member, refusal.NothingSent));
        Assert.Contains("-RedirectUri @()", refusal.RecommendedAction);
        changed = await session.UpdateAsync(client.ClientId, """{"grant_types":["client_credentials"],"redirect_uris":null}""");
        Assert.Empty(changed.ResponseTypes);
        Assert.Empty(changed.Changes);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_change_that_brings_another_id_replaces_the_former_one(bool hasVault, bool isKilled)
    {
        using var session = await StartAsync("""{"modification":"newClient"}""", hasVault: hasVault);
        var former = await session.RegisterAsync(Backend, "north");
        Session now = session;
        if (isKilled)
        {
            await KillAsync(session, () => session.UpdateAsync(former.ClientId, """{"client_name":"m"}"""));
            now = await session.NextProcessAsync();
        }
        else
        {
            await session.UpdateAsync(former.ClientId, """{"client_name":"m"}""");
            Assert.Contains(session.Reporter.Warnings, static line => line.Contains("cancelled the former registration, or no longer had it"));
        }

        var only = Assert.Single(now.Listed()).Record;
        Assert.NotEqual(former.ClientId, only.ClientId);
        Assert.Equal(((await session.AtServerAsync()).ClientId, "m", "north"), (only.ClientId, only.ClientName, only.Tenant));
        Assert.Empty(now.Ledger.Requests.Open());
        Assert.False((await now.TryRegisterAsync(Backend, tenant: "north")).IsNew);
        if (isKilled)
        {
            now.Dispose();
        }
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

    /// <summary>The server goes by the certificate: it would register the client anew, or change or cancel the one after it.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_was_removed_is_neither_changed_nor_cancelled_by_an_old_object(bool hasVault, bool hasNext)
    {
        using var session = await StartAsync(hasVault: hasVault);
        var former = await session.RegisterAsync(Backend, "north");
        await session.DeleteAsync(former.ClientId);
        var next = hasNext ? await session.RegisterAsync(Backend, "north") : null;
        await session.Server.ClearRequestsAsync();
        var acts = new Func<OperationContext, RegistrationRecord, Task>[]
        {
            (context, record) => UpdateOperation.RunAsync(context, record, JsonBag.Parse("""{"client_name":"m"}""")),
            DeleteOperation.RunAsync,
        };
        foreach (var act in acts)
        {
            var failure = await Assert.ThrowsAsync<DcrException>(() =>
                session.RunAsync(async context =>
                {
                    await act(context, await FindOperation.RunAsync(context, former.ClientId, former));
                    return true;
                }));
            Assert.Equal((DcrErrorId.ClientNotFound, true), (failure.ErrorId, failure.NothingSent));
        }

        Assert.Empty(await session.Server.RequestsAsync());
        Assert.Empty(session.Ledger.Requests.Open());
        Assert.Equal(next?.ClientId, session.Listed().SingleOrDefault()?.Record.ClientId);
    }

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_made_again()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        await session.Server.SetAsync(new { faults = new[] { new { on = "register", drop = "beforeAnswer" } } });
        Assert.Equal("m", (await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""")).ClientName);
        Assert.Equal(3, (await session.SentAsync("register")).Count);
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Theory]
    [InlineData("confirmed")]
    [InlineData("removed")]
    public async Task A_cancellation_that_is_confirmed_drops_the_client(string cancellation)
    {
        using var session = await StartAsync($$"""{"cancellation":"{{cancellation}}"}""");
        var client = await session.RegisterAsync(App, "north");
        await session.DeleteAsync(client.ClientId);
        var claims = Jws.Claims(JsonBag.Parse((await session.SentAsync("register"))[1].Body).Text("software_statement")!)!;
        Assert.True(claims.TryGet("grant_types", out var grants) && grants.GetArrayLength() == 0);
        Assert.Empty(session.Listed());
        Assert.Empty(await session.Server.ClientsAsync());
        Assert.True((await session.TryRegisterAsync(App, tenant: "south")).IsNew);
    }

    [Theory]
    [InlineData("noContent", DcrErrorId.OutcomeUnknown)]
    [InlineData("withoutGrantTypes", DcrErrorId.OutcomeUnknown)]
    [InlineData("refused", DcrErrorId.InvalidClientMetadata)]
    public async Task One_that_is_not_confirmed_drops_nothing_nor_does_the_next_process(string cancellation, DcrErrorId id)
    {
        using var session = await StartAsync($$"""{"cancellation":"{{cancellation}}"}""");
        var client = await session.RegisterAsync(Backend, "north");
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(id, failure.ErrorId);
        Assert.DoesNotContain("contacts", failure.Message);
        Assert.Contains("-StoreOnly", failure.RecommendedAction);
        Assert.Single(session.Listed());
        using var next = await session.NextProcessAsync();
        Assert.Single(next.Listed());
    }

    [Fact]
    public async Task A_client_that_was_cancelled_elsewhere_is_not_dropped_for_a_refusal_without_a_word()
    {
        using var session = await StartAsync("""{"cancellation":"removed"}""");
        using var beside = await ConnectAsync(session.Server, Subject);
        var client = await session.RegisterAsync(Backend, "north");
        await beside.RegisterAsync(Backend, "north");
        await beside.DeleteAsync(client.ClientId);
        var failure = await Assert.ThrowsAsync<DcrException>(() => session.DeleteAsync(client.ClientId));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, failure.ErrorId);
        Assert.Contains(client.ClientId, failure.Message);
        Assert.Contains("-StoreOnly", failure.RecommendedAction);
        Assert.Single(session.Listed());
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Fact]
    public async Task Nothing_is_read_and_what_there_is_not_is_said()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        await session.Server.ClearRequestsAsync();
        var (read, why) = await session.RunAsync(async context =>
            await ReadOperation.GetAsync(context, await FindOperation.RunAsync(context, client.ClientId, piped: null)));
        Assert.Equal((DcrClientState.Unknown, DcrErrorId.OperationNotSupported), (read.State, why!.ErrorId));
        Assert.Contains("UDAP has no request", why.Message);
        foreach (var reset in new[] { session.ResetSecretAsync(client.ClientId, null), session.ResetTokenAsync(client.ClientId) })
        {
            var refusal = await Assert.ThrowsAsync<DcrException>(() => reset);
            Assert.Equal((DcrErrorId.OperationNotSupported, true), (refusal.ErrorId, refusal.NothingSent));
            Assert.Contains("Set-DcrClient", refusal.RecommendedAction);
        }

        Assert.Empty(await session.Server.RequestsAsync());
    }

    [Theory]
    [InlineData("""{"client_name":"Backend"}""", DcrComparisonStatus.Same)]
    [InlineData("""{"client_name":"Other"}""", DcrComparisonStatus.Differs)]
    public async Task A_comparison_takes_what_was_last_registered(string wanted, DcrComparisonStatus status)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var comparison = await session.RunAsync(async context => await CompareOperation.RunAsync(
            context,
            JsonBag.Parse(wanted),
            await FindOperation.RunAsync(context, client.ClientId, piped: null)));
        Assert.Equal(status, comparison.Status);
        Assert.Contains("last registered", comparison.Why);
    }

    [Theory]
    [InlineData("""{"signature":"broken"}""", "signature")]
    [InlineData("""{"signature":"otherKey"}""", "signature")]
    [InlineData("""{"signature":"none"}""", "'none'")]
    [InlineData("""{"signature":"hs256"}""", "'HS256'")]
    [InlineData("""{"metadataOverrides":{"signed_metadata":null}}""", "is missing")]
    [InlineData("""{"metadataOverrides":{"signed_metadata":"x.y"}}""", "no signed JWT")]
    [InlineData("""{"chain":"absent"}""", "x5c")]
    [InlineData("""{"certificate":"expired"}""", "expired on")]
    [InlineData("""{"certificate":"notYetValid"}""", "not valid before")]
    [InlineData("""{"certificate":"noUri"}""", "subject alternative name")]
    [InlineData("""{"certificate":"noDigitalSignature"}""", "digitalSignature")]
    [InlineData("""{"certificate":"unknownRoot"}""", "trust anchors")]
    [InlineData("""{"certificate":"selfSigned"}""", "trust anchors")]
    [InlineData("""{"certificate":"intermediateExpired"}""", "expired on")]
    [InlineData("""{"certificate":"intermediateNotCa"}""", "may not issue")]
    [InlineData("""{"certificate":"weakKey"}""", "RSA key of 1024 bits")]
    [InlineData("""{"certificate":"revoked"}""", "was revoked")]
    [InlineData("""{"certificate":"intermediateRevoked"}""", "was revoked")]
    [InlineData("""{"certificateUri":"https://other.example.com/fhir"}""", "subject alternative name")]
    [InlineData("""{"claimOverrides":{"iss":"https://other.example.com/fhir"}}""", "(iss)")]
    [InlineData("""{"claimOverrides":{"sub":"https://other.example.com/fhir"}}""", "(sub)")]
    [InlineData("""{"claimOverrides":{"exp":1}}""", "expired")]
    [InlineData("""{"claimOverrides":{"iat":99999999999,"exp":99999999999}}""", "future")]
    [InlineData("""{"claimOverrides":{"exp":99999999999}}""", "longer than a year")]
    [InlineData("""{"claimOverrides":{"exp":null}}""", "(exp)")]
    [InlineData("""{"claimOverrides":{"iat":null}}""", "(iat)")]
    [InlineData("""{"claimOverrides":{"jti":null}}""", "(jti)")]
    [InlineData("""{"claimOverrides":{"registration_endpoint":null}}""", "no registration_endpoint")]
    [InlineData("""{"claimOverrides":{"authorization_endpoint":null}}""", "no authorization_endpoint")]
    [InlineData("""{"claimOverrides":{"token_endpoint":"http://as.example.com/token"}}""", "token_endpoint that is not")]
    public async Task Nobody_connects_to_a_server_that_nobody_trusted_vouches_for(string udap, string word)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} }""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        Assert.Contains(word, failure.Message);
        Assert.DoesNotContain(await server.RequestsAsync(), static request => request.Operation == "register");
    }

    [Theory]
    [InlineData("""{"chain":"withAnchor"}""")]
    [InlineData("""{"chain":"alone"}""")]
    [InlineData("""{"certificate":"goodByCrl"}""")]
    public async Task A_good_chain_is_trusted(string udap)
    {
        using var session = await StartAsync(udap);
        Assert.Equal(udap.Contains("goodByCrl"), session.Connection.Udap!.NotChecked.Count == 0);
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("revoked"));
    }

    [Fact]
    public async Task A_certificate_that_comes_alone_is_not_trusted_where_nobody_knows_its_issuer()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"chain":"alone"}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, kind: "selfSigned"));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        Assert.Contains("alpha intermediate", failure.Message);
        Assert.Contains("certificates of the issuers", failure.RecommendedAction);
    }

    [Fact]
    public async Task What_could_not_be_asked_about_revocation_is_said()
    {
        using var session = await StartAsync("""{"certificate":"crlUnanswered"}""");
        Assert.Contains("nobody answered", Assert.Single(session.Reporter.Warnings));
        Assert.Contains(session.Connection.Udap!.NotChecked, static line => line.Contains("nobody answered"));
    }

    [Fact]
    public async Task What_is_signed_goes_before_what_is_not()
    {
        using var session = await StartAsync(
            """
            {"metadataOverrides":{
                "registration_endpoint":"https://evil.example.com/register","token_endpoint":"https://evil.example.com/"}}
            """
        );
        Assert.EndsWith("/udap/register", session.Connection.RegistrationEndpoint.AbsoluteUri);
        Assert.EndsWith("/udap/token", session.Connection.TokenRules!.AssertionAudience);
        Assert.Equal(Subject, (await session.RegisterAsync(Backend, Subject)).Tenant);
    }

    [Theory]
    [InlineData("expired", "expired on")]
    [InlineData("notYetValid", "not valid before")]
    [InlineData("noUri", "names no URI")]
    [InlineData("noDigitalSignature", "digitalSignature")]
    [InlineData("intermediateExpired", "expired on")]
    public async Task A_certificate_that_does_not_do_is_refused_before_anything_is_sent(string kind, string word)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, kind: kind));
        Assert.Equal((DcrErrorId.InvalidCertificate, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains(word, failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Theory]
    [InlineData("app.example.com|https app", "which is no absolute URI")]
    [InlineData("app.example.com|a:1", null)]
    public async Task A_name_that_is_no_absolute_URI_is_passed_over_and_does_not_do_alone(string names, string? word)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        if (word is null)
        {
            using var session = await ConnectAsync(server, names);
            Assert.Equal("a:1", session.Connection.Udap!.SubjectUri);
            return;
        }

        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, names));
        Assert.Equal((DcrErrorId.InvalidCertificate, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains(word, failure.Message);
        Assert.Contains("'app.example.com'", failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Theory]
    [InlineData(null, "-SubjectUri")]
    [InlineData("https://other.example.com/", "-SubjectUri")]
    public async Task Of_several_names_one_has_to_be_chosen_and_it_has_to_be_there(string? chosen, string advice)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "a:1|b:2", chosen: chosen));
        Assert.Equal(DcrErrorId.InvalidCertificate, failure.ErrorId);
        Assert.Contains("'a:1', 'b:2'", failure.Message);
        Assert.Contains(advice, failure.RecommendedAction);
        Assert.Empty(await server.RequestsAsync());
        using var session = await ConnectAsync(server, "a:1|b:2", chosen: "b:2");
        Assert.Equal("b:2", session.Connection.Udap!.SubjectUri);
    }

    [Fact]
    public async Task A_name_that_stands_twice_is_one()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        using var session = await ConnectAsync(server, "a:1|a:1");
        Assert.Equal("a:1", session.Connection.Udap!.SubjectUri);
    }

    [Fact]
    public async Task Of_several_certificates_of_one_key_the_one_that_is_good_longest_is_taken()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var good = await server.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        X509Certificate2[] anchors = [.. CertificateFile.OfPem(server.Communities[0].Anchor)];
        var certificates = CertificateFile.OfPem(good.Certificate);
        using var key = ECDsa.Create();
        key.ImportFromPem(good.Key);
        using var expired = new CertificateRequest(certificates[0].SubjectName, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));
        using var signer = SigningCertificate.Of(SigningKey.FromPem(good.Key), [expired, .. certificates], anchors);
        Assert.Equal(certificates[0].RawData, signer.Certificate.RawData);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("alpha")]
    [InlineData("/alpha")]
    [InlineData("https://trust.example.org/alpha ")]
    [InlineData("https://trust.example.org/\nalpha")]
    [InlineData("urn:a\u200bb")]
    public async Task A_community_that_is_no_URI_is_refused_before_anything_is_sent(string community)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"unknownCommunity":"default"}}""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: community));
        Assert.Equal((DcrErrorId.InvalidSetup, true), (failure.ErrorId, failure.NothingSent));
        Assert.Contains("-Community", failure.Message);
        Assert.Empty(await server.RequestsAsync());
    }

    [Theory]
    [InlineData("expired", "operator")]
    [InlineData("revoked", "operator")]
    [InlineData("intermediateNotCa", "operator")]
    [InlineData("unknownRoot", "-TrustAnchor")]
    public async Task Another_anchor_is_advised_only_where_that_helps(string certificate, string advice)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{"certificate":"{{certificate}}"} }""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject));
        Assert.Contains(advice, failure.RecommendedAction);
        Assert.Equal(advice == "-TrustAnchor", failure.RecommendedAction.Contains("-TrustAnchor"));
    }

    [Theory]
    [InlineData("""{"algorithms":["RS384"]}""", "rsa", "RS384")]
    [InlineData("""{"algorithms":["ES384","RS256"]}""", "rsa", "RS256")]
    [InlineData("""{"algorithms":["RS256"]}""", "p256", null)]
    public async Task A_statement_is_signed_as_the_server_takes_it(string udap, string key, string? algorithm)
    {
        using var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} }""");
        if (algorithm is null)
        {
            var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, key: key));
            Assert.Equal(DcrErrorId.InvalidCertificate, failure.ErrorId);
            Assert.Contains("RS256", failure.Message);
            return;
        }

        using var session = await ConnectAsync(server, Subject, key: key);
        Assert.Equal(algorithm, session.Connection.Udap!.SigningAlgorithm);
        Assert.Equal(Subject, (await session.RegisterAsync(Backend, Subject)).Tenant);
    }

    [Fact]
    public async Task Communities_of_a_server_are_kept_apart()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var second = server.Communities[1].Uri;
        var machine = new Machine().Start();
        using var one = await ConnectAsync(server, Subject, machine);
        using var other = await ConnectAsync(server, Subject, machine, community: second);
        Assert.NotEqual(one.Connection.Issuer, other.Connection.Issuer);
        Assert.Contains(Uri.EscapeDataString(second), other.Connection.Issuer);
        Assert.NotEqual((await one.RegisterAsync(Backend, "north")).ClientId, (await other.RegisterAsync(Backend, "north")).ClientId);
        Assert.Single(one.Listed());

        var failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, community: second, anchorOf: 0));
        Assert.Equal(DcrErrorId.UntrustedMetadata, failure.ErrorId);
        failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: "urn:nobody"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("urn:nobody", failure.Message);
        await server.SetAsync(new { udap = new { unknownCommunity = "notFound" } });
        failure = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, Subject, asked: "urn:nobody"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("urn:nobody", failure.Message);
    }

    [Theory]
    [InlineData(null, 0, " without -Community")]
    [InlineData(0, null, " with -Community")]
    [InlineData(0, 1, null)]
    [InlineData(0, 0, null)]
    public async Task Who_names_the_community_now_and_then_is_told(int? first, int? then, string? told)
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var machine = new Machine().Start();
        using var one = await ConnectAsync(server, Subject, machine, community: Of(first));
        var client = await one.RegisterAsync(Backend, "north");
        using var other = await ConnectAsync(server, Subject, machine, community: Of(then));
        Assert.Equal(told is not null, other.Reporter.Warnings.Any(line => line.Contains(client.ClientId) && line.Contains($"{told}:")));

        string? Of(int? place) => place is { } index ? server.Communities[index].Uri : null;
    }

    [Theory]
    [InlineData("""{"udap_versions_supported":["2"]}""")]
    [InlineData("""{"udap_profiles_supported":["udap_authn"]}""")]
    public async Task A_server_that_does_not_say_that_it_registers_is_connected_with_a_warning(string overrides)
    {
        using var session = await StartAsync($$"""{"metadataOverrides":{{overrides}} }""");
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("udap_dcr"));
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

    [Theory]
    [InlineData(true, "Remove-DcrClient")]
    [InlineData(false, "Set-DcrClient")]
    public async Task Whether_a_lost_change_or_cancellation_was_made_is_not_guessed(bool isCancelled, string advice)
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var lost = new { on = "register", drop = "beforeAnswer" };
        await session.Server.SetAsync(new { faults = new[] { lost, lost } });
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            isCancelled ? session.DeleteAsync(client.ClientId) : session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.OutcomeUnknown, failure.ErrorId);
        var orphan = (await session.OrphansAsync())[0];
        Assert.StartsWith("This server cannot be asked", orphan.RecommendedAction);
        Assert.Contains($"Run {advice} again", orphan.RecommendedAction);
        Assert.Contains(client.ClientId, orphan.RecommendedAction);
    }

    [Fact]
    public async Task A_pasted_address_of_the_metadata_brings_its_community()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var second = server.Communities[1];
        using var session = await ConnectAsync(
            server,
            Subject,
            community: second.Uri,
            place: $"{server.FhirBase}/.well-known/udap?community={Uri.EscapeDataString(second.Uri)}"
        );
        Assert.Equal(second.Uri, session.Connection.Udap!.Community);
    }

    [Fact]
    public async Task An_anchor_that_is_no_root_is_taken_and_what_was_not_asked_is_said()
    {
        using var server = await SharedTestServer.StartAsync("""{"udap":{"certificate":"goodByCrl"}}""");
        var certificate = await server.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        var issuer = CertificateFile.OfPem(certificate.Certificate)[1];
        var anchor = $"-----BEGIN CERTIFICATE-----\n{Convert.ToBase64String(issuer.RawData)}\n-----END CERTIFICATE-----";
        using var session = await Session.ConnectAsync(
            server.FhirBase,
            request => Of(request, new Uri(server.FhirBase), certificate, anchor, null, null),
            clock: Now()
        );
        Assert.Contains("was not asked", Assert.Single(session.Connection.Udap!.NotChecked));
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("no root certificate"));
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

    [Fact]
    public async Task A_server_without_UDAP_is_told_as_such()
    {
        using var server = await SharedTestServer.StartAsync();
        using var withUdap = await SharedTestServer.StartAsync("""{"udap":{}}""");
        var certificate = await withUdap.CertificateAsync(new { uris = new[] { Subject }, key = "p256" });
        var failure = await Assert.ThrowsAsync<DcrException>(() => Session.ConnectAsync(
            server.FhirBase,
            request => Of(request, new Uri(server.FhirBase), certificate, withUdap.Communities[0].Anchor, null, null),
            clock: Now()));
        Assert.Equal(DcrErrorId.DiscoveryFailed, failure.ErrorId);
        Assert.Contains("does not support UDAP", failure.Message);
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

    [Fact]
    public async Task Offline_the_clients_of_a_FHIR_base_are_found_by_it()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(Backend, "north");
        var request = new ConnectRequest { Issuer = new Uri(session.Server.FhirBase) };
        var offline = ConnectOperation.Offline(request, session.Ledger, vault: null);
        Assert.Equal(session.Connection.Issuer, offline.Issuer);
        Assert.Equal(client.ClientId, session.Ledger.Registrations.FindTenant(offline.Issuer, "north")!.Record.ClientId);
        offline.Close();
    }

    [Fact]
    public async Task Offline_a_community_or_a_URI_chooses_among_the_clients_of_a_FHIR_base()
    {
        using var session = await StartAsync();
        var server = session.Server;
        var (first, second) = (server.Communities[0].Uri, server.Communities[1].Uri);
        using var one = await ConnectAsync(server, Subject, session.Process, community: first);
        using var two = await ConnectAsync(server, Subject, session.Process, community: second);
        using var other = await ConnectAsync(server, "https://app.example.com/other", session.Process, community: second);
        foreach (var registering in new[] { session, one, two, other })
        {
            await registering.RegisterAsync(Backend, registering.Connection.Udap!.SubjectUri);
        }

        Assert.Equal(one.Connection.Issuer, Offline(server.FhirBase, null, first));
        Assert.Equal(two.Connection.Issuer, Offline(server.FhirBase + "/", Subject, second));
        Assert.Equal(other.Connection.Issuer, Offline(server.FhirBase, "https://app.example.com/other", null));
        Assert.Equal(session.Connection.Issuer, Offline(session.Connection.Issuer, null, null));
        Assert.Equal(
            one.Connection.Issuer,
            Offline($"{server.FhirBase}/.well-known/udap?community={Uri.EscapeDataString(first)}", null, null));

        var several = Assert.Throws<DcrException>(() => Offline(server.FhirBase, null, second));
        Assert.Equal(DcrErrorId.DiscoveryFailed, several.ErrorId);
        Assert.Contains($": {Subject} in {second}; https://app.example.com/other in {second}.", several.Message);
        Assert.Contains("-SubjectUri", several.RecommendedAction);
        var none = Assert.Throws<DcrException>(() => Offline(server.FhirBase, null, "urn:nobody"));
        Assert.Contains("in the community 'urn:nobody'", none.Message);
        none = Assert.Throws<DcrException>(() => Offline(server.FhirBase, "https://app.example.com/", null));
        Assert.Contains("with the URI 'https://app.example.com/'", none.Message);

        string Offline(string issuer, string? subjectUri, string? community)
        {
            var request = new ConnectRequest { Issuer = new Uri(issuer) };
            var offline = ConnectOperation.Offline(request, session.Ledger, vault: null, subjectUri, community);
            offline.Close();
            return offline.Issuer;
        }
    }

    private static SigningCertificate SignerOf(OrderedCertificate certificate, X509Certificate2[] anchors) =>
        SigningCertificate.Of(SigningKey.FromPem(certificate.Key), CertificateFile.OfPem(certificate.Certificate), anchors);

    private static FakeClock Now() => new() { UtcNow = DateTimeOffset.UtcNow };

    private static async Task<Session> StartAsync(string udap = "{}", string key = "p256", bool hasVault = false, string more = "")
    {
        var server = await SharedTestServer.StartAsync($$"""{"udap":{{udap}} {{more}} }""");
        return await ConnectAsync(server, Subject, hasVault: hasVault, key: key, ends: true);
    }

    /// <param name="names">With bars between them.</param>
    /// <param name="asked">The community that is asked for in the place of the one whose certificates are used.</param>
    private static async Task<Session> ConnectAsync(
        TestServerInstance server,
        string names,
        StoreProcess? process = null,
        string kind = "good",
        string key = "p256",
        string? chosen = null,
        string? community = null,
        string? asked = null,
        int? anchorOf = null,
        string? place = null,
        bool hasVault = false,
        bool ends = false
    )
    {
        var order = new { uris = names.Split('|'), kind, key, community };
        var certificate = await server.CertificateAsync(order);
        var anchor = anchorOf is { } index
            ? server.Communities[index]
            : server.Communities.First(one => community is null || one.Uri == community);
        return await Session.ConnectAsync(
            server.FhirBase,
            request => Of(
                request,
                new Uri(place ?? server.FhirBase),
                certificate,
                anchor.Anchor,
                chosen,
                place is null ? asked ?? community : null
            ),
            hasVault,
            ends ? server : null,
            process: process,
            clock: Now()
        );
    }

    private static ConnectRequest Of(
        ConnectRequest request,
        Uri fhirBase,
        OrderedCertificate certificate,
        string anchor,
        string? chosen,
        string? community
    )
    {
        X509Certificate2[] anchors = [.. CertificateFile.OfPem(anchor)];
        return request with
        {
            Issuer = fhirBase,
            Discovery = DcrDiscovery.Udap,
            Udap = new UdapRequest(
                SignerOf(certificate, anchors),
                chosen,
                community,
                anchors
            ),
        };
    }

    private static async Task KillAsync(Session session, Func<Task> act)
    {
        var (disk, left) = (session.Process.Machine.Disk, Keeping);
        disk.Before = call =>
        {
            if (
                call.By == session.Process.Folder
                && call.Operation == DiskOperation.Append
                && call.Name.EndsWith(".dcrl", StringComparison.Ordinal)
                && --left == 0
            )
            {
                session.Process.Kill();
            }
        };
        await Assert.ThrowsAsync<KilledException>(act);
        disk.Before = null;
    }
}
#endif
