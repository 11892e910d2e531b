using System.Linq;
using System.Threading.Tasks;
using DcrPowerShell.Core.Tests.Doubles;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Operations;
using DcrPowerShell.Vaults;
using Xunit;

namespace DcrPowerShell.Core.Tests.Operations;

/// <summary>Rows of a file, run again: clients that are named by their tenants, and rows that differ from what is registered.</summary>
public class RowTests
{
    private const string Client =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/cb"],"scope":"a b","grant_types":["authorization_code"]}""";

    private const string Moved =
        """{"client_name":"Clinic","redirect_uris":["https://app.example.com/v2"],"scope":"a b","grant_types":["authorization_code"]}""";

    [Theory]
    [InlineData("north", "north")]
    [InlineData("north", " North\t")]
    [InlineData("a[1]", "a[1]")]
    [InlineData("Praxis M\u00fcller", "praxis mu\u0308ller")]
    public async Task A_tenant_names_its_client(string tenant, string named)
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync(tenant: tenant);
        await session.RegisterAsync(tenant: tenant + "2");
        Assert.Equal(client.ClientId, FindOperation.ClientIdOf(session.Connection, named));
    }

    /// <summary>A name for one client is no pattern.</summary>
    [Theory]
    [InlineData("nort*", "Only Get-DcrClient -Tenant takes wildcards")]
    [InlineData("nope", "Get-DcrClient -Offline lists the clients with their tenants")]
    public async Task A_tenant_that_is_not_known_is_an_error(string named, string advice)
    {
        using var session = await Session.StartAsync(hasVault: false);
        await session.RegisterAsync(tenant: "north");
        var error = Assert.Throws<DcrException>(() => FindOperation.ClientIdOf(session.Connection, named));
        Assert.Equal(
            (DcrErrorId.ClientNotFound, $"Tenant '{named}' has no client at {session.Connection.Issuer}. Nothing was sent."),
            (error.ErrorId, error.Message)
        );
        Assert.Contains(advice, error.RecommendedAction);
    }

    [Fact]
    public async Task Two_clients_of_a_tenant_are_an_error_that_lists_both()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var one = await session.RegisterAsync(tenant: "north");
        var (two, _) = await session.TryRegisterAsync(tenant: "North", allowsDuplicate: true);
        var error = Assert.Throws<DcrException>(() => FindOperation.ClientIdOf(session.Connection, "north"));
        Assert.Equal(DcrErrorId.TenantNotUnique, error.ErrorId);
        Assert.Contains(one.ClientId, error.Message);
        Assert.Contains(two.ClientId, error.Message);

        await session.DeleteAsync(one.ClientId);
        Assert.Equal(two.ClientId, FindOperation.ClientIdOf(session.Connection, "north"));
    }

    [Fact]
    public async Task An_id_beside_another_tenant_is_an_error()
    {
        using var session = await Session.StartAsync();
        var client = await session.RegisterAsync(tenant: "north");
        Assert.Equal(
            client.ClientId,
            (await FindOperation.RunAsync(session.Context, client.ClientId, piped: null, ["south", "NORTH"])).ClientId
        );
        var error = await Assert.ThrowsAsync<DcrException>(() =>
            FindOperation.RunAsync(session.Context, client.ClientId, piped: null, ["south"])
        );
        Assert.Equal($"Client '{client.ClientId}' belongs to tenant 'north', not to tenant 'south'. Nothing was sent.", error.Message);
    }

    /// <summary>The text was no id, but a name.</summary>
    [Fact]
    public async Task A_client_that_is_not_found_by_its_id_may_be_found_by_its_name()
    {
        using var session = await Session.StartAsync();
        var error = await Assert.ThrowsAsync<DcrException>(() => FindOperation.RunAsync(session.Context, "St. Mary Portal", piped: null));
        Assert.Contains("-ClientName finds them by name", error.RecommendedAction);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_differs_is_said(bool hasVault)
    {
        using var session = await Session.StartAsync(hasVault: hasVault);
        await session.RegisterAsync(Client, "north");
        Assert.Empty(Found(session, Client).Changes);
        Assert.Equal(
            "redirect_uris: asked for ['https://app.example.com/v2'], granted ['https://app.example.com/cb']",
            Assert.Single(Found(session, Moved).Changes).ToString()
        );
        Assert.Equal("redirect_uris", Assert.Single((await session.TryRegisterAsync(Moved, "north")).Client.Changes).Name);
    }

    /// <summary>What the row does not name is no difference, and neither is another order or writing.</summary>
    [Theory]
    [InlineData("""{"client_name":"Clinic"}""")]
    [InlineData("""{"scope":"b a","redirect_uris":"https://app.example.com/cb"}""")]
    public async Task A_row_that_says_less_or_the_same_does_not_differ(string row)
    {
        using var session = await Session.StartAsync(hasVault: false);
        await session.RegisterAsync(Client, "north");
        Assert.Empty(Found(session, row).Changes);
    }

    /// <summary>The warning came when it was granted otherwise: the same row again is no news, in this process or the next.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_server_granted_otherwise_is_no_difference_of_the_same_row(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"dropScope":["b"]}""", hasVault: hasVault);
        var client = await session.RegisterAsync(Client, "north");
        Assert.Equal("scope", Assert.Single(client.Changes).Name);
        Assert.Empty(Found(session, Client).Changes);
        await session.ReadAsync(client.ClientId);
        session.Ledger.Compact();

        using var next = await session.NextProcessAsync();
        Assert.Empty(Found(next, Client).Changes);
        Assert.Equal("scope", Assert.Single(Found(next, Client.Replace("a b", "a c")).Changes).Name);
    }

    [Fact]
    public async Task Scopes_in_another_order_are_the_same_row_also_where_the_server_granted_less()
    {
        using var session = await Session.StartAsync("""{"dropScope":["b"]}""", hasVault: false);
        await session.RegisterAsync(Client, "north");
        Assert.Empty(Found(session, Client.Replace("a b", "b a")).Changes);
    }

    /// <summary>Nobody can tell whether it is the same: what is kept of it is a mask.</summary>
    [Fact]
    public async Task A_secret_in_a_row_is_no_difference()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var row = Client.Replace("\"scope\"", "\"api_key\":\"k-1234567890ab\",\"scope\"");
        await session.RegisterAsync(row, "north");
        Assert.Empty(Found(session, row).Changes);
        using var next = await session.NextProcessAsync();
        Assert.Empty(Found(next, row).Changes);
    }

    [Fact]
    public async Task A_change_since_makes_the_row_differ()
    {
        using var session = await Session.StartAsync("""{"dropScope":["b"]}""", hasVault: false);
        var client = await session.RegisterAsync(Client, "north");
        await session.UpdateAsync(client.ClientId, """{"scope":"c"}""");
        Assert.Equal("scope", Assert.Single(Found(session, Client).Changes).Name);
        await session.UpdateAsync(client.ClientId, """{"scope":"a b"}""");
        Assert.Empty(Found(session, Client).Changes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_update_by_a_row_changes_what_differs_and_keeps_the_rest(bool hasVault)
    {
        using var session = await Session.StartAsync("""{"rotateToken":"put"}""", hasVault: hasVault);
        var client = await session.RegisterAsync(Client, "north");
        await session.UpdateAsync(client.ClientId, """{"contacts":["it@example.com"]}""");
        var changed = await session.RunAsync(context => RegisterOperation.UpdateAsync(context, Found(session, Moved), Request(Moved)));
        Assert.Equal(
            (client.ClientId, "https://app.example.com/v2", "it@example.com"),
            (changed.ClientId, changed.RedirectUris.Single(), changed.Contacts.Single())
        );
        Assert.Equal((await session.AtServerAsync()).RegistrationAccessToken, session.Stored(client.ClientId).RegistrationAccessToken);
        Assert.Empty(Found(session, Moved).Changes);
    }

    [Fact]
    public void What_was_asked_survives_the_record()
    {
        var record = RegistrationRecord.Parse(
            """{"version":1,"issuer":"https://id.example.com","client_id":"c1","created_at":"2026-11-28T00:00:00Z","updated_at":"2026-11-28T00:00:00Z","metadata":{}}"""
        );
        Assert.Empty(record.Asked);
        Assert.DoesNotContain("asked", record.ToJson());
        Assert.Equal(
            "x",
            RegistrationRecord.Parse((record with { Asked = JsonBag.Empty.With("scope", "x") }).ToJson()).Asked.Text("scope")
        );
    }

    [Fact]
    public void One_warning_names_the_members_and_counts_the_rows()
    {
        var (none, one, many) = (new RowDifferences(), new RowDifferences(), new RowDifferences());
        one.Add(Differing("north", "scope", "redirect_uris"));
        foreach (var tenant in new[] { "a", "b", "b", "c", "d", "e", "f" })
        {
            many.Add(Differing(tenant, tenant == "a" ? ["scope", "redirect_uris"] : ["redirect_uris"]));
        }

        Assert.Null(none.Left());
        Assert.Null(none.Repeated());
        Assert.Equal(
            "The row of tenant 'north' differs from its client in scope, redirect_uris. The client was left as it is; -Update applies the "
                + "row.",
            one.Left()
        );
        Assert.Equal("Tenant 'north' has two rows that differ in scope, redirect_uris. The first one counts.", one.Repeated());
        Assert.Equal(
            "7 rows differ from the clients of their tenants in redirect_uris (7), scope (1): tenants 'a', 'b', 'c', 'd', 'e', …. The "
                + "clients were left as they are; -Update applies the rows.",
            many.Left()
        );
        Assert.StartsWith("7 rows name a tenant of an earlier row and differ from it in redirect_uris (7), scope (1): ", many.Repeated());
    }

    [Fact]
    public async Task A_line_about_a_request_says_whom_it_is_for()
    {
        using var session = await Session.StartAsync(hasVault: false);
        var client = await session.RegisterAsync(tenant: "north");
        await session.ReadAsync(client.ClientId);
        Assert.Equal(
            2,
            session.Reporter.VerboseLines.Count(static line => line.StartsWith("Tenant 'north': ", System.StringComparison.Ordinal))
        );
    }

    private static RegisterRequest Request(string metadata) => new(JsonBag.Parse(metadata), "North", ClientSecretName: null);

    private static DcrClient Found(Session session, string metadata) =>
        RegisterOperation.FindTenant(session.Connection, Request(metadata))!;

    private static DcrClient Differing(string tenant, params string[] members)
    {
        var record = new RegistrationRecord
        {
            Issuer = "https://id.example.com",
            ClientId = "c1",
            Tenant = tenant,
            CreatedAt = default,
            UpdatedAt = default,
            Metadata = JsonBag.Empty,
        };
        return new DcrClient(record, members.Select(static name => new DcrChange(name, "x", "y")).ToList());
    }
}
