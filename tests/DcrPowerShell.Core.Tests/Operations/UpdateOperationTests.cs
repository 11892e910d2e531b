using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Compat;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

public class UpdateOperationTests
{
    private const string Rich = """
        {"client_name":"Clinic","client_name#ja":"クリニック","client_name#de":"Klinik","redirect_uris":["https://a.example.com/"],
         "tos_uri":"https://a.example.com/tos","x_vendor":{"level":1.0,"big":12345678901234567890,"list":[null,""]}}
        """;

    [Fact]
    public async Task Changes_what_was_named_and_writes_the_rest_back_as_it_was()
    {
        using var session = await Session.StartAsync("""{"requireCompletePut":true}"""); // As Okta: all settings, or none.
        var registered = await session.RegisterAsync(Rich);
        var client = await session.UpdateAsync(registered.ClientId, """{"client_name":"Clinic North","contacts":["a@example.com"]}""");

        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("update")).Body);
        var granted = JsonBag.Parse((await session.AtServerAsync()).Metadata.GetRawText());
        foreach (var bag in new[] { sent, granted })
        {
            Assert.Equal(
                ("Clinic North", "クリニック", "Klinik"),
                (bag.Text("client_name"), bag.Text("client_name#ja"), bag.Text("client_name#de"))
            );
            Assert.True(bag.TryGet("x_vendor", out var vendor));
            Assert.Equal("""{"level":1.0,"big":12345678901234567890,"list":[null,""]}""", vendor.GetRawText());
            Assert.Equal("https://a.example.com/tos", bag.Text("tos_uri"));
        }

        Assert.Equal(("Clinic North", "Clinic North"), (client.ClientName, session.Stored(client.ClientId).ClientName));
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task The_body_names_the_client_and_none_of_what_the_server_issued()
    {
        using var session = await Session.StartAsync("""{"secretExpiresAt":"future"}""");
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("update")).Body);
        Assert.Equal(client.ClientId, sent.Text("client_id"));
        foreach (
            var member in new[]
            {
                "registration_access_token",
                "registration_client_uri",
                "client_secret_expires_at",
                "client_id_issued_at",
                "client_secret",
            }
        )
        {
            Assert.False(sent.Has(member), member);
        }
    }

    [Theory]
    [InlineData("hydra")]
    [InlineData("null")]
    public async Task What_stands_for_absent_is_not_written_back(string emptyMembers)
    {
        using var session = await Session.StartAsync($$"""{"emptyMembers":"{{emptyMembers}}"}""");
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.DoesNotContain(
            JsonBag.Parse(Assert.Single(await session.SentAsync("update")).Body),
            static member => member.Value.ValueKind is JsonValueKind.Null || member.Value.GetRawText() is "\"\"" or "{}"
        );
    }

    [Fact]
    public async Task What_was_read_in_odd_shapes_is_written_in_those_of_the_standard()
    {
        using var session = await Session.StartAsync("""{"authMethodAsArray":true,"scopeAsArray":true,"redirectUrisAsString":true}""");
        var client = await session.RegisterAsync("""{"redirect_uris":["https://a.example.com/"],"scope":"a b"}""");
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""); // The server is strict about what it gets.
        Assert.Equal("m", session.Stored(client.ClientId).ClientName);
    }

    [Fact]
    public async Task Null_removes_a_member()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync(Rich);
        var client = await session.UpdateAsync(registered.ClientId, """{"tos_uri":null,"x_vendor":null}""");
        Assert.False((await session.AtServerAsync()).Metadata.TryGetProperty("tos_uri", out _));
        Assert.False(client.Metadata.Contains("x_vendor"));
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task What_the_server_did_not_remove_is_told()
    {
        using var session = await Session.StartAsync("""{"answerOverrides":{"update":{"tos_uri":"https://default.example.com/"} } }""");
        var client = await session.RegisterAsync(Rich);
        await session.UpdateAsync(client.ClientId, """{"tos_uri":null}""");
        Assert.Equal(
            $"Client '{client.ClientId}': the server still has a value for what was to be removed: tos_uri.",
            Assert.Single(session.Reporter.Warnings)
        );
    }

    [Fact]
    public async Task What_was_granted_otherwise_is_told_but_only_of_what_was_asked()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync("""{"redirect_uris":["https://a.example.com/"],"scope":"openid"}""");
        await session.Server.SetAsync(new { dropScope = new[] { "admin" }, grant = new { client_uri = "https://default.example.com/" } });
        var client = await session.UpdateAsync(registered.ClientId, """{"scope":"openid admin","client_name":"m"}""");
        Assert.Equal(
            "scope: asked for 'openid admin', granted 'openid'",
            Assert.Single(client.Changes, static change => change.WasNamed).ToString()
        );
    }

    [Fact]
    public async Task What_the_server_changed_and_nobody_named_is_told()
    {
        using var session = await Session.StartAsync();
        var registered = await session.RegisterAsync(
            """{"redirect_uris":["https://a.example.com/"],"grant_types":["authorization_code","refresh_token"],"x_vendor":"one","updated_at":1}"""
        );
        await session.Server.SetAsync(
            new
            {
                grant = new
                {
                    grant_types = new[] { "authorization_code" },
                    redirect_uris = new[] { "https://b.example.com/" },
                    client_uri = "https://default.example.com/",
                    x_vendor = "two",
                    updated_at = 2,
                },
            }
        );
        var client = await session.UpdateAsync(registered.ClientId, """{"client_name":"m"}""");
        Assert.All(client.Changes, static change => Assert.False(change.WasNamed));
        Assert.Equal(
            [
                "client_uri: was nothing, is 'https://default.example.com/'",
                "grant_types: was ['authorization_code', 'refresh_token'], is ['authorization_code']",
                "redirect_uris: was ['https://a.example.com/'], is ['https://b.example.com/']",
                "x_vendor: was 'one', is 'two'",
            ],
            client.Changes.Select(static change => change.ToString()).OrderBy(static text => text, StringComparer.Ordinal));
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("the server changed what was not named"));
    }

    [Theory]
    [InlineData(204, "empty")]
    [InlineData(200, "empty")]
    public async Task After_an_answer_without_a_body_the_client_is_read(int status, string body)
    {
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"update","status":{{status}},"body":"{{body}}","when":"afterProcessing"}]}"""
        );
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { dropScope = new[] { "admin" } });
        var client = await session.UpdateAsync(registered.ClientId, """{"client_name":"m","scope":"openid admin"}""");
        Assert.Equal(("m", "m"), (client.ClientName, session.Stored(client.ClientId).ClientName));
        Assert.Equal("scope", Assert.Single(client.Changes).Name);
        Assert.Equal(2, (await session.SentAsync("read")).Count);
        Assert.Empty(await session.OrphansAsync());
    }

    [Fact]
    public async Task Where_it_cannot_be_read_either_what_was_sent_is_kept_and_said()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"update","status":204,"body":"empty","when":"afterProcessing"},{"on":"read","skip":1,"status":405,"times":9}]}"""
        );
        var registered = await session.RegisterAsync();
        var client = await session.UpdateAsync(registered.ClientId, """{"client_name":"m"}""");
        var stored = session.Stored(client.ClientId);
        Assert.Equal(
            ("m", "m", "https://app.example.com/callback"),
            (client.ClientName, stored.ClientName, Assert.Single(client.RedirectUris))
        );
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, stored.RegistrationAccessToken);
        Assert.Contains("What was sent is kept", Assert.Single(session.Reporter.Warnings));
        Assert.Empty(await session.OrphansAsync());
    }

    [Fact]
    public async Task A_new_token_is_kept_before_the_client_is_given_out()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync();
        foreach (var name in new[] { "one", "two", "three" })
        {
            client = await session.UpdateAsync(client.ClientId, $$"""{"client_name":"{{name}}"}""");
            Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
            Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, SecureText.Reveal(client.RegistrationAccessToken!));
        }
    }

    [Fact]
    public async Task A_token_that_already_the_read_replaced_is_used_for_the_change()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"getAndPut"}""");
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_new_secret_is_kept_and_told_and_does_not_inherit_the_expiry()
    {
        using var session = await Session.StartAsync("""{"secretExpiresAt":"future"}""");
        var registered = await session.RegisterAsync();
        await session.Server.SetAsync(new { rotateSecret = "put", secretExpiresAt = "absent" });
        var client = await session.UpdateAsync(registered.ClientId, """{"client_name":"m"}""");
        Assert.Equal((await session.AtServerAsync()).ClientSecret, session.Stored(client.ClientId).ClientSecret);
        Assert.Equal("unknown", client.SecretExpiry.Text);
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("the server replaced the client secret"));
    }

    [Theory]
    [InlineData("forbidden", 1)] // Hydra
    [InlineData("optional", 1)]
    [InlineData("required", 2)] // IBM Verify: asked for it, it gets it.
    public async Task The_secret_goes_along_where_the_server_wants_it(string putSecret, int sent)
    {
        using var session = await Session.StartAsync($$"""{"putSecret":"{{putSecret}}"}""");
        var client = await session.RegisterAsync();
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        var updates = await session.SentAsync("update");
        Assert.Equal(sent, updates.Count);
        Assert.Equal(putSecret == "required", updates[updates.Count - 1].Body.Contains("client_secret\""));
        Assert.Equal("m", session.Stored(client.ClientId).ClientName);
    }

    /// <summary>The token that is known tells what became of it, by a read.</summary>
    [Theory]
    [InlineData(""" "drop":"beforeAnswer" """, 1)]
    [InlineData(""" "status":500,"when":"afterProcessing" """, 1)]
    [InlineData(""" "delayMs":60000 """, 1)]
    [InlineData(""" "status":504 """, 2)]
    [InlineData(""" "drop":"beforeAnswer","when":"beforeProcessing" """, 2)]
    public async Task A_change_whose_answer_is_lost_is_looked_into_and_made_once_more_where_it_was_not_made(string fault, int updates)
    {
        using var session = await Session.StartAsync(
            $$"""{"faults":[{"on":"update",{{fault}}}]}""",
            request => request with { Timeout = TimeSpan.FromSeconds(fault.Contains("delayMs") ? 2 : 30) }
        );
        var client = await session.RegisterAsync();
        Assert.Equal("m", (await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""")).ClientName);
        Assert.Equal("m", session.Stored(client.ClientId).ClientName);
        Assert.Equal(updates, (await session.SentAsync("update")).Count);
    }

    [Fact]
    public async Task A_token_that_was_replaced_in_a_lost_answer_is_said_to_be_lost()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put","faults":[{"on":"update","drop":"beforeAnswer"}]}""");
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId).ToJson();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.TokenLost, error.ErrorId);
        Assert.Single(await session.SentAsync("update"));
        Assert.Equal(before, session.Stored(client.ClientId).ToJson());
    }

    [Fact]
    public async Task Where_the_server_cannot_be_asked_either_the_outcome_stays_unknown()
    {
        using var session = await Session.StartAsync(
            """{"faults":[{"on":"update","status":500,"times":9},{"on":"read","skip":1,"status":403,"times":9}]}"""
        );
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.OutcomeUnknown, error.ErrorId);
        Assert.Single(await session.SentAsync("update"));
    }

    [Theory]
    [InlineData(""" "body":"half" """)]
    [InlineData(""" "body":"html" """)]
    [InlineData(""" "drop":"midBody" """)]
    public async Task An_answer_that_cannot_be_used_is_kept_as_it_came(string fault)
    {
        using var session = await Session.StartAsync($$"""{"rotateToken":"put","faults":[{"on":"update",{{fault}}}]}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Contains($"said that client '{client.ClientId}' was changed, but", error.Message);
        Assert.NotNull(Assert.Single(await session.OrphansAsync()).Answer);
    }

    [Theory]
    [InlineData("\"****\"")]
    [InlineData("false")]
    public async Task A_masked_secret_or_token_and_an_address_that_is_none_replace_nothing(string value)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId);
        var content =
            $$"""{"client_id":"{{client.ClientId}}","client_secret":{{value}},"registration_access_token":{{value}},"registration_client_uri":"n/a"}""";
        await session.Server.SetAsync(new { faults = new[] { new { on = "update", content } } });
        await session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        var after = session.Stored(client.ClientId);
        Assert.Equal(
            (before.ClientSecret, before.RegistrationAccessToken, before.RegistrationClientUri),
            (after.ClientSecret, after.RegistrationAccessToken, after.RegistrationClientUri));
    }

    [Theory]
    [InlineData("read", "{}")]
    [InlineData("read", """{"data":{"client_id":"c1","client_name":"m"}}""")]
    [InlineData("read", """{"client_id":"stranger","client_name":"m"}""")]
    [InlineData("update", "{}")]
    [InlineData("update", """{"data":{"client_id":"c1","client_name":"m"}}""")]
    [InlineData("update", """[{"client_id":"c1"}]""")]
    [InlineData("update", """{"error":"invalid_token"}""")]
    [InlineData("update", """{"client_id":"stranger","client_name":"m"}""")]
    public async Task A_success_that_is_not_about_the_client_replaces_nothing(string on, string content)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId).ToJson();
        await session.Server.SetAsync(new { faults = new[] { new { on, content } } });
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(content.Contains("error") ? DcrErrorId.AccessTokenRejected : DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Equal(before, session.Stored(client.ClientId).ToJson());

        using var next = await session.NextProcessAsync();
        Assert.Equal(before, next.Stored(client.ClientId).ToJson());
        Assert.Single(next.Vault.Registrations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_in_an_answer_that_names_no_client_is_kept_at_once_and_nothing_else_of_it(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(
            new
            {
                faults = new[]
                {
                    new
                    {
                        on = "update",
                        content = """{"registration_access_token":"tok-2","client_secret":"sec-2","client_name":"other"}""",
                    },
                },
            }
        );
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        var stored = session.Stored(client.ClientId);
        Assert.Equal(("tok-2", "sec-2", "Clinic portal"), (stored.RegistrationAccessToken, stored.ClientSecret, stored.ClientName));
        Assert.Equal(["https://app.example.com/callback"], stored.Metadata.Texts("redirect_uris"));
        Assert.Empty(session.Ledger.Requests.Open());
    }

    [Theory]
    [InlineData("""{"data":{"registration_access_token":"tok-2"}}""")]
    [InlineData("""{"client_id":"stranger","registration_access_token":"tok-2"}""")]
    public async Task A_token_of_which_nobody_knows_whose_it_is_stays_findable(string content)
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        var before = session.Stored(client.ClientId).ToJson();
        await session.Server.SetAsync(new { faults = new[] { new { on = "update", content } } });
        await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        using var next = await session.NextProcessAsync();
        Assert.Equal(before, next.Stored(client.ClientId).ToJson());
        Assert.Equal(content, SecureText.Reveal(Assert.Single(Assert.Single(await next.OrphansAsync()).Answer!)));
    }

    /// <summary>Then Find-DcrOrphan cannot read the client either.</summary>
    [Fact]
    public async Task An_orphan_is_shown_although_the_server_answers_no_read_as_it_should()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync();
        await session.Server.SetAsync(new { faults = new[] { new { on = "update", content = "{}" } } });
        await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        await session.Server.SetAsync(new { faults = new[] { new { on = "read", content = "{}" } } });
        Assert.Contains("has no client_id", Assert.Single(await session.OrphansAsync()).RecommendedAction);
    }

    [Theory]
    [InlineData("""{"operations":["read","delete"]}""")]
    [InlineData("""{"faults":[{"on":"update","status":404}]}""")] // oidc-provider without management
    public async Task A_server_that_does_not_offer_it_is_told(string switches)
    {
        using var session = await Session.StartAsync(switches);
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => session.UpdateAsync(client.ClientId, """{"client_name":"m"}"""));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("does not let a client be changed", error.Message);
        Assert.Equal(DcrCapabilities.Register | DcrCapabilities.Read | DcrCapabilities.Delete, session.Connection.Capabilities);
    }

    [Fact]
    public async Task A_refused_change_leaves_all_as_it_was()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""");
        var client = await session.RegisterAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            session.UpdateAsync(client.ClientId, """{"redirect_uris":["https://a.example.com/*"]}""")
        );
        Assert.Equal(DcrErrorId.InvalidRedirectUri, error.ErrorId);
        Assert.Equal("Clinic portal", (await session.ReadAsync(client.ClientId)).ClientName);
    }

    [Fact]
    public async Task Stopped_while_it_is_under_way_its_new_token_is_still_kept()
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put","faults":[{"on":"update","delayMs":1000}]}""");
        var client = await session.RegisterAsync();
        var updating = session.UpdateAsync(client.ClientId, """{"client_name":"m"}""");
        await session.ArrivalAsync("update");
        session.Clock.Held = new();
        session.Stop.Cancel();
        await updating;
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
    }

    [Fact]
    public async Task A_part_of_a_client_wipes_nothing_at_the_server_and_nothing_that_is_kept()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(
            """{"client_name":"Clinic","redirect_uris":["https://a.example.com/cb"],"scope":"openid read","contacts":["it@example.com"]}"""
        );
        await session.Server.SetAsync(new { omitFromAnswer = new[] { "redirect_uris", "scope", "contacts" } });
        await session.UpdateAsync(client.ClientId, """{"client_name":"Renamed"}""");

        var sent = JsonBag.Parse(Assert.Single(await session.SentAsync("update")).Body!);
        Assert.Equal(("Renamed", "openid read"), (sent.Text("client_name"), sent.Text("scope")));
        Assert.Equal(["https://a.example.com/cb"], sent.Texts("redirect_uris"));
        Assert.Equal(["it@example.com"], session.Stored(client.ClientId).Metadata.Texts("contacts"));
        Assert.Contains("taken for a part of the client", session.Reporter.Warnings.First());

        // Once more: what is kept is still whole.
        await session.UpdateAsync(client.ClientId, """{"client_name":"Again"}""");
        var updates = await session.SentAsync("update");
        Assert.Equal("openid read", JsonBag.Parse(updates[updates.Count - 1].Body!).Text("scope"));
    }

    [Fact]
    public async Task Redirect_URIs_that_are_removed_on_purpose_stay_removed()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(
            """{"client_name":"Job","redirect_uris":["https://a.example.com/cb"],"grant_types":["client_credentials"],"response_types":[]}"""
        );
        await session.UpdateAsync(client.ClientId, """{"redirect_uris":null}""");
        Assert.Empty(session.Stored(client.ClientId).Metadata.Texts("redirect_uris"));
        await session.UpdateAsync(client.ClientId, """{"client_name":"Other"}""");
        Assert.DoesNotContain(session.Reporter.Warnings, static warning => warning.Contains("part of the client"));
    }
}
