using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Providers.Auth0;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Setting a tenant up, from every state that one may be in, against the test server's tenant.</summary>
public class EnableAuth0OperationTests
{
    private const string Api = "https://api.example.com";
    private const string Database = "Username-Password-Authentication";
    private const string Flag = """{"flags":{"enable_dynamic_client_registration":true}}""";
    private const string UserGrant =
        """{"audience":"https://api.example.com","scope":["read:items"],"subject_type":"user","default_for":"third_party_clients"}""";
    private const string ClientGrant =
        """{"audience":"https://api.example.com","scope":["read:items"],"subject_type":"client","default_for":"third_party_clients"}""";
    private const string ForeignRule =
        """{"description":"Not from there","active":true,"priority":1,"rule":{"action":{"block":true},"match":{"geo_country_codes":["AQ"]},"scope":"dynamic_client_registration"}}""";

    private static readonly Auth0Wishes All = new()
    {
        Registration = true,
        DefaultPermissions = [new(Api, ["read:items", "write:items"])],
        DomainConnections = [Database],
        AllowedNetworks = Auth0Network.ParseAll(["198.51.100.0/24"]),
    };

    private static readonly string[] DoneInOrder = ["createClientGrant", "updateConnection", "createNetworkAcl", "updateSettings"];

    [Fact]
    public async Task From_nothing_the_flag_comes_last_and_the_bodies_are_those_of_Auth0s_pages()
    {
        using var session = await StartAsync();
        var steps = await EnableAsync(session, All);
        Assert.Equal(
            ["none > read:items, write:items", "not promoted > promoted", "none > only 198.51.100.0/24", "strict > strict", "off > on"],
            steps.Select(Say)
        );
        Assert.Equal([true, true, true, false, true], steps.Select(step => step.Changed));

        var sent = await ChangesAsync(session);
        Assert.Equal(DoneInOrder, sent.Select(request => request.Operation));

        // Auth0 docs, configure-third-party-applications ("Default permissions for all third-party applications").
        AssertJson(
            """{"default_for":"third_party_clients","audience":"https://api.example.com","scope":["read:items","write:items"],"subject_type":"user"}""",
            sent[0].Body
        );

        // Auth0 docs, promote-connections-to-domain-level.
        AssertJson("""{"is_domain_connection":true}""", sent[1].Body);

        // The members of terraform-provider-auth0, test/data/recordings/TestAccNetworkACL.yaml; the scope of node-auth0,
        // NetworkAclRuleScopeEnum.
        AssertJson(
            """{"description":"Dynamic client registration from these networks only","active":true,"priority":1,"rule":{"action":{"block":true},"not_match":{"ipv4_cidrs":["198.51.100.0/24"]},"scope":"dynamic_client_registration"}}""",
            sent[2].Body
        );

        // Auth0 docs, dynamic-client-registration.
        AssertJson(Flag, sent[3].Body);
        await session.RegisterAsync();
    }

    [Fact]
    public async Task A_second_run_sends_nothing_but_reads()
    {
        using var session = await StartAsync();
        await EnableAsync(session, All);
        await session.Server.ClearRequestsAsync();
        var steps = await EnableAsync(session, All);
        Assert.DoesNotContain(steps, step => step.Changed);
        Assert.All(steps, step => Assert.Equal(step.Was, step.Is));
        Assert.All(await session.Server.RequestsAsync(), request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task What_is_not_asked_for_is_reported_and_left_and_said_to_be_missing()
    {
        using var session = await StartAsync();
        var steps = await EnableAsync(session, new Auth0Wishes { Registration = true });
        Assert.Equal(["none > none", "none > none", "none > none", "strict > strict", "off > on"], steps.Select(Say));
        Assert.Equal(
            ["Default permissions", "Domain connections", "Network limit"],
            steps.Where(step => step.Note is not null).Select(step => step.Step)
        );
        Assert.Equal(["updateSettings"], (await ChangesAsync(session)).Select(request => request.Operation));
        Assert.DoesNotContain(await session.Server.RequestsAsync(), request => request.Operation == "listResourceServers");
    }

    [Fact]
    public async Task Without_any_wish_the_steps_say_what_there_is()
    {
        using var session = await StartAsync($$"""{"clientGrants":[{{UserGrant}}],"networkAcls":[{{ForeignRule}}],"settings":{{Flag}}}""");
        var steps = await PlanAsync(session, new Auth0Wishes());
        Assert.Equal(
            ["https://api.example.com: read:items", "none", "block, where geo_country_codes is AQ", "strict", "on"],
            steps.Select(step => step.Was)
        );
        Assert.All(steps, step => Assert.True(step is { Wanted: null, Change: null }));
    }

    [Fact]
    public async Task Scopes_are_added_to_a_grant_and_none_is_taken_away()
    {
        using var session = await StartAsync($$"""{"clientGrants":[{{UserGrant}}]}""");
        var step = (await EnableAsync(session, new Auth0Wishes { DefaultPermissions = [new(Api, ["write:items"])] }))[0];
        Assert.Equal("read:items > read:items, write:items", Say(step));
        Assert.Contains("read:items", step.Note);
        var sent = Assert.Single(await ChangesAsync(session));
        Assert.Equal("PATCH", sent.Method);
        AssertJson("""{"scope":["read:items","write:items"]}""", sent.Body);
    }

    /// <summary>
    /// Its subject type cannot be changed (node-auth0, UpdateClientGrantRequestContent), and registered clients act for users only.
    /// </summary>
    [Fact]
    public async Task A_grant_for_applications_themselves_stays_and_gets_another_beside_it()
    {
        using var session = await StartAsync($$"""{"clientGrants":[{{ClientGrant}}]}""");
        var step = (await EnableAsync(session, new Auth0Wishes { DefaultPermissions = [new(Api, ["read:items"])] }))[0];
        Assert.Equal("none > read:items", Say(step));
        Assert.Contains("subject_type client", step.Note);
        Assert.Equal(["client", "user"], (await StateAsync(session, "clientGrants")).Select(grant => grant.Text("subject_type")));
    }

    [Fact]
    public async Task Grants_that_are_there_are_not_made_again_when_only_the_flag_is_missing()
    {
        using var session = await StartAsync(
            $$"""{"clientGrants":[{{UserGrant}}],"connections":[{"name":"{{Database}}","is_domain_connection":true}]}"""
        );
        var steps = await EnableAsync(
            session,
            new Auth0Wishes
            {
                Registration = true,
                DefaultPermissions = [new(Api, ["read:items"])],
                DomainConnections = [Database],
            }
        );
        Assert.Equal(["Dynamic registration"], steps.Where(step => step.Changed).Select(step => step.Step));
    }

    [Fact]
    public async Task With_the_flag_on_already_the_rest_is_still_done()
    {
        using var session = await StartAsync($$"""{"settings":{{Flag}}}""");
        var steps = await EnableAsync(session, All);
        Assert.Equal("on > on", Say(steps[4]));
        Assert.Equal(DoneInOrder.Take(3), (await ChangesAsync(session)).Select(request => request.Operation));
    }

    [Theory]
    [InlineData("permissive", "strict")]
    [InlineData("strict", "permissive")]
    public async Task The_mode_is_set_while_registration_is_still_off(string was, string wanted)
    {
        using var session = await StartAsync("{\"settings\":{\"dynamic_client_registration_security_mode\":\"" + was + "\"}}");
        var steps = await EnableAsync(session, new Auth0Wishes { Registration = true, SecurityMode = wanted });
        Assert.Equal($"{was} > {wanted}", Say(steps[3]));
        var sent = await ChangesAsync(session);

        // Auth0 docs, permissive-mode ("Dynamic Client Registration in permissive mode").
        AssertJson($$"""{"dynamic_client_registration_security_mode":"{{wanted}}"}""", sent[0].Body);
        AssertJson(Flag, sent[1].Body);
    }

    [Fact]
    public async Task A_tenant_without_the_choice_is_strict_and_cannot_be_permissive()
    {
        using var session = await StartAsync();
        Assert.Null((await PlanAsync(session, new Auth0Wishes { SecurityMode = "strict" }))[3].Change);
        await AssertRefusedAsync(session, new Auth0Wishes { Registration = true, SecurityMode = "permissive" }, "no choice of mode");
    }

    [Theory]
    [InlineData("https://other.example.com", "read:items", "https://api.example.com")]
    [InlineData("https://api.example.com", "delete:items", "It has read:items, write:items")]
    [InlineData("*api/v2/", "read:clients", "Auth0's own")]
    public async Task An_API_is_judged_before_anything_is_changed(string audience, string scope, string words)
    {
        using var session = await StartAsync();
        audience = audience.Replace("*", session.Server.Url.AbsoluteUri);
        await AssertRefusedAsync(session, All with { DefaultPermissions = [new(audience, [scope])] }, words);
    }

    [Fact]
    public async Task Without_leave_to_read_APIs_the_server_judges()
    {
        using var session = await StartAsync(scopes: Scopes("read:resource_servers"));
        var failure = await Assert.ThrowsAsync<DcrException>(() =>
            EnableAsync(session, All with { DefaultPermissions = [new("https://other.example.com", ["a"])] })
        );
        Assert.Equal(DcrErrorId.InvalidSetup, failure.ErrorId);
        Assert.Contains("The resource server does not exist", failure.Message);
        Assert.DoesNotContain(
            await session.Server.RequestsAsync(),
            request => request.Operation is "updateConnection" or "updateSettings" or "listResourceServers"
        );
    }

    [Fact]
    public async Task A_connection_that_is_not_there_is_named_with_those_that_are()
    {
        using var session = await StartAsync();
        await AssertRefusedAsync(
            session,
            All with
            {
                DomainConnections = [Database, "google-oauth2"],
            },
            $"no connection google-oauth2. It has {Database}"
        );
    }

    [Fact]
    public async Task A_connection_goes_by_its_id_too_and_its_options_are_not_read()
    {
        using var session = await StartAsync();
        var id = (await StateAsync(session, "connections"))[0].Text("id")!;
        var steps = await EnableAsync(session, new Auth0Wishes { DomainConnections = [id, Database] });
        Assert.Equal($"Domain connection {Database}", Assert.Single(steps, step => step.Changed).Step);
        Assert.All(
            (await session.SentAsync("listConnections")).Select(request => request.Target),
            target => Assert.Contains("fields=id,name,is_domain_connection&include_fields=true", target)
        );
    }

    [Fact]
    public async Task All_missing_scopes_are_named_in_one_error_before_the_first_change()
    {
        using var session = await StartAsync(
            scopes: ["read:tenant_settings", "read:client_grants", "read:connections", "read:network_acls", "update:connections"]
        );
        var failure = await AssertRefusedAsync(
            session,
            All,
            "create:client_grants, create:network_acls, update:tenant_settings",
            DcrErrorId.InsufficientScope
        );
        Assert.DoesNotContain("update:connections", failure.Message);
    }

    [Fact]
    public async Task Missing_scopes_to_read_are_named_together_with_those_to_change_and_nothing_is_sent()
    {
        using var session = await StartAsync(scopes: ["read:clients"]);
        await session.Server.ClearRequestsAsync();
        var failure = await AssertRefusedAsync(
            session,
            All,
            "read:tenant_settings, read:client_grants, read:connections, read:network_acls, create:client_grants",
            DcrErrorId.InsufficientScope
        );
        Assert.Contains("update:tenant_settings", failure.Message);
        Assert.Empty(await session.Server.RequestsAsync());
    }

    [Fact]
    public async Task To_look_takes_only_scopes_to_read_and_a_warning_names_the_others()
    {
        using var session = await StartAsync(
            scopes: ["read:tenant_settings", "read:client_grants", "read:connections", "read:network_acls"]
        );
        var steps = await EnableAuth0Operation.PlanAsync(session.Context, All, onlyLooks: true);
        Assert.Equal(4, steps.Count(step => step.Change is not null));
        Assert.Contains(
            "create:client_grants, update:connections, create:network_acls, update:tenant_settings",
            Assert.Single(session.Reporter.Warnings)
        );
        Assert.Empty(await ChangesAsync(session));
    }

    [Fact]
    public async Task What_needs_no_change_needs_no_scope_for_it()
    {
        using var session = await StartAsync(
            $$"""{"settings":{{Flag}}}""",
            scopes: ["read:tenant_settings", "read:client_grants", "read:connections"]
        );
        var steps = await EnableAsync(session, new Auth0Wishes { Registration = true });
        Assert.Equal("unknown", steps[2].Is);
        Assert.Contains("read:network_acls", steps[2].Note);
    }

    /// <summary>An opaque token says nothing of its scopes.</summary>
    [Theory]
    [InlineData("read:connections", 0)]
    [InlineData("update:connections", 1)]
    public async Task A_token_that_does_not_tell_its_scopes_fails_where_one_is_missing(string missing, int changes)
    {
        using var session = await StartAsync(scopes: Scopes(missing), token: "opaque-management-token");
        var failure = await Assert.ThrowsAsync<DcrException>(() => EnableAsync(session, All));
        Assert.Equal(DcrErrorId.InsufficientScope, failure.ErrorId);
        Assert.Contains(missing, failure.Message);
        Assert.Equal(changes, (await ChangesAsync(session)).Count(request => request.Status < 300));
    }

    [Theory]
    [InlineData(ForeignRule, "block, where geo_country_codes is AQ")]
    [InlineData(
        """{"description":"Other","active":true,"priority":1,"rule":{"action":{"block":true},"not_match":{"ipv4_cidrs":["203.0.113.0/24"]},"scope":"dynamic_client_registration"}}""",
        "only 203.0.113.0/24"
    )]
    [InlineData(
        """{"description":"Off","active":false,"priority":1,"rule":{"action":{"block":true},"not_match":{"ipv4_cidrs":["198.51.100.0/24"]},"scope":"dynamic_client_registration"}}""",
        "only 198.51.100.0/24 (not active)"
    )]
    [InlineData(
        """{"description":"Log","active":true,"priority":1,"rule":{"action":{"log":true},"not_match":{"ipv4_cidrs":["198.51.100.0/24"]},"scope":"dynamic_client_registration"}}""",
        "log, where ipv4_cidrs is not 198.51.100.0/24"
    )]
    public async Task A_rule_that_says_something_else_is_left_and_keeps_registration_off(string rule, string says)
    {
        using var session = await StartAsync($$"""{"networkAcls":[{{rule}}]}""");
        var before = (await session.Server.StateAsync()).GetProperty("networkAcls").GetRawText();
        var planned = await PlanAsync(session, All);
        Assert.Equal(DcrErrorId.NetworkRuleExists, planned[2].Problem!.ErrorId);
        Assert.Contains(says, planned[2].Problem!.Message);

        var steps = await EnableAsync(session, All);
        Assert.Equal($"{says} > {says}", Say(steps[2]));
        Assert.Equal("off > off", Say(steps[4]));
        Assert.Contains("limit", steps[4].Note);
        Assert.Equal(before, (await session.Server.StateAsync()).GetProperty("networkAcls").GetRawText());
        Assert.Equal(["createClientGrant", "updateConnection"], (await ChangesAsync(session)).Select(request => request.Operation));
    }

    [Fact]
    public async Task A_rule_that_says_the_same_in_other_letters_will_do()
    {
        using var session = await StartAsync(
            """{"networkAcls":[{"description":"Ours","active":true,"priority":7,"rule":{"action":{"block":true},"not_match":{"ipv6_cidrs":["2001:DB8:0::/32"],"ipv4_cidrs":["192.0.2.7","198.51.100.0/24"]},"scope":"dynamic_client_registration"}}]}"""
        );
        var planned = await PlanAsync(
            session,
            new Auth0Wishes { AllowedNetworks = Auth0Network.ParseAll(["198.51.100.0/24", "192.0.2.7/32", "2001:db8::/32"]) }
        );
        Assert.Null(planned[2].Change);
        Assert.Null(planned[2].Problem);
    }

    [Fact]
    public async Task A_new_rule_takes_a_free_priority_and_one_that_comes_before_it_is_named()
    {
        const string Tenantwide =
            """{"description":"Partners","active":true,"priority":1,"rule":{"action":{"allow":true},"match":{"asns":[64496]},"scope":"tenant"}}""";
        using var session = await StartAsync($$"""{"networkAcls":[{{Tenantwide}}]}""", "\"networkAclLimit\":10");
        var step = (await EnableAsync(session, All))[2];
        Assert.True(step.Changed);
        Assert.Contains("'Partners'", step.Note);
        Assert.Equal([1L, 2L], (await StateAsync(session, "networkAcls")).Select(rule => rule.Integer("priority")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_plan_without_room_for_a_rule_is_an_error_before_registration_is_switched_on(int limit)
    {
        const string Elsewhere =
            """{"description":"Partners","active":true,"priority":1,"rule":{"action":{"block":true},"match":{"asns":[64496]},"scope":"management"}}""";
        using var session = await StartAsync($$"""{"networkAcls":[{{(limit == 0 ? "" : Elsewhere)}}]}""", $"\"networkAclLimit\":{limit}");
        var failure = await Assert.ThrowsAsync<DcrException>(() => EnableAsync(session, All));
        Assert.Equal(DcrErrorId.RegistrationForbidden, failure.ErrorId);
        Assert.Contains("plan", failure.Message);
        Assert.Empty(await session.SentAsync("updateSettings"));
    }

    [Fact]
    public async Task A_change_of_unknown_outcome_ends_the_run_and_the_next_one_goes_on()
    {
        using var session = await StartAsync(faults: """[{"on":"updateConnection","drop":"beforeAnswer"}]""");
        var failure = await Assert.ThrowsAsync<DcrException>(() => EnableAsync(session, All));
        Assert.Equal(DcrErrorId.OutcomeUnknown, failure.ErrorId);
        Assert.StartsWith($"Domain connection {Database}:", failure.Message);
        Assert.Empty(await session.SentAsync("updateSettings"));

        await session.Server.ClearRequestsAsync();
        var steps = await EnableAsync(session, All);
        Assert.Equal(["Network limit", "Dynamic registration"], steps.Where(step => step.Changed).Select(step => step.Step));
        Assert.Equal(["createNetworkAcl", "updateSettings"], (await ChangesAsync(session)).Select(request => request.Operation));
    }

    [Fact]
    public async Task What_there_is_now_comes_from_the_servers_answer()
    {
        using var session = await StartAsync(
            faults: """[{"on":"createNetworkAcl","status":201,"content":"{\"id\":\"acl_1\",\"active\":false,\"rule\":{\"action\":{\"block\":true},\"not_match\":{\"ipv4_cidrs\":[\"198.51.100.0/24\"]},\"scope\":\"dynamic_client_registration\"}}"}]"""
        );
        var failure = await Assert.ThrowsAsync<DcrException>(() => EnableAsync(session, All));
        Assert.Equal(DcrErrorId.ResponseNotConformant, failure.ErrorId);
        Assert.Contains("(not active)", failure.Message);
        Assert.Empty(await session.SentAsync("updateSettings"));
    }

    [Fact]
    public async Task Other_servers_and_connections_without_a_credential_are_told_so()
    {
        using var standard = await Session.StartAsync();
        var other = await Assert.ThrowsAsync<DcrException>(() => PlanAsync(standard, All));
        Assert.Equal(DcrErrorId.OperationNotSupported, other.ErrorId);

        using var server = await SharedTestServer.StartAsync(Switches("{}", "", null, null, "[]"));
        using var open = await Session.ConnectAsync(
            server.Issuer,
            request => request with { Provider = DcrProvider.Auth0 },
            server: server
        );
        var without = await Assert.ThrowsAsync<DcrException>(() => PlanAsync(open, All));
        Assert.Equal(DcrErrorId.AccessTokenRejected, without.ErrorId);
        Assert.Contains("update:tenant_settings", without.RecommendedAction);
    }

    /// <summary>A server that is only like Auth0 may lack a part of the API. That part is named, and stops only what needs it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(""","content":"<html>Not found</html>" """)]
    public async Task A_part_of_the_API_that_is_not_there_stops_only_what_needs_it(string body)
    {
        using var session = await StartAsync(faults: $$"""[{"on":"listNetworkAcls","status":404,"times":9{{body}}}]""");
        var error = await Assert.ThrowsAsync<DcrException>(() => PlanAsync(session, All));
        Assert.Equal(DcrErrorId.OperationNotSupported, error.ErrorId);
        Assert.Contains("has no /api/v2/network-acls (HTTP 404", error.Message);
        Assert.DoesNotContain("has no Management API", error.Message);
        var steps = await EnableAsync(session, new Auth0Wishes { Registration = true });
        Assert.Equal("off > on", Say(steps[steps.Count - 1]));
    }

    private static Task<Session> StartAsync(
        string tenant = "{}",
        string more = "",
        string[]? scopes = null,
        string? token = null,
        string faults = "[]"
    ) => Session.StartAuth0Async(Switches(tenant, more, scopes, token, faults));

    private static string Switches(string tenant, string more, string[]? scopes, string? token, string faults) => $$"""
        {
          "dialect": "auth0",
          "faults": {{faults}},
          "auth0": {
            "managementToken": { "scopes": {{JsonSerializer.Serialize(scopes)}}, "value": {{JsonSerializer.Serialize(token)}} },
            "tenant": {{tenant}},
            "managementLimit": null,
            "registerLimit": null{{(more.Length == 0 ? "" : ", " + more)}}
          }
        }
        """;

    /// <summary>All that the operation uses, but one.</summary>
    private static string[] Scopes(string without) =>
        new[]
        {
            "read:tenant_settings",
            "update:tenant_settings",
            "read:client_grants",
            "create:client_grants",
            "update:client_grants",
            "read:connections",
            "update:connections",
            "read:network_acls",
            "create:network_acls",
            "read:resource_servers",
        }
            .Where(scope => scope != without)
            .ToArray();

    private static Task<IReadOnlyList<Auth0Step>> PlanAsync(Session session, Auth0Wishes wishes) =>
        EnableAuth0Operation.PlanAsync(session.Context, wishes, onlyLooks: false);

    /// <summary>What the cmdlet does for a user who says yes to everything.</summary>
    private static async Task<List<DcrSetupStep>> EnableAsync(Session session, Auth0Wishes wishes)
    {
        var done = new List<DcrSetupStep>();
        foreach (var step in await PlanAsync(session, wishes))
        {
            done.Add(step.Change is null ? step.AsItIs() : await EnableAuth0Operation.ApplyAsync(session.Context, step));
        }

        return done;
    }

    private static async Task<DcrException> AssertRefusedAsync(
        Session session,
        Auth0Wishes wishes,
        string words,
        DcrErrorId id = DcrErrorId.InvalidSetup
    )
    {
        var failure = await Assert.ThrowsAsync<DcrException>(() => EnableAsync(session, wishes));
        Assert.Equal(id, failure.ErrorId);
        Assert.Contains(words, failure.Message);
        Assert.Empty(await ChangesAsync(session));
        return failure;
    }

    private static async Task<List<ServerRequest>> ChangesAsync(Session session) =>
        (await session.Server.RequestsAsync()).Where(request => request.Method != "GET").ToList();

    private static async Task<List<JsonBag>> StateAsync(Session session, string list) =>
        (await session.Server.StateAsync()).GetProperty(list).EnumerateArray().Select(JsonBag.From).ToList();

    private static string Say(DcrSetupStep step) => $"{step.Was} > {step.Is}";

    private static void AssertJson(string expected, string actual) =>
        Assert.Equal(JsonBag.Parse(expected).ToString(), JsonBag.Parse(actual).ToString());
}
