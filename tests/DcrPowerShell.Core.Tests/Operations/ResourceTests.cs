using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.TestServer.Client;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Connecting by a protected resource (RFC 9728).</summary>
public class ResourceTests
{
    [Theory]
    [InlineData("challenged", "/mcp|/of-the-resource.json|/.well-known/oauth-authorization-server")]
    [InlineData("inserted", "/mcp|/.well-known/oauth-protected-resource/mcp|/.well-known/oauth-authorization-server")]
    [InlineData(
        "root",
        "/mcp|/.well-known/oauth-protected-resource/mcp|/.well-known/oauth-protected-resource|/.well-known/oauth-authorization-server"
    )]
    public async Task The_metadata_is_found_by_the_challenge_then_inserted_then_at_the_root(string place, string asked)
    {
        using var session = await StartAsync($$"""{"resourceMetadata":"{{place}}"}""");
        Assert.Equal(asked.Split('|'), (await session.Server.RequestsAsync()).Select(static request => request.Target));
        Assert.Equal(
            (session.Server.Issuer, session.Server.Url.AbsoluteUri + "mcp"),
            (session.Connection.Issuer, session.Connection.Resource)
        );
        Assert.Equal($"{session.Server.Url.Authority}/mcp", session.Connection.Name);
        Assert.Equal(["mcp:tools", "mcp:resources"], session.Connection.ScopesSupported);
        Assert.All(await session.Server.RequestsAsync(), static request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public async Task The_address_of_the_metadata_stands_for_the_resource()
    {
        using var session = await StartAsync("""{"resourceMetadata":"inserted"}""", "/.well-known/oauth-protected-resource/mcp");
        Assert.Equal(session.Server.Url.AbsoluteUri + "mcp", session.Connection.Resource);
    }

    [Fact]
    public async Task A_beginning_of_the_path_at_the_same_origin_is_accepted_and_said()
    {
        using var server = await SharedTestServer.StartAsync("""{"resourcePath":"/mcp/v1"}""");
        await OverrideAsync(server, $$"""{"resource":"{{server.Url.AbsoluteUri}}mcp"}""");
        using var session = await ConnectAsync(server, "/mcp/v1");
        Assert.Equal(server.Url.AbsoluteUri + "mcp", session.Connection.Resource);
        Assert.Contains(session.Reporter.VerboseLines, static line => line.Contains("both are at one origin"));
    }

    [Theory]
    [InlineData("https://other.example.com/mcp", "about another resource: https://other.example.com/mcp")]
    [InlineData("{origin}mc", "about another resource")]
    [InlineData("{origin}mcp/v2", "about another resource")]
    [InlineData("{origin}mcp?x=1", "about another resource")]
    [InlineData(null, "names no resource")]
    public async Task Metadata_of_another_resource_is_not_believed(string? resource, string why)
    {
        using var server = await SharedTestServer.StartAsync("""{"resourcePath":"/mcp"}""");
        var text = resource is null ? "null" : $"\"{resource.Replace("{origin}", server.Url.AbsoluteUri)}\"";
        await OverrideAsync(server, $$"""{"resource":{{text}} }""");
        var error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "/mcp"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains(why, error.Message);
    }

    [Theory]
    [InlineData("""{"authorization_servers":null}""", "names no authorization server")]
    [InlineData("""{"authorization_servers":[]}""", "names no authorization server")]
    [InlineData("""{"authorization_servers":["http://as.example.com"]}""", "not an absolute https URL")]
    public async Task A_resource_without_a_usable_server_is_an_error(string overrides, string why)
    {
        var error = await Assert.ThrowsAsync<DcrException>(() => StartAsync($$"""{"resourceOverrides":{{overrides}}}"""));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains(why, error.Message);
        Assert.Contains("Connect-DcrServer <issuer>", error.RecommendedAction);
    }

    [Fact]
    public async Task Several_servers_are_the_users_choice()
    {
        using var server = await SharedTestServer.StartAsync("""{"resourcePath":"/mcp"}""");
        await OverrideAsync(server, $$"""{"authorization_servers":["https://as.example.com","{{server.Issuer}}"]}""");

        var error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "/mcp"));
        Assert.Contains($"2 authorization servers: https://as.example.com, {server.Issuer}", error.Message);
        Assert.Contains("-Issuer", error.RecommendedAction);

        using var session = await ConnectAsync(server, "/mcp", server.Issuer + "/");
        Assert.Equal(server.Issuer, session.Connection.Issuer);

        error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "/mcp", "https://elsewhere.example.com"));
        Assert.Contains("does not name the authorization server https://elsewhere.example.com", error.Message);
    }

    [Fact]
    public async Task One_server_that_is_named_twice_is_one()
    {
        using var server = await SharedTestServer.StartAsync("""{"resourcePath":"/mcp"}""");
        await OverrideAsync(server, $$"""{"authorization_servers":["{{server.Issuer}}","{{server.Issuer}}","{{server.Issuer}}/"]}""");
        using var session = await ConnectAsync(server, "/mcp");
        Assert.Equal(server.Issuer, session.Connection.Issuer);
    }

    [Fact]
    public async Task A_server_that_is_not_found_is_the_resources_fault()
    {
        using var server = await SharedTestServer.StartAsync("""{"resourcePath":"/mcp"}""");
        await OverrideAsync(server, $$"""{"authorization_servers":["{{server.Issuer}}/nowhere"]}""");
        var error = await Assert.ThrowsAsync<DcrException>(() => ConnectAsync(server, "/mcp"));
        Assert.Equal(DcrErrorId.DiscoveryFailed, error.ErrorId);
        Assert.Contains($"{server.Issuer}/nowhere", error.Message);
        Assert.Contains("tell the resource's operator", error.RecommendedAction);
    }

    [Fact]
    public async Task What_is_no_scope_is_left_out()
    {
        using var session = await StartAsync(
            """{"resourceOverrides":{"scopes_supported":["mcp:tools","\u001b[31mred","a b","","x\"y"]}}"""
        );
        Assert.Equal(["mcp:tools"], session.Connection.ScopesSupported);
    }

    [Fact]
    public async Task A_scope_of_the_resource_is_not_warned_of()
    {
        using var session = await StartAsync("""{"discoveryOverrides":{"scopes_supported":["openid"]}}""");
        await session.RegisterAsync("""{"client_name":"A","redirect_uris":["https://a.example.com/cb"],"scope":"mcp:tools"}""");
        Assert.DoesNotContain(session.Reporter.Warnings, static line => line.Contains("does not list"));
        await session.RegisterAsync("""{"client_name":"B","redirect_uris":["https://a.example.com/cb"],"scope":"mcp:tools other"}""");
        Assert.Contains(session.Reporter.Warnings, static line => line.Contains("does not list other (scope)"));
    }

    [Fact]
    public async Task The_issuers_own_metadata_has_to_name_it()
    {
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            StartAsync("""{"discoveryOverrides":{"issuer":"https://other.example.com"}}""")
        );
        Assert.Equal(DcrErrorId.IssuerMismatch, error.ErrorId);
    }

    [Theory]
    [InlineData("""["http://127.0.0.1:7777/cb","com.example.app:/cb"]""", "native")]
    [InlineData("""["http://127.0.0.1:7777/cb","https://app.example.com/cb"]""", "web")]
    [InlineData("""["https://app.example.com/cb"]""", "web")]
    public async Task A_registration_says_its_application_type(string uris, string type)
    {
        using var session = await StartAsync("{}");
        await session.RegisterAsync($$"""{"client_name":"Agent","redirect_uris":{{uris}}}""");
        Assert.Equal(type, JsonBag.Parse(Assert.Single(await session.SentAsync("register")).Body!).Text("application_type"));
    }

    [Fact]
    public async Task A_named_application_type_and_other_servers_are_left_alone()
    {
        using var session = await StartAsync("{}");
        await session.RegisterAsync("""{"client_name":"Agent","redirect_uris":["http://127.0.0.1/cb"],"application_type":"web"}""");
        Assert.Equal("web", JsonBag.Parse(Assert.Single(await session.SentAsync("register")).Body!).Text("application_type"));

        using var plain = await Session.StartAsync("{}");
        await plain.RegisterAsync("""{"client_name":"App","redirect_uris":["https://app.example.com/cb"]}""");
        Assert.False(JsonBag.Parse(Assert.Single(await plain.SentAsync("register")).Body!).Has("application_type"));
    }

    private static Task OverrideAsync(TestServerInstance server, string members) =>
        server.SetAsync(new { resourceOverrides = JsonBag.Parse(members).ToElement() });

    private static Task<Session> StartAsync(string switches, string path = "/mcp") =>
        Session.StartAsync(
            JsonBag.Parse("""{"resourcePath":"/mcp"}""").With(JsonBag.Parse(switches)).ToString(),
            request => request with { Resource = new Uri(request.Issuer!, path), Issuer = null, Discovery = DcrDiscovery.Resource });

    private static Task<Session> ConnectAsync(TestServerInstance server, string path, string? picked = null) => Session.ConnectAsync(
        server.Issuer,
        request => request with
        {
            Resource = new Uri(request.Issuer!, path),
            Issuer = picked is null ? null : new Uri(picked),
            Discovery = DcrDiscovery.Resource,
        },
        server: server);
}
