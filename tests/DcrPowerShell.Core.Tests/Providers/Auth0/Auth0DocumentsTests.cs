using System;
using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using Xunit;

namespace DcrPowerShell.Core.Tests.Providers.Auth0;

/// <summary>Client ID metadata documents at Auth0 (Auth0 docs, register-applications-with-cimd).</summary>
public class Auth0DocumentsTests
{
    private const string Url = "https://mcpserver.example.com/client.json";

    private const string Document =
        """{"client_id":"https://mcpserver.example.com/client.json","client_name":"MCP Tool Server","redirect_uris":["https://mcpserver.example.com/callback"],"grant_types":["authorization_code"],"token_endpoint_auth_method":"none"}""";

    [Fact]
    public async Task A_client_of_a_document_lives_its_whole_life()
    {
        using var session = await StartAsync(Document);
        var (client, isNew) = await RegisterAsync(session, "st-mary");
        Assert.True(isNew);
        Assert.StartsWith("tpc_", client.ClientId);
        Assert.Equal(
            ("MCP Tool Server", "https://mcpserver.example.com/callback", "none", Url, "st-mary"),
            (
                client.ClientName,
                client.RedirectUris.Single(),
                client.TokenEndpointAuthMethod,
                client.Metadata["external_client_id"],
                client.Tenant
            )
        );
        Assert.Empty(client.Changes);
        Assert.Empty(session.Reporter.Warnings);
        Assert.Equal("MCP Tool Server", (await session.ReadAsync(client.ClientId)).ClientName);
        await session.DeleteAsync(client.ClientId);
        Assert.Empty(await session.Server.ClientsAsync());
    }

    [Fact]
    public async Task A_client_that_is_gone_is_repaired_from_its_document_as_it_is_now()
    {
        using var session = await StartAsync(Document);
        var (gone, _) = await RegisterAsync(session, "st-mary");
        await session.Server.RemoveClientAsync(gone.ClientId);
        await PublishAsync(session, Document.Replace("MCP Tool Server", "Renamed"));
        var record = await session.Context.RunAsync(context => FindOperation.RunAsync(context, gone.ClientId, piped: null));
        var (client, _) = await session.RunAsync(context => RepairOperation.RunAsync(context, record));
        Assert.StartsWith("tpc_", client.ClientId);
        Assert.Equal(
            ("Renamed", Url, "st-mary", "none"),
            (client.ClientName, client.Metadata["external_client_id"], client.Tenant, client.TokenEndpointAuthMethod)
        );
        Assert.Empty(session.Reporter.Warnings);
    }

    [Fact]
    public async Task A_document_that_is_registered_already_is_taken_over_as_it_is_now()
    {
        using var session = await StartAsync(Document);
        var (first, _) = await RegisterAsync(session);
        await PublishAsync(session, Document.Replace("MCP Tool Server", "Renamed"));
        var (second, _) = await RegisterAsync(session);
        Assert.Equal((first.ClientId, "Renamed"), (second.ClientId, second.ClientName));
        Assert.Single(session.Vault.Registrations);
    }

    [Fact]
    public async Task A_second_tenant_needs_a_document_of_its_own()
    {
        using var session = await StartAsync(Document);
        await RegisterAsync(session, "st-mary");
        var error = await Assert.ThrowsAsync<DcrException>(() => RegisterAsync(session, "north"));
        Assert.Equal(DcrErrorId.ResponseNotConformant, error.ErrorId);
        Assert.Contains("publish another document", error.RecommendedAction);
    }

    [Fact]
    public async Task What_a_killed_process_registered_is_known_to_the_next_one()
    {
        using var session = await StartAsync(Document);
        var gone = session.Context with { Reporter = new GoneReporter(session.Reporter, "POST") };
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            gone.RunAsync(context => RegisterOperation.RunAsync(context, Request("st-mary")))
        );
        using var next = await session.NextProcessAsync();
        Assert.Equal("MCP Tool Server", next.Ledger.Registrations.List(next.Connection.Issuer).Single().Record.ClientName);
    }

    [Fact]
    public async Task What_Auth0_leaves_out_is_a_warning()
    {
        using var session = await StartAsync(
            Document.Replace("\"grant_types\":[", "\"contacts\":[\"a@b.c\"],\"grant_types\":[\"implicit\",")
        );
        var checks = await PreviewAsync(session);
        Assert.Equal(["Warning", "Warning"], checks.Select(static check => check.Status.ToString()));
        Assert.Contains("Grant type not supported: 'implicit'", checks[0].Found);
        await RegisterAsync(session);
        Assert.Contains(session.Reporter.Warnings, static warning => warning.Contains("Property not supported: 'contacts'"));
    }

    [Fact]
    public async Task A_preview_makes_nothing()
    {
        using var session = await StartAsync(Document);
        var check = Assert.Single(await PreviewAsync(session));
        Assert.Equal((DcrCheckStatus.Passed, "Auth0 preview"), (check.Status, check.Name));
        Assert.Empty(await session.Server.ClientsAsync());
    }

    [Theory]
    [InlineData("\"HTTP 302: redirects are not supported\"", "HTTP 302")]
    [InlineData("""{"client_id":"https://mcpserver.example.com/client.json","grant_types":["authorization_code"]}""", "client_name")]
    public async Task What_Auth0_refuses_is_told_each_by_itself(string published, string why)
    {
        using var session = await StartAsync(published);
        var checks = await PreviewAsync(session);
        Assert.All(checks, static check => Assert.Equal(DcrCheckStatus.Failed, check.Status));
        Assert.Contains(why, checks[0].Found);
        var error = await Assert.ThrowsAsync<DcrException>(() => RegisterAsync(session));
        Assert.Equal(DcrErrorId.InvalidClientMetadata, error.ErrorId);
        Assert.Contains(why, error.Message);
        Assert.Contains($"Test-DcrClientDocument {Url}", error.RecommendedAction);
        Assert.Empty(session.Vault.Registrations);
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        using var session = await StartAsync(Document, "\"scopes\":[\"read:clients\"]");
        var error = await Assert.ThrowsAsync<DcrException>(() => RegisterAsync(session));
        Assert.Equal(DcrErrorId.InsufficientScope, error.ErrorId);
        Assert.Contains("create:clients", error.Message);
    }

    private static Task<(DcrClient Client, bool IsNew)> RegisterAsync(Session session, string? tenant = null) =>
        session.RunAsync(context => RegisterOperation.RunAsync(context, Request(tenant)));

    private static RegisterRequest Request(string? tenant) =>
        new(JsonBag.Empty.With("external_client_id", Url), tenant, ClientSecretName: null) { DocumentUri = Url };

    private static async Task<DcrCheck[]> PreviewAsync(Session session) =>
        [.. await session.RunAsync(context => context.Provider.Documents!.PreviewAsync(Url, context.Call))];

    private static Task PublishAsync(Session session, string document) =>
        session.Server.SetAsync(new { auth0 = JsonBag.Parse(Switches("", document)).ToElement() });

    private static string Switches(string token, string document) =>
        $$$"""{"managementToken":{{{{token}}}},"registerLimit":null,"managementLimit":null,"documents":{"{{{Url}}}":{{{document}}}}}""";

    private static Task<Session> StartAsync(string document, string token = "") =>
        Session.StartAuth0Async($$"""{"dialect":"auth0","auth0":{{Switches(token, document)}}}""");
}
