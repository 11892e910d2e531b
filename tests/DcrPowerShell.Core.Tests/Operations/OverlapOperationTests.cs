using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Credentials;
using DcrPowerShell.Errors;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>A second secret and the end of the first, at Okta, which has both; and nowhere else.</summary>
public class OverlapOperationTests
{
    private const string ApiToken = "00-not-a-real-api-token";

    [Fact]
    public async Task The_old_secret_stays_valid_until_it_is_deleted()
    {
        using var session = await StartAsync();
        var registered = await session.RegisterAsync();
        var first = SecureText.Reveal(registered.ClientSecret!);

        var client = await session.OverlapAsync(registered.ClientId, "PortalSecret");
        var second = SecureText.Reveal(client.ClientSecret!);
        Assert.Equal([(first, "ACTIVE"), (second, "ACTIVE")], await SecretsAsync(session));
        Assert.Equal((second, second), (session.Stored(client.ClientId).ClientSecret, session.Vault.Secrets["PortalSecret"]));
        Assert.Equal(registered.ClientName, client.ClientName);
        Assert.Equal("{}", (await session.SentAsync("createSecret")).Single().Body);

        var done = await session.CompleteOverlapAsync(registered.ClientId);
        Assert.Equal([(second, "ACTIVE")], await SecretsAsync(session));
        Assert.Equal((second, client.SecretName), (SecureText.Reveal(done.ClientSecret!), done.SecretName));
        Assert.Equal(second, session.Stored(client.ClientId).ClientSecret);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task A_client_that_the_vault_does_not_know_gets_a_second_secret_and_is_kept()
    {
        using var session = await StartAsync();
        var registered = await session.RegisterAsync();
        await session.ForgetAllAsync();
        var client = await session.OverlapAsync(registered.ClientId);
        Assert.Equal(
            ("Clinic portal", SecureText.Reveal(client.ClientSecret!)),
            (session.Stored(client.ClientId).ClientName, session.Stored(client.ClientId).ClientSecret)
        );
        await session.CompleteOverlapAsync(registered.ClientId);
        Assert.Single(await SecretsAsync(session));
    }

    [Fact]
    public async Task The_local_store_has_the_new_secret()
    {
        using var session = await StartAsync(hasVault: false);
        var client = await session.OverlapAsync((await session.RegisterAsync()).ClientId);
        var done = await session.CompleteOverlapAsync(client.ClientId);
        Assert.Equal(session.Stored(client.ClientId).ClientSecret, SecureText.Reveal(done.ClientSecret!));
        Assert.Equal([(SecureText.Reveal(done.ClientSecret!), "ACTIVE")], await SecretsAsync(session));
    }

    [Fact]
    public async Task A_third_secret_is_refused_and_the_two_are_told()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        await session.OverlapAsync(client.ClientId);
        var error = await RefusedAsync(session, () => session.OverlapAsync(client.ClientId));
        Assert.Matches(
            @"two client secrets already.*: ocs\w+, made \d{4}-\d\d-\d\d \d\d:\d\d UTC; ocs\w+, made [-0-9]+ [:0-9]+ UTC \(the one known here\)\.$",
            error.Message
        );
        Assert.Contains("-CompleteOverlap", error.RecommendedAction);
        Assert.Single(await session.SentAsync("createSecret"));
    }

    [Fact]
    public async Task An_inactive_one_is_not_deleted_on_the_way_to_a_third()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        await AddElsewhereAsync(session, client.ClientId, "INACTIVE");
        var error = await RefusedAsync(session, () => session.OverlapAsync(client.ClientId));
        Assert.Contains("UTC, inactive.", error.Message);
        Assert.Contains("-CompleteOverlap", error.RecommendedAction);
        Assert.Equal(2, (await SecretsAsync(session)).Count);

        await session.CompleteOverlapAsync(client.ClientId);
        Assert.Empty(await session.SentAsync("deactivateSecret"));
        Assert.Equal([(SecureText.Reveal(client.ClientSecret!), "ACTIVE")], await SecretsAsync(session));
    }

    [Fact]
    public async Task A_newer_secret_made_elsewhere_is_not_taken_for_the_old_one()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        await AddElsewhereAsync(session, client.ClientId, "ACTIVE");
        Assert.DoesNotContain(
            "-CompleteOverlap",
            (await RefusedAsync(session, () => session.OverlapAsync(client.ClientId))).RecommendedAction
        );
        var error = await RefusedAsync(session, () => session.CompleteOverlapAsync(client.ClientId));
        Assert.Contains("is not older than the one known here", error.Message);
        Assert.Equal(2, (await SecretsAsync(session)).Count);
    }

    [Fact]
    public async Task Where_none_is_the_known_one_nothing_is_deleted()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        await session.OverlapAsync(client.ClientId);
        var record = session.Stored(client.ClientId) with { ClientSecret = "cs_changed-elsewhere", Sequence = long.MaxValue };
        var error = await RefusedAsync(session, () => session.RunAsync(context => OverlapOperation.CompleteAsync(context, record, null)));
        Assert.Contains("at the server is the one known here", error.Message);
        Assert.Equal(2, (await SecretsAsync(session)).Count);

        await RefusedAsync(
            session,
            () => session.RunAsync(context => OverlapOperation.CompleteAsync(context, record with { ClientSecret = null }, null))
        );
    }

    [Fact]
    public async Task Where_there_is_no_old_one_that_is_told_and_is_no_error()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        Assert.Equal(client.ClientId, (await session.CompleteOverlapAsync(client.ClientId)).ClientId);
        Assert.Contains("there is no old one to delete", Assert.Single(session.Reporter.Warnings));
        Assert.Single(await SecretsAsync(session));
    }

    [Fact]
    public async Task A_client_without_secrets_is_refused()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync(
            """{"client_name":"Native","redirect_uris":["com.example.app:/cb"],"application_type":"native","token_endpoint_auth_method":"none"}"""
        );
        foreach (
            var act in new Func<Task>[] { () => session.OverlapAsync(client.ClientId), () => session.CompleteOverlapAsync(client.ClientId) }
        )
        {
            var error = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
            Assert.Contains("it authenticates with none", error.Message);
        }

        Assert.Empty(await session.SentAsync("createSecret"));
    }

    [Theory]
    [InlineData(""" "drop":"beforeAnswer" """)]
    [InlineData(""" "status":502,"when":"afterProcessing" """)]
    public async Task An_addition_of_unknown_outcome_is_not_repeated_and_can_be_cleared_up(string fault)
    {
        using var session = await StartAsync($$""","faults":[{"on":"createSecret",{{fault}}}]""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.OverlapAsync(client.ClientId));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Contains("its present one still works", error.Message);
        Assert.Single(await session.SentAsync("createSecret"));
        Assert.Equal(SecureText.Reveal(client.ClientSecret!), session.Stored(client.ClientId).ClientSecret);

        // As the advice says: it tells of the second one, and changes nothing.
        Assert.Contains(
            "has two client secrets already",
            (await RefusedAsync(session, () => session.OverlapAsync(client.ClientId))).Message
        );
    }

    [Theory]
    [InlineData(""" "body":"half" """)]
    [InlineData(""" "body":"empty" """)]
    public async Task An_addition_whose_answer_cannot_be_read_is_told(string fault)
    {
        using var session = await StartAsync($$""","faults":[{"on":"createSecret",{{fault}}}]""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.OverlapAsync(client.ClientId));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Equal("Update", Assert.Single(await session.OrphansAsync()).Operation);
    }

    [Fact]
    public async Task A_new_secret_that_the_vault_does_not_keep_is_on_the_error()
    {
        using var session = await StartAsync();
        var registered = await session.RegisterAsync();
        session.Vault.FaultsOn = "dcr-127-0-0-1-";
        session.Vault.Fault = VaultFault.LosesWrites;
        var error = await Assert.ThrowsAsync<DcrException>(() => session.OverlapAsync(registered.ClientId));
        Assert.Equal(DcrErrorId.VaultWriteFailed, error.ErrorId);
        var second = (await SecretsAsync(session))[1].Value;
        Assert.Equal(second, SecureText.Reveal(Assert.IsType<DcrClient>(error.Unstored).ClientSecret!));
        Assert.DoesNotContain(second, error.ToString());
    }

    [Fact]
    public async Task A_deletion_that_failed_midway_is_finished_by_the_next_run()
    {
        using var session = await StartAsync(""","faults":[{"on":"deleteSecret","status":500}]""");
        var client = await session.RegisterAsync();
        await session.OverlapAsync(client.ClientId);
        var error = await Assert.ThrowsAsync<DcrException>(() => session.CompleteOverlapAsync(client.ClientId));
        Assert.Contains("is inactive now", error.Message);
        Assert.Contains("-CompleteOverlap again", error.RecommendedAction);
        Assert.Equal(["INACTIVE", "ACTIVE"], (await SecretsAsync(session)).Select(static secret => secret.Status));

        await session.CompleteOverlapAsync(client.ClientId);
        Assert.Single(await session.SentAsync("deactivateSecret"));
        Assert.Equal([(session.Stored(client.ClientId).ClientSecret!, "ACTIVE")], await SecretsAsync(session));
    }

    [Theory]
    [InlineData("okta.apps.read")]
    [InlineData("okta.apps.manage")]
    public async Task A_missing_scope_is_named(string missing)
    {
        var scopes = new[] { "okta.clients.register", "okta.clients.read", "okta.apps.read", "okta.apps.manage" }.Where(scope =>
            scope != missing
        );
        using var session = await StartAsync(okta: $""","apiTokenScopes":{JsonSerializer.Serialize(scopes)}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.OverlapAsync(client.ClientId));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains(missing, error.Message);
        Assert.Contains(missing, error.RecommendedAction);
    }

    /// <summary>A client with an id of its own: the Apps API knows its app by another.</summary>
    [Fact]
    public async Task A_client_that_the_Apps_API_does_not_know_is_told_so()
    {
        using var session = await StartAsync(""","faults":[{"on":"listSecrets","status":404,"times":2}]""");
        var client = await session.RegisterAsync();
        foreach (
            var act in new Func<Task>[] { () => session.OverlapAsync(client.ClientId), () => session.CompleteOverlapAsync(client.ClientId) }
        )
        {
            var error = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.ClientNotFound, error.ErrorId);
            Assert.Contains("Apps API", error.Message);
        }
    }

    [Fact]
    public async Task A_token_of_the_clients_own_does_not_go_to_the_Apps_API()
    {
        using var session = await StartAsync(okta: ""","registrationToken":true""");
        var client = await session.RegisterAsync();
        await session.OverlapAsync(client.ClientId);
        await session.CompleteOverlapAsync(client.ClientId);
        Assert.All(
            (await session.Server.RequestsAsync()).Where(static request => request.Target.StartsWith("/api/", StringComparison.Ordinal)),
            static request => Assert.Equal($"SSWS {ApiToken}", request.Header("Authorization")));
    }

    [Fact]
    public async Task A_server_of_the_standard_is_asked_nothing()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.ClearRequestsAsync();
        foreach (
            var act in new Func<Task>[] { () => session.OverlapAsync(client.ClientId), () => session.CompleteOverlapAsync(client.ClientId) }
        )
        {
            var error = await Assert.ThrowsAsync<DcrException>(act);
            Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
            Assert.Contains("New-DcrClient", error.RecommendedAction);
        }

        Assert.Empty(await session.Server.RequestsAsync());
        Assert.False(session.Connection.Capabilities.HasFlag(DcrCapabilities.OverlapSecrets));
    }

    /// <summary>Every word of errors and streams, on ways that talk, against every secret and hash that there was.</summary>
    [Fact]
    public async Task No_secret_is_in_a_word_of_it()
    {
        using var session = await StartAsync();
        var client = await session.RegisterAsync();
        var words = new List<string>();
        var secrets = new List<string>();
        await FailAsync("createSecret", () => session.OverlapAsync(client.ClientId));
        await session.OverlapAsync(client.ClientId);
        words.Add((await RefusedAsync(session, () => session.OverlapAsync(client.ClientId))).ToString());
        await FailAsync("listSecrets", () => session.CompleteOverlapAsync(client.ClientId));
        await FailAsync("deactivateSecret", () => session.CompleteOverlapAsync(client.ClientId));
        await FailAsync("deleteSecret", () => session.CompleteOverlapAsync(client.ClientId));
        words.AddRange(session.Reporter.VerboseLines.Concat(session.Reporter.Warnings));

        Assert.Equal(4, secrets.Distinct().Count());
        Assert.Contains(words, static text => text.Contains("***"));
        Assert.All(words, text => Assert.All(secrets, secret => Assert.DoesNotContain(secret, text)));

        // The server's words quote the client's secret, and those of a request about an old one that and its hash too.
        async Task FailAsync(string operation, Func<Task> act)
        {
            var known = (await ListAsync(session))
                .SelectMany(static secret =>
                    new[] { secret.GetProperty("client_secret").GetString()!, secret.GetProperty("secret_hash").GetString()! }
                )
                .ToList();
            secrets.AddRange(known);
            var quote = operation is "createSecret" or "listSecrets"
                ? session.Stored(client.ClientId).ClientSecret!
                : string.Join(" ", known.Take(3));
            await session.Server.SetAsync(
                new
                {
                    faults = new[]
                    {
                        new
                        {
                            on = operation,
                            status = 400,
                            errorDescription = quote,
                        },
                    },
                }
            );
            var error = await Assert.ThrowsAsync<DcrException>(act);
            words.Add(error + error.RecommendedAction);
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(Session session) =>
        (await session.Server.StateAsync()).GetProperty("secrets").EnumerateObject().Single().Value.EnumerateArray().ToList();

    private static async Task<IReadOnlyList<(string Value, string Status)>> SecretsAsync(Session session) =>
        (await ListAsync(session))
            .Select(static secret => (secret.GetProperty("client_secret").GetString()!, secret.GetProperty("status").GetString()!))
            .ToList();

    /// <summary>Adds a secret as somebody in the Admin Console does.</summary>
    private static async Task AddElsewhereAsync(Session session, string clientId, string status)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(session.Server.Url, $"/api/v1/apps/{clientId}/credentials/secrets")
        );
        request.Headers.TryAddWithoutValidation("Authorization", $"SSWS {ApiToken}");
        request.Content = new StringContent($$"""{"status":"{{status}}"}""", Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        await session.Server.ClearRequestsAsync();
    }

    private static async Task<DcrException> RefusedAsync(Session session, Func<Task> act)
    {
        var before = await SecretsAsync(session);
        var error = await Assert.ThrowsAsync<DcrException>(act);
        Assert.Equal(DcrErrorId.OverlapRefused, error.ErrorId);
        Assert.Equal(before, await SecretsAsync(session));
        return error;
    }

    /// <param name="switches">More of the server's switches, each after a comma.</param>
    /// <param name="okta">More of Okta's.</param>
    private static Task<Session> StartAsync(string switches = "", string okta = "", bool hasVault = true) => Session.StartAsync(
        $$"""{"dialect":"okta","okta":{"apiToken":"{{ApiToken}}"{{okta}}}{{switches}}}""",
        static request => request with { Credential = new CredentialInput.Token(StaticToken.Ssws(ApiToken)) },
        hasVault);
}
